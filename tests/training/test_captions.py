"""Stage zero: an encoder learns to hear by captions and letters, and comes out alone in the published layout."""

import json
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from afnext.audio.windows import stack, windows
from afnext.base.config import load_config
from afnext.dialogue.tokenizer import Tokenizer
from afnext.model import weights
from afnext.training.build import build
from afnext.training.checkpoint import checkpoints, resume
from afnext.training.loop import train
from afnext.training.recipe import Recipe

ROOT = Path(__file__).resolve().parents[2]
RECIPE = ROOT / "recipes/tiny/0-caption.yaml"
RATE = 16_000
TONES = {"low": 200, "middle": 700, "high": 2500}


def tone(pitch, seconds):
    return 0.3 * np.sin(2 * np.pi * pitch * np.arange(round(RATE * seconds)) / RATE)


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Two tones, one after the other, which the caption names; and the same as if they were letters that somebody says."""
    folder = tmp_path_factory.mktemp("sounds")
    rng = np.random.default_rng(0)
    captions, transcripts = [], []
    for number in range(36):
        first, second = rng.choice(list(TONES), 2, replace=False)
        lengths = rng.uniform(0.4, 0.9, 2)
        sound = np.concatenate(
            [tone(TONES[name] * rng.uniform(0.9, 1.1), s) for name, s in zip((first, second), lengths)]
        )
        soundfile.write(folder / f"{number}.wav", sound, RATE)
        captions.append(
            {"audio": f"{number}.wav", "question": "Describe it.", "answer": f"A {first} tone, then a {second} one."}
        )
        if number % 3 == 0:
            transcripts.append(
                {
                    "audio": f"{number}.wav",
                    "question": "Transcribe the input speech.",
                    "answer": f"{first[0]} {second[0]}",
                }
            )
    for name, some in (("captions", captions[:30]), ("held", captions[30:]), ("transcripts", transcripts)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in some))
    return folder


def changes(rows, *more):
    return [
        f"model.tokenizer={ROOT / 'src/afnext/assets/nano'}",
        f"data={rows / 'captions.jsonl'} + {rows / 'transcripts.jsonl'}",
        *more,
    ]


def test_try(rows, tmp_path):
    seen = []
    t = time.time()
    train(RECIPE, tmp_path / "run", changes(rows), progress=lambda d, s, f: seen.append(f))
    print("secs", time.time() - t)
    for f in seen[::10]:
        print({k: round(v, 3) for k, v in f.items()})
    stage = build(load_config(Recipe, RECIPE, changes(rows)))
    resume(checkpoints(tmp_path / "run")[-1], stage)
    stage.model.eval()
    tok = Tokenizer.load(ROOT / "src/afnext/assets/nano")
    for name in ("held", "captions"):
        right = 0
        for line in (rows / f"{name}.jsonl").read_text().splitlines():
            row = json.loads(line)
            w = list(windows(soundfile.read(rows / row["audio"])[0].astype("float32")))
            mel, frames, starts = stack(w)
            heard = stage.model.encoder(mel, frames)
            ids = stage.learner.captioner.decoder.write(
                heard.tokens, heard.token_counts, start=tok.turn_start, stop=tok.turn_end, limit=30
            )
            right += tok.decode(ids[0]) == row["answer"]
            print(tok.decode(ids[0]), "|", row["answer"])
        print(name, right)
