"""Recordings longer than the model can hear whole: heard in parts, and what is said of them put together.

A part ends at the quietest moment of its last minute, so that neither words nor events are cut; the next begins there.

    a transcript    the parts' transcripts, one behind the other
    a caption       the parts' captions, each behind the time it is about
    a question      every part is asked, and then the model, by text alone, with the parts' answers before it
                    (or these are given part by part, for a model whose card says that it cannot do that)

Times in the parts' answers are moved to where the parts stand in the recording.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal, Protocol

import numpy as np

from afnext.audio.blocks import FloatArray
from afnext.audio.clip import Clip
from afnext.audio.decode import duration
from afnext.audio.source import is_pipe
from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import RequestError
from afnext.base.progress import Tell, silent
from afnext.dialogue.message import AudioPart, TextPart, audio_parts, user
from afnext.dialogue.timestamps import clock, shifted
from afnext.inference.card import Card
from afnext.inference.listen import Heard, clip_of
from afnext.inference.reply import HeardPart, Reply, Usage, read_reply
from afnext.inference.request import Request

Task = Literal["question", "caption", "transcript"]

SEAM_SECONDS = 60.0
"""A part's last stretch, in which the seam to the next is looked for."""
FRAME = 0.02
QUIET = 0.3
"""Seconds over which loudness is taken, so that a seam lies in a pause and not between two periods of a tone."""


class Answerer(Protocol):
    """What is needed of the engine."""

    card: Card

    @property
    def limit_seconds(self) -> float: ...  # noqa: D102

    def generate(self, requests: Sequence[Request], *, tell: Tell = silent) -> list[Reply]: ...  # noqa: D102


def stitch(engine: Answerer, request: Request, task: Task, tell: Tell) -> Reply:
    """The answer to a request about a recording of any length.

    Args:
        engine: hears and answers.
        request: one that is over no limit is answered as any other.
        task: how the parts are put together.
        tell: told how far it is.

    Raises:
        AudioError: a recording cannot be decoded.
        RequestError: one of several recordings is too long, or one that was spoken about before.
    """
    request, notes = replace(request, over_limit="error"), list[str]()
    parts = audio_parts(request.conversation)
    if not any(_may_be_long(part, engine.limit_seconds) for part in parts):
        return engine.generate([request], tell=tell)[0]
    if len(parts) > 1 or len(request.conversation) > 1:
        raise RequestError(
            f"over_limit=stitch with {len(parts)} recordings, of which one may last more than "
            f"{clock(engine.limit_seconds)}",
            expected="one recording and one question",
            do="ask about parts of the recordings (start, end)",
        )
    samples, question = clip_of(parts[0]).samples(notes.append), request.conversation[-1].text
    if len(samples) <= engine.limit_seconds * SAMPLE_RATE:
        return engine.generate([_about(request, samples, question)], tell=tell)[0]
    longest = min(engine.limit_seconds, engine.card.hears_seconds or engine.limit_seconds)
    bounds = list(pairwise(seams(samples, longest)))
    replies = engine.generate([_about(request, samples[slice(*bound)], question) for bound in bounds], tell=tell)
    heard = tuple(
        HeardPart(first / SAMPLE_RATE, end / SAMPLE_RATE, question, shifted(reply.text, first / SAMPLE_RATE))
        for (first, end), reply in zip(bounds, replies, strict=True)
    )
    if task == "transcript":
        raw = " ".join(part.text.strip() for part in heard if part.text.strip())
    else:
        raw = "\n".join(f"{part.clock}: {part.text}" for part in heard)
    if task == "question" and engine.card.gather:
        asked = user(TextPart(engine.card.gather.format(parts=raw, question=question)))
        replies += engine.generate([replace(request, conversation=(asked,))], tell=tell)
        raw = replies[-1].raw
    return _reply(raw, heard, replies, notes)


def seams(samples: FloatArray, longest: float) -> tuple[int, ...]:
    """Where parts of at most ``longest`` seconds begin, in samples, and the end of the last.

    Each seam is the quietest moment (the middle of the 0.3 s with the least energy) in the last minute of the longest
    part that could begin at the seam before; in its last third, where that is less than a minute.
    """
    frame, most = round(FRAME * SAMPLE_RATE), round(longest * SAMPLE_RATE)
    reach = min(round(SEAM_SECONDS * SAMPLE_RATE), most // 3)
    found = [0]
    while len(samples) - found[-1] > most:
        begin = found[-1] + most - reach
        frames = samples[begin : begin + reach // frame * frame].reshape(-1, frame)
        energy = np.einsum("nf,nf->n", frames, frames, dtype=np.float64)
        width = min(round(QUIET / FRAME), len(energy))
        quietest = int(np.convolve(energy, np.ones(width), "valid").argmin())
        found.append(begin + (quietest + width // 2) * frame)
    return (*found, len(samples))


def _may_be_long(part: AudioPart, limit: float) -> bool:
    """Whether a recording is over the limit, or does not say how long it is before it is decoded."""
    if isinstance(part.source, Heard):
        return False
    clip = clip_of(part)
    start = clip.start or 0.0
    if clip.end is not None and clip.end - start <= limit:
        return False
    whole = None if is_pipe(clip.source) else duration(clip.source, rate=clip.rate)
    return whole is None or min(clip.end or whole, whole) - start > limit


def _about(request: Request, samples: FloatArray, question: str) -> Request:
    clip = Clip(samples, rate=SAMPLE_RATE)
    return replace(request, conversation=(user(AudioPart(clip), TextPart(question)),))


def _reply(raw: str, heard: Sequence[HeardPart], replies: Sequence[Reply], notes: Sequence[str]) -> Reply:
    """One reply, of what the parts gave and, perhaps, what was gathered from them."""
    how = f"{clock(heard[-1].end)} were heard in {len(heard)} parts: {', '.join(part.clock for part in heard)}"
    told = [f"{part.clock}: {note}" for part, reply in zip(heard, replies, strict=False) for note in reply.notes]
    counts = [reply.usage for reply in replies]
    reply = read_reply(
        raw,
        usage=Usage(
            round(heard[-1].end, 3),
            sum(usage.prompt_tokens for usage in counts),
            sum(usage.completion_tokens for usage in counts),
            sum(usage.cached_tokens for usage in counts),
        ),
        finish_reason=next((reply.finish_reason for reply in replies if reply.finish_reason != "stop"), "stop"),
        notes=(*notes, how, *told),
        duration=heard[-1].end,
    )
    return replace(reply, parts=tuple(heard))
