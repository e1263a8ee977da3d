"""Three worlds never draw the same parameter, yet test lies inside what training heard."""

import numpy as np
import pytest

from afnext.scenes.worlds import WORLDS, Dice


@pytest.mark.parametrize("draw", ["between", "ratio"])
def test_worlds_share_no_part_of_a_range(draw):
    drawn = {
        w: np.sort([getattr(Dice(w, np.random.default_rng(s)), draw)(100, 900) for s in range(800)]) for w in WORLDS
    }
    for world, values in drawn.items():
        for other in set(WORLDS) - {world}:
            beside = np.searchsorted(values, drawn[other])
            near = np.minimum(
                np.abs(values[np.clip(beside, 0, 799)] - drawn[other]),
                np.abs(values[np.clip(beside - 1, 0, 799)] - drawn[other]),
            )
            assert near.min() > 0.5
    assert drawn["train"].min() < drawn["test"].min() < drawn["test"].max() < drawn["train"].max()
    assert drawn["train"].min() >= 100
    assert drawn["train"].max() <= 900


def test_a_ratio_is_even_on_a_logarithmic_scale():
    values = [Dice("train", np.random.default_rng(seed)).ratio(100, 10_000) for seed in range(600)]
    assert np.median(values) == pytest.approx(1000, rel=0.25)


def test_any_and_count_know_no_world():
    for world in WORLDS:
        dice = Dice(world, np.random.default_rng(1))
        assert {dice.count(2, 4) for _ in range(60)} == {2, 3, 4}
        values = [dice.any(0, 1) for _ in range(300)]
        assert min(values) < 0.05
        assert max(values) > 0.95


def test_the_same_generator_gives_the_same_draws():
    first, second = (Dice("test", np.random.default_rng(7)) for _ in range(2))
    assert [first.between(0, 1) for _ in range(5)] == [second.between(0, 1) for _ in range(5)]
