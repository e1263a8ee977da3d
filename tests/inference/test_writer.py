"""Text out of ids: characters are never cut, stop strings never shown."""

import itertools

import pytest

from afnext.inference.writer import Writer

STOP = 7777


def push_all(writer, ids):
    pieces = []
    for token in ids:
        pieces.append(writer.push(token))
        if writer.finish_reason:
            break
    return pieces


def test_characters_come_out_whole(tokenizer):
    text = "naïve — 狗叫 🐕 twice"
    ids = tokenizer.encode(text)
    writer = Writer(tokenizer, {STOP}, (), 1000)
    pieces = push_all(writer, [*ids, STOP])
    assert "".join(pieces) == writer.text == text
    assert "\N{REPLACEMENT CHARACTER}" not in "".join(pieces)
    assert writer.finish_reason == "stop"
    assert len(writer.ids) == len(ids) + 1


def test_the_limit_ends_it(tokenizer):
    ids = tokenizer.encode("one two three four five")
    writer = Writer(tokenizer, {STOP}, (), 3)
    push_all(writer, ids)
    assert writer.finish_reason == "length"
    assert len(writer.ids) == 3
    assert writer.text == tokenizer.decode(ids[:3])


def test_an_unfinished_character_at_the_end_is_marked(tokenizer):
    ids = tokenizer.encode("狗")
    assert len(ids) == 3, "one token a byte, else this tests nothing"
    writer = Writer(tokenizer, {STOP}, (), 2)
    assert push_all(writer, ids) == ["", "\N{REPLACEMENT CHARACTER}"]


@pytest.mark.parametrize(
    ("text", "stop", "expected"),
    [
        ("a dog. END of it", ("END",), "a dog. "),
        ("a dog. ENOUGH", ("END",), "a dog. ENOUGH"),
        ("a dog. EN", ("END",), "a dog. EN"),
        ("EEEND", ("EEND",), "E"),
        ("one\n\ntwo", ("\n\n", "two"), "one"),
        ("both here", ("here", "both"), ""),
        ("stop", ("stop",), ""),
    ],
)
def test_a_stop_string_and_what_follows_are_not_shown(tokenizer, text, stop, expected):
    writer = Writer(tokenizer, {STOP}, stop, 1000)
    pieces = push_all(writer, [*tokenizer.encode(text), STOP])
    assert "".join(pieces) == writer.text == expected
    assert writer.finish_reason == "stop"


def test_every_way_of_cutting_text_gives_the_same(tokenizer):
    """Against a brute-force twin: the text up to the first stop string, however the ids fall."""
    stops = ("aba", "bb")
    for letters in itertools.product("ab", repeat=7):
        text = "".join(letters)
        ends = [text.find(stop) for stop in stops if stop in text]
        # a stop string ends the answer when its last letter comes
        first = min(ends, key=lambda at: at + next(len(s) for s in stops if text.startswith(s, at)), default=len(text))
        writer = Writer(tokenizer, {STOP}, stops, 1000)
        ids = [token for letter in text for token in tokenizer.encode(letter)]
        shown = "".join(push_all(writer, [*ids, STOP]))
        assert shown == text[:first], text
