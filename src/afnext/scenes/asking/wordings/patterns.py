"""A small generative grammar: one pattern stands for many sentences.

``[a|b]`` is one of its alternatives, which may hold further brackets and may be empty; ``<name>`` is a pattern of
``PARTS``; ``{slot}`` stays as it is and is filled in afterwards.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

PARTS: dict[str, str] = {
    "audio": "[recording|audio|sound file|sound recording]",
    "hear": "[do you|can you|does one|can one|do we] hear",
    "heard": "[is heard|can be heard|is to be heard|you hear|one hears|can you make out]",
    "say": "[say|state|tell me|tell us]",
    "name": "[name|give|state|tell me|write down]",
    "find": "[find|locate|pin down|spot]",
    "time": "[time|time span|start and end|stretch of time]",
    "time of": "[at what time|when|from when to when|between which seconds]",
    "many": "[how many times|how often]",
    "number of": "[the number of|how many there are of the]",
    "which": "[which|what]",
    "speech": "[utterance|remark|sentence]",
    "talk": "[conversation|talk]",
    "people": "[people|speakers|persons|voices]",
}
"""By name: what a pattern may call for in angle brackets."""

OPENERS = (
    "",
    "",
    "listen[| closely| carefully| well]. ",
    "[please |]listen to the [whole |]<audio>[| with care| in full]. ",
    "here is [a recording|a sound file|one recording|some audio|a sound recording]. ",
    "[this|here] is a question about the <audio>. ",
)
"""Before any core."""
ASIDES = (
    "in [this|the] <audio>, ",
    "[judging|going] by [what you hear|the <audio>|your ears], ",
    "from [what you hear|the <audio>|listening], ",
    "[tell me|a question|one question|please answer]: ",
    "as far as [you|one] can [hear|tell], ",
    "on [hearing|listening to] the <audio>, ",
)
"""Before a core that is a question, which goes on in lower case."""
OPENERS_MANY = (
    "",
    "",
    "listen[| closely| carefully| well]. ",
    "[please |]listen to [the|all|these] recordings[| with care| in full]. ",
    "here are [several|some|a few] recordings. ",
    "[this|here] is a question about [the|these] recordings. ",
)
ASIDES_MANY = (
    "[judging|going] by [what you hear|the recordings|your ears], ",
    "from [what you hear|the recordings|listening], ",
    "[tell me|a question|one question|please answer]: ",
    "as far as [you|one] can [hear|tell], ",
    "on [hearing|listening to] the recordings, ",
)
"""The same of questions about several recordings."""

TAILS: dict[str, str] = {
    "text": "",
    "span": "[|||answer with [the|its] start and end[| in seconds].|give the time [as a span|in seconds].]",
    "spans": "[|||give every start and end.|answer with all the times.|one time span for each.]",
    "number": "[|||answer with [a|one] number.|[just|only] the number[, please|].|a number is enough.]",
    "seconds": "[|||answer in seconds.|give [it|the answer] in seconds.|to a tenth of a second[, please|].]",
    "yes": "[|||answer yes or no.|[say|just say] yes or no.|yes or no?]",
    "name": "[|||answer [briefly|in a few words|in as few words as you can].|a short answer[ will do|, please].]",
    "words": "[|||[write down|give] the words[ alone|].|word for word[, please|].|quote [it|them].]",
    "list": "[|||separate them by commas.|list them[ in a row|].|one after the other, with commas.]",
}
"""By what kind of answer is asked for: what may follow a core, where no options do."""

HEADERS = (
    "choose the correct option from the following options:",
    "[choose|pick|select|mark] [one|the right one|the correct one|what is right|what is true|the correct answer|"
    "the best answer|the right answer][| from these| from the following| of these| among the following]:",
    "which of [these|the following|the options][| below] is [right|correct|true|the answer]?",
    "[the options|your options|options|possible answers|the choices|choices|answers to choose from][| are]:",
)
"""Before options."""

_SENTENCE = re.compile(r"(?<=[.?!] )[a-z]")

Tree = tuple["str | tuple[Tree, ...]", ...]
"""A parsed pattern: strings, and alternatives to choose from."""


@dataclass(frozen=True)
class Form:
    """One way in which a skill asks.

    Attributes:
        tail: the kind of answer, a name of ``TAILS``.
        cores: patterns of the question itself, in lower case.
        many: whether it is about several recordings.
    """

    tail: str
    cores: tuple[str, ...]
    many: bool = False


def form(tail: str, *cores: str, many: bool = False) -> Form:
    """A :class:`Form` in one line."""
    assert tail in TAILS
    return Form(tail, cores, many)


@lru_cache(maxsize=4096)
def parse(pattern: str) -> Tree:
    """The tree of ``pattern``."""
    tree, rest = _sequence(pattern)
    assert not rest, f"{pattern!r}: a bracket too many"
    return tree


def _sequence(text: str) -> tuple[Tree, str]:
    """What stands up to an unmatched ``|`` or ``]``, and the rest from there on."""
    parts = list["str | tuple[Tree, ...]"]()
    while text and text[0] not in "|]":
        if text[0] == "[":
            options, text = list[Tree](), "|" + text[1:]
            while text[:1] == "|":
                option, text = _sequence(text[1:])
                options.append(option)
            assert text[:1] == "]", "a bracket is not closed"
            text = text[1:]
            parts.append(tuple(options))
        elif text[0] == "<":
            name, _, text = text[1:].partition(">")
            parts.extend(parse(PARTS[name]))
        else:
            end = min((text.find(mark) for mark in "[]|<" if mark in text), default=len(text))
            parts.append(text[:end])
            text = text[end:]
    return tuple(parts), text


def expand(rng: np.random.Generator, pattern: str) -> str:
    """One of the sentences of ``pattern``."""
    return _draw(rng, parse(pattern))


def _draw(rng: np.random.Generator, tree: Tree) -> str:
    return "".join(part if isinstance(part, str) else _draw(rng, part[int(rng.integers(len(part)))]) for part in tree)


def variety(patterns: Sequence[str]) -> int:
    """How many ways ``patterns`` give, equal ones counted again."""
    return sum(_ways(parse(pattern)) for pattern in patterns)


def _ways(tree: Tree) -> int:
    return math.prod(1 if isinstance(part, str) else sum(map(_ways, part)) for part in tree)


def draw_question(rng: np.random.Generator, asked: Form) -> str:
    """An opener and a core, the slots still open; sentences begin with capitals, except for a slot's."""
    core = expand(rng, asked.cores[int(rng.integers(len(asked.cores)))])
    openers: tuple[str, ...] = OPENERS_MANY if asked.many else OPENERS
    if core.endswith("?"):
        openers += ASIDES_MANY if asked.many else ASIDES
    opener = expand(rng, openers[int(rng.integers(len(openers)))])
    if opener.endswith(". ") or not opener:
        core = capital(core)
    return _SENTENCE.sub(lambda found: found[0].upper(), capital(opener) + core)


def draw_tail(rng: np.random.Generator, kind: str) -> str:
    """What follows a core: a sentence with a blank before it, or nothing."""
    tail = capital(expand(rng, TAILS[kind]))
    return f" {tail}" if tail else ""


def draw_header(rng: np.random.Generator) -> str:
    """The line above options."""
    return capital(expand(rng, HEADERS[int(rng.integers(len(HEADERS)))]))


def capital(text: str) -> str:
    """With a capital in front, where a letter stands there."""
    return text[:1].upper() + text[1:]
