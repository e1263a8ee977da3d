"""A task: a benchmark's page as a value. Each file under ``tasks/`` holds one, or a close family of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from afnext.base.errors import AfnextError, BenchmarkError
from afnext.evaluation.data import Data, find_data
from afnext.evaluation.sample import Row, Sample
from afnext.evaluation.spelling import PLAIN, Spelling
from afnext.scoring.options import normal


@dataclass(frozen=True)
class Source:
    """Where the data come from.

    Attributes:
        hub: id of the data set on the Hugging Face hub; "" where it is not there, or not whole.
        revision: of it; a run's records hold the commit that it got.
        files: what of the hub's files is needed, as patterns; all if empty.
        address: the official place: a repository, a record, a page.
        licence: "" where it is not known.
    """

    hub: str = ""
    revision: str = "main"
    files: tuple[str, ...] = ()
    address: str = ""
    licence: str = ""


@dataclass(frozen=True)
class Published:
    """A number that somebody published: of which model, as it stands there, and where."""

    model: str
    score: str
    source: str


Numbered = Iterable[tuple[str, "Row | AfnextError"]]
"""Rows with their places in the files."""


def _choices(row: Row, choices: Sequence[str]) -> Row:
    return {**row, "choices": list(choices)}


@dataclass(frozen=True, kw_only=True)
class Task:
    """A benchmark.

    Attributes:
        name: on the command line.
        title: as its authors call it.
        about: what it asks, and how many items it has, in a sentence or two.
        source: of the data.
        schema: field of a row -> what it holds.
        certain: whether the schema was read in the data or in official code; else ``doubt`` says what is not known.
        doubt: what is not known for sure of the data.
        read: finds the rows in the data's folder.
        sample: makes a sample of a row; None where the row is of no use to this benchmark, such as another split's.
            It raises ``BenchmarkError`` where a field is missing.
        spelling: of the prompt.
        rule: the name of the scoring rule, as in ``afnext score``.
        prediction: the field of the row that the prediction is put into.
        arrange: puts the choices, in another order, into the row that the rule reads.
        judge: names of judge specs, for rules that read a judge's words; the first is the rule's.
        figure: what the table shows beside the protocols: a field of the rule's figures of the whole file.
        by: facts that scores are broken down by.
        known: facts under the names that all benchmarks share (``domain``, ``skill``): the data's own name of each, or
            ``=`` and a value that all samples have.
        words: most tokens of an answer.
        protocol: how the score is counted and what may be compared with it.
        published: numbers.
        faults: known ones of the official script or data.
        submission: the field for predictions in the file that the authors score, where answers are held back.
        family: the name under which the parts of one benchmark are asked for together.
    """

    name: str
    title: str
    about: str
    source: Source
    schema: Mapping[str, str]
    read: Callable[[Data], Numbered]
    sample: Callable[[Row, Data], Sample | None]
    rule: str
    spelling: Spelling = PLAIN
    certain: bool = True
    doubt: str = ""
    prediction: str = "prediction"
    arrange: Callable[[Row, Sequence[str]], Row] = _choices
    judge: tuple[str, ...] = ()
    figure: str = ""
    by: tuple[str, ...] = ()
    known: Mapping[str, str] = field(default_factory=dict)
    words: int = 256
    protocol: str = ""
    published: tuple[Published, ...] = ()
    faults: tuple[str, ...] = ()
    submission: str = ""
    family: str = ""

    def data(self, given: Path | None) -> Data:
        """The files: in the folder ``given``, under the task's name or its family's or right there; or from the hub.

        Raises:
            BenchmarkError: they are not there and cannot be fetched.
        """
        source = self.source
        names = (self.name, self.family)
        return find_data(
            names, given, hub=source.hub, revision=source.revision, files=source.files, address=source.address
        )

    def samples(self, data: Data) -> Iterable[Sample]:
        """Every sample, in the order of the data; rows with faults too, each with what is wrong in one line.

        An id that was there before is a fault: which of the two is meant cannot be told.

        Raises:
            BenchmarkError: the files are not there, or none of their rows can be read.
        """
        seen: dict[str, int] = {}
        good = 0
        for place, row in self.read(data):
            sample = self._of(place, row, data)
            if sample is None:
                continue
            seen[sample.item] = count = seen.get(sample.item, 0) + 1
            if count > 1:
                fault = f"{place}: the id {sample.item!r} is there {count} times"
                sample = replace(sample, item=f"{sample.item}#{count}", fault=fault, lost=True)
            good += not sample.lost
            yield sample
        if not good:
            raise BenchmarkError(
                f"{data.root} holds no row of {self.name} that can be asked",
                expected=f"fields {', '.join(self.schema)}",
                do="docs/benchmarks.md says which files are read",
            )

    def _of(self, place: str, row: Row | AfnextError, data: Data) -> Sample | None:
        if isinstance(row, AfnextError):
            return Sample(place, fault=str(row), lost=True)
        try:
            sample = self.sample(row, data)
        except AfnextError as error:
            return Sample(str(row.get("id") or place), fault=f"{place}: {error}", lost=True)
        if sample is not None:
            sample = replace(sample, facts={**self._shared(sample.facts), **sample.facts})
        if sample is None or sample.fault or not sample.choices or not isinstance(sample.answer, str):
            return sample
        if normal(sample.answer) not in map(normal, sample.choices):
            return replace(sample, fault=f"{place}: the answer {sample.answer[:40]!r} is not among the choices")
        return sample

    def _shared(self, facts: Row) -> dict[str, Any]:
        """Facts under shared names."""
        found = {name: own[1:] if own.startswith("=") else facts.get(own) for name, own in self.known.items()}
        return {name: value for name, value in found.items() if value is not None}


def published(source: str, scores: Mapping[str, str]) -> tuple[Published, ...]:
    """Numbers from one source, by model."""
    return tuple(Published(model, score, source) for model, score in scores.items())
