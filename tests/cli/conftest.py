"""The command line over a tiny random model, in place of the shipped one."""

import json
import shutil

import numpy as np
import pytest
import soundfile
import torch
from typer.testing import CliRunner

from afnext.cli.app import app
from afnext.dialogue.checkpoint import write_family
from afnext.dialogue.template import NANO
from afnext.dialogue.tokenizer import build_tokenizer
from afnext.evaluation.fixtures.write import write_fixture
from afnext.evaluation.folder import Folder
from afnext.evaluation.record import Record
from afnext.inference import folder as folder_module
from afnext.model import weights
from afnext.model.config import preset
from afnext.model.flamingo import Flamingo

SCOPE = "a random model that knows nothing."


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    place = tmp_path_factory.mktemp("models") / "tiny"
    tokenizer = build_tokenizer(["the dog barks twice and a man speaks"], 300, place)
    config = preset("tiny").with_vocabulary(
        tokenizer.vocab_size,
        sound=tokenizer.sound,
        sound_bos=tokenizer.sound_start,
        sound_eos=tokenizer.sound_end,
        stop=(tokenizer.turn_end,),
        pad=tokenizer.end_of_text,
    )
    short = config.decoder.model_copy(update={"positions": 512})  # so that asking for many tokens costs little
    torch.manual_seed(0)
    weights.save(Flamingo(config.model_copy(update={"max_new_tokens": 12, "decoder": short})), place)
    write_family(place, NANO)
    (place / "card.json").write_text(f'{{"scope": "{SCOPE}"}}')
    return place


@pytest.fixture(scope="session")
def measured(tmp_path_factory):
    """The data of two benchmarks, and two runs over one of them."""
    place = tmp_path_factory.mktemp("measured")
    for name in ("mmau", "mmar"):
        write_fixture(name, place / "benchmarks-data" / name)
    for name, said in (("before", "Man"), ("after", "Woman")):
        journal = Folder(place / "runs" / name).journal("mmau")
        for item in range(3):
            row = {"answer": "Woman", "choices": ["Man", "Woman"], "model_output": said}
            record = Record(
                task="mmau",
                revision="1",
                item=str(item),
                audio=(f"recording {item}",),
                prompt_hash="",
                model=name,
                prompt="Who speaks?",
                answer="Woman",
                row=row,
                raw=said,
                text=said,
            )
            journal.append(**record.model_dump(mode="json"))
    return place


@pytest.fixture(scope="session")
def stocked(measured, tmp_path_factory):
    """What every workplace holds."""
    place = tmp_path_factory.mktemp("stocked")
    noise = np.random.default_rng(0).normal(size=32_000).astype(np.float32) * 0.1
    for name in ("kitchen.flac", "before.wav", "after.wav", "talk.mp3"):
        soundfile.write(place / name, noise, 16_000)
    (place / "questions.txt").write_text("What happens, and when?\n\nWho speaks?\n")
    (place / "my.jsonl").write_text('{"audio": "kitchen.flac", "question": "What is it?", "answer": "Noise."}\n')
    row = {"answer": "Man", "choices": ["Man", "Woman"], "model_output": "A man", "task": "speech"}
    (place / "predictions.jsonl").write_text(f"{json.dumps(row)}\n")
    (place / "benchmarks-data").symlink_to(measured / "benchmarks-data")
    shutil.copytree(measured / "runs", place / "runs")
    for name, score in (("run", 0.0), ("other", 1.0)):
        write_run(place / "out" / name, score)
    return place


@pytest.fixture(autouse=True)
def workplace(tiny, stocked, tmp_path, monkeypatch):
    """A folder to work in, with the recordings that the examples name; ``nano`` is the tiny model."""
    monkeypatch.setattr(folder_module, "NANO", tiny)
    monkeypatch.chdir(tmp_path)
    shutil.copytree(stocked, tmp_path, symlinks=True, dirs_exist_ok=True)
    return tmp_path


def write_run(folder, score):
    """A run of one sample, whose recording it keeps."""
    (folder / "t/sounds").mkdir(parents=True)
    (folder / "run.json").write_text('{"model": "nano"}')
    soundfile.write(folder / f"t/sounds/{'0' * 64}.flac", np.zeros(16_000, np.float32), 16_000)
    row = Record(
        task="t",
        revision="1",
        item="1",
        audio=("0" * 64,),
        prompt_hash="0",
        model="nano",
        prompt="How often?",
        answer="2",
        facts={"skill": "count"},
        raw="3",
        text="3",
        scores={"official": score, "all-items": score},
    )
    (folder / "t/records.jsonl").write_text(row.model_dump_json() + "\n")


@pytest.fixture
def afnext():
    """``afnext("ask", ...)``: the result, with ``stdout``, ``stderr`` and ``exit_code``."""
    runner = CliRunner()
    return lambda *arguments, **more: runner.invoke(app, [str(item) for item in arguments], prog_name="afnext", **more)
