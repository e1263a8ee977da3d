"""Long recordings: a substitute for LongAudioBench, and open sets that ask where and when (BLAB, LAT-Bench)."""

import json
from collections.abc import Callable
from typing import Any

from afnext.base.errors import BenchmarkError
from afnext.evaluation.data import Data
from afnext.evaluation.kinds import judged_task, one_audio
from afnext.evaluation.sample import Row, Sample, need, picked
from afnext.evaluation.tables import rows
from afnext.evaluation.task import Source, Task, published
from afnext.evaluation.tasks.scenes_20 import audio_of, facts_of, stem_of

LONG = 30.0
"""Seconds from which a recording is long."""


def _open(speech: bool) -> Callable[[Row, Data], Sample | None]:
    """Rows in our form, with a free answer; rows of scenes are asked without their options."""

    def make(row: Row, data: Data) -> Sample | None:
        kind = str(row.get("qa_type") or row.get("skill") or "")
        if isinstance(row.get("audio"), list):
            if float(row.get("seconds") or 0.0) < LONG or (speech != (row.get("domain") == "speech")):
                return None
            question, audio, facts = stem_of(str(need(row, "question"))), audio_of(row, data), facts_of(row)
        else:
            if speech != bool(row.get("speech", False)):
                return None
            question, audio = str(need(row, "question")), one_audio("audio")(row, data)
            facts = picked(row, "duration", "domain")
        answer = str(need(row, "answer"))
        return Sample(
            item=str(need(row, "id")),
            audio=audio,
            question=question,
            answer=answer,
            facts={**facts, "qa_type": kind},
            row={"question": question, "answer": answer},
        )

    return make


def _spans(value: Any) -> list[list[Any]]:
    """Spans of any of the forms seen: lists of two, objects with start and end, one of them, or JSON text of that.

    Raises:
        BenchmarkError: none of these.
    """
    try:
        found = json.loads(value) if isinstance(value, str) else value
        if isinstance(found, dict):
            found = found.get("segments") or found.get("spans") or [found]
        if found and isinstance(found[0], int | float):
            found = [found]
        return [
            [float(one["start"]), float(one["end"]), str(one.get("text") or one.get("caption") or "")]
            if isinstance(one, dict)
            else [float(one[0]), float(one[1]), ""]
            for one in found
        ]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise BenchmarkError(
            f"spans given as {str(value)[:60]!r}", expected="start and end of each, in seconds"
        ) from error


def _grounded(named: bool) -> Callable[[Row, Data], Sample]:
    def make(row: Row, data: Data) -> Sample:
        truth = need(row, "spans", "groundtruth", "ground_truth", "timestamps", "segments", "answer")
        spans = _spans(truth)
        question = str(need(row, "question", "query", "prompt", "instruction"))
        return Sample(
            item=str(need(row, "id", "question_id", "qid", "uid", "_number")),
            audio=one_audio("audio", "audio_path", "wav", "audio_file", "video_url")(row, data),
            question=question,
            answer=spans,
            facts={**picked(row, "duration", "language", "task", "category"), "events": len(spans)},
            row={"events": spans if named else [[start, end, ""] for start, end, _ in spans]},
        )

    return make


_FORM = {
    "id": "of the question",
    "audio": "path of the recording (in rows of scenes: a list)",
    "question": "text",
    "answer": "reference",
    "qa_type": "captioning, plot, complex, sub-scene, temporal or general (in rows of scenes: the skill)",
    "speech": "true for questions about long speech",
}
_JUDGE = (
    "GPT-4o from 1 to 10, shown times ten; criteria and scale of Audio Flamingo 2, figure 25, wording ours. Its "
    "average fits the unweighted mean over question types, not that over items: values by type are in the breakdown."
)


def _long(name: str, title: str, speech: bool, scores: dict[str, str]) -> Task:
    return judged_task(
        name,
        title,
        "A substitute: the 2429 items of LongAudioBench were never found in public. This reads questions in its form, "
        "made by the user, or the items of scenes-20 of half a minute and more, asked without their options.",
        spec="long-audio",
        known={"skill": "qa_type"},
        source=Source(address="long-audio.jsonl in the form below, or the folder of afnext scenes --benchmark"),
        schema=_FORM,
        read=rows("long-audio.jsonl", "scenes-20.jsonl", "*.jsonl"),
        sample=_open(speech),
        words=512,
        by=("qa_type",),
        certain=False,
        doubt="not the official data: scores cannot be compared with the published ones",
        protocol=_JUDGE,
        published=published("AF-Next and Audio Flamingo 3 papers, on the unreleased data", scores),
        faults=("neither judge settings nor what becomes of unreadable judgements were published",),
    )


TASKS = (
    _long(
        "longaudiobench",
        "LongAudioBench (substitute)",
        False,
        {"AF-Next Instruct": "73.9", "AF3": "68.6", "Gemini 2.5 Pro": "60.4"},
    ),
    _long(
        "longaudiobench-speech",
        "LongAudioBench+Speech (substitute)",
        True,
        {"AF-Next Instruct": "81.2", "AF3": "72.9", "Gemini 2.5 Pro": "66.2"},
    ),
    Task(
        name="lat-bench-tag",
        title="LAT-Bench, temporal grounding",
        about="Spans for a query in recordings up to 30 minutes, in Chinese and English.",
        source=Source(
            hub="mcshao/LAT-Bench",
            revision="f8e26d65835545e35d8260e8e73d5114b71eacd3",
            address="https://huggingface.co/datasets/mcshao/LAT-Bench (task/bench-EN-TAG.jsonl, bench-CN-TAG.jsonl)",
            licence="CC BY-NC 4.0",
        ),
        schema={"id": "of the item", "audio": "path", "question": "the query", "spans": "list of start and end"},
        read=rows("**/bench-EN-TAG.jsonl", "**/*TAG*.jsonl"),
        sample=_grounded(False),
        rule="events",
        known={"skill": "=temporal grounding"},
        figure="mean_iou",
        certain=False,
        doubt="the files are those of the hub; the names of their fields were not seen, and several are tried",
        protocol="F1 of spans whose ends lie within half a second, and intersection over union. The authors' own "
        "scorer is not known here.",
    ),
    Task(
        name="lat-bench-dac",
        title="LAT-Bench, dense captioning",
        about="Descriptions with times over recordings up to 30 minutes.",
        source=Source(
            hub="mcshao/LAT-Bench",
            revision="f8e26d65835545e35d8260e8e73d5114b71eacd3",
            address="https://huggingface.co/datasets/mcshao/LAT-Bench (task/bench-EN-DAC.jsonl, bench-CN-DAC.jsonl)",
            licence="CC BY-NC 4.0",
        ),
        schema={"id": "of the item", "audio": "path", "question": "text", "segments": "list of {start, end, caption}"},
        read=rows("**/bench-EN-DAC.jsonl", "**/*DAC*.jsonl"),
        sample=_grounded(True),
        rule="events",
        known={"skill": "=temporal grounding"},
        figure="mean_iou",
        words=2048,
        certain=False,
        doubt="the files are those of the hub; the names of their fields were not seen, and several are tried",
        protocol="Intersection over union of what is described when; the words are not judged.",
    ),
    Task(
        name="blab-localization",
        title="BLAB, localisation",
        about="Where words, names and advertisements occur in recordings of 51 minutes on average.",
        source=Source(
            hub="oreva/blab_long_audio",
            address="https://huggingface.co/datasets/oreva/blab_long_audio; scorer "
            "github.com/orevaahia/brutally_long_audio_bench",
        ),
        schema={"id": "of the item", "audio": "path", "question": "text", "groundtruth": "spans"},
        read=rows("**/*localization*.json*", "**/*localization*.parquet", "*.jsonl"),
        sample=_grounded(False),
        rule="events",
        known={"skill": "=temporal grounding"},
        figure="f1",
        words=2048,
        certain=False,
        doubt="the names of the fields were not seen, and several are tried",
        protocol="F1 of spans within half a second; the authors' scorer is another. Most recordings are over the 30 "
        "minutes that these models hear: --over-limit truncate hears their beginning, and the record says so.",
    ),
)
