"""Whether steps that are heard again are told true from false, on scenes whose truth is known.

    python benchmarks/verify.py                  a table; a few minutes
    python benchmarks/verify.py --quick          fewer scenes, and only the way that is used; within a minute
    python benchmarks/verify.py --json           one object: figure -> {ours, peer, ratio, unit}
    python benchmarks/verify.py --model FOLDER   another model that knows nano's questions

**Steps.** Scenes of the test world, made as in ``accuracy_nano.py``. Of each event that is heard beyond doubt, a trace
tells its time, true; and two false steps are planted in it: another event, of which there is none in the scene, at the
same time (*wrong event*); and the event at a time of the same length within a second of which there is none of its name
(*wrong time*). The trace is read and checked by what ``afnext ask --verify`` runs.

**Figures.** The separation is the probability that a true step gets a higher probability than a false one (AUC: 0.5 is
chance), with the 95 % interval of 2000 resamplings of the scenes. The peer is the same question about the whole
recording, which cannot know of times, or chance where that does better. *Holds* and *fails* are the shares of true and
of false steps with that verdict.

**Own.** What the model itself answers to "What happens, and when?", checked likewise: of its events, those are true
that share half their span with an event of their name. The false ones are the model's own mistakes, made by the ears
that are asked again.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import afnext
from _clock import Comparison
from _measure import SAMPLES, plain
from accuracy_nano import BANK, LONGEST_ANSWER, SEED, as_text, open_bank, seconds_of
from afnext import AfnextError, Clip, Engine, Reply
from afnext.audio.spec import SAMPLE_RATE
from afnext.cli.progress import progress_bars
from afnext.dialogue.timestamps import Timed, format_span
from afnext.inference.reply import Usage, read_reply
from afnext.inference.verify import MARGIN
from afnext.scenes.asking.phrasing import mention, pick
from afnext.scenes.asking.skills.facts import Facts
from afnext.scenes.forms.mix import compose
from afnext.scenes.render import render_all
from afnext.scenes.scene import Event, Scene
from afnext.scenes.sources import LABELS, Samples, Sources

SCENES, QUICK = 60, 15
AWAY = 1.0
"""Seconds around a wrong time in which nothing of the name is heard."""
CHANCE = 0.5
EVENTS = "What happens, and when?"
TRUE, EVENT, TIME = "true", "wrong event", "wrong time"


@dataclass(frozen=True)
class Step:
    """What a trace claims, and whether it is so: ``TRUE``, ``EVENT`` or ``TIME``."""

    kind: str
    label: str
    start: float
    end: float


@dataclass(frozen=True)
class Case:
    """A scene with its sound and the steps about it."""

    scene: Scene
    sound: Samples
    steps: tuple[Step, ...]

    @property
    def clip(self) -> Clip:
        """The recording."""
        return Clip(self.sound, rate=SAMPLE_RATE)


@dataclass(frozen=True)
class Way:
    """How steps are checked."""

    title: str
    question: str | None = None
    """In place of the card's."""
    margin: float = MARGIN
    heard: bool = False
    """Whether a part of what was heard whole is taken, in place of hearing the span alone."""


WAYS = (
    *(Way(f"the card's question, margin {margin} s", margin=margin) for margin in (MARGIN, 0.0, 0.1, 0.5, 1.0)),
    Way("the card's question, the span cut from what was heard whole", heard=True),
    Way("Do you hear {claim}?", "Do you hear {claim}?"),
    Way("Does the recording contain {claim}?", "Does the recording contain {claim}?"),
    Way("the card's question, the whole recording", margin=inf),
)
USED, WHOLE = WAYS[0], WAYS[-1]


def planted(scene: Scene, rng: np.random.Generator, sounds: Sequence[str]) -> list[Step]:
    """True steps, and false ones beside them, in the order of time; of ``sounds`` or, where none are given, of all."""
    facts = Facts(scene)
    known = [
        name for kind, names in LABELS.items() for name in names if kind != "sound" or not sounds or name in sounds
    ]
    absent = [name for name in known if facts.lacks(name) and all(event.label != name for event in scene.events)]
    steps = list[Step]()
    for event in facts.events:
        if event.label in facts.doubtful:
            continue
        steps.append(Step(TRUE, event.label, event.start, event.end))
        if absent:
            steps.append(Step(EVENT, pick(rng, absent), event.start, event.end))
        free = free_starts(scene, event)
        if free:
            start = pick(rng, free)
            steps.append(Step(TIME, event.label, start, start + event.end - event.start))
    return sorted(steps, key=lambda step: (step.start, step.end, step.label))


def free_starts(scene: Scene, event: Event) -> list[float]:
    """Where, to a tenth of a second, a span as long as ``event`` may begin without touching one of its name."""
    length = event.end - event.start
    same = [other for other in scene.events if other.label == event.label]
    return [
        start
        for start in (round(number / 10, 1) for number in range(int((scene.duration - length) * 10) + 1))
        if not any(start - AWAY < other.end and other.start < start + length + AWAY for other in same)
    ]


def trace(steps: Sequence[Step], seconds: float) -> Reply:
    """The steps as a model would have written them."""
    told = ", then ".join(f"{mention(step.label)} ({format_span(step.start, step.end)})" for step in steps)
    return read_reply(
        f"<think>I hear {told}.</think>\n\nyes", usage=Usage(seconds, 0, 0), finish_reason="stop", duration=seconds
    )


def make(number: int, sources: Sources, sounds: Sequence[str]) -> Case:
    """Scene ``number`` with its steps."""
    scene, plan = compose(SEED * 1000 + number, sources.world, seconds_of(number), sources)
    return Case(scene, render_all(plan), tuple(planted(scene, np.random.default_rng((SEED, number, 2)), sounds)))


def probabilities(engine: Engine, cases: Sequence[Case], way: Way, done: Callable[[], None]) -> list[list[float]]:
    """What each step of each case is given."""
    own = engine.card
    if way.question is not None:
        engine.card = own.model_copy(update={"verify": way.question})
    found = []
    for case in cases:
        sound = engine.hear(case.clip) if way.heard else case.clip
        checks = engine.verify(trace(case.steps, case.scene.duration), sound, margin=way.margin).checks
        assert len(checks) == len(case.steps), "each step is read again as it was written"
        found.append([0.5 if check.probability is None else check.probability for check in checks])
        done()
    engine.card = own
    return found


def of_kinds(cases: Sequence[Case], found: Sequence[Sequence[float]], *kinds: str) -> list[list[float]]:
    """By scene, what its steps of these kinds were given."""
    return [
        [value for step, value in zip(case.steps, values, strict=True) if step.kind in kinds]
        for case, values in zip(cases, found, strict=True)
    ]


def wins(right: Sequence[Sequence[float]], wrong: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """By scene of the true and scene of the false step: pairs in which the true one is higher (a tie is half), pairs.

    [2, scenes, scenes].
    """
    table = np.zeros((2, len(right), len(wrong)))
    for row, higher in enumerate(right):
        for column, lower in enumerate(wrong):
            pairs = np.array(higher)[:, None] - np.array(lower)[None, :]
            table[:, row, column] = (pairs > 0).sum() + 0.5 * (pairs == 0).sum(), pairs.size
    return table


def auc(right: Sequence[Sequence[float]], wrong: Sequence[Sequence[float]]) -> tuple[float, float, float]:
    """The separation, and the ends of its 95 % interval; not a number where there is nothing to compare."""
    table = wins(right, wrong)
    times = np.random.default_rng(0).multinomial(len(right), np.full(len(right), 1 / len(right)), size=SAMPLES)
    above, below = np.einsum("di,kij,dj->kd", times, table, times, optimize=True)
    if not below.any():
        return (np.nan, np.nan, np.nan)
    low, high = np.quantile(above[below > 0] / below[below > 0], (0.025, 0.975))
    return float(table[0].sum() / table[1].sum()), float(low), float(high)


def own_events(engine: Engine, cases: Sequence[Case], done: Callable[[], None]) -> tuple[list[list[float]], ...]:
    """By scene, what the model's own events are given: the true ones, and the false ones."""
    right, wrong = list[list[float]](), list[list[float]]()
    for case in cases:
        reply = engine.ask(case.clip, EVENTS, verify=True, max_new_tokens=LONGEST_ANSWER)
        marked = [
            (is_true(event, case.scene), check.probability)
            for event, check in zip(reply.events, reply.checks, strict=True)
        ]
        for kept, side in ((True, right), (False, wrong)):
            side.append([value for true, value in marked if true is kept and value is not None])
        done()
    return right, wrong


def is_true(named: Timed, scene: Scene) -> bool:
    """Whether half of the span is shared with an event of that name."""
    return any(
        2 * (min(named.end, event.end) - max(named.start, event.start)) >= max(named.end - named.start, 0.1)
        for event in scene.events
        if plain(event.label) == plain(named.text)
    )


def share(values: Sequence[Sequence[float]], *, holding: bool) -> float:
    """How many are given half or more, or less than half."""
    every = [value >= 0.5 for some in values for value in some]
    return every.count(holding) / len(every) if every else float("nan")


def row(title: str, cases: Sequence[Case], found: list[list[float]]) -> tuple[str, ...]:
    """A line of the table."""
    right, wrong = of_kinds(cases, found, TRUE), of_kinds(cases, found, EVENT, TIME)
    both, low, high = auc(right, wrong)
    kinds = (f"{auc(right, of_kinds(cases, found, kind))[0]:.3f}" for kind in (EVENT, TIME))
    held, failed = share(right, holding=True), share(wrong, holding=False)
    return title, f"{both:.3f}", f"{low:.3f} to {high:.3f}", *kinds, f"{held:.0%}", f"{failed:.0%}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="nano", help="nano, or a folder")
    parser.add_argument("--limit", type=int, metavar="N", help=f"scenes ({SCENES}, or {QUICK} with --quick)")
    parser.add_argument("--bank", type=Path, default=BANK, help="a bank of the test world; built if it is not there")
    parser.add_argument("--quick", action="store_true", help="within a minute, once the bank is there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    limit = given.limit if given.limit is not None else QUICK if given.quick else SCENES
    if limit < 1:
        parser.error("--limit takes 1 or more")
    ways = (USED, WHOLE) if given.quick or given.json else WAYS

    with progress_bars() as tell:
        engine = afnext.load(given.model)
        sources = open_bank(given.bank, engine.card.sounds, tell)
        made = (make(number, sources, engine.card.sounds) for number in range(limit))
        cases = [case for case in made if case.steps]
        count = 0

        def done() -> None:
            nonlocal count
            count += 1
            tell("Checking", count, len(cases) * (len(ways) + 1))

        found = {way: probabilities(engine, cases, way, done) for way in ways}
        own = own_events(engine, cases, done)
    if given.json:
        kinds = {"verify_auc": (EVENT, TIME), "verify_auc_wrong_event": (EVENT,), "verify_auc_wrong_time": (TIME,)}
        figures = {}
        for name, wrong in kinds.items():
            ours, peer = (
                auc(of_kinds(cases, found[way], TRUE), of_kinds(cases, found[way], *wrong))[0] for way in ways
            )
            if np.isnan(ours):
                sys.exit(f"verify: no {' or '.join(wrong)} in {limit} scenes; give a higher --limit")
            figures[name] = Comparison(ours, max(peer, CHANCE), "AUC", higher_is_better=True).to_dict()
        print(json.dumps(figures))
        return
    steps = [step.kind for case in cases for step in case.steps]
    told = ", ".join(f"{steps.count(kind)} {kind}" for kind in (TRUE, EVENT, TIME))
    print(f"{len(steps)} steps ({told}) about {len(cases)} scenes of the {sources.world} world")
    print(f'the card asks "{engine.card.verify}"; the first line is how --verify asks')
    print()
    heading = ("", "AUC", "95 % interval", EVENT, TIME, "true: holds", "false: fails")
    print(as_text([heading, *(row(way.title, cases, found[way]) for way in ways)]))
    print()
    between, low, high = auc(*own)
    true, false = (sum(map(len, side)) for side in own)
    print(f"its own answers: {true} events true, {false} false; AUC {between:.3f} ({low:.3f} to {high:.3f});", end=" ")
    print(f"of the true {share(own[0], holding=True):.0%} hold, of the false {share(own[1], holding=False):.0%} fail")


if __name__ == "__main__":
    try:
        main()
    except AfnextError as error:
        print(f"verify: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
