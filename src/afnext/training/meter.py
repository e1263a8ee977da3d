"""How fast, and how far: running rates of a training loop."""

import time
from dataclasses import dataclass, field


@dataclass
class Meter:
    """Counts since the last ``read``."""

    started: float = field(default_factory=time.monotonic)
    audio_seconds: float = 0.0
    tokens: int = 0
    steps: int = 0

    def add(self, *, audio_seconds: float, tokens: int) -> None:
        """Count one step."""
        self.audio_seconds += audio_seconds
        self.tokens += tokens
        self.steps += 1

    def read(self) -> dict[str, float]:
        """Rates per second of wall time since the last reading, and start afresh."""
        elapsed = max(1e-9, time.monotonic() - self.started)
        rates = {
            "audio_per_second": round(self.audio_seconds / elapsed, 1),
            "tokens_per_second": round(self.tokens / elapsed, 1),
            "seconds_per_step": round(elapsed / max(1, self.steps), 4),
        }
        self.started, self.audio_seconds, self.tokens, self.steps = time.monotonic(), 0.0, 0, 0
        return rates
