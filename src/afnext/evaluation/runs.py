"""Runs that were made, as their folders tell of them: the answers of all tasks, by the sample that they are of."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from afnext.base.errors import BenchmarkError
from afnext.evaluation.folder import RUN, Folder
from afnext.evaluation.record import Record


class Sample(NamedTuple):
    """What two runs over the same data have in common: which sample was asked, and how often before."""

    task: str
    revision: str
    item: str
    repeat: int


def sample_of(record: Record) -> Sample:
    """The sample that ``record`` is of."""
    return Sample(record.task, record.revision, record.item, record.repeat)


def cluster_of(record: Record) -> tuple[str, ...]:
    """What stands for the recordings of ``record``: samples of the same ones depend on each other."""
    return record.audio or (record.task, record.item)


def score_of(record: Record, protocol: str) -> float | None:
    """The score of ``record`` under ``protocol``, 0 to 1; None where it does not count.

    Where a rule has none of one sample, it is the share of words that are right, or the overlap of the spans told.
    """
    score, verdict = record.scores.get(protocol), record.verdict
    if score is None and protocol in record.scores and isinstance(verdict, Mapping):
        if "edits" in verdict and "length" in verdict:
            return max(0.0, 1.0 - float(verdict["edits"]) / max(1.0, float(verdict["length"])))
        return float(verdict["iou"]) if "iou" in verdict else None
    return score


@dataclass(frozen=True)
class Run:
    """A run.

    Attributes:
        folder: where it lies.
        name: what it is called beside others.
        model: that was asked, as the run or its records name it.
        records: one a sample and repeat, tasks in the order of their names; of a sample that was asked again, the
            last. Those with their choices in another order are left out: they tell of consistency, not of the score.
        deaf: the same samples asked without their recordings, where the run did that.
    """

    folder: Folder
    name: str
    model: str
    records: tuple[Record, ...]
    deaf: tuple[Record, ...] = ()

    @classmethod
    def open(cls, root: str | os.PathLike[str], name: str = "") -> "Run":
        """Read a run's folder.

        Raises:
            BenchmarkError: the folder holds no run, or a line that is no record.
        """
        folder = Folder(Path(root))
        about = folder.told
        if about is None:
            raise BenchmarkError(f"{root} holds no run.json", expected=RUN)
        records = _answers(folder)
        if not records:
            raise BenchmarkError(f"{root} holds no records", expected=RUN)
        told = about.get("model")
        model = told if isinstance(told, str) and told else records[0].model
        return cls(folder, name or folder.root.resolve().name, model, records, _answers(folder, deaf=True))

    @cached_property
    def by_sample(self) -> Mapping[Sample, Record]:
        """The records by what they are of."""
        return {sample_of(record): record for record in self.records}

    @cached_property
    def without_sound(self) -> Mapping[Sample, Record]:
        """``deaf`` by what they are of."""
        return {sample_of(record): record for record in self.deaf}


def open_runs(folders: Sequence[Path]) -> list[Run]:
    """Several runs, each under a name of its own.

    Raises:
        BenchmarkError: a folder holds no run, or is named twice.
    """
    whole = [folder.resolve() for folder in folders]
    if twice := next((folder for number, folder in enumerate(whole) if folder in whole[:number]), None):
        raise BenchmarkError(f"{twice} is named twice", expected="different runs")
    last = [folder.name for folder in whole]
    short = len(set(last)) == len(last)
    names = last if short else [str(folder) for folder in folders]
    return [Run.open(folder, name) for folder, name in zip(folders, names, strict=True)]


def _answers(folder: Folder, *, deaf: bool = False) -> tuple[Record, ...]:
    """The records of all tasks whose choices stand in the data's own order, those of one sample and repeat once."""
    found = (record for task in sorted(folder.tasks()) for record in folder.records(task, deaf=deaf))
    return tuple({(one.task, one.item, one.repeat): one for one in found if not one.order}.values())
