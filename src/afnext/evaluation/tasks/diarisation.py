"""Diarised transcripts of real meetings, in the form of the CHiME challenges: who says what, and when."""

from collections.abc import Iterator
from dataclasses import replace

from afnext.base.errors import AfnextError, BenchmarkError
from afnext.evaluation.data import Data
from afnext.evaluation.sample import Row, Sample
from afnext.evaluation.tables import rows
from afnext.evaluation.task import Source, Task

FIELDS = ("session_id", "speaker", "words", "start_time", "end_time")
PLAIN = (
    "Transcribe the input audio. If multiple speakers are present, provide diarized transcripts with speaker labels."
)
TIMED = (
    "Transcribe the input audio with speaker labels. Write each turn as [Speaker 1] <t>start-end</t> words, in seconds."
)


def _sessions(data: Data) -> Iterator[tuple[str, Row | AfnextError]]:
    """Segments, gathered by session."""
    found: dict[str, list[dict[str, object]]] = {}
    for place, row in rows("**/*.seglst.json", "**/transcriptions/*.json", "*.json", "*.jsonl")(data):
        if isinstance(row, AfnextError):
            yield place, row
            continue
        missing = [name for name in FIELDS if row.get(name) is None]
        if missing:
            yield place, BenchmarkError(f"{place}: no field {missing[0]!r}", expected=", ".join(FIELDS))
            continue
        try:
            start, end = float(str(row["start_time"])), float(str(row["end_time"]))
        except ValueError:
            yield (
                place,
                BenchmarkError(f"{place}: times {row['start_time']!r}, {row['end_time']!r}", expected="seconds"),
            )
            continue
        turn = {"speaker": str(row["speaker"]), "words": str(row["words"]), "start": start, "end": end}
        found.setdefault(str(row["session_id"]), []).append(turn)
    for session, turns in found.items():
        yield session, {"id": session, "turns": turns}


def _sample(row: Row, data: Data) -> Sample:
    session, turns = str(row["id"]), list(row["turns"])
    return Sample(
        item=session,
        audio=(data.one_of(f"{session}.wav", f"{session}.flac", f"{session}_U01.CH1.wav"),),
        question=PLAIN,
        answer=turns,
        facts={
            "speakers": len({turn["speaker"] for turn in turns}),
            "duration": max(turn["end"] for turn in turns),
        },
        row={"reference": turns},
    )


_PLAIN = Task(
    name="diarisation",
    title="Diarised transcripts",
    about="Meetings with several speakers. The AF-Next cards list diarisation as not evaluated; any set in this form "
    "is read.",
    source=Source(address="a folder with segments (CHiME DASR, meeteval's SegLST) and a recording a session"),
    schema={
        "session_id": "names the recording",
        "speaker": "name",
        "words": "text",
        "start_time, end_time": "seconds",
    },
    read=_sessions,
    sample=_sample,
    rule="cpwer",
    known={"domain": "=speech", "skill": "=diarisation"},
    figure="error_rate",
    words=4096,
    by=("speakers",),
    protocol="cpWER: word errors under the best assignment of speakers, by meeteval.",
)

TASKS = (
    _PLAIN,
    replace(
        _PLAIN,
        name="diarisation-timed",
        title="Diarised transcripts with times",
        sample=lambda row, data: replace(_sample(row, data), question=TIMED),
        rule="tcpwer",
        protocol="tcpWER: the same, where words count only within five seconds of their time.",
    ),
    replace(
        _PLAIN,
        name="diarisation-error",
        title="Diarisation error rate",
        about="The same meetings: who speaks when, whatever is said.",
        sample=lambda row, data: replace(_sample(row, data), question=TIMED),
        rule="der",
        protocol="DER: seconds missed, invented or given to another speaker, over seconds of speech; no collar.",
    ),
)
