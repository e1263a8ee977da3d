"""How fast, and how far: running rates of a training loop."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from afnext.data.batch import Batch

_log = logging.getLogger(__name__)


@dataclass
class Meter:
    """Counts since the last ``read``, of this process.

    ``count`` gives the operations of a batch, of which the device could do ``peak`` a second, if that is known.
    """

    count: Callable[[Batch], float] = field(default=lambda batch: 0.0)
    peak: float | None = None
    started: float = field(default_factory=time.monotonic)
    audio_seconds: float = 0.0
    tokens: int = 0
    operations: float = 0.0
    steps: int = 0
    skipped: int = 0
    """Steps whose gradient was not finite, since the beginning."""
    lost: int = 0
    """Rows that could not be used, since the beginning."""

    def add(self, batches: Sequence[Batch], figures: Mapping[str, float]) -> None:
        """Count one step; ``figures`` of ``train_step``."""
        self.audio_seconds += sum(batch.audio_seconds for batch in batches)
        self.tokens += sum(batch.tokens for batch in batches)
        self.operations += sum(self.count(batch) for batch in batches) if self.peak else 0.0
        self.steps += 1
        self.skipped += int(figures.get("skipped", 0))
        for batch in batches:
            for row in batch.lost:
                _log.warning("not learnt from: %s", row)
            self.lost += len(batch.lost)

    def read(self) -> dict[str, float]:
        """Rates per second of wall time since the last reading, and start afresh."""
        elapsed = max(1e-9, time.monotonic() - self.started)
        rates = {
            "audio_per_second": round(self.audio_seconds / elapsed, 1),
            "tokens_per_second": round(self.tokens / elapsed, 1),
            "seconds_per_step": round(elapsed / max(1, self.steps), 4),
        }
        rates |= {name: float(n) for name, n in (("skipped_steps", self.skipped), ("lost_rows", self.lost)) if n}
        if self.peak:
            rates["mfu"] = round(self.operations / elapsed / self.peak, 4)
        self.started, self.audio_seconds, self.tokens, self.operations, self.steps = time.monotonic(), 0.0, 0, 0.0, 0
        return rates
