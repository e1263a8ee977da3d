"""Closed labels of sound and voice: CochlScene, NonSpeech7k, IEMOCAP."""

from pathlib import PurePath

from afnext.evaluation.kinds import camel_words, label_task, labelled, one_audio
from afnext.evaluation.sample import need
from afnext.evaluation.tables import folder_rows, rows
from afnext.evaluation.task import Source, published

SCENES = (
    *("bus", "cafe", "car", "crowded indoor", "elevator", "kitchen", "park", "residential area", "restaurant"),
    *("restroom", "street", "subway", "subway station"),
)
NONSPEECH = ("breath", "cough", "crying", "laugh", "screaming", "sneeze", "yawn")
EMOTIONS = ("angry", "happy", "neutral", "sad")
_WORDS = {
    "anger": "angry",
    "ang": "angry",
    "happiness": "happy",
    "hap": "happy",
    "excited": "happy",
    "exc": "happy",
    "neu": "neutral",
    "sadness": "sad",
    "breathing": "breath",
    "coughing": "cough",
    "laughter": "laugh",
    "laughing": "laugh",
    "scream": "screaming",
    "sneezing": "sneeze",
    "yawning": "yawn",
    "cry": "crying",
}


def _word(label: object) -> str:
    plain = str(label).strip().lower()
    return _WORDS.get(plain, plain)


def _emotion(label: object) -> str:
    """The emotion in a label or in a sentence of it, as AudioLLMs' rows have it."""
    words = [_word(word.strip(".,")) for word in str(label).split()]
    return next((word for word in words if word in EMOTIONS), str(label))


TASKS = (
    label_task(
        "cochlscene",
        "CochlScene",
        "Recordings of ten seconds in 13 kinds of places.",
        Source(address="https://github.com/cochlearai/cochlscene (Zenodo; Test/<Class>/*.wav)"),
        {"(path)": "the class is the folder's name, such as CrowdedIndoor"},
        folder_rows("**/Test/*/*.wav", "**/test/*/*.wav", "*/*.wav"),
        labelled(
            SCENES,
            "What is the acoustic scene of this recording?",
            one_audio("path"),
            lambda row: camel_words(str(row["folder"])),
            lambda row: PurePath(str(row["path"])).stem,
        ),
        domain="sound",
        published=published("Audio Flamingo 3 (arXiv 2507.08128)", {"AF3": "93.2", "Pengi": "91.6"}),
    ),
    label_task(
        "nonspeech7k",
        "NonSpeech7k",
        "Sounds that people make without speaking, seven classes.",
        Source(address="https://zenodo.org/records/6967442 (test.zip unpacked, metadata_test.csv)"),
        {"Filename": "of the recording", "Classname": "one of seven", "(others)": "not read"},
        rows("**/metadata_test.csv", "**/metadata*test*.csv", "*.csv"),
        labelled(
            NONSPEECH,
            "Which sound does the person make?",
            one_audio("Filename"),
            lambda row: _word(need(row, "Classname")),
            lambda row: str(need(row, "Filename")),
        ),
        domain="sound",
        published=published("Audio Flamingo 3 (arXiv 2507.08128)", {"AF3": "85.9", "AF2": "84.3"}),
        doubt="only the two columns that are read are known for sure",
    ),
    label_task(
        "iemocap",
        "IEMOCAP",
        "Acted speech in four emotions: angry, happy (with excited), neutral, sad.",
        Source(
            hub="AudioLLMs/iemocap_emotion_test",
            address="https://sail.usc.edu/iemocap (licence to be asked for)",
            licence="of the University of Southern California",
        ),
        {"context or audio": "the recording", "answer or label": "the emotion"},
        rows("**/*.parquet", "**/*.jsonl", "*.csv"),
        labelled(
            EMOTIONS,
            "What is the emotion of the speaker?",
            one_audio("context", "audio", "path", "file"),
            lambda row: _emotion(need(row, "label", "answer")),
            lambda row: str(row.get("id") or row["_number"]),
        ),
        domain="speech",
        published=published("Audio Flamingo 3 (arXiv 2507.08128)", {"AF3": "63.8", "Qwen2-Audio Instruct": "59.2"}),
        certain=False,
        doubt="which utterances the Audio Flamingo papers took is not said: AU-Harness has 1003 or 1004",
    ),
)
