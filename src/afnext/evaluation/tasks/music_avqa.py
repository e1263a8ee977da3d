"""MusicAVQA: the questions on sound alone."""

import json

from afnext.base.errors import BenchmarkError
from afnext.evaluation.data import Data
from afnext.evaluation.sample import Row, Sample, need
from afnext.evaluation.tables import rows
from afnext.evaluation.task import Source, Task, published


def _list(row: Row, name: str) -> list[str]:
    value = need(row, name)
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise BenchmarkError(f"{name} is {value!r}", expected="a list as JSON text") from error
    return [str(item) for item in found]


def _sample(row: Row, data: Data) -> Sample | None:
    kinds = _list(row, "type")
    if kinds[:1] != ["Audio"]:
        return None
    words = str(need(row, "question_content"))
    for value in _list(row, "templ_values") if row.get("templ_values") else []:
        before, place, after = words.partition("<")
        _, end, rest = after.partition(">")
        words = f"{before}{value}{rest}" if place and end else words
    video = str(need(row, "video_id"))
    return Sample(
        item=str(need(row, "question_id")),
        audio=(data.one_of(f"{video}.wav", f"{video}.mp3", f"{video}.mp4"),),
        question=words,
        answer=need(row, "anser", "answer"),
        facts={"type": kinds[-1]},
        row={"anser": need(row, "anser", "answer")},
    )


TASKS = (
    Task(
        name="music-avqa",
        title="MusicAVQA, questions on sound",
        about="1623 questions of the test part that sound alone answers: counting (1022) and comparing (601).",
        source=Source(
            address="https://github.com/GeWu-Lab/MUSIC-AVQA (data/json/avqa-test.json); sound of the videos",
        ),
        schema={
            "video_id": "names the recording",
            "question_id": "number",
            "type": 'JSON text, such as ["Audio", "Counting"]',
            "question_content": "with places such as <Object>",
            "templ_values": "JSON text: what fills the places",
            "question_deleted": "not read",
            "anser": "a word (spelt so)",
        },
        read=rows("**/avqa-test.json", "*.json"),
        sample=_sample,
        rule="music-avqa",
        known={"domain": "=music", "skill": "type"},
        words=16,
        by=("type",),
        protocol="The same word. Audio Flamingo 1 and 2 report the questions on sound alone; 3 and Music Flamingo do "
        "not say which.",
        published=(
            *published("Audio Flamingo 3 (arXiv 2507.08128)", {"AF3": "76.7", "Qwen2.5-Omni": "73.4"}),
            *published("Music Flamingo (arXiv 2511.10289)", {"Music Flamingo": "73.6"}),
        ),
    ),
)
