"""Rows and their recordings in WebDataset tars: what sets too large for loose files are kept in.

    folder/
        shard-000000.tar        000000000.json, 000000000.0.flac, 000000001.json ...
        shard-000000.tar.idx    where each sample begins        made by megatron-energon, whose loader
        .nv-meta/               how many there are, and where   and tools read the folder too

A sample is everything that is asked about a recording, or about several that are heard together: the sound once, 16 kHz
mono in FLAC of 16 bits, and beside it all of its rows (``dialogue/example.py``) with the lengths of its sounds, so that
rows are measured and packed before any sound is read.

    {"samples": [480000], "rows": [{"id": ..., "messages": [...], "audio": [{"key": "000000000.0.flac", ...}]}, ...]}

Of a recording of which only a part is asked about, that part is stored. One that is asked about alone and also together
with another stands in two samples.
"""

import hashlib
import io
import json
import logging
import shutil
import tarfile
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

import numpy as np
import soundfile
from pydantic import ValidationError

from afnext.audio.blocks import FloatArray
from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import AfnextError, ConversationError, MissingToolError, OutputError
from afnext.base.files import replacing, sweep, write_text
from afnext.base.progress import Tell, silent
from afnext.data.rows import conversation_of, values
from afnext.dialogue.example import Example, Recording
from afnext.dialogue.message import AudioPart, Conversation, Message, audio_parts
from afnext.inference.listen import clip_of, identity

_log = logging.getLogger(__name__)

SHARD_BYTES = 500_000_000
META = ".nv-meta"
DONE = f"{META}/dataset.yaml"
"""Written last: where it lies, the folder is whole."""
_BLOCK = 512
_FULL_SCALE = 32768.0


@dataclass(frozen=True)
class Sharded:
    """What a folder of shards now holds."""

    shards: int
    samples: int
    rows: int
    seconds: float
    left_out: Mapping[str, int]
    """Rows that are not there, by why."""


@dataclass(frozen=True)
class Sample:
    """One sample, read back: its rows with ``key``s in place of paths, and the length of each sound at 16 kHz."""

    samples: tuple[int, ...]
    rows: tuple[Example, ...]

    @classmethod
    def read(cls, text: bytes, name: str) -> Self:
        """From the sample's JSON.

        Raises:
            ConversationError: it is not of this form; it is called ``name``.
        """
        try:
            value = json.loads(text)
            lengths, rows = value["samples"], value["rows"]
            if not rows or not all(isinstance(length, int) and length > 0 for length in lengths):
                raise ValueError("samples or rows")
            read = tuple(Example.read(row) for row in rows)
            if len({tuple(recording.key for recording in row.audio) for row in read}) > 1:
                raise ValueError("rows about different sounds")
            return cls(tuple(lengths), read)
        except (ValueError, KeyError, TypeError) as error:
            raise ConversationError(f"{name} is no sample of ours ({error})", do="write the shards again") from error


class ShardWriter:
    """Writes the shards of a folder one after the other, each beside its place until it is whole, and the index.

    The same calls give the same bytes. A writer that is killed leaves whole shards without an index, which nobody reads
    and the next writer replaces.

    Args:
        folder: made if it is not there.
        shard_bytes: of a shard, about: a sample is never split.

    Raises:
        OutputError: the folder holds shards already, or cannot be written to, or its disk is full.
        MissingToolError: megatron-energon is not installed.
    """

    def __init__(self, folder: Path, *, shard_bytes: int = SHARD_BYTES) -> None:
        self.folder, self.shard_bytes = folder, shard_bytes
        self.shards, self.samples, self.rows, self.length = list[str](), 0, 0, 0
        self._energon = energon()
        self._place = ExitStack()
        self._tar: tarfile.TarFile | None = None
        self._all = hashlib.sha256()
        check_free(folder)
        sweep(folder)
        for left in [*folder.glob("shard-*.tar"), *folder.glob("shard-*.tar.idx")]:
            left.unlink()
        shutil.rmtree(folder / META, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._place.__exit__(kind, error, trace)
            return
        self._close()
        if self.shards:
            self._energon.index(self.folder, self.shards, self._all.digest())

    def add(
        self, sounds: Sequence[FloatArray], rows: Sequence[Example], beside: Mapping[str, bytes] | None = None
    ) -> None:
        """A sample.

        Args:
            sounds: each mono at 16 kHz, float32 [n] within [-1, 1].
            rows: all about exactly these sounds, in this order.
            beside: more to be kept with it, by the ending of its name, such as ``0.txt``. Training does not read it.
        """
        key = f"{self.samples:09d}"
        flacs = {f"{key}.{number}.flac": _flac(sound) for number, sound in enumerate(sounds)}
        audio = [Recording(key=name, sha256=hashlib.sha256(data).hexdigest()) for name, data in flacs.items()]
        lines = []
        for row in rows:
            assert len(row.audio) == len(sounds), "a row is about the sounds of its sample"
            kept = [given.model_dump(mode="json", exclude_defaults=True) for given in audio]
            lines.append(row.model_dump(mode="json", exclude_defaults=True) | ({"audio": kept} if kept else {}))
        told = json.dumps({"samples": [len(sound) for sound in sounds], "rows": lines}, ensure_ascii=False)
        members = {f"{key}.json": told.encode()} | flacs
        members |= {f"{key}.{ending}": data for ending, data in (beside or {}).items()}
        size = sum(_BLOCK + -(-len(data) // _BLOCK) * _BLOCK for data in members.values())
        if self._tar is not None and self._tar.offset + size > self.shard_bytes:
            self._close()
        tar = self._tar or self._open()
        for name, data in members.items():
            head = tarfile.TarInfo(name)  # of no time and nobody
            head.size, head.mode = len(data), 0o644
            tar.addfile(head, io.BytesIO(data))
            self._all.update(data)
        self.samples, self.rows = self.samples + 1, self.rows + len(rows)
        self.length += sum(map(len, sounds))

    def _open(self) -> tarfile.TarFile:
        name = f"shard-{len(self.shards):06d}.tar"
        draft = self._place.enter_context(replacing(self.folder / name))
        self._tar = self._place.enter_context(tarfile.TarFile(draft, "w", format=tarfile.USTAR_FORMAT))
        self.shards.append(name)
        return self._tar

    def _close(self) -> None:
        """Put the shard in its place."""
        self._tar = None
        self._place.close()


def write_shards(
    rows: Path, folder: Path, *, shard_bytes: int = SHARD_BYTES, beside: str | None = None, tell: Tell = silent
) -> Sharded:
    """Write the rows of a file, in any dialect of ``rows.py``, and the recordings they name as shards.

    Args:
        rows: a ``.jsonl`` or ``.json`` file.
        folder: made if it is not there.
        shard_bytes: of a shard, about.
        beside: the suffix of files that lie beside the recordings and are kept with them, such as ``.json``.
        tell: told how many samples are written.

    Raises:
        ConversationError: the file is missing, a row is in no known form or has no answer, or none can be used.
        OutputError, MissingToolError: as ``ShardWriter``.
    """
    samples: dict[Hashable, list[tuple[Example, Conversation]]] = {}
    for number, (name, value) in enumerate(values(rows), 1):
        talk = conversation_of(value, rows.parent, name)
        about: Hashable = tuple(identity(part) for part in audio_parts(talk)) or number
        samples.setdefault(about, []).append((_example(value, talk, f"{rows.stem}-{number:06d}"), talk))
    left_out, total = Counter[str](), len(samples)
    with ShardWriter(folder, shard_bytes=shard_bytes) as writer:
        for done, some in enumerate(samples.values()):
            tell("Writing shards", done, total)
            parts = audio_parts(some[0][1])
            try:
                sounds = [clip_of(part).samples(_log.debug) for part in parts]
            except AfnextError as error:
                left_out[f"with a recording that cannot be read ({error})"] += len(some)
                continue
            writer.add(sounds, [example for example, _ in some], _beside(parts, beside) if beside else None)
        if not writer.samples:
            reasons = "; ".join(f"{n} {why}" for why, n in left_out.items()) or "the file is empty"
            raise ConversationError(f"{rows} has no row that can be written: {reasons}")
    tell("Writing shards", total, total)
    for why, count in left_out.items():
        _log.warning("%d rows left out: %s", count, why)
    return Sharded(
        len(writer.shards), writer.samples, writer.rows, round(writer.length / SAMPLE_RATE, 2), dict(left_out)
    )


def check_free(folder: Path) -> None:
    """Refuse a folder with a whole set of shards.

    Raises:
        OutputError: it has one, or is a file.
    """
    if (folder / DONE).exists():
        raise OutputError(f"{folder} already holds shards", do="give another folder, or remove it")
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file", expected="a folder to write shards into")


def energon() -> ModuleType:
    """``stream.py``, the part of this room that megatron-energon does the work of.

    Raises:
        MissingToolError: that is not installed.
    """
    try:
        return import_module("afnext.data.stream")
    except ModuleNotFoundError as error:
        raise MissingToolError(
            f"shards need megatron-energon, which is not installed (no {error.name})", do="pip install 'afnext[train]'"
        ) from error


def write_done(folder: Path) -> None:
    """Say that the folder is whole, in the file by which energon's own tools know what its samples are."""
    write_text(folder / DONE, "__module__: megatron.energon\n__class__: CrudeWebdataset\n")


def _flac(sound: FloatArray) -> bytes:
    """16 bits a sample: what was decoded from 16 bits comes back as it was."""
    kept = np.clip(np.rint(sound * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)
    file = io.BytesIO()
    soundfile.write(file, kept, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def _beside(parts: Sequence[AudioPart], suffix: str) -> dict[str, bytes]:
    paths = {number: Path(str(part.source)).with_suffix(suffix) for number, part in enumerate(parts)}
    return {f"{number}{suffix}": path.read_bytes() for number, path in paths.items() if path.is_file()}


def _example(value: Any, talk: Conversation, name: str) -> Example:
    """The row in the one form that is written, with whatever an example row says besides."""
    told = value if isinstance(value, Mapping) else {}
    own = {field: told[field] for field in Example.model_fields if field in told and field not in ("messages", "audio")}
    if not isinstance(own.get("id"), str) or not own["id"]:
        own["id"] = name
    whose = [Recording(path=str(part.source)) for part in audio_parts(talk)]
    plain = {"messages": [_message(message) for message in talk], "audio": whose}
    try:
        return Example.model_validate(own | plain)
    except ValidationError:  # a field of that name means something else in this dialect
        return Example.model_validate({"id": own["id"]} | plain)


def _message(message: Message) -> dict[str, Any]:
    parts = [
        {"type": "audio"} if isinstance(part, AudioPart) else {"type": "text", "text": part.text}
        for part in message.parts
    ]
    return {"role": message.role, "content": parts}
