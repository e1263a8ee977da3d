"""A block that recomputes keeps its input alone, and gives the same; what is attached is in the graph at zero."""

import torch
from torch import nn

from afnext.parallel.blocks import repeated_blocks
from afnext.parallel.recompute import recompute
from afnext.parallel.windows import attach


class Tower(nn.Module):
    """Blocks in a list, one of which holds a list of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.ModuleList([nn.Tanh()])[0], nn.Linear(64, 4))
            for _ in range(4)
        )

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        value = self.first(value)
        for block in self.blocks:
            value = value + block(value)
        return value


def kept(tower: Tower, value: torch.Tensor) -> tuple[int, list[torch.Tensor]]:
    """Numbers that a backward pass keeps, and the gradients that it gives."""
    sizes: list[int] = []

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        sizes.append(tensor.numel())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = tower(value).square().sum()
    loss.backward()
    return sum(sizes), [weight.grad for weight in tower.parameters() if weight.grad is not None]


def test_recomputing_keeps_less_and_gives_the_same() -> None:
    towers = []
    for _ in range(3):
        torch.manual_seed(0)
        towers.append(Tower())
    plain, half, all_of_it = towers
    assert len(repeated_blocks(plain)) == 4
    assert recompute(half, every=2) == 2
    assert recompute(all_of_it) == 4
    assert list(all_of_it.state_dict()) == list(plain.state_dict())
    value = torch.randn(100, 4)
    (most, expected), (some, halfway), (least, ours) = (kept(tower, value) for tower in towers)
    assert least < some < most
    assert least < most / 5
    for one, two, three in zip(expected, halfway, ours, strict=True):
        torch.testing.assert_close(one, two, rtol=0, atol=0)
        torch.testing.assert_close(one, three, rtol=0, atol=0)


def test_what_is_attached_changes_nothing_and_is_in_the_graph() -> None:
    tensor, other = torch.randn(3, requires_grad=True), torch.full((2, 2), torch.inf, requires_grad=True)
    result = attach(tensor, other)
    assert torch.equal(result, tensor)
    result.sum().backward()
    assert other.grad is not None
    assert torch.equal(other.grad, torch.zeros(2, 2))
