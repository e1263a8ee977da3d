"""MMSU: 5000 questions about speech, 47 tasks of perception and reasoning."""

from collections.abc import Sequence

from afnext.evaluation.data import Data
from afnext.evaluation.sample import Row, Sample, need, picked, plain
from afnext.evaluation.spelling import Spelling
from afnext.evaluation.tables import rows
from afnext.evaluation.task import Source, Task, published
from afnext.scoring.mmsu import CHOICES

PROMPT = Spelling(
    "Choose the most suitable answer from options A, B, C, and D to respond the question in next line, **you should "
    "only choose A or B or C or D.** Do not provide any additional explanations or content.\n\nQuestion: {question}\n\n"
    "{options}",
    option="{letter}. {choice}",
    source="dingdongwang/MMSU_Bench mmsu_inference.py (f0ef334)",
)


def _sample(row: Row, data: Data) -> Sample:
    facts = picked(row, "task_name", "category", "sub-category", "sub-sub-category", "linguistics_sub_discipline")
    return Sample(
        item=str(need(row, "id")),
        audio=(data.recording(need(row, "audio_path", "audio")),),
        question=str(need(row, "question")),
        choices=tuple(str(need(row, name)) for name in CHOICES),
        answer=need(row, "answer_gt"),
        facts=facts,
        row=plain(row),
    )


def _arrange(row: Row, choices: Sequence[str]) -> Row:
    return {**row, **dict(zip(CHOICES, choices, strict=True))}


TASKS = (
    Task(
        name="mmsu",
        title="MMSU",
        about="5000 questions of 47 tasks on spoken language, four choices each.",
        source=Source(hub="ddwang2000/MMSU", address="https://huggingface.co/datasets/ddwang2000/MMSU"),
        schema={
            "id": "of the question",
            "audio_path": "path of the recording",
            "question": "text",
            "choice_a, choice_b, choice_c, choice_d": "texts",
            "answer_gt": "the right choice's text",
            "task_name": "one of 47",
            "category": "Perception or Reasoning",
            "sub-category, sub-sub-category": "finer",
            "linguistics_sub_discipline": "such as phonetics",
        },
        read=rows("question/*.json*", "**/mmsu*.jsonl", "**/mmsu*.json", "*.jsonl", "*.json", "**/*.parquet"),
        sample=_sample,
        rule="mmsu",
        known={"domain": "=speech", "skill": "task_name"},
        prediction="response",
        spelling=PROMPT,
        arrange=_arrange,
        words=64,
        by=("category", "sub_category", "task_name"),
        figure="script_accuracy",
        protocol="`official` leaves out what cannot be read, as the script does; `all-items` counts it wrong. "
        "script_accuracy is the script run over the file, with its carried-over letters.",
        published=(
            *published(
                "AF-Next model cards",
                {"AF-Next Instruct": "59.4", "AF-Next Think": "61.2", "AF-Next Captioner": "63.3"},
            ),
            *published("Audio Flamingo 3 (arXiv 2507.08128)", {"AF3": "61.4", "AF3 Think": "62.3"}),
            *published(
                "Qwen3-Omni report",
                {
                    "Qwen2.5-Omni": "62.6",
                    "Qwen3-Omni Instruct": "69.0",
                    "Qwen3-Omni Thinking": "70.2",
                    "Gemini 2.5 Pro": "77.7",
                },
            ),
        ),
        faults=(
            "what names no letter is dropped before the total is counted",
            "an empty response takes the letter that was read before it",
            "any answer that begins with A to D is that letter ('Cat' is C); 'The answer is A' without a stop is none",
            "mmsu_inference.py has a syntax error and writes the category into the sub-category",
        ),
    ),
)
