"""From speech to song: each syllable moved to its note's time, length and pitch, period by period of the voice.

The periods of the voice are taken one by one and laid down again at the distance of the new pitch, some twice or not at
all to change the length (PSOLA: Moulines and Charpentier, 1990). So the vowels keep their colour. A syllable's vowel
begins on its note; the consonants before it come earlier, as singers have it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from afnext.audio.spec import HOP, SAMPLE_RATE
from afnext.scenes.scene import SceneWord
from afnext.scenes.speech.pitch import LOWEST, Frames, analyse, pulses

CONSONANTS = 0.6
"""Greatest share of a note that may go to consonants."""
CODA = 0.25
"""Seconds that the last consonants may take after the last note."""
GLIDE = 0.04
"""Seconds in which the pitch goes over to the next note."""
VIBRATO = (5.5, 0.2, 0.35)
"""Of long notes: its frequency in Hz, its depth in semitones, and the seconds after which it begins."""
APART = 7
"""Frames (70 ms) that two vowels of a word lie apart at least."""
VOWEL = 0.5
"""Share of its loudest frame above which a syllable counts as vowel."""


@dataclass(frozen=True)
class Sung:
    """A line as it is sung.

    Attributes:
        samples: [n].
        lead: seconds from the first sample to the first note.
        words: by the second from the first sample.
    """

    samples: NDArray[np.float32]
    lead: float
    words: tuple[SceneWord, ...]


@dataclass(frozen=True)
class Syllable:
    """Where a syllable ``begins``, and its vowel ``opens`` and ``closes``, in seconds of the speech."""

    begins: float
    opens: float
    closes: float


def sing(
    samples: NDArray[np.float32],
    words: Sequence[SceneWord],
    counts: Sequence[int],
    notes: Sequence[tuple[float, float]],
    pitches: Sequence[int] | None,
) -> Sung:
    """``samples`` [n], in which ``words`` of so many syllables (``counts``) are said, sung to ``notes``.

    Args:
        samples: the speech.
        words: its words, one right behind the other.
        counts: of their syllables.
        notes: start and end in seconds of a note for each syllable, one right behind the other.
        pitches: their MIDI pitches; None to speak them in rhythm with the melody of speech.
    """
    frames = analyse(samples)
    syllables = [
        syllable for word, count in zip(words, counts, strict=True) for syllable in find_syllables(frames, word, count)
    ]
    assert len(syllables) == len(notes)
    spoken, sung = _time_map(syllables, words[-1].end, notes)
    origin = sung[0]
    new = _lay(samples, frames, (spoken, sung - origin), _contour(notes, pitches, origin))
    firsts = np.cumsum([0, *counts[:-1]])
    starts = [float(np.interp(syllables[first].begins, spoken, sung)) - origin for first in firsts]
    bounds = pairwise([*starts, len(new) / SAMPLE_RATE])
    told = tuple(SceneWord(start, end, word.text) for (start, end), word in zip(bounds, words, strict=True))
    return Sung(new, notes[0][0] - origin, told)


def find_syllables(frames: Frames, word: SceneWord, count: int) -> list[Syllable]:
    """The ``count`` syllables of ``word``: around its loudest moments, parted where it is quietest between them."""
    first, last = round(word.start * SAMPLE_RATE / HOP), round(word.end * SAMPLE_RATE / HOP)
    last = min(max(last, first + 1), len(frames.loudness))
    first = min(first, last - 1)
    loudness = frames.loudness[first:last] * np.where(frames.period[first:last] > 0, 1.0, 0.2)
    smooth = np.convolve(np.pad(loudness, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    peaks = list[int]()
    for place in np.argsort(-smooth, kind="stable").tolist():
        top = smooth[place] >= max(smooth[max(0, place - 1) : place + 2])
        if top and all(abs(place - peak) >= APART for peak in peaks):
            peaks.append(place)
    peaks = sorted(peaks[:count])
    if len(peaks) < count:  # it is said as fewer: shared out evenly
        peaks = [int((index + 0.5) * len(smooth) / count) for index in range(count)]
    borders = [0, *(one + int(smooth[one : other + 1].argmin()) for one, other in pairwise(peaks)), len(smooth)]
    syllables = []
    for peak, (begin, end) in zip(peaks, pairwise(borders), strict=True):
        loud = smooth >= VOWEL * smooth[peak]
        opens = peak
        while opens > begin and loud[opens - 1]:
            opens -= 1
        closes = peak
        while closes + 1 < end and loud[closes + 1]:
            closes += 1
        begins, opened, closed = ((first + frame) * HOP / SAMPLE_RATE for frame in (begin, opens, closes + 1))
        syllables.append(Syllable(begins if begin else word.start, opened, min(closed, word.end)))
    return syllables


def _time_map(
    syllables: Sequence[Syllable], end: float, notes: Sequence[tuple[float, float]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Moments of the speech, and when they are sung; both rise."""
    first = syllables[0]
    spoken, sung = [first.begins, first.opens], [notes[0][0] - (first.opens - first.begins), notes[0][0]]
    for (syllable, (start, _)), (after, (until, _)) in pairwise(zip(syllables, notes, strict=True)):
        coda, onset = after.begins - syllable.closes, after.opens - after.begins
        scale = min(1.0, CONSONANTS * (until - start) / max(coda + onset, 1e-9))
        spoken += [syllable.closes, after.begins, after.opens]
        sung += [until - scale * (coda + onset), until - scale * onset, until]
    closes, (_, until) = syllables[-1].closes, notes[-1]
    spoken += [closes, end]
    sung += [until, until + min(CODA, end - closes)]
    # Moments that coincide in the speech would leave the map without a slope.
    kept = np.concatenate([[True], np.diff(np.maximum.accumulate(spoken)) > 1e-4])
    kept[-1] = True
    return np.array(spoken)[kept], np.array(sung)[kept]


def _contour(
    notes: Sequence[tuple[float, float]], pitches: Sequence[int] | None, origin: float
) -> NDArray[np.float64] | None:
    """Samples from one pulse of the voice to the next, at every sample of the song."""
    if pitches is None:
        return None
    length = round((notes[-1][1] - origin + CODA) * SAMPLE_RATE) + 1
    times = np.arange(length) / SAMPLE_RATE + origin
    starts = np.array([start for start, _ in notes])
    # From half a glide before the note on to half a glide after it, in a straight line.
    places = np.ravel([[start - GLIDE / 2, start + GLIDE / 2] for start in starts[1:]])
    heights = np.ravel([[before, after] for before, after in pairwise(pitches)])
    semitones = np.interp(times, places, heights) if len(places) else np.full(length, float(pitches[0]))
    hertz, depth, after = VIBRATO
    since = times - starts[np.clip(np.searchsorted(starts, times, side="right") - 1, 0, None)]
    semitones += np.where(since > after, depth * np.sin(2 * np.pi * hertz * (since - after)), 0.0)
    periods: NDArray[np.float64] = SAMPLE_RATE / (440 * 2 ** ((semitones - 69) / 12))
    return periods


def _lay(
    samples: NDArray[np.float32],
    frames: Frames,
    time_map: tuple[NDArray[np.float64], NDArray[np.float64]],
    contour: NDArray[np.float64] | None,
) -> NDArray[np.float32]:
    """The periods of ``samples`` laid down at new times and distances; [n]."""
    spoken, sung = time_map
    marks = pulses(samples, frames)
    length = int(sung[-1] * SAMPLE_RATE)
    reach = int(SAMPLE_RATE / LOWEST) + 1
    out = np.zeros(length + 2 * reach, np.float32)
    source = np.zeros(len(samples) + 2 * reach, np.float32)
    source[reach : reach + len(samples)] = samples
    # For every sample of the song, the pulse of the speech that is nearest to its moment.
    moments = np.interp(np.arange(length) / SAMPLE_RATE, sung, spoken) * SAMPLE_RATE
    nearest = np.searchsorted((marks[1:] + marks[:-1]) / 2, moments)
    places, periods = marks.tolist(), [frames.period_at(mark) for mark in marks.tolist()]
    at = 0.0
    while at < length:
        number = nearest[int(at)]
        period = periods[number]
        step = width = period or HOP / 2
        if period and contour is not None:
            step = float(contour[int(at)])
        half = min(round(width), reach)
        centre, mark = reach + round(at), reach + places[number]
        grain = _window(half) * source[mark - half : mark + half + 1]
        if step < width:  # they overlap more than they did
            grain *= np.float32(step / width)
        out[centre - half : centre + half + 1] += grain
        at += step
    return out[reach : reach + length]


@lru_cache(maxsize=512)
def _window(half: int) -> NDArray[np.float32]:
    return np.hanning(2 * half + 1).astype(np.float32)
