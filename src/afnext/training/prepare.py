"""What a nano run needs before its first step: banks of sources, and a tokenizer made for talk about scenes.

python -m afnext.training.prepare out/bank src/afnext/assets/nano
"""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from rich.progress import Progress, TaskID

from afnext.dialogue.template import NANO
from afnext.dialogue.tokenizer import Tokenizer, build_tokenizer
from afnext.scenes.asking.questions import questions
from afnext.scenes.bank import Bank, BankSize, build
from afnext.scenes.forms.mix import Difficulty, compose
from afnext.scenes.sources import LABELS
from afnext.scenes.worlds import World

VOCABULARY = 1024
SOUNDS = LABELS["sound"][:24]
"""What so small a model is taught, of all the kinds of sounds there are."""
SIZES: dict[World, BankSize] = {
    "train": BankSize(variants=120, sounds=SOUNDS, sentences=6000, phrases=80),
    "validation": BankSize(variants=20, sounds=SOUNDS, sentences=300, phrases=20),
}
SEED = 0
SCENES = 3000
"""Scenes whose questions and answers the tokenizer is trained on."""


def prepare(banks: Path, tokenizer: Path) -> None:
    """Build the banks of both worlds below ``banks``, and the tokenizer in ``tokenizer``; what is there stays."""
    missing = [world for world in SIZES if not (banks / world / "index.json").exists()]
    with Progress() as bar:
        for world in missing:
            update = partial(_show, bar, bar.add_task(f"sources of the {world} world"))
            build(banks / world, world, SEED, SIZES[world], progress=update)
    if not (tokenizer / "tokenizer.json").exists():
        build_vocabulary(Bank.open(banks / "train"), tokenizer)


def _show(bar: Progress, task: TaskID, done: int, total: int) -> None:
    bar.update(task, completed=done, total=total)


def build_vocabulary(bank: Bank, folder: Path, size: int = VOCABULARY) -> Tokenizer:
    """Train the tokenizer on what is asked and answered about ``SCENES`` scenes."""
    return build_tokenizer(_texts(bank), size, folder)


def _texts(bank: Bank) -> Iterator[str]:
    rng = np.random.default_rng(SEED)
    yield from [NANO.system or "", "system\nuser\nassistant\n"] * SCENES
    for seed in range(SCENES):
        seconds = float(np.round(np.exp(rng.uniform(np.log(6), np.log(60))), 1))
        scene, _ = compose(seed, bank.world, seconds, bank, Difficulty.draw(rng))
        for question in questions(scene, rng):
            yield from (question.text, question.answer, *([question.trace] if question.trace else []))


if __name__ == "__main__":
    prepare(Path(sys.argv[1]), Path(sys.argv[2]))
