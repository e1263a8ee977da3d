"""Rows of one's own: 200 to learn from and 50 to measure on, about eight sounds that nano was never told of.

    python examples/finetune/own_sounds.py FOLDER

FOLDER then holds `train.jsonl`, `held_out.jsonl` and the recordings that they name. Any rows of this form will do:

    {"audio": "000.wav", "question": "What makes this sound?", "answer": "baby crying"}
"""

import json
import sys
from pathlib import Path

import numpy as np
import soundfile

from afnext.scenes.sounds import KINDS, make
from afnext.scenes.worlds import World

SOUNDS = (
    "baby crying",
    "ball bouncing",
    "kettle whistling",
    "rooster crowing",
    "sewing machine",
    "smoke alarm",
    "train horn",
    "vacuum cleaner",
)
QUESTION = "What makes this sound?"
RATE = 16_000


def recording(label: str, world: World, rng: np.random.Generator) -> np.ndarray:
    """Three seconds with the sound somewhere in them, over a little noise."""
    kind = next(kind for kind, name in KINDS.items() if name == label)
    sound = make(kind, world, rng)[: 2 * RATE]
    whole = rng.normal(0, 0.003, 3 * RATE)
    first = int(rng.integers(0, len(whole) - len(sound)))
    whole[first : first + len(sound)] += rng.uniform(0.3, 0.9) * sound
    return whole


def write(folder: Path, name: str, rows: int, world: World, seed: int) -> None:
    """``rows`` rows, of sounds whose parameters no other world has."""
    rng = np.random.default_rng(seed)
    with (folder / f"{name}.jsonl").open("w", encoding="utf-8") as lines:
        for number in range(rows):
            label = SOUNDS[number % len(SOUNDS)]
            file = f"{name}-{number:03}.wav"
            soundfile.write(folder / file, recording(label, world, rng), RATE)
            lines.write(json.dumps({"audio": file, "question": QUESTION, "answer": label}) + "\n")


if __name__ == "__main__":
    place = Path(sys.argv[1])
    place.mkdir(parents=True, exist_ok=True)
    write(place, "train", 200, "train", 1)
    write(place, "held_out", 50, "test", 2)
