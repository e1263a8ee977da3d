"""How fast recordings on disk become batches, how full the batches are, and whether a GPU would wait for them.

    python benchmarks/loading.py               a table; a minute or two
    python benchmarks/loading.py --json        one object: figure -> {ours, peer, ratio, unit}
    python benchmarks/loading.py --quick       fewer recordings, within half a minute
    python benchmarks/loading.py --cpu-time    by the processor time of all processes, for a machine with other work

    audio_per_second    seconds of sound that one worker makes ready in a second: FLAC files of one second to three
                        minutes, read, cut into windows, their log-mel made, their conversations spelt and packed. What
                        the headers tell is read beforehand, once for a run. The peer is the usual loop: a PyTorch
                        DataLoader of one worker over the plain files, four recordings a batch, decoded by soundfile
                        and given to transformers' WhisperFeatureExtractor in windows padded to 30 s; no text
    packing_efficiency  share of the tokens of all batches that hold something, for recordings of one second to ten
                        minutes. The peer: four rows a batch, padded to the longest
    shards_per_second   the same of the same recordings in WebDataset tars (`afnext convert rows.jsonl shards`), through
                        megatron-energon and one worker. The peer: webdataset's own loader of one worker over the same
                        tars, and from there the usual loop
    shards_packing      as packing_efficiency, of shards, where fewer rows are packed together
    needed              the first figure beside what one H200 asks of its loader in mid-training on 128 of them
                        (recipes/af-next/3-midtrain-skills.yaml), by `afnext plan`'s arithmetic

Ratios are above 1 where ours is better; that of ``needed`` is the share of a GPU that one worker feeds.
"""

import argparse
import io
import json
import math
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from torch import Tensor
from torch.utils.data import DataLoader

from _clock import Clock, Comparison, in_turn
from _sides import QUESTION
from afnext import AfnextError
from afnext.audio.spec import SAMPLE_RATE, WINDOW_SAMPLES
from afnext.audio.windows import count_tokens
from afnext.base.config import load_config
from afnext.data.feed import RowFeed
from afnext.data.groups import Speller
from afnext.data.loader import load
from afnext.data.mixture import Term
from afnext.data.packing import efficiency, fill, pack_rows
from afnext.data.shard_feed import ShardFeed
from afnext.data.shards import write_shards
from afnext.data.stream import BUFFER
from afnext.dialogue.template import NANO
from afnext.dialogue.tokenizer import Tokenizer
from afnext.inference.folder import find_folder
from afnext.model.config import preset
from afnext.training.plan import MACHINES, plan
from afnext.training.recipe import Recipe
from scenes import processor_seconds

MIDTRAINING = Path(__file__).resolve().parent.parent / "recipes/af-next/3-midtrain-skills.yaml"
GPUS = 128
TOKENS = 8192
"""Of a batch that one worker makes."""
BATCH = 4
"""Rows of a batch of the peer."""
LONGEST = 180.0
TEXT = 150
"""Tokens of text in a row of which only the size is looked at."""
CORPUS = 20_000
"""Such rows."""


def log_uniform(shortest: float, longest: float, count: int) -> list[float]:
    """``count`` lengths: as many between 1 and 2 as between 10 and 20."""
    drawn = np.random.default_rng(0).uniform(math.log(shortest), math.log(longest), count)
    return [float(length) for length in np.exp(drawn)]


def write_rows(folder: Path, lengths: Sequence[float], form: str) -> Path:
    """Noise of these ``lengths`` as files of ``form`` (wav, flac) with a question and an answer; the file of rows."""
    rng = np.random.default_rng(1)
    rows = folder / "rows.jsonl"
    with rows.open("w", encoding="utf-8") as lines:
        for number, seconds in enumerate(lengths):
            name = f"{number}.{form}"
            noise = rng.normal(scale=0.1, size=round(seconds * SAMPLE_RATE)).clip(-1, 1)
            soundfile.write(folder / name, noise, SAMPLE_RATE)
            row = {"audio": name, "question": QUESTION, "answer": f"Noise number {number}, and no more than that."}
            lines.write(json.dumps(row) + "\n")
    return rows


def filled(sizes: Sequence[int], rows: int = BATCH) -> float:
    """Share of the tokens that are no padding where every ``rows`` of ``sizes`` are padded to their longest."""
    batches = [sizes[first : first + rows] for first in range(0, len(sizes), rows)]
    return sum(sizes) / sum(len(batch) * max(batch) for batch in batches)


def speller() -> Speller:
    """What spells the rows of either feed of ours."""
    return Speller(Tokenizer.load(find_folder("nano")), NANO, tokens=TOKENS, context=TOKENS, longest=LONGEST)


class Ours:
    """Rows through a feed and one worker."""

    def __init__(self, rows: Path, workers: int = 1) -> None:
        self.feed = RowFeed([Term(str(rows))], speller(), seed=0)
        self.workers = workers

    def epoch(self) -> float:
        """Make the batches of an epoch; how many seconds of sound they hold."""
        steps = load(self.feed, 0, len(self.feed.epoch(0)), workers=self.workers)
        return sum(batch.audio_seconds for batches in steps for batch in batches)


class Theirs:
    """The usual loop: files through a DataLoader and a feature extractor that pads windows to 30 s."""

    def __init__(self, rows: Path, workers: int = 1) -> None:
        from transformers import WhisperFeatureExtractor  # noqa: PLC0415  slow to import, and not for the sizes

        self.extractor: Any = WhisperFeatureExtractor(feature_size=128)  # type: ignore[no-untyped-call]
        values = map(json.loads, rows.read_text(encoding="utf-8").splitlines())
        self.files = [rows.parent / value["audio"] for value in values]
        self.workers = workers

    def collate(self, files: Sequence[Path | io.BytesIO]) -> tuple[Tensor, float]:
        """Log-mel [W, 128, 3000] of all windows of ``files``, and their seconds of sound."""
        sounds = [soundfile.read(file, dtype="float32")[0] for file in files]
        cut = [s[first : first + WINDOW_SAMPLES] for s in sounds for first in range(0, len(s), WINDOW_SAMPLES)]
        made = self.extractor(cut, sampling_rate=SAMPLE_RATE, return_attention_mask=True, return_tensors="pt")
        return made["input_features"], sum(map(len, sounds)) / SAMPLE_RATE

    def epoch(self) -> float:
        """Make the batches of an epoch; how many seconds of sound they hold."""
        files: Any = self.files
        loader: Iterable[tuple[Tensor, float]] = DataLoader(
            files, BATCH, shuffle=True, num_workers=self.workers, collate_fn=self.collate
        )
        return sum(seconds for _, seconds in loader)


class OurShards:
    """Shards through their streams and one worker. A set this small passes once before anything comes again."""

    def __init__(self, folder: Path, samples: int, workers: int = 1) -> None:
        self.feed = ShardFeed([Term(str(folder))], speller(), seed=0)
        self.workers, self.steps, seen = workers, 0, 0
        for groups in self.feed.draws([[number] for number in range(samples)], 0, 1):
            seen += len(groups)
            self.steps += 1
            if seen == samples:
                break

    def epoch(self) -> float:
        """Make the batches of a pass; how many seconds of sound they hold."""
        steps = load(self.feed, 0, self.steps, workers=self.workers)
        return sum(batch.audio_seconds for batches in steps for batch in batches)


class TheirShards(Theirs):
    """The usual loop over tars: webdataset's loader, then as over files."""

    def __init__(self, folder: Path, rows: Path, workers: int = 1) -> None:
        super().__init__(rows, workers)
        self.tars = [str(path) for path in sorted(folder.glob("*.tar"))]

    def read(self, samples: Sequence[Mapping[str, bytes]]) -> tuple[Tensor, float]:
        """As ``collate``, of members of tars."""
        return self.collate([io.BytesIO(sample["0.flac"]) for sample in samples])

    def epoch(self) -> float:
        """Make the batches of an epoch; how many seconds of sound they hold."""
        import webdataset  # noqa: PLC0415  the peer alone needs it

        tars: Any = webdataset.WebDataset(self.tars, shardshuffle=False)
        loader: Iterable[tuple[Tensor, float]] = DataLoader(tars, BATCH, num_workers=self.workers, collate_fn=self.read)
        return sum(seconds for _, seconds in loader)


def rate(side: Ours | Theirs | OurShards, seconds: float, clock: Clock) -> float:
    """Seconds of sound a second over one epoch, which must hold ``seconds`` of it."""
    begun = clock()
    made = side.epoch()
    took = clock() - begun
    if abs(made - seconds) > 1e-6 * seconds:
        sys.exit(f"loading: an epoch of {type(side).__name__.lower()} held {made:.2f} s; expected {seconds:.2f}")
    return made / took


def packing(together: int | None = None) -> Comparison:
    """How full batches of the mid-training recipe's size are, by the sizes of rows alone, ``together`` at a time."""
    sizes = [count_tokens(round(length * SAMPLE_RATE)) + TEXT for length in log_uniform(1, 600, CORPUS)]
    budget = load_config(Recipe, MIDTRAINING).rows.tokens
    batches = pack_rows(sizes, budget)
    if together is not None:
        parts = range(0, len(sizes), together)
        packed = [(first, some) for first in parts for some in fill(sizes[first : first + together], budget)]
        batches = [[first + item for item in some] for first, some in packed]
    return Comparison(efficiency(sizes, batches, budget), filled(sizes), "", higher_is_better=True)


def needed() -> tuple[float, int]:
    """Seconds of sound a second that the loader of one H200 is to deliver, and how many GPUs share each batch.

    GPUs that hold parts of the same sequences have the same batches, which each makes for itself.
    """
    recipe = load_config(Recipe, MIDTRAINING)
    learnt = plan(recipe, preset(recipe.model.preset), GPUS, MACHINES["h200"]).audio_rate
    parts = recipe.parallel.ring * recipe.parallel.ulysses if recipe.parallel else 1
    return learnt / GPUS * parts, parts


def table(found: Mapping[str, Comparison]) -> str:
    """The figures as text."""
    lines = [f"{'':28}{'ours':>10}{'peer':>10}  {'unit':12}{'ratio':>6}"]
    lines += [f"{name:28}{it.ours:10.4g}{it.peer:10.4g}  {it.unit:12}{it.ratio:6.2f}" for name, it in found.items()]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a quarter of the recordings and fewer rounds")
    parser.add_argument("--rounds", type=int, metavar="N", help="measurements behind each median")
    parser.add_argument("--cpu-time", action="store_true", help="processor time of all processes, not the wall clock's")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    rounds = given.rounds or (2 if given.quick else 3)
    clock = processor_seconds if given.cpu_time else time.perf_counter

    with tempfile.TemporaryDirectory() as place:
        lengths = log_uniform(1, LONGEST, 9 if given.quick else 36)
        seconds = sum(round(length * SAMPLE_RATE) for length in lengths) / SAMPLE_RATE
        rows = write_rows(Path(place), lengths, "flac")
        ours, theirs = Ours(rows), Theirs(rows)
        rates = in_turn(lambda: rate(ours, seconds, clock), lambda: rate(theirs, seconds, clock), rounds)
        tars = Path(place) / "shards"
        samples = write_shards(rows, tars, shard_bytes=20_000_000).samples
        packed, plain = OurShards(tars, samples), TheirShards(tars, rows)
        shard_rates = in_turn(lambda: rate(packed, seconds, clock), lambda: rate(plain, seconds, clock), rounds)
    asked, parts = needed()
    found = {
        "audio_per_second": Comparison(*rates, unit="s/s", higher_is_better=True),
        "packing_efficiency": packing(),
        "shards_per_second": Comparison(*shard_rates, unit="s/s", higher_is_better=True),
        "shards_packing": packing(BUFFER),
        "needed": Comparison(rates[0], asked, "s/s", higher_is_better=True),
    }
    if given.json:
        print(json.dumps({name: comparison.to_dict() for name, comparison in found.items()}))
        return
    timed = "processor time of all processes" if given.cpu_time else "wall clock"
    print(f"{len(lengths)} files, {seconds / 60:.1f} minutes of sound, one worker, {timed}, medians of {rounds}")
    print(table(found))
    print(
        f"an H200 in mid-training hears {asked / parts:.0f} s of sound a second; {parts} share a batch and each makes "
        f"all of it, so that its loader is to deliver {asked:.0f}: the work of {math.ceil(asked / rates[0])} of "
        "this machine's workers"
    )


if __name__ == "__main__":
    try:
        main()
    except AfnextError as error:
        sys.exit(f"loading: {error}")
