"""Who is asked: a model in this process, or one behind an address. What goes in and what comes back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from afnext.dialogue.timestamps import parse
from afnext.evaluation.hearing import Sound
from afnext.evaluation.record import Timed


@dataclass(frozen=True)
class Asked:
    """One question: text (none where the recording itself asks), recordings, and settings of its own."""

    prompt: str
    sounds: tuple[Sound, ...] = ()
    max_new_tokens: int = 256
    seed: int = 0


@dataclass(frozen=True)
class Answer:
    """What came back; ``raw`` is None where nothing could, and ``error`` says why."""

    raw: str | None
    text: str = ""
    steps: tuple[Timed, ...] = ()
    notes: tuple[str, ...] = ()
    error: str | None = None
    seconds: float = 0.0


Each = Callable[[int, Answer], object]
"""Called with the number of a question and its answer."""


class Respondent(Protocol):
    """A model that answers."""

    name: str
    """Name and revision, as records have it."""
    settings: Mapping[str, Any]
    """Of generation, as records have them."""
    width: int
    """How many questions it likes to be given at once."""

    def answer(self, asked: Sequence[Asked], each: Each) -> None:
        """Answer every question; ``each`` is called with each answer, in any order, as soon as it is there.

        Raises:
            BenchmarkError: it cannot be asked any more; what it has answered stays answered.
        """

    def close(self) -> None:
        """Give back what it holds."""


def read_answer(raw: str, seconds: float, notes: Sequence[str] = ()) -> Answer:
    """What a model wrote, taken apart: reasoning in ``<think>`` away, its steps with their times kept."""
    parsed = parse(raw)
    steps = tuple(Timed(start=step.start, end=step.end, text=step.text) for step in parsed.steps)
    return Answer(raw, parsed.answer, steps, tuple(notes), seconds=seconds)
