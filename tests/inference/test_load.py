"""Opening models: the shipped one, folders, the hub; and everything that can be wrong with them."""

import json
import shutil

import huggingface_hub
import pytest
import torch
from huggingface_hub.errors import GatedRepoError, LocalEntryNotFoundError, RepositoryNotFoundError

import afnext
from afnext.base.errors import CheckpointError, RequestError
from afnext.inference import folder as folder_module
from afnext.inference.card import Card
from afnext.inference.folder import find_folder


@pytest.fixture
def copy(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "model")
    return tmp_path / "model"


def test_a_folder(folder):
    engine = afnext.load(folder, device="cpu")
    assert repr(engine) == f"Engine({folder}, cpu, float32)"
    assert engine.limit_seconds == 1800
    assert engine.card == Card()
    assert not engine.model.training


def test_nano_is_the_folder_in_the_package(folder, monkeypatch):
    monkeypatch.setattr(folder_module, "NANO", folder)
    assert afnext.load(device="cpu").name == "nano"


def test_a_card_says_what_the_model_is(copy):
    (copy / "card.json").write_text(json.dumps({"scope": "Ten sounds.", "caption": "Describe it."}))
    card = afnext.load(copy, device="cpu").card
    assert (card.scope, card.caption) == ("Ten sounds.", "Describe it.")
    assert card.transcribe == Card().transcribe


@pytest.mark.parametrize("text", ["{", '{"scop": "x"}', "[1]", '{"scope": 3}'])
def test_a_card_that_does_not_fit(copy, text):
    (copy / "card.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"card\.json cannot be read") as caught:
        afnext.load(copy, device="cpu")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere", r"unknown model 'nowhere'; expected nano, a folder, or a Hugging Face id such as nvidia/.*; check"),
        ("nanno", r"unknown model 'nanno'.*did you mean nano\?"),
        ("./nowhere/model", r"unknown model './nowhere/model'"),
        ("af-next", r"af-next is a size without weights; try nano, or a release such as nvidia/audio-flamingo-next-hf"),
        ("", "unknown model ''"),
    ],
)
def test_an_unknown_model(name, message):
    with pytest.raises(CheckpointError, match=message):
        find_folder(name)


def test_a_file_is_no_model(folder):
    with pytest.raises(CheckpointError, match=r"config\.json is a file; expected the folder"):
        find_folder(folder / "config.json")


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_folder_that_lacks_a_file(copy, missing):
    (copy / missing).unlink()
    with pytest.raises(CheckpointError, match=missing.replace(".", r"\.")):
        afnext.load(copy, device="cpu")


def test_a_tokenizer_larger_than_the_model(copy):
    file = copy / "tokenizer.json"
    value = json.loads(file.read_text())
    value["added_tokens"].append({**value["added_tokens"][-1], "id": 5000, "content": "<more>"})
    file.write_text(json.dumps(value))
    with pytest.raises(CheckpointError, match=r"tokenizer.json has \d+ ids, the model \d+"):
        afnext.load(copy, device="cpu")


def test_devices_and_formats_that_are_not_there(folder):
    with pytest.raises(RequestError, match="device 'warp'; expected cpu, cuda"):
        afnext.load(folder, device="warp")
    if not torch.cuda.is_available():
        with pytest.raises(RequestError, match="device 'cuda' is not on this machine"):
            afnext.load(folder, device="cuda")
    with pytest.raises(RequestError, match="dtype 'int3'; expected float32, bfloat16, float16"):
        afnext.load(folder, device="cpu", dtype="int3")


class TestHub:
    """The hub, without a network: ``snapshot_download`` is played by the test."""

    @pytest.fixture
    def asked(self, copy, monkeypatch):
        asked = []

        def play(name, *, allow_patterns, ignore_patterns):
            asked.append((name, allow_patterns, ignore_patterns))
            return str(copy)

        monkeypatch.setattr(huggingface_hub, "snapshot_download", play)
        return asked

    def test_only_what_is_needed_is_downloaded(self, asked, copy):
        assert find_folder("someone/model-hf") == copy
        assert asked == [
            ("someone/model-hf", ["*.json", "*.jinja"], ["*/*"]),
            ("someone/model-hf", ["*.json", "*.jinja", "*.safetensors"], ["*/*"]),
        ]

    def test_weights_that_a_release_holds_twice_are_downloaded_once(self, asked, copy):
        index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
        (copy / "model.safetensors.index.json").write_text(json.dumps(index))
        find_folder("someone/model-hf")
        assert asked[1][1] == [
            "*.json",
            "*.jinja",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
        ]

    @pytest.mark.parametrize(
        ("error", "name", "message"),
        [
            (GatedRepoError, "nvidia/x", "nvidia/x is gated; accept its terms at huggingface.co/nvidia/x"),
            (
                RepositoryNotFoundError,
                "nvidia/audio-flamingo-nxt-hf",
                r"neither a folder nor on the Hugging Face hub; did you mean nvidia/audio-flamingo-next-hf\?",
            ),
            (
                LocalEntryNotFoundError,
                "nvidia/x",
                "is not in the local cache and the Hugging Face hub cannot be reached",
            ),
            (ConnectionError, "nvidia/x", "nvidia/x cannot be downloaded: the disk is full; try again"),
        ],
    )
    def test_what_can_go_wrong(self, monkeypatch, error, name, message):
        def fail(*_, **__):
            raised = error.__new__(error)  # the hub's own need a response to be made of
            raised.args = ("the disk is full\nreally",)
            raise raised

        monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
        with pytest.raises(CheckpointError, match=message) as caught:
            find_folder(name)
        assert "\n" not in str(caught.value)
