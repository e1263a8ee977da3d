"""The words put to the model, and the conversations they make."""

from collections.abc import Sequence
from typing import Any

from afnext.base.errors import RequestError
from afnext.dialogue.message import AudioPart, Conversation, Message, TextPart

CAPTION = "Generate a caption for the input audio."
TRANSCRIBE = "Transcribe the input speech."
TRANSCRIBE_WITH_TIMES = (
    "Transcribe the spoken content to written English text. Provide segment-level timestamps for the transcription."
)
GATHER = (
    "A long recording was heard in parts, and each part was asked the same question. The answers, by time:\n{parts}\n\n"
    "Answer for the whole recording: {question}"
)
CLAIM = "{claim}"
VERIFY = f'Is the following heard in the audio: "{CLAIM}"? Answer with yes or no.'
# The first three are the published checkpoints' own (model cards and project page).


def user_turn(audio: Sequence[Any], question: str, then: str = "") -> Message:
    """A user's message: the recordings, the question, and a sentence ``then`` behind it, if any.

    Raises:
        RequestError: the question is empty, or not text.
    """
    if not isinstance(question, str):
        raise RequestError(
            f"a question of type {type(question).__name__}", expected="text as the last argument, behind the recordings"
        )
    if not question.strip():
        raise RequestError("the question is empty", do='ask something, such as "What happens, and when?"')
    text = f"{question.rstrip()} {then}" if then else question
    return Message("user", (*(audio_part(source) for source in audio), TextPart(text)))


def audio_part(source: Any) -> AudioPart:
    """The source as a message part; a part is left as it is."""
    return source if isinstance(source, AudioPart) else AudioPart(source)


def conversation_of(audio_and_question: Sequence[Any], then: str = "") -> Conversation:
    """The conversation of ``ask(*audio, question)``.

    Raises:
        RequestError: there is no question, or it is no text.
    """
    if not audio_and_question:
        raise RequestError("nothing was asked", expected="recordings, if any, and a question behind them")
    *audio, question = audio_and_question
    return (user_turn(audio, question, then),)
