"""Shards through megatron-energon: the one file that imports it.

energon keeps the order of reading, splits it among streams, mixes sets by weight, holds the rows that are being packed,
and saves all of that and restores it to the sample; the task encoder that tells it how rows are measured and packed is
ours. Only the JSON of a sample is read here. What comes out is which rows make the next batch; their sounds are fetched
and decoded by whoever makes it (``shard_feed.py``), in any process.

Of energon's own worker processes none is used: a stream would then depend on how many there are.
"""

import contextlib
import io
import json
import sqlite3
import struct
import tarfile
import uuid
import weakref
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from megatron.energon import TaskEncoder, WorkerConfig, edataclass, reraise_exception, stateless
from megatron.energon.cache import FileStore, NoCachePool
from megatron.energon.epathlib import EPath
from megatron.energon.flavors.base_dataset import BaseCoreDatasetFactory, Sample, SavableDataset
from megatron.energon.flavors.webdataset import BaseWebdatasetFactory
from megatron.energon.flavors.webdataset.itar_reader import ShardInfosITarReader, SqliteITarEntryReader
from megatron.energon.flavors.webdataset.prepare import WebdatasetPreparator
from megatron.energon.flavors.webdataset.sample_loader import (
    RawSampleData,
    SliceState,
    WebdatasetSampleLoaderDataset,
)
from megatron.energon.flavors.webdataset.sharder import Sharder
from megatron.energon.flavors.webdataset.structs import ShardInfo
from megatron.energon.metadataset.loader_interface import DatasetBlendMode, LoadedDataset
from megatron.energon.savable_loader import SimpleSavableDatasetWrapper
from megatron.energon.wrappers import MapDataset

from afnext.base.errors import CheckpointError, ConversationError
from afnext.data.groups import Group, Speller
from afnext.data.packing import fill
from afnext.data.rows import Row
from afnext.data.shards import META, write_done

BUFFER = 1024
"""Groups that are packed together: enough to fill batches, few enough to be read again in a moment on resuming."""
IN_A_ROW = 64
"""Samples of a large set that are read one after the other, from a random place."""
EVERY = 64
"""Batches between two states that are kept; one in between is reached from the state before it."""
KEPT = 8
"""States kept of a stream: more than workers make ahead."""
_READ = (OSError, tarfile.TarError, ValueError, KeyError, struct.error, sqlite3.Error)


def index(folder: Path, shards: Sequence[str], digest: bytes) -> None:
    """Write energon's index of ``shards``, as ``energon prepare`` would, named after their contents' ``digest``."""
    with contextlib.redirect_stdout(io.StringIO()):
        WebdatasetPreparator.prepare_dataset(
            folder, list(shards), split_parts_ratio=[("train", 1.0)], shuffle_seed=None, workers=1
        )
    (folder / META / "index.uuid").write_text(str(uuid.UUID(bytes=digest[:16])))
    write_done(folder)


@edataclass
class Read(Sample):
    """A sample's JSON, or a row of a file, as it was read."""

    text: bytes = b""
    row: Row | None = None
    folder: str = ""


@edataclass
class Item(Sample):
    """What is packed."""

    group: Group


class _Folder(BaseWebdatasetFactory[Read]):
    """A folder of shards."""

    __sample_type__ = Read

    def build(self, worker_rotation_offset: int = 0) -> SavableDataset[Read]:
        made = super().build(worker_rotation_offset)
        [self.reader] = made.dataset.join_readers
        return made

    def load_sample(self, raw_data: Any) -> Read:
        return Read(
            __key__=raw_data["__key__"],
            __restore_key__=raw_data["__restore_key__"],
            text=raw_data.get("json", b""),
            folder=str(self.path),
        )


class _Rows(BaseCoreDatasetFactory[Read], Sharder):
    """Rows with loose files, shuffled and split as the samples of shards are."""

    __sample_type__ = Read

    def __init__(self, path: str, rows: Sequence[Row], config: WorkerConfig) -> None:
        self.path, self.rows, self.config = path, rows, config
        self.paths = [EPath(path)]

    def __len__(self) -> int:
        return len(self.rows)

    def build(self, worker_rotation_offset: int = 0) -> SavableDataset[Read]:
        whole = ShardInfo(name=self.path, path=self.paths[0], count=len(self.rows))
        places = self.shard_workers(
            [whole], self.config, max_samples_per_sequence=1, rotation_offset=worker_rotation_offset
        )
        dataset = WebdatasetSampleLoaderDataset(
            [self], places, worker_config=self.config, shuffle_over_epochs=1, parallel_slice_iters=1
        )
        return MapDataset(dataset, self._load, stateless_map_fn=True, worker_config=self.config)

    def as_file_store(self) -> FileStore:
        raise NotImplementedError

    def __getitem__(self, number: int) -> dict[str, Any]:
        """As the readers of shards give a sample."""
        return {"__key__": f"{number:09d}", "__shard__": self.path, "__restore_key__": ("Webdataset", number)}

    def _load(self, raw: RawSampleData) -> Read:
        assert raw.data[0] is not None
        key = raw.data[0]["__key__"]
        return Read(__key__=key, __restore_key__=raw.__restore_key__, row=self.rows[int(key)], folder=self.path)


class _Encoder(TaskEncoder):
    """Samples into groups, and those into batches: sizes alone are looked at."""

    def __init__(self, speller: Speller, seed: Sequence[int]) -> None:
        self.speller, self.seed = speller, seed

    @stateless
    def preencode_sample(self, sample: Read) -> Iterator[Item]:
        for group in groups(self.speller, sample):
            yield Item(__key__=sample.__key__, __restore_key__=sample.__restore_key__, group=group)

    def select_samples_to_pack(self, samples: list[Item]) -> list[list[Item]]:
        batches = fill([item.group.size for item in samples], self.speller.tokens)
        order = np.random.default_rng((*self.seed, self.current_sample_index)).permutation(len(batches))
        return [[samples[number] for number in sorted(batches[place])] for place in order]

    @stateless
    def pack_selected_samples(self, samples: list[Item]) -> tuple[Group, ...]:
        return tuple(item.group for item in samples)


def groups(speller: Speller, sample: Read) -> list[Group]:
    """What is to be packed of a sample."""
    if sample.row is not None:
        return [speller.of_row(sample.row)]
    return speller.of_sample(sample.text, sample.folder, sample.__key__)


class Source:
    """A folder of shards, or a file of rows, to look into at any place.

    Raises:
        ConversationError: the folder has no index, or a shard is missing or cut short.
    """

    def __init__(self, path: str, rows: Sequence[Row] | None) -> None:
        self.path, self.rows = path, rows
        if rows is None:
            _check(Path(path))
        self._whole = self.factory(WorkerConfig(rank=0, world_size=1, num_workers=0), 1)

    def __len__(self) -> int:
        return len(self._whole)

    @property
    def name(self) -> str:
        """What a state of a stream is good for."""
        if self.rows is not None:
            return f"{len(self.rows)} rows"
        return (Path(self.path) / META / "index.uuid").read_text().strip()

    def factory(self, config: WorkerConfig, share: int) -> BaseCoreDatasetFactory[Read]:
        """What energon reads it by; ``share`` streams divide it."""
        if self.rows is not None:
            return _Rows(self.path, self.rows, config)
        made = _Folder(
            EPath(self.path),
            split_part="train",
            training=True,
            worker_config=config,
            part_filter=lambda part: part == "json",
        )
        # few samples are shuffled one by one, many in pieces
        made.max_samples_per_sequence = max(1, min(IN_A_ROW, len(made) // share // BUFFER))
        return made

    def some(self, speller: Speller, most: int) -> list[Group]:
        """The groups of up to ``most`` samples from all over it."""
        found = list[Group]()
        if self.rows is not None:
            for number in np.unique(np.linspace(0, len(self) - 1, most).round().astype(int)).tolist():
                found.append(speller.of_row(self.rows[number]))
            return found
        made = self._whole
        reader = ShardInfosITarReader(made.path, made.shards, part_filter=made.part_filter)
        try:
            for number in np.unique(np.linspace(0, len(self) - 1, most).round().astype(int)).tolist():
                found += groups(speller, made.load_sample(reader[number]))
        except _READ as error:
            raise _unreadable(self.path, error) from error
        finally:
            _close(reader)
        return found


class Stream:
    """An endless order of batches, number ``number`` of ``count`` that divide the data among them without overlap.

    Args:
        sources: with the weight of each.
        speller: measures rows.
        number, count: of the streams.
        seed: of the run.
    """

    def __init__(
        self, sources: Sequence[tuple[Source, float]], speller: Speller, number: int, count: int, seed: int
    ) -> None:
        config = WorkerConfig(
            rank=number, world_size=count, num_workers=0, seed_offset=seed, global_error_handler=reraise_exception
        )
        datasets = []
        for source, weight in sources:
            made = source.factory(config, count)
            datasets.append(LoadedDataset(dataset=made, weight=weight * len(made)))
        mine = sum(len(source) * min(1.0, weight) for source, weight in sources) / count
        packed = _Encoder(speller, (seed, 3, number)).build_train_datasets(
            datasets=datasets,
            worker_config=config,
            batch_size=None,
            packing_buffer_size=max(1, min(BUFFER, round(mine))),
            blend_mode=DatasetBlendMode.DATASET_WEIGHT,
        )
        for dataset in datasets:
            if isinstance(dataset.dataset, _Folder):
                weakref.finalize(self, _close, dataset.dataset.reader)
        self.paths = ", ".join(source.path for source, _ in sources)
        self._names = [source.name for source, _ in sources]
        self._dataset = SimpleSavableDatasetWrapper(packed, config, NoCachePool())
        self._batches: Iterator[Any] | None = None
        self._drawn = 0
        self._states = deque[tuple[int, Any]](maxlen=KEPT)

    def draw(self) -> tuple[Group, ...]:
        """The next batch.

        Raises:
            ConversationError: a shard cannot be read.
        """
        if self._drawn % EVERY == 0:
            self._states.append((self._drawn, self._dataset.save_state()))
        try:
            if self._batches is None:
                self._batches = iter(self._dataset)
                with contextlib.redirect_stderr(io.StringIO()):  # a progress bar over the first rows
                    _, _, batch = next(self._batches)
            else:
                _, _, batch = next(self._batches)
        except _READ as error:
            raise _unreadable(self.paths, error) from error
        self._drawn += 1
        assert isinstance(batch, tuple)
        return batch

    def state(self, drawn: int) -> dict[str, Any]:
        """What JSON can hold of where the stream is after ``drawn`` batches, of which some are drawn already."""
        kept, state = [pair for pair in self._states if pair[0] <= drawn][-1]
        return {"of": self._names, "after": kept, "state": _plain(state)}

    def restore(self, state: dict[str, Any], drawn: int) -> None:
        """Go to where it was after ``drawn`` batches.

        Raises:
            CheckpointError: the state is of other data.
        """
        if state["of"] != self._names:
            raise CheckpointError(
                f"{self.paths} are not the data that the run began with", do="give those, or another out="
            )
        self._dataset.restore_state(_unplain(state["state"]))
        self._drawn = state["after"]
        while self._drawn < drawn:
            self.draw()


class Members:
    """The sounds of folders of shards, by the name of a member."""

    def __init__(self) -> None:
        self._readers = dict[str, SqliteITarEntryReader]()

    def fetch(self, folder: str, name: str) -> bytes:
        """Its bytes.

        Raises:
            ConversationError: it is not there, or cannot be read.
        """
        try:
            if folder not in self._readers:
                self._readers[folder] = SqliteITarEntryReader(EPath(folder), key_is_full_entryname=True)
                weakref.finalize(self, self._readers[folder].close)
            data, _ = self._readers[folder][name]
        except _READ as error:
            raise ConversationError(f"{folder}: {name} cannot be read ({error})") from error
        assert isinstance(data, bytes)
        return data


def _check(folder: Path) -> None:
    """Whether every shard of the index is there, as long as its own index says."""
    try:
        told = json.loads((folder / META / ".info.json").read_text(encoding="utf-8"))
        counts = {str(name): int(count) for name, count in told["shard_counts"].items()}
        (folder / META / "index.uuid").read_text()
        whole = (folder / META / "split.yaml").is_file() and (folder / META / "index.sqlite").is_file()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        whole = False
    if not whole:
        raise ConversationError(
            f"{folder} is no folder of whole shards: its index is missing",
            do=f"write it again, or for tars of your own run: energon prepare {folder}",
        )
    for name, count in counts.items():
        shard = folder / name
        places = shard.with_suffix(".tar.idx")
        try:
            with places.open("rb") as file:
                file.seek(8 * count)
                [end] = struct.unpack("Q", file.read(8))
            size = shard.stat().st_size
        except (OSError, struct.error) as error:
            raise ConversationError(f"{shard} or its index is missing or broken", do="write it again") from error
        if size < end:
            raise ConversationError(f"{shard} breaks off at {size:,} bytes", expected=f"{end:,}", do="write it again")


def _close(reader: ShardInfosITarReader) -> None:
    """Close the shards and indices that energon has open."""
    reader.close()
    for entry in reader.cached_offset_reader.tar_index_reader_cache.values():
        entry.tar_index_reader.close()


def _unreadable(paths: str, error: BaseException) -> ConversationError:
    if isinstance(error, ConversationError):
        return error
    return ConversationError(f"{paths}: a shard cannot be read ({error})", do="write it again")


def _plain(value: Any) -> Any:
    """A state as JSON has words for it."""
    if isinstance(value, bytes):
        return {"bytes": b64encode(value).decode()}
    if isinstance(value, tuple):
        return {"tuple": [_plain(item) for item in value]}
    if isinstance(value, SliceState):
        return {"slice": [value.index, value.current]}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {"dict": {key: _plain(item) for key, item in value.items()}}
    assert value is None or isinstance(value, bool | int | float | str), f"a {type(value).__name__} in a state"
    return value


def _unplain(value: Any) -> Any:
    if isinstance(value, list):
        return [_unplain(item) for item in value]
    if not isinstance(value, dict):
        return value
    [(kind, inner)] = value.items()
    if kind == "bytes":
        return b64decode(inner)
    if kind == "tuple":
        return tuple(_unplain(item) for item in inner)
    if kind == "slice":
        return SliceState(index=inner[0], current=inner[1])
    return {key: _unplain(item) for key, item in inner.items()}
