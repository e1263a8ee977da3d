"""Device, number format and seed, on machines that have this or that."""

import random
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from afnext.base.errors import RequestError
from afnext.base.process import cpu_computes_bfloat16, pick_device, pick_dtype, seed_everything

CPU = torch.device("cpu")


@pytest.fixture
def cpu(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine with neither CUDA nor MPS."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    return monkeypatch


def has(patch: pytest.MonkeyPatch, **capabilities: bool) -> None:
    patch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)


def test_the_best_device_at_hand(cpu: pytest.MonkeyPatch) -> None:
    assert pick_device() == CPU
    cpu.setattr(torch.backends.mps, "is_available", lambda: True)
    assert pick_device().type == "mps"
    cpu.setattr(torch.cuda, "is_available", lambda: True)
    assert pick_device().type == "cuda"


def test_the_device_asked_for(cpu: pytest.MonkeyPatch) -> None:
    cpu.setattr(torch.cuda, "device_count", lambda: 2)
    assert pick_device("cpu") == pick_device(CPU) == CPU
    assert pick_device("cuda:1") == torch.device("cuda:1")


@pytest.mark.parametrize("name", ["cuda", "cuda:2", "mps", "meta", "xpu"])
def test_a_device_that_is_not_there(cpu: pytest.MonkeyPatch, name: str) -> None:
    if name == "cuda:2":
        cpu.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(RequestError, match=f"device '{name}' is not on this machine; leave it out"):
        pick_device(name)


@pytest.mark.parametrize("name", ["gpu", "", "cuda:one"])
def test_a_device_that_is_none(name: str) -> None:
    with pytest.raises(RequestError, match=f"device '{name}'; expected cpu, cuda, cuda:N or mps"):
        pick_device(name)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_the_number_format_asked_for(dtype: torch.dtype) -> None:
    assert pick_dtype(dtype, CPU) is dtype
    assert pick_dtype(str(dtype).removeprefix("torch."), CPU) is dtype


@pytest.mark.parametrize("name", ["fp8", torch.int8])
def test_a_number_format_that_is_none(name: str | torch.dtype) -> None:
    given = str(name).removeprefix("torch.")
    with pytest.raises(RequestError, match=f"dtype '{given}'; expected float32, bfloat16, float16"):
        pick_dtype(name, CPU)


@pytest.mark.parametrize(("fast", "chosen"), [(True, torch.bfloat16), (False, torch.float32)])
def test_a_cpu_computes_in_what_it_has(cpu: pytest.MonkeyPatch, fast: bool, chosen: torch.dtype) -> None:
    has(cpu, avx512_bf16=fast)
    assert pick_dtype(None, CPU, stored=torch.bfloat16) is chosen
    assert pick_dtype(None, CPU, stored=torch.float16) is torch.float32
    assert pick_dtype(None, CPU) is torch.float32


@pytest.mark.parametrize(("supported", "chosen"), [(True, torch.bfloat16), (False, torch.float16)])
def test_a_gpu_keeps_what_is_stored_where_it_can(
    monkeypatch: pytest.MonkeyPatch, supported: bool, chosen: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: supported)
    gpu = torch.device("cuda")
    assert pick_dtype(None, gpu, stored=torch.bfloat16) is chosen
    assert pick_dtype(None, gpu, stored=torch.float16) is torch.float16
    assert pick_dtype(None, gpu, stored=torch.float32) is torch.float32


@pytest.mark.parametrize(
    ("capabilities", "fast"),
    [
        ({"avx2": True, "avx512_f": False, "avx512_bf16": False, "amx_bf16": False}, False),  # Zen 2, Haswell
        ({"avx512_f": True, "avx512_vnni": True, "avx512_bf16": False}, False),  # Cascade Lake
        ({"amx_tile": True, "amx_int8": True, "amx_bf16": False}, False),  # tiles that hold no bfloat16
        ({"avx512_f": True, "avx512_bf16": True, "amx_bf16": False}, True),  # Zen 4
        ({"avx512_bf16": True, "amx_tile": True, "amx_bf16": True}, True),  # Sapphire Rapids
        ({"neon": True, "bf16": False}, False),  # Graviton 2
        ({"neon": True, "sve": True, "bf16": True}, True),  # Graviton 3
        ({}, False),
    ],
)
def test_which_cpus_compute_bfloat16(
    monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, bool], fast: bool
) -> None:
    has(monkeypatch, **capabilities)
    assert cpu_computes_bfloat16() is fast


def test_this_cpu_is_read_as_the_kernel_reads_it() -> None:
    cpuinfo = Path("/proc/cpuinfo")
    flags = re.search(r"^(?:flags|Features)\s*:(.*)$", cpuinfo.read_text(), re.M) if cpuinfo.is_file() else None
    if flags is None:
        pytest.skip("no /proc/cpuinfo with flags")
    assert cpu_computes_bfloat16() == bool({"avx512_bf16", "amx_bf16", "bf16"} & set(flags[1].split()))


def test_seeding_repeats_every_stream() -> None:
    def draws() -> tuple[float, float, float]:
        return random.random(), float(np.random.rand()), float(torch.rand(()))

    for seed in (0, 1, 2**32 + 1):
        seed_everything(seed)
        first = draws()
        seed_everything(seed)
        assert draws() == first
    seed_everything(0)
    assert draws() != first
