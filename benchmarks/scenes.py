"""How fast scenes are made, and in how little memory.

    python benchmarks/scenes.py               a table
    python benchmarks/scenes.py --json        one object: figure -> {ours, peer, ratio, unit}
    python benchmarks/scenes.py --quick       shorter, within a minute or two
    python benchmarks/scenes.py --cpu-time    by the processor time used, for a machine with other work

**Speed.** Hours of recordings an hour, with their truth and questions, written as `afnext scenes` writes them by as
many processes as there are cores, two at most; by form, and on average over a folder of all forms. The bank of sources
is made beforehand: it is made once for a folder, however long. The peer is real time. ``--cpu-time`` divides by
processor seconds and counts two cores.

**Memory.** The most that one process held (resident, in MB) that wrote one recording of 30 minutes, by form. The peer
is the sound itself as float32: 115 MB.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from _memory import resident
from afnext import AfnextError
from afnext.scenes.bank import Bank, BankSize, build
from afnext.scenes.forms.group import FORMS
from afnext.scenes.write import write_scenes

ROOT = Path(__file__).resolve().parent.parent
BANK = ROOT / "out/bank/benchmark"
SIZE = BankSize(variants=6, sentences=200, phrases=8)
MINUTES = {"alike": (0.3, 0.9), "set": (0.5, 1.8)}
"""Shortest and longest of the forms that are short; of the others half a minute to ten."""
LONG = ("mix", "scape", "talk", "music", "needle")
CORES = min(2, os.cpu_count() or 1)
SECONDS = 1800.0


@dataclass(frozen=True)
class Figure:
    """A measured value beside that of its peer; ``ratio`` is above 1 where ours is better."""

    ours: float
    peer: float
    ratio: float
    unit: str


def speed(bank: Bank, form: str | None, hours: float, *, cpu_time: bool) -> Figure:
    """Hours of recordings an hour; ``form`` None: all forms as `afnext scenes` mixes them."""
    minutes = MINUTES.get(form or "", (0.5, 10.0))
    with tempfile.TemporaryDirectory() as folder:
        begun, used = time.perf_counter(), processor_seconds()
        written = write_scenes(
            Path(folder) / "scenes", hours, 1, "test", minutes,
            forms=None if form is None else [form], sources=bank, workers=CORES,
        )  # fmt: skip
        wall, used = time.perf_counter() - begun, processor_seconds() - used
    rate = written.seconds / (used / CORES if cpu_time else wall)
    return Figure(round(rate, 1), 1.0, round(rate, 1), "hours an hour")


def processor_seconds() -> float:
    """Of this process and of those that it started and that have ended."""
    both = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def memory(form: str) -> Figure:
    """Megabytes of a fresh process that writes 30 minutes of ``form``."""
    command = [sys.executable, str(Path(__file__).resolve()), "--one", form]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    peak, raw = float(told), SECONDS * 16_000 * 4 / 1e6
    return Figure(round(peak, 0), round(raw, 0), round(raw / peak, 2), "MB")


def one(form: str) -> None:
    """Write 30 minutes of ``form`` and print the most memory that this process held, in MB."""
    half_hour = (SECONDS / 60, SECONDS / 60)
    with tempfile.TemporaryDirectory() as folder:
        write_scenes(
            Path(folder) / "scenes", SECONDS / 3600, 2, "test", half_hour, forms=[form], sources=Bank.open(BANK)
        )
    print(resident("VmHWM") / 1e6)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--cpu-time", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        one(asked.one)
        return
    bank = Bank.open(BANK) if (BANK / "index.json").exists() else build(BANK, "test", 0, SIZE)
    hours = 0.25 if asked.quick else 1.5
    figures = {f"speed_{form}": speed(bank, form, hours, cpu_time=asked.cpu_time) for form in FORMS}
    figures["speed_all"] = speed(bank, None, 2 * hours, cpu_time=asked.cpu_time)
    figures |= {f"memory_30min_{form}": memory(form) for form in (LONG[:1] if asked.quick else LONG)}
    if asked.json:
        print(json.dumps({name: vars(figure) for name, figure in figures.items()}))
        return
    print(f"{'':22} {'ours':>8} {'peer':>8} {'ratio':>8}")
    for name, figure in figures.items():
        print(f"{name:22} {figure.ours:8g} {figure.peer:8g} {figure.ratio:8g}  {figure.unit}")


if __name__ == "__main__":
    try:
        main()
    except AfnextError as error:
        sys.exit(f"scenes: {error}")
