"""The reference: transformers' processors, with a chat template that behaves as the released ones do."""

from pathlib import Path

import numpy as np
from transformers import AudioFlamingo3Processor, AutoTokenizer, MusicFlamingoProcessor, WhisperFeatureExtractor

from afnext.dialogue.message import AudioPart, Conversation
from afnext.dialogue.template import AF3, AF_NEXT, MUSIC_FLAMINGO, Family

SYSTEM = {
    AF_NEXT: (
        "You are Audio Flamingo-Next, a multimodal assistant for language and audio. "
        "On each turn you receive an optional audio clip which may contain speech, music, or ambient sounds "
        "and optional text, you will receive at least one or both; use your world knowledge and reasoning "
        "to help the user with any task. Interpret the entirety of the content of any input audio—regardless "
        "of whether the user calls it audio, speech, music, or sound."
    ),
    MUSIC_FLAMINGO: (
        "You are Music Flamingo, a multimodal assistant for language and music. "
        "On each turn you receive an audio clip which contains music and optional text, "
        "you will receive at least one or both; use your world knowledge and reasoning "
        "to help the user with any task. Interpret the entirety of the content any input music"
        "--regardlenss of whether the user calls it audio, music, or sound."
    ),
    AF3: "You are a helpful assistant.",
}


def released_template(family: Family) -> str:
    """One ``<sound>`` a turn however many clips it has, then all its words: what the releases do, in other words."""
    return (
        "{% if messages[0].role != 'system' %}<|im_start|>system\n" + SYSTEM[family] + "<|im_end|>\n{% endif %}"
        "{% for turn in messages if turn.content is not none %}<|im_start|>{{ turn.role }}\n"
        "{% if turn.content is string %}{{ turn.content }}{% else %}"
        "{% if turn.content | selectattr('type', 'equalto', 'audio') | list %}<sound>{% endif %}"
        "{{ turn.content | selectattr('type', 'equalto', 'text') | map(attribute='text') | join }}"
        "{% endif %}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )


def processor(folder: Path, family: Family) -> MusicFlamingoProcessor | AudioFlamingo3Processor:
    made = MusicFlamingoProcessor if family.boundaries else AudioFlamingo3Processor
    return made(
        WhisperFeatureExtractor(feature_size=128, return_attention_mask=True),
        AutoTokenizer.from_pretrained(folder),
        chat_template=released_template(family),
        max_audio_len=family.max_seconds,
    )


def messages(conversation: Conversation, seconds: float = 1.0) -> list[dict]:
    """The conversation for ``apply_chat_template``; every clip is so many seconds of silence."""
    silence = np.zeros(round(16_000 * seconds), dtype=np.float32)
    return [
        {
            "role": message.role,
            "content": [
                {"type": "audio", "audio": silence}
                if isinstance(part, AudioPart)
                else {"type": "text", "text": part.text}
                for part in message.parts
            ],
        }
        for message in conversation
    ]
