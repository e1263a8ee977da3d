"""The journal of a run: one JSON object a line, appended and flushed, readable after any kill."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Journal:
    """Appends rows to a JSONL file. A row that a kill cut short is dropped on reading and overwritten on appending."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def append(self, **row: Any) -> None:
        """Add one row and flush it to the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps(row, ensure_ascii=False) + "\n"
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
        with open(self.path, encoding="utf-8") as file:
            for line in file:
                try:
                    yield json.loads(line)
                except json.JSONDecodeError:  # the line that a kill cut short
                    continue
