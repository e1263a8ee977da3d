"""Facts about the process: which device, which number format, which seed. Nothing is remembered; all is passed on."""

import random
from collections.abc import Mapping

import numpy as np
import torch

from afnext.base.errors import RequestError

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def pick_device(name: str | torch.device | None = None) -> torch.device:
    """The device asked for, or the best at hand: CUDA, then MPS, then CPU.

    Raises:
        RequestError: the device is unknown or not present.
    """
    if name is None:
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise RequestError(f"device {name!r}", expected="cpu, cuda, cuda:N or mps") from error
    count = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if (device.index or 0) >= count.get(device.type, 0):
        raise RequestError(f"device {name!r} is not on this machine", do="leave it out to have one chosen")
    return device


def pick_dtype(
    name: str | torch.dtype | None, device: torch.device, stored: torch.dtype = torch.float32
) -> torch.dtype:
    """The number format asked for, or the stored one where ``device`` computes in it at speed; else float32.

    Raises:
        RequestError: it is not one of ``DTYPES``.
    """
    if name is not None:
        asked = str(name).removeprefix("torch.")
        if asked not in DTYPES:
            raise RequestError(f"dtype {asked!r}", expected=", ".join(DTYPES))
        return DTYPES[asked]
    if device.type == "cuda":
        return torch.float16 if stored == torch.bfloat16 and not torch.cuda.is_bf16_supported() else stored
    if device.type == "mps":
        return stored
    fast = stored == torch.bfloat16 and cpu_computes_bfloat16()
    return stored if fast else torch.float32


def cpu_computes_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware; without, a product takes 20 to 90 times as long as float32."""
    read = getattr(torch.cpu, "get_capabilities", dict)  # torch 2.11 need not have it: then float32
    capability: Mapping[str, bool] = read()
    # x86: AVX512-BF16 or AMX (whose tiles alone are not enough: they may hold only int8). ARM: the BF16 extension.
    return any(capability.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and torch alike, for code that takes no generator (weight initialisation, dropout)."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
