from pathlib import Path

import pytest

from afnext.base.errors import ConversationError
from afnext.dialogue.dialects import read_conversation
from afnext.dialogue.message import AudioPart, Message, TextPart, assistant, system, user

A, B = AudioPart("a.wav"), AudioPart("b.wav")
ONE = (user(A, "What is it?"), assistant("A dog."))


def parts(*content):
    return [{"role": "user", "content": list(content)}, {"role": "assistant", "content": "A dog."}]


def audios(text, *files):
    turns = [{"role": "user", "content": text}, {"role": "assistant", "content": "A dog."}]
    return {"messages": turns, "audios": list(files)}


def sound(text, files, answer="A dog."):
    return {
        "id": "7",
        "sound": files,
        "conversations": [{"from": "human", "value": text}, {"from": "gpt", "value": answer}],
    }


CLIP = {"type": "audio", "path": "a.wav"}
WORDS = {"type": "text", "text": "What is it?"}


@pytest.mark.parametrize(
    "value",
    [
        parts(CLIP, WORDS),
        {"messages": parts(CLIP, WORDS), "id": "7"},
        parts({"type": "audio", "audio": "a.wav"}, {"text": "What is it?"}),
        parts({"type": "audio", "url": "a.wav"}, WORDS),
        audios("<audio>What is it?", "a.wav"),
        audios("<audio>\nWhat is it?", "a.wav"),
        {**audios("<audio> What is it?"), "audios": "a.wav"},
        sound("<sound>\nWhat is it?", "a.wav"),
        sound("<sound>What is it?", ["a.wav"]),
        sound("<sound-1>\nWhat is it?", ["a.wav"]),
    ],
)
def test_the_same_conversation_in_each_dialect(value):
    assert read_conversation(value) == ONE


@pytest.mark.parametrize("value", [audios("What is it?\n<audio>", "a.wav"), sound("What is it?\n<sound>", "a.wav")])
def test_a_placeholder_behind_the_words(value):
    [turn, _] = read_conversation(value)
    assert turn.audio == (A,)
    assert turn.text == "What is it?"


def test_text_alone_in_each_dialect():
    expected = (system("Be brief."), user("What is a fugue?"), assistant("A chase."))
    turns = [("system", "Be brief."), ("user", "What is a fugue?"), ("assistant", "A chase.")]
    messages = [{"role": role, "content": text} for role, text in turns]
    conversations = [{"from": role, "value": text} for role, text in turns]
    assert read_conversation(messages) == expected
    assert read_conversation({"messages": messages}) == expected
    assert read_conversation({"messages": messages, "audios": []}) == expected
    assert read_conversation({"conversations": conversations}) == expected
    assert read_conversation({"conversations": conversations, "sound": None}) == expected


def test_turns_without_content_are_left_out():
    assert read_conversation([*parts(CLIP, WORDS), {"role": "assistant", "content": None}]) == ONE


def test_clips_of_several_turns_come_in_order():
    value = {
        "messages": [
            {"role": "user", "content": "<audio><audio>Which is louder?"},
            {"role": "assistant", "content": "The first."},
            {"role": "user", "content": "<audio>\nAnd this?"},
        ],
        "audios": ["a.wav", "b.wav", "c.wav"],
    }
    assert read_conversation(value) == (
        user(A, B, "Which is louder?"),
        assistant("The first."),
        user(AudioPart("c.wav"), "And this?"),
    )


def test_a_placeholder_within_a_sentence_leaves_a_name():
    first, second = read_conversation(audios("Is <audio> louder than <audio>?", "a.wav", "b.wav"))
    assert first.text == "Is audio 1 louder than audio 2?"
    assert first.audio == (A, B)
    assert second == assistant("A dog.")


def test_numbers_name_clips_again_and_in_any_order():
    value = sound(
        "<sound-2>\n<sound-1>\nIs <sound-1> louder than <sound-2>?", ["a.wav", "b.wav"], "<sound-2> is, not <sound>."
    )
    question, answer = read_conversation(value)
    assert question.audio == (B, A)
    assert question.text == "Is audio 2 louder than audio 1?"
    assert answer.text == "audio 1 is, not <sound>."


def test_a_typed_placeholder_in_the_parts_dialect_is_only_text():
    [turn, _] = read_conversation(parts(CLIP, {"type": "text", "text": "<sound><audio>?"}))
    assert turn == Message("user", (A, TextPart("<sound><audio>?")))


def test_a_part_of_a_file():
    [turn, _] = read_conversation(parts({**CLIP, "start": 1, "end": 2.5}, WORDS))
    assert turn.audio == (AudioPart("a.wav", 1.0, 2.5),)


def test_relative_paths_start_from_the_folder():
    value = audios("<audio><audio><audio><audio>?", "a.wav", "/else/b.wav", b"RIFF", "https://example.org/c.wav")
    [turn, _] = read_conversation(value, Path("/data"))
    assert [part.source for part in turn.audio] == ["/data/a.wav", "/else/b.wav", b"RIFF", "https://example.org/c.wav"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (
            audios("<audio><audio>?", "a.wav"),
            "turn 1: <audio> asks for clip 2 of 1 under 'audios'; expected one clip for each",
        ),
        (audios("?", "a.wav"), "0 placeholders with 1 clips under 'audios'; expected one placeholder for each clip"),
        ({"messages": audios("<audio>?")["messages"]}, "turn 1: <audio> asks for clip 1 of 0 under 'audios'"),
        (sound("<sound>?", ["a.wav", "b.wav"]), "1 placeholders with 2 clips under 'sound'"),
        (sound("<sound-3>?", ["a.wav", "b.wav"]), "turn 1: <sound-3> asks for clip 3 of 2 under 'sound'"),
        (sound("<sound-0>?", ["a.wav"]), "<sound-0> asks for clip 0 of 1"),
        (sound("<sound>?", None), "<sound> asks for clip 1 of 0"),
        (audios([WORDS], "a.wav"), "turn 1: content of type list; expected a string beside 'audios'"),
        (sound("<sound>", ["a.wav"], answer=""), "turn 2: an empty assistant turn"),
        ({"text": "hi"}, "an object with the keys ['text']; expected 'messages' or 'conversations' among them"),
        ("hi", "turns of type str; expected a list of messages"),
        (None, "turns of type NoneType; expected a list of messages"),
        ([], "a conversation of 0 turns without a user turn"),
        ([{"role": "user"}], "turn 1: {'role': 'user'}; expected an object with 'role' and 'content'"),
        ([7], "turn 1: 7; expected an object with 'role' and 'content'"),
        ([{"role": "tool", "content": "x"}], "turn 1: role 'tool'; expected system, user, human"),
        ([{"role": ["user"], "content": "x"}], "turn 1: role ['user']"),
        ([{"role": "user", "content": 7}], "content of type int; expected a string or a list of parts"),
        (parts({"type": "image", "path": "a.png"}), "part {'type': 'image', 'path': 'a.png'}; expected"),
        (parts({"type": "audio"}), 'expected {"type": "text", "text": ...} or {"type": "audio"} with one of'),
        (parts({"type": "audio", "path": "a", "url": "b"}), "part {'type': 'audio'"),
        (parts({"type": "text", "text": 7}), "a text part of type int; expected a string"),
        (parts({**CLIP, "start": "1:30"}, WORDS), "start '1:30' of a clip; expected seconds, as a number"),
        (parts({**CLIP, "end": True}, WORDS), "end True of a clip"),
        ([{"role": "assistant", "content": [CLIP]}], "audio in a turn of the assistant"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(value, told):
    with pytest.raises(ConversationError) as caught:
        read_conversation(value)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
