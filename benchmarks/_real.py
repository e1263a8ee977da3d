"""The published shape with random weights, by itself: loaded and asked in bf16, int8 and int4, each in its own process.

Weights are made a shard at a time, and the model is never whole in memory while they are.
"""

import argparse
import json
import math
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from _clock import per_second, read_rate
from _limits import step_bytes
from _memory import forget_peak, resident
from _sides import QUESTION, silence, sound, speaking_nano, write_words
from afnext import Clip, load
from afnext.audio.spec import SAMPLE_RATE
from afnext.base.files import replacing, write_json
from afnext.model.config import FlamingoConfig, preset
from afnext.model.count import cache_bytes, parameters
from afnext.model.flamingo import Flamingo
from afnext.model.initialise import sinusoids
from afnext.model.published import published_name, write_fields, write_generation
from afnext.model.weights import CONFIG, GENERATION, INDEX

STORED = torch.bfloat16
SHARD_BYTES = 1_500_000_000
ASKED_FOR = 17
"""Tokens of the answer: the first, and sixteen whose times are measured."""
SCHEMES = ("bf16", "int8", "int4")
SPARE = 1 << 30
"""Bytes of the disk that are left alone."""


@dataclass(frozen=True)
class Measured:
    """What one process told.

    Attributes:
        load, first_token, token: seconds, the last for each token after the first.
        peak, anonymous: bytes, resident at most, and of those that are no pages of files at most.
        read: bytes a second of weights, keys and values.
        limit: that, as a share of the rate of the machine's memory.
    """

    load: float
    peak: int
    anonymous: int
    first_token: float
    token: float
    read: float
    limit: float

    def __str__(self) -> str:
        return (
            f"loaded in {self.load:.1f} s; at most {self.peak / 1e9:.2f} GB resident, of which at most "
            f"{self.anonymous / 1e9:.2f} GB are no pages of files; first token after {self.first_token:.1f} s, then "
            f"{self.token:.3f} s a token, which reads {self.read / 1e9:.2f} GB/s, {self.limit:.0%} of what memory gives"
        )


def real_size(where: str, name: str, seconds: int, threads: int, *, as_json: bool) -> None:
    """Make the model if need be, and measure it in every format, printing as it goes (the object in the end)."""
    with _folder(where) as folder:
        if not (folder / CONFIG).is_file():
            make(folder, name)
        found = {}
        for scheme in SCHEMES:
            _say(f"{scheme}: loading, and asking about {seconds} s")
            found[scheme] = measure_apart(folder, scheme, seconds, threads)
            print(f"{scheme}: {found[scheme]}", file=sys.stderr if as_json else sys.stdout, flush=True)
    if as_json:
        print(json.dumps({scheme: asdict(one) for scheme, one in found.items()}))


def make(folder: Path, name: str) -> None:
    """Write random weights of a preset to ``folder``, a shard at a time.

    Exits where the disk has no room for them.
    """
    config = speaking_nano(preset(name))
    size = parameters(config).total * STORED.itemsize
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    _say(f"making {name}: {size / 1e9:.1f} GB in {folder}, where {free / 1e9:.1f} GB are free")
    if size + SPARE > free:
        sys.exit(f"engine: {folder} has {free / 1e9:.1f} GB free; expected {(size + SPARE) / 1e9:.1f}")
    with torch.device("meta"):
        shapes = {name: tensor.shape for name, tensor in Flamingo(config).state_dict().items()}
    shards = list(_shards(shapes))
    table: dict[str, str] = {}
    torch.manual_seed(0)
    for number, names in enumerate(shards, 1):
        file = f"model-{number:05}-of-{len(shards):05}.safetensors"
        tensors = {published_name(one): drawn(one, shapes[one], config) for one in names}
        with replacing(folder / file) as draft:
            save_file(tensors, draft, metadata={"format": "pt"})
        table |= dict.fromkeys(tensors, file)
        _say(f"shard {number} of {len(shards)}")
    write_json(folder / INDEX, {"metadata": {"total_size": size}, "weight_map": table})
    write_json(folder / GENERATION, write_generation(config))
    write_words(folder)
    write_json(folder / CONFIG, write_fields(config, str(STORED).removeprefix("torch.")))


def drawn(name: str, shape: torch.Size, config: FlamingoConfig) -> Tensor:
    """A tensor as an untrained model has it."""
    if name == "encoder.positions.weight":
        return sinusoids(*shape).to(STORED)
    if len(shape) == 1:
        norm = name.endswith("norm.weight")
        return torch.full(shape, float(norm), dtype=STORED)
    deviation = math.prod(shape[1:]) ** -0.5
    if name in ("decoder.embedding.weight", "decoder.head.weight"):
        deviation = 0.02
    elif name.endswith((".out.weight", ".down.weight")):
        deviation *= (2 * (config.encoder if name.startswith("encoder") else config.decoder).layers) ** -0.5
    tensor = torch.empty(shape, dtype=STORED).normal_(std=deviation)
    if name == "decoder.head.weight":
        silence(tensor)
    return tensor


def _shards(shapes: dict[str, torch.Size]) -> Iterator[list[str]]:
    """Names, in groups of at most ``SHARD_BYTES``."""
    group, held = list[str](), 0
    for name, shape in shapes.items():
        size = math.prod(shape) * STORED.itemsize
        if group and held + size > SHARD_BYTES:
            yield group
            group, held = [], 0
        group.append(name)
        held += size
    yield group


def measure_apart(folder: Path, scheme: str, seconds: int, threads: int) -> Measured:
    """This file as a process that measures one format; how far it is goes to standard error."""
    command = [sys.executable, __file__, str(folder), scheme, str(seconds), str(threads)]
    process = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if process.returncode:
        sys.exit(f"engine: {scheme} ended with {process.returncode}; its message is above")
    return Measured(**json.loads(process.stdout))


def measure(folder: Path, scheme: str, seconds: int) -> Measured:
    """In the process that ``measure_apart`` makes."""
    best = read_rate(time.perf_counter)
    forget_peak()
    with _watched() as most:
        begin = time.perf_counter()
        engine = load(folder, device="cpu", dtype="bfloat16", quantize=None if scheme == "bf16" else scheme)
        loaded = time.perf_counter()
        times, shown = list[float](), -1

        def tell(stage: str, done: float, total: float | None) -> None:
            nonlocal shown
            if stage == "Answering" and done:
                times.append(time.perf_counter())
            if (now := int(10 * done / total) if total else -1) > shown:
                shown = now
                _say(f"{scheme}: {stage.lower()}, {done:.0f} of {total:.0f} s")

        asked = Clip(sound(seconds), rate=SAMPLE_RATE), QUESTION
        reply = engine.ask(*asked, max_new_tokens=ASKED_FOR, stop_loops=False, tell=tell)
    rate, usage = per_second(times), reply.usage
    seen = cache_bytes(engine.model.config, usage.prompt_tokens, engine.model.decoder.embedding.weight.dtype)
    read = rate * (step_bytes(engine) + seen)
    return Measured(loaded - begin, resident("VmHWM"), max(most), times[0] - loaded, 1 / rate, read, read / best)


@contextmanager
def _watched() -> Iterator[list[int]]:
    """Bytes of memory that is no file's (RssAnon), looked at ten times a second."""
    seen, ended = [resident("RssAnon")], threading.Event()

    def look() -> None:
        while not ended.wait(0.1):
            seen.append(max(seen.pop(), resident("RssAnon")))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()


@contextmanager
def _folder(where: str) -> Iterator[Path]:
    """The folder that is named, kept; of ``make``, one that is deleted in the end."""
    if where != "make":
        yield Path(where)
        return
    with tempfile.TemporaryDirectory() as place:
        yield Path(place)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Measure one format and print it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("scheme", choices=SCHEMES)
    parser.add_argument("seconds", type=int)
    parser.add_argument("threads", type=int)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    print(json.dumps(asdict(measure(given.folder, given.scheme, given.seconds))))


if __name__ == "__main__":
    main()
