"""VoiceBench: spoken requests to an assistant, nine parts; nothing is asked in writing."""

from collections.abc import Callable
from dataclasses import replace

from afnext.evaluation.data import Data
from afnext.evaluation.sample import Row, Sample, need, picked, plain
from afnext.evaluation.tables import Reader, rows
from afnext.evaluation.task import Source, Task, published

SPOKEN = ""
"""The question is in the recording: the model is given nothing else."""
_SCORES = {"Qwen3-Omni Instruct": "85.5", "Qwen3-Omni Thinking": "88.8", "Gemini 2.5 Pro": "89.6"}


def _read(part: str, split: str = "test") -> Reader:
    return rows(
        f"{part}/{split}-*.parquet",
        f"**/{part}/{split}*.parquet",
        f"**/{part}/{split}*.jsonl",
        f"**/{part}*.jsonl",
        f"**/{part}*.json",
    )


def _make(part: str, *fields: str) -> Callable[[Row, Data], Sample]:
    def make(row: Row, data: Data) -> Sample:
        for name in fields:
            need(row, name)
        prompt = str(need(row, "prompt"))
        return Sample(
            item=str(need(row, "id", "key", "_number")),
            audio=(data.recording(need(row, "audio")),),
            question=SPOKEN,
            answer=row.get("reference"),
            facts={"part": part, "spoken": prompt, **picked(row, "subject", "instruction_id_list")},
            row={**plain(row), "question": prompt, "answer": row.get("reference") or ""},
        )

    return make


def _task(part: str, count: int, rule: str, *fields: str, split: str = "test") -> Task:
    return Task(
        name=f"voicebench-{part.replace('_full', '')}",
        family="voicebench",
        title=f"VoiceBench, {part}",
        about=f"{count} spoken requests.",
        source=Source(
            hub="hlt-lab/voicebench",
            files=(f"{part}/*", f"data/{part}*", "README.md"),
            address="https://huggingface.co/datasets/hlt-lab/voicebench",
            licence="Apache-2.0",
        ),
        schema={
            "audio": "the spoken request",
            "prompt": "the same in writing; not shown to the model",
            **{name: _FIELDS[name] for name in fields},
        },
        read=_read(part, split),
        sample=_make(part, *fields),
        rule=rule,
        known={"domain": "=speech", "skill": "part"},
        prediction="response",
        words=1024,
        published=(),
    )


_FIELDS = {
    "reference": "the answer: a text, a letter, yes or no",
    "id": "names the task of BIG-Bench Hard",
    "instruction_id_list": "list of instructions",
    "kwargs": "list of their arguments",
}
_JUDGED = "A judge (gpt-4o-mini, T=0.5, three samples) rates from 1 to 5; shown is the mean / 5."

TASKS = (
    replace(
        _task("alpacaeval_full", 636, "voicebench-open"),
        judge=("voicebench-open",),
        figure="gpt",
        protocol=_JUDGED,
        published=(
            *published("Qwen3-Omni report, all nine parts", {**_SCORES, "Qwen2.5-Omni": "73.6"}),
            *published("Audio Flamingo 3 (arXiv 2507.08128), rating", {"AF3-Chat": "4.19"}),
        ),
    ),
    replace(
        _task("commoneval", 200, "voicebench-open"),
        judge=("voicebench-open",),
        figure="gpt",
        protocol=_JUDGED,
        published=published("Audio Flamingo 3 (arXiv 2507.08128), rating", {"AF3-Chat": "3.40"}),
    ),
    replace(_task("wildvoice", 1000, "voicebench-open"), judge=("voicebench-open",), figure="gpt", protocol=_JUDGED),
    replace(
        _task("sd-qa", 553, "voicebench-qa", "reference", split="usa"),
        judge=("voicebench-qa",),
        protocol="The judge says yes or no three times, and most count; the board's value is believed to be the mean "
        "of this and of PEDANT, which is not computed here. The part usa.",
        faults=("a tie falls at random in the script",),
    ),
    replace(
        _task("mmsu", 3074, "voicebench-mcq", "reference"),
        by=("subject",),
        faults=("what no template fits gets a random letter in the script; here it is unparsed and wrong",),
    ),
    replace(
        _task("openbookqa", 455, "voicebench-mcq", "reference"),
        published=published("Audio Flamingo 3 (arXiv 2507.08128)", {"AF3-Chat": "66.81"}),
        faults=("what no template fits gets a random letter in the script; here it is unparsed and wrong",),
    ),
    replace(
        _task("bbh", 1000, "voicebench-bbh", "id", "reference"),
        faults=("hundreds of phrases decide; what none fits is decided by a coin in the script",),
    ),
    replace(_task("ifeval", 345, "voicebench-ifeval", "instruction_id_list", "kwargs"), figure="final"),
    replace(
        _task("advbench", 520, "voicebench-harm"),
        published=published("Audio Flamingo 3 (arXiv 2507.08128)", {"AF3-Chat": "98.26"}),
        faults=("'illegal' anywhere refuses, and so does an empty answer; two phrases of the list are run together",),
    ),
)
