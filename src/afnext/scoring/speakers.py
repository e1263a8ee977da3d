"""Word error rates of conversations with several speakers, by meeteval: cpWER and tcpWER.

cpWER compares what each speaker says as one text, under the assignment of speakers that costs least; tcpWER also asks
that words lie within a collar (seconds) of where they are said. Words are Whisper-normalised before.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from afnext.base.errors import ScoreError
from afnext.base.packages import package
from afnext.dialogue.timestamps import spans, without_spans
from afnext.scoring.mark import Mark, Row, predicted, take
from afnext.scoring.said import answer_of
from afnext.scoring.transcript import Edits, whisper_words

COLLAR = 5.0
_TURN = re.compile(r"\[\s*([^\]\n]{1,64}?)\s*\]\s*:?")


@dataclass(frozen=True, slots=True)
class Turn:
    """What ``speaker`` says from ``start`` to ``end`` (seconds; None: not told)."""

    speaker: str
    words: str
    start: float | None = None
    end: float | None = None


def read_turns(text: str) -> list[Turn]:
    """Turns of a diarized transcript in the form ``[Speaker 1] words``; spans in them give their times.

    Text before the first label, and text without labels, is one speaker's.

    >>> read_turns("[Speaker 1] <t>0.0-1.5</t> Hello. [Speaker 2] Hi.")[0]
    Turn(speaker='Speaker 1', words='Hello.', start=0.0, end=1.5)
    """
    parts = _TURN.split(text)
    pairs = [("", parts[0]), *zip(parts[1::2], parts[2::2], strict=True)]
    turns = []
    for speaker, words in pairs:
        times = spans(words, "seconds")
        plain = without_spans(words).strip()
        if plain:
            told = (times[0].start, max(span.end for span in times)) if times else (None, None)
            turns.append(Turn(speaker, plain, *told))
    return turns


def cpwer(reference: Sequence[Turn], hypothesis: Sequence[Turn]) -> Edits:
    """Errors under the cheapest assignment of speakers.

    Raises:
        MissingToolError: meeteval is not installed.
    """
    found = package("meeteval.wer", "evaluate").cp_word_error_rate(
        _streams(reference), _streams(hypothesis), reference_sort=False, hypothesis_sort=False
    )
    return Edits(int(found.errors), int(found.length))


def tcpwer(reference: Sequence[Turn], hypothesis: Sequence[Turn], collar: float = COLLAR) -> Edits:
    """The same, where a word is only matched within ``collar`` seconds of its time.

    Raises:
        MissingToolError: meeteval is not installed.
        ScoreError: a turn without times.
    """
    if any(turn.start is None or turn.end is None for turn in (*reference, *hypothesis)):
        raise ScoreError("turns without times", expected="start and end of every turn", do="use cpwer")
    module = package("meeteval.wer", "evaluate")
    found = module.time_constrained_minimum_permutation_word_error_rate(
        _segments(reference), _segments(hypothesis), collar=collar
    )
    return Edits(int(found.errors), int(found.length))


def mark(row: Row, *, timed: bool) -> Mark:
    """Fields: ``reference`` and ``prediction``, as ``[Speaker 1] ...`` text or lists of turns.

    Verdict: ``{"edits", "length"}``. A prediction without times is all wrong under tcpWER: nothing of it is matched.
    """
    reference = turns_of(take(row, "reference", "answer"))
    value, missing = predicted(row, "prediction", "response", "model_output", "output")
    hypothesis = turns_of(value if isinstance(value, list) else answer_of(value), lenient=True)
    if timed:
        hypothesis = [turn for turn in hypothesis if is_placed(turn)]
    counted = tcpwer(reference, hypothesis) if timed else cpwer(reference, hypothesis)
    return Mark({"edits": counted.edits, "length": counted.length}, known=False, missing=missing)


def is_placed(turn: Turn) -> bool:
    """Whether a turn has times that run forwards."""
    return turn.start is not None and turn.end is not None and 0 <= turn.start <= turn.end < math.inf


def _streams(turns: Sequence[Turn]) -> dict[str, str]:
    streams: dict[str, list[str]] = {}
    ordered = turns if any(turn.start is None for turn in turns) else sorted(turns, key=lambda turn: turn.start or 0.0)
    for turn in ordered:
        streams.setdefault(turn.speaker, []).extend(whisper_words(turn.words))
    return {speaker: " ".join(words) for speaker, words in streams.items()} or {"": ""}


def _segments(turns: Sequence[Turn]) -> list[dict[str, object]]:
    return [
        {
            "session_id": "",
            "speaker": turn.speaker,
            "words": " ".join(whisper_words(turn.words)),
            "start_time": turn.start,
            "end_time": turn.end,
        }
        for turn in turns
    ]


def turns_of(value: object, *, lenient: bool = False) -> list[Turn]:
    """Turns of a text in the form of ``read_turns``, or of a list of objects; ``lenient``: none of anything else.

    Raises:
        ScoreError: ``value`` is neither.
    """
    if isinstance(value, str):
        return read_turns(value)
    try:
        assert isinstance(value, list)
        return [
            Turn(str(item["speaker"]), str(item["words"]), _seconds(item.get("start")), _seconds(item.get("end")))
            for item in value
        ]
    except (AssertionError, KeyError, TypeError, AttributeError, ValueError) as error:
        if lenient:
            return []
        raise ScoreError(
            "turns of another form", expected='text "[Speaker 1] ..." or a list of {"speaker", "words", "start", "end"}'
        ) from error


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float | str) else None
