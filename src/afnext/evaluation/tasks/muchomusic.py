"""MuChoMusic, and its harder twin RUL-MuChoMusic, which the Audio Flamingo papers call MuChoMusic."""

from collections.abc import Sequence
from random import Random
from string import ascii_uppercase

from afnext.evaluation.data import Data
from afnext.evaluation.kinds import listed
from afnext.evaluation.sample import Row, Sample, need, picked
from afnext.evaluation.spelling import Spelling
from afnext.evaluation.tables import rows
from afnext.evaluation.task import Source, Task, published

RUL = Spelling(
    "Provide your best guess of this question. Think step by step.\n\nQuestion: {question}\n\nOptions: {options}\n\n"
    "Write out your guess in the format of [[Letter]], such as [[A]], [[B]], [[C]], [[D]] or [[E]].",
    source="yongyizang/AreYouReallyListening ExampleAudioEval/qwen_2_audio.py",
    between=" ",
)
ORIGINAL = Spelling(
    "Question: {question}\nOptions:\n{options}\nThe correct answer is:",
    source="mulab-mir/muchomusic: options with letters, the answer behind 'The correct answer is:'",
)


def shuffled(name: str, options: Sequence[str]) -> tuple[str, ...]:
    """The options in an order that depends on the item's name only: the official scripts draw it without a seed."""
    order = list(options)
    Random(f"muchomusic {name}").shuffle(order)
    return tuple(order)


def _rul(row: Row, data: Data) -> Sample:
    item = str(need(row, "_key", "id"))
    right = str(need(row, "correct_answer"))
    choices = shuffled(item, [right, *listed(need(row, "distractors"), "distractors")])
    return Sample(
        item=item,
        audio=(data.one_of(f"{item}.mp3", f"{item}.wav"),),
        question=str(need(row, "question")),
        choices=choices,
        answer=right,
        facts=picked(row, "PI"),
        row=_mapped({"correct_answer": right}, choices),
    )


def _mapped(row: Row, choices: Sequence[str]) -> Row:
    return {**row, "mapping": dict(zip(ascii_uppercase, choices, strict=False))}


def _original(row: Row, data: Data) -> Sample:
    right = str(need(row, "correct_answer"))
    wrong = [str(row[name]) for name in sorted(row) if name.startswith("distractor_") and row[name]]
    if not wrong:
        need(row, "distractor_1_answer")
    track = str(need(row, "dataset_identifier"))
    question = str(need(row, "question"))
    item = f"{row.get('dataset', '')}/{track}: {question}"
    choices = shuffled(item, [right, *wrong])
    return Sample(
        item=item,
        audio=(data.one_of(f"{track}.mp3", f"{track}.wav", f"{track}.2min.mp3"),),
        question=question,
        choices=choices,
        answer=right,
        facts=picked(row, "dataset", "music_reasoning", "music_knowledge", "genre"),
        row={"correct_answer": right, "options": list(choices)},
    )


TASKS = (
    Task(
        name="rul-muchomusic",
        title="RUL-MuChoMusic (Are You Really Listening?)",
        about="1187 questions on music whose four distractors were chosen so that text alone does not help.",
        source=Source(
            hub="yongyizang/RUListening",
            address="https://github.com/yongyizang/AreYouReallyListening (RUL-MuchoMusic.json); recordings of "
            "MuChoMusic, named <question id>.mp3",
        ),
        schema={
            "(key)": "the question's id: the file is an object of objects",
            "question": "text",
            "caption": "of the recording; not shown to the model",
            "correct_answer": "text",
            "distractors": "list of four texts",
            "PI": "perceptual index",
        },
        read=rows("RUL-MuchoMusic.json", "**/RUL*.json", "*.json"),
        sample=_rul,
        rule="rul-muchomusic",
        known={"domain": "=music"},
        prediction="response",
        spelling=RUL,
        arrange=_mapped,
        words=1024,
        protocol="One pass over all five options. The README recommends leave-one-out (four passes, each without one "
        "distractor, and a vote), which is another score. Option order depends on the id, not on a draw.",
        published=(
            *published("AF-Next model cards", {"AF-Next Instruct": "75.6"}),
            *published("Music Flamingo (arXiv 2511.10289)", {"Music Flamingo": "74.58", "AF3": "47.4"}),
            *published("quoted in later reports; the first source was not checked", {"Qwen3-Omni": "52.0"}),
            *published("Audio Flamingo 3 (arXiv 2507.08128)", {"Qwen2.5-Omni": "47.3", "Gemini 2.5 Pro": "49.4"}),
        ),
        faults=(
            "options are shuffled without a seed",
            "'the answer is a good one' is read as A, whatever the case",
        ),
    ),
    Task(
        name="muchomusic",
        title="MuChoMusic (ISMIR 2024)",
        about="1187 questions on music of the Song Describer Dataset and MusicCaps, four options.",
        source=Source(
            hub="mulab-mir/muchomusic",
            address="https://zenodo.org/records/12709974 (csv); recordings of the Song Describer Dataset and MusicCaps",
        ),
        schema={
            "question": "text",
            "dataset, dataset_identifier": "sdd or musiccaps, and the recording's id there",
            "music_reasoning, music_knowledge": "lists of dimensions",
            "genre": "of the track",
            "correct_answer": "text",
            "distractor_1_answer ... distractor_3_answer": "texts",
        },
        read=rows("muchomusic.csv", "**/muchomusic*.csv", "*.csv", "**/*.parquet"),
        sample=_original,
        rule="muchomusic",
        known={"domain": "=music"},
        prediction="output",
        spelling=ORIGINAL,
        arrange=lambda row, choices: {**row, "options": list(choices)},
        words=64,
        by=("dataset", "genre"),
        doubt="how recordings are named is the user's matter: <dataset_identifier>.mp3 or .wav is looked for",
        protocol="Not the set of the Audio Flamingo papers.",
        published=published("AU-Harness (LLM judge)", {"Qwen2.5-Omni": "59.3"}),
        faults=("any single capital A to D anywhere in the answer counts as the letter",),
    ),
)
