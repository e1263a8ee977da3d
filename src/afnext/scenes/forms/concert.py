"""Scenes of music with form: one piece, or several in a row with rests between."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from afnext.audio.spec import MAX_SECONDS, SAMPLE_RATE
from afnext.base.errors import SceneError
from afnext.scenes.acoustics.places import reverberate
from afnext.scenes.forms.mix import HEADROOM, Difficulty, draw_background, draw_place
from afnext.scenes.forms.performance import Performance
from afnext.scenes.music.form import Wishes
from afnext.scenes.music.piece import LONGEST, SHORTEST, write_piece
from afnext.scenes.music.score import Score
from afnext.scenes.plan import Placement, Plan, event_of
from afnext.scenes.scene import Beat, Event, Kind, Piece, Scene, Speaker, Stretch, Tempo
from afnext.scenes.sources import Samples, Source, isolate, root_mean_square
from afnext.scenes.worlds import World

SHORTEST_CONCERT = 10.0
"""Seconds."""
LEAD = 0.4
"""Seconds before the first beat of a piece: consonants may come early."""
TAIL = 1.6
"""Seconds after the last bar in which the last notes ring on. A room has its own tail."""
RESTS = (1.5, 4.0)
"""Seconds between two pieces."""
WHOLE = 45.0
"""Seconds up to which a scene holds one piece, unless told otherwise."""
USUAL = 25.0
"""Seconds of the shortest piece that is chosen freely."""
LEVELS = {"melody": 0.0, "voice": 4.0, "bass": -3.0, "drums": -4.0, "counter": -4.0, "chords": -5.0, "pad": -8.0}
"""Decibels of each role against the tune, as root mean square."""
JITTER = 1.5
"""Decibels by which a role may be louder or softer than that."""
SOFTER = 9.0
"""Decibels by which the whole may stay under the loudest that is possible."""


class Pieces:
    """The sounds of pieces, as a supply that knows only these: they are composed, not drawn."""

    def __init__(self, world: World, scores: Iterable[Score] = ()) -> None:
        self.world: World = world
        self.scores = {score.seed: score for score in scores}
        self._performances: dict[int, Performance] = {}

    def __reduce__(self) -> tuple[Callable[[World, tuple[Score, ...]], "Pieces"], tuple[World, tuple[Score, ...]]]:
        """Another process plays the scores anew, and hears the same."""
        return Pieces, (self.world, tuple(self.scores.values()))

    def perform(self, score: Score) -> Performance:
        """``score`` as it sounds; played when it is first asked for."""
        self.scores[score.seed] = score
        if score.seed not in self._performances:
            self._performances[score.seed] = Performance(score)
        return self._performances[score.seed]

    def draw(self, rng: np.random.Generator, kind: Kind, label: str | None, longest: int) -> Source | None:
        """Nothing: see :class:`~afnext.scenes.sources.Sources`."""
        return None

    def load(self, source: Source) -> Samples:
        """The samples of ``source``, peak 1."""
        seed, number = source.address
        return self.perform(self.scores[seed]).load(number)


@dataclass(frozen=True)
class Laid:
    """A placement, the piece it belongs to, its role, and the sample from which its source's times count."""

    placement: Placement
    piece: int
    role: str
    zero: int


def compose_piece(
    seed: int,
    world: World,
    seconds: float,
    difficulty: Difficulty | None = None,
    *,
    pieces: int | None = None,
    wishes: Wishes | None = None,
) -> tuple[Scene, Plan]:
    """A scene of ``seconds`` with one or more pieces of music, and the plan to render it; see ``compose.compose``.

    Args:
        seed: of everything random.
        world: of the instruments, voices and tempos.
        seconds: length, 10 to 1800. A piece lasts 240 at most.
        difficulty: how noisy, and how often in a room.
        pieces: so many. By default as many as it happens.
        wishes: what every piece must be.

    Raises:
        SceneError: a number is out of range, or so many pieces with such wishes do not fit.
        MissingToolError: a program that plays or speaks is not installed.
    """
    difficulty = difficulty or Difficulty()
    if not SHORTEST_CONCERT <= seconds <= MAX_SECONDS:
        raise SceneError(f"music of {seconds} seconds", expected=f"{SHORTEST_CONCERT:g} to {MAX_SECONDS:g} seconds")
    if seed < 0:
        raise SceneError(f"seed {seed}", expected="0 or more")
    rng = np.random.default_rng(seed)
    place, response = draw_place(rng, world, difficulty)
    tail = 0.0 if response is None else (len(response) - 1) / SAMPLE_RATE
    most = int((seconds - tail + RESTS[0]) / (_least(1) + RESTS[0]))
    if pieces is not None and not 1 <= pieces <= most:
        raise SceneError(f"{pieces} pieces in {seconds:g} seconds", expected=f"1 to {most}")
    scores, starts = _program(rng, world, seconds - tail, pieces, wishes)

    sources, laid = Pieces(world), list[Laid]()
    for number, (score, start) in enumerate(zip(scores, starts, strict=True)):
        performance = sources.perform(score)
        mine = []
        for index, entry in enumerate(performance.entries):
            zero = round(start * SAMPLE_RATE) + entry.onset
            placement = Placement(entry.source, zero, entry.source.length, entry.rms, entry.peak)
            if response is not None:
                wet, cut = isolate(reverberate(performance.load(index), response))
                rms = root_mean_square(wet)
                placement = replace(placement, start=zero + cut, length=len(wet), rms=rms)
            mine.append(Laid(placement, number, entry.role, zero))
        laid += _balanced(rng, mine)
    laid.sort(key=lambda item: item.placement.start)
    placements = tuple(item.placement for item in laid)
    speakers = _speakers(scores, laid)
    background, noise_read = draw_background(rng, placements, difficulty)
    samples = round(seconds * SAMPLE_RATE)
    scene = Scene(
        seed=seed,
        world=world,
        duration=samples / SAMPLE_RATE,
        place=place,
        background=background,
        events=tuple(_event(item, speakers) for item in laid),
        speakers=tuple(speakers.values()),
        pieces=tuple(
            _piece(score, round(start * SAMPLE_RATE) / SAMPLE_RATE, number, laid)
            for number, (score, start) in enumerate(zip(scores, starts, strict=True))
        ),
    )
    return scene, Plan(scene, placements, sources, response, noise_read, samples)


def _program(
    rng: np.random.Generator, world: World, seconds: float, pieces: int | None, wishes: Wishes | None
) -> tuple[list[Score], list[float]]:
    """Scores, and the second of each first beat."""
    scores, starts = list[Score](), list[float]()
    at = 0.0
    while pieces is None or len(scores) < pieces:
        left = seconds - at - LEAD - TAIL
        if pieces is None:
            others, share = 0, left
            if scores and left < max(SHORTEST, USUAL / 2):
                break
            if left > WHOLE:
                share = float(np.exp(rng.uniform(np.log(USUAL), np.log(min(left, LONGEST)))))
        else:
            others = pieces - len(scores) - 1
            share = (left - others * (RESTS[0] + LEAD + TAIL)) / (others + 1)
        score = write_piece(int(rng.integers(2**62)), world, min(share, LONGEST), wishes)
        scores.append(score)
        starts.append(at + LEAD)
        at += LEAD + score.form.seconds + TAIL
        # What is needed for the others is not rested away.
        spare = seconds - at - RESTS[0] - _least(others) if others else RESTS[1]
        at += RESTS[0] + float(rng.uniform(0, 1)) * min(spare, RESTS[1] - RESTS[0])
    spare = seconds - starts[-1] - scores[-1].form.seconds - TAIL
    shift = float(rng.uniform(0, 1)) * max(0.0, spare)
    return scores, [start + shift for start in starts]


def _least(pieces: int) -> float:
    """Seconds in which so many pieces fit, with rests between."""
    return pieces * (LEAD + SHORTEST + TAIL) + (pieces - 1) * RESTS[0]


def _balanced(rng: np.random.Generator, mine: Sequence[Laid]) -> list[Laid]:
    """The entries of a piece, whose gains are as they were played, so that roles are as loud as ``LEVELS`` has them."""
    factors = {}
    for role in dict.fromkeys(item.role for item in mine):
        own = [item.placement for item in mine if item.role == role]
        energy = sum((each.gain * each.rms) ** 2 * each.length for each in own) / sum(each.length for each in own)
        wanted = LEVELS[role] + float(rng.uniform(-JITTER, JITTER))
        factors[role] = 10 ** (wanted / 20) / float(np.sqrt(energy))
    gains = [item.placement.gain * factors[item.role] for item in mine]
    sums = [
        sum(gain for gain, other in zip(gains, mine, strict=True) if _sounds(other.placement, item.placement.start))
        for item in mine
    ]
    scale = HEADROOM / max(sums) * 10 ** (-float(rng.uniform(0, SOFTER)) / 20)
    return [
        replace(item, placement=replace(item.placement, gain=gain * scale))
        for item, gain in zip(mine, gains, strict=True)
    ]


def _sounds(placement: Placement, sample: int) -> bool:
    return placement.start <= sample < placement.end


def _speakers(scores: Sequence[Score], laid: Sequence[Laid]) -> dict[str, Speaker]:
    """The singers by the identity of their voices, in the order in which they are first heard."""
    speakers = dict[str, Speaker]()
    for item in laid:
        singer = scores[item.piece].singer
        if item.role == "voice" and singer is not None and singer.identity not in speakers:
            name = chr(ord("A") + len(speakers))
            speakers[singer.identity] = Speaker(name=name, voice=singer.identity, sex=singer.sex)
    return speakers


def _event(item: Laid, speakers: dict[str, Speaker]) -> Event:
    event = event_of(item.placement, item.zero)
    speaker = speakers.get(event.source)
    return event if speaker is None else event.model_copy(update={"speaker": speaker.name})


def _piece(score: Score, start: float, number: int, laid: Sequence[Laid]) -> Piece:
    """The truth about the piece whose first beat comes at ``start``."""
    own = [index for index, item in enumerate(laid) if item.piece == number]

    def moved(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
        return tuple(Stretch(first + start, last + start, name) for first, last, name in stretches)

    return Piece(
        start=min(start, *(laid[index].placement.start / SAMPLE_RATE for index in own)),
        end=max(start + score.form.seconds, *(laid[index].placement.end / SAMPLE_RATE for index in own)),
        key=score.key.name,
        metre=score.form.metre,
        tempos=tuple(Tempo(time + start, bpm) for time, bpm in score.tempos),
        beats=tuple(Beat(time + start, place) for time, place in score.beats),
        chords=moved(score.chords),
        sections=moved(score.sections),
        dynamics=moved(score.dynamics),
        keys=moved(score.keys) if len(score.keys) > 1 else (),
        events=tuple(own),
    )
