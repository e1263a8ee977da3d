"""A run from recipe to model: it learns, and going on after a kill gives bitwise what not stopping gives."""

import json
import os
import resource
import signal
import subprocess
import sys
import time

import pytest
import torch
import yaml

import afnext
from afnext.base.errors import AfnextError, CheckpointError, RecipeError
from afnext.base.journal import Journal
from afnext.cli import main
from afnext.training.checkpoint import checkpoints
from afnext.training.loop import train

from .stored import stored

LOSSES = ("text", "tags", "clock", "transcript", "loss", "gradient_norm")


def tensors_of(run):
    return stored(checkpoints(run)[-1])


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        assert torch.equal(tensor, other[name]), name


def test_a_run_learns_and_its_model_answers(recipe, tmp_path):
    file, _ = recipe
    seen = []
    folder = train(
        file,
        tmp_path / "run",
        ["steps=40", "checkpoint_every=20", "validate_every=20"],
        progress=lambda done, steps, figures: seen.append(figures),
    )
    assert sum(f["loss"] for f in seen[-8:]) < 0.8 * sum(f["loss"] for f in seen[:8])
    assert all(not f.get("skipped") for f in seen)
    rows = list(Journal(tmp_path / "run" / "journal.jsonl").rows())
    assert any("validation_text" in row for row in rows)
    assert {"loss", "audio_per_second", "learning_rate"} <= rows[-2].keys() | rows[-1].keys()
    reply = afnext.load(str(folder)).ask("What happens, and when?", max_new_tokens=4)
    assert reply.usage.completion_tokens <= 4


def test_going_on_after_a_stop_gives_the_same_bits(recipe, tmp_path):
    """With AdamW; with Muon below."""

    def stop(done, *_):
        if done == 3:
            raise KeyboardInterrupt

    file, _ = recipe
    changes = ["optimizer.method=adamw", "validate_batches=0", "steps=4"]
    train(file, tmp_path / "whole", changes)
    with pytest.raises(KeyboardInterrupt):
        train(file, tmp_path / "cut", changes, progress=stop)
    train(file, tmp_path / "cut", changes)
    assert_same(tensors_of(tmp_path / "whole"), tensors_of(tmp_path / "cut"))


def test_going_on_after_a_kill_gives_the_same_bits(recipe, tmp_path):
    file, _ = recipe
    changes = ["optimizer.method=muon", "validate_batches=0"]
    train(file, tmp_path / "whole", changes)
    code = (
        "import sys, time\nfrom afnext.training.loop import train\nimport torch\ntorch.set_num_threads(1)\n"
        "train(sys.argv[1], sys.argv[2], sys.argv[3:], progress=lambda done, *_: time.sleep(60 if done == 5 else 0))\n"
    )
    victim = subprocess.Popen([sys.executable, "-c", code, str(file), str(tmp_path / "killed"), *changes])
    deadline = time.monotonic() + 100
    while not (tmp_path / "killed" / "checkpoints" / "step-0000004" / "state.json").exists():
        assert time.monotonic() < deadline, "the run never reached its fourth step"
        assert victim.poll() is None, "the run ended by itself"
        time.sleep(0.1)
    os.kill(victim.pid, signal.SIGKILL)
    victim.wait()
    assert json.loads((checkpoints(tmp_path / "killed")[-1] / "state.json").read_text())["step"] == 4

    steps = []
    train(file, tmp_path / "killed", changes, progress=lambda done, *_: steps.append(done))
    assert steps == [5, 6, 7, 8]
    assert_same(tensors_of(tmp_path / "whole"), tensors_of(tmp_path / "killed"))


def test_two_halves_of_a_batch_accumulate_in_one_step(recipe, tmp_path):
    file, _ = recipe
    rows = []
    train(
        file, tmp_path / "run", ["accumulate=2", "steps=1"], progress=lambda done, steps, figures: rows.append(figures)
    )
    assert len(rows) == 1
    assert all(name in rows[0] for name in LOSSES)


def test_a_finished_run_has_nothing_left_to_do(recipe, tmp_path):
    file, _ = recipe
    train(file, tmp_path / "run", ["steps=2"])
    steps = []
    train(file, tmp_path / "run", ["steps=2"], progress=lambda done, *_: steps.append(done))
    assert steps == []


def test_only_the_last_checkpoints_stay(recipe, tmp_path):
    file, _ = recipe
    train(file, tmp_path / "run", ["keep=2", "validate_batches=0", "checkpoint_every=1", "steps=4"])
    assert [folder.name for folder in checkpoints(tmp_path / "run")] == ["step-0000003", "step-0000004"]


def test_a_stage_starts_from_another_and_frozen_parts_stay(recipe, tmp_path):
    file, _ = recipe
    train(file, tmp_path / "first", ["steps=2"])
    train(file, tmp_path / "second", ["steps=2", f"model.start={tmp_path / 'first'}", "trains=[adaptor]"])
    before, after = tensors_of(tmp_path / "first"), tensors_of(tmp_path / "second")
    changed = {
        key.split(".")[1] for key in before if key.startswith("model") and not torch.equal(before[key], after[key])
    }
    assert changed == {"adaptor"}


def test_a_decoder_that_read_meets_an_encoder_that_listened(recipe, tmp_path):
    file, _ = recipe
    listen = ["steps=2", "trains=[encoder]", "objective={tags: 1.0, clock: 0.3, text: 0.0, transcript: 0.0}"]
    train(file, tmp_path / "listen", listen)
    read = [
        "steps=2",
        "trains=[decoder]",
        "feed.hears=truth",
        "objective={text: 1.0, tags: 0, clock: 0, transcript: 0}",
    ]
    seen = []
    train(file, tmp_path / "read", read, progress=lambda done, steps, figures: seen.append(figures))
    assert all(figures["text"] > 0 and "tags" not in figures for figures in seen)
    join = [
        "steps=12",
        f"model.start={{encoder: {tmp_path / 'listen'}, decoder: {tmp_path / 'read'}}}",
        "trains=[adaptor]",
        "objective={likeness: 1.0, text: 0.0, tags: 0.0, clock: 0.0, transcript: 0.0}",
    ]
    near = []
    train(file, tmp_path / "join", join, progress=lambda done, steps, figures: near.append(figures["likeness"]))
    assert near[-1] < 0.9 * near[0]
    joined = tensors_of(tmp_path / "join")
    for part, run in (("encoder", "listen"), ("decoder", "read")):
        began = tensors_of(tmp_path / run)
        for name in ("model", "heads"):
            mine = {key: tensor for key, tensor in joined.items() if key.startswith(f"{name}.{part}.")}
            assert mine
            assert all(torch.equal(tensor, began[key]) for key, tensor in mine.items())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["optimiser.clip=1"], "optimiser: Extra inputs are not permitted"),
        (["feed.bank=nowhere"], "nowhere/train is not a bank"),
        (["model.start=nowhere"], "nowhere holds no checkpoint; run the recipe that makes it first"),
        (["model.preset=huge"], "preset 'huge'"),
        (["model.tokenizer=null"], "feed.questions is above 0 without model.tokenizer"),
        (["objective={text: 0, tags: 0, clock: 0, transcript: 0}"], "nothing would be learned"),
        (["feed.hears=truth"], "gives the encoder nothing to hear; weigh objective.text alone"),
        (["feed.questions=0"], "objective.text needs feed.questions above 0"),
        (["steps"], "key=value"),
    ],
)
def test_a_recipe_that_does_not_fit_is_named(recipe, tmp_path, changes, message):
    file, _ = recipe
    with pytest.raises(AfnextError) as caught:
        train(file, tmp_path / "run", changes)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_another_recipe_does_not_go_on_with_a_run(recipe, tmp_path):
    file, values = recipe
    train(file, tmp_path / "run", ["steps=1"])
    file.write_text(yaml.safe_dump({**values, "seed": 4}))
    with pytest.raises(RecipeError, match="holds a run of another recipe"):
        train(file, tmp_path / "run", ["steps=1"])


def test_a_broken_checkpoint_is_named(recipe, tmp_path):
    file, _ = recipe
    train(file, tmp_path / "run", ["steps=2"])
    [tensors] = checkpoints(tmp_path / "run")[-1].glob("*.safetensors")
    tensors.write_bytes(b"short")
    with pytest.raises(CheckpointError, match=r"step-0000002: .*; expected a checkpoint of this project"):
        train(file, tmp_path / "next", [f"model.start={tmp_path / 'run'}"])


def test_a_disk_that_fills_up_leaves_the_last_checkpoint_whole(recipe, tmp_path, monkeypatch, capsys):
    """Going on where files may not grow to what a checkpoint takes."""

    def stop(done, *_):
        if done == 3:
            raise KeyboardInterrupt

    file, _ = recipe
    with pytest.raises(KeyboardInterrupt):
        train(file, tmp_path / "run", progress=stop)
    before = tensors_of(tmp_path / "run")
    monkeypatch.setattr(sys, "argv", ["afnext", "train", str(file), "--out", str(tmp_path / "run")])
    allowed, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, most))
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (allowed, most))
    told = capsys.readouterr().err
    assert ended.value.code == 2, told
    assert told.startswith("afnext: cannot write")
    assert "step-0000004" in told
    assert told.count("\n") == 1
    assert [item.name for item in (tmp_path / "run/checkpoints").iterdir()] == ["step-0000002"]
    assert_same(before, tensors_of(tmp_path / "run"))
