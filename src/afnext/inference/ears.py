"""What a model hears: embeddings of windows, encoded when a pass reaches them, and kept under a budget.

W windows, C the decoder's width.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from afnext.audio.spec import TOKENS_PER_WINDOW, WINDOW_SAMPLES, WINDOW_SECONDS
from afnext.audio.windows import stack, windows
from afnext.inference.listen import Heard, Recording
from afnext.model.flamingo import Flamingo

Key = tuple[bytes, int]
"""A recording's digest, and which of its windows."""


@dataclass(frozen=True, eq=False)
class Wanted:
    """Audio tokens ``first`` to ``end`` (exclusive) of a recording."""

    source: Recording | Heard
    first: int
    end: int


class Ears:
    """Encodes each window once, as long as what it gave is within the budget; what was used longest ago goes first."""

    def __init__(self, model: Flamingo, budget: int) -> None:
        """Keeps embeddings of at most ``budget`` bytes beyond the pass that they are for."""
        self._model = model
        self._budget = budget
        self._kept: OrderedDict[Key, Tensor] = OrderedDict()
        self._bytes = 0

    def embeddings(self, wanted: Sequence[Wanted]) -> list[Tensor]:
        """What each of ``wanted`` sounds like, [end - first, C]; windows that are not known are encoded together."""
        needed: dict[Key, Recording] = {}
        for want in wanted:
            if isinstance(want.source, Recording):
                for window in range(want.first // TOKENS_PER_WINDOW, -(-want.end // TOKENS_PER_WINDOW)):
                    needed[want.source.digest, window] = want.source
        here = {key: self._kept[key] for key in needed if key in self._kept}
        device = next(self._model.parameters()).device
        rest, most = [key for key in needed if key not in here], windows_at_once(device)
        for begin in range(0, len(rest), most):
            some = rest[begin : begin + most]
            here.update(zip(some, self._encode([(needed[key], key[1]) for key in some]), strict=True))
        self._keep(here)
        return [self._cut(want, here) for want in wanted]

    def _cut(self, want: Wanted, here: dict[Key, Tensor]) -> Tensor:
        if isinstance(want.source, Heard):
            return want.source.embeddings[want.first : want.end]
        span = range(want.first // TOKENS_PER_WINDOW, -(-want.end // TOKENS_PER_WINDOW))
        pieces = [here[want.source.digest, window] for window in span]
        begin = want.first - span.start * TOKENS_PER_WINDOW
        return torch.cat(pieces)[begin : begin + want.end - want.first]

    @torch.inference_mode()
    def _encode(self, some: Sequence[tuple[Recording, int]]) -> list[Tensor]:
        """Embeddings of windows, each [tokens, C]."""
        device = next(self._model.parameters()).device
        cut = []
        for recording, index in some:
            samples = recording.samples[index * WINDOW_SAMPLES : (index + 1) * WINDOW_SAMPLES]
            cut += list(windows(torch.from_numpy(samples), index * WINDOW_SECONDS))
        mel, frames, starts = (tensor.to(device) for tensor in stack(cut))
        return list(torch.split(self._model.encode(mel, frames, starts), [window.tokens for window in cut]))

    def _keep(self, used: dict[Key, Tensor]) -> None:
        for key, tensor in used.items():
            if key not in self._kept:
                # a view would hold the windows that were encoded beside it, too
                self._kept[key] = tensor.clone() if tensor._is_view() else tensor
                self._bytes += tensor.nbytes
            self._kept.move_to_end(key)
        while self._bytes > self._budget:
            self._bytes -= self._kept.popitem(last=False)[1].nbytes


def windows_at_once(device: torch.device) -> int:
    """How many windows are encoded together.

    One fills a CPU, where several would only take more memory.
    """
    return 1 if device.type == "cpu" else 4
