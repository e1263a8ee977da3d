"""Writing is whole or not at all, and nothing of a failed attempt stays behind."""

import json
import math
import os
from pathlib import Path

import pytest

from afnext.base.errors import OutputError
from afnext.base.files import replacing, to_json, write_json, write_text


def everything(folder: Path) -> dict[str, bytes]:
    """Each file under ``folder``, hidden ones too, with its content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_file_and_its_parents_are_made(tmp_path: Path) -> None:
    write_text(tmp_path / "a/b/ü.txt", "grün\n")
    assert everything(tmp_path) == {"a/b/ü.txt": "grün\n".encode()}


def test_the_draft_has_the_name_of_the_file(tmp_path: Path) -> None:
    with replacing(tmp_path / "clip.flac") as draft:
        assert draft.name == "clip.flac"
        assert draft.parent != tmp_path
        draft.write_bytes(b"sound")
    assert everything(tmp_path) == {"clip.flac": b"sound"}


def test_the_old_file_stands_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "truth.json"
    write_text(path, "old")
    with replacing(path) as draft:
        draft.write_text("new")
        assert path.read_text() == "old"
    assert everything(tmp_path) == {"truth.json": b"new"}


def write_half(path: Path, folder: bool, failure: type[BaseException]) -> None:
    with replacing(path, folder=folder) as draft:
        (draft / "half" if folder else draft).write_text("half")
        raise failure


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_failure_leaves_what_was_there_and_nothing_else(tmp_path: Path, failure: type[BaseException]) -> None:
    write_text(tmp_path / "kept", "old")
    for folder in (False, True):
        path = tmp_path / ("model" if folder else "kept")
        with pytest.raises(failure):
            write_half(path, folder, failure)
    assert everything(tmp_path) == {"kept": b"old"}
    assert os.listdir(tmp_path) == ["kept"]


@pytest.mark.parametrize("name", ["model", "replaced", "model.old"])
def test_a_folder_is_replaced_whole(tmp_path: Path, name: str) -> None:
    for content in ("first", "second"):
        with replacing(tmp_path / name, folder=True) as draft:
            (draft / content).write_text(content)
    assert everything(tmp_path) == {f"{name}/second": b"second"}
    assert os.listdir(tmp_path) == [name]


def test_a_folder_that_cannot_be_moved_in_leaves_the_old_one(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    write_text(model / "config.json", "old")
    with pytest.raises(FileNotFoundError), replacing(model, folder=True) as draft:
        draft.rmdir()
    assert everything(tmp_path) == {"model/config.json": b"old"}


def test_a_folder_in_the_way_of_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=rf"{tmp_path} exists and is not a file; give another path"):
        write_text(tmp_path, "")


def test_a_file_in_the_way_of_a_folder_is_named(tmp_path: Path) -> None:
    write_text(tmp_path / "model", "precious")
    with (
        pytest.raises(OutputError, match="model exists and is not a folder"),
        replacing(tmp_path / "model", folder=True),
    ):
        pytest.fail("the block must not run")
    with pytest.raises(OutputError, match=r"cannot write .*model/a\.txt: \w+"):
        write_text(tmp_path / "model/a.txt", "")
    assert everything(tmp_path) == {"model": b"precious"}


def test_a_device_is_not_replaced() -> None:
    with pytest.raises(OutputError, match="/dev/null exists and is not a file"):
        write_text("/dev/null", "")


def test_json_is_readable_and_ends_a_line(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"name": "Zoë", "spans": [(1.5, 2)]})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert "Zoë" in text
    assert text.endswith("}\n")
    assert json.loads(text) == {"name": "Zoë", "spans": [[1.5, 2]]}


def test_json_holds_no_number_that_other_readers_refuse() -> None:
    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is not JSON")

    text = to_json({"loss": math.nan, "deep": [{"x": (math.inf, -math.inf, 0.5)}], "n": 3, "yes": True})
    assert json.loads(text, parse_constant=refuse) == {
        "loss": None,
        "deep": [{"x": [None, None, 0.5]}],
        "n": 3,
        "yes": True,
    }
