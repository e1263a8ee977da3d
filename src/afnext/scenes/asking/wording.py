"""A question in words: by the phrases that nano was trained on, or by the grammar."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from afnext.scenes.asking.phrasing import PARAPHRASES, phrase
from afnext.scenes.asking.wordings import FORMS
from afnext.scenes.asking.wordings.patterns import capital, draw_question, draw_tail

Style = Literal["plain", "grammar"]
"""``plain``: the phrases of phrasing.py where there are some, a handful for each skill. ``grammar``: many thousands."""


@dataclass(frozen=True)
class Worded:
    """A question in words, without options.

    Attributes:
        form: which of its skill's questions it is; wordings of one form ask the same.
        text: what is asked.
        template: the same with its slots open.
        tail: the kind of answer, for what may follow the question; None where nothing does.
    """

    form: str
    text: str
    template: str
    tail: str | None = None

    def with_tail(self, rng: np.random.Generator) -> "Worded":
        """With a sentence about the answer behind it, or none."""
        added = draw_tail(rng, self.tail) if self.tail else ""
        return Worded(self.form, self.text + added, self.template + added)

    def of_form(self, form: str) -> "Worded":
        """The same, to be balanced apart from others that are worded alike."""
        return replace(self, form=form)


def say(rng: np.random.Generator, style: Style, form: str, slots: dict[str, str]) -> Worded:
    """A question of ``form`` with its ``slots`` filled in, beginning with a capital."""
    if style == "plain" and form in PARAPHRASES:
        text = phrase(rng, form, **slots)
        return Worded(form, text, form)
    template = draw_question(rng, FORMS[form])
    return Worded(form, capital(template.format(**slots)), template, FORMS[form].tail)
