"""The engine against the generate loop of ``transformers``: the same weights, the same machine, one run, in turn.

    python benchmarks/engine.py                        a table; a quarter of an hour
    python benchmarks/engine.py --quick                smaller, within a minute
    python benchmarks/engine.py --json                 one object: figure -> {ours, peer, ratio, unit}
    python benchmarks/engine.py --sizes small,medium,large,real-encoder
    python benchmarks/engine.py --only decode_int8     some of the figures; --long, --questions: smaller ones
    python benchmarks/engine.py --cpu-time             one thread's processor time, where the machine is busy
    python benchmarks/engine.py --profile              where the time of ours goes
    python benchmarks/engine.py --real-size FOLDER     the published shape of 8B by itself, in bf16, int8 and int4

Random weights are written by ``afnext`` and read by ``MusicFlamingoForConditionalGeneration`` from the same folder.
Before a figure is timed both must give the same greedy tokens in float32, and the answers of the last timed round are
compared again. Ratios are of medians over rounds in which the two take turns, and above 1 where ours is better.

    ten_questions      ten questions about one recording of 10 minutes, to the last answer. Ours: one ask_many of an
                       engine that has heard nothing; theirs: a loop, as its users write it
    sixteen_at_once    tokens a second over 16 requests, half of them about 2 to 5 s of sound, against theirs one by
                       one (and beside it against theirs in padded batches)
    first_token_10min  one question about 10 minutes, from samples to the first token
    decode_bf16, _int8, _int4  tokens a second of one stream, 0.5 B parameters, against theirs in bf16
    peak_memory_30min  a question about 30 minutes, to the first token. A process of its own for each: the highest
                       resident memory, less what the process held after the same question about one second

``real-encoder`` and the larger sizes take hours on a CPU: ``--long 30 --questions 3`` makes that minutes, and the table
says so. With several sizes, the figures of all but the first are called ``figure@size`` in the object.

``limit`` is the share of what the machine could do at best, measured in the same run: arithmetic at the rate of its
matrix products, weights read at the rate of its memory (``_limits.py``); of memory, the keys and values alone.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from _clock import Clock, Comparison, in_turn, per_second, seconds
from _limits import Machine, measure, shortest, step_bytes
from _peak import peak_memory
from _profile import Shares, shares, table
from _real import real_size
from _sides import QUESTION, Asked, Ours, Theirs, sound, write_model
from _sizes import SIZES, TALKER
from afnext import Reply
from afnext.audio.spec import SAMPLE_RATE, SECONDS_PER_TOKEN
from afnext.model.config import FlamingoConfig
from afnext.model.count import cache_bytes

AIMS = {
    "first_token_10min": 1.5,
    "ten_questions": 6.0,
    "sixteen_at_once": 4.0,
    "peak_memory_30min": 2.5,
    "decode_bf16": 1.3,
    "decode_int8": 2.3,
    "decode_int4": 3.0,
}
"""The figures, and the ratios aimed at; those of ``decode`` where reading memory is the limit."""
STREAMS = {"decode_bf16": None, "decode_int8": "int8", "decode_int4": "int4"}
REQUESTS = 16
PROMPT = 32
"""Tokens before a stream is timed: few, because some machines take long to read many in bfloat16."""


@dataclass(frozen=True)
class Load:
    """How much is asked.

    Attributes:
        long, longest: seconds of the recordings of first_token_10min and ten_questions, and of peak_memory_30min.
        questions: about the long one.
        answer: tokens of each answer to them.
        short: tokens of each of the sixteen answers.
        stream: tokens of a stream.
        talker: the model that writes the streams.
    """

    long: int = 600
    longest: int = 1800
    questions: int = 10
    answer: int = 32
    short: int = 64
    stream: int = 32
    talker: FlamingoConfig = TALKER

    def many(self) -> list[Asked]:
        """The questions about the long recording."""
        clip = sound(self.long)
        return [(clip, f"{QUESTION} Tell of part {number}.") for number in range(1, self.questions + 1)]


QUICK = Load(long=40, longest=120, questions=4, answer=8, short=16, stream=16, talker=SIZES["small"])


def brief() -> list[Asked]:
    """The sixteen short requests: every other about sound, each of its own length."""
    lengths = [round((2 + 3 * number / REQUESTS) * SAMPLE_RATE) for number in range(REQUESTS)]
    clip = sound(5)
    return [
        (clip[:length] if number % 2 else None, f"Request {number}: {QUESTION}")
        for number, length in enumerate(lengths)
    ]


@dataclass
class Measuring:
    """How it is measured.

    Attributes:
        only: the figures wanted.
        shares: where the time of ours goes, figure by figure; None: nobody asks.
    """

    clock: Clock
    rounds: int
    load: Load
    only: Sequence[str]
    machine: Machine
    shares: dict[str, Shares] | None

    def profile(self, name: str, work: Callable[[], object]) -> None:
        """See where the time of ``work`` goes, if asked to."""
        if self.shares is not None:
            self.shares[name] = shares(work)


@dataclass(frozen=True)
class Figure:
    """What was measured, the share of the machine's best that ours comes to, and a word beside."""

    it: Comparison
    limit: float
    note: str = ""


class Answers:
    """Both sides' answers to the same, which must be the same.

    Args:
        asked: what is asked.
        count: tokens of each answer.
        ours: answers all at once.
        theirs: answers in a way of its own.
    """

    def __init__(
        self,
        asked: Sequence[Asked],
        count: int,
        ours: Ours,
        theirs: Callable[[Sequence[Asked], int], list[str]],
    ) -> None:
        self._asked, self._count = asked, count
        self._ours, self._theirs = ours, theirs
        self.replies: list[Reply] = []
        self._texts: list[str] = []

    def check(self, few: int | None = None) -> None:
        """Exit unless both give the same, to the first ``few`` or to all."""
        self._ask_ours(few)
        self._ask_theirs(few)
        self._compare()

    def race(self, rounds: int) -> Comparison:
        """Median seconds of both, taking turns; ``replies`` are those of the last round of ours."""
        clock = self._ours.clock
        sides = partial(seconds, self._ask_ours, clock), partial(seconds, self._ask_theirs, clock)
        times = in_turn(*sides, rounds, warm=False)
        self._compare()
        return Comparison(*times, unit="s")

    def _ask_ours(self, few: int | None = None) -> None:
        self.replies = self._ours.answer(self._asked[:few], self._count)

    def _ask_theirs(self, few: int | None = None) -> None:
        self._texts = self._theirs(self._asked[:few], self._count)

    def _compare(self) -> None:
        for number, (reply, text) in enumerate(zip(self.replies, self._texts, strict=True), 1):
            if reply.raw != text or reply.usage.completion_tokens != self._count:
                sys.exit(f"engine: answer {number} of {len(self._asked)}: {reply.raw!r}, and of transformers {text!r}")


def answering(folder: Path, how: Measuring) -> Iterator[tuple[str, Figure]]:
    """The times of answers. Both sides answer the same, in part at least, before any is taken."""
    ours, theirs = Ours(folder, how.clock), Theirs(folder, how.clock)
    load, many = how.load, how.load.many()
    if {"first_token_10min", "ten_questions"} & set(how.only):
        Answers(many, load.answer, ours, theirs.answer).check(few=2)
    for name, asked, count in (("first_token_10min", many[:1], 1), ("ten_questions", many, load.answer)):
        if name in how.only:
            answers = Answers(asked, count, ours, theirs.answer)
            it = answers.race(how.rounds)
            least = shortest(ours.engine, answers.replies, [load.long], how.machine)
            how.profile(name, lambda asked=asked, count=count: ours.answer(asked, count))  # type: ignore[misc]
            yield name, Figure(it, least / it.ours)
    if "sixteen_at_once" in how.only:
        yield "sixteen_at_once", sixteen(ours, theirs, how)


def sixteen(ours: Ours, theirs: Theirs, how: Measuring) -> Figure:
    """Tokens a second over short requests at once, against a loop, and beside it against padded batches."""
    asked, count = brief(), how.load.short
    one_by_one, padded = (Answers(asked, count, ours, way) for way in (theirs.answer, theirs.answer_padded))
    one_by_one.check()
    padded.check()
    it, beside, tokens = one_by_one.race(how.rounds), padded.race(how.rounds), REQUESTS * count
    heard = [len(samples) / SAMPLE_RATE for samples, _ in asked if samples is not None]
    least = shortest(ours.engine, one_by_one.replies, heard, how.machine)
    how.profile("sixteen_at_once", lambda: ours.answer(asked, count))
    rates = Comparison(tokens / it.ours, tokens / it.peer, "tokens/s", higher_is_better=True)
    note = f"{beside.ratio:.2f} against padded batches of theirs, which write {tokens / beside.peer:.4g} tokens/s"
    return Figure(rates, least / it.ours, note)


def streaming(folder: Path, how: Measuring) -> Iterator[tuple[str, Figure]]:
    """Tokens a second of one stream, against theirs in bfloat16."""
    ids, count = np.random.default_rng(0).integers(20, 1000, PROMPT).tolist(), how.load.stream
    mine, yours = (side(folder).write(ids, count)[0] for side in (Ours, Theirs))
    if mine != yours:
        sys.exit(f"engine: a stream in float32 is {mine}, and of transformers {yours}")
    theirs = Theirs(folder, how.clock, dtype="bfloat16")
    for name, scheme in STREAMS.items():
        if name in how.only:
            ours = Ours(folder, how.clock, dtype="bfloat16", quantize=scheme)
            rates = in_turn(partial(_rate, ours, ids, count), partial(_rate, theirs, ids, count), how.rounds)
            it = Comparison(*rates, unit="tokens/s", higher_is_better=True)
            how.profile(name, partial(ours.write, ids, count))
            yield name, Figure(it, it.ours * step_bytes(ours.engine) / how.machine.read)


def _rate(side: Ours | Theirs, ids: list[int], count: int) -> float:
    return per_second(side.write(ids, count)[1])


def remembering(folder: Path, config: FlamingoConfig, length: int, threads: int) -> Figure:
    """Peak memory for a recording of ``length`` seconds."""
    it, whole = peak_memory(folder, length, threads)
    held = cache_bytes(config, round(length / SECONDS_PER_TOKEN), torch.float32) / 1e6
    return Figure(it, held / it.ours, whole)


def figures(sizes: Sequence[str], how: Measuring, threads: int) -> Iterator[tuple[str, Figure]]:
    """All that are wanted, those of the second size on called ``figure@size``."""
    for size in sizes:
        suffix = "" if size == sizes[0] else f"@{size}"
        if set(how.only) - STREAMS.keys():
            with tempfile.TemporaryDirectory() as place:
                write_model(Path(place), SIZES[size])
                if set(how.only) - STREAMS.keys() - {"peak_memory_30min"}:
                    for name, figure in answering(Path(place), how):
                        yield name + suffix, figure
                if "peak_memory_30min" in how.only:
                    held = remembering(Path(place), SIZES[size], how.load.longest, threads)
                    yield f"peak_memory_30min{suffix}", held
    if STREAMS.keys() & set(how.only):
        with tempfile.TemporaryDirectory() as place:
            write_model(Path(place), how.load.talker, torch.bfloat16)
            yield from streaming(Path(place), how)


def _names(known: Sequence[str], text: str) -> list[str]:
    """An option that lists some of ``known``."""
    given = text.split(",")
    if unknown := [name for name in given if name not in known]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(known)}")
    return given


def _count(text: str) -> int:
    """An option that is a whole number of 1 or more."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{number}; expected 1 or more")
    return number


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=partial(_names, list(SIZES)), default=["small"], help=", ".join(SIZES))
    parser.add_argument("--only", type=partial(_names, list(AIMS)), default=list(AIMS), help="some of the figures")
    parser.add_argument("--quick", action="store_true", help="shorter recordings and answers, within a minute")
    parser.add_argument("--rounds", type=_count, metavar="N", help="measurements behind each median")
    parser.add_argument("--long", type=_count, metavar="SECONDS", help="of the recording in place of 10 minutes")
    parser.add_argument("--longest", type=_count, metavar="SECONDS", help="of the recording in place of 30 minutes")
    parser.add_argument("--questions", type=_count, metavar="N", help="in place of ten")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), metavar="N", help="of torch, for both")
    parser.add_argument("--cpu-time", action="store_true", help="one thread's processor time, not the wall clock's")
    parser.add_argument("--profile", action="store_true", help="a table of where the time of ours goes")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--real-size", metavar="FOLDER|make", help="measure ours alone at 8B; made if it is not there")
    parser.add_argument("--preset", default="af-next", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    threads = 1 if given.cpu_time else given.threads
    torch.set_num_threads(threads)
    load = QUICK if given.quick else Load()
    load = replace(
        load, **{name: getattr(given, name) for name in ("long", "longest", "questions") if getattr(given, name)}
    )
    if given.real_size:
        real_size(given.real_size, given.preset, load.long, threads, as_json=given.json)
        return
    clock = time.process_time if given.cpu_time else time.perf_counter
    how = Measuring(
        clock,
        given.rounds or (1 if given.quick else 3),
        load,
        given.only,
        measure(clock),
        {} if given.profile else None,
    )
    found: dict[str, Figure] = {}
    if not given.json:
        timed = "processor time of one thread" if given.cpu_time else f"threads: {threads}"
        print(f"sizes {', '.join(given.sizes)} in float32; {timed}, medians of {how.rounds}")
        print(head(load), flush=True)
    for name, figure in figures(given.sizes, how, threads):
        found[name] = figure
        if not given.json:
            print(row(name, figure), flush=True)
    if given.json:
        print(json.dumps({name: figure.it.to_dict() for name, figure in found.items()}))
    else:
        print(
            "\n".join([*(f"{name}: {figure.note}" for name, figure in found.items() if figure.note), str(how.machine)])
        )
    if how.shares:
        print(table(how.shares), file=sys.stderr if given.json else sys.stdout)


def head(load: Load) -> str:
    """What is asked, and the head of the table."""
    return (
        f"{load.questions} questions about {load.long} s, answers of {load.answer} tokens; sixteen answers of "
        f"{load.short}; memory for {load.longest} s; streams of {load.stream}\n"
        f"{'':30}{'ours':>10}{'transformers':>14}  {'unit':10}{'ratio':>6}{'aim':>6}{'limit':>7}"
    )


def row(name: str, figure: Figure) -> str:
    """A line of the table."""
    it, aim = figure.it, AIMS[name.partition("@")[0]]
    return f"{name:30}{it.ours:10.4g}{it.peer:14.4g}  {it.unit:10}{it.ratio:6.2f}{aim:6.1f}{figure.limit:7.0%}"


if __name__ == "__main__":
    main()
