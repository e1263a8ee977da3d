"""Rows in every form that people have them in, and what is said of those that are in none."""

import json

import pytest

from afnext.base.errors import ConversationError
from afnext.data.rows import read_rows
from afnext.dialogue.message import audio_parts

ANSWER = {"role": "assistant", "content": "A dog."}
FORMS = {
    "simple": {"audio": "a.wav", "question": "What?", "answer": "A dog."},
    "parts": {
        "messages": [
            {"role": "user", "content": [{"type": "audio", "path": "a.wav"}, {"type": "text", "text": "What?"}]},
            ANSWER,
        ]
    },
    "audios": {"messages": [{"role": "user", "content": "<audio>What?"}, ANSWER], "audios": ["a.wav"]},
    "sound": {
        "sound": "a.wav",
        "conversations": [{"from": "human", "value": "<sound>\nWhat?"}, {"from": "gpt", "value": "A dog."}],
    },
    "example": {
        "id": "1",
        "audio": [{"path": "a.wav"}],
        "messages": [{"role": "user", "content": [{"type": "audio"}, {"type": "text", "text": "What?"}]}, ANSWER],
    },
}


@pytest.mark.parametrize("suffix", ["jsonl", "json"])
def test_all_forms_are_one_conversation(tmp_path, suffix):
    file = tmp_path / f"rows.{suffix}"
    file.write_text(
        json.dumps(list(FORMS.values())) if suffix == "json" else "\n\n".join(map(json.dumps, FORMS.values()))
    )
    rows = read_rows(file)
    assert len(rows) == len(FORMS)
    for row in rows:
        assert [message.text for message in row.conversation] == ["What?", "A dog."]
        [part] = audio_parts(row.conversation)
        assert part.source == str(tmp_path / "a.wav")


def test_several_clips_and_a_part_of_one(tmp_path):
    file = tmp_path / "rows.jsonl"
    row = {"audio": ["a.wav", "b.wav"], "question": "Which is louder?", "answer": "The second.", "start": 1, "end": 2.5}
    file.write_text(json.dumps(row))
    parts = audio_parts(read_rows(file)[0].conversation)
    assert [(part.source, part.start, part.end) for part in parts] == [
        (str(tmp_path / name), 1, 2.5) for name in ("a.wav", "b.wav")
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "line 2: Expecting"),
        ("[1]", "line 2: turn 1: 1; expected an object with 'role' and 'content'"),
        (
            '{"audio": 3, "question": "What?", "answer": "A dog."}',
            "line 2: audio, question and answer; expected",
        ),
        ('{"audio": "a.wav", "question": " ", "answer": "A dog."}', "line 2: an empty question"),
        ('{"text": "hello"}', "line 2: an object with the keys ['text']; expected 'messages' or 'conversations'"),
        (
            '{"messages": [{"role": "user", "content": "What?"}]}',
            "line 2 has no answer; expected a turn of",
        ),
    ],
)
def test_a_row_in_no_known_form_is_named(tmp_path, line, told):
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(FORMS["simple"]) + "\n" + line + "\n")
    with pytest.raises(ConversationError) as error:
        read_rows(file)
    assert f"{file}, {told}" in str(error.value)


def test_files_that_are_not_there_or_empty(tmp_path):
    with pytest.raises(ConversationError, match="no such file"):
        read_rows(tmp_path / "none.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(ConversationError, match="has no rows"):
        read_rows(tmp_path / "empty.jsonl")
