"""The token loop over a batch.  B rows, L tokens of the longest prompt, C width, V vocabulary."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from afnext.base.errors import RequestError
from afnext.inference.request import Sampling
from afnext.inference.sampling import Sampler
from afnext.model.cache import KeyValueCache
from afnext.model.flamingo import Flamingo


@dataclass(frozen=True, eq=False)
class Job:
    """A row to run.

    Attributes:
        ids: the prompt's token ids.
        audio: embeddings [n, C] of its n audio slots, clip after clip.
        sampling: how to choose.
        limit: the most ids it may write.
    """

    ids: list[int]
    audio: list[Tensor]
    sampling: Sampling
    limit: int


class Runner:
    """Rows that write side by side, each as if it were alone; finished ones leave.

    Prompts are padded on the right, where no token looks, and each row of the cache stands at its own length.

    >>> runner = Runner(model, jobs)          # doctest: +SKIP
    >>> while rows:          # doctest: +SKIP
    ...     ids = runner.step()
    ...     runner.keep([row for row in range(len(ids)) if not ended(ids[row])])
    """

    def __init__(self, model: Flamingo, jobs: Sequence[Job]) -> None:
        self._model = model
        weight = model.decoder.embedding.weight
        config = model.config.decoder
        # the last id written is never read again, and needs no place
        capacity = max(len(job.ids) + job.limit - 1 for job in jobs)
        self._cache = KeyValueCache(config, len(jobs), capacity, device=weight.device, dtype=weight.dtype)
        # where rows differ in length, masked places are read with weight 0, and 0 times garbage memory may be NaN
        self._cache.keys.zero_()
        self._cache.values.zero_()
        self._sampler = Sampler(
            [job.sampling for job in jobs], [job.ids for job in jobs], config.vocabulary, weight.device
        )
        self._jobs: Sequence[Job] | None = jobs
        self._last: list[int] = []

    @torch.inference_mode()
    def step(self) -> list[int]:
        """The next id of each row.

        Raises:
            RequestError: the model computes no numbers, as half precision does where it overflows.
        """
        if self._jobs is not None:
            hidden = self._read(self._jobs)
            self._jobs = None
        else:
            last = torch.tensor(self._last, device=self._cache.keys.device)[:, None]
            # not model.embed: were a model to write <sound>, it is a word here
            hidden = self._model.decoder(self._model.decoder.embedding(last), self._cache)[:, -1]
        logits = self._model.logits(hidden)
        if not logits.float().sum().isfinite():
            raise RequestError(
                f"the model's numbers are not finite in {str(logits.dtype).removeprefix('torch.')}",
                do="give dtype=float32, or bfloat16; if they are not finite there either, its weights are damaged",
            )
        self._last = self._sampler.choose(logits)
        return self._last

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these rows only, in this order."""
        if list(rows) == list(range(len(self._last))):
            return
        with torch.inference_mode():
            self._cache.keep(rows)
            self._sampler.keep(rows)
        self._last = [self._last[row] for row in rows]

    def _read(self, jobs: Sequence[Job]) -> Tensor:
        """Take in the prompts; the hidden state [B, C] of each one's last token."""
        counts = [len(job.ids) for job in jobs]
        device = self._cache.keys.device
        ids = torch.full((len(jobs), max(counts)), self._model.config.pad_id, device=device)
        for row, job in enumerate(jobs):
            ids[row, : counts[row]] = torch.tensor(job.ids, device=device)
        audio = [piece for job in jobs for piece in job.audio]
        embeddings = self._model.embed(ids, torch.cat(audio) if audio else None)
        hidden: Tensor = self._model.decoder(embeddings, self._cache, counts)
        return hidden[torch.arange(len(jobs), device=device), torch.tensor(counts, device=device) - 1]
