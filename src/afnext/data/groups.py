"""Rows about the same recordings, which are heard once and asked about together: measured, and made into batches."""

import logging
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

from afnext.audio.blocks import FloatArray
from afnext.audio.decode import duration
from afnext.audio.spec import SAMPLE_RATE
from afnext.audio.windows import Window, count_tokens, windows
from afnext.base.errors import AfnextError, AudioError, ConversationError
from afnext.data.batch import Batch, group
from afnext.data.pack import IGNORED, Tree, join, pack, whole
from afnext.data.rows import Row
from afnext.data.shards import Sample
from afnext.dialogue.message import AudioPart, Conversation, audio_parts
from afnext.dialogue.template import Family, Prompt, render
from afnext.dialogue.tokenizer import Tokenizer
from afnext.inference.listen import clip_of, identity

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Member:
    """A sound in a folder of shards, in place of a path in an ``AudioPart``; ``length`` is its samples at 16 kHz."""

    folder: str
    name: str
    length: int


@dataclass(frozen=True)
class Group:
    """Rows that become one tree.

    ``size`` is its tokens; ``lost`` says which rows were found not to fit on the way here, and why.
    """

    names: tuple[str, ...]
    talks: tuple[Conversation, ...]
    size: int = 0
    lost: tuple[str, ...] = ()


Fetch = Callable[[Member], bytes]
"""The bytes of a member."""


class Speller:
    """Spells rows, and refuses those that are too long.

    Args:
        tokenizer, family: spell the conversations.
        tokens: of a batch, sound and text together, and so of the largest group.
        context: tokens of the longest row; longer ones are left out.
        longest: seconds of the longest recording; rows with a longer one are left out.
        together: leave all windows of a batch in one group, and no batch empty, for devices that compute in step.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        family: Family,
        *,
        tokens: int,
        context: int,
        longest: float,
        together: bool = False,
    ) -> None:
        self.tokenizer, self.family = tokenizer, family
        self.tokens, self.context, self.longest, self.together = tokens, min(context, tokens), longest, together
        self._seconds = dict[Hashable, float]()

    def of_sample(self, text: bytes, folder: str, name: str) -> list[Group]:
        """The groups of a sample of shards, by its JSON; at least one, perhaps with nothing but what was lost."""
        try:
            sample = Sample.read(text, f"{folder}: {name}")
            members: dict[str, Member] = {}
            for row in sample.rows:
                for recording, length in zip(row.audio, sample.samples, strict=True):
                    members[str(recording.key)] = Member(folder, str(recording.key), length)
            named = [(f"{folder}: {row.id}", row.conversation(members=members)) for row in sample.rows]
        except ValueError as error:  # ours among them
            return [Group((), (), lost=(str(error),))]
        return self.groups(named, sample.samples)

    def of_row(self, row: Row) -> Group:
        """A row whose recordings are loose files."""
        size, why = self.measure(row)
        if why:
            return Group((), (), lost=(f"{row.name}: {why}",))
        return Group((row.name,), (row.conversation,), size)

    def measure(self, row: Row) -> tuple[int, str]:
        """Tokens of the row by what its files' headers say, and why it cannot be used, if it cannot."""
        try:
            lengths = [round(self._length(part) * SAMPLE_RATE) for part in audio_parts(row.conversation)]
        except AfnextError as error:
            return 0, f"with a recording that cannot be read ({error})"
        if self.too_long(lengths):
            return 0, self.too_long(lengths)
        size = self.size(row.conversation, [count_tokens(length) for length in lengths])
        return size, self.too_many(size)

    def size(self, talk: Conversation, counts: Sequence[int]) -> int:
        """Tokens of a row whose recordings take ``counts``."""
        return len(self._prompt(talk, counts).ids)

    def groups(self, named: Sequence[tuple[str, Conversation]], lengths: Sequence[int]) -> list[Group]:
        """Rows about the same sounds, of ``lengths`` samples each, in as few groups as ``tokens`` and spelling allow.

        Rows share a tree if they begin alike up to the end of the last sound and no answer stands before it.
        """
        counts, lost = [count_tokens(length) for length in lengths], list[str]()
        if why := self.too_long(lengths):
            return [Group((), (), lost=tuple(f"{name}: {why}" for name, _ in named))]
        open_groups: dict[tuple[int, ...], tuple[list[str], list[Conversation], int]] = {}
        done = list[Group]()
        for name, talk in named:
            prompt = self._prompt(talk, counts)
            size, shared = len(prompt.ids), _shared(prompt)
            if why := self.too_many(size):
                lost.append(f"{name}: {why}")
                continue
            if not shared:
                done.append(Group((name,), (talk,), size))
                continue
            beginning = tuple(prompt.ids[:shared])
            names, talks, filled = open_groups.pop(beginning, ([], [], shared))
            if filled + size - shared > self.tokens:
                done.append(Group(tuple(names), tuple(talks), filled))
                names, talks, filled = [], [], shared
            open_groups[beginning] = ([*names, name], [*talks, talk], filled + size - shared)
        done += [Group(tuple(names), tuple(talks), filled) for names, talks, filled in open_groups.values()]
        if lost:
            done = [replace(done[0], lost=tuple(lost)), *done[1:]] if done else [Group((), (), lost=tuple(lost))]
        return done

    def batch(self, groups: Sequence[Group], fetch: Fetch | None = None) -> Batch:
        """The batch of ``groups``, their sounds decoded; those of one that cannot be are lost."""
        trees, cut, lost = list[Tree](), list[list[Window]](), list[str]()
        samples = 0
        for one in groups:
            lost += one.lost
            if not one.talks:
                continue
            try:
                parts, length = self.hear(one.talks[0], fetch)
            except AfnextError as error:
                lost += [f"{name}: {error}" for name in one.names]
                continue
            counts = [sum(window.tokens for window in some) for some in parts]
            prompts = [self._prompt(talk, counts) for talk in one.talks]
            trees.append(join(prompts) if len(prompts) > 1 else whole(prompts[0]))
            cut += parts
            samples += length
        if self.together and not trees:
            trees.append(Tree([self.tokenizer.end_of_text], [0], [IGNORED], 0, [1]))
        return Batch(
            sound=group([window for parts in cut for window in parts], together=self.together),
            windows=tuple(map(len, cut)),
            talk=pack(trees),
            audio_seconds=samples / SAMPLE_RATE,
            lost=tuple(lost),
        )

    def hear(self, talk: Conversation, fetch: Fetch | None) -> tuple[list[list[Window]], int]:
        """The windows of each recording of a row, and their samples in all.

        Raises:
            AudioError: one cannot be decoded.
            ConversationError: one holds nothing that could be heard.
        """
        sounds = [_decoded(part, fetch) for part in audio_parts(talk)]
        parts = [list(windows(sound)) for sound in sounds]
        if not all(parts):
            raise ConversationError("a recording of less than 0.03 s")
        return parts, sum(map(len, sounds))

    def _prompt(self, talk: Conversation, counts: Sequence[int]) -> Prompt:
        return render(talk, counts, self.tokenizer, self.family, generation_prompt=False)

    def too_long(self, lengths: Sequence[int]) -> str:
        """Why recordings of ``lengths`` samples cannot be used; empty if they can."""
        over = any(length > self.longest * SAMPLE_RATE for length in lengths)
        return f"with a recording longer than {self.longest:g} s (rows.longest)" if over else ""

    def too_many(self, size: int) -> str:
        """Why a row of ``size`` tokens cannot be used; empty if it can."""
        return f"longer than {self.context:,} tokens (rows.context, rows.tokens)" if size > self.context else ""

    def _length(self, part: AudioPart) -> float:
        """Seconds of a recording; many rows may be about one, whose header is read once."""
        name = identity(part)
        if name not in self._seconds:
            self._seconds[name] = _seconds(part)
        return self._seconds[name]


def _shared(prompt: Prompt) -> int:
    """Tokens up to the end of the last sound, if conversations may share them; else 0."""
    end = prompt.slots[-1].span[1] if prompt.slots else 0
    return 0 if any(prompt.loss_mask[:end]) else end


def _decoded(part: AudioPart, fetch: Fetch | None) -> FloatArray:
    """The sound of ``part``, 16 kHz mono."""
    if fetch is None or not isinstance(part.source, Member):
        return clip_of(part).samples(_log.debug)
    sound = clip_of(replace(part, source=fetch(part.source))).samples(_log.debug)
    if len(sound) != part.source.length:
        raise AudioError(
            f"{part.source.name} holds {len(sound)} samples", expected=f"{part.source.length}, as its sample says"
        )
    return sound


def _seconds(part: AudioPart) -> float:
    """How long a recording is, by its header where that tells, else by decoding it."""
    clip = clip_of(part)
    start, end = clip.start or 0.0, clip.end
    whole_length = duration(clip.source, rate=clip.rate)
    if whole_length is None:
        return len(clip.samples(_log.debug)) / SAMPLE_RATE
    return max(0.0, (whole_length if end is None else min(end, whole_length)) - start)
