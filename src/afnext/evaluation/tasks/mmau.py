"""MMAU (version 05.15.25): sound, music and speech, 27 skills, one of several choices."""

from afnext.evaluation.kinds import chosen, one_audio
from afnext.evaluation.spelling import FLAMINGO
from afnext.evaluation.tables import rows
from afnext.evaluation.task import Source, Task, published

SCHEMA = {
    "id": "of the question",
    "audio_id": "path of the recording, such as ./test-mini-audios/<id>.wav",
    "question": "text",
    "choices": "list of texts (mirrors keep it as JSON text, which is read too)",
    "answer": "the right choice's text; not in the file of the test part",
    "dataset": "where the recording comes from",
    "task": "sound, music or speech",
    "split": "test-mini or test",
    "category": "kind of reasoning",
    "sub-category": "the skill",
    "difficulty": "easy, medium or hard",
}
FACTS = ("task", "category", "sub-category", "difficulty", "dataset")
PROTOCOL = (
    "Published numbers of this version are of the parsed kind: the authors map free answers to choices with GPT-4o "
    "before the script runs, by a prompt that was never released (issues 21, 23 and 24 of Sakshi113/MMAU). `parsed` is "
    "the nearest that can be repeated; `official` is the script alone."
)
FAULTS = (
    "a right answer in a sentence is wrong where it shares a word (a, the, is) with another choice: always-right "
    "predictions score 90.7 as 'The answer is: ...' and 0.2 as a bare letter",
    "sets of words ignore order and signs: 24 of 1000 test-mini items accept a wrong choice, 16 of them because two "
    "choices are the same",
    "rows without the key model_output are left out of the total; the README calls the key model_prediction",
    "the right choice stands first in 39.5 % of test-mini (always first: 39.5 %, always longest: 39.4 %)",
)

TASKS = (
    Task(
        name="mmau",
        title="MMAU v05.15.25 test-mini",
        about="1000 questions of 27 skills, a third each on sound, music and speech; mostly four choices.",
        source=Source(
            hub="gamma-lab-umd/MMAU-test-mini",
            address="https://github.com/Sakshi113/MMAU (mmau-test-mini.json and its recordings)",
        ),
        schema=SCHEMA,
        read=rows("mmau-test-mini*.json", "**/*test*mini*.json", "**/test*mini*.parquet", "*.json", "**/*.parquet"),
        sample=chosen(one_audio("audio_id", "audio", "context"), facts=FACTS),
        rule="mmau",
        known={"domain": "task", "skill": "sub_category"},
        prediction="model_output",
        spelling=FLAMINGO,
        by=("task", "sub_category", "difficulty"),
        protocol=PROTOCOL,
        published=(
            *published(
                "Audio Flamingo 3 (arXiv 2507.08128)", {"AF3": "73.30", "AF3 Think": "74.26", "Qwen2.5-Omni": "71.5"}
            ),
            *published(
                "MMAU parsed leaderboard, 2025-12",
                {"Gemini 2.5 Pro": "71.60", "GPT-4o Audio": "62.5", "MiMo-Audio": "74.7", "Step-Audio 2": "77.58"},
            ),
        ),
        faults=FAULTS,
    ),
    Task(
        name="mmau-test",
        title="MMAU v05.15.25 test",
        about="9000 questions whose answers are held back. A run writes submission.json for the authors' scorer.",
        source=Source(
            hub="gamma-lab-umd/MMAU-test",
            address="https://github.com/Sakshi113/MMAU; scored at the Hugging Face Space sonalkum/MMAU-Eval",
        ),
        schema={name: told for name, told in SCHEMA.items() if name != "answer"},
        read=rows("mmau-test.json", "**/mmau-test*.json", "*.json", "**/*.parquet"),
        sample=chosen(one_audio("audio_id", "audio", "context"), facts=FACTS, hidden=True),
        rule="mmau",
        known={"domain": "task", "skill": "sub_category"},
        prediction="model_output",
        spelling=FLAMINGO,
        protocol=PROTOCOL,
        submission="model_output",
        published=(
            *published(
                "AF-Next model cards",
                {"AF-Next Instruct": "74.20", "AF-Next Think": "75.01", "AF-Next Captioner": "75.76"},
            ),
            *published(
                "Audio Flamingo 3 (arXiv 2507.08128)", {"AF3": "72.42", "AF3 Think": "73.16", "Qwen2.5-Omni": "71.00"}
            ),
            *published("Qwen3-Omni report (which part is not said)", {"Qwen3-Omni": "77.5", "Gemini 2.5 Pro": "77.4"}),
        ),
        faults=FAULTS[:3],
    ),
)
