"""A score as it sounds: each stint of each part, and each line of the singer, by itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from afnext.audio.spec import SAMPLE_RATE
from afnext.scenes.music.ensemble import Track, play_tracks
from afnext.scenes.music.phrases import FADE, RELEASE, Note
from afnext.scenes.music.score import Score, steady
from afnext.scenes.music.singing import sing
from afnext.scenes.scene import SceneNote, SceneWord
from afnext.scenes.sources import Samples, Source, isolate, root_mean_square
from afnext.scenes.speech.voices import Speech, Voice, speak
from afnext.scenes.spool import Spool
from afnext.scenes.trim import heard

MEDIUM = 76
"""The velocity at which a voice is as loud as the synthesiser has it."""


@dataclass(frozen=True)
class Entry:
    """One sound of a piece.

    Attributes:
        source: what it is; its times count from its first sample.
        onset: the sample, from the first beat, at which it begins; of a line maybe before.
        peak: of the sound as it was played, which tells how loud the entries of one part are among each other.
        rms: root mean square at peak 1.
        role: of the part, or "voice".
    """

    source: Source
    onset: int
    peak: float
    rms: float
    role: str


@dataclass(frozen=True)
class Cut:
    """Where an entry lies in its spool, and how long it is faded at the end."""

    spool: Spool
    column: int
    first: int
    last: int
    fade: int

    def read(self) -> Samples:
        """The sound as it was played."""
        sound = self.spool.read(self.column, self.first, self.last)
        if self.fade:
            sound[-self.fade :] *= np.linspace(1, 0, self.fade, dtype=np.float32)
        return sound


class Performance:
    """Plays ``score`` once, and keeps the sound on disk.

    Raises:
        SceneError: the sound font lacks a patch, or a program failed.
        MissingToolError: a program that plays or speaks is not installed.
        OutputError: the disk for temporary files is full.
    """

    def __init__(self, score: Score) -> None:
        self.score = score
        self._cuts: list[Cut] = []
        self.entries: list[Entry] = []
        self._play()
        if score.lines:
            self._sing()

    def load(self, number: int) -> Samples:
        """The sound of entry ``number``, from its onset to its end, peak 1."""
        return isolate(self._cuts[number].read())[0]

    def _play(self) -> None:
        score = self.score
        tracks = [Track(part.patch, part.drums, part.notes) for part in score.parts]
        over = max(note.end for part in score.parts for note in part.notes) + RELEASE
        spool = Spool(len(tracks))
        spool.extend(play_tracks(tracks, over))
        for column, part in enumerate(score.parts):
            stints = list(part.stints())
            begins = [stint[0].start for stint in stints[1:]] + [over]
            for stint, begin in zip(stints, begins, strict=True):
                start, end = stint[0].start, max(note.end for note in stint)
                first, last = (round(at * SAMPLE_RATE) for at in (start, min(end + RELEASE, begin)))
                draft = Source(
                    "music",
                    part.instrument,
                    part.identity,
                    last - first,
                    (score.seed, len(self.entries)),
                    tempo=steady(score.tempos, start, end),
                    key=None if part.drums else steady(score.keys, start, end),
                    notes=_from(start, stint),
                )
                self._add(Cut(spool, column, first, last, round(FADE * SAMPLE_RATE)), first, part.role, draft)

    def _sing(self) -> None:
        score, singer = self.score, self.score.singer
        assert singer is not None
        said = say([line.text for line in score.lines], singer)
        spool = Spool(1)
        for line in score.lines:
            speech = said[line.text]
            times = [(note.start, note.end) for note in line.notes]
            pitches = [note.pitch for note in line.notes] if score.sung else None
            sung = sing(speech.samples, speech.words, [count for _, count in line.words], times, pitches)
            first, start = spool.length, times[0][0] - sung.lead
            spool.extend([sung.samples[:, None]])
            draft = Source(
                "speech",
                f"a {singer.sex} {'singing' if score.sung else 'speaking'}",
                singer.identity,
                len(sung.samples),
                (score.seed, len(self.entries)),
                text=line.text,
                words=sung.words,
                notes=_from(start, line.notes) if score.sung else (),
            )
            loud = float(np.mean([note.velocity for note in line.notes])) / MEDIUM
            self._add(Cut(spool, 0, first, spool.length, 0), round(start * SAMPLE_RATE), "voice", draft, loud)

    def _add(self, cut: Cut, onset: int, role: str, draft: Source, loud: float = 1.0) -> None:
        """Take up one entry that is cut at ``onset``, from where its times count; what is silent before it is left."""
        raw = cut.read()
        sound, silent = isolate(raw)
        earlier, end = silent / SAMPLE_RATE, len(sound) / SAMPLE_RATE
        words = [SceneWord(max(0.0, word.start - earlier), word.end - earlier, word.text) for word in draft.words]
        if words:
            words[0], words[-1] = words[0]._replace(start=0.0), words[-1]._replace(end=end)
        source = replace(
            draft,
            length=len(sound),
            words=tuple(words),
            notes=tuple(
                SceneNote(max(0.0, note.start - earlier), note.end - earlier, *note[2:]) for note in draft.notes
            ),
        )
        self._cuts.append(cut)
        peak, rms = loud * float(np.abs(raw).max()), root_mean_square(sound)
        self.entries.append(Entry(source, onset + silent, peak, rms, role))


def _from(start: float, notes: Sequence[Note]) -> tuple[SceneNote, ...]:
    return tuple(SceneNote(note.start - start, note.end - start, note.pitch, note.velocity) for note in notes)


def say(lines: Sequence[str], voice: Voice) -> dict[str, Speech]:
    """Every one of ``lines`` as ``voice`` says it, all in one breath: starting the program costs most."""
    texts = list(dict.fromkeys(lines))
    whole = speak(". ".join(texts), voice)
    said, first = dict[str, Speech](), 0
    for text in texts:
        words = whole.words[first : first + len(text.split())]
        first += len(words)
        begin, end = (round(at * SAMPLE_RATE) for at in (words[0].start, words[-1].end))
        before, after = heard(whole.samples[begin:end])
        start, length = (begin + before) / SAMPLE_RATE, (after - before) / SAMPLE_RATE
        bounds = [min(max(0.0, word.start - start), length) for word in words]
        bounds[0] = 0.0
        spans = zip(pairwise([*bounds, length]), text.split(), strict=True)
        moved = tuple(SceneWord(first_, last_, word) for (first_, last_), word in spans)
        said[text] = Speech(whole.samples[begin + before : begin + after], moved)
    return said
