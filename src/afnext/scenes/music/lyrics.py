"""What songs say: short lines by a written grammar, whose syllables are known."""

from dataclasses import dataclass

import numpy as np

from afnext.base.errors import SceneError

# Word classes of plain words, a hyphen between syllables.
CLASSES: dict[str, tuple[str, ...]] = {
    "dear": ("ba-by", "dar-ling", "my friend", "sis-ter", "broth-er", "stran-ger"),
    "who": ("I", "we", "you", "they"),
    "do": ("walk", "sing", "dance", "wait", "run", "sleep", "stand", "dream", "trav-el", "wan-der"),
    "move": ("take me", "bring me", "car-ry me", "fol-low me", "lead me", "call me"),
    "where": (
        *("o-ver the riv-er", "un-der the moon", "in-to the morn-ing", "a-cross the o-cean", "down by the sta-tion"),
        *("be-hind the moun-tain", "a-long the high-way", "in-side the gar-den", "be-yond the bridge", "back home"),
    ),
    "colour": ("red", "blue", "green", "gold-en", "sil-ver", "pur-ple", "yel-low"),
    "thing": (
        *("moon", "star", "rose", "train", "song", "flame", "bird", "road", "heart"),
        *("win-dow", "riv-er", "can-dle", "flow-er", "sum-mer", "moun-tain", "um-brel-la", "gui-tar"),
    ),
    "when": ("to-night", "to-day", "to-mor-row", "all night long", "at mid-night", "in the rain", "on sun-day"),
    "feel": ("lone-ly", "hap-py", "free", "young", "beau-ti-ful", "qui-et", "strong"),
}
# A line is one of these; a word in angle brackets stands for its class.
FORMS: tuple[str, ...] = (
    "<who> will <do> <where>",
    "<who> <do> <where> <when>",
    "<move> <where>",
    "<move> <where> <when>",
    "oh <dear> <move> <where>",
    "my <colour> <thing> is <feel>",
    "the <colour> <thing> is <feel> <when>",
    "a <colour> <thing> and a <colour> <thing>",
    "<who> will ne-ver <do> <when>",
    "give me the <colour> <thing> <when>",
    "<dear> <dear> <move> <when>",
    "let it be <feel> <when>",
    "oh I am <feel> <where>",
)
SYLLABLES = (4, 11)
"""Fewest and most of a line."""
TRIES = 2000


@dataclass(frozen=True)
class Line:
    """Some ``words``, each with the number of its syllables."""

    words: tuple[tuple[str, int], ...]

    @property
    def text(self) -> str:
        """The words with single spaces."""
        return " ".join(word for word, _ in self.words)

    @property
    def syllables(self) -> int:
        """Of the whole line."""
        return sum(count for _, count in self.words)


def draw_line(rng: np.random.Generator, least: int, most: int) -> Line:
    """A line of ``least`` to ``most`` syllables.

    Raises:
        SceneError: no line is so short or so long.
    """
    for _ in range(TRIES):
        line = _line(rng)
        if least <= line.syllables <= most:
            return line
    raise SceneError(f"a line of {least} to {most} syllables", expected=f"{SYLLABLES[0]} to {SYLLABLES[1]}")


def _line(rng: np.random.Generator) -> Line:
    words = list[str]()
    for slot in FORMS[int(rng.integers(len(FORMS)))].split():
        choices = CLASSES[slot[1:-1]] if slot.startswith("<") else (slot,)
        fresh = [choice for choice in choices if choice not in words] or choices
        words += fresh[int(rng.integers(len(fresh)))].split()
    return Line(tuple((word.replace("-", "").lower(), word.count("-") + 1) for word in words))
