"""Attention by tiles: as one softmax, and without its memory."""

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from afnext.model.attention import attend
from afnext.parallel.sight import Sight
from afnext.parallel.tiles import Backward, Plan, Softmax, plan

TREES = [(0, 40, 55, 90), (90, 90, 128)]


def tiled(query: Tensor, key: Tensor, value: Tensor, gradient: Tensor, *, trees: list, size: int):
    """Result and gradients of grouped queries [B, K, G, L, D] over [B, K, L, D]."""
    sight = Sight(trees, query.shape[3])
    places = sight.places()
    span = [(0, sight.length)]
    plans = Plan(plan(sight, span, span, size), places, places)
    softmax = Softmax(query)
    softmax.add(key, value, plans)
    result, log_sum = softmax.result()
    to = tuple(torch.zeros_like(tensor, dtype=torch.float32) for tensor in (query, key, value))
    back = Backward(query, log_sum, gradient, (result.float() * gradient.float()).sum(-1))
    back.add(key, value, plans, to)
    return result, *to


def test_tiles_give_one_softmax_and_its_gradients() -> None:
    torch.manual_seed(0)
    query, key, value, gradient = (
        torch.randn(shape) for shape in ((2, 2, 3, 128, 8), (2, 2, 128, 8), (2, 2, 128, 8), (2, 2, 3, 128, 8))
    )
    ours = tiled(query, key, value, gradient, trees=TREES, size=16)
    dense = [tensor.clone().requires_grad_() for tensor in (query.flatten(1, 2), key, value)]
    places = Sight(TREES, 128).places()
    result = attend(dense[0], dense[1], dense[2], mask=places.sees(places)[None, None])
    result.backward(gradient.permute(0, 3, 1, 2, 4).reshape(2, 128, 48))
    torch.testing.assert_close(ours[0].permute(0, 3, 1, 2, 4).reshape(2, 128, 48), result.detach())
    torch.testing.assert_close(ours[1].flatten(1, 2), dense[0].grad)
    torch.testing.assert_close(ours[2], dense[1].grad)
    torch.testing.assert_close(ours[3], dense[2].grad)


class Largest(TorchDispatchMode):
    """Remembers the size of the largest tensor that any operation made."""

    numbers = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        for tensor in made if isinstance(made, list | tuple) else [made]:
            if isinstance(tensor, Tensor):
                self.numbers = max(self.numbers, tensor.numel())
        return made


def test_nothing_as_large_as_the_square_of_the_sequence_is_made() -> None:
    length, size = 1024, 64
    query = torch.randn(1, 1, 2, length, 8)
    key = torch.randn(1, 1, length, 8)
    with Largest() as largest:
        tiled(query, key, key, query, trees=[(0, length)], size=size)
    assert largest.numbers == query.numel() == length * 16  # the scores of both heads would be 128 times that


def test_nobody_computes_what_nobody_sees() -> None:
    whole = [(0, 1024)]
    short = Sight([(start, start + 64) for start in range(0, 1024, 64)], 1024)
    assert len(plan(Sight([(0, 1024)], 1024), whole, whole, 64)) == 16 * 17 / 2
    assert len(plan(short, whole, whole, 64)) == 16
