"""Low-rank adapters: against peft on the published model, both ways, and against the arithmetic."""

import json

import peft
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import MusicFlamingoForConditionalGeneration

from afnext.base.errors import CheckpointError
from afnext.model import weights
from afnext.model.config import preset
from afnext.model.flamingo import Flamingo
from afnext.model.lora import ADAPTER, ADAPTER_CONFIG, Lora, LoraLinear, adapt, load_adapter, merge, save_adapter

pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")  # peft's own
IDS = torch.tensor([[10, 11, 12, 13, 14, 15]])


@pytest.fixture
def model():
    torch.manual_seed(0)
    return Flamingo(preset("tiny"))


@pytest.fixture
def folder(model, tmp_path):
    weights.save(model, tmp_path / "base")
    return tmp_path / "base"


def stir(model, seed=1):
    """Adapters as if something had been learnt."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("lora_b") or name.startswith("adaptor"):
                parameter.add_(0.2 * torch.randn_like(parameter))


def theirs_of(folder):
    return MusicFlamingoForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()


def test_a_new_adapter_changes_nothing_and_learns_alone(model):
    before = model(IDS)
    model.requires_grad_(False)
    adapt(model, Lora(rank=4, layers=("query", "down")))
    assert torch.equal(model(IDS), before)
    model(IDS).square().mean().backward()
    moved = {name for name, parameter in model.named_parameters() if parameter.grad is not None}
    assert {name.split(".")[-2] for name in moved} == {"query", "down"}
    assert all(name.endswith(("lora_a", "lora_b")) for name in moved)


def test_the_arithmetic():
    linear = torch.nn.Linear(5, 3)
    layer = LoraLinear(linear, 2, 8.0)
    torch.nn.init.normal_(layer.lora_b)
    x = torch.randn(4, 5)
    by_hand = torch.stack([linear(row) + 4.0 * (layer.lora_b @ (layer.lora_a @ row)) for row in x])
    torch.testing.assert_close(layer(x), by_hand)
    torch.testing.assert_close(layer.merged()(x), by_hand)


def test_peft_reads_what_we_write(model, folder, tmp_path):
    adapt(model, Lora(rank=4, alpha=12))
    stir(model)
    save_adapter(model, tmp_path / "adapter", str(folder), whole=("adaptor",))
    theirs = peft.PeftModel.from_pretrained(theirs_of(folder), tmp_path / "adapter").eval()
    with torch.no_grad():
        torch.testing.assert_close(model(IDS), theirs(input_ids=IDS).logits, atol=1e-5, rtol=1e-5)
        saved = dict(theirs.named_parameters())
    linear = "base_model.model.model.multi_modal_projector.linear_1.modules_to_save.default.weight"
    assert torch.equal(saved[linear], model.adaptor.linear_1.weight)


@pytest.mark.parametrize("rslora", [False, True])
def test_we_read_what_peft_writes(folder, tmp_path, rslora):
    config = peft.LoraConfig(
        r=3, lora_alpha=6, target_modules=r".*language_model.*(q_proj|up_proj)|.*audio_tower.*fc1", use_rslora=rslora
    )
    theirs = peft.get_peft_model(theirs_of(folder), config).eval()
    torch.manual_seed(2)
    with torch.no_grad():
        for name, parameter in theirs.named_parameters():
            if "lora_B" in name:
                parameter.normal_()
        theirs.save_pretrained(tmp_path / "adapter")
        ours = weights.load(folder)
        before = ours(IDS)
        load_adapter(ours, tmp_path / "adapter")
        wanted = theirs(input_ids=IDS).logits
        torch.testing.assert_close(ours(IDS), wanted, atol=1e-5, rtol=1e-5)
        assert isinstance(ours.encoder.layers[0].up, LoraLinear)
        merge(ours)
        torch.testing.assert_close(ours(IDS), wanted, atol=1e-5, rtol=1e-5)
    assert not torch.allclose(before, wanted, atol=1e-2)
    assert not any(isinstance(module, LoraLinear) for module in ours.modules())


def test_merged_it_is_a_published_model(model, folder, tmp_path):
    adapt(model, Lora(rank=2))
    stir(model)
    logits = model(IDS)
    merge(model)
    weights.save(model, tmp_path / "merged")
    theirs = theirs_of(tmp_path / "merged")
    torch.testing.assert_close(logits, theirs(input_ids=IDS).logits, atol=1e-5, rtol=1e-5)


def test_what_does_not_fit_is_named(model, folder, tmp_path):
    adapt(model, Lora(rank=4, layers=("query",)))
    good = tmp_path / "good"
    save_adapter(model, good, str(folder))
    config, tensors = json.loads((good / ADAPTER_CONFIG).read_text()), load_file(good / ADAPTER)

    def refusal(changes=None, renamed=None, cut=None):
        (good / ADAPTER_CONFIG).write_text(json.dumps(config | (changes or {})))
        names = {name: name for name in tensors} | (renamed or {})
        save_file(
            {names[name]: t[:, :-1].contiguous() if name == cut else t for name, t in tensors.items()}, good / ADAPTER
        )
        with pytest.raises(CheckpointError) as told:
            load_adapter(weights.load(folder), good)
        return str(told.value)

    first = next(iter(tensors))
    assert "use_dora" in refusal({"use_dora": True})
    assert "alpha_pattern" in refusal({"alpha_pattern": {"q_proj": 3}})
    assert "no LoRA adapter" in refusal({"peft_type": "IA3"})
    assert "nowhere" in refusal(renamed={first: "base_model.model.nowhere.lora_A.weight"})
    assert "self_attn.q_proj" in refusal(cut=first)
    (good / ADAPTER_CONFIG).write_text(json.dumps(config))
    (good / ADAPTER).write_bytes(b"no tensors")
    with pytest.raises(CheckpointError, match="damaged"):
        load_adapter(weights.load(folder), good)
    with pytest.raises(CheckpointError, match=r"decoder\.quory"):
        adapt(weights.load(folder), Lora(layers=("quory",)))
