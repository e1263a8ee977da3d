"""What one sample of a run was: one JSON line, written as soon as it is answered, from which a run goes on."""

from collections.abc import Mapping
from typing import Any

from afnext.base.config import Frozen


class Timed(Frozen):
    """Something from ``start`` to ``end``, in seconds."""

    start: float
    end: float
    text: str = ""


class Record(Frozen):
    """A sample, what was asked about it, what came back, and what the benchmark's rule says of that.

    The first block of fields is the key: a sample with the same key is not asked again.
    """

    task: str
    """The benchmark's name in the catalog."""
    revision: str
    """Of the data: a commit, a date, or the seed of scenes."""
    item: str
    """The sample's id in the data."""
    repeat: int = 0
    """Which of several runs over the sample; each has a seed of its own."""
    order: str = ""
    """The order of the choices, such as ``2031``, where they were permuted; else empty."""
    audio: tuple[str, ...] = ()
    """SHA-256 of each recording's 16 kHz samples. Samples of one recording are one cluster."""
    prompt_hash: str
    """SHA-256 of the conversation's text and settings of the prompt."""
    model: str
    """Name and revision of the model (of a folder: a hash of its weights), or address and name of an endpoint."""
    settings: Mapping[str, Any] = {}
    """Of generation."""

    prompt: str
    """The text that was asked."""
    choices: tuple[str, ...] = ()
    answer: Any = None
    """The truth, in the benchmark's own form; None where it is held back."""
    facts: Mapping[str, Any] = {}
    """What the data say of the sample: skill, domain, difficulty, evidence (spans), duration, language, speakers ..."""
    row: Mapping[str, Any] = {}
    """The row that the rule marks: the data's fields, with the prediction put in."""

    raw: str | None = None
    """What the model wrote; None where it could not be asked."""
    text: str = ""
    """The answer without the reasoning."""
    steps: tuple[Timed, ...] = ()
    """The reasoning's steps that name a time."""
    notes: tuple[str, ...] = ()
    error: str | None = None
    """Why it could not be asked or heard: wrong under ``all-items``."""
    seconds: float = 0.0
    """Of work, where it was asked alone; else the batch's share."""

    verdict: Any = None
    """What the rule says, in its own form."""
    scores: Mapping[str, float | None] = {}
    """``official``, ``parsed`` and ``all-items``: 0 to 1, or None where the protocol leaves the sample out."""
    unparsed: bool = False
    """The rule found no answer in what was written."""
