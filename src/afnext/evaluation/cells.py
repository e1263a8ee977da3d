"""Sound within parquet tables, read when it is heard: a benchmark of gigabytes is not held in memory."""

import io
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from afnext.base.packages import package

HELD = 2
"""Row groups whose sound is held at once; the hub's have about a hundred rows."""


class Cell(io.RawIOBase):
    """A cell that holds a sound file, as a file.

    Args:
        path: of the table.
        group: the row group.
        index: the row within it.
        column: its name; the cell is bytes, or an object with ``bytes``.
    """

    def __init__(self, path: Path, group: int, index: int, column: str) -> None:
        super().__init__()
        self._at = (path, group, column)
        self._index = index
        self._place = 0
        self.name = f"{path.name}, group {group}, row {index}, {column}"

    @property
    def identity(self) -> str:
        """What changes when the cell may have: its place, and the table's size and time of change."""
        found = os.stat(self._at[0])
        return f"{os.path.realpath(self._at[0])}|{self.name}|{found.st_size}|{found.st_mtime_ns}"

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place}.get(whence)
        self._place = max(0, offset + (len(self._bytes()) if base is None else base))
        return self._place

    def tell(self) -> int:
        """The place."""
        return self._place

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` from the place on; how many bytes there were."""
        part = self._bytes()[self._place : self._place + len(buffer)]
        buffer[: len(part)] = part
        self._place += len(part)
        return len(part)

    def _bytes(self) -> bytes:
        return _column(*self._at)[self._index]


@lru_cache(maxsize=HELD)
def _column(path: Path, group: int, column: str) -> list[bytes]:
    parquet: Any = package("pyarrow.parquet", "evaluate")
    with parquet.ParquetFile(path) as file:
        values = file.read_row_group(group, columns=[column]).column(column).to_pylist()
    return [bytes((value.get("bytes") if isinstance(value, dict) else value) or b"") for value in values]
