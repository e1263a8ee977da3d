"""Fine-tuning on rows: the shipped recipe on the shipped model, and what goes wrong on the way."""

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
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from typer.testing import CliRunner

import afnext
from afnext.base.errors import AfnextError
from afnext.base.journal import Journal
from afnext.cli.app import app
from afnext.inference.folder import find_folder
from afnext.model import weights
from afnext.training.checkpoint import checkpoints
from afnext.training.loop import train

from .stored import stored

RECIPE = Path(__file__).resolve().parents[2] / "recipes/finetune/lora.yaml"
RATE = 16_000


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Two tones by names that no model knows; the file of rows."""
    folder = tmp_path_factory.mktemp("rows")
    with (folder / "rows.jsonl").open("w") as lines:
        for number, (pitch, name) in enumerate([(300, "blue"), (1500, "red")] * 6):
            sound = 0.3 * np.sin(2 * np.pi * (pitch + number) * np.arange(RATE) / RATE)
            soundfile.write(folder / f"{number}.wav", sound, RATE)
            row = {"audio": f"{number}.wav", "question": "Which colour is this?", "answer": name}
            lines.write(json.dumps(row) + "\n")
    return folder / "rows.jsonl"


def changes(rows, *more):
    return [f"data={rows}", "model.weights=nano", "rows.tokens=400", "rows.workers=0", *more]


@pytest.fixture(scope="module")
def run(rows, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "run"
    more = ["epochs=10", "optimizer.learning_rate=3e-3", f"rows.validation={rows}", "report=[tensorboard]"]
    more.append(f"held_out={{rows: {rows}, every: 5, max_new_tokens: 8}}")
    train(RECIPE, folder, changes(rows, *more))
    return folder


def answers(model, rows):
    values = [json.loads(line) for line in rows.read_text().splitlines()]
    asked = [(rows.parent / value["audio"], value["question"]) for value in values]
    return [reply.text for reply in afnext.load(model).ask_many(asked, max_new_tokens=8)], [v["answer"] for v in values]


def test_it_learns_new_words_and_model_and_adapter_answer_alike(run, rows, tmp_path):
    before, truth = answers("nano", rows)
    merged, _ = answers(run / "model", rows)
    adapted, _ = answers(run / "adapter", rows)
    assert not set(before) & set(truth)
    assert merged == truth
    assert adapted == truth
    done = CliRunner().invoke(app, ["convert", str(run / "adapter"), str(tmp_path / "merged")])
    assert done.exit_code == 0, done.output
    one, other = (load_file(folder / "model.safetensors") for folder in (run / "model", tmp_path / "merged"))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_it_is_asked_on_the_way_how_much_it_knows(run, rows):
    """Against the answers of the model that comes out, asked as anybody would."""
    asked = [row for row in Journal(run / "journal.jsonl").rows() if "held_out_right" in row]
    assert [row["step"] for row in asked[:-1]] == list(range(5, asked[-1]["step"], 5))[: len(asked) - 1]
    assert asked[0]["held_out_right"] < 1
    told, truth = answers(run / "model", rows)
    assert asked[-1]["held_out_right"] == sum(map(str.__eq__, told, truth)) / 12 == 1


@pytest.mark.filterwarnings("ignore")  # torchao warns of itself
@pytest.mark.long
@pytest.mark.parametrize("bits", ["nf4", "int8"])
def test_matrices_in_few_bits_learn_as_well(rows, tmp_path, bits):
    """In two goes; the whole model that comes out answers with what the products learnt beside them."""
    pytest.importorskip("torchao")

    def stop(done, *_):
        if done == 13:
            raise KeyboardInterrupt

    seen = []
    more = changes(rows, "epochs=16", "optimizer.learning_rate=5e-3", f"lora.quantize={bits}", "checkpoint_every=6")
    with pytest.raises(KeyboardInterrupt):
        train(RECIPE, tmp_path / "run", more, lambda *told: (seen.append(told[2]["loss"]), stop(*told)))
    train(RECIPE, tmp_path / "run", more, lambda *told: seen.append(told[2]["loss"]))
    assert sum(seen[-2:]) < 0.1 * sum(seen[:2])
    told, truth = answers(tmp_path / "run/model", rows)
    assert told == truth
    kept = stored(checkpoints(tmp_path / "run")[-1])
    assert {name.split(".")[1] for name in kept if name.startswith("model.") and "lora" not in name} == {"adaptor"}


def test_only_what_is_trained_changes_and_only_that_is_kept(run):
    nano, after = (dict(weights.load(folder).named_parameters()) for folder in (find_folder("nano"), run / "model"))
    changed = {name for name in nano if not torch.equal(nano[name], after[name])}
    assert {name.split(".")[0] for name in changed} == {"adaptor", "decoder"}
    inside = {name.split(".")[-2] for name in changed if name.startswith("decoder")}
    assert inside == {"query", "key", "value", "out", "gate", "up", "down"}
    kept = stored(checkpoints(run)[-1])
    assert {name.split(".")[1] for name in kept if name.startswith("model.") and "lora" not in name} == {"adaptor"}
    assert weights.stored_dtype(run / "model") == weights.stored_dtype(find_folder("nano"))


def test_it_says_what_it_is(run):
    card = (run / "model" / "README.md").read_text()
    assert "from nano: low-rank products in the decoder, the adaptor." in card
    assert "text on held-out data: 0." in card
    assert "rank: 16" in card
    events = EventAccumulator(str(run / "tensorboard"))
    events.Reload()
    last = [row for row in Journal(run / "journal.jsonl").rows() if "loss" in row][-1]
    assert events.Scalars("loss")[-1].value == pytest.approx(last["loss"])
    assert events.Scalars("loss")[-1].step == last["step"]


def test_going_on_gives_the_same_bits_with_dropout(rows, tmp_path):
    def stop(done, *_):
        if done == 3:
            raise KeyboardInterrupt

    more = changes(rows, "epochs=null", "steps=5", "checkpoint_every=2", "lora.dropout=0.5")
    train(RECIPE, tmp_path / "whole", more)
    with pytest.raises(KeyboardInterrupt):
        train(RECIPE, tmp_path / "cut", more, stop)
    train(RECIPE, tmp_path / "cut", more)
    one, other = (load_file(tmp_path / name / "adapter" / "adapter_model.safetensors") for name in ("whole", "cut"))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_recording_that_fails_in_the_middle_is_counted(rows, tmp_path, caplog):
    for file in rows.parent.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())

    def spoil(done, *_):
        soundfile.write(tmp_path / "3.wav", np.full(RATE, np.nan), RATE, subtype="FLOAT")

    more = changes(tmp_path / "rows.jsonl", "epochs=4")
    train(RECIPE, tmp_path / "run", more, spoil)
    last = list(Journal(tmp_path / "run" / "journal.jsonl").rows())[-1]
    assert last["lost_rows"] >= 3, "in every epoch after the first, at least"
    assert caplog.text.count("line 4: ") == last["lost_rows"]
    assert "holds NaN" in caplog.text
    assert "skipped_steps" not in last


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["data=null"], "a recipe has either data (rows) or feed (scenes), such as data=my.jsonl"),
        (["data=nowhere.jsonl"], "nowhere.jsonl: no such file"),
        (["steps=3"], "a recipe has either steps or epochs"),
        (["model.weights=nanoo"], "unknown model 'nanoo'"),
        (["lora.layers=[quory]"], "no matrix decoder.quory; expected decoder.down"),
        (["lora.quantize=nf5"], "lora.quantize: Input should be 'nf4' or 'int8'"),
        (["lora.quantize=nf4", "trains=[decoder]"], "lora.quantize holds the decoder in few bits"),
        (["lora.quantize=nf4", "parallel={}"], "lora.quantize does without parallel"),
        (["lora.rang=3"], "lora.rang: Extra inputs are not permitted"),
        (["objective.tags=1"], "only scenes are known well enough"),
        (["rows.longest=0.5"], "has no row to learn from: 12 with a recording longer than 0.5 s (rows.longest)"),
        (["model.tokenizer=x"], "model.weights brings its tokenizer"),
        (["report=[wandb]"], "wandb is not installed; pip install wandb, or leave it out of report"),
    ],
)
def test_what_cannot_be_done_is_told(rows, tmp_path, more, told):
    with pytest.raises(AfnextError) as error:
        train(RECIPE, tmp_path / "run", changes(rows, "epochs=1", *more))
    assert told in str(error.value)
    assert not (tmp_path / "run" / "model").exists()


@pytest.mark.long
@pytest.mark.skipif(shutil.which("sh") is None, reason="a shell script")
def test_the_example_in_the_document_gets_a_better_score(tmp_path):
    """As printed in docs/finetune.md, with two passes over the rows in place of eight."""
    script = RECIPE.parents[2] / "runs/finetune.sh"
    place = {**os.environ, "FOLDER": str(tmp_path / "own"), "EPOCHS": "2", "OMP_NUM_THREADS": "1"}
    place["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{place['PATH']}"
    told = subprocess.run(["sh", script], env=place, check=True, capture_output=True, text=True).stdout
    before, after = (int(line.split()[0]) for line in told.splitlines() if line.endswith("of 50 answers are right"))
    assert after >= before + 5
