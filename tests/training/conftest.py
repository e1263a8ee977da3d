"""A bank written by hand (no tools needed), a small tokenizer and a recipe that trains in seconds."""

import numpy as np
import pytest
import yaml

from afnext.audio.spec import SAMPLE_RATE
from afnext.dialogue.tokenizer import build_tokenizer
from afnext.scenes import sounds
from afnext.scenes.bank import BankIndex, BankSize
from afnext.scenes.scene import SceneWord
from afnext.scenes.sources import Source


def write_bank(folder, world):
    """Two barks, a siren, and a "sentence" that is a tone."""
    rng = np.random.default_rng(0)
    tone = 0.5 * np.sin(2 * np.pi * 300 * np.arange(SAMPLE_RATE) / SAMPLE_RATE)
    made = [
        sounds.make("dog_bark", world, rng),
        sounds.make("dog_bark", world, rng),
        sounds.make("siren", world, rng),
        tone,
    ]
    told = [("sound", "dog barking"), ("sound", "dog barking"), ("sound", "siren"), ("speech", "a man speaking")]
    starts = np.cumsum([0, *map(len, made)])
    folder.mkdir(parents=True)
    np.save(folder / "000.npy", np.round(np.concatenate(made) * 32767).astype(np.int16))
    sources = tuple(
        Source(
            kind,
            label,
            f"{world}:{number}",
            len(sound),
            (0, int(start)),
            text="call peter" if kind == "speech" else None,
            words=(SceneWord(0.0, 0.4, "call"), SceneWord(0.4, 1.0, "peter")) if kind == "speech" else (),
        )
        for number, ((kind, label), sound, start) in enumerate(zip(told, made, starts, strict=False))
    )
    size = BankSize(variants=1, sentences=2, phrases=1)
    index = BankIndex(world=world, seed=0, size=size, shards=("000.npy",), sources=sources)
    (folder / "index.json").write_text(index.model_dump_json())


@pytest.fixture(scope="session")
def bank(tmp_path_factory):
    root = tmp_path_factory.mktemp("bank")
    for world in ("train", "validation"):
        write_bank(root / world, world)
    return root


@pytest.fixture(scope="session")
def tokenizer_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    build_tokenizer(["What happens, and when? dog barking siren call peter a man speaking"] * 5, 300, folder)
    return folder


@pytest.fixture
def recipe(tmp_path, bank, tokenizer_folder):
    """A recipe file of eight steps on the tiny preset, and the dictionary that it holds."""
    values = {
        "name": "test",
        "seed": 3,
        "steps": 8,
        "model": {"preset": "tiny", "tokenizer": str(tokenizer_folder)},
        "feed": {"bank": str(bank), "seconds": [5.0, 6.0], "clips": 1, "questions": 3, "think": 0.5, "workers": 0,
                 "difficulty": {"kinds": [0.7, 0.3, 0.0], "reverberation": 0.0}},
        "objective": {"text": 1.0, "tags": 0.3, "clock": 0.1, "transcript": 0.3},
        "optimizer": {"method": "muon", "learning_rate": 0.003, "warmup": 2},
        "checkpoint_every": 2,
        "validate_every": 4,
        "validate_batches": 1,
    }  # fmt: skip
    file = tmp_path / "recipe.yaml"
    file.write_text(yaml.safe_dump(values))
    return file, values
