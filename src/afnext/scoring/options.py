"""The option that a prediction names: the public, deterministic stand-in for mapping answers by a language model.

It never guesses. Read in this order, over the answer outside ``<think>``:

1. the whole answer is an option's text, or a letter, bare or in brackets: ``B``, ``(B)``, ``B.``
2. a marked letter: ``[[B]]``, ``\\boxed{B}``, ``answer is (B)``, ``Answer: B``; the last one counts
3. the answer begins with a letter and its option: ``(B) a dog``, ``B. a dog``
4. exactly one option stands in the answer as whole words, options within a longer one that is there left aside

A letter whose own text stands in the answer for another option contradicts itself and is unparsed.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from string import ascii_uppercase

from afnext.scoring.said import answer_of

LONGEST = 20_000
"""Characters of an answer that are looked at, from its end: a model that says more has stopped answering."""

_BARE = re.compile(r"[\s(\[{*\"']*(?:option\s+|choice\s+)?([A-Za-z])[\s)\]}*\"'.:,]*", re.IGNORECASE)
_LEAD = re.compile(r"[\s*\"']*(?:[(\[]([A-Z])[)\]]|(?:[Oo]ption\s+)?([A-Z])\s*[.):](?=\s|$|\*))")
_MARKED = re.compile(
    r"\[\[\s*([A-Za-z])\s*\]\]"
    r"|\\boxed\{(?:\\text\{)?\s*\(?([A-Za-z])\)?\s*\}"
    r"|\b(?i:(?:answer|choice|option|guess)\s*(?:is|:|would be)\s*:?|(?:choose|select|pick))\s*(?i:option\s+)?[*\"']*"
    r"(?:[(\[]([A-Za-z])[)\]]|([B-HJ-Z])(?![\w'])|(A|I)(?=[*\"']*(?:[.):,]|\s*$)))",
)


def letters(count: int) -> str:
    """The letters of ``count`` options; options beyond Z have none."""
    return ascii_uppercase[:count]


def parse_option(prediction: object, options: Sequence[str]) -> int | None:
    """The index of the option that ``prediction`` names, or None. Never raises, whatever the prediction.

    >>> [parse_option(text, ["Man", "Woman"]) for text in ("woman", "(A) Man", "The answer is B.", "man or woman")]
    [1, 0, 1, None]
    """
    answer = answer_of(prediction)[-LONGEST:]
    if not answer or not options:
        return None
    plain = [normal(option) for option in options]
    whole = normal(answer)
    if whole and whole in plain:
        return plain.index(whole)
    if (bare := _BARE.fullmatch(answer)) and (index := _index(bare[1], options)) is not None:
        return index
    contained = _contained(whole, plain)
    for found in (_last_marked(answer), _lead(answer)):
        index = _index(found, options) if found else None
        if index is not None:
            others = [other for other in contained if plain[other] != plain[index]]
            return None if found and others and index not in contained else index
    return contained[0] if len({plain[index] for index in contained}) == 1 else None


@lru_cache(maxsize=65_536)
def normal(text: str) -> str:
    """Lower case, words and numbers only, single blanks; signs that carry meaning in options (#, %, +) are kept.

    >>> normal("  The dog's bark. "), normal("C# minor")
    ("the dog's bark", 'c# minor')
    """
    return " ".join(re.sub(r"[^\w#%+\-.']|(?<!\w)['.\-]|['.\-](?!\w)", " ", text.casefold().replace("_", " ")).split())


def _index(letter: str, options: Sequence[str]) -> int | None:
    index = letters(len(options)).find(letter.upper())
    return None if index < 0 else index


def _last_marked(answer: str) -> str | None:
    found = list(_MARKED.finditer(answer))
    return next(filter(None, found[-1].groups())) if found else None


def _lead(answer: str) -> str | None:
    lead = _LEAD.match(answer)
    return (lead[1] or lead[2]) if lead else None


def _contained(whole: str, plain: Sequence[str]) -> list[int]:
    """Options that stand in ``whole`` as whole words, outside every longer option that does."""
    spans: list[tuple[int, int, int]] = []
    padded = f" {whole} "
    for index, option in enumerate(plain):
        start = padded.find(f" {option} ") if option else -1
        while start >= 0:
            spans.append((start, start + len(option) + 2, index))
            start = padded.find(f" {option} ", start + 1)
    free = [
        index
        for first, last, index in spans
        if not any(f <= first and last <= e and e - f > last - first for f, e, _ in spans)
    ]
    return sorted(set(free))
