"""Two runs over the same samples: by how much they differ, and whether that is chance."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from afnext.base.errors import BenchmarkError
from afnext.evaluation.catalog import CATALOG
from afnext.evaluation.folder import Folder
from afnext.evaluation.marking import mark_of
from afnext.evaluation.record import Record
from afnext.evaluation.task import Task
from afnext.scoring.compare import Difference, mcnemar, permutation


@dataclass(frozen=True)
class Compared:
    """A task of two runs.

    Attributes:
        task: its name.
        first, second: mean scores over the samples that both have.
        difference: the paired test, recordings kept together.
        mcnemar: the exact p-value of McNemar, where each recording has one sample and scores are right or wrong.
        only_first, only_second: samples that the other run lacks.
    """

    task: str
    first: float
    second: float
    difference: Difference
    mcnemar: float | None
    only_first: int
    only_second: int


def compare_runs(one: Folder, other: Folder, protocol: str = "all-items", *, seed: int = 0) -> list[Compared]:
    """Compare every task that both runs have.

    Scores are those of ``protocol``; where a rule has none, as of transcripts, the share of words that are right.

    Raises:
        BenchmarkError: the runs share no task, or no sample with a score.
    """
    names = [name for name in one.tasks() if name in other.tasks() and name in CATALOG]
    found = [_compared(CATALOG[name], one, other, protocol, seed) for name in names]
    kept = [compared for compared in found if compared is not None]
    if not kept:
        raise BenchmarkError(f"{one.root} and {other.root} share no scored sample", expected="runs of the same tasks")
    return kept


def told(compared: Compared) -> str:
    """A line about it."""
    difference = compared.difference
    exact = "exact" if difference.exact else "drawn"
    line = (
        f"{compared.task}: {100 * compared.first:.1f} and {100 * compared.second:.1f}, difference "
        f"{100 * difference.value:+.1f} (p = {difference.p:.3g}, {exact} sign flips of {difference.clusters} "
        f"recordings that differ, {difference.items} samples)"
    )
    if compared.mcnemar is not None:
        line += f"; McNemar p = {compared.mcnemar:.3g}"
    if compared.only_first or compared.only_second:
        line += f"; not in both: {compared.only_first} and {compared.only_second}"
    return line


def _compared(task: Task, one: Folder, other: Folder, protocol: str, seed: int) -> Compared | None:
    mine, theirs = (_scores(task, folder, protocol) for folder in (one, other))
    shared = [name for name in mine if name in theirs]
    if not shared:
        return None
    first, second = ([side[name][0] for name in shared] for side in (mine, theirs))
    clusters = [mine[name][1] for name in shared]
    difference = permutation(first, second, clusters, seed=seed)
    binary = all(score in (0.0, 1.0) for score in (*first, *second)) and len(set(clusters)) == len(clusters)
    return Compared(
        task.name,
        sum(first) / len(first),
        sum(second) / len(second),
        difference,
        mcnemar([score == 1.0 for score in first], [score == 1.0 for score in second]) if binary else None,
        len(mine) - len(shared),
        len(theirs) - len(shared),
    )


def _scores(task: Task, folder: Folder, protocol: str) -> Mapping[tuple[str, str, int, str], tuple[float, str]]:
    """Score and recording of each sample; samples of other data or another prompt are not the same."""
    found: dict[tuple[str, str, int, str], tuple[float, str]] = {}
    for record in folder.records(task.name):
        score = _score(task, record, protocol)
        if score is not None:
            name = (record.revision, record.item, record.repeat, record.order)
            found[name] = (score, " ".join(record.audio) or record.item)
    return found


def _score(task: Task, record: Record, protocol: str) -> float | None:
    mark = mark_of(task, record)
    score = mark.score(protocol)
    if score is not None:
        return float(score)
    verdict: Any = mark.verdict
    if isinstance(verdict, dict) and "edits" in verdict:
        return max(0.0, 1.0 - float(verdict["edits"] / max(1, verdict["length"])))
    if isinstance(verdict, dict) and "iou" in verdict:
        return float(verdict["iou"])
    return None
