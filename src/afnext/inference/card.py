"""What a model says of itself: ``card.json`` in its folder."""

import json
from pathlib import Path

from pydantic import ValidationError

from afnext.base.config import Frozen
from afnext.base.errors import CheckpointError
from afnext.dialogue.timestamps import THINK
from afnext.inference.prompt import CAPTION, GATHER, TRANSCRIBE, TRANSCRIBE_WITH_TIMES, VERIFY


class Card(Frozen):
    """A model's own words. Published folders have none, and get these defaults."""

    scope: str = ""
    """One sentence: what the model can do, and how well. Shown wherever it speaks."""

    sounds: tuple[str, ...] = ()
    """The kinds of sounds that it was trained to name, where they are few; empty: not told."""

    caption: str = CAPTION
    """The question that asks for a description."""

    transcribe: str = TRANSCRIBE
    """The question that asks for the words spoken."""

    transcribe_with_times: str = TRANSCRIBE_WITH_TIMES
    """The question that asks for the words and when they are spoken."""

    gather: str = GATHER
    """What is asked after parts of a long recording were: ``{parts}`` and ``{question}``. Empty: the model cannot."""

    hears_seconds: float | None = None
    """The longest recordings it was trained on, where that is less than it can take: parts are as long at most."""

    think: str = THINK
    """The sentence put after a question to have it reasoned about."""

    verify: str = VERIFY
    """The question that a step's claim is checked by: with ``{claim}`` in it, one to be answered with yes or no;
    without, one whose answer would be the claim (see ``verify.py``). Empty: the model cannot check."""


def read_card(folder: Path) -> Card:
    """The card in ``folder``, or the defaults where there is none.

    Raises:
        CheckpointError: ``card.json`` is not JSON, or has other fields.
    """
    file = folder / "card.json"
    if not file.is_file():
        return Card()
    try:
        return Card.model_validate(json.loads(file.read_text(encoding="utf-8")))
    except (ValidationError, ValueError) as error:
        fields = ", ".join(Card.model_fields)
        raise CheckpointError(
            f"{file} cannot be read: {error}", expected=f"a JSON object with, of {fields}, any"
        ) from error
