"""Several instruments at once, each on a track of its own: notes in, sound out as a stream."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import SceneError
from afnext.scenes.music import fluid
from afnext.scenes.music.phrases import RENDER_RATE, Note
from afnext.scenes.music.soundfont import DRUM_BANK, need_patches
from afnext.scenes.tools import need, sound_font, stream

GRID = fluid.BLOCK / RENDER_RATE
"""Seconds (0.002) at whose multiples notes can begin and end. They sound there without delay."""
MOST_TRACKS = 16
GAIN = 0.4
VALUE = np.dtype(np.float32)


@dataclass(frozen=True)
class Track:
    """What one instrument plays; ``patch`` is a General MIDI program, or a drum kit. No key is struck while held."""

    patch: int
    drums: bool
    notes: tuple[Note, ...]


def on_grid(seconds: float) -> float:
    """The nearest time at which a note can begin or end."""
    return round(round(seconds / GRID) * GRID, 6)


def play_tracks(tracks: Sequence[Track], seconds: float) -> Iterator[NDArray[np.float32]]:
    """``tracks`` as sound, about a second at a time: [samples, tracks], 16 kHz, whatever the loudness of the patches.

    All together last ``seconds``; what rings on is cut there. The same tracks give the same samples.

    Raises:
        SceneError: the sound font lacks a patch or is damaged, or fluidsynth failed.
        MissingToolError: fluidsynth or its sound font is not installed.
    """
    if not 1 <= len(tracks) <= MOST_TRACKS:
        raise SceneError(f"{len(tracks)} instruments at once", expected=f"1 to {MOST_TRACKS}")
    need("fluidsynth")
    font = sound_font()
    need_patches(font, [(track.drums, track.patch) for track in tracks])
    frames = -(-round(seconds * RENDER_RATE) // fluid.BLOCK) * fluid.BLOCK
    score = {
        "font": str(font),
        "rate": RENDER_RATE,
        "gain": GAIN,
        "frames": frames,
        "tracks": [[DRUM_BANK if track.drums else 0, track.patch] for track in tracks],
        "actions": _actions(tracks),
    }
    part = 2 * len(tracks) * (RENDER_RATE // fluid.BLOCK * fluid.BLOCK) * VALUE.itemsize
    program = ["-I", "-S", str(Path(fluid.__file__))]
    half = soxr.ResampleStream(RENDER_RATE, SAMPLE_RATE, len(tracks), dtype="float32")
    done, whole = 0, round(seconds * SAMPLE_RATE)
    for raw in stream(sys.executable, program, json.dumps(score).encode(), part):
        sides = np.frombuffer(raw, VALUE).reshape(len(tracks), 2, -1)
        done += sides.shape[2]
        sound = half.resample_chunk(np.ascontiguousarray(sides.mean(1).T), last=done == frames)
        yield sound[:whole]
        whole -= min(whole, len(sound))


def _actions(tracks: Sequence[Track]) -> list[tuple[int, int, int, int]]:
    """[frame, track, pitch, velocity] by frame; keys are let go (velocity 0) before others are struck."""
    actions = []
    for number, track in enumerate(tracks):
        for note in track.notes:
            first, last = round(note.start / GRID), round(note.end / GRID)
            actions.append((first * fluid.BLOCK, number, note.pitch, note.velocity))
            actions.append((max(last, first + 1) * fluid.BLOCK, number, note.pitch, 0))
    return sorted(actions, key=lambda action: (action[0], action[3] > 0, action[1:]))
