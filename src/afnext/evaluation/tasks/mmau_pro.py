"""MMAU-Pro: 5305 questions up to ten minutes, several recordings, spatial sound, open answers, instructions."""

import json
from collections.abc import Callable
from dataclasses import replace

from afnext.audio.clip import Clip
from afnext.evaluation.data import Data
from afnext.evaluation.kinds import listed
from afnext.evaluation.sample import Row, Sample, need, picked, plain
from afnext.evaluation.spelling import FLAMINGO
from afnext.evaluation.tables import rows
from afnext.evaluation.task import Source, Task, published

OPEN, FOLLOW = "open", "instruction following"
FACTS = ("category", "sub-cat", "length_type", "perceptual_skills", "reasoning_skills", "task_identifier")


def _audio(row: Row, data: Data) -> tuple[Clip, ...]:
    paths = need(row, "audio_path")
    return tuple(data.recording(path) for path in (paths if isinstance(paths, list) else listed(paths, "audio_path")))


def _arguments(value: object) -> object:
    """What a check asks for: an object, or one written as JSON; arguments that a table fills up with null are none."""
    try:
        found = json.loads(value) if isinstance(value, str) and value.strip() else value
    except ValueError:
        return value
    return {name: one for name, one in found.items() if one is not None} if isinstance(found, dict) else found


def _make(category: str) -> Callable[[Row, Data], Sample | None]:
    """Samples of one category, or of all that is closed (""); closed rows of fewer than two choices are left out."""

    def make(row: Row, data: Data) -> Sample | None:
        found = str(need(row, "category")).strip().lower()
        choices = tuple(listed(row.get("choices") or [], "choices"))
        if found != category if category else found in (OPEN, FOLLOW):
            return None
        if not category and len(choices) < 2:
            return None
        question = str(need(row, "question"))
        facts = {**picked(row, *FACTS), "recordings": len(_audio(row, data))}
        kept = plain(row)
        if category == FOLLOW:
            need(row, "task_identifier")
            kept["kwargs"] = _arguments(row.get("kwargs"))
            kept["prompt_transcription"] = row.get("transcription") or question
        return Sample(
            item=str(need(row, "id")),
            audio=_audio(row, data),
            question=question,
            choices=() if category else choices,
            answer=None if category == FOLLOW else need(row, "answer"),
            facts=facts,
            row=kept,
        )

    return make


_CLOSED = Task(
    name="mmau-pro-closed",
    family="mmau-pro",
    title="MMAU-Pro, closed questions",
    about="All categories but two: sound, music, speech, mixtures, several recordings, spatial sound, voice chat.",
    source=Source(
        hub="gamma-lab-umd/MMAU-Pro",
        files=("test.parquet", "data.zip", "data/**"),
        address="https://huggingface.co/datasets/gamma-lab-umd/MMAU-Pro (test.parquet; data.zip unpacked beside it)",
    ),
    schema={
        "id": "of the question",
        "audio_path": "list of paths",
        "question": "text",
        "answer": "text",
        "choices": "list of texts; empty for open questions",
        "length_type": "short, medium or long",
        "perceptual_skills": "list",
        "reasoning_skills": "list",
        "category": f"such as sound, music, speech; {OPEN!r} and {FOLLOW!r} are the other two parts",
        "sub-cat": "finer",
        "transcription": "of a spoken prompt",
        "task_identifier": "which of the 27 checks, of instruction following",
        "kwargs": "what the check asks for",
    },
    read=rows("test.parquet", "**/test*.parquet", "**/test*.jsonl", "**/test*.json"),
    sample=_make(""),
    rule="mmau-pro",
    known={"domain": "category", "skill": "perceptual_skills"},
    prediction="model_output",
    spelling=FLAMINGO,
    by=("category", "length_type"),
    protocol="The script takes the choice whose NV-Embed-v2 embedding is nearest to the answer. That model is "
    "non-commercial and does not load in current transformers, so the option parser chooses here, under every "
    "protocol. The overall score of the board weighs closed accuracy, mean rating / 5 of open questions and the share "
    "of followed instructions by their numbers of questions; the table has it when all three parts were run.",
    published=(
        *published("AF-Next model cards", {"AF-Next Instruct": "56.9", "AF-Next Think": "58.7"}),
        *published(
            "MMAU-Pro (arXiv 2508.13992)",
            {"AF3": "51.7", "Qwen2.5-Omni": "52.2", "Gemini 2.5 Flash": "59.2", "human": "~78"},
        ),
        *published("SALMONN-2 README", {"SALMONN-2": "58.5", "AF-Next": "56.3"}),
    ),
    faults=(
        "an answer of a letter is embedded as a letter, an empty answer still chooses something",
        "rows with fewer than two choices are left out",
        "AF-Next stands with 56.9 on its card and with 56.3 in SALMONN-2's README",
    ),
)

TASKS = (
    _CLOSED,
    replace(
        _CLOSED,
        name="mmau-pro-open",
        title="MMAU-Pro, open questions",
        about="Free answers, rated by a judge.",
        sample=_make(OPEN),
        rule="mmau-pro-open",
        judge=("mmau-pro-open",),
        figure="mean_score",
        protocol="Four criteria and an overall rating from 1 to 5 by Qwen2.5-7B-Instruct; the score is rating / 5.",
        published=(),
        faults=(
            "a criterion without a rating is 3; an overall rating of exactly 3 is replaced by the criteria's mean",
        ),
    ),
    replace(
        _CLOSED,
        name="mmau-pro-if",
        title="MMAU-Pro, instruction following",
        about="Instructions on the form of the answer, checked by 27 rules.",
        sample=_make(FOLLOW),
        rule="mmau-pro-if",
        prediction="response",
        words=1024,
        by=("task_identifier",),
        protocol="Right or wrong by the check of the row's task_identifier.",
        published=(),
        faults=(
            "paragraphs are divided by ***; bullets are '* ' at a line's beginning; keywords are found within words",
        ),
    ),
)
