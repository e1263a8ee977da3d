import numpy as np
import pytest

from afnext.base.errors import ConversationError
from afnext.dialogue.message import AudioPart, Message, TextPart, assistant, audio_parts, check, system, user


def test_a_user_turn_of_clips_and_words():
    samples = np.zeros(16)
    turn = user(AudioPart("a.wav", 1.0, 2.0), "What", samples, " now?")
    assert turn.text == "What now?"
    assert turn.audio == (AudioPart("a.wav", 1.0, 2.0), turn.parts[2])
    assert turn.parts[2].source is samples


def test_clips_are_heard_in_order():
    first, second, third = map(AudioPart, "abc")
    conversation = (user(first, "?", second), assistant("Yes."), user("And", third))
    assert audio_parts(conversation) == (first, second, third)


@pytest.mark.parametrize("question", ["", "  \n\t"])
def test_an_empty_question(question):
    with pytest.raises(ConversationError, match="an empty question; expected words; say what you want to know"):
        user(AudioPart("a.wav"), question)


def test_a_question_of_a_million_characters():
    with pytest.raises(ConversationError, match="a text of 1,000,000 characters; expected 500,000 at most; shorten it"):
        user(AudioPart("a.wav"), "a" * 1_000_000)


def test_a_text_that_is_not_unicode():
    with pytest.raises(ConversationError, match="a lone surrogate at character 2; expected Unicode text"):
        user("ab\udc00")


def test_a_text_that_is_none():
    with pytest.raises(ConversationError, match="a text part of type NoneType; expected a string"):
        TextPart(None)


def test_turns_that_cannot_be():
    with pytest.raises(ConversationError, match="role 'tool'; expected system, user or assistant"):
        Message("tool", (TextPart("x"),))
    with pytest.raises(ConversationError, match="audio in a turn of the assistant; expected audio in user turns only"):
        Message("assistant", (AudioPart("a.wav"),))
    with pytest.raises(ConversationError, match="an empty assistant turn"):
        assistant(" ")
    with pytest.raises(ConversationError, match="an empty user turn"):
        Message("user", ())
    assert system("").text == ""


def test_conversations_that_cannot_be():
    with pytest.raises(ConversationError, match="a conversation of 1 turns without a user turn; expected a question"):
        check([assistant("Hello.")])
    with pytest.raises(ConversationError, match="expected one system turn at most, and that first"):
        check([user("a"), system("b")])
    assert check([system("b"), user("a")]) == (system("b"), user("a"))
