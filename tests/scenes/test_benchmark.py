"""scenes-20: as many items of each skill, the same again, finished after an interruption, and fair."""

import json
from collections import Counter

import pytest
import soundfile

from afnext.base.errors import SceneError
from afnext.scenes.benchmark import NEEDLE, SKILLS, write_benchmark
from afnext.scenes.scene import Scene

pytestmark = pytest.mark.scenes_tools
ITEMS = 20


def read(folder):
    return [json.loads(line) for line in (folder / "scenes-20.jsonl").read_text().splitlines()]


pytestmark = pytest.mark.long  # a benchmark is made whole


@pytest.fixture(scope="module")
def made(tmp_path_factory, make_tones):
    folder = tmp_path_factory.mktemp("benchmark") / "scenes-20"
    return folder, write_benchmark(folder, ITEMS, 3, sources=make_tones("test"))


def test_every_skill_is_asked_as_often(made):
    folder, told = made
    rows = read(folder)
    assert len(rows) == told.items == ITEMS
    assert Counter(row["skill"] for row in rows) == dict.fromkeys((*SKILLS, NEEDLE), ITEMS // 20)
    assert len({row["id"] for row in rows}) == ITEMS
    card = (folder / "README.md").read_text()
    assert f"{ITEMS} questions" in card
    assert all(f"| {skill} |" in card for skill in (*SKILLS, NEEDLE))


def test_every_item_can_be_heard_and_checked(made):
    folder, _ = made
    for row in read(folder):
        assert row["choices"]["ABCD".index(row["letter"])] == row["answer"]
        assert len(set(row["choices"])) == len(row["choices"]) >= 2
        lettered = zip("ABCD", row["choices"], strict=False)
        assert all(f"({letter}) {choice}" in row["question"] for letter, choice in lettered)
        truths = [Scene.load(folder / audio["path"].replace(".flac", ".json")) for audio in row["audio"]]
        assert sum(truth.duration for truth in truths) == pytest.approx(row["seconds"], abs=0.01)
        assert row["evidence"]
        for span in row["evidence"]:
            assert 0 <= span["start"] < span["end"] <= truths[span["clip"]].duration + 0.01
        assert all(truth.world == "test" for truth in truths)
        sound = soundfile.info(folder / row["audio"][0]["path"])
        assert (sound.samplerate, sound.channels) == (16_000, 1)
        assert sound.duration == pytest.approx(truths[0].duration, abs=0.001)


def test_an_interrupted_run_is_finished_with_the_same_bytes(made, make_tones):
    folder, told = made
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert write_benchmark(folder, ITEMS, 3) == told  # it is finished: no source is drawn or made
    first = read(folder)[0]["audio"][0]["path"]
    (folder / first).unlink()
    assert write_benchmark(folder, ITEMS, 3, sources=make_tones("test")) == told
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_what_cannot_be_made(made, tmp_path, make_tones):
    with pytest.raises(SceneError, match="19 items; expected 20 or more"):
        write_benchmark(tmp_path / "new", 19)
    with pytest.raises(SceneError, match="seed -1"):
        write_benchmark(tmp_path / "new", 20, -1)
    with pytest.raises(SceneError, match=r"another order \(items 20\)"):
        write_benchmark(made[0], 60, 3, sources=make_tones("test"))
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SceneError, match="is a file"):
        write_benchmark(tmp_path / "file", 20)
    assert not (tmp_path / "new").exists()
