"""A recording, or a part of one, as a value."""

from dataclasses import dataclass
from typing import Any

from afnext.audio.blocks import FloatArray, Remark
from afnext.audio.decode import decode, log, part
from afnext.audio.source import name_of


@dataclass(frozen=True)
class Clip:
    """A recording, or the part of it from ``start`` to ``end``. Nothing is read before ``samples`` is called.

    Attributes:
        source: what ``decode`` takes: a path, bytes, a binary file object, ``"-"`` or an array.
        start, end: seconds; None means from the beginning, to the end.
        rate: samples a second, for an array.

    Raises:
        AudioError: a negative start, or an end that is not behind it.
    """

    source: Any
    start: float | None = None
    end: float | None = None
    rate: float | None = None

    def __post_init__(self) -> None:
        part(self.name, self.start, self.end)

    @property
    def name(self) -> str:
        """What messages call the recording."""
        return name_of(self.source)

    def samples(self, remark: Remark = log.warning) -> FloatArray:
        """The sound, mono at 16 kHz, float32 [samples]; see ``decode``.

        Raises:
            AudioError: nothing usable in it.
        """
        return decode(self.source, rate=self.rate, start=self.start, end=self.end, remark=remark)
