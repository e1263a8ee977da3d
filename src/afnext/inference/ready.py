"""A request made ready to run: its recordings decoded, its prompt spelt out and within the model's context."""

from dataclasses import dataclass

from afnext.base.errors import RequestError
from afnext.dialogue.message import AudioPart, audio_parts
from afnext.dialogue.template import Family, render
from afnext.dialogue.tokenizer import Tokenizer
from afnext.inference.listen import Heard, Recording
from afnext.inference.request import OverLimit, Request
from afnext.inference.sequence import Sequence, Sounds
from afnext.inference.shelf import Decoded
from afnext.model.config import FlamingoConfig


@dataclass(eq=False)
class Ready:
    """What is to be run, and what the reply will tell.

    Attributes:
        sequence: the tokens; ids behind its prompt are written by the model.
        sources: what its sounds are, one each; empty once they have been read.
        seconds: sound heard, over all recordings.
        longest: seconds of the longest of them; None without any.
        notes: what was left out.
        truncated: whether a recording over the limit was cut.
    """

    sequence: Sequence
    sources: tuple[Recording | Heard, ...]
    seconds: float
    longest: float | None
    notes: tuple[str, ...]
    truncated: bool


def make_ready(
    request: Request,
    *,
    config: FlamingoConfig,
    tokenizer: Tokenizer,
    family: Family,
    decoded: Decoded,
    continuation: str | None = None,
) -> Ready:
    """Decode, spell out, and check the length.

    Args:
        request: what is asked.
        config, tokenizer, family: of one checkpoint.
        decoded: sound that it shares with others.
        continuation: the answer is not written, but given: its tokens are only to be scored.

    Raises:
        AudioError, OverLimitError, ConversationError: see ``read`` and ``render``.
        RequestError: the prompt does not fit into the model's context.
    """
    parts = audio_parts(request.conversation)
    sources = [source_of(part, family.max_seconds, request.over_limit, decoded) for part in parts]
    prompt = render(request.conversation, [source.tokens for source in sources], tokenizer, family, True)
    ids, scored = prompt.ids, 0
    if continuation is not None:
        written = tokenizer.encode(continuation)
        ids, scored = [*ids, *written], len(written)
    audio = sum(source.tokens for source in sources)
    _check_context(config, len(ids), audio)
    limit, note = _limit(request, config, len(ids)) if continuation is None else (0, None)
    sounds = tuple(
        Sounds(slot.start, slot.tokens, source.digest) for slot, source in zip(prompt.slots, sources, strict=True)
    )
    notes = [note for source in once(sources) for note in source.notes]
    return Ready(
        sequence=Sequence(ids, len(ids), limit, sounds, reread=max(1, scored + 1)),
        sources=tuple(sources),
        seconds=sum(source.seconds for source in sources),
        longest=max((source.seconds for source in sources), default=None),
        notes=(*notes, *([note] if note else [])),
        truncated=any(source.truncated for source in sources),
    )


def once(sources: list[Recording | Heard]) -> list[Recording | Heard]:
    """The sources, each once, in order."""
    return list({id(source): source for source in sources}.values())


def source_of(part: AudioPart, limit: float, over_limit: OverLimit, decoded: Decoded) -> Heard | Recording:
    """The sound of a part, decoded, or heard already.

    Raises:
        AudioError, OverLimitError: see ``read``.
        RequestError: a part of what was heard whole.
    """
    if isinstance(part.source, Heard):
        if part.start is not None or part.end is not None:
            raise RequestError(
                f"a part of {part.source.name}, which was heard whole", do="give start and end when it is heard"
            )
        return part.source
    return decoded.read(part, limit=limit, over_limit=over_limit)


def _check_context(config: FlamingoConfig, prompt: int, audio: int) -> None:
    context = config.decoder.positions
    if prompt >= context:
        raise RequestError(
            f"a prompt of {prompt:,} tokens ({audio:,} of sound, {prompt - audio:,} of text)",
            expected=f"fewer than {context:,}, the model's context",
            do="shorten the question, or ask about fewer or shorter recordings",
        )


def _limit(request: Request, config: FlamingoConfig, prompt: int) -> tuple[int, str | None]:
    """How many tokens the answer may have, and a remark where that is fewer than was asked for."""
    asked = request.sampling.max_new_tokens
    limit = asked if asked is not None else config.max_new_tokens
    room = config.decoder.positions - prompt
    if limit <= room:
        return limit, None
    note = f"the model's context of {config.decoder.positions:,} tokens leaves {room:,} for the answer, not {limit:,}"
    return room, note if asked is not None else None
