"""A run: every sample asked once, each answer a record as soon as it is there, and none asked again after a stop."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from afnext.audio.clip import Clip
from afnext.base.errors import AudioError, BenchmarkError, OutputError, ScoreError
from afnext.evaluation.asking import Asking, Wanted, askings, selected
from afnext.evaluation.data import Data
from afnext.evaluation.folder import Folder, key_of
from afnext.evaluation.hearing import Digests, Sound, hear
from afnext.evaluation.marking import Panel, is_pending, judged, scored
from afnext.evaluation.record import Record
from afnext.evaluation.respondent import Answer, Asked, Respondent
from afnext.evaluation.task import Task

HELD_SECONDS = 3600.0
"""Sound that is decoded at once, at most, beside the longest recording."""


Ready = tuple[tuple[Sound, ...], Record]
"""What is to be asked: its sound, and a record without an answer."""


class TellScore(Protocol):
    """Called with a task, how many askings are done, of how many, and the score so far in words."""

    def __call__(self, stage: str, done: float, total: float | None, words: str = "") -> None:
        """Tell it."""


def quiet(stage: str, done: float, total: float | None, words: str = "") -> None:
    """Tell nobody."""


def run_task(
    task: Task,
    data: Data,
    folder: Folder,
    respondent: Respondent,
    wanted: Wanted,
    *,
    panel: Panel | None = None,
    tell: TellScore = quiet,
) -> int:
    """Ask what has no record yet; returns how many records were written. ``tell`` hears of each.

    Raises:
        BenchmarkError: the data cannot be read, nothing is left by limit and filters, or the respondent gave up.
        OutputError: the folder cannot be written to.
    """
    return _Runner(task, data, folder, respondent, wanted, panel, tell).run()


class _Runner:
    """One task of a run."""

    def __init__(  # noqa: PLR0917
        self,
        task: Task,
        data: Data,
        folder: Folder,
        respondent: Respondent,
        wanted: Wanted,
        panel: Panel | None,
        tell: TellScore,
    ) -> None:
        self.task = task
        self.data = data
        self.respondent = respondent
        self.wanted = wanted
        self.panel = panel
        self.folder = folder
        self.journal = folder.journal(task.name, deaf=wanted.deaf)
        self.digests = Digests(folder.root / "digests.jsonl")
        self.done = {key_of(record): record for record in folder.records(task.name, deaf=wanted.deaf)}
        self.tell = tell
        self.written = 0
        self.score, self.counted = 0.0, 0
        self.behind = 0
        self.total = 0

    def run(self) -> int:
        """Ask; how many records were written."""
        samples = selected(self.task.samples(self.data), self.wanted)
        if not samples and self.wanted.shard[1] == 1:
            told = ", ".join(f"{name}={value}" for name, value in self.wanted.filters)
            raise BenchmarkError(f"no sample of {self.task.name} has {told}", do="docs/benchmarks.md names the facts")
        if self.wanted.deaf:  # a spoken question cannot be asked without its recording
            samples = [sample for sample in samples if sample.question]
        wanted = askings(samples, self.wanted)
        self.total = len(wanted)
        self._tell()
        for batch in self._batches(wanted):
            self._ask(batch)
        return self.written

    def _batches(self, wanted: Sequence[Asking]) -> Iterator[list[Ready]]:
        """What is to be asked, so much at once as may be held."""
        batch: list[Ready] = []
        heard: dict[Any, Sound] = {}
        for asking in wanted:
            found = self._ready(asking, heard)
            if found is not None:
                batch.append(found)
            held = sum(sound.seconds for sound in heard.values())
            if len(batch) >= 2 * self.respondent.width or held > HELD_SECONDS:
                if batch:
                    yield batch
                batch, heard = [], {}
        if batch:
            yield batch

    def _ready(self, asking: Asking, heard: dict[Any, Sound]) -> Ready | None:
        """Sound and record of an asking; None where it has a record already, or cannot be asked and now has one."""
        sample, task = asking.sample, self.task
        prompt = task.spelling.text(sample.question, asking.choices)
        tokens = self.wanted.max_new_tokens or task.words
        settings = {**self.respondent.settings, "max_new_tokens": tokens, "seed": self.wanted.seed + asking.repeat}
        if self.wanted.deaf:
            settings["no_audio"] = True
        record = Record(
            task=task.name,
            revision=self.data.revision,
            item=sample.item,
            repeat=asking.repeat,
            order=asking.order,
            prompt_hash=_hash(prompt, settings),
            model=self.respondent.name,
            settings=settings,
            prompt=prompt,
            choices=asking.choices,
            answer=sample.answer,
            facts=sample.facts,
            row=task.arrange(sample.row, asking.choices) if asking.order else sample.row,
            error=sample.fault or None,
        )
        if sample.lost:
            self._keep(record)
            return None
        try:
            digests = [self.digests.find(clip) or self._heard(clip, heard).digest for clip in sample.audio]
            record = record.model_copy(update={"audio": tuple(digests)})
            if self._is_done(record):
                return None
            sounds = () if self.wanted.deaf else tuple(self._heard(clip, heard) for clip in sample.audio)
            if sounds:
                duration = round(sum(sound.seconds for sound in sounds), 2)
                for sound in sounds if self.wanted.sounds else ():
                    self.folder.keep_sound(task.name, sound)
                record = record.model_copy(update={"facts": {"duration": duration, **record.facts}})
        except AudioError as error:
            self._keep(record.model_copy(update={"error": str(error)}))
            return None
        return sounds, record

    def _heard(self, clip: Clip, heard: dict[Any, Sound]) -> Sound:
        name = (str(clip.source) if isinstance(clip.source, str) else id(clip.source), clip.start, clip.end)
        if name not in heard:
            heard[name] = hear(clip)
            self.digests.add(clip, heard[name].digest)
        return heard[name]

    def _ask(self, batch: Sequence[Ready]) -> None:
        asked = [
            Asked(record.prompt, sounds, record.settings["max_new_tokens"], record.settings["seed"])
            for sounds, record in batch
        ]
        self.respondent.answer(asked, lambda number, answer: self._keep(self._answered(batch[number][1], answer)))

    def _answered(self, record: Record, answer: Answer) -> Record:
        row = {**record.row, self.task.prediction: answer.text} if answer.raw is not None else record.row
        record = record.model_copy(
            update={
                "raw": answer.raw,
                "text": answer.text,
                "steps": answer.steps,
                "notes": answer.notes,
                "error": answer.error or record.error,
                "seconds": round(answer.seconds, 4),
                "row": row,
            }
        )
        if self.panel is None:
            return record
        try:
            return judged(self.task, record, self.panel)
        except ScoreError:
            self._keep(record)  # the judge is gone, the answer is not: it is judged when the run goes on
            raise

    def _is_done(self, record: Record) -> bool:
        """Whether there is a record of this asking; one that waited for a judge is judged now, if there is one."""
        there = self.done.get(key_of(record))
        if there is None:
            return False
        if self.panel and is_pending(self.task, there):
            self._keep(judged(self.task, there, self.panel), again=True)
        else:
            self._count(there)
        return True

    def _keep(self, record: Record, *, again: bool = False) -> None:
        """Write a record, unless there is the same."""
        if not again and key_of(record) in self.done:
            self._count(self.done[key_of(record)])
            return
        record = scored(self.task, record)
        self.done[key_of(record)] = record
        try:
            self.journal.append(**record.model_dump(mode="json"))
        except OSError as error:
            told = f"cannot write {self.journal.path}: {error.strerror}"
            raise OutputError(
                told, do="make room and start the same command again: what was answered is kept"
            ) from error
        self.written += 1
        self._count(record)

    def _count(self, record: Record) -> None:
        self.behind += 1
        score = record.scores.get("all-items")
        if score is not None:
            self.score += score
            self.counted += 1
        self._tell()

    def _tell(self) -> None:
        words = f"{self.score / self.counted:.1%} right" if self.counted else ""
        name = f"{self.task.name}, no audio" if self.wanted.deaf else self.task.name
        self.tell(name, self.behind, self.total, words)


def _hash(prompt: str, settings: dict[str, Any]) -> str:
    told = json.dumps([prompt, settings], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(told.encode()).hexdigest()
