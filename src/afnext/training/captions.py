"""Rows as an encoder is taught by them before any language model listens to it: recordings of one window, each with a
caption for the caption decoder to write, or with the words that are said in it for CTC to spell.

Questions are not read, but to tell transcripts from captions: whatever else a row asks, its answer is the caption.
"""

import re
import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from afnext.audio.spec import SAMPLE_RATE
from afnext.audio.windows import Window, count_tokens, windows
from afnext.base.errors import AfnextError, ConversationError
from afnext.data.batch import Batch, group
from afnext.data.feed import RowFeed
from afnext.data.groups import Fetch, Group, Speller
from afnext.data.pack import IGNORED, Tree, pack
from afnext.data.rows import Row
from afnext.dialogue.message import Conversation, audio_parts
from afnext.dialogue.tokenizer import Tokenizer
from afnext.training.heads import CHARACTERS, spell
from afnext.training.recipe import CaptionerRecipe, ObjectiveRecipe

SAID = set(CHARACTERS + string.punctuation + string.whitespace) - set("<>")
"""What a transcript may hold: what CTC spells, and what it leaves out."""


class CaptionSpeller(Speller):
    """Makes batches of captions: window i, what is written about it as tree i, and what is said in it.

    Args:
        captioner: which rows are of transcription, and how long a caption may be.
        objective: which of the two is learnt.
        settings, more: as for ``Speller``.
    """

    def __init__(self, captioner: CaptionerRecipe, objective: ObjectiveRecipe, /, *settings: Any, **more: Any) -> None:
        super().__init__(*settings, **more)
        self.captioner, self.objective = captioner, objective
        self.asks = re.compile(captioner.transcripts, re.IGNORECASE)

    def refuse(self, talk: Conversation) -> str:
        """Why a row is of no use, whatever its recordings are: several of them, or for a loss that is not weighed."""
        clips, answers = len(audio_parts(talk)), sum(message.role == "assistant" for message in talk)
        if clips != 1 or answers != 1:
            return f"with {clips} recordings and {answers} answers, where one of each makes a caption"
        if not self.is_transcript(talk):
            if not self.objective.text:
                return "with a caption (objective.text is 0)"
            long = len(self.caption(talk).ids) > self.captioner.positions
            return f"with a caption of {self.captioner.positions} tokens or more (captioner.positions)" if long else ""
        if not self.objective.transcript:
            return "of transcription (objective.transcript is 0)"
        return "" if set(answer(talk).lower()) <= SAID else "whose words cannot be spelt in the letters a to z"

    def measure(self, row: Row) -> tuple[int, str]:
        """Tokens of sound and caption together, and why the row cannot be used, if it cannot."""
        why = self.refuse(row.conversation)
        return (0, why) if why else super().measure(row)

    def size(self, talk: Conversation, counts: Sequence[int]) -> int:
        """Tokens of sound and caption together."""
        return sum(counts) + len(self.caption(talk).ids)

    def groups(self, named: Sequence[tuple[str, Conversation]], lengths: Sequence[int]) -> list[Group]:
        """Each row by itself, also those about one sound."""
        counts = [count_tokens(length) for length in lengths]
        done = []
        for name, talk in named:
            why = self.refuse(talk) or self.too_long(lengths) or self.too_many(self.size(talk, counts))
            lost = Group((), (), lost=(f"{name}: {why}",))
            done.append(lost if why else Group((name,), (talk,), self.size(talk, counts)))
        return done

    def caption(self, talk: Conversation) -> Tree:
        """The caption; of a row of transcription only the token that begins one."""
        return caption([] if self.is_transcript(talk) else self.tokenizer.encode(answer(talk)), self.tokenizer)

    def is_transcript(self, talk: Conversation) -> bool:
        """Whether the answer is what is said, word for word."""
        return any(m.role == "user" and self.asks.fullmatch(m.text.strip()) for m in talk)

    def batch(self, groups: Sequence[Group], fetch: Fetch | None = None) -> Batch:
        """The batch of ``groups``, their sounds decoded; those of one that cannot be are lost."""
        talks, cut, lost, samples = list[Conversation](), list[Window](), list[str](), 0
        for one in groups:
            lost += one.lost
            for name, talk in zip(one.names, one.talks, strict=True):
                try:
                    [parts], length = self.hear(talk, fetch)
                    if len(parts) > 1:  # its header said otherwise
                        raise ConversationError("a recording longer than one window")
                except AfnextError as error:
                    lost.append(f"{name}: {error}")
                    continue
                talks.append(talk)
                cut += parts
                samples += length
        trees = [self.caption(talk) for talk in talks]
        said = [spell(answer(talk)) if self.is_transcript(talk) else None for talk in talks]
        if not trees:  # silence that nothing is said about: there is always something to compute
            trees, said = [caption([], self.tokenizer)], [None]
            cut = list(windows(np.zeros(SAMPLE_RATE // 10, dtype=np.float32)))
        return Batch(
            sound=group(cut, together=self.together),
            windows=(1,) * len(cut),
            talk=pack(trees),
            audio_seconds=samples / SAMPLE_RATE,
            spoken=tuple(said),
            lost=tuple(lost),
        )


def see_that_all_is_taught(feed: RowFeed, speller: CaptionSpeller) -> None:
    """Raise unless every loss that is weighed has rows in ``feed``.

    Raises:
        ConversationError: one has none.
    """
    transcripts = [speller.is_transcript(row.conversation) for rows in feed.sets for row in rows]
    for loss, what in (("text", "a caption"), ("transcript", "transcription (captioner.transcripts)")):
        if getattr(speller.objective, loss) and (loss == "transcript") not in transcripts:
            why = "; ".join(f"{number} {reason}" for reason, number in feed.left_out.items())
            raise ConversationError(
                f"no row of {what} to learn from" + (f": {why}" if why else ""),
                do=f"add some to data, or set objective.{loss} to 0",
            )


def answer(talk: Conversation) -> str:
    """The words of the row's only answer."""
    [told] = [message.text for message in talk if message.role == "assistant"]
    return told


def caption(words: Sequence[int], tokenizer: Tokenizer) -> Tree:
    """A caption as token ids: what begins a turn, its words, to be predicted with what ends a turn; or nothing is."""
    ids = [tokenizer.turn_start, *words]
    targets = [*words, tokenizer.turn_end] if words else [IGNORED]
    return Tree(ids, list(range(len(ids))), targets, 0, [len(ids)])
