"""A benchmark's files on this machine: in a folder or fetched from the hub, with their revision and recordings."""

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

from afnext.audio.clip import Clip
from afnext.base.errors import BenchmarkError

SOUNDS = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".mp4", ".sph")
TABLES = (".json", ".jsonl", ".csv", ".tsv", ".parquet", ".stm", ".txt")


@dataclass(frozen=True)
class Data:
    """The folder of a benchmark.

    Attributes:
        root: the folder.
        commit: of the hub's snapshot; "" for a folder of the user's.
    """

    root: Path
    commit: str = ""

    @cached_property
    def revision(self) -> str:
        """The commit, or ``files-`` and twelve digits of a hash of the tables: it changes with any of them."""
        if self.commit:
            return self.commit
        digest = hashlib.sha256()
        for path in sorted(self._files(TABLES)):
            digest.update(f"{path.relative_to(self.root).as_posix()}\n".encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return f"files-{digest.hexdigest()[:12]}"

    def tables(self, *patterns: str) -> list[Path]:
        """The files of the first of ``patterns`` that fits any, sorted.

        Raises:
            BenchmarkError: none fits.
        """
        for pattern in patterns:
            if found := sorted(path for path in self.root.glob(pattern) if path.is_file()):
                return found
        raise BenchmarkError(
            f"{self.root} has no {patterns[0]}",
            expected=" or ".join(patterns),
            do="give the benchmark's folder with --data; docs/benchmarks.md says what it holds",
        )

    def recording(self, value: Any, *, start: float | None = None, end: float | None = None, under: str = "") -> Clip:
        """The recording that a field names: a path, or a cell of a hub table with ``bytes`` or ``path``.

        A path is looked for as it is, without its leading folders, and by its name alone, with any ending of sound.
        One that is not found is kept: hearing it names the file.

        Raises:
            BenchmarkError: the field holds neither.
        """
        if isinstance(value, bytes):
            return Clip(value, start, end)
        if isinstance(value, Mapping):
            if value.get("bytes") is not None:
                return Clip(value["bytes"], start, end)
            value = value.get("path")
        if not isinstance(value, str | os.PathLike) or not os.fspath(value):
            raise BenchmarkError(f"a recording given as {type(value).__name__}", expected="a path, or bytes")
        return Clip(str(self._found(os.fspath(value), under)), start, end)

    def one_of(self, *names: str, under: str = "", start: float | None = None, end: float | None = None) -> Clip:
        """The recording under the first of ``names`` that is there; the first name where none is."""
        paths = [self._found(name, under) for name in names]
        return Clip(str(next((path for path in paths if path.is_file()), paths[0])), start, end)

    def sounds(self, *patterns: str) -> list[Path]:
        """As ``tables``, of recordings."""
        return [path for path in self.tables(*patterns) if path.suffix.lower() in SOUNDS]

    def _found(self, name: str, under: str) -> Path:
        parts = Path(name.replace("\\", "/").lstrip("/")).parts
        for base in (self.root / under, self.root):
            for first in range(len(parts)):
                path = base.joinpath(*parts[first:])
                if path.is_file():
                    return path
        stem = parts[-1] if parts else name
        return self._by_name.get(stem) or self._by_name.get(Path(stem).stem) or self.root / under / name

    @cached_property
    def _by_name(self) -> dict[str, Path]:
        """Every recording by its file name, and by that without its ending; the first of equals in sorted order."""
        found: dict[str, Path] = {}
        for path in sorted(self._files(SOUNDS)):
            found.setdefault(path.name, path)
            found.setdefault(path.stem, path)
        return found

    def _files(self, endings: tuple[str, ...]) -> Iterable[Path]:
        for folder, _, names in os.walk(self.root, followlinks=True):
            yield from (Path(folder, name) for name in names if name.lower().endswith(endings))


def find_data(
    names: Sequence[str],
    given: Path | None,
    *,
    hub: str = "",
    revision: str = "main",
    files: Sequence[str] = (),
    address: str = "",
) -> Data:
    """A benchmark's data: in a folder of one of ``names`` in ``given``, in ``given`` itself, or else from the hub.

    Raises:
        BenchmarkError: they are not there and cannot be fetched.
    """
    if given is not None:
        if not given.is_dir():
            raise BenchmarkError(f"{given} is no folder", expected="the folder of the benchmarks' data")
        return Data(next((given / name for name in names if name and (given / name).is_dir()), given))
    if not hub:
        raise BenchmarkError(
            f"the data of {names[0]} are not on the hub",
            do=f"get them from {address} and give their folder with --data",
        )
    try:
        patterns = list(files) or None
        folder = Path(snapshot_download(hub, repo_type="dataset", revision=revision, allow_patterns=patterns))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise BenchmarkError(
            f"the data set {hub} cannot be fetched: {reason}", do="check the network, or give a folder with --data"
        ) from error
    return Data(folder, folder.name)
