"""Folders of scenes: what lies there is whole, belongs together, and is the same however often work was interrupted."""

import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from multiprocessing import active_children
from pathlib import Path

import numpy as np
import pytest
import soundfile

from afnext.base.errors import OutputError, SceneError
from afnext.dialogue.example import read_examples
from afnext.dialogue.message import AudioPart, TextPart
from afnext.dialogue.timestamps import parse
from afnext.scenes.asking.questions import SKILLS
from afnext.scenes.bank import BankSize, build
from afnext.scenes.forms.group import FORMS, compose_group, recorded
from afnext.scenes.forms.mix import compose
from afnext.scenes.order import Order, planned
from afnext.scenes.render import render_all
from afnext.scenes.scene import Scene
from afnext.scenes.sources import LABELS
from afnext.scenes.write import write_scenes

HOURS = 0.03
MINUTES = (0.1, 0.6)
MIXES = {"forms": ["mix"], "words": "plain"}
"""What needs no program: mixes of the tones."""


def files(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory, make_tones):
    """A finished folder; what was written and what was told."""
    folder = tmp_path_factory.mktemp("made") / "scenes"
    told = []
    written = write_scenes(
        folder, HOURS, 4, "train", MINUTES, **MIXES, sources=make_tones(), progress=lambda *step: told.append(step)
    )
    return folder, written, told


def test_a_folder_holds_what_was_asked_for(made):
    folder, written, told = made
    names = {path.name for path in folder.iterdir()}
    stems = [f"train-4-{number:05d}" for number in range(written.scenes)]
    assert names == {f"{stem}.{ending}" for stem in stems for ending in ("flac", "json")} | {
        "scenes.json",
        "examples.jsonl",
        "questions.jsonl",
    }
    scenes = [Scene.load(folder / f"{stem}.json") for stem in stems]
    assert sum(scene.duration for scene in scenes) == pytest.approx(written.seconds, abs=0.01)
    assert HOURS * 3600 <= written.seconds + 0.01 <= HOURS * 3600 + 60 * MINUTES[0] + 0.02
    assert all(60 * MINUTES[0] - 0.01 <= scene.duration <= 60 * MINUTES[1] + 0.01 for scene in scenes)
    assert len({scene.seed for scene in scenes}) == written.scenes > 3
    assert told == [("scenes", done + 1, written.scenes) for done in range(written.scenes)]


def test_recordings_are_those_of_their_truth(made, make_tones):
    folder, _, _ = made
    channels = set()
    for path in sorted(folder.glob("train-*.json")):
        scene = Scene.load(path)
        (plan,) = compose_group("mix", scene.seed, "train", scene.duration, make_tones())
        assert plan.scene == scene
        channels.add(scene.channel.kind)
        sound, rate = soundfile.read(path.with_suffix(".flac"), dtype="float32")
        assert rate == 16_000
        assert np.allclose(sound, render_all(plan), atol=1 / 32767)
    assert len(channels) > 1


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
        write_scenes(folder, HOURS, 4, "train", MINUTES, **MIXES, sources=Failing())
    left = files(folder)
    assert "examples.jsonl" not in left
    assert {name.split(".")[0] for name in left if name.endswith("flac")} == {
        name.split(".")[0] for name in left if name.startswith("train")
    }
    assert 0 < len(left) - 1 < len(files(made[0])) - 3
    write_scenes(folder, HOURS, 4, "train", MINUTES, **MIXES, sources=make_tones())
    assert files(folder) == files(made[0])


def test_what_is_there_is_kept(made, tmp_path, make_tones):
    folder = tmp_path / "scenes"
    sources = make_tones()
    write_scenes(folder, HOURS, 4, "train", MINUTES, **MIXES, sources=sources)
    (folder / "train-4-00001.json").unlink()
    loads, before = sources.loads, (folder / "train-4-00000.flac").stat().st_mtime_ns
    write_scenes(folder, HOURS, 4, "train", MINUTES, **MIXES, sources=sources)
    assert 0 < sources.loads - loads < loads
    assert (folder / "train-4-00000.flac").stat().st_mtime_ns == before
    assert files(folder) == files(made[0])
    loads = sources.loads
    write_scenes(
        folder, HOURS, 4, "train", MINUTES, **MIXES, sources=None
    )  # complete: nothing is drawn, so nothing is built
    assert sources.loads == loads


@pytest.mark.long
@pytest.mark.scenes_tools
def test_workers_write_the_same_and_a_killed_one_is_told(tmp_path):
    """Real processes: two write what one writes; when one is killed, what is finished stays and the rest follows."""
    bank = build(
        tmp_path / "bank", "train", 1, BankSize(variants=2, sounds=LABELS["sound"][:6], sentences=4, phrases=1)
    )
    asked = {"hours": 0.02, "seed": 6, "minutes": (0.1, 0.3), "forms": ["mix", "scape"], "sources": bank}
    write_scenes(tmp_path / "one", **asked)
    killed = []

    def kill(stage, done, total):
        if not killed:
            killed.append(active_children()[0].pid)
            os.kill(killed[0], signal.SIGKILL)

    with pytest.raises(SceneError, match=r"a process that made scenes was killed.*fewer --workers"):
        write_scenes(tmp_path / "two", **asked, workers=2, progress=kill)
    assert 0 < len(list((tmp_path / "two").glob("train-*.json"))) < len(list((tmp_path / "one").glob("train-*.json")))
    assert not list((tmp_path / "two").glob(".*"))
    write_scenes(tmp_path / "two", **asked, workers=2)
    assert files(tmp_path / "two") == files(tmp_path / "one")


def test_another_order_is_refused(made, make_tones):
    before = files(made[0])
    with pytest.raises(SceneError, match=r"scenes of another order \(seed 4\); give another folder"):
        write_scenes(made[0], HOURS, 5, "train", MINUTES, **MIXES, sources=make_tones())
    with pytest.raises(SceneError, match=r"another order \(hours 0.03, skills None\)"):
        write_scenes(made[0], 1, 4, "train", MINUTES, skills=["count"], **MIXES, sources=make_tones())
    assert files(made[0]) == before


def test_only_the_skills_asked_for(tmp_path, make_tones):
    write_scenes(
        tmp_path / "scenes", 0.01, 1, "train", MINUTES, skills=["when", "count"], **MIXES, sources=make_tones()
    )
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
        ({"forms": ["opera"]}, "form 'opera'; expected some of mix, scape"),
        ({"forms": []}, "no form"),
        (
            {"forms": ["needle"], "minutes": (0.1, 0.2)},
            "needle of 0.1 to 0.2 minutes; expected some of 0.333 to 30",
        ),
        ({"forms": ["alike", "set"], "minutes": (3, 4)}, "alike, set of 3 to 4 minutes; expected some of 0.167 to 2"),
        ({"events": 500, "minutes": (0.1, 0.1)}, "500 events in 6 seconds; ask for fewer"),
        ({"events": -1}, "-1 events"),
        ({"events": 3, "forms": ["talk"]}, "3 events with forms talk; expected the form mix alone"),
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
        write_scenes(tmp_path / "scenes", 0.01, 1, **MIXES, sources=make_tones())
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "scenes.json").write_text("{")
    with pytest.raises(SceneError, match=r"scenes\.json is not readable"):
        write_scenes(tmp_path / "other", 0.01, 1, **MIXES, sources=make_tones())


def test_so_many_events_recorded_as_any_others_are(tmp_path, make_tones):
    write_scenes(tmp_path / "scenes", 0.06, 1, "train", (0.2, 0.3), events=6, words="plain", sources=make_tones())
    scenes = [Scene.load(path) for path in (tmp_path / "scenes").glob("train-*.json")]
    assert {len(scene.events) for scene in scenes} == {6}
    assert len({scene.channel.kind for scene in scenes}) > 1
    for scene in scenes:
        _, plan = compose(scene.seed, "train", scene.duration, make_tones(), events=6)
        assert recorded([plan], scene.seed)[0].scene == scene  # channel and masks


def test_no_recording_is_longer_or_shorter_than_asked_for():
    order = Order.checked(
        hours=3, seed=1, world="train", minutes=(0.9, 2.5), forms=None, skills=None, words="grammar", events=None
    )
    items = planned(order)
    assert {item.form for item in items} == set(FORMS)
    assert all(54 <= item.seconds <= 150 for item in items)
    assert all(item.seconds <= FORMS[item.form].longest for item in items)
    assert sum(item.seconds for item in items) == pytest.approx(3 * 3600, abs=54)


@pytest.mark.long
@pytest.mark.scenes_tools
def test_without_the_tools_nothing_is_left(tmp_path):
    for more in ([], ["--benchmark"]):
        command = [str(Path(sys.executable).with_name("afnext")), "scenes", str(tmp_path / "new"), *more]
        told = subprocess.run(
            command, capture_output=True, text=True, env=os.environ | {"PATH": "/nowhere"}, check=False
        )
        assert told.returncode == 2
        assert "is not installed" in told.stderr
        assert not list((tmp_path / "new").glob("*"))


def test_what_is_known_of_the_questions(made):
    """As many rows as examples: the same question, its answer among its options, its evidence in the recording."""
    folder, _, _ = made
    lines = (folder / "questions.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    examples = list(read_examples(folder / "examples.jsonl"))
    assert [row["id"] for row in rows] == [row.id for row in examples]
    for row, other in zip(rows, examples, strict=True):
        assert other.messages[0]["content"][-1]["text"].startswith(row["question"])
        assert row["audio"] == [{"path": other.audio[0].path, "sha256": other.audio[0].sha256}]
        if row["choices"]:
            assert row["choices"]["ABCD".index(row["letter"])] == row["answer"]
        assert all(0 <= span["start"] <= span["end"] <= row["seconds"] + 0.01 for span in row["evidence"])


def test_a_disk_that_fills_up_under_a_recording(tmp_path, make_tones):
    """In a process whose files may not grow beyond 20 kB: less than a recording takes."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        told = "nothing"
        try:
            write_scenes(tmp_path / "scenes", 0.01, 1, minutes=(0.2, 0.3), **MIXES, sources=make_tones())
        except OutputError as error:
            told = str(error)
        os.write(write, told.encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 500).decode().startswith(f"cannot write to {tmp_path / 'scenes'}")
    assert [path.name for path in (tmp_path / "scenes").iterdir()] == ["scenes.json"]


@pytest.mark.long
@pytest.mark.scenes_tools
def test_a_full_disk_and_an_interrupt_leave_what_is_finished(tmp_path):
    """A real process whose files may not grow beyond 200 kB, then one that is interrupted, then one that goes on."""
    command = [
        str(Path(sys.executable).with_name("afnext")),
        "scenes",
        str(tmp_path / "scenes"),
        "--hours",
        "0.02",
        "--seed",
        "5",
    ]
    command += ["--minutes", "0.1-0.4", "--events", "3"]

    def small() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    def whole() -> set[str]:
        return {path.stem for path in (tmp_path / "scenes").glob("train-*.flac")}

    tried = subprocess.run(command, capture_output=True, text=True, preexec_fn=small, check=False)
    assert tried.returncode == 2, tried.stderr
    assert "cannot write" in tried.stderr
    assert "Traceback" not in tried.stderr
    assert whole() == {path.stem for path in (tmp_path / "scenes").glob("train-*.json")}
    interrupted = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while len(whole()) < 1 and interrupted.poll() is None:
        time.sleep(0.02)
    interrupted.send_signal(signal.SIGINT)
    _, told = interrupted.communicate(timeout=60)
    assert interrupted.returncode == 130
    assert "Traceback" not in told
    assert whole() == {path.stem for path in (tmp_path / "scenes").glob("train-*.json")}
    subprocess.run(command, check=True, capture_output=True)
    assert (tmp_path / "scenes/examples.jsonl").exists()
    assert not list((tmp_path / "scenes").glob(".*"))


@pytest.mark.scenes_tools
def test_sources_are_made_as_needed(tmp_path):
    told = []
    written = write_scenes(
        tmp_path / "scenes", 0.005, 2, "validation", (0.1, 0.2), progress=lambda *step: told.append(step)
    )
    assert written.scenes == len(list((tmp_path / "scenes").glob("*.flac"))) >= 1
    assert [stage for stage, done, total in told if done == total] == ["sources", "scenes"]
    assert not list((tmp_path / "scenes").glob(".*"))
