"""What is known of every audio token of a scene: what the encoder is taught, and what a decoder reads before it hears.

Columns of the truth, K labels and V words:

    [0, K)      the label sounds            [3 K, 3 K + V)  the word is being said
    [K, 2 K)    it has just begun           3 K + V         a word has just begun
    [2 K, 3 K)  it is about to end
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from afnext.audio.spec import SECONDS_PER_TOKEN, WINDOW_SECONDS
from afnext.scenes.scene import Scene
from afnext.scenes.sources import LABELS
from afnext.scenes.speech.sentences import VOCABULARY

ALL_LABELS: tuple[str, ...] = tuple(label for labels in LABELS.values() for label in labels)
"""Everything that an event can be called."""
SOUNDS = slice(0, len(ALL_LABELS))
BEGINS = slice(SOUNDS.stop, 2 * SOUNDS.stop)
ENDS = slice(BEGINS.stop, 3 * SOUNDS.stop)
WORDS = slice(ENDS.stop, ENDS.stop + len(VOCABULARY))
WORD_BEGINS = WORDS.stop
WIDTH = WORD_BEGINS + 1
"""Columns of the truth."""
EDGE = 2
"""Tokens that carry a begin or an end: 80 ms."""

DIGITS = (19, 10, 10, 10)
"""Values of each digit of a clock up to half an hour: hundreds of seconds, tens, seconds, tenths."""
WINDOW_DIGITS = (3, 10, 10)
"""The same of the time within one window, tens first."""

_LABEL = {label: number for number, label in enumerate(ALL_LABELS)}
_WORD = {word: number for number, word in enumerate(VOCABULARY)}


def truth_of(scene: Scene, tokens: int) -> NDArray[np.bool_]:
    """The truth about each of ``tokens`` audio tokens; [tokens, WIDTH]. Words outside the vocabulary are left out."""
    truth = np.zeros((tokens, WIDTH), dtype=np.bool_)
    for event in scene.events:
        first, last = _tokens(event.start, event.end)
        label = _LABEL[event.label]
        truth[first:last, SOUNDS.start + label] = True
        truth[first : first + EDGE, BEGINS.start + label] = True
        truth[max(first, last + 1 - EDGE) : last + 1, ENDS.start + label] = True
        for word in event.words:
            first, last = _tokens(word.start, word.end)
            if word.text in _WORD:
                truth[first:last, WORDS.start + _WORD[word.text]] = True
            truth[first : first + 1, WORD_BEGINS] = True
    return truth


def _tokens(start: float, end: float) -> tuple[int, int]:
    first, last = round(start / SECONDS_PER_TOKEN), round(end / SECONDS_PER_TOKEN)
    return first, max(first + 1, last)


def veil(truth: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """``truth`` as an imperfect ear would have it: one mark in ten missing, and a few that are not so."""
    missing = rng.random(truth.shape) < 0.1
    wrong = rng.random(truth.shape) < 0.001
    return (truth & ~missing) | wrong


def digits(seconds: Tensor) -> Tensor:
    """The digits of times [N] in seconds, rounded to tenths: [N, 4], as in ``DIGITS``."""
    tenths = (seconds * 10 + 0.5).long()
    return torch.stack([tenths // 1000, tenths // 100 % 10, tenths // 10 % 10, tenths % 10], dim=-1)


def window_digits(seconds: Tensor) -> Tensor:
    """The digits of times [N] counted from the beginning of their window: [N, 3], as in ``WINDOW_DIGITS``."""
    tenths = ((seconds % WINDOW_SECONDS) * 10 + 0.5).long().clamp(max=10 * int(WINDOW_SECONDS) - 1)
    return torch.stack([tenths // 100, tenths // 10 % 10, tenths % 10], dim=-1)
