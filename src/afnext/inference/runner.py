"""One pass of the model over whatever is scheduled.  N tokens, V vocabulary, C width."""

from collections.abc import Sequence as Listing
from dataclasses import dataclass

import torch
from torch import Tensor

from afnext.inference.ears import Ears, Wanted
from afnext.inference.listen import Heard, Recording
from afnext.inference.scheduler import Part
from afnext.inference.sequence import Sequence
from afnext.model.cache import KeyValueCache, Pass
from afnext.model.flamingo import Flamingo


@dataclass(frozen=True, eq=False)
class Work:
    """A part of a conversation to be read.

    Attributes:
        part: which tokens.
        sources: what its sounds are, one each.
        heads: the hidden states of so many tokens at its end become logits.
    """

    part: Part
    sources: tuple[Recording | Heard, ...]
    heads: int


class Runner:
    """Reads parts of many conversations as one row of tokens."""

    def __init__(self, model: Flamingo, cache: KeyValueCache, ears: Ears) -> None:
        self._model = model
        self._cache = cache
        self._ears = ears

    @torch.inference_mode()
    def run(self, works: Listing[Work]) -> list[Tensor]:
        """Logits [heads, V] of each, float or half as the model is."""
        rows = [work.part.sequence.row(work.part.count) for work in works]
        ids = [token for work in works for token in _next(work.part.sequence, work.part.count)]
        embeddings = self._model.decoder.embedding(torch.tensor([ids], device=self._cache.keys.device))
        self._put_sounds(works, embeddings[0])
        hidden = self._model.decoder(embeddings, step=Pass(self._cache, rows))[0]
        kept, end = list[int](), 0
        for work in works:
            end += work.part.count
            kept += range(end - work.heads, end)
        if not kept:
            return [hidden.new_empty(0, self._model.config.decoder.vocabulary) for _ in works]
        logits = self._model.logits(hidden[kept] if len(kept) < len(hidden) else hidden)
        return list(torch.split(logits, [work.heads for work in works]))

    def _put_sounds(self, works: Listing[Work], embeddings: Tensor) -> None:
        """Put what is heard at its places in ``embeddings`` [N, C].

        Only where the prompt says so: were a model to write ``<sound>``, it is a word there.
        """
        wanted, places, begin = list[Wanted](), list[int](), 0
        for work in works:
            sequence, read = work.part.sequence, work.part.sequence.read
            for sound, source in zip(sequence.sounds if read < sequence.prompt else (), work.sources, strict=False):
                first = max(sound.start, read)
                end = min(sound.start + sound.tokens, read + work.part.count)
                if first < end:
                    wanted.append(Wanted(source, first - sound.start, end - sound.start))
                    places.append(begin + first - read)
            begin += work.part.count
        for place, heard in zip(places, self._ears.embeddings(wanted) if wanted else (), strict=True):
            embeddings[place : place + len(heard)] = heard


def _next(sequence: Sequence, count: int) -> list[int]:
    return sequence.ids[sequence.read : sequence.read + count]
