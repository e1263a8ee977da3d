"""MMAR: 1000 questions that take several steps of reasoning, on sound, speech, music and their mixtures."""

from afnext.evaluation.kinds import chosen, one_audio
from afnext.evaluation.spelling import FLAMINGO
from afnext.evaluation.tables import rows
from afnext.evaluation.task import Source, Task, published

TASKS = (
    Task(
        name="mmar",
        title="MMAR",
        about="1000 questions with two to six choices in four layers: signal, perception, semantics, culture.",
        source=Source(
            hub="BoJack/MMAR",
            address="https://huggingface.co/datasets/BoJack/MMAR; MMAR-meta.jsonl also in github.com/ddlBoJack/MMAR",
        ),
        schema={
            "id": "of the question",
            "audio_path": "such as ./audio/<id>.wav",
            "question": "text",
            "choices": "list of texts",
            "answer": "the right choice's text",
            "modality": "sound, music, speech or a mixture",
            "category": "one of four layers",
            "sub-category": "finer",
            "language": "of the speech",
            "source, url, timestamp": "where the recording comes from",
            "thinking, cue, rubric": "of the reasoning; rubric is judged in MMAR-Rubrics only",
        },
        read=rows("MMAR-meta.jsonl", "MMAR-meta.json", "**/MMAR*.jsonl", "**/MMAR*.json", "**/*.parquet"),
        sample=chosen(
            one_audio("audio_path", "audio"), facts=("modality", "category", "sub-category", "language", "timestamp")
        ),
        rule="mmar",
        known={"domain": "modality", "skill": "sub_category"},
        prediction="answer_prediction",
        spelling=FLAMINGO,
        by=("modality", "category", "language"),
        protocol="The rule of MMAU. The prompt moves Audio Flamingo 3 from 58.5 (this one) to 49.1 (the one that MMAR "
        "suggests; NVIDIA/audio-flamingo issue 54), so it belongs to the score.",
        published=(
            *published(
                "AF-Next model cards",
                {"AF-Next Instruct": "59.7", "AF-Next Think": "61.0", "AF-Next Captioner": "63.0"},
            ),
            *published(
                "Audio Flamingo 3 (arXiv 2507.08128)", {"AF3": "58.5", "AF3 Think": "60.1", "Qwen2.5-Omni": "56.7"}
            ),
            *published(
                "quoted in later reports; the first source was not checked",
                {"Qwen3-Omni Thinking": "66.4", "Gemini 2.5 Pro": "74.7", "GPT-4o Audio": "63.5"},
            ),
        ),
        faults=(
            "always-right predictions score 91.0 as 'The answer is: ...' and 0.0 as a bare letter",
            "20 of 1000 items accept a wrong choice ('From far to near', 'From near to far'; 'C# minor', 'C minor')",
            "rows without answer_prediction are left out of the total",
        ),
    ),
)
