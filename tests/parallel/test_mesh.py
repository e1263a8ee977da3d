"""Degrees that fit and that do not, and how a process joins."""

import pytest

from afnext.base.errors import ParallelError
from afnext.parallel.launch import joined
from afnext.parallel.mesh import Degrees


def test_the_shard_degree_is_what_the_others_leave() -> None:
    assert Degrees(ring=2, ulysses=4).within(32).shard == 4
    assert Degrees(replicate=2, shard=2).within(4).shard == 2


@pytest.mark.parametrize(
    ("degrees", "world", "told"),
    [
        (Degrees(ring=3), 4, "replicate 1 x shard 1 x ring 3 x ulysses 1 on 4 processes; expected a product of 4"),
        (Degrees(ulysses=8), 4, "replicate 1 x shard ? x ring 1 x ulysses 8 on 4 processes; expected a product of 4"),
        (Degrees(shard=2), 1, "replicate 1 x shard 2 x ring 1 x ulysses 1 on 1 process; expected a product of 1"),
    ],
)
def test_degrees_that_do_not_multiply_to_the_world(degrees: Degrees, world: int, told: str) -> None:
    with pytest.raises(ParallelError) as error:
        degrees.within(world)
    assert str(error.value).startswith(told)
    assert str(error.value).endswith("change the degrees, or the number of processes that torchrun starts")


def test_heads_that_do_not_divide() -> None:
    Degrees(ulysses=4).fit_heads(28)
    with pytest.raises(ParallelError) as error:
        Degrees(ulysses=8).fit_heads(28)
    assert str(error.value) == (
        "ulysses 8 with 28 attention heads; expected one of 1, 2, 4, 7, 14, 28; give the rest of the degree to ring"
    )


def test_half_an_environment_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "0")
    for name in ("WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ParallelError, match="RANK is set and WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT is not"):
        joined("cpu").__enter__()


def test_a_device_that_no_group_speaks_on_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RANK", raising=False)
    with pytest.raises(ParallelError, match="device 'mps' for many processes; expected cpu or cuda"):
        joined("mps").__enter__()
