import json
import pickle
import shutil

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from afnext.base.errors import CheckpointError
from afnext.dialogue.tokenizer import CONTROL, MARKS, StreamDecoder, Tokenizer, build_tokenizer

TEXTS = [
    "What happens, and when?",
    "  two blanks,\n\n two lines\r\n\tand a tab ",
    "12.4 is 4 tokens, 2026-01-01",
    "don't THEY'RE naïve Ångström 犬が吠える 🎻👩‍🚀",
    "<t>1.2-2.0</t><think>hm</think>",
    "",
]


@pytest.mark.parametrize("text", TEXTS)
def test_text_survives_the_way_there_and_back(tokenizer, text):
    assert tokenizer.decode(tokenizer.encode(text)) == text


@given(text=st.text())
def test_any_text_survives_up_to_unicode_composition(tokenizer, text):
    import unicodedata

    assert tokenizer.decode(tokenizer.encode(text)) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("text", TEXTS)
def test_ids_are_those_of_transformers(tokenizer, tokenizer_folder, text):
    from transformers import AutoTokenizer

    assert tokenizer.encode(text) == AutoTokenizer.from_pretrained(tokenizer_folder)(text).input_ids


def test_typed_control_tokens_stay_text(tokenizer):
    typed = "".join(CONTROL)
    ids = tokenizer.encode(f"a{typed}b")
    assert not any(tokenizer.is_control(i) for i in ids)
    assert tokenizer.decode(ids) == f"a{typed}b"


def test_typed_control_tokens_stay_text_where_a_release_lists_them_as_ordinary_added_tokens(tokenizer_folder, tmp_path):
    value = json.loads((tokenizer_folder / "tokenizer.json").read_text())
    for added in value["added_tokens"]:
        added["special"] = False
    (tmp_path / "tokenizer.json").write_text(json.dumps(value))
    tokenizer = Tokenizer.load(tmp_path)
    assert tokenizer.sound not in tokenizer.encode("<sound>")
    assert tokenizer.id_of("<t>") in tokenizer.encode("<t>")


def test_a_copy_for_another_process_guards_too(tokenizer):
    copy = pickle.loads(pickle.dumps(tokenizer))
    assert copy.encode("a<sound>") == tokenizer.encode("a<sound>")
    assert copy.sound not in copy.encode("<sound>")


def test_a_mark_is_one_token_and_a_digit_another(tokenizer):
    assert tokenizer.encode("<t>12.4-15.0</t>") == [
        tokenizer.id_of(token) for token in ("<t>", "1", "2", ".", "4", "-", "1", "5", ".", "0", "</t>")
    ]


def test_merges_never_cross_a_mark(tokenizer_folder):
    vocabulary = json.loads((tokenizer_folder / "tokenizer.json").read_text())["model"]["vocab"]
    assert not [token for token in vocabulary if "<t" in token or "</" in token]


def test_control_tokens_are_decoded_only_on_demand(tokenizer):
    ids = [tokenizer.turn_start, *tokenizer.encode("user\n"), tokenizer.sound, tokenizer.turn_end]
    assert tokenizer.decode(ids) == "user\n"
    assert tokenizer.decode(ids, control=True) == "<|im_start|>user\n<sound><|im_end|>"


@given(ids=st.lists(st.integers(0, 450), max_size=30))
def test_decoding_is_that_of_the_library(tokenizer, tokenizer_folder, ids):
    core = tokenizers.Tokenizer.from_file(str(tokenizer_folder / "tokenizer.json"))
    assert tokenizer.decode(ids) == core.decode(ids, skip_special_tokens=True)
    assert tokenizer.decode(ids, control=True) == core.decode(ids, skip_special_tokens=False)


@given(ids=st.lists(st.integers(0, 450), max_size=30))
def test_a_stream_adds_up_to_the_whole(tokenizer, ids):
    stream = StreamDecoder(tokenizer)
    assert "".join([stream.feed(i) for i in ids] + [stream.flush()]) == tokenizer.decode(ids)


@given(text=st.text(min_size=1))
def test_a_stream_never_shows_half_a_character(tokenizer, text):
    stream = StreamDecoder(tokenizer)
    shown = ""
    whole = tokenizer.decode(tokenizer.encode(text))
    for i in tokenizer.encode(text):
        shown += stream.feed(i)
        assert whole.startswith(shown)
    assert stream.flush() == ""


def test_a_stream_that_ends_within_a_character_says_so(tokenizer):
    stream = StreamDecoder(tokenizer)
    first_byte = tokenizer.encode("𝄞")[0]
    assert stream.feed(first_byte) == ""
    assert stream.flush() == "\ufffd"


def test_the_same_texts_give_the_same_file(tmp_path, tokenizer_folder):
    texts = [f"dog {i} barks at {i % 7} cats" for i in range(200)]
    for name in ("one", "two"):
        build_tokenizer(iter(texts), 320, tmp_path / name)
    assert (tmp_path / "one/tokenizer.json").read_bytes() == (tmp_path / "two/tokenizer.json").read_bytes()


def test_the_vocabulary_has_the_size_asked_for(tokenizer, tmp_path):
    assert tokenizer.vocab_size == 400
    assert build_tokenizer(["a"], 300, tmp_path).vocab_size == 256 + len(CONTROL) + len(MARKS)


def test_a_vocabulary_too_small_for_the_bytes_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="a vocabulary of 100; expected 266 or more"):
        build_tokenizer(["a"], 100, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_tokenizer(tmp_path):
    with pytest.raises(CheckpointError, match=r"holds no tokenizer.json; expected a checkpoint folder; download"):
        Tokenizer.load(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"model": {"type": "Nonsense"}}', "\x00\x01"])
def test_a_broken_file_is_named(tmp_path, content):
    (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"tokenizer.json: .*; expected a file of the tokenizers library"):
        Tokenizer.load(tmp_path)


def test_missing_control_tokens_are_named(tokenizer_folder, tmp_path):
    value = json.loads((tokenizer_folder / "tokenizer.json").read_text())
    value["added_tokens"] = [
        token for token in value["added_tokens"] if token["content"] not in ("<sound>", "<|im_end|>")
    ]
    (tmp_path / "tokenizer.json").write_text(json.dumps(value))
    with pytest.raises(CheckpointError, match=r"lacks <\|im_end\|>, <sound>; expected the control tokens"):
        Tokenizer.load(tmp_path)


def test_a_vocabulary_without_boundary_tokens_is_one_of_audio_flamingo_3(tokenizer_folder, tmp_path):
    value = json.loads((tokenizer_folder / "tokenizer.json").read_text())
    value["added_tokens"] = [token for token in value["added_tokens"] if not token["content"].startswith("<|sound_")]
    (tmp_path / "tokenizer.json").write_text(json.dumps(value))
    assert Tokenizer.load(tmp_path).sound_start is None


def test_a_tokenizer_of_another_kind_is_refused(tokenizer_folder, tmp_path):
    shutil.copy(tokenizer_folder / "tokenizer.json", tmp_path)
    value = json.loads((tmp_path / "tokenizer.json").read_text())
    value["decoder"] = {"type": "Fuse"}
    (tmp_path / "tokenizer.json").write_text(json.dumps(value))
    with pytest.raises(CheckpointError, match="is not byte-level; expected a Qwen2 tokenizer"):
        Tokenizer.load(tmp_path)
