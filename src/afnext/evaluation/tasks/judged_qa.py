"""Free answers that a judge scores: LibriSQA, MusicInstruct, CompA-R."""

import json

from afnext.audio.clip import Clip
from afnext.evaluation.data import Data
from afnext.evaluation.kinds import answered, judged_task, one_audio
from afnext.evaluation.sample import Row, Sample, need, picked
from afnext.evaluation.tables import rows
from afnext.evaluation.task import Source, Task, published

_OURS = "The judge's prompt is ours (spec librisqa: agreement with the reference, 0 to 10)."


def _librisqa(row: Row, data: Data) -> Sample:
    path, question = str(need(row, "speech_path")), str(need(row, "question"))
    answer = str(need(row, "answer"))
    return Sample(
        item=f"{path}: {question}",
        audio=(data.recording(path),),
        question=question,
        answer=answer,
        facts=picked(row, "duration"),
        row={"question": question, "answer": answer},
    )


def _part_two(row: Row, data: Data) -> Sample:
    path, question = str(need(row, "speech_path")), str(need(row, "question_and_option"))
    return Sample(
        item=f"{path}: {question[:80]}",
        audio=(data.recording(path),),
        question=question,
        answer=str(need(row, "answer")).strip()[:1].upper(),
        facts=picked(row, "duration"),
        row={"reference": str(need(row, "answer")).strip()[:1].upper()},
    )


def _music(row: Row, data: Data) -> tuple[Clip, ...]:
    video = str(need(row, "id", "audio", "ytid", "name"))
    return (data.one_of(f"{video}.wav", video, f"{video}.mp3"),)


def _instructed(row: Row, data: Data) -> Sample:
    question, answer = str(need(row, "question", "instruction")), str(need(row, "answer", "output"))
    video = str(need(row, "id", "audio", "ytid", "name"))
    return Sample(
        item=f"{video}: {json.dumps(question)}",
        audio=_music(row, data),
        question=question,
        answer=answer,
        facts={"length": "long" if "long" in str(row.get("_file", "")).lower() else "short or not said"},
        row={"question": question, "answer": answer},
    )


_LIBRI_SOURCE = Source(
    hub="ZihanZhao/LibriSQA",
    files=("**/*-test.json",),
    address="https://huggingface.co/datasets/ZihanZhao/LibriSQA; recordings of LibriSpeech test-clean",
)

TASKS = (
    judged_task(
        "librisqa",
        "LibriSQA, part I",
        "Questions on read speech, answered in a sentence.",
        spec="librisqa",
        known={"domain": "=speech", "skill": "=questions"},
        source=_LIBRI_SOURCE,
        schema={
            "speech_path": "path in LibriSpeech",
            "question": "text",
            "answer": "reference",
            "text": "the words; not shown to the model",
            "duration": "seconds",
        },
        read=rows("**/LibriSQA-PartI-test.json", "*PartI-test.json"),
        sample=_librisqa,
        protocol=f"Audio Flamingo 3 reports 0 to 10 by GPT-4o; its prompt was not found. {_OURS}",
        published=published("Audio Flamingo 3 (arXiv 2507.08128)", {"AF3": "8.7", "Gemini 2.5 Pro": "8.7"}),
    ),
    Task(
        name="librisqa-choices",
        title="LibriSQA, part II",
        about="The same speech with four options, which stand in the question.",
        source=_LIBRI_SOURCE,
        schema={
            "speech_path": "path in LibriSpeech",
            "question_and_option": "text with four options",
            "answer": "the right option's letter",
            "answer_and_analysis, text, duration": "not scored",
        },
        read=rows("**/LibriSQA-PartII-test.json", "*PartII-test.json"),
        sample=_part_two,
        rule="voicebench-mcq",
        known={"domain": "=speech", "skill": "=questions"},
        prediction="response",
        words=64,
        protocol="The letter, read by VoiceBench's templates without its random fall-back; the authors' own reading is "
        "not known. The Audio Flamingo papers report part I.",
    ),
    judged_task(
        "musicinstruct",
        "MusicInstruct, long",
        "Questions and long answers on recordings of MusicCaps.",
        spec="librisqa",
        known={"domain": "=music", "skill": "=questions"},
        source=Source(
            hub="m-a-p/Music-Instruct",
            address="https://huggingface.co/datasets/m-a-p/Music-Instruct; recordings of MusicCaps",
        ),
        schema={
            "QA": "the file is an object with this one list",
            "id or ytid": "of the recording",
            "question": "text",
            "answer": "text",
        },
        read=rows("**/*long*.json", "**/*music_instruct*.json", "*.json"),
        sample=_instructed,
        words=512,
        certain=False,
        doubt="the names of the fields within QA were not seen; id, audio, ytid or name, question, answer are tried",
        protocol=f"Called accuracy by Audio Flamingo 2 and 3, GPT-5 by Music Flamingo; unreleased. {_OURS}",
        published=(
            *published("Music Flamingo (arXiv 2511.10289)", {"Music Flamingo": "97.1"}),
            *published("Audio Flamingo 3 (arXiv 2507.08128)", {"AF3": "92.7"}),
        ),
    ),
    judged_task(
        "compa-r",
        "CompA-R-test",
        "Questions that take reasoning about environmental sound.",
        spec="librisqa",
        known={"domain": "=sound", "skill": "=questions"},
        source=Source(address="linked from https://github.com/Sreyan88/GAMA (Google Drive)"),
        schema={"id": "of the question", "audio": "path", "question": "text", "answer": "text"},
        read=rows("*.jsonl", "*.json", "*.csv"),
        sample=answered(
            one_audio("audio", "audio_id", "path"),
            item=("id", "question_id", "_number"),
            question=("question", "instruction"),
            answer=("answer", "output"),
        ),
        certain=False,
        doubt="the file was not seen: the fields are those of its family (GAMA, LTU)",
        protocol=f"The protocol of the Audio Flamingo papers is unreleased. {_OURS}",
        published=(
            *published("Audio Flamingo 3 (arXiv 2507.08128)", {"AF3": "98.0"}),
            *published("Audio Flamingo 2 (arXiv 2503.03983)", {"AF2": "96.4"}),
        ),
    ),
)
