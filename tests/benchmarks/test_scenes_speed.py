"""benchmarks/scenes.py: hours an hour are what was written over what it took, and a process tells its own memory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import scenes
from afnext.scenes.bank import BankSize, build
from afnext.scenes.sources import LABELS
from afnext.scenes.write import Written

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks/scenes.py"


def test_speed_is_recordings_over_time(monkeypatch):
    """Half an hour of recordings in 10 s on the clock and 15 s of two processors."""
    clock, used = iter([100.0, 110.0] * 2), iter([1.0, 16.0] * 2)
    monkeypatch.setattr(scenes, "CORES", 2)
    monkeypatch.setattr(scenes.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(scenes, "processor_seconds", lambda: next(used))
    monkeypatch.setattr(scenes, "write_scenes", lambda *_, **__: Written(9, 1800.0, 50))
    assert scenes.speed(None, "mix", 0.5, cpu_time=False).ours == 180.0
    assert scenes.speed(None, None, 0.5, cpu_time=True).ratio == 240.0


@pytest.mark.scenes_tools
def test_a_process_tells_the_memory_of_half_an_hour(tmp_path):
    bank = tmp_path / "bank"
    build(bank, "test", 0, BankSize(variants=1, sounds=LABELS["sound"][:4], sentences=4, phrases=1))
    code = (
        f"import scenes, pathlib; scenes.BANK = pathlib.Path({str(bank)!r}); scenes.SECONDS = 60.0; scenes.one('mix')"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=SCRIPT.parent, check=True, capture_output=True, text=True
    ).stdout
    assert 40 < json.loads(told) < 300
