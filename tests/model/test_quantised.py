"""Quantised matrices against the definition, PyTorch's kernels against plain products, and whole models on disk."""

import pytest
import torch

from afnext.base.errors import CheckpointError
from afnext.model import weights
from afnext.model.config import preset
from afnext.model.flamingo import Flamingo
from afnext.model.quantised import (
    FEW,
    SCHEMES,
    QuantisedLinear,
    _block,
    _from_blocks,
    _to_blocks,
    quantise,
    scheme_of,
    weight_bytes,
)


def matrix(outputs=200, inputs=192, seed=0):
    return torch.randn(outputs, inputs, generator=torch.Generator().manual_seed(seed)) * 0.1


def by_hand(weight, scheme):
    """Every weight to the nearest level of its row or group, one at a time in float64, scales in bfloat16."""
    found = torch.empty_like(weight)
    for row, values in enumerate(weight.double()):
        size = 64 if scheme == "int4" else len(values)
        for group in range(0, len(values), size):
            some = values[group : group + size]
            if scheme == "int8":
                scale, zero, levels = (some.abs().max() / 127).bfloat16().double(), 0.0, torch.arange(-127, 128)
            elif scheme == "fp8":
                every = torch.arange(256, dtype=torch.uint8).view(torch.float8_e4m3fn).float()
                scale, zero, levels = (some.abs().max() / 448).bfloat16().double(), 0.0, every[every.isfinite()]
            else:
                scale = ((some.max() - some.min()) / 15).bfloat16().double()
                zero = (some.min() + 8 * scale).bfloat16().double()
                levels = torch.arange(-8, 8)
            values_of = levels.double() * scale + zero
            found[row, group : group + len(some)] = values_of[(some[:, None] - values_of).abs().argmin(1)].float()
    return found


@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_weight_is_the_nearest_that_there_is(scheme):
    weight = matrix(70, 128)
    plain = QuantisedLinear.of(weight, scheme).plain()
    torch.testing.assert_close(plain, by_hand(weight, scheme), atol=1e-6, rtol=0)


@pytest.mark.parametrize("rows", [1, 5, FEW, FEW + 1, 100])
@pytest.mark.parametrize("outputs", [64, 200, 1000])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_products_are_those_of_the_plain_matrix(scheme, outputs, rows):
    """By kernel or unpacked, with rows that fill no block; activations pass the kernel in bfloat16."""
    layer = QuantisedLinear.of(matrix(outputs), scheme, torch.randn(outputs))
    hidden = torch.randn(2, rows, 192, generator=torch.Generator().manual_seed(1))[:1].bfloat16().float()
    expected = hidden @ layer.plain().T + layer.bias
    torch.testing.assert_close(layer(hidden), expected, atol=0.02, rtol=0.01)
    assert layer(hidden.bfloat16()).dtype == torch.bfloat16


def test_products_in_fp8_are_those_of_both_sides_rounded_to_it():
    """What a GPU of fp8 does, on a CPU: 4 bits of mantissa on either side, so a few hundredths of the largest."""
    layer = QuantisedLinear.of(matrix(200), "fp8")
    hidden = torch.randn(7, 192, generator=torch.Generator().manual_seed(1)) * torch.logspace(-3, 3, 7)[:, None]
    scale = hidden.abs().amax(1, keepdim=True) / 448
    expected = ((hidden / scale).to(torch.float8_e4m3fn).float() * scale) @ layer.plain().T
    torch.testing.assert_close(layer._scaled(hidden), expected, atol=0, rtol=0.01)
    assert (
        (layer._scaled(hidden) - hidden @ layer.plain().T).abs() < 0.05 * expected.abs().amax(1, keepdim=True)
    ).all()


@pytest.mark.cuda
def test_products_in_fp8_on_a_gpu():
    layer = QuantisedLinear.of(matrix(200), "fp8", torch.randn(200)).cuda()
    hidden = torch.randn(7, 192).cuda().bfloat16()
    expected = hidden.float() @ layer.plain().T + layer.bias
    assert ((layer(hidden).float() - expected).abs() < 0.05 * expected.abs().max()).all()


def test_a_kernel_of_this_machine_is_used():
    """Otherwise int4 would be slow here, and nobody would notice."""
    assert _block() in (32, 64)


@pytest.mark.parametrize("block", [32, 64])
def test_blocks_and_back(block):
    levels = torch.randint(0, 16, (192, 64), dtype=torch.uint8)
    assert torch.equal(_from_blocks(_to_blocks(levels, block), block), levels)


@pytest.fixture
def model():
    torch.manual_seed(3)
    return Flamingo(preset("nano"))


def hidden_of(model):
    ids = torch.randint(10, 200, (1, 40), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        return model.logits(model.decoder(model.embed(ids)))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_model_shrinks_and_says_nearly_the_same(model, scheme):
    before, size = hidden_of(model), weight_bytes(model.decoder.layers)
    quantise(model, scheme)
    assert scheme_of(model) == scheme
    assert weight_bytes(model.decoder.layers) < size * {"int8": 0.29, "int4": 0.2, "fp8": 0.29}[scheme]
    gap = (hidden_of(model) - before).abs().mean() / before.abs().mean()
    assert 0 < gap < {"int8": 0.04, "int4": 0.4, "fp8": 0.1}[scheme]


def test_twice_is_refused(model):
    quantise(model, "int8")
    with pytest.raises(CheckpointError, match=r"quantised already, to int8; expected one in float32.*in int4"):
        quantise(model, "int4")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_it_is_stored_and_loaded_as_such(model, scheme, tmp_path):
    weights.save(model, tmp_path / "plain")
    loaded = weights.load(tmp_path / "plain", quantise=scheme)
    quantise(model, scheme)
    assert torch.equal(hidden_of(loaded), hidden_of(model)), "as it is loaded, or afterwards"
    weights.save(loaded, tmp_path / "small")
    sizes = [
        sum(file.stat().st_size for file in (tmp_path / name).glob("*.safetensors")) for name in ("small", "plain")
    ]
    assert sizes[0] < sizes[1] * 0.75
    again = weights.load(tmp_path / "small")
    assert scheme_of(again) == scheme
    assert torch.equal(hidden_of(again), hidden_of(model))
    weights.save(again, tmp_path / "again")
    for file in ("model.safetensors", "config.json"):
        assert (tmp_path / "again" / file).read_bytes() == (tmp_path / "small" / file).read_bytes()
    with pytest.raises(CheckpointError, match=f"quantised already, to {scheme}"):
        weights.load(tmp_path / "small", quantise="int4")


def test_a_damaged_quantised_folder_names_what_is_wrong(model, tmp_path):
    from safetensors.torch import load_file, save_file

    quantise(model, "int4")
    weights.save(model, tmp_path)
    file = tmp_path / "model.safetensors"
    tensors = load_file(file)
    name = "language_model.model.layers.0.mlp.gate_proj.weight_zero"
    save_file({key: tensor for key, tensor in tensors.items() if key != name}, file, metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=rf"missing: {name}"):
        weights.load(tmp_path)
    save_file({**tensors, name: tensors[name][:-1].contiguous()}, file, metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=rf"misshapen: {name}"):
        weights.load(tmp_path)
    config = (tmp_path / "config.json").read_text()
    (tmp_path / "config.json").write_text(config.replace('"int4"', '"int3"'))
    with pytest.raises(CheckpointError, match=r"quantization_config .*int3"):
        weights.load(tmp_path)
