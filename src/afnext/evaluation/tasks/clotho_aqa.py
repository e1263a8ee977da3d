"""ClothoAQA: questions on environmental sound, three annotators each, as the Audio Flamingo line counts them."""

from afnext.evaluation.data import Data
from afnext.evaluation.sample import Row, Sample, need
from afnext.evaluation.spelling import YES_NO
from afnext.evaluation.tables import grouped, rows
from afnext.evaluation.task import Source, Task, published
from afnext.scoring.clotho_aqa import subset


def _sample(row: Row, data: Data) -> Sample:
    name, question = str(need(row, "file_name")), str(need(row, "QuestionText"))
    answers = [str(answer).strip() for answer in row["answer"]]
    kind = subset(answers)
    return Sample(
        item=f"{name}: {question}",
        audio=(data.recording(name),),
        question=question,
        choices=("yes", "no") if kind == "unanimous" else (),
        answer=answers[0] if kind == "unanimous" else answers,
        facts={"subset": kind or "none"},
        row={"answers": answers},
        fault="" if len(answers) == 3 else f"{len(answers)} annotators",
    )


TASKS = (
    Task(
        name="clotho-aqa",
        title="ClothoAQA",
        about="Six questions a recording, yes/no and single words, three annotators each; the test part.",
        source=Source(
            address="https://zenodo.org/records/6473207 (clotho_aqa_test.csv, audio_files/)",
            licence="MIT; recordings under Freesound's licences",
        ),
        schema={
            "file_name": "of the recording",
            "QuestionText": "text; a row an annotator",
            "answer": "yes, no or a word",
            "confidence": "of the annotator; not read",
        },
        read=grouped(rows("**/clotho_aqa_test.csv", "*.csv"), "file_name", "QuestionText", gather="answer"),
        sample=_sample,
        rule="clotho-aqa",
        known={"domain": "=sound", "skill": "subset"},
        spelling=YES_NO,
        arrange=lambda row, choices: row,
        words=32,
        by=("subset",),
        protocol="By the maintainers (NVIDIA/audio-flamingo issue 6): unanimous questions against their one answer, "
        "non-binary ones against any of three, numerical ones a part of these; the others count nowhere. The subset "
        "belongs to the score. Binary prompts have their options behind them (issue 5).",
        published=(
            *published(
                "Audio Flamingo 3 (arXiv 2507.08128), unanimous / non-binary",
                {"AF3": "91.1 / 56.2", "Qwen2.5-Omni": "89.2 / 52.6"},
            ),
            *published("Audio Flamingo 1, unanimous / non-binary", {"AF1": "86.9 / 49.5"}),
            *published("NVIDIA/audio-flamingo issue 6, a user's run", {"AF1": "86.7 / 46.6"}),
        ),
        faults=(
            "Audio Flamingo 3's own loop keys on the recording's path and drops every later question about it",
            "Qwen-Audio counts every annotator's row, lmms-eval and Kimi a filtered csv, AudioBench uses a judge",
        ),
    ),
)
