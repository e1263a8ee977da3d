"""A request made ready to run: its recordings heard, its prompt spelt out and within the model's context."""

from collections.abc import Hashable
from dataclasses import dataclass

from afnext.base.errors import RequestError
from afnext.base.progress import Tell
from afnext.dialogue.message import AudioPart, audio_parts
from afnext.dialogue.template import Family, render
from afnext.dialogue.tokenizer import Tokenizer
from afnext.inference.listen import Heard, Recording, hear, identity, read
from afnext.inference.request import OverLimit, Request
from afnext.inference.runner import Job
from afnext.model.flamingo import Flamingo


@dataclass(frozen=True, eq=False)
class Ready:
    """What the runner needs, and what the reply will tell.

    Attributes:
        job: the row to run.
        seconds: sound heard, over all recordings.
        longest: seconds of the longest of them; None without any.
        notes: what was left out.
        truncated: whether a recording over the limit was cut.
    """

    job: Job
    seconds: float
    longest: float | None
    notes: tuple[str, ...]
    truncated: bool

    @property
    def length(self) -> int:
        """Tokens of prompt and longest answer together."""
        return len(self.job.ids) + self.job.limit


def make_ready(
    request: Request,
    *,
    model: Flamingo,
    tokenizer: Tokenizer,
    family: Family,
    heard: dict[Hashable, Heard],
    tell: Tell,
) -> Ready:
    """Decode, spell out, check the length, and only then listen.

    Args:
        request: what is asked.
        model, tokenizer, family: of one checkpoint.
        heard: recordings heard already, by ``identity``; what is heard now is added.
        tell: told how far listening is.

    Raises:
        AudioError, OverLimitError, ConversationError: see ``read`` and ``render``.
        RequestError: the prompt does not fit into the model's context.
    """
    parts = audio_parts(request.conversation)
    sources: dict[Hashable, Heard | Recording] = {}
    for part in parts:
        key = identity(part)
        if key not in sources:
            sources[key] = heard.get(key) or _source(part, family.max_seconds, request.over_limit)
    counts = [sources[identity(part)].tokens for part in parts]
    prompt = render(request.conversation, counts, tokenizer, family, generation_prompt=True)
    limit, note = _limit(request, model, len(prompt.ids), sum(counts))
    for key, source in sources.items():
        if isinstance(source, Recording):
            heard[key] = hear(model, source, tell=tell)
        else:
            heard[key] = source
    clips = [heard[identity(part)] for part in parts]
    notes = [note for clip in heard_once(clips) for note in clip.notes]
    return Ready(
        job=Job(prompt.ids, [clip.embeddings for clip in clips], request.sampling, limit),
        seconds=sum(clip.seconds for clip in clips),
        longest=max((clip.seconds for clip in clips), default=None),
        notes=(*notes, *([note] if note else [])),
        truncated=any(clip.truncated for clip in clips),
    )


def heard_once(clips: list[Heard]) -> list[Heard]:
    """The clips, each once, in order."""
    return list({id(clip): clip for clip in clips}.values())


def _source(part: AudioPart, limit: float, over_limit: OverLimit) -> Heard | Recording:
    if isinstance(part.source, Heard):
        if part.start is not None or part.end is not None:
            raise RequestError(
                f"a part of {part.source.name}, which was heard whole", do="give start and end when it is heard"
            )
        return part.source
    return read(part, limit=limit, over_limit=over_limit)


def _limit(request: Request, model: Flamingo, prompt: int, audio: int) -> tuple[int, str | None]:
    """How many tokens the answer may have, and a remark where that is fewer than was asked for."""
    context = model.config.decoder.positions
    if prompt >= context:
        raise RequestError(
            f"a prompt of {prompt:,} tokens ({audio:,} of sound, {prompt - audio:,} of text)",
            expected=f"fewer than {context:,}, the model's context",
            do="shorten the question, or ask about fewer or shorter recordings",
        )
    asked = request.sampling.max_new_tokens
    limit = asked if asked is not None else model.config.max_new_tokens
    if prompt + limit <= context:
        return limit, None
    room = context - prompt
    note = f"the model's context of {context:,} tokens leaves {room:,} for the answer, not {limit:,}"
    return room, note if asked is not None else None
