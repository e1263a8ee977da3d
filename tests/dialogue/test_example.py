import json

import pytest

from afnext.base.errors import ConversationError
from afnext.dialogue.example import Example, Provenance, Recording, read_examples
from afnext.dialogue.message import AudioPart, assistant, user

ROW = {
    "id": "kitchen-7",
    "messages": [
        {
            "role": "user",
            "content": [{"type": "audio"}, {"type": "audio"}, {"type": "text", "text": "Which is louder?"}],
        },
        {"role": "assistant", "content": "The first."},
    ],
    "audio": [{"path": "a.flac", "start": 1.0, "end": 2.5, "sha256": "0" * 64}, {"key": "b.flac"}],
    "skill": "compare",
    "domain": "sound",
    "source": "scenes",
    "licence": "Apache-2.0",
    "provenance": {"step": "scenes", "prompt_version": "1"},
    "checks": ["truth"],
}


def test_a_row_is_written_as_it_was_read():
    row = Example.read(ROW)
    assert json.loads(row.line()) == ROW
    assert Example.read(json.loads(row.line())) == row
    assert "\n" not in row.line()
    assert row.provenance == Provenance(step="scenes", prompt_version="1")


def test_a_row_becomes_a_conversation():
    assert Example.read(ROW).conversation("/data", {"b.flac": b"fLaC"}) == (
        user(AudioPart("/data/a.flac", 1.0, 2.5), AudioPart(b"fLaC"), "Which is louder?"),
        assistant("The first."),
    )


def test_a_member_that_is_missing():
    with pytest.raises(ConversationError, match=r"no member 'b.flac'; expected the recording that the row names"):
        Example.read(ROW).conversation()


TEXT = [{"role": "user", "content": "Hm?"}]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"audio": []}, "row 3: row: Value error, more audio parts than recordings; expected one recording for each"),
        ({"messages": TEXT}, "2 of 2 recordings are in no message"),
        ({"messages": [], "audio": []}, "without a user turn"),
        ({"messages": [{"role": "user", "content": [{"type": "audio", "path": "a.wav"}]}]}, "an audio part with path"),
        ({"messages": [{"role": "user", "content": [7]}], "audio": []}, "part 7; expected"),
        ({"messages": "hi"}, "row 3: messages: "),
        ({"colour": "red"}, "row 3: colour: Extra inputs are not permitted"),
        ({"id": ""}, "row 3: id: "),
        ({"audio": [{}]}, "a recording has either a path or a key"),
        ({"audio": [{"path": "a", "key": "a"}]}, "a recording has either a path or a key"),
        ({"audio": [{"path": "a", "start": 2, "end": 1}]}, "ends at 1.0 s, not after its start at 2.0 s"),
        ({"audio": [{"path": "a", "start": -1}]}, "audio.0.start: "),
        ({"audio": [{"path": "a", "sha256": "xyz"}]}, "audio.0.sha256: "),
    ],
)
def test_what_is_wrong_with_a_row(change, told):
    with pytest.raises(ConversationError, match="expected an example row") as caught:
        Example.read(ROW | change, "row 3")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_rows_of_a_file(tmp_path):
    file = tmp_path / "examples.jsonl"
    row = Example(id="1", messages=tuple(TEXT))
    file.write_text(f"{row.line()}\n\n{Example.read(ROW).line()}\n")
    assert list(read_examples(file)) == [row, Example.read(ROW)]
    assert json.loads(row.line()) == {"id": "1", "messages": TEXT}


def test_a_broken_line_is_named(tmp_path):
    file = tmp_path / "examples.jsonl"
    file.write_text(f"{Example.read(ROW).line()}\n{{\n")
    rows = read_examples(file)
    assert next(rows).id == "kitchen-7"
    with pytest.raises(ConversationError, match=r"examples.jsonl, line 2: .*; expected one JSON object"):
        next(rows)
    file.write_text("[]\n")
    with pytest.raises(ConversationError, match=r"examples.jsonl, line 1: row: .*; expected an example row"):
        list(read_examples(file))
    with pytest.raises(ConversationError, match="no such file; expected example rows as JSON lines"):
        list(read_examples(tmp_path / "none.jsonl"))


def test_a_recording_by_path_or_by_key():
    assert Recording(path="a").key is None
    assert Recording(key="a", start=0, end=0.5).end == 0.5
