import json

import pytest

from afnext.base.errors import CheckpointError
from afnext.dialogue.checkpoint import chat_template, default_system, difference, load_family, write_family
from afnext.dialogue.message import AudioPart, assistant, system, user
from afnext.dialogue.template import AF3, AF_NEXT, MUSIC_FLAMINGO, NANO, Family, render, spelling

from . import reference

CHATML = (
    "{% for turn in messages %}<|im_start|>{{ turn.role }}\n"
    "{% for part in turn.content %}{{ '<sound>' if part.type == 'audio' else part.text }}{% endfor %}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def folder_of(place, family, template=None, max_audio_len=None):
    model_type = "musicflamingo" if family.boundaries else "audioflamingo3"
    (place / "config.json").write_text(json.dumps({"model_type": model_type}))
    processor = {"max_audio_len": family.max_seconds if max_audio_len is None else max_audio_len}
    (place / "processor_config.json").write_text(json.dumps(processor))
    if template is not None:
        (place / "chat_template.jinja").write_text(template, encoding="utf-8")
    return place


@pytest.mark.parametrize("family", [AF_NEXT, MUSIC_FLAMINGO, AF3], ids=lambda family: family.name)
def test_a_release_is_known_by_its_template(tmp_path, family):
    assert load_family(folder_of(tmp_path, family, reference.released_template(family))) == family


@pytest.mark.parametrize("family", [AF_NEXT, MUSIC_FLAMINGO, AF3], ids=lambda family: family.name)
def test_a_release_is_known_without_its_template(tmp_path, family):
    assert load_family(folder_of(tmp_path, family)) == family


@pytest.mark.parametrize("family", [AF_NEXT, MUSIC_FLAMINGO, AF3, NANO], ids=lambda family: family.name)
def test_what_is_written_is_read(tmp_path, family):
    folder_of(tmp_path, family)
    write_family(tmp_path, family)
    assert load_family(tmp_path) == family


@pytest.mark.parametrize("text", ["", 'Say "yes", {{ name }} \\n {% if %}\n\ntwo lines — 犬', "it's"])
def test_any_system_turn_survives(tmp_path, text):
    family = Family("mine", text, boundaries=True, max_seconds=90)
    folder = tmp_path / "mine"
    folder.mkdir()
    folder_of(folder, family)
    write_family(folder, family)
    assert load_family(folder) == family


def test_a_template_without_a_default_system_turn(tmp_path):
    folder = folder_of(tmp_path, AF_NEXT, CHATML)
    assert load_family(folder).system is None
    assert default_system(chat_template(load_family(folder))) is None


def test_transformers_reads_what_we_write_and_spells_as_we_do(tokenizer, tokenizer_folder, tmp_path):
    from transformers import AutoProcessor, AutoTokenizer

    for family in (AF_NEXT, AF3):
        folder = tmp_path / family.name
        AutoTokenizer.from_pretrained(tokenizer_folder).save_pretrained(folder)
        write_family(folder, family)
        processor = AutoProcessor.from_pretrained(folder)
        assert processor.max_audio_len == family.max_seconds
        conversation = (system("Be brief."), user("Well: ", AudioPart("a"), "what?"), assistant("A dog."), user("And?"))
        for turns in (conversation, conversation[1:]):
            theirs = processor.apply_chat_template(
                reference.messages(turns), tokenize=True, add_generation_prompt=True, return_dict=True
            )
            assert render(turns, [25], tokenizer, family, True).ids == theirs["input_ids"][0].tolist()


def test_our_template_keeps_every_clip_of_a_turn(tokenizer_folder):
    from transformers import AutoTokenizer

    conversation = (user(AudioPart("a"), "Is this ", AudioPart("b"), "louder?"), assistant("No."), user("Why?"))
    text = AutoTokenizer.from_pretrained(tokenizer_folder).apply_chat_template(
        reference.messages(conversation), chat_template=chat_template(NANO), add_generation_prompt=True, tokenize=False
    )
    assert "<sound><sound>Is this louder?" in text
    assert text == spelling(conversation, NANO, True)


def test_generation_tags_change_nothing(tmp_path):
    template = reference.released_template(AF3).replace("{% for turn", "{% generation %}{% endgeneration %}{% for turn")
    assert load_family(folder_of(tmp_path, AF3, template)) == AF3


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("<|im_end|>\n{% endfor %}", "<|im_end|>{% endfor %}", "a question about a clip differently: '<|im_start|>"),
        ("assistant\n", "assistant\n<think>\n", "a question about a clip differently: '<think>"),
        ("{{ turn.role }}", "{{ turn.role | replace('assistant', 'model') }}", "a second question differently: 'model"),
        ("<sound>", "<sound>\n", "a question about a clip differently"),
        ("turn.content | selectattr('type', 'equalto', 'audio') | list", "false", "where ours is '<sound>What"),
    ],
)
def test_a_difference_is_named(tmp_path, before, after, told):
    template = reference.released_template(AF3)
    assert before in template
    folder = folder_of(tmp_path, AF3, template.replace(before, after))
    with pytest.raises(CheckpointError, match="restore the released template, or remove the file") as caught:
        load_family(folder)
    assert "chat_template.jinja spells " in str(caught.value)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "template",
    [
        "{% for %}",
        "{{ messages[7].role }}",
        "{{ raise_exception('no audio here') }}",
        "{{ messages.append(1) }}",
        "{{ ''.__class__.__mro__ }}{{ messages.__class__.__base__.__subclasses__() }}",
        "{{ 1 / 0 }}",
        "{% for i in range(10**9) %}{% endfor %}",
    ],
)
def test_a_template_that_fails_or_climbs_out_of_its_box(tmp_path, template):
    with pytest.raises(CheckpointError, match=r"chat_template.jinja cannot be rendered: .*; restore the released one"):
        load_family(folder_of(tmp_path, AF_NEXT, template))


def test_a_template_of_another_chat_format(tmp_path):
    with pytest.raises(CheckpointError, match=r"begins a conversation with '\[INST\] What'; expected"):
        load_family(folder_of(tmp_path, AF_NEXT, "[INST] What"))


def test_a_template_that_is_no_text(tmp_path):
    folder = folder_of(tmp_path, AF_NEXT)
    (folder / "chat_template.jinja").write_bytes(b"\xff\xfe")
    with pytest.raises(CheckpointError, match=r"chat_template.jinja: .*; expected text in UTF-8"):
        load_family(folder)


def test_agreement_is_no_difference():
    assert difference(chat_template(AF_NEXT), AF_NEXT) is None
    assert difference(chat_template(AF_NEXT), MUSIC_FLAMINGO) is not None


def test_a_folder_of_something_else(tmp_path):
    with pytest.raises(CheckpointError, match=r"holds no config.json; expected a checkpoint folder"):
        load_family(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "qwen2_audio"}')
    with pytest.raises(CheckpointError, match="model_type 'qwen2_audio'; expected musicflamingo or audioflamingo3"):
        load_family(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": ["musicflamingo"]}')
    with pytest.raises(CheckpointError, match="model_type"):
        load_family(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(CheckpointError, match=r"config.json: .*; expected JSON"):
        load_family(tmp_path)
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(CheckpointError, match="holds a list; expected a JSON object"):
        load_family(tmp_path)
