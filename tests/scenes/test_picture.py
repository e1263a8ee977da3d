"""A picture shows each event where the truth has it; read back from its pixels."""

import numpy as np
import pytest
import soundfile

from afnext.base.errors import AudioError
from afnext.scenes.picture import COLOURS, draw
from afnext.scenes.scene import Event, Scene

image = pytest.importorskip("matplotlib.image")


def event(kind, label, start, end):
    return Event(kind=kind, label=label, start=start, end=end, level=-6.0, source="x")


def columns(pixels, colour):
    """The leftmost and the rightmost column in which ``colour`` is found."""
    wanted = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    found = np.flatnonzero((np.abs(pixels[:, :, :3] - wanted) < 0.01).all(-1).any(0))
    return found.min(), found.max() + 1


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "sound.flac"
    soundfile.write(path, np.random.default_rng(0).uniform(-0.1, 0.1, 160_000).astype(np.float32), 16_000)
    return path


def test_events_stand_where_they_sound(recording, tmp_path):
    scene = Scene(
        seed=0,
        world="test",
        duration=10.0,
        place="outdoors",
        events=(event("sound", "rain", 0.0, 10.0), event("music", "piano", 2.5, 4.0)),
    )
    draw(scene, recording, tmp_path / "scene.png")
    pixels = image.imread(tmp_path / "scene.png")
    left, right = columns(pixels, COLOURS["sound"])  # the whole axis of time
    first, last = ((column - left) / (right - left) * 10 for column in columns(pixels, COLOURS["music"]))
    assert first == pytest.approx(2.5, abs=0.03)
    assert last == pytest.approx(4.0, abs=0.03)


def test_the_same_scene_gives_the_same_picture(recording, tmp_path):
    scene = Scene(seed=0, world="test", duration=10.0, place="outdoors")
    for name in ("one.png", "other.png"):
        draw(scene, recording, tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()


def test_a_recording_that_is_not_there_leaves_no_picture(tmp_path):
    with pytest.raises(AudioError, match=r"none\.flac"):
        draw(Scene(seed=0, world="test", duration=10.0, place="outdoors"), tmp_path / "none.flac", tmp_path / "x.png")
    assert list(tmp_path.iterdir()) == []
