"""OpenAudioBench: spoken questions in five parts, answered in words and judged."""

from collections.abc import Callable

from afnext.evaluation.data import Data
from afnext.evaluation.kinds import judged_task
from afnext.evaluation.sample import Row, Sample, need
from afnext.evaluation.tables import rows
from afnext.evaluation.task import Source, Task, published

QUESTIONS = ("question", "Questions", "instruction", "Prompt", "问题")
ANSWERS = ("answer", "answers", "Answer", "output", "参考答案")
RECORDINGS = ("audio_filename", "audio_file_name", "audio_file", "audio_path", "audio")


def _make(part: str) -> Callable[[Row, Data], Sample]:
    def make(row: Row, data: Data) -> Sample:
        name, question = str(need(row, *RECORDINGS)), str(need(row, *QUESTIONS))
        answer = str(need(row, *ANSWERS))
        return Sample(
            item=name,
            audio=(data.recording(name, under=f"eval_datas/{part}/audios"),),
            question="",
            answer=answer,
            facts={"part": part, "spoken": question},
            row={"question": question, "answer": answer},
        )

    return make


def _task(part: str, count: int, scores: dict[str, str]) -> Task:
    return judged_task(
        f"openaudiobench-{part.replace('_', '-')}",
        f"OpenAudioBench, {part}",
        f"{count} spoken questions.",
        spec="librisqa",
        known={"domain": "=speech", "skill": "part"},
        family="openaudiobench",
        source=Source(
            hub="baichuan-inc/OpenAudioBench",
            files=(f"eval_datas/{part}/**",),
            address="https://huggingface.co/datasets/baichuan-inc/OpenAudioBench (eval_datas/<part>/: csv, audios/)",
            licence="Apache-2.0",
        ),
        schema={"audio_filename": "in audios/", "question": "what is said; not shown to the model", "answer": "text"},
        read=rows(f"**/{part}/{part}.csv", f"**/{part}.csv"),
        sample=_make(part),
        words=512,
        certain=False,
        doubt="folders and file names are those of the hub; the columns' names were not seen, and several are tried",
        protocol="Five judge prompts of the authors (copies in Kimi-Audio-Evalkit ds_refqa.py) decide officially; here "
        "agreement with the reference from 0 to 10 by the spec librisqa, a prompt of ours.",
        published=published("Audio Flamingo 3 (arXiv 2507.08128)", scores),
    )


TASKS = (
    _task("reasoning_qa", 202, {}),
    _task("llama_questions", 300, {"AF3-Chat": "80.33", "Qwen2.5-Omni": "75.33"}),
    _task("web_questions", 1000, {}),
    _task("trivia_qa", 1000, {"AF3-Chat": "53.05", "Qwen2.5-Omni": "57.06"}),
    _task("alpaca_eval", 199, {"AF3-Chat": "76.26", "Qwen2.5-Omni": "72.76"}),
)
