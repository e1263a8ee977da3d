"""Answers to held-out rows, while a model is trained: how many are right, word for word."""

import logging
import re
import unicodedata
from collections.abc import Sequence

import torch

from afnext.base.errors import AfnextError
from afnext.data.feed import RowFeed
from afnext.data.groups import Group
from afnext.data.rows import Row
from afnext.dialogue.timestamps import parse
from afnext.inference.engine import Engine
from afnext.inference.request import Request, Sampling
from afnext.training.captions import CaptionSpeller
from afnext.training.heads import Captioner, unspell
from afnext.training.learner import Learner, heard_apart
from afnext.training.recipe import HeldOutRecipe

_log = logging.getLogger(__name__)


class HeldOut:
    """Rows that nothing is learnt from.

    Args:
        feed: what finds out which rows can be used.
        recipe: how many are answered, and how long an answer may be.
    """

    def __init__(self, feed: RowFeed, recipe: HeldOutRecipe) -> None:
        self.speller = feed.speller
        self.recipe = recipe
        self.rows = [row for rows in feed.sets for row in rows][: recipe.limit]

    @torch.no_grad()
    def right(self, learner: Learner) -> float:
        """Share of the rows that are answered as they should be, but for case, punctuation and blanks.

        The last answer of a row counts, without its reasoning. A row whose recording fails is not right.
        """
        learner.eval()
        told = self._written(learner, learner.captioner) if learner.captioner else self._answered(learner)
        learner.train()
        return sum(same(one, wanted(row)) for one, row in zip(told, self.rows, strict=True)) / len(self.rows)

    def _answered(self, learner: Learner) -> list[str]:
        """By the model, as ``afnext ask`` has it answer."""
        engine = Engine(learner.model, self.speller.tokenizer, self.speller.family)
        sampling = Sampling(max_new_tokens=self.recipe.max_new_tokens)
        requests = [Request(row.conversation[: _last(row)], sampling) for row in self.rows]
        try:
            return [reply.text for reply in engine.generate(requests)]
        except AfnextError:
            return [self._alone(engine, row, request) for row, request in zip(self.rows, requests, strict=True)]

    def _alone(self, engine: Engine, row: Row, request: Request) -> str:
        try:
            return engine.generate([request])[0].text
        except AfnextError as error:
            _log.warning("not answered: %s: %s", row.name, error)
            return ""

    def _written(self, learner: Learner, captioner: Captioner) -> list[str]:
        """By the caption decoder, and of rows of transcription by the likeliest letters."""
        speller, tokenizer = self.speller, self.speller.tokenizer
        assert isinstance(speller, CaptionSpeller), "captions are spelt by a speller of captions"
        told = []
        for row in self.rows:
            batch = speller.batch([Group((row.name,), (row.conversation,))])
            if batch.lost:
                _log.warning("not answered: %s", batch.lost[0])
                told.append("")
                continue
            [tokens], [frames] = heard_apart(learner.model.encoder, batch.to(next(learner.parameters()).device).sound)
            if speller.is_transcript(row.conversation):
                told.append(unspell(captioner.transcript(frames).argmax(-1).tolist()))
            else:
                [ids] = captioner.decoder.write(
                    tokens[None],
                    torch.tensor([len(tokens)], device=tokens.device),
                    start=tokenizer.turn_start,
                    stop=tokenizer.turn_end,
                    limit=self.recipe.max_new_tokens,
                )
                told.append(tokenizer.decode(ids))
        return told


def same(one: str, other: str) -> bool:
    """Whether two answers are alike but for case, punctuation and blanks."""
    return _plain(one) == _plain(other)


def wanted(row: Row) -> str:
    """The last answer of a row, without its reasoning."""
    return parse(row.conversation[_last(row)].text).answer


def _last(row: Row) -> int:
    """Where the last answer stands."""
    return max(place for place, message in enumerate(row.conversation) if message.role == "assistant")


def _plain(text: str) -> Sequence[str]:
    return re.sub(r"[^\w\s]", " ", unicodedata.normalize("NFKC", text).casefold()).split()
