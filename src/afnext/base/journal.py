"""The journal of a run: one JSON object a line, appended and flushed, readable after any kill."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from afnext.base.files import to_json


class Journal:
    """Appends rows to a JSONL file. A row that a kill cut short is skipped on reading; the next starts a new line."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def append(self, **row: Any) -> None:
        """Add one row and hand it to the operating system. Numbers that are not finite are written as null."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = to_json(row) + "\n"
        with open(self.path, "ab+") as file:
            end = file.seek(0, os.SEEK_END)
            if end:
                file.seek(end - 1)
                if file.read(1) != b"\n":
                    line = "\n" + line
            file.write(line.encode())

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every whole row, oldest first; nothing if the file does not exist."""
        if not self.path.exists():
            return
        with open(self.path, "rb") as file:  # bytes: a kill may cut a character, too
            for line in file:
                try:
                    yield json.loads(line)
                except ValueError:  # the line that a kill cut short: not JSON, or not even UTF-8
                    continue
