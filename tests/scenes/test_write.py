"""Folders of scenes: what lies there is whole, belongs together, and is the same however often work was interrupted."""

import hashlib
import json

import numpy as np
import pytest
import soundfile

from afnext.base.errors import SceneError
from afnext.dialogue.example import read_examples
from afnext.dialogue.message import AudioPart, TextPart
from afnext.dialogue.timestamps import parse
from afnext.scenes.asking.questions import SKILLS
from afnext.scenes.forms.mix import compose
from afnext.scenes.render import render_all
from afnext.scenes.scene import Scene
from afnext.scenes.write import write_scenes

HOURS = 0.03
MINUTES = (0.1, 0.6)


def files(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory, make_tones):
    """A finished folder; what was written and what was told."""
    folder = tmp_path_factory.mktemp("made") / "scenes"
    told = []
    written = write_scenes(
        folder, HOURS, 4, "train", MINUTES, sources=make_tones(), progress=lambda *step: told.append(step)
    )
    return folder, written, told


def test_a_folder_holds_what_was_asked_for(made):
    folder, written, told = made
    names = {path.name for path in folder.iterdir()}
    stems = [f"train-4-{number:05d}" for number in range(written.scenes)]
    assert names == {f"{stem}.{ending}" for stem in stems for ending in ("flac", "json")} | {
        "scenes.json",
        "examples.jsonl",
    }
    scenes = [Scene.load(folder / f"{stem}.json") for stem in stems]
    assert sum(scene.duration for scene in scenes) == pytest.approx(written.seconds, abs=0.01)
    assert HOURS * 3600 <= written.seconds + 0.01 <= HOURS * 3600 + 60 * MINUTES[0] + 0.02
    assert all(60 * MINUTES[0] - 0.01 <= scene.duration <= 60 * MINUTES[1] + 0.01 for scene in scenes)
    assert len({scene.seed for scene in scenes}) == written.scenes > 3
    assert told == [("scenes", done + 1, written.scenes) for done in range(written.scenes)]


def test_recordings_are_those_of_their_truth(made, make_tones):
    folder, _, _ = made
    for path in sorted(folder.glob("train-*.json")):
        scene = Scene.load(path)
        again, plan = compose(scene.seed, "train", scene.duration, make_tones())
        assert again == scene
        sound, rate = soundfile.read(path.with_suffix(".flac"), dtype="float32")
        assert rate == 16_000
        assert np.allclose(sound, render_all(plan), atol=1 / 32767)


def test_rows_are_examples(made):
    folder, written, _ = made
    rows = list(read_examples(folder / "examples.jsonl"))
    assert len(rows) == written.examples
    assert len({row.id for row in rows}) == len(rows)
    assert {row.skill for row in rows} == set(SKILLS)
    thoughtful = 0
    for row in rows:
        (recording,) = row.audio
        sound = folder / recording.path
        assert recording.sha256 == hashlib.sha256(sound.read_bytes()).hexdigest()
        assert row.id.startswith(sound.stem)
        question, answer = row.conversation(folder)
        assert isinstance(question.parts[0], AudioPart)
        assert isinstance(question.parts[1], TextPart)
        read = parse(answer.parts[0].text, duration=Scene.load(sound.with_suffix(".json")).duration)
        assert read.problems == ()
        assert bool(read.reasoning) == ("Reason step by step" in question.parts[1].text)
        thoughtful += bool(read.reasoning)
    assert 0 < thoughtful < len(rows) / 2


def test_an_interrupted_run_is_finished(made, tmp_path, make_tones):
    class Failing(make_tones):
        def load(self, source):
            if self.loads == 12:
                raise KeyboardInterrupt
            return super().load(source)

    folder = tmp_path / "scenes"
    with pytest.raises(KeyboardInterrupt):
        write_scenes(folder, HOURS, 4, "train", MINUTES, sources=Failing())
    left = files(folder)
    assert "examples.jsonl" not in left
    assert {name.split(".")[0] for name in left if name.endswith("flac")} == {
        name.split(".")[0] for name in left if name.startswith("train")
    }
    assert 0 < len(left) - 1 < len(files(made[0])) - 2
    write_scenes(folder, HOURS, 4, "train", MINUTES, sources=make_tones())
    assert files(folder) == files(made[0])


def test_what_is_there_is_kept(made, tmp_path, make_tones):
    folder = tmp_path / "scenes"
    sources = make_tones()
    write_scenes(folder, HOURS, 4, "train", MINUTES, sources=sources)
    (folder / "train-4-00001.json").unlink()
    loads, before = sources.loads, (folder / "train-4-00000.flac").stat().st_mtime_ns
    write_scenes(folder, HOURS, 4, "train", MINUTES, sources=sources)
    assert 0 < sources.loads - loads < loads
    assert (folder / "train-4-00000.flac").stat().st_mtime_ns == before
    assert files(folder) == files(made[0])
    loads = sources.loads
    write_scenes(folder, HOURS, 4, "train", MINUTES, sources=None)  # complete: nothing is drawn, so nothing is built
    assert sources.loads == loads


def test_another_order_is_refused(made, make_tones):
    before = files(made[0])
    with pytest.raises(SceneError, match=r"scenes of another order \(seed 4\); give another folder"):
        write_scenes(made[0], HOURS, 5, "train", MINUTES, sources=make_tones())
    with pytest.raises(SceneError, match=r"another order \(hours 0.03, skills None\)"):
        write_scenes(made[0], 1, 4, "train", MINUTES, skills=["count"], sources=make_tones())
    assert files(made[0]) == before


def test_only_the_skills_asked_for(tmp_path, make_tones):
    write_scenes(tmp_path / "scenes", 0.01, 1, "train", MINUTES, skills=["when", "count"], sources=make_tones())
    assert {row.skill for row in read_examples(tmp_path / "scenes" / "examples.jsonl")} == {"when", "count"}
    assert json.loads((tmp_path / "scenes" / "scenes.json").read_text())["skills"] == ["count", "when"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hours": 0}, "0 hours of scenes; expected more than 0 hours"),
        ({"hours": -1}, "-1 hours"),
        ({"hours": float("nan")}, "nan hours"),
        ({"hours": float("inf")}, "inf hours"),
        ({"minutes": (-1, 2)}, "scenes of -1 to 2 minutes"),
        ({"minutes": (0, 2)}, "scenes of 0 to 2 minutes"),
        ({"minutes": (2, 1)}, "scenes of 2 to 1 minutes; expected 0.083 to 30, shortest first"),
        ({"minutes": (1, 31)}, "scenes of 1 to 31 minutes"),
        ({"minutes": (float("nan"), 1)}, "scenes of nan to 1 minutes"),
        ({"seed": -1}, "seed -1"),
        ({"world": "mars"}, "world 'mars'; expected one of train, validation, test"),
        ({"world": "test"}, "world 'test' with sources of world 'train'"),
        ({"skills": ["taste"]}, "skill 'taste'; expected one of events"),
        ({"skills": []}, "no skill"),
    ],
)
def test_impossible_orders(tmp_path, make_tones, settings, message):
    asked = {"hours": 0.01, "seed": 1, "world": "train", "minutes": MINUTES, "sources": make_tones()} | settings
    with pytest.raises(SceneError, match=message) as caught:
        write_scenes(tmp_path / "scenes", **asked)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_file_in_the_way(tmp_path, make_tones):
    (tmp_path / "scenes").write_text("mine")
    with pytest.raises(SceneError, match="is a file; expected a folder"):
        write_scenes(tmp_path / "scenes", 0.01, 1, sources=make_tones())
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "scenes.json").write_text("{")
    with pytest.raises(SceneError, match=r"scenes\.json is not readable"):
        write_scenes(tmp_path / "other", 0.01, 1, sources=make_tones())


@pytest.mark.scenes_tools
def test_sources_are_made_as_needed(tmp_path):
    told = []
    written = write_scenes(
        tmp_path / "scenes", 0.005, 2, "validation", (0.1, 0.2), progress=lambda *step: told.append(step)
    )
    assert written.scenes == len(list((tmp_path / "scenes").glob("*.flac"))) >= 1
    assert [stage for stage, done, total in told if done == total] == ["sources", "scenes"]
    assert not list((tmp_path / "scenes").glob(".*"))
