"""Progress bars on standard error, for what takes longer than two seconds."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

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


@contextmanager
def progress_bars(console: Console | None = None, patience: float = PATIENCE_SECONDS) -> Iterator[Tell]:
    """Yield ``tell(stage, done, total)``: one bar a stage, drawn once ``patience`` seconds have passed.

    Bars are erased at the end. Nothing is drawn where standard error is not a terminal.
    """
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console or Console(stderr=True),
        transient=True,
    )
    tasks: dict[str, TaskID] = {}

    def tell(stage: str, done: float, total: float | None) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(stage, total=total)
        bars.update(tasks[stage], completed=done, total=total)

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
