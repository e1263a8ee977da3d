"""Frozen matrices in few bits, against rounding by hand, in what they compute, weigh and give back."""

import sys

import pytest
import torch
from torch import nn

from afnext.base.errors import CheckpointError, MissingToolError
from afnext.model.config import preset
from afnext.model.flamingo import Flamingo
from afnext.model.lora import Lora, adapt, merge
from afnext.model.packed import pack, unpacked

pytest.importorskip("torchao")
pytestmark = pytest.mark.filterwarnings("ignore")  # torchao warns of itself

NF4 = [-1.0, -0.6962, -0.5251, -0.3949, -0.2844, -0.1848, -0.0911, 0.0]
NF4 += [0.0796, 0.1609, 0.2461, 0.3379, 0.4407, 0.5626, 0.7230, 1.0]
"""The sixteen values, from the paper."""


def packed(bits, weight):
    linear = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    linear.weight.data = weight
    assert pack(nn.Sequential(linear), bits) == 1
    return linear


def test_nf4_takes_the_nearest_of_sixteen_values_times_the_largest_of_a_block():
    torch.manual_seed(0)
    weight = torch.randn(32, 128)
    blocks = weight.view(-1, 64)
    scales, table = blocks.abs().amax(1, keepdim=True), torch.tensor(NF4)
    nearest = table[(blocks[..., None] / scales[..., None] - table).abs().argmin(-1)] * scales
    told = unpacked(packed("nf4", weight).weight)
    # the scales are rounded to 8 bits as well
    assert (told - nearest.view_as(weight)).abs().mean() < 0.02 * weight.abs().mean()
    assert (told - nearest.view_as(weight)).abs().max() < 0.1 * weight.abs().max()


def test_int8_rounds_a_row_to_its_largest():
    torch.manual_seed(0)
    weight = torch.randn(32, 96)
    step = weight.abs().amax(1, keepdim=True) / 127.5
    assert ((unpacked(packed("int8", weight).weight) - weight).abs() <= 0.51 * step).float().mean() > 0.99


@pytest.mark.parametrize("bits", ["nf4", "int8"])
def test_it_computes_with_what_it_unpacks_to_and_passes_gradients(bits):
    torch.manual_seed(0)
    linear = packed(bits, torch.randn(64, 128))
    plain = unpacked(linear.weight)
    given = torch.randn(5, 128, requires_grad=True)
    [mine] = torch.autograd.grad(linear(given).square().sum(), given)
    torch.testing.assert_close(linear(given), given @ plain.T, rtol=1e-4, atol=1e-4)
    [wanted] = torch.autograd.grad((given @ plain.T).square().sum(), given)
    torch.testing.assert_close(mine, wanted, rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize(("bits", "bytes_each"), [("nf4", 0.5 + 1 / 64 + 4 / 64 / 256), ("int8", 1.0 + 5 / 512)])
def test_it_takes_the_memory_that_it_should(bits, bytes_each):
    """Counted over the tensors inside; the table of sixteen values and the mean of the scales are a hundred bytes."""
    weight = packed(bits, torch.randn(256, 512)).weight
    inside = [getattr(weight, name) for name in weight.__tensor_flatten__()[0]]
    assert sum(part.untyped_storage().nbytes() for part in inside) == pytest.approx(bytes_each * 256 * 512, abs=200)


@pytest.mark.parametrize("bits", ["nf4", "int8"])
def test_merging_adds_the_products_to_what_was_computed_with(bits):
    """And a layer without a product comes back as what it computed with."""
    torch.manual_seed(0)
    model = Flamingo(preset("tiny"))
    lora = Lora(rank=2, alpha=4, layers=("query", "down"))
    adapt(model, lora)
    pack(model.decoder.layers, bits)
    for name, parameter in model.named_parameters():
        if name.endswith("lora_b"):
            parameter.data.normal_()
    layer = model.decoder.layers[0]
    query, gate = layer.query, unpacked(layer.gate.weight).clone()
    wanted = unpacked(query.weight) + 4 / 2 * query.lora_b @ query.lora_a
    ids = torch.randint(6, 128, (1, 9))
    before = model(ids)
    merge(model)
    assert type(layer.query.weight) is type(layer.gate.weight) is nn.Parameter
    torch.testing.assert_close(layer.query.weight, wanted)
    assert torch.equal(layer.gate.weight, gate)
    torch.testing.assert_close(model(ids), before, atol=1e-4, rtol=1e-4)
    assert model.state_dict().keys() == Flamingo(preset("tiny")).state_dict().keys()


def test_without_torchao_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchao.quantization", None)
    with pytest.raises(MissingToolError, match="torchao is not installed; pip install"):
        packed("int8", torch.randn(8, 8))


def test_what_has_no_blocks_is_named():
    with pytest.raises(CheckpointError, match="0 is a matrix of 100 numbers; expected a multiple of 64, for nf4"):
        packed("nf4", torch.randn(10, 10))
