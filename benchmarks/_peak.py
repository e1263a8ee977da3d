"""Peak memory of a question, each side in a process of its own. The scripts beside this file use it.

The highest resident memory, less what the process held after the same question about one second, when weights and
libraries were in memory.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import torch

from _clock import Comparison
from _memory import forget_peak, resident
from _sides import Ours, Theirs, sound
from afnext.audio.spec import SAMPLE_RATE


def peak_memory(folder: Path, seconds: int, threads: int) -> tuple[Comparison, str]:
    """Peak memory for a recording, and the processes' memory in words. The two run at the same time."""
    ours, peer = (start(who, folder, seconds, max(1, threads // 2)) for who in ("ours", "peer"))
    try:
        held = {"ours": finish(ours), "transformers": finish(peer)}
    finally:
        peer.kill()  # which has ended, unless ours failed
    grown = [(it["peak"] - it["base"]) / 1e6 for it in held.values()]
    told = "; ".join(f"{who} from {it['base'] / 1e6:.0f} to {it['peak'] / 1e6:.0f} MB" for who, it in held.items())
    return Comparison(grown[0], grown[1], "MB"), f"memory of whole processes: {told}"


def start(who: str, folder: Path, seconds: int, threads: int) -> subprocess.Popen[str]:
    """This file as the process that measures the memory of one side."""
    command = [sys.executable, __file__, who, str(folder), str(seconds), str(threads)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> dict[str, int]:
    """What it printed: bytes held before (``base``) and at most (``peak``)."""
    printed = process.communicate()[0]
    if process.returncode:
        sys.exit(f"measuring memory ended with {process.returncode}; its message is above")
    held: dict[str, int] = json.loads(printed)
    return held


def main() -> None:
    """In the process that ``start`` makes: print bytes held before and at most, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("who", choices=("ours", "peer"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("seconds", type=int)
    parser.add_argument("threads", type=int)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    one: Ours | Theirs = Ours(given.folder) if given.who == "ours" else Theirs(given.folder)
    long = sound(given.seconds)
    one.ask(long[:SAMPLE_RATE])
    base = resident()
    forget_peak()
    one.ask(long)
    print(json.dumps({"base": base, "peak": resident("VmHWM")}))


if __name__ == "__main__":
    main()
