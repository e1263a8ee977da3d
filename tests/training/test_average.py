"""Averages of weights: by hand, in what comes out, and over an interruption."""

import pytest
import torch
from safetensors.torch import load_file

from afnext.training.average import Averages, EmaRecipe
from afnext.training.checkpoint import checkpoints
from afnext.training.loop import train

from .stored import stored


def test_an_average_by_hand():
    """Of a weight that goes 0, 1, 3, 3: the first steps keep 1/10, 2/11 and 0.2 of what was before."""
    weight, still = torch.nn.Parameter(torch.zeros(2)), torch.nn.Parameter(torch.ones(1), requires_grad=False)
    averages = Averages([("w", weight), ("frozen", still)], EmaRecipe(decay=0.2))
    told = []
    for step, value in enumerate([1.0, 3.0, 3.0]):
        with torch.no_grad():
            weight.fill_(value)
        averages.update(step)
        told.append(averages.values["w"][0].item())
    first = 0.9
    second = 2 / 11 * first + 9 / 11 * 3
    assert told == pytest.approx([first, second, 0.2 * second + 0.8 * 3])
    assert averages.values.keys() == {"w"}
    with averages.in_place():
        assert weight.tolist() == pytest.approx([told[-1]] * 2)
    assert weight.tolist() == [3.0, 3.0]


@pytest.mark.parametrize("export", [True, False])
def test_averages_come_out_if_they_are_asked_for(recipe, tmp_path, export):
    file, _ = recipe
    few = ["steps=3", "checkpoint_every=3", "validate_batches=0"]
    train(file, tmp_path / "run", [*few, f"ema={{decay: 0.9, export: {export}}}"])
    train(file, tmp_path / "without", few)
    kept, without = stored(checkpoints(tmp_path / "run")[-1]), stored(checkpoints(tmp_path / "without")[-1])
    assert all(torch.equal(kept[name], tensor) for name, tensor in without.items()), "training is another by it"
    name, theirs = "model.adaptor.linear_1.weight", "multi_modal_projector.linear_1.weight"
    model = load_file(tmp_path / "run/model/model.safetensors")
    one, other = kept[f"average.{name}"].half(), kept[name].half()
    assert not torch.equal(one, other)
    assert torch.equal(model[theirs], one if export else other)


def test_going_on_gives_the_same_averages(recipe, tmp_path):
    def stop(done, *_):
        if done == 3:
            raise KeyboardInterrupt

    file, _ = recipe
    more = ["ema={decay: 0.99}", "validate_every=3", "steps=4"]
    train(file, tmp_path / "whole", more)
    with pytest.raises(KeyboardInterrupt):
        train(file, tmp_path / "cut", more, stop)
    train(file, tmp_path / "cut", more)
    one, other = (stored(checkpoints(tmp_path / name)[-1]) for name in ("whole", "cut"))
    assert sum(name.startswith("average.") for name in one) > 50
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
