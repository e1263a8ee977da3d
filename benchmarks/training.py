"""Training against the usual tools: tokens a second, how full batches are, and memory of one long conversation.

    python benchmarks/training.py               a table; about five minutes
    python benchmarks/training.py --json        one object: figure -> {ours, peer, ratio, unit}
    python benchmarks/training.py --quick       fewer rows and a shorter conversation, within two minutes
    python benchmarks/training.py --cpu-time    one thread's processor time, where the machine is busy

    training_tokens_per_second   tokens that are no padding, sound and text, through full fine-tuning in float32 with
                                 AdamW, from files to updated weights. The peer is transformers' Trainer on the same
                                 weights and rows (1 to 30 s of noise, a question, an answer), four rows a batch, padded
                                 to the longest by the model's own processor; like ours it learns the answers alone.
                                 Before, both must spell rows at the same length, with the same tokens to learn
    packing_efficiency           share of the tokens of all batches that hold something. The peer: the same rows in
                                 the same order, four a batch, padded to the longest
    activation_memory_degree_N   what each of N processes that share one conversation of half an hour holds at most,
                                 beyond weights and libraries, forward and backward through a small decoder (of two
                                 layers, no recomputation, the encoder left out; the sound's embeddings are gathered
                                 whole by each, as after the encoder). The peer is one process

Ratios are above 1 where ours is better. What the machine could do at best, in float32 matrix products, is measured in
the same run. The model is small, and its encoder, decoder and vocabulary share the operations about as AF-Next's do.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import soundfile
import torch

from _clock import Clock, Comparison, in_turn, matmul_rate
from _memory import forget_peak, resident
from _sides import CPU, write_model
from afnext import AfnextError
from afnext.audio.spec import MAX_TOKENS, WINDOW_SECONDS
from afnext.audio.windows import count_tokens
from afnext.cli.progress import progress_bars
from afnext.data.batch import Batch
from afnext.data.feed import RowFeed
from afnext.data.loader import load
from afnext.data.mixture import epoch
from afnext.data.pack import IGNORED
from afnext.dialogue.message import audio_parts
from afnext.dialogue.template import render
from afnext.inference.listen import clip_of
from afnext.model.config import DecoderConfig, EncoderConfig, FlamingoConfig
from afnext.model.flamingo import Flamingo
from afnext.parallel.collectives import gather
from afnext.parallel.launch import World, joined
from afnext.parallel.mesh import Degrees, Mesh, build_mesh
from afnext.parallel.sequence import SplitSequence
from afnext.parallel.windows import attach
from afnext.training.build import build
from afnext.training.loss import text_loss
from afnext.training.operations import operations_of
from afnext.training.recipe import PARTS, Recipe
from afnext.training.step import train_step
from loading import BATCH, filled, log_uniform, table, write_rows

LEARNING_RATE = 1e-5
TOKENS = 1536
"""Of our batches; about as many updates a pass as in batches of four."""
DEGREES = (1, 2, 4)
TILE = 512
"""Queries and keys whose scores exist at a time: as small beside these activations as the usual tile is beside a real
model's."""
ASKED, ANSWERED = 20, 100
"""Tokens of text before the sound of the long conversation, and behind it; the latter are learnt."""
SMALL = FlamingoConfig(
    encoder=EncoderConfig(width=64, heads=2, feed_forward=256, layers=1),
    decoder=DecoderConfig(
        width=256, heads=4, key_value_heads=2, feed_forward=768, layers=3, vocabulary=1024, positions=4096
    ),
    sound_id=0,
    pad_id=0,
)
LONG = FlamingoConfig(
    encoder=EncoderConfig(width=32, heads=2, feed_forward=64, layers=1),
    decoder=DecoderConfig(
        width=64, heads=1, key_value_heads=1, feed_forward=256, layers=2, vocabulary=128, positions=65536
    ),
    sound_id=3,
    pad_id=0,
)


class OurRun:
    """Fine-tuning by a recipe, as the loop does it."""

    def __init__(self, folder: Path, rows: Path, clock: Clock) -> None:
        recipe = Recipe.model_validate(
            {
                "name": "benchmark",
                "epochs": 1,
                "precision": "float32",
                "model": {"weights": str(folder)},
                "data": str(rows),
                "rows": {"tokens": TOKENS, "workers": 0},
                "optimizer": {"learning_rate": LEARNING_RATE, "betas": (0.9, 0.999), "weight_decay": 0.0},
            }
        )
        self.clock = clock
        self.stage = build(recipe, World(0, 1, CPU))
        feed = self.stage.feed
        assert isinstance(feed, RowFeed), "the recipe learns from rows"
        self.feed = feed
        self.passes = 0

    def batches(self) -> list[Batch]:
        """Those of the first pass."""
        return [batch for step in load(self.feed, 0, len(self.feed.epoch(0))) for batch in step]

    def learn(self) -> float:
        """Pass over the rows once more; the seconds it takes."""
        first = sum(len(self.feed.epoch(number)) for number in range(self.passes))
        last = first + len(self.feed.epoch(self.passes))
        self.passes += 1
        begun = self.clock()
        for batches in load(self.feed, first, last):
            train_step(self.stage, batches, LEARNING_RATE)
        return self.clock() - begun

    def spelt(self, number: int) -> tuple[int, int]:
        """Tokens of a row, and how many of them are learnt."""
        conversation = self.feed.sets[0][number].conversation
        sounds = [clip_of(part).samples() for part in audio_parts(conversation)]
        counts = [count_tokens(len(sound)) for sound in sounds]
        prompt = render(
            conversation, counts, self.feed.speller.tokenizer, self.feed.speller.family, generation_prompt=False
        )
        return len(prompt.ids), sum(prompt.loss_mask)


class TheirRun:
    """Fine-tuning by transformers' Trainer."""

    def __init__(self, folder: Path, rows: Path, clock: Clock) -> None:
        from transformers import AutoProcessor, MusicFlamingoForConditionalGeneration  # noqa: PLC0415
        from transformers.utils import logging  # noqa: PLC0415  it is not in the processes that measure our memory

        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        self.clock, self.folder = clock, folder
        self.rows = [json.loads(line) for line in rows.read_text(encoding="utf-8").splitlines()]
        for row in self.rows:
            row["audio"] = rows.parent / row["audio"]
        self.processor: Any = AutoProcessor.from_pretrained(folder)  # type: ignore[no-untyped-call]
        self.model: Any = MusicFlamingoForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
        words = self.processor.tokenizer
        self.begin, self.end = words.convert_tokens_to_ids(["<|im_start|>", "<|im_end|>"])
        self.opening = 1 + len(words("assistant\n")["input_ids"])
        self.passes = 0

    def collate(self, rows: Sequence[dict[str, Any]]) -> Any:
        """What the model takes: the rows padded on the left, everything but the answers masked in the labels."""
        talks = []
        for row in rows:
            heard = {"type": "audio", "audio": soundfile.read(row["audio"], dtype="float32")[0]}
            asked = {"role": "user", "content": [heard, {"type": "text", "text": row["question"]}]}
            talks.append([asked, {"role": "assistant", "content": [{"type": "text", "text": row["answer"]}]}])
        inputs = self.processor.apply_chat_template(talks, tokenize=True, return_dict=True)
        labels = inputs["input_ids"].clone()
        for row in labels:
            row[: int((row == self.begin).nonzero()[-1]) + self.opening] = IGNORED
            row[int((row == self.end).nonzero()[-1]) + 1 :] = IGNORED
        return {**inputs, "labels": labels}

    def learn(self) -> float:
        """Pass over the rows once more; the seconds from the Trainer's being ready to the last update."""
        from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments  # noqa: PLC0415

        clock, times = self.clock, list[float]()

        class Watch(TrainerCallback):
            """Notes when training begins and ends."""

            def on_train_begin(self, *_arguments: Any, **_more: Any) -> None:
                times.append(clock())

            def on_train_end(self, *_arguments: Any, **_more: Any) -> None:
                times.append(clock())

        told = TrainingArguments(
            output_dir=str(self.folder / "trainer"),
            max_steps=-(-len(self.rows) // BATCH),
            per_device_train_batch_size=BATCH,
            learning_rate=LEARNING_RATE,
            lr_scheduler_type="constant",
            weight_decay=0.0,
            seed=self.passes,
            use_cpu=True,
            dataloader_num_workers=0,
            dataloader_pin_memory=False,
            remove_unused_columns=False,
            save_strategy="no",
            logging_strategy="no",
            report_to=[],
            disable_tqdm=True,
        )
        trainer = Trainer(self.model, told, self.collate, self.rows, callbacks=[Watch()])
        trainer.remove_callback(PrinterCallback)
        trainer.train()
        self.passes += 1
        return times[1] - times[0]

    def spelt(self, number: int) -> tuple[int, int]:
        """Tokens of a row, and how many of them are learnt."""
        inputs = self.collate([self.rows[number]])
        return int(inputs["attention_mask"].sum()), int((inputs["labels"] != IGNORED).sum())


def check(ours: OurRun, theirs: TheirRun, rows: int = 4) -> None:
    """Exit unless both use all rows, and spell the first of them at the same length with as much to learn."""
    for number in range(rows):
        mine, yours = ours.spelt(number), theirs.spelt(number)
        if mine != yours:
            told = " and ".join(f"{length} tokens ({learnt} learnt)" for length, learnt in (mine, yours))
            sys.exit(f"training: row {number} has {told}; expected the same on both sides")
    used, there = len(ours.feed.sets[0]), len(theirs.rows)
    if used != there:
        sys.exit(f"training: ours uses {used} rows; expected all {there}")


def used(best: float, work: float, rates: Comparison, tokens: int) -> str:
    """What share of the machine's ``best`` operations a second a pass of ``work`` operations gets."""
    mine, yours = (work * rate / tokens for rate in (rates.ours, rates.peer))
    return (
        f"of this machine's {best / 1e9:.0f} GFLOP/s in matrix products training uses {mine / 1e9:.1f} "
        f"({mine / best:.0%}), transformers on the same work {yours / 1e9:.1f} ({yours / best:.0%}); padding is no work"
    )


def memory(degree: int, tokens: int) -> float:
    """Megabytes that the process that holds most holds beyond its weights, of ``degree`` that share ``tokens``."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(degree)]
    with tempfile.TemporaryDirectory() as place:
        command += [str(Path(__file__).resolve()), "--memory-of", place, str(tokens)]
        done = subprocess.run(
            command, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"training: measuring memory ended with {done.returncode}: {done.stderr[-2000:]}")
        return max(float(file.read_text(encoding="ascii")) for file in Path(place).iterdir()) / 1e6


def measure_memory(folder: Path, tokens: int) -> None:
    """In a process that ``memory`` starts: write the bytes that it holds at most beyond what it held before."""
    torch.set_num_threads(1)
    with joined("cpu") as world:
        mesh = build_mesh(world, Degrees(ring=world.size))
        torch.manual_seed(0)
        model = Flamingo(LONG)
        converse(model, mesh, 25 * world.size)  # weights, their gradients and libraries are in memory then
        base = resident()
        forget_peak()
        converse(model, mesh, tokens)
        (folder / str(world.rank)).write_text(str(resident("VmHWM") - base), encoding="ascii")


def converse(model: Flamingo, mesh: Mesh, tokens: int) -> None:
    """Forward and backward of one conversation about ``tokens`` random audio tokens, each process with its share.

    Audio tokens come from all processes, as from an encoder that each runs on some of the windows.
    """
    sound = model.config.sound_id
    ids = torch.tensor([[1] * ASKED + [sound] * tokens + [2] * ANSWERED])
    targets = ids.roll(-1).masked_fill(ids != 2, IGNORED)
    heard = torch.randn(tokens // mesh.sequence.size(), model.config.decoder.width, requires_grad=True)
    audio = torch.cat(gather(heard, mesh.sequence))
    part = SplitSequence(mesh, [(0, 0, ids.shape[1])], CPU, tile=TILE)
    mine, positions = part.split(ids), part.split(torch.arange(ids.shape[1])[None])
    embeddings = attach(model.embed(mine, part.audio(ids, audio, sound)), audio)
    hidden = model.decoder(embeddings, positions=positions, attention=part.attention)
    targets = part.split(targets, IGNORED)
    wanted = targets != IGNORED
    text_loss(model.logits(hidden[wanted]), targets[wanted]).backward()  # type: ignore[no-untyped-call]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rows, five minutes, fewer rounds")
    parser.add_argument("--rounds", type=int, metavar="N", help="measurements behind each median")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), metavar="N", help="of torch, for both")
    parser.add_argument("--cpu-time", action="store_true", help="one thread's processor time, not the wall clock's")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--memory-of", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.memory_of:
        measure_memory(Path(given.memory_of[0]), int(given.memory_of[1]))
        return
    threads = 1 if given.cpu_time else given.threads
    torch.set_num_threads(threads)
    rounds = given.rounds or (2 if given.quick else 3)
    clock = time.process_time if given.cpu_time else time.perf_counter
    count, minutes = (8, 5) if given.quick else (48, 30)

    found: dict[str, Comparison] = {}
    with progress_bars() as tell, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_model(folder, SMALL)
        rows = write_rows(folder, log_uniform(1, WINDOW_SECONDS, count), "wav")
        ours, theirs = OurRun(folder, rows, clock), TheirRun(folder, rows, clock)
        check(ours, theirs)
        sizes = ours.feed.sizes[0]
        tokens, work = sum(sizes), sum(operations_of(batch, ours.stage.model.config, PARTS) for batch in ours.batches())
        rates = in_turn(lambda: tokens / ours.learn(), lambda: tokens / theirs.learn(), rounds)
        found["training_tokens_per_second"] = Comparison(*rates, unit="tokens/s", higher_is_better=True)
        padded = filled([sizes[row] for _, row in epoch([count], [1.0], 0, ours.feed.seed)])
        found["packing_efficiency"] = Comparison(ours.feed.efficiency(), padded, "", higher_is_better=True)
        best = matmul_rate(clock)
        held: list[float] = []
        for degree in DEGREES:
            tell("Measuring memory", len(held), len(DEGREES))
            held.append(memory(degree, MAX_TOKENS * minutes // 30))
            found[f"activation_memory_degree_{degree}"] = Comparison(held[-1], held[0], "MB")
    if given.json:
        print(json.dumps({name: comparison.to_dict() for name, comparison in found.items()}))
        return
    timed = "processor time of one thread" if given.cpu_time else f"threads: {threads}"
    print(f"{count} rows, {tokens:,} tokens a pass, float32, {timed}, medians of {rounds}; memory of {minutes} minutes")
    print(table(found))
    print(used(best, work, found["training_tokens_per_second"], tokens))


if __name__ == "__main__":
    try:
        main()
    except AfnextError as error:
        sys.exit(f"training: {error}")
