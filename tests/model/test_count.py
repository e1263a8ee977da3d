import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

from afnext.model import count
from afnext.model.cache import KeyValueCache
from afnext.model.config import preset
from afnext.model.flamingo import Flamingo

from . import reference


@pytest.mark.parametrize(
    ("name", "billions"),
    [("af-next", 8.27), ("music-flamingo", 8.27), ("af3", 8.27)],  # Qwen2.5-7B 7.61, Whisper's encoder 0.637, adaptor
)
def test_published_sizes(name, billions):
    parts = count.parameters(preset(name))
    assert parts.total / 1e9 == pytest.approx(billions, abs=0.01)
    assert parts.encoder == 636_968_960  # Whisper-large-v3
    assert parts.adaptor == 1280 * 3584 + 3584 + 3584 * 3584 + 3584


def test_shared_matrices_count_once():
    config = preset("nano")
    model = Flamingo(config)
    assert count.parameters(config).total == sum(tensor.numel() for tensor in model.parameters())


@torch.no_grad()
def test_operations_of_a_token_are_those_that_torch_counts():
    config = preset("tiny")
    model = Flamingo(config)
    rows = reference.Rows(model.decoder, 1, 100)
    rows.read(model.embed(torch.full((1, 99), 7)))
    flash = {  # which the counter does not know
        torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: lambda query, key, value, *_, **__: sdpa_flop_count(
            query, key, value
        )
    }
    with FlopCounterMode(display=False, custom_mapping=flash) as counter:
        model.logits(rows.read(model.embed(torch.tensor([[7]]))))
    assert count.flops_per_token(config, 100) == counter.get_total_flops()


@torch.no_grad()
def test_operations_of_a_window_are_those_that_torch_counts():
    config = preset("tiny")
    model = Flamingo(config)
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        model.encode(torch.randn(1, 128, 3000), torch.tensor([3000]), torch.zeros(1))
    assert count.flops_per_second(config) * 30 == pytest.approx(counter.get_total_flops(), rel=1e-12)


def test_cache_bytes_are_those_of_the_cache():
    config = preset("tiny")
    store = KeyValueCache(config.decoder, 77, device="cpu", dtype=torch.bfloat16)
    assert count.cache_bytes(config, 77, torch.bfloat16) == store.keys.nbytes + store.values.nbytes
    assert count.cache_bytes(preset("af-next"), 45_000, torch.bfloat16) == 45_000 * 57_344  # 2.6 GB for half an hour
