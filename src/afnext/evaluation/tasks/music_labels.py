"""Closed labels of music: NSynth, Medley-Solos-DB, GTZAN."""

from collections.abc import Callable, Iterator
from pathlib import PurePath

from afnext.audio.clip import Clip
from afnext.base.errors import AfnextError
from afnext.evaluation.data import Data
from afnext.evaluation.kinds import label_task, labelled, one_audio
from afnext.evaluation.sample import Row, need
from afnext.evaluation.tables import folder_rows, rows
from afnext.evaluation.task import Source, published

SOURCES = ("acoustic", "electronic", "synthetic")
FAMILIES = (
    *("bass", "brass", "flute", "guitar", "keyboard", "mallet", "organ", "reed", "string", "synth lead", "vocal"),
)
SOLOS = (
    *("clarinet", "distorted electric guitar", "female singer", "flute", "piano", "tenor saxophone", "trumpet"),
    "violin",
)
GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")

_NSYNTH = {
    "(key)": "the note's name: the file is an object of objects",
    "instrument_source_str": "acoustic, electronic or synthetic",
    "instrument_family_str": "one of eleven families",
    "qualities_str": "list of texts",
    "pitch, velocity": "MIDI numbers",
}
_PAPER = "AF-Next model cards"


def _note(row: Row, data: Data) -> tuple[Clip, ...]:
    if row.get("_key"):
        return (data.one_of(f"{row['_key']}.wav", under="audio"),)
    return (data.recording(need(row, "audio", "WavPath", "path")),)


def _field(name: str) -> Callable[[Row], str]:
    return lambda row: str(need(row, name)).replace("_", " ")


def _filtered(data: Data) -> Iterator[tuple[str, Row | AfnextError]]:
    """GTZAN's recordings; where the fault-filtered list of its test part is there, those of the list."""
    wanted: set[str] | None = None
    for path in data.root.rglob("test_filtered.txt"):
        wanted = {PurePath(line.strip()).name for line in path.read_text(encoding="utf-8").splitlines() if line.strip()}
    for place, row in folder_rows("**/genres*/*/*.wav", "**/genres*/*/*.au", "*/*.wav")(data):
        if wanted is None or (isinstance(row, dict) and PurePath(str(row["path"])).name in wanted):
            yield place, row


TASKS = (
    label_task(
        "nsynth-source",
        "NSynth, source",
        "4096 single notes: how the sound is made.",
        Source(address="https://magenta.tensorflow.org/datasets/nsynth (nsynth-test: examples.json, audio/)"),
        _NSYNTH,
        rows("**/nsynth-test/examples.json", "**/examples.json", "**/*.parquet"),
        labelled(
            SOURCES,
            "What is the source of this note?",
            _note,
            _field("instrument_source_str"),
            lambda row: str(row.get("_key") or need(row, "note_str")),
            ("instrument_family_str", "pitch", "velocity"),
        ),
        by=("instrument_family_str",),
        domain="music",
        published=(
            *published(_PAPER, {"AF-Next": "66.7"}),
            *published("Music Flamingo (arXiv 2511.10289)", {"Music Flamingo": "75.89", "AF3": "65.5"}),
        ),
        faults=(
            "AF-Next's 66.7 is below Music Flamingo's 75.89, though its page names Pengi's 62.0 as the best before",
        ),
    ),
    label_task(
        "nsynth-instrument",
        "NSynth, instrument family",
        "The same notes: which of eleven families of instruments plays.",
        Source(address="https://magenta.tensorflow.org/datasets/nsynth (nsynth-test: examples.json, audio/)"),
        _NSYNTH,
        rows("**/nsynth-test/examples.json", "**/examples.json", "**/*.parquet"),
        labelled(
            FAMILIES,
            "Which family of instruments does this note belong to?",
            _note,
            _field("instrument_family_str"),
            lambda row: str(row.get("_key") or need(row, "note_str")),
            ("instrument_source_str", "pitch", "velocity"),
        ),
        by=("instrument_source_str",),
        domain="music",
        published=(
            *published(_PAPER, {"AF-Next": "81.7"}),
            *published("Music Flamingo (arXiv 2511.10289)", {"Music Flamingo": "80.76", "AF3": "78.9"}),
        ),
    ),
    label_task(
        "medley-solos-db",
        "Medley-Solos-DB",
        "Three seconds of a solo instrument, eight classes; the test part.",
        Source(address="https://zenodo.org/records/3464194 (csv and wav)"),
        {
            "subset": "training, validation or test; the last is read",
            "instrument": "one of eight",
            "instrument_id": "0 to 7",
            "song_id": "of the piece",
            "uuid4": "of the clip: Medley-solos-DB_<subset>-<instrument_id>_<uuid4>.wav",
        },
        rows("**/Medley-solos-DB_metadata.csv", "*.csv"),
        labelled(
            SOLOS,
            "Which instrument plays?",
            lambda row, data: (
                data.one_of(f"Medley-solos-DB_{row['subset']}-{need(row, 'instrument_id')}_{need(row, 'uuid4')}.wav"),
            ),
            lambda row: str(need(row, "instrument")) if need(row, "subset") == "test" else None,
            lambda row: str(need(row, "uuid4")),
            ("song_id",),
        ),
        domain="music",
        published=(
            *published(_PAPER, {"AF-Next": "92.13"}),
            *published("Music Flamingo (arXiv 2511.10289)", {"Music Flamingo": "90.86"}),
            *published("Audio Flamingo 2 (arXiv 2503.03983)", {"AF2": "85.80"}),
        ),
    ),
    label_task(
        "gtzan",
        "GTZAN",
        "Thirty seconds of music in ten genres.",
        Source(
            hub="marsyas/gtzan",
            address="https://huggingface.co/datasets/marsyas/gtzan (genres/<genre>/<genre>.<number>.wav)",
        ),
        {
            "(path)": "the genre is the folder's name",
            "test_filtered.txt": "the fault-filtered test part, if it is there",
        },
        _filtered,
        labelled(
            GENRES,
            "What is the genre of this music?",
            one_audio("path"),
            lambda row: str(row["folder"]),
            lambda row: PurePath(str(row["path"])).stem,
        ),
        protocol="The part must be named: MARBLE's fault-filtered test part is another set than all 1000 recordings, "
        "among which are repetitions and distortions.",
        domain="music",
        published=(
            *published("Music Flamingo (arXiv 2511.10289)", {"Music Flamingo": "84.45", "Pengi": "80.0"}),
            *published(
                "Qwen3-Omni report (MARBLE split)",
                {"Qwen3-Omni": "93.0", "Gemini 2.5 Pro": "81.0", "Qwen2.5-Omni": "81.7"},
            ),
        ),
    ),
)
