"""A model in this process, asked in batches through the engine."""

import hashlib
import os
import time
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from afnext.audio.clip import Clip
from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import AfnextError
from afnext.base.progress import Tell, silent
from afnext.dialogue.message import AudioPart, Message, TextPart
from afnext.evaluation.record import Timed
from afnext.evaluation.respondent import Answer, Asked, Each
from afnext.inference.engine import Engine
from afnext.inference.load import find_model
from afnext.inference.reply import Reply
from afnext.inference.request import Request, request_of

WIDTH = 32
"""Questions given to the engine at once."""


class Local:
    """An engine as a respondent.

    Args:
        engine: the model.
        name: its name with revision, see ``identity``.
        settings: ``temperature``, ``top_p``, ``repetition_penalty``, ``over_limit``.
        think: ask for reasoning, in the words of the model's card.
        held: how the model is held, such as ``{"quantize": "int8"}``: told in records, for it changes answers.
        width: questions at once.
        tell: told what the engine does.

    Raises:
        RequestError: a setting out of its range.
    """

    def __init__(
        self,
        engine: Engine,
        name: str,
        settings: Mapping[str, Any] | None = None,
        *,
        think: bool = False,
        held: Mapping[str, Any] | None = None,
        width: int = WIDTH,
        tell: Tell = silent,
    ) -> None:
        self.engine = engine
        self.name = name
        self.width = width
        self.think = engine.card.think if think else ""
        self.settings: Mapping[str, Any] = {**(settings or {}), **(held or {}), "think": think}
        self._sampling = dict(settings or {})
        self._tell = tell
        request_of((), self._sampling)

    def answer(self, asked: Sequence[Asked], each: Each) -> None:
        """Answer a batch side by side; answers come in its order, each when it and those before it are finished.

        Its seconds are those since the one before.
        """
        numbers, last = count(), time.perf_counter()

        def told(reply: Reply | AfnextError) -> None:
            nonlocal last
            number, now = next(numbers), time.perf_counter()
            each(number, _answer(asked[number], reply, now - last))
            last = now

        self.engine.generate([self._request(one) for one in asked], keep_errors=True, each=told, tell=self._tell)

    def close(self) -> None:
        """Nothing is held."""

    def _request(self, asked: Asked) -> Request:
        parts: list[AudioPart | TextPart] = [AudioPart(Clip(sound.samples, rate=SAMPLE_RATE)) for sound in asked.sounds]
        words = " ".join(part for part in (asked.prompt.rstrip() if self.think else asked.prompt, self.think) if part)
        if words:
            parts.append(TextPart(words))
        settings = {"max_new_tokens": asked.max_new_tokens, "seed": asked.seed, **self._sampling}
        return request_of((Message("user", tuple(parts)),), settings)


def _answer(asked: Asked, reply: Reply | AfnextError, seconds: float) -> Answer:
    notes = tuple(note for sound in asked.sounds for note in sound.notes)
    if isinstance(reply, AfnextError):
        return Answer(None, notes=notes, error=str(reply), seconds=seconds)
    steps = tuple(Timed(start=step.start, end=step.end, text=step.text) for step in reply.steps)
    return Answer(reply.raw or reply.text, reply.text, steps, (*notes, *reply.notes), seconds=seconds)


def identity(name: str | os.PathLike[str]) -> str:
    """A model's name and revision: the hub's commit, or twelve digits of a hash of the weights in its folder.

    Raises:
        CheckpointError: there is no such model.
    """
    folder, adapter = find_model(name)
    shown = os.fspath(name) if not Path(name).is_dir() else Path(name).resolve().name
    parts = [_revision(place) for place in (folder, adapter) if place is not None]
    return f"{shown}@{'+'.join(parts)}"


def _revision(folder: Path) -> str:
    if folder.parent.name == "snapshots":
        return folder.name
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        digest.update(path.name.encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]
