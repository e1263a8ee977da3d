"""Transcription in English: LibriSpeech, SPGISpeech, TED-LIUM 3, GigaSpeech, Common Voice 15, VoxPopuli."""

import csv
import re
from collections.abc import Iterator

from afnext.audio.clip import Clip
from afnext.base.errors import AfnextError, BenchmarkError
from afnext.evaluation.data import Data
from afnext.evaluation.kinds import asr_task, one_audio, transcribed
from afnext.evaluation.sample import Row, need
from afnext.evaluation.tables import Reader, read_table, rows
from afnext.evaluation.task import Source, Task, published

AF3 = "Audio Flamingo 3 (arXiv 2507.08128)"
IGNORED = "ignore_time_segment_in_scoring"
_TAGS = {"<COMMA>": ",", "<PERIOD>": ".", "<QUESTIONMARK>": "?", "<EXCLAMATIONPOINT>": "!"}
_GARBAGE = re.compile(r"<(?:SIL|MUSIC|NOISE|OTHER)>")


def _librispeech(part: str) -> Reader:
    """Official folders (``<speaker>-<chapter>.trans.txt``), or tables of the hub."""

    def read(data: Data) -> Iterator[tuple[str, Row | AfnextError]]:
        found = sorted(data.root.glob(f"**/{part}/*/*/*.trans.txt"))
        if not found:
            name = part.replace("-", ".")
            split, kind = part.split("-")
            yield from rows(f"**/{name}/*.parquet", f"**/{kind}/{split}*.parquet", f"**/*{part}*.jsonl")(data)
        for path in found:
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                item, _, text = line.strip().partition(" ")
                if item:
                    speaker, chapter, *_ = [*item.split("-"), "", ""]
                    audio = (path.parent / f"{item}.flac").relative_to(data.root).as_posix()
                    place = f"{path.name}:{number}"
                    yield (
                        place,
                        {"id": item, "text": text, "audio": audio, "speaker_id": speaker, "chapter_id": chapter},
                    )

    return read


def _bars(data: Data) -> Iterator[tuple[str, Row | AfnextError]]:
    """SPGISpeech's tables, whose columns are divided by bars."""
    for path in data.tables("**/test.csv", "*.csv", "**/test*.parquet"):
        if path.suffix == ".parquet":
            yield from ((f"{path.name}:{number}", row) for number, row in read_table(path))
            continue
        with path.open(encoding="utf-8-sig", newline="") as lines:
            for number, row in enumerate(csv.DictReader(lines, delimiter="|", quoting=csv.QUOTE_NONE), 2):
                yield f"{path.name}:{number}", {str(name): value for name, value in row.items()}


def _stm(data: Data) -> Iterator[tuple[str, Row | AfnextError]]:
    """TED-LIUM's segments: ``<file> <channel> <speaker> <begin> <end> <label> <words>``; or tables of the hub."""
    found = sorted(data.root.glob("**/test/stm/*.stm"))
    if not found:
        yield from rows("**/tedlium/test*.parquet", "**/test*.parquet", "**/test*.jsonl")(data)
    for path in found:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            place = f"{path.name}:{number}"
            parts = line.split(None, 6)
            if line.startswith(";;") or not parts:
                continue
            try:
                start, end = float(parts[3]), float(parts[4])
            except (IndexError, ValueError):
                yield place, BenchmarkError(f"{place}: {line[:40]!r}", expected="file channel speaker begin end label")
                continue
            words = parts[6] if len(parts) > 6 else ""
            yield (
                place,
                {
                    "id": f"{parts[0]}-{parts[3]}-{parts[4]}",
                    "audio": f"{parts[0]}.sph",
                    "text": words,
                    "start": start,
                    "end": end,
                    "speaker_id": parts[2],
                },
            )


def _segment(row: Row, data: Data) -> tuple[Clip, ...]:
    start, end = row.get("start"), row.get("end")
    value = need(row, "audio")
    if isinstance(value, str) and start is not None:
        return (
            data.one_of(value, value.replace(".sph", ".wav"), value.replace(".sph", ".flac"), start=start, end=end),
        )
    return (data.recording(value),)


def _spoken(text: str) -> str:
    """TED-LIUM: `` 's`` belongs to the word before it; ``<unk>`` is no word."""
    return " ".join(re.sub(r"\s+'", "'", text.replace("<unk>", "")).split())


def _punctuated(text: str) -> str:
    for tag, sign in _TAGS.items():
        text = text.replace(f" {tag}", sign).replace(tag, sign)
    return _GARBAGE.sub("", text).strip()


def _garbage(text: str) -> bool:
    """GigaSpeech: segments that hold no speech are left out of scoring by its own scripts."""
    return not _GARBAGE.sub("", text).strip()


_LIBRI = {
    "id": "<speaker>-<chapter>-<number>",
    "text": "the words, in capitals",
    "audio": "the recording (flac)",
    "speaker_id, chapter_id": "numbers",
}


def _librispeech_task(part: str, count: int, scores: dict[str, str], third: str = "") -> Task:
    extra = published("third-party summaries", {"AF-Next": third}) if third else ()
    return asr_task(
        f"librispeech-{part}",
        f"LibriSpeech test-{part}",
        f"{count} utterances of read books.",
        family="librispeech",
        source=Source(
            hub="openslr/librispeech_asr",
            address="https://www.openslr.org/12 (LibriSpeech/test-clean, LibriSpeech/test-other)",
            licence="CC BY 4.0",
        ),
        schema=_LIBRI,
        read=_librispeech(f"test-{part}"),
        sample=transcribed("text", facts=("speaker_id", "chapter_id")),
        by=("speaker_id",),
        published=(*extra, *published(f"{AF3}; Qwen3-Omni report", scores)),
    )


TASKS = (
    _librispeech_task(
        "clean",
        2620,
        {"AF3": "1.57", "Qwen3-Omni": "1.22", "Qwen2.5-Omni": "1.74", "Gemini 2.5 Pro": "2.89", "Phi-4-mm": "1.67"},
        "1.54",
    ),
    _librispeech_task(
        "other", 2939, {"AF3": "3.13", "Qwen3-Omni": "2.48", "Qwen2.5-Omni": "3.45", "Gemini 2.5 Pro": "3.56"}
    ),
    asr_task(
        "spgispeech",
        "SPGISpeech",
        "Earnings calls; the test part of some 39,000 segments.",
        source=Source(hub="kensho/spgispeech", address="https://huggingface.co/datasets/kensho/spgispeech (gated)"),
        schema={"wav_filename": "path", "wav_filesize": "bytes", "transcript": "the words, with punctuation"},
        read=_bars,
        sample=transcribed("transcript", "wav_filename", audio=one_audio("audio", "wav_filename")),
        published=published(AF3, {"AF3": "1.86", "Qwen2-Audio Instruct": "3.0"}),
    ),
    asr_task(
        "tedlium3",
        "TED-LIUM 3",
        "Talks; the legacy test part of some 1155 segments.",
        source=Source(
            hub="hf-audio/esb-datasets-test-only-sorted",
            files=("tedlium/test*",),
            address="https://www.openslr.org/51 (legacy/test: stm/ and sph/)",
            licence="CC BY-NC-ND 3.0",
        ),
        schema={
            "stm": "file, channel, speaker, begin, end, label, words",
            "audio, text, id": "in tables of the hub",
        },
        read=_stm,
        sample=transcribed(
            "text",
            audio=_segment,
            clean=_spoken,
            facts=("speaker_id",),
            leave=lambda text: text.strip().replace(" ", "_").lower() == IGNORED,
        ),
        protocol=f"Segments marked {IGNORED} are left out.",
        published=(
            *published(AF3, {"AF3": "3.5", "Phi-4-mm": "2.9"}),
            *published("UltraEval-Audio", {"Qwen3-Omni": "2.82", "Gemini 2.5 Pro": "2.52", "Qwen2.5-Omni": "4.70"}),
        ),
        faults=("the hub's older test-only copy and the Open ASR Leaderboard's cleaned one are other sets",),
    ),
    asr_task(
        "gigaspeech",
        "GigaSpeech (L)",
        "Audio books, podcasts and videos; a test part of some 25,600 segments.",
        source=Source(
            hub="speechcolab/gigaspeech", address="https://huggingface.co/datasets/speechcolab/gigaspeech (gated)"
        ),
        schema={
            "segment_id": "of the utterance",
            "text": "the words, with tags such as <COMMA>",
            "audio": "the recording",
            "speaker, category, source": "of the recording",
        },
        read=rows("**/test*.parquet", "**/test*.jsonl", "**/test*.csv"),
        sample=transcribed(
            "text", ("segment_id", "sid", "id"), clean=_punctuated, facts=("category", "source"), leave=_garbage
        ),
        by=("category",),
        protocol="Tags of punctuation become signs; segments of <SIL>, <MUSIC>, <NOISE> or <OTHER> alone are left out.",
        certain=False,
        doubt="the hub's archives must be unpacked into tables with these fields; their names are those of its loader",
        published=published(AF3, {"AF3": "10.27", "Phi-4-mm": "9.78"}),
    ),
    asr_task(
        "common-voice-15",
        "Common Voice 15, English",
        "Read sentences; a test part of some 16,400.",
        source=Source(
            hub="lmms-lab-audio/common_voice_15",
            address="https://commonvoice.mozilla.org (cv-corpus-15.0, en: test.tsv and clips/)",
            licence="CC0",
        ),
        schema={
            "client_id": "of the speaker",
            "path": "of the clip",
            "sentence": "the words",
            "up_votes, down_votes, age, gender, accents, variant, locale, segment": "not scored",
        },
        read=rows("**/en/test.tsv", "**/test.tsv", "**/*.parquet"),
        sample=transcribed(
            "sentence",
            "path",
            audio=one_audio("audio", "path", under="clips"),
            facts=("age", "gender", "accents", "locale"),
        ),
        by=("gender", "age"),
        published=(
            *published(AF3, {"AF3": "7.4", "Phi-4-mm": "7.61"}),
            *published("Qwen3-Omni report", {"Qwen3-Omni": "6.05", "Qwen2.5-Omni": "7.61", "Gemini 2.5 Pro": "9.89"}),
        ),
    ),
    asr_task(
        "voxpopuli",
        "VoxPopuli, English",
        "Speeches in the European Parliament; a test part of some 1842.",
        source=Source(
            hub="facebook/voxpopuli",
            files=("data/en/asr_test.tsv", "data/en/test/**", "en/test*.parquet"),
            address="https://github.com/facebookresearch/voxpopuli",
            licence="CC0",
        ),
        schema={
            "id or audio_id": "of the utterance",
            "raw_text, normalized_text": "the words; the second is scored",
            "speaker_id, gender, accent, is_gold_transcript": "of the recording",
        },
        read=rows("**/en/asr_test.tsv", "**/asr_test.tsv", "**/en/test*.parquet", "**/test*.parquet"),
        sample=transcribed(
            "normalized_text",
            ("audio_id", "id"),
            audio=lambda row, data: (
                (data.recording(row["audio"]),)
                if row.get("audio")
                else (data.one_of(f"{need(row, 'id', 'audio_id')}.wav", f"{need(row, 'id', 'audio_id')}.ogg"),)
            ),
            facts=("speaker_id", "gender", "accent"),
        ),
        by=("gender",),
        published=published(AF3, {"AF3": "5.55", "Phi-4-mm": "5.91"}),
    ),
)
