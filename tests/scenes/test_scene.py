"""The truth as JSON: what is written is read back, and what is not a scene is named."""

import json

import pytest

from afnext.base.errors import SceneError
from afnext.scenes.forms.mix import compose
from afnext.scenes.scene import (
    Background,
    Beat,
    Channel,
    Event,
    Fact,
    Piece,
    Scene,
    SceneNote,
    SceneWord,
    Speaker,
    Stretch,
    Talk,
    Tempo,
    Waypoint,
)

SCENE = Scene(
    seed=3,
    world="test",
    duration=10.0,
    place="outdoors",
    background=Background(kind="pink noise", level=-50.25, snr=22.0),
    events=(
        Event(
            kind="speech", label="a man speaking", start=0.1, end=2.3, level=-6.0, source="x", text="room two",
            words=(SceneWord(0.1, 1.0, "room"), SceneWord(1.0, 2.3, "two")),
            speaker="A", manner="whispered", role="turn",
            path=(Waypoint(0.1, 1.0), Waypoint(2.3, 4.0)), masked_by=(1,),
        ),
        Event(
            kind="music", label="piano", start=1 / 3, end=7.7, level=-3.5, source="piano:0", tempo=96, key="C major",
            notes=(SceneNote(1 / 3, 0.9, 60, 100), SceneNote(1.0, 1.5, 64, 90)),
        ),
    ),
    speakers=(Speaker(name="A", voice="espeak-ng:m1", sex="man", accent="en-us"),),
    talks=(
        Talk(
            topic="a room", events=(0,),
            facts=(Fact(kind="number", about="the room", value="two", speaker="A", events=(0,)),),
        ),
    ),
    pieces=(
        Piece(
            start=1 / 3, end=7.7, key="C major", metre=4, tempos=(Tempo(1 / 3, 96),), beats=(Beat(1 / 3, 1),),
            chords=(Stretch(1 / 3, 2.0, "C major"),), sections=(Stretch(1 / 3, 7.7, "verse"),), events=(1,),
        ),
    ),
    channel=Channel(kind="telephone", clipped=0.5),
)  # fmt: skip


def test_json_both_ways(tmp_path):
    assert Scene.from_json(SCENE.to_json()) == SCENE
    SCENE.save(tmp_path / "scene.json")
    assert Scene.load(tmp_path / "scene.json") == SCENE
    plain = json.loads(SCENE.to_json())
    assert plain["events"][1]["notes"][0] == [1 / 3, 0.9, 60, 100]
    assert plain["version"] == 2


def test_a_scene_of_the_first_version_is_read():
    plain = json.loads(SCENE.to_json())
    for name in ("speakers", "talks", "pieces", "channel"):
        del plain[name]
    for event in plain["events"]:
        for name in ("words", "speaker", "manner", "emotion", "role", "path", "masked_by"):
            del event[name]
    scene = Scene.from_json(json.dumps(plain | {"version": 1}))
    assert scene.events[1] == SCENE.events[1]
    assert scene.talks == ()


def test_composed_scenes_survive_json_bit_for_bit(tones):
    for seed in range(20):
        scene, _ = compose(seed, "train", 12.3, tones)
        assert Scene.from_json(scene.to_json()) == scene


def changed(path, value):
    plain = json.loads(SCENE.to_json())
    *parents, last = path
    where = plain
    for key in parents:
        where = where[key]
    where[last] = value
    return json.dumps(plain)


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (["extra"], 1, "extra"),
        (["version"], 3, "version"),
        (["world"], "moon", "world"),
        (["duration"], "10", "duration"),
        (["duration"], float("nan"), "duration"),
        (["duration"], float("inf"), "duration"),
        (["duration"], 0, "duration"),
        (["seed"], 1.5, "seed"),
        (["events", 0, "start"], -0.1, "events.0.start"),
        (["events", 0, "start"], None, "events.0.start"),
        (["events", 0, "start"], 5.0, "not after its start"),
        (["events", 0, "start"], 0.5, "not sorted"),
        (["events", 1, "end"], 10.1, "ends at 10.1 s"),
        (["events", 1, "kind"], "smell", "events.1.kind"),
        (["events", 1, "label"], "", "events.1.label"),
        (["events", 1, "notes", 0], [1, 2, 3], "events.1.notes.0"),
        (["background", "level"], "loud", "background.level"),
        (["events", 0, "speaker"], "B", "speaker 'B' is not among the speakers"),
        (["events", 0, "masked_by"], [2], "event 2 is referred to, and there are 2"),
        (["events", 0, "manner"], "sung", "events.0.manner"),
        (["talks", 0, "events"], [], "talks.0.events"),
        (["talks", 0, "facts", 0, "events"], [-1], "is referred to"),
        (["pieces", 0, "metre"], 1, "pieces.0.metre"),
    ],
)
def test_what_is_not_a_scene_is_named(path, value, named):
    with pytest.raises(SceneError, match=named) as caught:
        Scene.from_json(changed(path, value), "kitchen.json")
    assert str(caught.value).startswith("kitchen.json: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", b"\xff\xfe", '{"seed": 1}'])
def test_what_is_not_json_of_a_scene(text):
    with pytest.raises(SceneError, match="the JSON of a scene"):
        Scene.from_json(text)


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(SceneError, match=r"none\.json: No such file"):
        Scene.load(tmp_path / "none.json")
    with pytest.raises(SceneError, match="directory"):
        Scene.load(tmp_path)
