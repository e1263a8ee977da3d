"""Ours: scenes-20, and what folders of ``afnext scenes`` are asked: events, moments, who says what."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from afnext.audio.clip import Clip
from afnext.base.errors import AfnextError
from afnext.dialogue.timestamps import parse
from afnext.evaluation.data import Data
from afnext.evaluation.kinds import put_labels
from afnext.evaluation.sample import Row, Sample, need, picked
from afnext.evaluation.spelling import Spelling
from afnext.evaluation.tables import read_table, rows
from afnext.evaluation.task import Source, Task

FACTS = ("skill", "domain", "form", "seconds", "position", "evidence", "template")
OPTIONS = Spelling("{question}\n{options}", source="the question of the data, whose options stand in it")
DIARISE = (
    "Transcribe the input audio. If multiple speakers are present, provide diarized transcripts with speaker labels."
)
"""Audio Flamingo's own; answers look like ``[Speaker 1] ...``."""


def facts_of(row: Row) -> dict[str, Any]:
    """What a row of ours says of its sample, under the names that breakdowns use."""
    hardness = row.get("hardness") or {}
    return {
        **picked(row, *FACTS),
        **({"duration": row["seconds"]} if "seconds" in row else {}),
        **({"events": hardness["events"]} if isinstance(hardness, dict) and "events" in hardness else {}),
        "recordings": len(need(row, "audio")),
    }


def audio_of(row: Row, data: Data) -> tuple[Clip, ...]:
    """The recordings of a row of ours."""
    return tuple(
        data.recording(str(need(one, "path")), start=one.get("start"), end=one.get("end")) for one in need(row, "audio")
    )


def stem_of(question: str) -> str:
    """A question without the options that stand behind it."""
    return question.partition("\n(A) ")[0]


def _chosen(row: Row, data: Data) -> Sample | None:
    if row.get("choices") is None:
        return None
    choices, answer = tuple(map(str, row["choices"])), str(need(row, "answer"))
    return Sample(
        item=str(need(row, "id")),
        audio=audio_of(row, data),
        question=stem_of(str(need(row, "question"))),
        choices=choices,
        answer=answer,
        facts=facts_of(row),
        row={"label": answer, "labels": list(choices)},
    )


def _timed(skill: str) -> Callable[[Row, Data], Sample | None]:
    def make(row: Row, data: Data) -> Sample | None:
        if row.get("skill") != skill or row.get("choices") is not None:
            return None
        answer = str(need(row, "answer"))
        spans = [[event.start, event.end, event.text] for event in parse(answer).events]
        return Sample(
            item=str(need(row, "id")),
            audio=audio_of(row, data),
            question=str(need(row, "question")),
            answer=answer,
            facts={**facts_of(row), "events": len(spans)},
            row={"events": spans},
        )

    return make


def _talks(data: Data) -> Iterator[tuple[str, Row | AfnextError]]:
    """The truth of every recording in which somebody with a name speaks."""
    for path in data.tables("*.json", "**/*.json"):
        if path.name == "scenes.json" or not path.with_suffix(".flac").is_file():
            continue
        for _, row in read_table(path):
            if isinstance(row, AfnextError) or any(event.get("speaker") for event in row.get("events", ())):
                yield path.name, row if isinstance(row, AfnextError) else {**row, "id": path.stem}


def _diarised(row: Row, data: Data) -> Sample:
    turns = [
        {"speaker": event["speaker"], "words": event["text"], "start": event["start"], "end": event["end"]}
        for event in row["events"]
        if event.get("speaker") and event.get("text")
    ]
    return Sample(
        item=str(row["id"]),
        audio=(data.recording(f"{row['id']}.flac"),),
        question=DIARISE,
        answer=turns,
        facts={"duration": row.get("duration"), "speakers": len({turn["speaker"] for turn in turns})},
        row={"reference": turns},
    )


_SOURCE = Source(address="made here: afnext scenes OUT", licence="CC0")
_ROW = {
    "id": "of the question",
    "audio": "list of {path, sha256}",
    "question": "text; options stand behind it, each with its letter",
    "choices": "list of texts, or null where the answer is free",
    "answer": "the right option's text, or the answer in the spelling of its skill",
    "skill, domain, form": "what is asked, of what kind of recording",
    "seconds, position": "length, and where the evidence begins (0 to 1)",
    "evidence": "list of {clip, start, end}",
    "hardness": "events, overlap, level, distance",
    "reasoning, letter, template": "not scored",
}

EVENTS = Task(
    name="scenes-events",
    title="Timestamped captioning of scenes",
    about="What is heard when, in synthetic recordings whose truth is exact. What the AF-Next authors left unmeasured.",
    source=replace(_SOURCE, address="made here: afnext scenes OUT --skills events --world test"),
    schema=_ROW,
    read=rows("questions.jsonl", "**/questions.jsonl"),
    sample=_timed("events"),
    rule="events",
    figure="f1",
    by=("form", "domain"),
    protocol="F1 of events of the same name whose start and end lie within half a second, and intersection over union.",
)

TASKS = (
    Task(
        name="scenes-20",
        title="scenes-20",
        about="Twenty skills on synthetic recordings from five seconds to half an hour, 2000 questions by default; new "
        "for every seed.",
        source=replace(_SOURCE, address="made here: afnext scenes OUT --benchmark"),
        schema=_ROW,
        read=rows("scenes-20.jsonl", "**/scenes-20.jsonl"),
        sample=_chosen,
        rule="labels",
        spelling=OPTIONS,
        arrange=put_labels,
        words=128,
        by=("skill", "domain", "form"),
        protocol="Right is the option named by its letter or its words. Intervals are clustered by recording.",
    ),
    EVENTS,
    replace(
        EVENTS,
        name="scenes-when",
        title="Temporal grounding in scenes",
        about="When something that is named happens, in synthetic recordings.",
        source=replace(_SOURCE, address="made here: afnext scenes OUT --skills when --world test"),
        sample=_timed("when"),
        protocol="F1 of spans whose ends lie within half a second of the truth's, and intersection over union.",
    ),
    Task(
        name="scenes-talks",
        title="Diarised transcripts of scenes",
        about="Who says what, in synthetic conversations.",
        source=replace(_SOURCE, address="made here: afnext scenes OUT --forms talk --world test"),
        schema={
            "events": "list with start, end, speaker and text; beside each recording (<id>.json, <id>.flac)",
            "duration": "seconds",
        },
        read=_talks,
        sample=_diarised,
        rule="cpwer",
        known={"domain": "=speech", "skill": "=diarisation"},
        figure="error_rate",
        words=1024,
        by=("speakers",),
        protocol="cpWER by meeteval after Whisper's English normaliser.",
    ),
)
