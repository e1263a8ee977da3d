"""One, two and four processes give what one device gives: losses, gradients, attention, and what is refused."""

import re

import pytest

EXACT = 1e-5
SIZES = (1, 2, 4)


def figures(found: dict, size: int, kind: str) -> dict[str, float]:
    """The worst of all processes, "check: figure" -> value, of the checks whose name begins with ``kind``."""
    worst: dict[str, float] = {}
    for told in found[size]:
        for check, values in told.items():
            for figure, value in values.items() if re.match(kind, check) else ():
                worst[f"{check}: {figure}"] = max(worst.get(f"{check}: {figure}", 0.0), abs(value))
    assert worst, f"no process checked {kind}"
    return worst


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["step", "attention", "gather"])
def test_many_processes_give_what_one_device_gives(found: dict, size: int, kind: str) -> None:
    """With trees of unequal lengths, a rank without sound, one without targets, and too few key-value heads."""
    assert {name: value for name, value in figures(found, size, kind).items() if not value < EXACT} == {}


def test_every_layout_of_four_processes_was_there(found: dict) -> None:
    steps = {name.removeprefix("step, ") for name in found[4][0] if name.startswith("step, ")}
    assert {"shard 4", "ulysses 4", "ring 2 x ulysses 2", "shard 2 x ulysses 2", "replicate 2 x ring 2"} <= steps


def test_bfloat16_is_near(found: dict) -> None:
    near = figures(found, 1, "bfloat16")
    assert near["bfloat16 step, alone: loss"] < 0.01
    assert near["bfloat16 step, alone: gradient"] < 0.02


@pytest.mark.parametrize("size", [2, 4])
def test_what_does_not_fit_is_one_line(found: dict, size: int) -> None:
    for told in found[size]:
        refused = told["refused"]
        assert refused["degrees"].startswith(
            f"replicate 1 x shard 3 x ring 5 x ulysses 1 on {size} processes; expected"
        )
        assert refused["members"].startswith(f"dimension shard of the mesh joins processes {list(range(size))}")
        assert refused["silent"].startswith("dimension ring of the mesh does not answer")
        assert not any("\n" in line for line in refused.values())
