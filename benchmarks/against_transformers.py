"""Ours against ``transformers``: the same weights, the same machine, one run, in turn.

    python benchmarks/against_transformers.py              a table; a few minutes
    python benchmarks/against_transformers.py --quick      smaller, within a minute
    python benchmarks/against_transformers.py --json       one object: figure -> {ours, peer, ratio, unit}
    python benchmarks/against_transformers.py --size large
    python benchmarks/against_transformers.py --cpu-time   one thread's processor time, where the machine is busy

Random weights are written by ``afnext`` and read by ``MusicFlamingoForConditionalGeneration`` from the same folder;
before anything is timed, both must hear and answer the same. Ratios are of medians over rounds in which the two take
turns, and above 1 where ours is better.

    log_mel             10 minutes of sound to log-mel windows
    encode_5s, _30s, _10min  log-mel windows to embeddings: encoder, time rotary, adaptor
    first_token         a question about 10 s of sound, from samples and text to the first token (and _30s)
    decode              tokens a second after a prompt of 256, one row
    peak_memory_10min   a question about 10 minutes, to the first token. A process of its own for each: the highest
                        resident memory, less what the process held after the same question about one second, when
                        weights and libraries were in memory

What the machine could do at best is measured in the same run: float32 matrix products, and reading memory.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

from _clock import Comparison, in_turn, matmul_rate, per_second, race, read_rate
from _peak import peak_memory
from _sides import Ours, Theirs, sound, write_model
from _sizes import SIZES
from afnext.audio.spec import SAMPLE_RATE
from afnext.cli.progress import progress_bars

LONG = 600
"""Seconds of the long recording."""
PROMPT, WRITTEN = 256, 32
"""Tokens before decoding is timed, and how many are written."""
CLOSE = 1e-3
"""Largest difference between embeddings that counts as the same."""


def check(ours: Ours, theirs: Theirs, ids: list[int]) -> str:
    """Exit unless both hear the same; say how alike they write."""
    for seconds in (5, 61):
        clip = sound(seconds)
        difference = float((ours.encode(ours.batches(clip)) - theirs.encode(theirs.inputs(clip))).abs().max())
        if difference > CLOSE:
            sys.exit(f"against_transformers: embeddings of {seconds} s differ by {difference:.2g}; expected {CLOSE}")
    written = (ours.write(ids, WRITTEN)[0], theirs.write(ids, WRITTEN)[0])
    same = sum(one == other for one, other in zip(*written, strict=True))
    return f"the same embeddings within {CLOSE:g}; {same} of {WRITTEN} greedy tokens the same"


def figures(ours: Ours, theirs: Theirs, ids: list[int], rounds: int, quick: bool) -> Iterator[tuple[str, Comparison]]:
    """Everything that is timed."""
    clock, long = ours.clock, sound(LONG)
    yield "log_mel", race(partial(ours.mel, long), partial(theirs.mel, long), rounds, clock)
    for name, seconds in (("encode_5s", 5), ("encode_30s", 30), *(() if quick else (("encode_10min", LONG),))):
        clip = long[: seconds * SAMPLE_RATE]
        mine, yours = partial(ours.encode, ours.batches(clip)), partial(theirs.encode, theirs.inputs(clip))
        yield name, race(mine, yours, rounds if seconds < LONG else 1, clock)
    for name, seconds in (("first_token", 10), *(() if quick else (("first_token_30s", 30),))):
        clip = long[: seconds * SAMPLE_RATE]
        yield name, race(partial(ours.ask, clip), partial(theirs.ask, clip), rounds, clock)
    written = (lambda: per_second(ours.write(ids, WRITTEN)[1]), lambda: per_second(theirs.write(ids, WRITTEN)[1]))
    rates = in_turn(*written, rounds)
    yield "decode", Comparison(*rates, unit="tokens/s", higher_is_better=True)


def limits(ours: Ours, found: dict[str, Comparison]) -> str:
    """What the machine can do at best, measured now, and how near ours comes to it."""
    batch = ours.batches(sound(30))
    attention = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
    shapes: Any = {attention: lambda q, k, v, *_, **__: sdpa_flop_count(q, k, v)}  # type: ignore[no-untyped-call]
    with FlopCounterMode(display=False, custom_mapping=shapes) as counter:
        ours.encode(batch)
    flops, best = counter.get_total_flops() / found["encode_30s"].ours, matmul_rate(ours.clock)
    decoder = ours.engine.model.decoder
    weighed = {id(weight): weight.nbytes for weight in decoder.parameters()}
    table = 0 if decoder.config.tied else decoder.embedding.weight.nbytes  # of which one row is read
    read, most = (sum(weighed.values()) - table) * found["decode"].ours, read_rate(ours.clock)
    return (
        f"of this machine's {best / 1e9:.0f} GFLOP/s in matrix products encode_30s uses {flops / 1e9:.0f} "
        f"({flops / best:.0%}); of its {most / 1e9:.1f} GB/s from memory decode uses {read / 1e9:.1f} "
        f"({read / most:.0%})"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=("small", "medium", "large"), help="of the model; medium unless --quick")
    parser.add_argument("--quick", action="store_true", help="the small size and few rounds, within a minute")
    parser.add_argument("--rounds", type=int, metavar="N", help="measurements behind each median")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), metavar="N", help="of torch, for both")
    parser.add_argument("--cpu-time", action="store_true", help="one thread's processor time, not the wall clock's")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    threads = 1 if given.cpu_time else given.threads
    torch.set_num_threads(threads)
    size = given.size or ("small" if given.quick else "medium")
    rounds = given.rounds or (3 if given.quick else 5)
    clock = time.process_time if given.cpu_time else time.perf_counter

    with progress_bars() as tell, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_model(folder, SIZES[size])
        ours, theirs = Ours(folder, clock), Theirs(folder, clock)
        ids = np.random.default_rng(0).integers(20, 1000, PROMPT).tolist()
        alike = check(ours, theirs, ids)
        found: dict[str, Comparison] = {}
        for name, comparison in figures(ours, theirs, ids, rounds, given.quick):
            found[name] = comparison
            tell("Measuring", len(found), 8)
        best = limits(ours, found)
        del ours, theirs
        found["peak_memory_10min"], whole = peak_memory(folder, LONG, threads)
    if given.json:
        print(json.dumps({name: comparison.to_dict() for name, comparison in found.items()}))
        return
    timed = "processor time of one thread" if given.cpu_time else f"threads: {threads}"
    print(f"size {size}, float32, {timed}, medians of {rounds}; {alike}")
    print(f"{'':18}{'ours':>10}{'transformers':>14}  {'unit':10}{'ratio':>6}")
    for name, it in found.items():
        print(f"{name:18}{it.ours:10.4g}{it.peer:14.4g}  {it.unit:10}{it.ratio:6.2f}")
    print(best)
    print(whole)


if __name__ == "__main__":
    main()
