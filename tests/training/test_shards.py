"""Training from shards: learns, stops and goes on to the bit, and is the same among processes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

from afnext.cli.app import app
from afnext.data.shards import write_shards
from afnext.dialogue.tokenizer import Tokenizer
from afnext.inference.folder import copy_beside, find_folder
from afnext.model import weights
from afnext.model.config import preset
from afnext.model.flamingo import Flamingo
from afnext.training.checkpoint import checkpoints
from afnext.training.loop import train

RECIPE = Path(__file__).resolve().parents[2] / "recipes/finetune/lora.yaml"
RATE = 16_000


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Twelve tones with two rows each, as shards and loose; and a tiny model."""
    folder = tmp_path_factory.mktemp("corpus")
    with (folder / "rows.jsonl").open("w") as lines:
        for number in range(12):
            sound = 0.3 * np.sin(2 * np.pi * (200 + 90 * number) * np.arange(RATE * (1 + number % 3)) / RATE)
            soundfile.write(folder / f"{number}.wav", sound, RATE)
            for asked in ("Which colour?", "Which shape?"):
                row = {"audio": f"{number}.wav", "question": asked, "answer": ("blue", "red")[number % 2]}
                lines.write(json.dumps(row) + "\n")
    write_shards(folder / "rows.jsonl", folder / "shards", shard_bytes=150_000)
    tokenizer = Tokenizer.load(find_folder("nano"))
    config = preset("tiny").with_vocabulary(
        tokenizer.vocab_size, sound=tokenizer.sound, sound_bos=tokenizer.sound_start, sound_eos=tokenizer.sound_end,
        stop=(tokenizer.turn_end,), pad=tokenizer.end_of_text,
    )  # fmt: skip
    torch.manual_seed(0)
    weights.save(Flamingo(config), folder / "tiny")
    copy_beside(find_folder("nano"), folder / "tiny")
    return folder


def changes(corpus, *more):
    mixture = f"data={corpus / 'shards'} + {corpus / 'rows.jsonl'}*0.5"
    plain = ["lora=null", "trains=[encoder, adaptor, decoder]", "optimizer.learning_rate=3e-3", "optimizer.warmup=0"]
    return [mixture, f"model.weights={corpus / 'tiny'}", "rows.tokens=300", *plain, *more]


STEPS = ["epochs=null", "steps=6", "accumulate=2", "checkpoint_every=3", "rows.workers=0"]


def model(out):
    return load_file(out / "model" / "model.safetensors")


def test_it_learns_from_shards_by_the_command(corpus, tmp_path):
    out = tmp_path / "run"
    done = CliRunner().invoke(
        app,
        ["train", str(RECIPE), *changes(corpus, "epochs=6", f"rows.validation={corpus / 'shards'}"), "--out", str(out)],
    )
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()]
    learnt = [row["text"] for row in rows if "text" in row]
    measured = [row["validation_text"] for row in rows if "validation_text" in row]
    untaught = np.log(Tokenizer.load(find_folder("nano")).vocab_size)
    assert learnt[-1] < learnt[0] < 0.6 * untaught
    assert measured[-1] < 0.5 * untaught


@pytest.mark.parametrize("workers", [0, 2])
def test_going_on_after_a_stop_gives_the_same_bits(corpus, tmp_path, workers):
    def stop(done, *_):
        if done == 4:
            raise KeyboardInterrupt

    more = changes(corpus, *STEPS, f"rows.workers={workers}")
    train(RECIPE, tmp_path / "whole", more)
    with pytest.raises(KeyboardInterrupt):
        train(RECIPE, tmp_path / "cut", more, stop)
    assert [path.name for path in checkpoints(tmp_path / "cut")] == ["step-0000003"]
    train(RECIPE, tmp_path / "cut", more)
    one, other = model(tmp_path / "whole"), model(tmp_path / "cut")
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.long
@pytest.mark.parametrize("parallel", [[], ["parallel={shard: 2}"]])
def test_two_processes_go_on_where_one_stopped(corpus, tmp_path, parallel):
    """They have a stream each, whose places the first keeps; then one goes on from that."""
    train(RECIPE, tmp_path / "alone", changes(corpus, *STEPS))

    def stop(done, *_):
        if done == 4:
            raise KeyboardInterrupt

    out = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train(RECIPE, out, changes(corpus, *STEPS), stop)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--no-python", "--nproc-per-node", "2"]
    command += [str(Path(sys.executable).with_name("afnext")), "train", str(RECIPE)]
    command += [*changes(corpus, *STEPS), *parallel, "--out", str(out)]
    done = subprocess.run(
        command, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    states = json.loads((checkpoints(out)[-1] / "streams.json").read_text())
    wanted = json.loads((checkpoints(tmp_path / "alone")[-1] / "streams.json").read_text())
    assert states.keys() == wanted.keys() == {"0", "1"}
    one, other = model(tmp_path / "alone"), model(out)
    for name, tensor in one.items():
        assert (other[name] - tensor).abs().mean() < 2e-5, name


@pytest.mark.long
def test_without_energon_rows_train_and_shards_name_what_to_install(corpus, tmp_path):
    """In a process that cannot import it."""
    hidden = "import sys; sys.modules['megatron'] = None; from afnext.cli.app import main; main()"
    few = changes(corpus, "epochs=null", "steps=1", "rows.workers=0")[1:]

    def run(data, out):
        command = [sys.executable, "-c", hidden, "train", str(RECIPE), f"data={data}", *few, "--out", str(out)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert run(corpus / "rows.jsonl", tmp_path / "loose").returncode == 0
    refused = run(corpus / "shards", tmp_path / "packed")
    assert refused.returncode == 2
    assert refused.stderr.strip().splitlines()[-1] == (
        "afnext: shards need megatron-energon, which is not installed (no megatron.energon); "
        "pip install 'afnext[train]'"
    )
