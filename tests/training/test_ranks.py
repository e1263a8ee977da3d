"""How a step is divided among batches and processes changes nothing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file

from afnext.base.config import load_config
from afnext.dialogue.tokenizer import Tokenizer
from afnext.inference.folder import copy_beside, find_folder
from afnext.model import weights
from afnext.model.config import preset
from afnext.model.flamingo import Flamingo
from afnext.training.build import build
from afnext.training.checkpoint import checkpoints
from afnext.training.loop import train
from afnext.training.recipe import Recipe
from afnext.training.step import train_step

from .stored import stored

FINETUNE = Path(__file__).resolve().parents[2] / "recipes/finetune/lora.yaml"
CHANGES = ["steps=4", "accumulate=3", "checkpoint_every=2", "validate_batches=0", "optimizer.method=adamw"]


def run(file, out, processes, changes=CHANGES):
    """`afnext train` as a user starts it by torchrun; what it prints."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--no-python"]
    command += ["--nproc-per-node", str(processes), str(Path(sys.executable).with_name("afnext"))]
    command += ["train", str(file), *changes, "--out", str(out)]
    done = subprocess.run(
        command, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def assert_alike(one, other):
    """AdamW takes full steps where a gradient is hardly more than rounding, so single weights may differ by some."""
    mine, wanted = (stored(checkpoints(out)[-1]) for out in (one, other))
    for name, tensor in wanted.items():
        assert (mine[name] - tensor).abs().mean() < 2e-6, name


def told(out):
    rows = [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()]
    return {name: rows[-1][name] for name in ("text", "tags", "clock", "transcript", "loss", "gradient_norm")}


@pytest.mark.long
def test_processes_that_share_a_step_learn_what_one_learns(recipe, tmp_path):
    """Three batches a step in this process; from half way on, among four, of whom one has none."""
    file, _ = recipe
    train(file, tmp_path / "alone", CHANGES)
    shutil.copytree(tmp_path / "alone", tmp_path / "many")
    shutil.rmtree(checkpoints(tmp_path / "many")[-1])  # as if it had stopped after two steps
    said = run(file, tmp_path / "many", 4)
    assert said == f"{tmp_path / 'many' / 'model'}\n"
    assert told(tmp_path / "many") == pytest.approx(told(tmp_path / "alone"), abs=1e-4, rel=1e-4)
    assert_alike(tmp_path / "many", tmp_path / "alone")


def test_a_step_takes_the_mean_over_all_that_its_batches_hold(recipe):
    """Against the gradient of the losses summed over both batches, divided once."""
    stage = build(load_config(Recipe, recipe[0], ["optimizer.clip=1e9", "optimizer.method=adamw"]))
    pair = [stage.feed[0], stage.feed[1]]
    counts = [batch.counts() for batch in pair]
    assert counts[0]["text"] != counts[1]["text"]
    weighs = stage.recipe.objective.model_dump()
    total = sum(
        weighs[name] * sum(stage.learner(batch)[name] for batch in pair) / sum(each[name] for each in counts)
        for name in ("text", "tags", "clock", "transcript")
    )
    wanted = torch.autograd.grad(total, stage.optimizer.parameters, allow_unused=True)
    figures = train_step(stage, pair, 0.0)
    assert figures["loss"] == pytest.approx(total.item(), rel=1e-5)
    for parameter, gradient in zip(stage.optimizer.parameters, wanted, strict=True):
        if gradient is not None:
            torch.testing.assert_close(parameter.grad, gradient, atol=1e-6, rtol=1e-4)


ROWS = [
    "data={rows}",
    "rows.validation={rows}",
    "rows.tokens=600",
    "rows.workers=0",
    "lora=null",
    "trains=[encoder, adaptor, decoder]",
    "epochs=null",
]
ROWS += ["steps=4", "accumulate=4", "checkpoint_every=2", "optimizer.learning_rate=1e-3", "optimizer.warmup=0"]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Rows of many lengths, one without sound, and one whose recording fails; and how one process learns from them."""
    folder = tmp_path_factory.mktemp("mixed")
    with (folder / "rows.jsonl").open("w") as lines:
        for number, seconds in enumerate([0.4, 12.0, None, 3.0, 1.0, 20.0, 5.0, 0.7, 2.0]):
            row = {"audio": [], "question": f"What is {number}?", "answer": f"A hum, number {number}."}
            if seconds is not None:
                row["audio"] = f"{number}.wav"
                pitch = 2 * np.pi * (200 + 50 * number) * np.arange(round(16_000 * seconds)) / 16_000
                soundfile.write(folder / row["audio"], 0.3 * np.sin(pitch), 16_000)
            lines.write(json.dumps(row) + "\n")
    broken = np.full(32_000, np.nan, np.float32)
    soundfile.write(folder / "8.wav", broken, 16_000, subtype="FLOAT")
    model = tmp_path_factory.mktemp("model") / "tiny"
    tokenizer = Tokenizer.load(find_folder("nano"))
    config = preset("tiny").with_vocabulary(
        tokenizer.vocab_size, sound=tokenizer.sound, sound_bos=tokenizer.sound_start, sound_eos=tokenizer.sound_end,
        stop=(tokenizer.turn_end,), pad=tokenizer.end_of_text,
    )  # fmt: skip
    torch.manual_seed(0)
    weights.save(Flamingo(config), model)
    copy_beside(find_folder("nano"), model)
    changes = [change.format(rows=folder / "rows.jsonl") for change in ROWS] + [f"model.weights={model}"]
    train(FINETUNE, folder / "alone", changes)
    return folder, changes


def figures(out):
    rows = [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()]
    learnt, measured = (next(row for row in reversed(rows) if name in row) for name in ("text", "validation_text"))
    return learnt["text"], learnt["gradient_norm"], measured["validation_text"]


LAYOUTS = {"shard": (2, "{shard: 2}"), "sequence": (4, "{ulysses: 2, ring: 2, recompute: 1}")}


@pytest.mark.parametrize("layout", ["shard", pytest.param("sequence", marks=pytest.mark.long)])
def test_weights_and_sequences_in_parts_learn_what_one_process_learns(mixed, tmp_path, layout):
    """From half way on: what one process began is gone on with by two or four, each with a part."""
    folder, changes = mixed
    out, (processes, degrees) = tmp_path / "run", LAYOUTS[layout]
    shutil.copytree(folder / "alone", out)
    shutil.rmtree(checkpoints(out)[-1])  # as if it had stopped after two steps
    run(FINETUNE, out, processes, [*changes, f"parallel={degrees}"])
    assert figures(out) == pytest.approx(figures(folder / "alone"), abs=2e-5, rel=2e-5)
    mine, wanted = (load_file(place / "model/model.safetensors") for place in (out, folder / "alone"))
    assert mine.keys() == wanted.keys()
    for name, tensor in wanted.items():
        assert (mine[name] - tensor).abs().mean() < 5e-6, name
