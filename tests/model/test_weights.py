import json
import logging
import os
import shutil

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import MusicFlamingoForConditionalGeneration

from afnext.base.errors import CheckpointError, OutputError
from afnext.model import weights
from afnext.model.config import FlamingoConfig, preset
from afnext.model.flamingo import Flamingo

from . import reference

TIED = FlamingoConfig.model_validate(
    preset("tiny").model_dump() | {"decoder": preset("tiny").decoder.model_copy(update={"tied": True})}
)
HUB = "language_model.model.layers.1.mlp.up_proj.weight"


@pytest.fixture(scope="module")
def model():
    return reference.lively(preset("tiny"))


@pytest.fixture
def folder(model, tmp_path):
    weights.save(model, tmp_path / "saved")
    return tmp_path / "saved"


def same(one, two):
    ours, others = one.state_dict(), two.state_dict()
    assert ours.keys() == others.keys()
    return all(torch.equal(ours[name], others[name]) for name in ours)


def edit(folder, change):
    """Rewrite the one file of ``folder`` with its tensors changed by ``change(dict)``."""
    tensors = load_file(folder / weights.SINGLE)
    change(tensors)
    save_file(tensors, folder / weights.SINGLE, metadata={"format": "pt"})


def edit_json(file, **values):
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def refused(folder):
    """The message of the error that loading gives: one line."""
    with pytest.raises(CheckpointError) as caught:
        weights.load(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- round trips


@pytest.mark.parametrize("shard_bytes", [weights.SHARD_BYTES, 30_000])
def test_bytes_come_back(model, tmp_path, shard_bytes):
    weights.save(model, tmp_path / "one", shard_bytes=shard_bytes)
    loaded = weights.load(tmp_path / "one")
    assert same(loaded, model)
    assert loaded.config == model.config
    weights.save(loaded, tmp_path / "two", shard_bytes=shard_bytes)
    files = sorted(file.name for file in (tmp_path / "one").iterdir())
    assert (len(files) > 5) == (shard_bytes == 30_000)
    assert files == sorted(file.name for file in (tmp_path / "two").iterdir())
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize("limit", ["50GB", "40KB"])
def test_bytes_are_those_that_transformers_writes(pair, tmp_path, limit):
    """Weights and index, cut at the same places; ours writes what it loaded from theirs."""
    pair.theirs.save_pretrained(tmp_path / "theirs", max_shard_size=limit)
    loaded = weights.load(tmp_path / "theirs")
    assert same(loaded, pair.ours)
    weights.save(loaded, tmp_path / "ours", shard_bytes=40_000 if limit == "40KB" else weights.SHARD_BYTES)
    compared = sorted(file.name for file in (tmp_path / "theirs").glob("model*"))
    assert (len(compared) > 5) == (limit == "40KB")
    for name in compared:
        assert (tmp_path / "ours" / name).read_bytes() == (tmp_path / "theirs" / name).read_bytes()


def test_the_newer_layout_is_read(music, tmp_path):
    music.theirs.save_pretrained(tmp_path, save_original_format=False)
    with safe_open(tmp_path / weights.SINGLE, framework="pt") as file:
        assert {"lm_head.weight", "model.language_model.norm.weight", "model.audio_tower.conv1.bias"} <= set(
            file.keys()
        )
    assert same(weights.load(tmp_path), music.ours)


def test_fields_of_older_releases_are_read(folder, model):
    """``rope_theta`` beside the others, the encoder's sizes under Whisper's names, defaults left out."""
    file = folder / weights.CONFIG
    values = json.loads(file.read_text())
    del values["text_config"]["rope_parameters"], values["text_config"]["rms_norm_eps"], values["projector_bias"]
    audio = values["audio_config"]
    values["audio_config"] = {
        "d_model": audio["hidden_size"],
        "encoder_layers": audio["num_hidden_layers"],
        "encoder_attention_heads": audio["num_attention_heads"],
        "encoder_ffn_dim": audio["intermediate_size"],
    }
    values["rope_parameters"] = {"rope_theta": 1200, "rope_type": "default"}
    file.write_text(json.dumps(values))
    assert weights.read_config(folder) == model.config


def test_what_transformers_leaves_out_means_its_defaults(tmp_path):
    (tmp_path / weights.CONFIG).write_text(json.dumps({"model_type": "audioflamingo3"}))
    config = weights.read_config(tmp_path)
    assert config.encoder == preset("af3").encoder
    assert (config.decoder.width, config.decoder.vocabulary, config.decoder.rope_theta) == (4096, 151936, 10_000)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_format_may_be_chosen_on_both_ways(model, tmp_path, dtype):
    weights.save(model, tmp_path, dtype=dtype)
    assert weights.stored_dtype(tmp_path) == dtype
    assert json.loads((tmp_path / weights.CONFIG).read_text())["dtype"] == str(dtype).removeprefix("torch.")
    stored = weights.load(tmp_path).state_dict()
    wanted = model.state_dict()
    assert all(torch.equal(stored[name], wanted[name].to(dtype)) for name in wanted)
    again = weights.load(tmp_path, dtype=torch.float32)
    assert {tensor.dtype for tensor in again.parameters()} == {torch.float32}
    assert MusicFlamingoForConditionalGeneration.from_pretrained(tmp_path).dtype == dtype


def test_a_tied_head_stays_tied(tmp_path):
    model = reference.lively(TIED)
    weights.save(model, tmp_path)
    theirs = MusicFlamingoForConditionalGeneration.from_pretrained(tmp_path)
    assert torch.equal(theirs.lm_head.weight, model.decoder.embedding.weight)
    loaded = weights.load(tmp_path)
    assert loaded.decoder.head.weight is loaded.decoder.embedding.weight
    edit(tmp_path, lambda tensors: tensors.pop("language_model.lm_head.weight"))  # as older releases leave it out
    loaded = weights.load(tmp_path)
    assert loaded.decoder.head.weight is loaded.decoder.embedding.weight
    edit(tmp_path, lambda tensors: tensors.update({"lm_head.weight": torch.zeros(128, 32)}))
    assert "language_model.lm_head.weight differs from language_model.model.embed_tokens.weight" in refused(tmp_path)


def test_generation_settings_are_kept(folder, model):
    edit_json(folder / weights.GENERATION, eos_token_id=[5, 6], temperature=0.7, max_new_tokens=99)
    loaded = weights.load(folder)
    assert (loaded.config.stop_ids, loaded.config.max_new_tokens) == ((5, 6), 99)
    weights.save(loaded, folder)
    written = json.loads((folder / weights.GENERATION).read_text())
    assert written == {"eos_token_id": [5, 6], "pad_token_id": 0, "max_new_tokens": 99, "temperature": 0.7}


def test_loaded_models_can_be_trained(folder):
    loaded = weights.load(folder)
    loaded(torch.tensor([[7, 8, 9]])).logsumexp(-1).sum().backward()
    trained = {name for name, tensor in loaded.named_parameters() if tensor.requires_grad}
    assert {name for name, _ in loaded.named_parameters()} - trained == {"encoder.positions.weight"}
    with torch.no_grad():
        before = (folder / weights.SINGLE).read_bytes()
        loaded.decoder.norm.weight.add_(1)
    assert (folder / weights.SINGLE).read_bytes() == before


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="reads memory from /proc")
def test_files_are_mapped_and_not_copied(tmp_path):
    """32 MB of weights: loading takes less than a quarter of that in memory of our own."""
    config = preset("tiny").model_dump()
    config["decoder"] |= {"vocabulary": 128_000}
    weights.save(Flamingo(FlamingoConfig.model_validate(config)), tmp_path)
    size = (tmp_path / weights.SINGLE).stat().st_size
    assert size > 32_000_000
    before = own_memory()
    loaded = weights.load(tmp_path)
    assert own_memory() - before < size / 4
    assert loaded.decoder.embedding.weight.isfinite().all()


def own_memory():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon"))


# --- what does not fit


def test_each_tensor_that_does_not_fit_is_named(folder):
    def change(tensors):
        del tensors[HUB], tensors["audio_tower.conv1.bias"]
        tensors["language_model.model.layers.2.mlp.up_proj.weight"] = torch.zeros(1)
        tensors["talker.weight"] = torch.zeros(1)
        tensors["audio_tower.layer_norm.weight"] = torch.zeros(31)
        tensors["multi_modal_projector.linear_1.bias"] = torch.zeros(32, dtype=torch.int8)

    edit(folder, change)
    told = refused(folder)
    assert f"missing: audio_tower.conv1.bias, {HUB}" in told
    assert "extra: language_model.model.layers.2.mlp.up_proj.weight, talker.weight" in told
    assert "misshapen: audio_tower.layer_norm.weight [31] for [32]" in told
    assert "not numbers of a known format: multi_modal_projector.linear_1.bias I8" in told


def test_a_tensor_in_both_layouts_is_named(folder):
    edit(folder, lambda tensors: tensors.update({"model.audio_tower.conv1.bias": torch.zeros(32)}))
    assert "twice: audio_tower.conv1.bias" in refused(folder)


def test_statistics_that_no_model_uses_are_left_out_by_name(folder, model, caplog):
    extra = {"language_model.avg_embed_norm": torch.ones(1), "audio_tower.sound_tower.pos_emb.freqs": torch.ones(128)}
    edit(folder, lambda tensors: tensors.update(extra))
    with caplog.at_level(logging.WARNING, logger="afnext.model.weights"):
        assert same(weights.load(folder), model)
    assert all(name in caplog.text for name in extra)


@pytest.mark.parametrize("name", [weights.CONFIG, weights.SINGLE])
def test_a_folder_that_lacks_a_file(folder, name):
    (folder / name).unlink()
    assert f"lacks {name}; fetch the checkpoint again" in refused(folder)


def test_no_folder(tmp_path):
    assert "no such folder; expected a folder with config.json" in refused(tmp_path / "none")


def test_a_shard_that_is_missing(model, tmp_path):
    weights.save(model, tmp_path, shard_bytes=30_000)
    second = sorted(tmp_path.glob("model-*"))[1]
    second.unlink()
    assert f"lacks {second.name}" in refused(tmp_path)


def test_a_file_that_was_cut_short(folder):
    whole = (folder / weights.SINGLE).read_bytes()
    for length in (0, 5, 1000, len(whole) - 1):
        (folder / weights.SINGLE).write_bytes(whole[:length])
        assert "model.safetensors is damaged" in refused(folder)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "consolidated.00.pth"])
def test_pickles_are_refused(folder, name):
    os.replace(folder / weights.SINGLE, folder / name)
    told = refused(folder)
    assert f"holds {name} but not model.safetensors" in told
    assert "never read" in told


@pytest.mark.parametrize("name", ["../outside.safetensors", "/tmp/outside.safetensors", "model.bin", "a/b.safetensors"])
def test_an_index_that_points_elsewhere(folder, name):
    shutil.copy(folder / weights.SINGLE, folder.parent / "outside.safetensors")
    (folder / weights.INDEX).write_text(json.dumps({"weight_map": {HUB: name}}))
    assert f"points to {name}; expected safetensors files beside it" in refused(folder)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"weight_map": {}}', '{"weight_map": 3}'])
def test_an_index_that_says_nothing(folder, text):
    (folder / weights.INDEX).write_text(text)
    assert weights.INDEX in refused(folder)


@pytest.mark.parametrize(
    ("section", "values", "told"),
    [
        (None, {"model_type": "llama"}, "model_type 'llama'; expected musicflamingo or audioflamingo3"),
        (None, {"projector_hidden_act": "relu"}, "projector_hidden_act 'relu' (only 'gelu')"),
        (None, {"audio_config": []}, "audio_config is []"),
        (None, {"audio_token_id": 500}, "sound_id 500 is outside the vocabulary of 128"),
        (None, {"rope_parameters": {"rope_type": "yarn"}}, "rope_parameters.rope_type 'yarn'"),
        ("text_config", {"model_type": "llama"}, "text_config.model_type 'llama' (only 'qwen2')"),
        ("text_config", {"use_sliding_window": True}, "use_sliding_window True"),
        ("text_config", {"rope_scaling": {"type": "linear", "factor": 2}}, "rope_scaling"),
        ("text_config", {"hidden_size": "wide"}, "decoder.width"),
        ("text_config", {"hidden_size": -4}, "decoder.width"),
        ("text_config", {"num_attention_heads": 0}, "decoder.heads"),
        ("text_config", {"num_hidden_layers": 10**9}, "decoder.layers"),
        ("text_config", {"vocab_size": 10**15}, "decoder.vocabulary"),
        ("text_config", {"head_dim": 16}, "text_config.head_dim 16"),
        ("audio_config", {"num_mel_bins": 80}, "audio_config.num_mel_bins 80 (only 128)"),
        ("audio_config", {"max_source_positions": 3000}, "max_source_positions 3000"),
        ("audio_config", {"scale_embedding": True}, "scale_embedding True"),
    ],
)
def test_a_configuration_that_is_not_ours(folder, section, values, told):
    file = folder / weights.CONFIG
    if section:
        values = {section: json.loads(file.read_text())[section] | values}
    edit_json(file, **values)
    assert told in refused(folder)


@pytest.mark.parametrize("text", ["", "{", "null", "[1]", "\udcff"])
def test_a_configuration_that_is_no_json(folder, text):
    (folder / weights.CONFIG).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert weights.CONFIG in refused(folder)


# --- writing


def test_a_folder_changes_whole_or_not_at_all(folder, model, monkeypatch):
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    real, written = weights.save_file, []

    def full(tensors, file, metadata):
        written.append(file)
        if len(written) % 3 == 0:
            raise OSError("disk full")
        real(tensors, file, metadata)

    monkeypatch.setattr(weights, "save_file", full)
    with pytest.raises(OutputError, match=r"cannot write .*: disk full; make room"):
        weights.save(model, folder, shard_bytes=30_000)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    with pytest.raises(OutputError, match=r"cannot write .*: disk full; make room"):
        weights.save(model, folder.parent / "other", shard_bytes=30_000)
    assert [item.name for item in folder.parent.iterdir()] == ["saved"]


def test_other_files_stay_and_old_shards_go(folder, model):
    (folder / "tokenizer.json").write_text("{}")
    (folder / "extra").mkdir()
    (folder / "extra" / "notes.txt").write_text("keep me")
    weights.save(model, folder, shard_bytes=30_000)
    assert not (folder / weights.SINGLE).exists()
    weights.save(model, folder)
    assert sorted(item.name for item in folder.iterdir()) == [
        "config.json",
        "extra",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
    ]
    assert (folder / "extra" / "notes.txt").read_text() == "keep me"


def test_a_model_is_saved_over_the_files_it_is_mapped_from(folder, model):
    loaded = weights.load(folder)
    weights.save(loaded, folder)
    assert same(weights.load(folder), model)
    assert same(loaded, model)


def test_a_file_is_no_folder(model, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(CheckpointError, match="is a file; expected a folder"):
        weights.save(model, tmp_path / "notes.txt")
    assert (tmp_path / "notes.txt").read_text() == "mine"
