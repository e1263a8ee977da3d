"""Is the truth about scenes true of their sound? Detectors that know nothing of how scenes are made listen to them.

    python benchmarks/scenes_sound.py             all checks, some minutes
    python benchmarks/scenes_sound.py --quick     the same on few scenes, within a minute
    python benchmarks/scenes_sound.py --json      one object: check -> {agree, of, rate, broken, explained, groups}

Each check holds what a truth says against what is heard (benchmarks/_detect.py), and then holds the same sound against
a broken truth, which must fail: events, beats or speech moved, notes a semitone higher. A disagreement is explained
where a cause was measured in the sound itself (``CAUSES``); if more than 1 % of a check is not, the command fails.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from _detect import RATE, VAD_FRAME, Sound, onsets, pitch, speech_detector
from afnext import AfnextError
from afnext.scenes.forms.concert import compose_piece
from afnext.scenes.forms.mix import Difficulty, compose
from afnext.scenes.forms.talk import compose_talk
from afnext.scenes.music.form import Wishes
from afnext.scenes.music.phrases import INSTRUMENTS
from afnext.scenes.plan import Plan
from afnext.scenes.render import render_all
from afnext.scenes.scene import Beat, Event, Kind, Scene, SceneNote
from afnext.scenes.sources import LABELS, FreshSources, Samples, Source
from afnext.scenes.worlds import WORLDS, World

ENOUGH = 0.99
"""Share of a check that must agree or be explained."""
SHOWN = 10
"""Disagreements of a check without a cause that are printed."""
QUICK = 0.03
"""Share of the scenes that are heard with --quick."""
SEEDS = 1000
"""Seeds of scenes from one seed of this command to the next."""

FRAME = RATE // 100
"""Samples of a frame in which energy is measured."""
NOISE_MOVES = 12.0
"""Decibels by which 10 ms of a steady noise may stand above its level."""
SILENCE = -90.0
"""Decibels of full scale below which there is nothing."""
FLOOR = 0.01
"""Share of its peak (-40 dB) from which on an event is heard: what the truth calls its start and end."""
EDGE_SECONDS = {"start": 0.001, "end": 0.010}
"""By which these may be off."""
FADE = 64
"""Samples (4 ms) before an end in which the sound is faded."""
NEARLY = 0.9
"""Share of ``FLOOR`` that tells that more was there: of the very last sample the fade leaves nothing."""
ONSET_SECONDS = 0.020
SOFT = 0.05
"""Share of its peak (-26 dB) that an event does not pass within ``ONSET_SECONDS`` if it begins softly."""
APART = 0.050
"""Seconds of the shortest silence that is judged, or that stands before an onset that is."""
SEMITONES = 0.5
ATTACK = 0.030
"""Seconds of a note in which its pitch is not judged."""
NOTE = 0.13
"""Seconds of the shortest note that is judged."""
MELODIC = [name for name, one in INSTRUMENTS.items() if not one.chord and not one.left_hand and name != "drums"]
ONE_BY_ONE = (*MELODIC, "a man singing", "a woman singing")
"""What plays one note at a time."""
BEAT_SECONDS = 0.030
STRUCK = 2.0
"""Decibels of an onset that is a stroke: what rings on after one wavers by less."""

PAUSE_DB = -34.0
"""Below the peak of an utterance: a frame so quiet is a pause in it."""
LINGERS = 0.13
"""Seconds for which silero-vad goes on after a voice."""
WAKES = 0.13
"""Seconds within which it has noticed one."""
CAUSES = {
    "faded": "the last 4 ms of an event are faded: what reached -40 dB only there, no longer does",
    "soft": "an event begins so softly that a rise is heard only later: by the truth it begins 40 dB below its peak",
    "pause": "a pause within an utterance: the truth has the utterance as one event, the detector hears the silence",
    "wakes": "silero-vad notices a voice up to four frames after it begins, and one after a pause",
    "whisper": "silero-vad knows voices, and hears some of a whisper as noise",
    "lingers": f"silero-vad goes on for up to {1000 * LINGERS:.0f} ms after a voice: it decides from what came before",
}


@dataclass(frozen=True)
class Recording:
    """A scene and its sound.

    Attributes:
        solos: each event by itself, as it lies in the recording; of pieces only.
        spoken: whether silero-vad hears speech in each of its frames; of talks only.
    """

    scene: Scene
    sound: Sound
    solos: tuple[Sound, ...] = ()
    spoken: NDArray[np.bool_] | None = None


class Case(NamedTuple):
    """One thing that a truth says, held against the sound."""

    agrees: bool
    group: str
    """What it belongs to, such as a label."""
    told: str
    cause: str = ""
    """Of a disagreement: one of ``CAUSES``, or empty."""


class Check(NamedTuple):
    """What is held against which recordings, and a truth that must fail."""

    judge: Callable[[Recording], list[Case]]
    recordings: tuple[str, ...]
    """Some of ``RECORDINGS``."""
    broken: Callable[[Scene], Scene]


# Recordings


class InTurn:
    """Sources made afresh, one label after the other, so that each is heard as often as any other."""

    def __init__(self, world: World, seed: int) -> None:
        self.world: World = world
        self._sources = FreshSources(world)
        labels = [(kind, label) for kind, of_kind in LABELS.items() for label in of_kind]
        self._labels: Iterator[tuple[Kind, str]] = cycle(
            labels[place] for place in np.random.default_rng(seed).permutation(len(labels))
        )

    def draw(self, rng: np.random.Generator, _kind: Kind, _label: str | None, longest: int) -> Source | None:
        """A source of the next label."""
        return self._sources.draw(rng, *next(self._labels), longest)

    def load(self, source: Source) -> Samples:
        """Its samples."""
        return self._sources.load(source)


def alone(seed: int, world: World, scenes: int, reverberation: float = 0.0) -> Iterator[Recording]:
    """Every sound, voice and instrument by itself, without noise."""
    sources = InTurn(world, seed)
    how = Difficulty(background=0, overlap=0, reverberation=reverberation)
    for turn in range(scenes):
        scene, plan = compose(seed + turn, world, 20.0, sources, how, events=4)
        yield Recording(scene, render_all(plan))


def noisy(seed: int, world: World, scenes: int) -> Iterator[Recording]:
    """Scenes as they usually are: in noise and rooms, some events at the same time."""
    sources = InTurn(world, seed)
    for turn in range(scenes):
        scene, plan = compose(seed + turn, world, 20.0, sources, Difficulty(background=0.8))
        yield Recording(scene, render_all(plan))


def pieces(seed: int, world: World, scenes: int) -> Iterator[Recording]:
    """Pieces in one tempo, and each of their parts and lines by itself."""
    how = Difficulty(background=0, reverberation=0)
    for turn in range(scenes):
        lines = "sung" if turn % 4 == 3 else "none"
        wishes = Wishes(tempo="steady", parts=5 - turn % 4, lines=lines)
        scene, plan = compose_piece(seed + turn, world, 20.0, how, wishes=wishes)
        solos = tuple(_solo(plan, index) for index in range(len(plan.placements)))
        yield Recording(scene, render_all(plan), solos)


def _solo(plan: Plan, index: int) -> Sound:
    return render_all(replace(plan, placements=plan.placements[index : index + 1]))


def talks(seed: int, world: World, scenes: int) -> Iterator[Recording]:
    """Conversations without noise or room."""
    detect = speech_detector()
    for turn in range(scenes):
        scene, plan = compose_talk(seed + turn, world, 30.0, difficulty=Difficulty(background=0, reverberation=0))
        sound = render_all(plan)
        yield Recording(scene, sound, spoken=detect(sound))


RECORDINGS: dict[str, tuple[Callable[[int, World, int], Iterator[Recording]], int]] = {
    "dry": (alone, 144),
    "rooms": (partial(alone, reverberation=1.0), 48),
    "noisy": (noisy, 48),
    "pieces": (pieces, 64),
    "talks": (talks, 48),
}
"""How each kind is made, and how many."""


# Checks


def energy(recording: Recording) -> list[Case]:
    """Each event is as far above the background's level as the truth has the quietest."""
    scene, cases = recording.scene, []
    if scene.background is None:
        return []
    for event in scene.events:
        above = _decibels(recording.sound[_samples(event.start) : _samples(event.end)]) - scene.background.level
        told = f"{above:.1f} dB above the background, of {scene.background.snr:.1f}"
        cases.append(Case(above >= scene.background.snr - 1.0, event.kind, told))
    return cases


def silence(recording: Recording) -> list[Case]:
    """Between events there is the background, or nothing: in every 10 ms."""
    scene, cases = recording.scene, []
    limit = SILENCE if scene.background is None else scene.background.level + NOISE_MOVES
    under = "nothing" if scene.background is None else scene.background.kind
    for start, end in _gaps(scene):
        gap = recording.sound[_samples(start) : _samples(end)]
        loudest = max(_decibels(frame) for frame in gap[: len(gap) // FRAME * FRAME].reshape(-1, FRAME))
        cases.append(Case(loudest <= limit, under, f"{loudest:.1f} dB in silence, of {limit:.1f} at most"))
    return cases


def edges(recording: Recording) -> list[Case]:
    """An event alone starts at its first sample within 40 dB of its peak, and ends at its last."""
    events, sound, cases = recording.scene.events, recording.sound, []
    for index, event in enumerate(events):
        begin = _samples(events[index - 1].end) if index else 0
        until = _samples(events[index + 1].start) if index + 1 < len(events) else len(sound)
        own = np.abs(sound[begin:until])
        peak = own[_samples(event.start) - begin : _samples(event.end) - begin].max(initial=0.0)
        heard = np.flatnonzero(own >= 0.999 * FLOOR * peak)  # the share is exact to the last bit only
        first, last = ((begin + int(place)) / RATE for place in (heard[0], heard[-1] + 1))
        for name, stated, found in (("start", event.start, first), ("end", event.end, last)):
            off = found - stated
            agrees = abs(off) <= EDGE_SECONDS[name]
            faded = name == "end" and off < 0 and _before_fade(sound, stated) >= NEARLY * FLOOR * peak
            cause = "faded" if faded and not agrees else ""
            cases.append(Case(agrees, name, f"{event.label}: {1000 * off:+.1f} ms", cause))
    return cases


def _before_fade(sound: Sound, end: float) -> float:
    """The peak of the last 4 ms before ``end`` as it was before it was faded."""
    last = sound[max(0, _samples(end) - FADE) : _samples(end)][:-1]
    return float(np.max(np.abs(last) * (FADE - 1) / np.arange(len(last), 0, -1), initial=0.0))


def first_onsets(recording: Recording) -> list[Case]:
    """The first onset that is heard since the event before is that of the event."""
    found, cases, before = onsets(recording.sound), [], 0.0
    for event in recording.scene.events:
        since = found[(found > before + ONSET_SECONDS) & (found < event.end)]
        if event.start - before >= APART:
            off = since[0] - event.start if len(since) else np.inf
            agrees = abs(off) <= ONSET_SECONDS
            cause = "soft" if not agrees and off > 0 and _begins_softly(recording.sound, event) else ""
            cases.append(Case(agrees, event.kind, f"{event.label}: {1000 * off:+.1f} ms", cause))
        before = event.end
    return cases


def _begins_softly(sound: Sound, event: Event) -> bool:
    """Whether it sounds from its start on, but for ``ONSET_SECONDS`` far below its peak."""
    own = np.abs(sound[_samples(event.start) : _samples(event.end)])
    first, peak = own[: _samples(ONSET_SECONDS)].max(initial=0.0), own.max(initial=0.0)
    return bool(
        own[: _samples(EDGE_SECONDS["start"])].max(initial=0.0) >= 0.999 * FLOOR * peak and first <= SOFT * peak
    )


def pitches(recording: Recording) -> list[Case]:
    """Notes that sound alone have the pitch that is stated."""
    cases = []
    for event, solo in zip(recording.scene.events, recording.solos, strict=True):
        if event.label in ONE_BY_ONE:
            for note, until in _single(event):
                found = pitch(solo[_samples(note.start + ATTACK) : _samples(until)])
                off = np.inf if found is None else found - note.pitch
                told = f"{event.label}, pitch {note.pitch}: {off:+.2f} semitones"
                cases.append(Case(abs(off) <= SEMITONES, event.label, told))
    return cases


def _single(event: Event) -> Iterator[tuple[SceneNote, float]]:
    """Notes with nothing before them that still sounds, and the second until which they are alone."""
    for note, after in pairwise([*event.notes, SceneNote(event.end, event.end, 0, 0)]):
        until = min(note.end, after.start)
        if until - note.start >= NOTE:
            yield note, until


def beats(recording: Recording) -> list[Case]:
    """On every beat while drums play, a drum is struck."""
    cases = []
    for piece in recording.scene.pieces:
        for index in piece.events:
            event = recording.scene.events[index]
            if event.label == "drums":
                found = onsets(recording.solos[index], STRUCK)
                playing = (event.start - BEAT_SECONDS, event.notes[-1].start + BEAT_SECONDS)
                for beat in piece.beats:
                    if playing[0] <= beat.time <= playing[1]:
                        off = min(found - beat.time, key=abs)
                        told = f"{1000 * off:+.1f} ms at {piece.tempos[0].bpm:g} beats a minute"
                        cases.append(Case(abs(off) <= BEAT_SECONDS, f"{piece.metre} beats a bar", told))
    return cases


def speech(recording: Recording) -> list[Case]:
    """silero-vad hears speech where somebody speaks, and nowhere else, in every 32 ms."""
    spoken, scene, cases = recording.spoken, recording.scene, []
    assert spoken is not None
    for frame, heard in enumerate(spoken):
        middle = (frame + 0.5) * VAD_FRAME / RATE
        now = [event for event in scene.events if event.start <= middle < event.end]
        cause = ""
        if now and not heard:
            cause = _why_not_heard(recording.sound, frame, now)
        elif heard and not now and any(0 <= middle - event.end < LINGERS for event in scene.events):
            cause = "lingers"
        group = f"{now[0].source.partition(':')[0]}, {now[0].manner}" if now else "nobody"
        told = f"{middle:.2f} s of scene {scene.seed}: {'heard' if heard else 'not heard'} of {group}"
        cases.append(Case(bool(now) == bool(heard), group, told, cause))
    return cases


def _why_not_heard(sound: Sound, frame: int, speaking: Sequence[Event]) -> str:
    """Why silero-vad may have missed somebody in this frame."""
    quiet = max(event.level for event in speaking) + PAUSE_DB
    now, before = (_decibels(sound[VAD_FRAME * place :][:VAD_FRAME]) for place in (frame, max(0, frame - 1)))
    if now < quiet:
        return "pause"
    if before < quiet or any((frame + 0.5) * VAD_FRAME / RATE - event.start < WAKES for event in speaking):
        return "wakes"
    return "whisper" if all(event.manner == "whispered" for event in speaking) else ""


def _gaps(scene: Scene) -> Iterator[tuple[float, float]]:
    """Where a truth has no event, for ``APART`` at least."""
    until = 0.0
    for start, end in [*((event.start, event.end) for event in scene.events), (scene.duration, scene.duration)]:
        if start - until >= APART:
            yield until, start
        until = max(until, end)


def _samples(seconds: float) -> int:
    return max(0, round(seconds * RATE))


def _decibels(sound: Sound) -> float:
    """Root mean square in dB of full scale."""
    return float(10 * np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-15)) if len(sound) else -150.0


# Broken truths


def inside_out(scene: Scene) -> Scene:
    """A truth that has events where there are none, and none where there are."""
    gaps = list(_gaps(scene)) if scene.events else []
    return scene.model_copy(
        update={"events": tuple(scene.events[0].model_copy(update={"start": a, "end": b}) for a, b in gaps)}
    )


def moved(scene: Scene, seconds: float) -> Scene:
    """The same truth with all its events later, as far as they still lie within the recording."""
    last = scene.duration
    later = [
        event.model_copy(update={"start": event.start + seconds, "end": min(event.end + seconds, last)})
        for event in scene.events
        if event.start + seconds < last
    ]
    return scene.model_copy(update={"events": tuple(later)})


def higher(scene: Scene, semitones: int) -> Scene:
    """The same truth with all notes higher."""
    return scene.model_copy(
        update={
            "events": tuple(
                event.model_copy(
                    update={"notes": tuple(note._replace(pitch=note.pitch + semitones) for note in event.notes)}
                )
                for event in scene.events
            )
        }
    )


def late_beats(scene: Scene, seconds: float) -> Scene:
    """The same truth with all beats later."""
    return scene.model_copy(
        update={
            "pieces": tuple(
                piece.model_copy(update={"beats": tuple(Beat(time + seconds, number) for time, number in piece.beats)})
                for piece in scene.pieces
            )
        }
    )


CHECKS: dict[str, Check] = {
    "energy in events": Check(energy, ("noisy",), inside_out),
    "silence between them": Check(silence, ("noisy", "dry"), lambda scene: moved(scene, 0.1)),
    "edges of events": Check(edges, ("dry", "rooms"), lambda scene: moved(scene, 0.1)),
    "onsets of events": Check(first_onsets, ("dry",), lambda scene: moved(scene, 0.1)),
    "pitch of notes": Check(pitches, ("pieces",), lambda scene: higher(scene, 1)),
    "beats of drums": Check(beats, ("pieces",), lambda scene: late_beats(scene, 0.1)),
    "speech": Check(speech, ("talks",), lambda scene: moved(scene, 0.5)),
}


# Figures


class Figure(NamedTuple):
    """What is told of one check."""

    agree: int
    of: int
    rate: float
    broken: float
    """The rate on the broken truth."""
    explained: dict[str, int]
    """Disagreements by cause."""
    groups: dict[str, tuple[int, int]]
    """How many agree, and of how many, by what is judged."""

    @property
    def unexplained(self) -> int:
        """Disagreements without a cause."""
        return self.of - self.agree - sum(self.explained.values())

    @property
    def holds(self) -> bool:
        """Whether at most 1 % (or a single one) is without a cause, and the broken truth would not pass."""
        return self.of > 0 and self.unexplained <= max(1, (1 - ENOUGH) * self.of) and self.broken < ENOUGH


def listen(
    seed: int, world: World, share: float, names: Sequence[str] = ()
) -> dict[str, tuple[list[Case], list[Case]]]:
    """The cases of each check (or of those named) with the truth, and with a broken one, on a share of all scenes."""
    found: dict[str, tuple[list[Case], list[Case]]] = {name: ([], []) for name in names or CHECKS}
    for kind, (make, scenes) in RECORDINGS.items():
        mine = [name for name in found if kind in CHECKS[name].recordings]
        for recording in make(SEEDS * seed, world, max(1, round(share * scenes))) if mine else ():
            for name in mine:
                check, (true, broken) = CHECKS[name], found[name]
                true += check.judge(recording)
                broken += check.judge(replace(recording, scene=check.broken(recording.scene)))
    return found


def figure(true: Sequence[Case], broken: Sequence[Case]) -> Figure:
    """Count the cases of one check."""
    agree = int(sum(case.agrees for case in true))
    all_of, fine = Counter(case.group for case in true), Counter(case.group for case in true if case.agrees)
    return Figure(
        agree,
        len(true),
        agree / max(1, len(true)),
        sum(case.agrees for case in broken) / max(1, len(broken)),
        dict(sorted(Counter(case.cause for case in true if case.cause).items())),
        {group: (fine[group], all_of[group]) for group in sorted(all_of)},
    )


def table(figures: dict[str, Figure]) -> str:
    """The figures in lines, and what the causes mean."""
    lines = [f"{'':32}{'agree':>7}{'of':>8}{'rate':>9}{'broken truth':>15}   explained"]
    for name, one in figures.items():
        told = ", ".join(f"{cause} {number}" for cause, number in one.explained.items())
        if one.unexplained:
            told += f"{', ' if told else ''}not {one.unexplained}"
        lines.append(f"{name:32}{one.agree:7}{one.of:8}{one.rate:9.2%}{one.broken:15.2%}   {told}".rstrip())
        lines += [f"  {group:30}{agree:7}{of:8}{agree / of:9.2%}" for group, (agree, of) in one.groups.items()]
    causes = dict.fromkeys(cause for one in figures.values() for cause in one.explained)
    return "\n".join([*lines, "", *(f"{cause}: {CAUSES[cause]}" for cause in causes)]).rstrip()


def main() -> None:
    """Listen, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--world", choices=WORLDS, default="test")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if asked.seed < 0:
        parser.error(f"--seed {asked.seed}: expected 0 or more")
    found = listen(asked.seed, asked.world, QUICK if asked.quick else 1.0)
    figures = {name: figure(*cases) for name, cases in found.items()}
    for name, (true, _) in found.items():
        for case in [case for case in true if not case.agrees and not case.cause][:SHOWN]:
            print(f"{name}: {case.group}: {case.told}", file=sys.stderr)
    print(json.dumps({name: one._asdict() for name, one in figures.items()}) if asked.json else table(figures))
    if failed := [name for name, one in figures.items() if not one.holds]:
        sys.exit(f"scenes_sound: {', '.join(failed)}: the truth and the sound disagree, or a broken truth passes")


if __name__ == "__main__":
    try:
        main()
    except AfnextError as error:
        sys.exit(f"scenes_sound: {error}")
