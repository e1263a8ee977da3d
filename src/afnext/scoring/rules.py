"""The table of rules: the names of ``afnext score``, each with what marks a row and what is told of a whole file.

To add one, write its file with a ``mark`` function and put a line into ``RULES``.
"""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from afnext.base.errors import ScoreError
from afnext.scoring import clotho_aqa, cmm, labels, mmau, mmau_pro_checks, mmsu, muchomusic
from afnext.scoring.mark import Mark, Row, Rule

Whole = Callable[[Sequence[Row], Sequence[Mark]], Mapping[str, Any]]
"""Figures of a file that are no means of its rows, from the rows that could be read and their marks."""


@dataclass(frozen=True)
class Entry:
    """A rule of ``RULES``."""

    mark: Rule
    about: str
    whole: Whole | None = None


def _mmsu(rows: Sequence[Row], marks: Sequence[Mark]) -> Mapping[str, Any]:
    accuracy, total = mmsu.script_accuracy(rows)
    return {"script_accuracy": accuracy, "script_total": total}


def _entailment(rows: Sequence[Row], marks: Sequence[Mark]) -> Mapping[str, Any]:
    pairs = [(mark.options[mark.right], mark.verdict) for mark in marks if mark.right is not None]
    return {"macro_f1": labels.macro_f1(pairs, labels.ENTAILMENT)}


RULES: Mapping[str, Entry] = {
    "mmau": Entry(mmau.mark, "MMAU: sets of words"),
    "mmar": Entry(mmau.mark, "MMAR: the rule of MMAU"),
    "muchomusic": Entry(muchomusic.mark, "MuChoMusic, the original"),
    "rul-muchomusic": Entry(muchomusic.mark_rul, "MuChoMusic of Are You Really Listening?"),
    "mmsu": Entry(mmsu.mark, "MMSU: the first letter or the last but one", _mmsu),
    "cmm": Entry(cmm.mark, "CMM: yes or no in five characters", lambda rows, _: cmm.rates(rows)),
    "mmau-pro-if": Entry(mmau_pro_checks.mark, "MMAU-Pro, instruction following"),
    "clotho-aqa": Entry(clotho_aqa.mark, "ClothoAQA: three annotators a question"),
    "music-avqa": Entry(labels.mark_musicavqa, "MusicAVQA: the same word"),
    "entailment": Entry(labels.mark_entailment, "Audio Entailment: one of three labels", _entailment),
    "labels": Entry(labels.mark, "a closed set of labels"),
}
"""Each rule by its name on the command line."""


def find_rule(name: str) -> Entry:
    """The rule called ``name``.

    Raises:
        ScoreError: there is none.
    """
    if name in RULES:
        return RULES[name]
    near = difflib.get_close_matches(name, RULES, 1)
    raise ScoreError(
        f"no rule {name!r}", expected=f"one of {', '.join(RULES)}", do=f"did you mean {near[0]}?" if near else ""
    )
