"""Spellings: how a question and its choices are put into words. A prompt is part of a score, so it stands written out.

``{question}`` and ``{options}`` are filled; each option is written as ``option`` says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase


@dataclass(frozen=True)
class Spelling:
    """A prompt with places to fill.

    Attributes:
        template: with ``{question}`` and, where there are choices, ``{options}``.
        option: of one choice, with ``{letter}`` and ``{choice}``.
        between: what stands between two choices.
        source: who asks so.
    """

    template: str
    option: str = "({letter}) {choice}"
    source: str = ""
    between: str = "\n"

    def text(self, question: str, choices: Sequence[str] = ()) -> str:
        """The prompt. What stands in the question or in a choice is never taken for a place to fill.

        >>> Spelling("{question}\\n{options}").text("Who?", ["a {dog}", "a cat"])
        'Who?\\n(A) a {dog}\\n(B) a cat'
        """
        names = [ascii_uppercase[index] if index < 26 else str(index + 1) for index in range(len(choices))]
        listed = self.between.join(
            _filled(self.option, {"letter": letter, "choice": choice})
            for letter, choice in zip(names, choices, strict=True)
        )
        if not choices and "{options}" in self.template:
            return question
        return _filled(self.template, {"question": question, "options": listed})


def _filled(template: str, values: dict[str, str]) -> str:
    filled, rest = "", template
    while rest:
        places = [(rest.find("{" + name + "}"), name) for name in values]
        start, name = min(((place, name) for place, name in places if place >= 0), default=(-1, ""))
        if start < 0:
            return filled + rest
        filled += rest[:start] + values[name]
        rest = rest[start + len(name) + 2 :]
    return filled


PLAIN = Spelling("{question}", source="the question of the data, as it is")
FLAMINGO = Spelling(
    "{question} Choose the correct option from the following options:\n{options}",
    source="NVIDIA/audio-flamingo static/mmar.json and issue 29: what Audio Flamingo 3 was measured with",
)
LABELS = Spelling(
    "{question}\nOPTIONS:\n{options}",
    option=" - {choice}.",
    source="Audio Flamingo 1 (legacy foundation/data/data.py): all labels, sorted",
)
YES_NO = Spelling("{question}\nOPTIONS:\n{options}", option="{choice}.", source="NVIDIA/audio-flamingo issue 5")
