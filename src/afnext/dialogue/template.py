"""The one spelling of a conversation as token ids: ChatML, audio slots, loss mask.

    <|im_start|>system\\nYou are ...<|im_end|>\\n
    <|im_start|>user\\n<|sound_bos|><sound> x n<|sound_eos|>What happens?<|im_end|>\\n
    <|im_start|>assistant\\nA dog barks.<|im_end|>\\n
                           ^^^^^^^^^^^^^^^^^^^^^^  the loss

As in the released template, the clips of a turn stand before its words. The release allows one clip a turn; here any
number stand side by side, each between its own boundary tokens.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from afnext.base.errors import CheckpointError, ConversationError
from afnext.dialogue.message import Conversation, check
from afnext.dialogue.tokenizer import SOUND, TURN_END, TURN_START, Tokenizer


@dataclass(frozen=True, slots=True)
class Family:
    """What the spelling depends on.

    Attributes:
        name: what messages call it.
        system: the system turn of a conversation that brings none; None for no turn at all.
        boundaries: whether each clip stands between ``<|sound_bos|>`` and ``<|sound_eos|>``.
        max_seconds: the longest recording the release takes.
    """

    name: str
    system: str | None
    boundaries: bool
    max_seconds: int


AF_NEXT = Family(
    "audio-flamingo-next",
    "You are Audio Flamingo-Next, a multimodal assistant for language and audio. On each turn you receive an optional "
    "audio clip which may contain speech, music, or ambient sounds and optional text, you will receive at least one or "
    "both; use your world knowledge and reasoning to help the user with any task. Interpret the entirety of the "
    "content of any input audio\u2014regardless of whether the user calls it audio, speech, music, or sound.",
    boundaries=True,
    max_seconds=1800,
)

MUSIC_FLAMINGO = Family(
    "music-flamingo",
    "You are Music Flamingo, a multimodal assistant for language and music. On each turn you receive an audio clip "
    "which contains music and optional text, you will receive at least one or both; use your world knowledge and "
    "reasoning to help the user with any task. Interpret the entirety of the content any input music"
    # The misspelling is the release's; a corrected prompt would be other tokens than the model was trained on.
    "--regardlenss of whether the user calls it audio, music, or sound.",
    boundaries=True,
    max_seconds=1200,
)

AF3 = Family("audio-flamingo-3", "You are a helpful assistant.", boundaries=False, max_seconds=600)

NANO = Family("nano", "Listen and answer.", boundaries=True, max_seconds=1800)
"""AF-Next with a short system turn: a small model's time goes into the recording."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a clip stands: ``tokens`` ids of ``<sound>`` from ``start`` on, with ``edge`` boundary tokens each side."""

    start: int
    tokens: int
    edge: int = 0

    @property
    def span(self) -> tuple[int, int]:
        """First index, and one past the last, boundary tokens included: what may be kept or dropped only whole."""
        return self.start - self.edge, self.start + self.tokens + self.edge


@dataclass(frozen=True, slots=True)
class Prompt:
    """A conversation spelt out.

    Attributes:
        ids: token ids, [length].
        loss_mask: whether the token is one that the model learns to write, [length]: the assistant's words and the
            ``<|im_end|>`` after them.
        slots: one for each clip, in order of ``ids``, which is the order of ``message.audio_parts``.
    """

    ids: list[int]
    loss_mask: list[bool]
    slots: list[Slot]

    def cut(self, budget: int) -> "Prompt":
        """The longest beginning of at most ``budget`` tokens that holds every audio span whole or not at all."""
        if budget < 0:
            raise ConversationError(f"a budget of {budget} tokens", expected="0 or more")
        end = min(budget, len(self.ids))
        for first, last in (slot.span for slot in self.slots):
            if first < end < last:
                end = first
        kept = [slot for slot in self.slots if slot.span[1] <= end and slot.span[0] < end]
        return Prompt(self.ids[:end], self.loss_mask[:end], kept)


def render(
    conversation: Conversation,
    audio_tokens: Sequence[int],
    tokenizer: Tokenizer,
    family: Family,
    generation_prompt: bool,
) -> Prompt:
    """Spell ``conversation`` out. The ids equal those of ``transformers``' processor and the released chat template.

    Args:
        conversation: see ``dialogue.message``.
        audio_tokens: how many tokens each clip takes, in the order of ``message.audio_parts(conversation)``.
        tokenizer: of the checkpoint.
        family: of the checkpoint; see ``dialogue.checkpoint.load_family``.
        generation_prompt: end with the opening of an assistant turn, for the model to go on.

    Raises:
        ConversationError: the number of counts is not that of the clips, turns stand in an impossible order, or an
            answer is asked for where no question stands last.
        CheckpointError: the vocabulary lacks the family's boundary tokens.
    """
    conversation = check(conversation)
    clips = sum(len(message.audio) for message in conversation)
    if clips != len(audio_tokens):
        raise ConversationError(f"{len(audio_tokens)} clips encoded", expected=f"{clips}, as many as the turns hold")
    if generation_prompt and conversation[-1].role != "user":
        raise ConversationError("a conversation that ends with an answer", expected="a user turn last", do="ask again")
    bounds = _boundaries(tokenizer, family)
    counts = iter(audio_tokens)

    ids: list[int] = []
    loss_mask: list[bool] = []
    slots: list[Slot] = []
    for piece in _pieces(conversation, family, generation_prompt):
        learned = len(ids)  # where the loss begins, if this piece has any
        if isinstance(piece, _Clip):
            count = next(counts)
            slots.append(Slot(len(ids) + len(bounds) // 2, count, len(bounds) // 2))
            ids += [*bounds[:1], *[tokenizer.sound] * count, *bounds[1:]]
        elif isinstance(piece, _Control):
            ids.append(tokenizer.turn_start if piece.token == TURN_START else tokenizer.turn_end)
        elif piece.answer:
            written, first = tokenizer.encode_from(piece.words, piece.answer)
            ids += written
            learned += first
        else:
            ids += tokenizer.encode(piece.words)
        has_loss = not isinstance(piece, _Clip) and piece.loss
        loss_mask += [has_loss and index >= learned for index in range(len(loss_mask), len(ids))]
    return Prompt(ids, loss_mask, slots)


def spelling(conversation: Conversation, family: Family, generation_prompt: bool) -> str:
    """The same as text, with one ``<sound>`` for each clip: what a chat template makes of a conversation."""
    pieces = _pieces(check(conversation), family, generation_prompt)
    return "".join(SOUND if isinstance(piece, _Clip) else str(piece) for piece in pieces)


@dataclass(frozen=True, slots=True)
class _Control:
    """The opening or the end of a turn."""

    token: str
    loss: bool = False

    def __str__(self) -> str:
        return self.token


@dataclass(frozen=True, slots=True)
class _Words:
    """All that stands between two control tokens, tokenized in one piece; the loss lies on ``answer``."""

    words: str
    answer: str = ""

    @property
    def loss(self) -> bool:
        return bool(self.answer)

    def __str__(self) -> str:
        return self.words + self.answer


class _Clip:
    """A recording."""


def _pieces(conversation: Conversation, family: Family, generation_prompt: bool) -> Iterator[_Control | _Words | _Clip]:
    turns = [(message.role, message.text, len(message.audio)) for message in conversation]
    if family.system is not None and conversation[0].role != "system":
        turns.insert(0, ("system", family.system, 0))
    for role, text, clips in turns:
        yield _Control(TURN_START)
        if clips:
            yield _Words(f"{role}\n")
            yield from (_Clip() for _ in range(clips))
            yield _Words(text)
        elif role == "assistant":
            yield _Words(f"{role}\n", answer=text)
        else:
            yield _Words(f"{role}\n{text}")
        yield _Control(TURN_END, loss=role == "assistant")
        yield _Words("\n")
    if generation_prompt:
        yield _Control(TURN_START)
        yield _Words("assistant\n")


def _boundaries(tokenizer: Tokenizer, family: Family) -> tuple[int, ...]:
    """The ids before and after a clip, or none."""
    if not family.boundaries:
        return ()
    if tokenizer.sound_start is None or tokenizer.sound_end is None:
        raise CheckpointError(
            f"a tokenizer without boundary tokens for {family.name}",
            expected="<|sound_bos|> and <|sound_eos|>",
            do="take tokenizer.json from the release of the weights",
        )
    return tokenizer.sound_start, tokenizer.sound_end
