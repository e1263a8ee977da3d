"""Half precision by way of float32: the same within its rounding, and the weights as they were."""

import pytest
import torch

from afnext.model.config import preset
from afnext.model.flamingo import Flamingo
from afnext.model.upcast import FEW, PIECE, UpcastLinear, upcast


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("rows", [1, FEW, FEW + 1, 70])
@pytest.mark.parametrize("bias", [True, False])
def test_products_are_those_of_float64_within_one_rounding(dtype, rows, bias, monkeypatch):
    monkeypatch.setattr("afnext.model.upcast.PIECE", 33 * 96)  # so that matrices are cut
    layer = torch.nn.Linear(96, 130, bias).to(dtype)
    upcast(layer)
    assert type(layer) is UpcastLinear
    hidden = torch.randn(2, rows, 96, generator=torch.Generator().manual_seed(rows)).to(dtype)
    exact = hidden.double() @ layer.weight.double().T + (layer.bias.double() if bias else 0)
    got = layer(hidden)
    assert got.dtype == dtype
    torch.testing.assert_close(got.double(), exact, rtol=2 * torch.finfo(dtype).eps, atol=1e-3)
    assert PIECE > 0


@torch.no_grad()
def test_a_model_says_the_same_and_keeps_its_weights():
    torch.manual_seed(0)
    model = Flamingo(preset("tiny")).bfloat16()
    ids = torch.tensor([[4, *[3] * 25, 5, 20, 21]])
    sound = torch.randn(1, 128, 104).bfloat16(), torch.tensor([100]), torch.zeros(1)
    before, names = model(ids, *sound), list(model.state_dict())
    weights = [tensor.data_ptr() for tensor in model.state_dict().values()]
    upcast(model)
    assert list(model.state_dict()) == names
    assert [tensor.data_ptr() for tensor in model.state_dict().values()] == weights
    torch.testing.assert_close(model(ids, *sound).float(), before.float(), atol=0.05, rtol=0)
