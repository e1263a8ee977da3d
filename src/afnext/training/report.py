"""Where the figures of a run go: its journal always, TensorBoard, wandb and trackio by name."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from afnext.base.errors import MissingToolError
from afnext.base.journal import Journal

Send = Callable[[dict[str, float], int], None]
"""Takes the figures of a step, and its number."""


class Report:
    """Writes figures to ``RUN/journal.jsonl`` and to each of ``names``; a context manager.

    Raises:
        MissingToolError: one of them is not installed.
    """

    def __init__(self, run: Path, name: str, names: Sequence[str] = ()) -> None:
        self._journal = Journal(run / "journal.jsonl")
        self._open = ExitStack()
        self._sends = [_OPENERS[kind](run, name, self._open) for kind in names]

    def write(self, step: int, **figures: float) -> None:
        """The figures after ``step`` steps."""
        self._journal.append(step=step, **figures)
        for send in self._sends:
            send(figures, step)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()


class Silence(Report):
    """Of a process that is not the first: writes nowhere."""

    def __init__(self) -> None:
        self._open = ExitStack()

    def write(self, step: int, **figures: float) -> None:
        """Nothing."""


def _tensorboard(run: Path, _name: str, opened: ExitStack) -> Send:
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - optional
    except ImportError as error:
        raise _missing("tensorboard") from error
    writer = SummaryWriter(str(run / "tensorboard"))
    opened.callback(writer.close)

    def send(figures: dict[str, float], step: int) -> None:
        for name, value in figures.items():
            writer.add_scalar(name, value, step)

    return send


def _wandb(run: Path, name: str, opened: ExitStack) -> Send:
    try:
        import wandb  # noqa: PLC0415 - optional
    except ImportError as error:
        raise _missing("wandb") from error
    wandb.init(project="afnext", name=name, dir=str(run))
    opened.callback(wandb.finish)
    return lambda figures, step: wandb.log(figures, step=step)


def _trackio(_run: Path, name: str, opened: ExitStack) -> Send:
    try:
        import trackio  # noqa: PLC0415 - optional
    except ImportError as error:
        raise _missing("trackio") from error
    trackio.init(project="afnext", name=name)
    opened.callback(trackio.finish)
    return lambda figures, step: trackio.log(figures, step=step)


_OPENERS: dict[str, Callable[[Path, str, ExitStack], Send]] = {
    "tensorboard": _tensorboard,
    "wandb": _wandb,
    "trackio": _trackio,
}


def _missing(package: str) -> MissingToolError:
    return MissingToolError(f"{package} is not installed", do=f"pip install {package}, or leave it out of report")
