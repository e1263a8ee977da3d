"""Where a model is weak: scores by what is known of the samples, kinds of mistakes, and what differs between two runs.

Differences are tested group by group with the paired sign-flip test that keeps the samples of one recording together
(``scoring/compare.py``). All samples together are one test. The p-values of the groups of a comparison are corrected
together by Holm's method (Holm 1979): the chance that any group is called different where none is stays below 5 %,
however the groups depend on each other.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from afnext.base.errors import ScoreError
from afnext.base.progress import Tell
from afnext.base.progress import silent as quiet
from afnext.dialogue.timestamps import Span, Timed
from afnext.evaluation.facts import DIMENSIONS, evidence, order_of
from afnext.evaluation.mistakes import UNDECIDED, decide, decide_by, is_wrong
from afnext.evaluation.record import Record
from afnext.evaluation.runs import Run, Sample, cluster_of, sample_of, score_of
from afnext.scoring.compare import permutation
from afnext.scoring.interval import Mean, mean
from afnext.scoring.judge import Judge
from afnext.scoring.mark import PROTOCOLS
from afnext.scoring.span import grounded_share

LEVEL = 0.05
"""Corrected p-values below this are called different."""
FEWEST = 5
"""Samples in both runs below which a group is not compared."""


@dataclass(frozen=True)
class Total:
    """What a task of a run comes to: its samples, what was not read or asked, and the mean of each protocol."""

    samples: int
    recordings: int
    unparsed: int
    not_asked: int
    means: Mapping[str, Mean]


@dataclass(frozen=True)
class Gaps:
    """Where one run is weak.

    Attributes:
        name: of the run.
        model: that was asked.
        protocol: whose scores these are.
        whole: the mean of all samples that count.
        totals: task -> what it comes to.
        parts: dimension -> group -> mean; groups stand in the order of their borders. Dimensions that tell nothing
            are left out, and so are the samples of which nothing is told.
        mistakes: kind -> number of wrong answers, the most frequent first.
        by_skill: skill -> kind -> number.
        kinds: sample -> kind, of each wrong answer.
        grounded: share of the reasoning's steps that overlap the evidence, over the samples that have both; None where
            there are none.
        steps: how many steps that are.
    """

    name: str
    model: str
    protocol: str
    whole: Mean
    totals: Mapping[str, Total]
    parts: Mapping[str, Mapping[str, Mean]]
    mistakes: Mapping[str, int]
    by_skill: Mapping[str, Mapping[str, int]]
    kinds: Mapping[Sample, str]
    grounded: float | None
    steps: int


def find_gaps(
    run: Run,
    protocol: str = "all-items",
    *,
    silent: Run | None = None,
    by: Judge | None = None,
    judge_model: str | None = None,
    tell: Tell = quiet,
) -> Gaps:
    """Break a run down.

    Args:
        run: what was answered.
        protocol: "official", "parsed" or "all-items": whose scores.
        silent: the same samples asked without their recordings; by default those that the run itself asked so.
        by: a judge of the mistakes that no rule decides.
        judge_model: in place of the judge's usual one.
        tell: told of the wrong answers looked at.

    Raises:
        ScoreError: an unknown protocol, no sample counts under it, or the judge cannot be reached.
    """
    if protocol not in PROTOCOLS:
        raise ScoreError(f"protocol {protocol!r}", expected=", ".join(PROTOCOLS))
    kept = scored(run.records, protocol)
    if not kept:
        raise ScoreError(f"{run.folder.root}: no sample counts under {protocol}", do="try another --protocol")
    deaf = run.without_sound if silent is None else silent.by_sample
    wrong = [record for record, _ in kept if is_wrong(record, protocol)]
    kinds: dict[Sample, str] = {}
    for number, record in enumerate(wrong, 1):
        kind = decide(record, deaf.get(sample_of(record)))
        kinds[sample_of(record)] = decide_by(by, record, judge_model) if by and kind == UNDECIDED else kind
        tell(f"Mistakes of {run.name}", number, len(wrong))
    by_skill: dict[str, Counter[str]] = defaultdict(Counter)
    for record in wrong:
        by_skill[DIMENSIONS["skill"](record)][kinds[sample_of(record)]] += 1
    shares = [(share, len(record.steps)) for record, _ in kept if (share := _grounded(record)) is not None]
    steps = sum(number for _, number in shares)
    return Gaps(
        run.name,
        run.model,
        protocol,
        _mean(kept),
        totals(run),
        {name: found for name in DIMENSIONS if (found := parts(kept, name))},
        dict(Counter(kinds.values()).most_common()),
        {skill: dict(found.most_common()) for skill, found in sorted(by_skill.items())},
        kinds,
        sum(share * number for share, number in shares) / steps if steps else None,
        steps,
    )


def scored(records: Sequence[Record], protocol: str) -> list[tuple[Record, float]]:
    """The records that count under ``protocol``, each with its score."""
    return [(record, score) for record in records if (score := score_of(record, protocol)) is not None]


def totals(run: Run) -> dict[str, Total]:
    """What each task comes to."""
    tasks: dict[str, list[Record]] = defaultdict(list)
    for record in run.records:
        tasks[record.task].append(record)
    return {
        task: Total(
            len(records),
            len({cluster_of(record) for record in records}),
            sum(record.unparsed for record in records),
            sum(record.raw is None for record in records),
            {name: _mean(kept) for name in PROTOCOLS if (kept := scored(records, name))},
        )
        for task, records in tasks.items()
    }


def parts(kept: Sequence[tuple[Record, float]], dimension: str) -> dict[str, Mean]:
    """The mean of each group of ``dimension``; {} where nothing is told."""
    groups: dict[str, list[tuple[Record, float]]] = defaultdict(list)
    for record, score in kept:
        if group := DIMENSIONS[dimension](record):
            groups[group].append((record, score))
    return {group: _mean(groups[group]) for group in sorted(groups, key=order_of)}


@dataclass(frozen=True)
class Change:
    """A group in two runs, over the samples that both have.

    ``p`` is of the paired test, ``corrected`` by Holm over all groups of the comparison; of all samples together, where
    ``dimension`` is "", they are the same.
    """

    dimension: str
    group: str
    first: float
    second: float
    difference: float
    p: float
    corrected: float
    samples: int
    recordings: int

    @property
    def significant(self) -> bool:
        """Whether the runs are called different here."""
        return self.corrected < LEVEL


def compare(first: Run, second: Run, protocol: str = "all-items", seed: int = 0) -> list[Change]:
    """What differs between two runs, group by group: all samples together first, then the groups, each with its test.

    Groups that hold the same samples as one before them are not tested again.

    Raises:
        ScoreError: the runs have no sample in common that counts in both.
    """
    pairs = list(_paired(first, second, protocol))
    if not pairs:
        raise ScoreError(f"{first.name} and {second.name} share no sample", expected="runs over the same data")
    found, seen = list[tuple[str, str, list[tuple[Record, float, float]]]](), set[tuple[int, ...]]()
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, (record, _, _) in enumerate(pairs):
        groups["", "all"].append(number)
        for name, group_of in DIMENSIONS.items():
            if group := group_of(record):
                groups[name, group].append(number)
    order = {name: place for place, name in enumerate(("", *DIMENSIONS))}
    for (name, group), numbers in sorted(groups.items(), key=lambda item: (order[item[0][0]], order_of(item[0][1]))):
        if (len(numbers) >= FEWEST or not name) and tuple(numbers) not in seen:
            seen.add(tuple(numbers))
            found.append((name, group, [pairs[number] for number in numbers]))
    tests = [
        permutation([a for _, a, _ in some], [b for _, _, b in some], [cluster_of(r) for r, _, _ in some], seed=seed)
        for _, _, some in found
    ]
    corrected = [tests[0].p, *holm([test.p for test in tests[1:]])]
    return [
        Change(
            name,
            group,
            sum(a for _, a, _ in some) / len(some),
            sum(b for _, _, b in some) / len(some),
            test.value,
            test.p,
            p,
            len(some),
            len({cluster_of(record) for record, _, _ in some}),
        )
        for (name, group, some), test, p in zip(found, tests, corrected, strict=True)
    ]


def holm(values: Sequence[float]) -> list[float]:
    """P-values corrected by Holm's step-down method, in the order given.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    corrected, highest = [0.0] * len(values), 0.0
    for rank, place in enumerate(sorted(range(len(values)), key=lambda index: values[index])):
        highest = max(highest, min(1.0, (len(values) - rank) * values[place]))
        corrected[place] = highest
    return corrected


def _paired(first: Run, second: Run, protocol: str) -> Iterator[tuple[Record, float, float]]:
    for sample, record in first.by_sample.items():
        other = second.by_sample.get(sample)
        one, two = score_of(record, protocol), score_of(other, protocol) if other else None
        if one is not None and two is not None:
            yield record, one, two


def _grounded(record: Record) -> float | None:
    spans = [Span(part.start, part.end) for part in evidence(record)]
    return grounded_share([Timed(step.start, step.end, step.text) for step in record.steps], spans) if spans else None


def _mean(kept: Sequence[tuple[Record, float]]) -> Mean:
    return mean([score for _, score in kept], [cluster_of(record) for record, _ in kept])
