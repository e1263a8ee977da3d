"""A scene as a picture: what is true above what is heard, on one axis of time, to check the ear against the truth."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from afnext.audio.decode import decode
from afnext.audio.spec import HOP, MELS
from afnext.audio.windows import windows
from afnext.base.files import replacing
from afnext.base.packages import package
from afnext.base.progress import Tell
from afnext.scenes.scene import Event, Kind, Scene

WIDTH, LANE, SPECTROGRAM = 14.0, 0.24, 2.8
"""Inches: of the whole, of the height of one lane, and of the height of the spectrogram."""
DPI = 100
COLUMNS = 2400
"""Of the spectrogram; more frames than that are joined, the loudest shown."""
MOST_LANES = 40
"""Labels that get a lane of their own; those heard least go without."""
COLOURS: dict[Kind, str] = {"sound": "#4878a8", "speech": "#b8603c", "music": "#5c9458"}
STRETCHES = "#8c7aa8"
FONT = 7
WIDEST_TEXT = 0.011
"""Share of the whole width that a letter takes: text that does not fit into its span is left out."""


def draw(scene: Scene, recording: str | PathLike[str], path: str | PathLike[str]) -> None:
    """Write a PNG of ``scene``: a lane for every label, sections and chords, and the log-mel of ``recording`` below.

    Args:
        scene: the truth.
        recording: its sound file.
        path: the PNG; written whole or not at all.

    Raises:
        MissingToolError: matplotlib is not installed.
        AudioError: the recording cannot be read.
    """
    figures = package("matplotlib.figure", "scenes")
    lanes = _lanes(scene)
    heights = [max(1, len(lanes)) * LANE, SPECTROGRAM]
    figure = figures.Figure(figsize=(WIDTH, sum(heights) + 1.1), dpi=DPI, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=heights)
    _draw_lanes(above, lanes, scene)
    mel = _columns(recording)
    below.imshow(
        mel, origin="lower", aspect="auto", extent=(0, scene.duration, 0, MELS), cmap="magma", interpolation="nearest"
    )
    below.set_ylabel("mel bin", fontsize=FONT)
    below.set_xlabel("seconds", fontsize=FONT)
    below.tick_params(labelsize=FONT)
    above.set_xlim(0, scene.duration)
    above.set_title(_title(scene), fontsize=FONT + 1, loc="left")
    with replacing(Path(path)) as draft:
        figure.savefig(draft, format="png", metadata={"Software": None})


Lane = tuple[str, str, Sequence[tuple[float, float, str]]]
"""Its name, its colour, and its spans with what stands in each."""


def draw_folder(folder: Path, tell: Tell | None = None) -> None:
    """Draw every scene in ``folder`` (see write.py) that has no picture yet, beside its recording.

    Raises:
        MissingToolError: matplotlib is not installed.
        AudioError: a recording cannot be read.
    """
    sounds = sorted(path for path in folder.glob("*.flac") if path.with_suffix(".json").is_file())
    for done, sound in enumerate(sounds, 1):
        picture = sound.with_suffix(".png")
        if not picture.is_file():
            draw(Scene.load(sound.with_suffix(".json")), sound, picture)
        if tell:
            tell("pictures", done, len(sounds))


def _lanes(scene: Scene) -> list[Lane]:
    """From the bottom up: labels in the order of their first event, reversed, then what the music does."""
    of_label: dict[str, list[Event]] = {}
    for event in scene.events:
        name = f"{event.label} {event.speaker}" if event.speaker else event.label
        of_label.setdefault(name, []).append(event)
    kept = sorted(of_label, key=lambda name: -len(of_label[name]))[:MOST_LANES]
    lanes: list[Lane] = []
    for name in reversed([name for name in of_label if name in kept]):
        events = of_label[name]
        lanes.append((name, COLOURS[events[0].kind], [(event.start, event.end, event.text or "") for event in events]))
    for title, stretches in (
        ("chords", [chord for piece in scene.pieces for chord in piece.chords]),
        ("sections", [section for piece in scene.pieces for section in piece.sections]),
    ):
        if stretches:
            lanes.append((title, STRETCHES, [(start, end, name) for start, end, name in stretches]))
    return lanes


def _draw_lanes(axes: Any, lanes: Sequence[Lane], scene: Scene) -> None:
    for row, (_, colour, spans) in enumerate(lanes):
        axes.broken_barh([(start, end - start) for start, end, _ in spans], (row - 0.4, 0.8), facecolors=colour)
        for start, end, text in spans:
            if text and len(text) * WIDEST_TEXT / 2 < (end - start) / scene.duration:
                axes.text(start, row, f" {text}", fontsize=FONT - 1, color="white", va="center", clip_on=True)
    for piece in scene.pieces:
        axes.vlines([beat.time for beat in piece.beats if beat.number == 1], -0.5, len(lanes) - 0.5, lw=0.3, color="k")
    axes.set_yticks(range(len(lanes)), [name for name, _, _ in lanes], fontsize=FONT)
    axes.set_ylim(-0.6, len(lanes) - 0.4)
    axes.grid(axis="x", linewidth=0.3)
    axes.tick_params(labelbottom=False)


def _title(scene: Scene) -> str:
    parts = [f"{scene.world} world, seed {scene.seed}", f"{scene.duration:g} s", scene.place]
    if scene.background is not None:
        parts.append(f"{scene.background.kind} at {scene.background.level:.0f} dB")
    if scene.channel.kind != "full band":
        parts.append(scene.channel.kind)
    parts += [f"{talk.topic} ({len(talk.facts)} facts)" for talk in scene.talks]
    parts += [f"{piece.key}, {piece.metre} beats a bar, {piece.tempos[0].bpm:g} bpm" for piece in scene.pieces]
    return ", ".join(parts)


def _columns(recording: str | PathLike[str]) -> NDArray[np.float32]:
    """The log-mel of a recording, [128, at most COLUMNS]."""
    samples = decode(recording)
    frames = np.concatenate([np.asarray(window.mel[:, : window.frames]) for window in windows(samples)], axis=1)
    frames = frames[:, : len(samples) // HOP]
    joined = max(1, -(-frames.shape[1] // COLUMNS))
    padded = np.pad(frames, ((0, 0), (0, -frames.shape[1] % joined)), mode="edge")
    columns: NDArray[np.float32] = padded.reshape(MELS, -1, joined).max(-1)
    return columns
