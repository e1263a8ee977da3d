"""Moments as subtitles: SubRip (.srt) and WebVTT (.vtt)."""

from collections.abc import Sequence

from afnext.dialogue.timestamps import Timed


def to_srt(moments: Sequence[Timed]) -> str:
    """Numbered cues with commas before the milliseconds; empty for no moments."""
    cues = [
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{_line(cue.text)}\n"
        for number, cue in enumerate(moments, 1)
    ]
    return "\n".join(cues)


def to_vtt(moments: Sequence[Timed]) -> str:
    """The WEBVTT header and cues; ``&``, ``<`` and ``>`` are escaped, as the format asks."""
    cues = [f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{_escape(_line(cue.text))}\n" for cue in moments]
    return "\n".join(["WEBVTT\n", *cues])


def _clock(seconds: float, point: str) -> str:
    milliseconds = round(max(seconds, 0.0) * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    whole, milliseconds = divmod(milliseconds, 1000)
    return f"{hours:02}:{minutes:02}:{whole:02}{point}{milliseconds:03}"


def _line(text: str) -> str:
    return " ".join(text.split())


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
