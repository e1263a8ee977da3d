"""How long work tells how far it is."""

from typing import Protocol


class Tell(Protocol):
    """Called now and then with the stage's name, how much is done, and how much there is (None: not known)."""

    def __call__(self, stage: str, done: float, total: float | None) -> None:
        """Tell it."""


def silent(stage: str, done: float, total: float | None) -> None:
    """Tell nobody."""
