"""Sound that is made once and read several times, kept on disk: in a file without a name that ends with its owner."""

import tempfile
import weakref
from bisect import bisect_right
from collections.abc import Iterable
from typing import IO

import numpy as np
from numpy.typing import NDArray

from afnext.base.errors import OutputError

VALUE = np.dtype(np.float16)
"""What is written: its error lies 66 dB below the sound, however soft that is."""


class Spool:
    """``columns`` tracks of one length, written in order, read anywhere."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.length = 0
        """Samples of each track."""
        self._starts: list[int] = []
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="afnext-music-")  # noqa: SIM115
        weakref.finalize(self, self._file.close)

    def extend(self, blocks: Iterable[NDArray[np.float32]]) -> None:
        """Write ``blocks``, each [samples, columns], at the end.

        Raises:
            OutputError: the disk is full.
        """
        for block in blocks:
            self._starts.append(self.length)
            self.length += len(block)
            try:
                self._file.write(np.ascontiguousarray(block.T, VALUE).tobytes())
            except OSError as error:
                folder = tempfile.gettempdir()
                raise OutputError(f"{folder}: {error.strerror}", do="make room there, or set TMPDIR") from error

    def read(self, column: int, first: int, last: int) -> NDArray[np.float32]:
        """Samples ``first`` to ``last`` of one track; [last - first], zeros after the end."""
        out = np.zeros(last - first, np.float32)
        for number in range(max(0, bisect_right(self._starts, first) - 1), len(self._starts)):
            start = self._starts[number]
            if start >= last:
                break
            end = self._starts[number + 1] if number + 1 < len(self._starts) else self.length
            begin, until = max(first, start), min(last, end)
            place = start * self.columns + column * (end - start) + begin - start
            self._file.seek(place * VALUE.itemsize)
            part = np.frombuffer(self._file.read((until - begin) * VALUE.itemsize), VALUE)
            out[begin - first : until - first] = part
        return out
