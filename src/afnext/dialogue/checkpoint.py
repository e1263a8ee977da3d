"""What a checkpoint folder says about spelling: its chat template, read, checked against ours, and written."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from afnext.audio import spec
from afnext.base.errors import CheckpointError
from afnext.base.files import write_json, write_text
from afnext.dialogue.message import AudioPart, Conversation, Message, TextPart, assistant, system, user
from afnext.dialogue.template import AF3, AF_NEXT, MUSIC_FLAMINGO, NANO, Family, spelling
from afnext.dialogue.tokenizer import END_OF_TEXT, SOUND, SOUND_END, SOUND_START, TURN_END, TURN_START

TEMPLATE_FILE = "chat_template.jinja"
PROCESSOR_FILE = "processor_config.json"

_MODEL_TYPES = {"musicflamingo": MUSIC_FLAMINGO, "audioflamingo3": AF3}
_KNOWN = (AF_NEXT, MUSIC_FLAMINGO, AF3, NANO)

# Written into the folders we save. Unlike the released one it keeps every clip of a turn.
_TEMPLATE = """\
{%- if messages[0]['role'] != 'system' -%}
{{ SYSTEM }}
{%- endif -%}
{%- for message in messages if message['content'] is not none -%}
{{ '<|im_start|>' + message['role'] + '\\n' }}
{%- if message['content'] is string -%}
{{ message['content'] }}
{%- else -%}
{%- for part in message['content'] if part.get('type') == 'audio' or 'audio' in part -%}{{ '<sound>' }}{%- endfor -%}
{%- for part in message['content'] if part.get('type') == 'text' -%}{{ part['text'] }}{%- endfor -%}
{%- endif -%}
{{ '<|im_end|>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}
"""

_QUESTION = user(AudioPart("probe.wav"), "What happens,\nand when?")
_FOLLOW_UP: Conversation = (_QUESTION, assistant("A dog barks <t>1.2-2.0</t>."), user("How often?"))
_PROBES: dict[str, tuple[Conversation, bool]] = {
    "a question about a clip": ((_QUESTION,), True),
    "a second question": (_FOLLOW_UP, True),
    "a conversation to train on": (_FOLLOW_UP[:2], False),
    "a system turn": ((system("Be brief."), *_FOLLOW_UP), True),
}


def load_family(folder: str | os.PathLike[str]) -> Family:
    """How the checkpoint in ``folder`` wants conversations spelt.

    The model type in ``config.json`` tells whether clips have boundary tokens. ``chat_template.jinja`` gives the
    default system turn, and is tried on a few conversations, of one clip a turn at most, against our own spelling. A
    folder without a template is taken to be of the release that its model type and longest recording point to.

    Raises:
        CheckpointError: ``config.json`` is missing or of another kind of model, the template fails, or it spells a
            conversation in another way than we do; the message shows where.
    """
    place = Path(folder)
    model_type = _json(place / "config.json").get("model_type")
    base = _MODEL_TYPES.get(model_type) if isinstance(model_type, str) else None
    if base is None:
        raise CheckpointError(f"{place}: model_type {model_type!r}", expected=" or ".join(_MODEL_TYPES))
    processor = _json(place / PROCESSOR_FILE) if (place / PROCESSOR_FILE).is_file() else {}
    longest = processor.get("max_audio_len")
    if isinstance(longest, int) and longest > 0:
        base = replace(base, max_seconds=longest)
    if not (place / TEMPLATE_FILE).is_file():
        like = (known for known in _KNOWN if replace(known, name="", system="") == replace(base, name="", system=""))
        return next(like, base)
    source = str(place / TEMPLATE_FILE)
    try:
        template = (place / TEMPLATE_FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{source}: {error}", expected="text in UTF-8") from error
    family = replace(base, name=place.name, system=default_system(template, source))
    problem = difference(template, family, source)
    if problem:
        raise CheckpointError(
            f"{source} {problem}",
            expected="the ChatML of the Audio Flamingo releases",
            do="restore the released template, or remove the file to use the release's spelling",
        )
    return next((known for known in _KNOWN if replace(known, name=family.name) == family), family)


def write_family(folder: str | os.PathLike[str], family: Family) -> None:
    """Write ``chat_template.jinja`` and ``processor_config.json``, so that ``transformers`` spells as we do."""
    write_text(Path(folder) / TEMPLATE_FILE, chat_template(family))
    feature_extractor = {
        "feature_extractor_type": "WhisperFeatureExtractor",
        "feature_size": spec.MELS,
        "sampling_rate": spec.SAMPLE_RATE,
        "n_fft": spec.FFT,
        "hop_length": spec.HOP,
        "chunk_length": spec.WINDOW_SECONDS,
        "n_samples": spec.WINDOW_SAMPLES,
        "nb_max_frames": spec.WINDOW_FRAMES,
        "dither": 0.0,
        "padding_side": "right",
        "padding_value": 0.0,
        "return_attention_mask": True,
    }
    processor = {
        "processor_class": "MusicFlamingoProcessor" if family.boundaries else "AudioFlamingo3Processor",
        "audio_token": SOUND,
        "max_audio_len": family.max_seconds,
        "feature_extractor": feature_extractor,
    }
    if family.boundaries:
        processor |= {"audio_bos_token": SOUND_START, "audio_eos_token": SOUND_END}
    write_json(Path(folder) / PROCESSOR_FILE, processor)


def chat_template(family: Family) -> str:
    """Our spelling as a Jinja template, with the family's default system turn in it."""
    turn = "" if family.system is None else f"{TURN_START}system\n{family.system}{TURN_END}\n"
    return _TEMPLATE.replace("SYSTEM", json.dumps(turn, ensure_ascii=False))


def default_system(template: str, source: str = "chat template") -> str | None:
    """The system turn that ``template`` puts before a conversation without one, or None if it puts none.

    Raises:
        CheckpointError: the template fails, or begins in a way we cannot read.
    """
    text = _compiled(template, source)((_QUESTION,), True)
    if text.startswith(f"{TURN_START}user"):
        return None
    opening = f"{TURN_START}system\n"
    written, end, _ = text.removeprefix(opening).partition(f"{TURN_END}\n")
    if not text.startswith(opening) or not end:
        raise CheckpointError(
            f"{source} begins a conversation with {text[:60]!r}", expected=f"{opening!r} or a user turn"
        )
    return written


def difference(template: str, family: Family, source: str = "chat template") -> str | None:
    """Where ``template`` first spells a probe conversation in another way than ``template.render``; None if nowhere.

    Raises:
        CheckpointError: the template fails.
    """
    theirs_of = _compiled(template, source)
    for name, (conversation, generation_prompt) in _PROBES.items():
        theirs = theirs_of(conversation, generation_prompt)
        ours = spelling(conversation, family, generation_prompt)
        if theirs != ours:
            pairs = enumerate(zip(theirs, ours, strict=False))
            at = next((i for i, (their, our) in pairs if their != our), min(len(theirs), len(ours)))
            return f"spells {name} differently: {theirs[at : at + 40]!r} where ours is {ours[at : at + 40]!r}"
    return None


class _Generation(Extension):
    """``{% generation %}`` marks what an assistant wrote, and prints it."""

    tags = {"generation"}  # noqa: RUF012 - jinja2 declares it so

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """The statements between the tags, as they are."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _compiled(template: str, source: str) -> Callable[[Conversation, bool], str]:
    """A function that renders conversations by ``template``, in a sandbox: templates come from strangers."""

    def refuse(message: str) -> None:
        raise jinja2.TemplateError(message)

    # As transformers sets it up: blocks take their line end and indentation with them.
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols]
    )
    environment.globals["raise_exception"] = refuse
    environment.filters["tojson"] = lambda value, **options: json.dumps(value, ensure_ascii=False, **options)

    def rendered(conversation: Conversation, generation_prompt: bool) -> str:
        messages = [_as_json(message) for message in conversation]
        try:
            return environment.from_string(template).render(
                messages=messages,
                add_generation_prompt=generation_prompt,
                bos_token="",
                eos_token=TURN_END,
                pad_token=END_OF_TEXT,
            )
        except Exception as error:  # a template can fail in any way that Python can
            raise CheckpointError(
                f"{source} cannot be rendered: {error}", expected="a Jinja chat template", do="restore the released one"
            ) from error

    return rendered


def _as_json(message: Message) -> dict[str, Any]:
    parts = [
        {"type": "text", "text": part.text} if isinstance(part, TextPart) else {"type": "audio", "path": part.source}
        for part in message.parts
    ]
    return {"role": message.role, "content": parts}


def _json(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError(f"{file.parent} holds no {file.name}", expected="a checkpoint folder") from None
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{file}: {error}", expected="JSON") from error
    if not isinstance(value, dict):
        raise CheckpointError(f"{file} holds a {type(value).__name__}", expected="a JSON object")
    return value
