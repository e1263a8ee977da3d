"""How a step is divided among batches and processes changes nothing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from afnext.base.config import load_config
from afnext.training.build import build
from afnext.training.checkpoint import checkpoints
from afnext.training.loop import train
from afnext.training.recipe import Recipe
from afnext.training.step import losses, train_step

CHANGES = ["steps=4", "accumulate=3", "checkpoint_every=2", "validate_batches=0", "optimizer.method=adamw"]


def run(file, out, processes):
    """`afnext train` as a user starts it by torchrun; what it prints."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--no-python"]
    command += ["--nproc-per-node", str(processes), str(Path(sys.executable).with_name("afnext"))]
    command += ["train", str(file), *CHANGES, "--out", str(out)]
    done = subprocess.run(
        command, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def assert_alike(one, other):
    """AdamW takes full steps where a gradient is hardly more than rounding, so single weights may differ by some."""
    mine, wanted = (load_file(checkpoints(out)[-1] / "model.safetensors") for out in (one, other))
    for name, tensor in wanted.items():
        assert (mine[name] - tensor).abs().mean() < 2e-6, name


def told(out):
    rows = [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()]
    return {name: rows[-1][name] for name in ("text", "tags", "clock", "transcript", "loss", "gradient_norm")}


def test_processes_that_share_a_step_learn_what_one_learns(recipe, tmp_path):
    """Three batches a step in this process, among two, and, from half way on, among four, of whom one has none."""
    file, _ = recipe
    train(file, tmp_path / "alone", CHANGES)
    said = run(file, tmp_path / "many", 2)
    assert said == f"{tmp_path / 'many' / 'model'}\n"
    assert told(tmp_path / "many") == pytest.approx(told(tmp_path / "alone"), abs=1e-4, rel=1e-4)
    assert_alike(tmp_path / "many", tmp_path / "alone")
    shutil.rmtree(checkpoints(tmp_path / "many")[-1])  # as if it had stopped after two steps
    run(file, tmp_path / "many", 4)
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
        weighs[name] * sum(losses(stage, batch).named()[name] for batch in pair) / sum(each[name] for each in counts)
        for name in ("text", "tags", "clock", "transcript")
    )
    wanted = torch.autograd.grad(total, stage.optimizer.parameters, allow_unused=True)
    figures = train_step(stage, pair, 0.0)
    assert figures["loss"] == pytest.approx(total.item(), rel=1e-5)
    for parameter, gradient in zip(stage.optimizer.parameters, wanted, strict=True):
        if gradient is not None:
            torch.testing.assert_close(parameter.grad, gradient, atol=1e-6, rtol=1e-4)
