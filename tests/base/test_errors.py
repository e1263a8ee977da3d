"""The tree of errors, and the one line each of them is."""

import inspect
import re

import pytest

from afnext.base import errors
from afnext.base.errors import AfnextError, OverLimitError, RequestError

TREE = {cls for _, cls in inspect.getmembers(errors, inspect.isclass)}


def test_a_message_says_what_was_given_what_was_expected_and_what_to_do() -> None:
    error = AfnextError("talk.txt holds text", expected="a recording", do="give a wav, mp3 or flac file")
    assert str(error) == "talk.txt holds text; expected a recording; give a wav, mp3 or flac file"


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({}, "given"),
        ({"expected": "this"}, "given; expected this"),
        ({"do": "that"}, "given; that"),
    ],
)
def test_parts_that_say_nothing_are_left_out(parts: dict[str, str], message: str) -> None:
    assert str(AfnextError("given", **parts)) == message


def test_a_message_is_one_line_whatever_a_library_said() -> None:
    assert str(AfnextError("file.mp3:\n  line one\r\n\tline two", do=" \n")) == "file.mp3: line one line two"


def test_the_docstring_draws_the_tree_as_it_is() -> None:
    drawn = [(len(indent), name) for indent, name in re.findall(r"^(.*?)(\w+Error)\b", errors.__doc__ or "", re.M)]
    ancestors: list[tuple[int, str]] = []
    for indent, name in drawn:
        ancestors = [pair for pair in ancestors if pair[0] < indent]
        parent = ancestors[-1][1] if ancestors else "ValueError"
        assert getattr(errors, name).__base__.__name__ == parent, name
        ancestors.append((indent, name))
    assert {name for _, name in drawn} == {cls.__name__ for cls in TREE}


def test_every_error_is_a_users_mistake() -> None:
    for cls in TREE:
        assert issubclass(cls, ValueError)
        assert cls("given").exit_code == 2
    assert issubclass(OverLimitError, RequestError)
