"""The document's ten scenes are what their seeds make, and their pictures are there."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/scenes.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def ten_scenes():
    spec = importlib.util.spec_from_file_location("ten_scenes", ROOT / "docs/ten_scenes.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_picture_is_there(ten_scenes):
    for number, shown in enumerate(ten_scenes.TEN, 1):
        assert f"### {number}. {shown.title}\n" in TEXT
    pictures = list((ROOT / "docs/scenes").glob("*.png"))
    assert len(pictures) == len(ten_scenes.TEN) + 1  # one of them is a pair
    for picture in pictures:
        assert f"(scenes/{picture.name})" in TEXT
        assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.scenes_tools
@pytest.mark.parametrize("number", [3, 5, 7, 10])
def test_a_scene_and_its_questions_are_as_written(ten_scenes, number):
    lines = ten_scenes.show(number, ten_scenes.TEN[number - 1], pictures=None)
    assert "\n".join(lines) in TEXT
    assert sum(line.startswith("* **") for line in lines) >= 2
