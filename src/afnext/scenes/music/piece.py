"""Writing a piece: form and cast are drawn, music is written once for each kind of section, and laid out."""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

import numpy as np

from afnext.base.errors import SceneError
from afnext.scenes.music.arrangement import Lines, Music, arrange
from afnext.scenes.music.band import HARMONY, Role, draw_cast, draw_entries
from afnext.scenes.music.changes import draw_ground
from afnext.scenes.music.ensemble import on_grid
from afnext.scenes.music.form import Form, Section, Wishes, draw_form
from afnext.scenes.music.lyrics import Line, draw_line
from afnext.scenes.music.melody import Slot, Tone
from afnext.scenes.music.phrases import Note
from afnext.scenes.music.score import Part, Score, SungLine
from afnext.scenes.music.song import RANGES, draw_slots, pick_singer
from afnext.scenes.worlds import WORLDS, Dice, World

SHORTEST, LONGEST = 7.0, 240.0
"""Seconds of a piece."""
SUNG = ("verse", "chorus")
"""Sections that have lines, in a song."""
LINES = {"none": 0.65, "spoken": 0.12, "sung": 0.23}
"""Shares of pieces without lines, and of songs whose lines are spoken or sung."""
VELOCITIES = {"soft": 46, "medium": 76, "loud": 106}
CRESCENDO = (46, 106)
ROLE_ACCENTS: dict[Role, int] = {"melody": 6, "chords": -4, "pad": -8, "counter": -2}
CLOSING = ("chorus", "outro")
"""Sections that end at home."""


def write_piece(seed: int, world: World, seconds: float, wishes: Wishes | None = None) -> Score:
    """A piece whose last bar is over within ``seconds`` (7 to 240), the same for the same arguments.

    Raises:
        SceneError: the time is out of range, or too short for the wishes.
    """
    if world not in WORLDS:
        raise SceneError(f"world {world!r}", expected=f"one of {', '.join(WORLDS)}")
    if not SHORTEST <= seconds <= LONGEST:
        raise SceneError(f"a piece of {seconds:g} seconds", expected=f"{SHORTEST:g} to {LONGEST:g} seconds")
    if seed < 0:
        raise SceneError(f"seed {seed}", expected="0 or more")
    wishes = wishes or Wishes()
    rng = np.random.default_rng(seed)
    dice = Dice(world, rng)
    form = draw_form(dice, seconds, wishes)
    words = wishes.lines or list(LINES)[int(rng.choice(len(LINES), p=list(LINES.values())))]
    slots = _slots(rng, form) if words != "none" else {}
    if wishes.lines not in {None, "none"} and not slots:
        raise SceneError(f"{words} lines in a piece of {seconds:g} seconds", expected="more time")
    singer = pick_singer(world, rng) if slots else None
    cast = draw_cast(rng, world, wishes.parts or int(rng.integers(2, 7)))
    music = dict[str, Music]()
    for section in form.sections:
        if section.name not in music:  # as it stands before it is lifted
            bars, key = section.beats // form.metre, section.key.moved(-section.lift)
            ground = draw_ground(rng, key, form.metre, bars, closes=section.name in CLOSING)
            busy = section.name == "chorus" or bool(rng.random() < 0.4)
            mine = slots.get(section.name)
            lines = Lines(mine, RANGES[singer.sex]) if mine and singer is not None else None
            music[section.name] = arrange(rng, cast, ground, world, lines, busy=busy)
    entries = draw_entries(rng, cast, [section.name for section in form.sections], slots)
    parts = [
        Part(player.role, player.instrument, player.patch, notes)
        for player in cast
        if (notes := _played(player.role, form, music, entries))
    ]
    spoken = _sung(rng, form, music, entries, pitched=words == "sung")
    return Score(seed, world, form, _harmony(form, music, entries), tuple(parts), spoken, singer)


def _slots(rng: np.random.Generator, form: Form) -> dict[str, tuple[tuple[Slot, ...], ...]]:
    """Where lines are sung, by section."""
    found = {}
    for section in form.sections:
        if section.name in SUNG and section.name not in found:
            beat_seconds = (
                form.metronome.seconds(section.last) - form.metronome.seconds(section.first)
            ) / section.beats
            found[section.name] = draw_slots(rng, form.metre, section.beats // form.metre, beat_seconds)
    return {name: slots for name, slots in found.items() if slots}


def _played(
    role: Role, form: Form, music: Mapping[str, Music], entries: Sequence[Collection[Role]]
) -> tuple[Note, ...]:
    """All notes of a role, by start."""
    notes = list[Note]()
    for section, entry in zip(form.sections, entries, strict=True):
        if role in entry:
            lift = 0 if role == "drums" else section.lift
            notes += [_note(tone, role, section, form, lift) for tone in music[section.name].tones[role]]
    return _released(sorted(notes, key=lambda note: (note.start, note.pitch)))


def _note(tone: Tone, role: Role, section: Section, form: Form, lift: int) -> Note:
    seconds = form.metronome.seconds
    start, end = on_grid(seconds(section.first + tone.beat) + tone.delay), seconds(section.first + tone.last)
    if section.dynamic == "crescendo":
        low, high = CRESCENDO
        loud = low + (high - low) * tone.beat / section.beats
    else:
        loud = VELOCITIES[section.dynamic]
    velocity = round(loud + tone.accent + ROLE_ACCENTS.get(role, 0))
    return Note(start, end, tone.pitch + lift, min(max(velocity, 20), 124))


def _released(notes: Sequence[Note]) -> tuple[Note, ...]:
    """``notes`` by start, each key let go before it is struck again."""
    following: dict[int, float] = {}
    kept = list[Note]()
    for note in reversed(notes):
        again = following.get(note.pitch, np.inf)
        following[note.pitch] = note.start
        if again > note.start:
            kept.append(Note(note.start, min(note.end, again), note.pitch, note.velocity))
    return tuple(reversed(kept))


def _sung(
    rng: np.random.Generator,
    form: Form,
    music: Mapping[str, Music],
    entries: Sequence[Collection[Role]],
    *,
    pitched: bool,
) -> tuple[SungLine, ...]:
    """Every line of the singer: other words in each verse, the same in each chorus."""
    chorus: list[Line] = []
    sung = list[SungLine]()
    for section, entry in zip(form.sections, entries, strict=True):
        lines = music[section.name].lines
        if "voice" not in entry or not lines:
            continue
        words = [draw_line(rng, len(line), len(line)) for line in lines]
        if section.name == "chorus":
            chorus = words = chorus or words
        tones = iter(music[section.name].tones["voice"])
        for line, slots in zip(words, lines, strict=True):
            notes = [_note(next(tones), "voice", section, form, section.lift) for _ in slots]
            ends = [*(after.start for _, after in pairwise(notes)), notes[-1].end]
            sung.append(
                SungLine(
                    line.words,
                    tuple(
                        Note(note.start, end, note.pitch if pitched else 0, note.velocity)
                        for note, end in zip(notes, ends, strict=True)
                    ),
                )
            )
    return tuple(sung)


def _harmony(
    form: Form, music: Mapping[str, Music], entries: Sequence[Collection[Role]]
) -> tuple[tuple[float, float, str], ...]:
    """The chords of the sections in which a part plays whole chords."""
    return tuple(
        (section.first + change.first, section.first + change.last, change.chord.moved(section.lift).name)
        for section, entry in zip(form.sections, entries, strict=True)
        if set(HARMONY) & set(entry)
        for change in music[section.name].ground.changes
    )
