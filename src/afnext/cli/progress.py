"""Progress bars on standard error, for what takes longer than two seconds."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from afnext.base.progress import Tell

PATIENCE_SECONDS = 2.0


class Bars(Tell, Protocol):
    """Tells, and may say in a few words how it goes, behind the bar."""

    def __call__(self, stage: str, done: float, total: float | None, words: str = "") -> None:
        """Tell it."""


@contextmanager
def progress_bars(console: Console | None = None, patience: float = PATIENCE_SECONDS) -> Iterator[Bars]:
    """Yield ``tell(stage, done, total)``: one bar a stage, drawn once ``patience`` seconds have passed.

    Bars are erased at the end. Nothing is drawn where standard error is not a terminal.
    """
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[words]}"),
        console=console or Console(stderr=True),
        transient=True,
    )
    tasks: dict[str, TaskID] = {}

    def tell(stage: str, done: float, total: float | None, words: str = "") -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(stage, total=total, words=words)
        bars.update(tasks[stage], completed=done, total=total, words=words)

    if not bars.console.is_terminal:
        yield tell
        return
    timer = threading.Timer(patience, bars.start)
    timer.daemon = True
    timer.start()
    try:
        yield tell
    finally:
        timer.cancel()
        timer.join()
        bars.stop()
