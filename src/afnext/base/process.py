"""Facts about the process: which device, which number format, which seed. Nothing here is remembered; all is passed on."""

import random

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
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not present.get(device.type, False):
        raise RequestError(f"device {name!r} is not on this machine", do="leave it out to have one chosen")
    return device


def pick_dtype(name: str | torch.dtype | None, device: torch.device, stored: torch.dtype = torch.float32) -> torch.dtype:
    """The number format asked for, or the stored one where ``device`` computes in it at speed; else float32.

    Raises:
        RequestError: the name is not one of ``DTYPES``.
    """
    if isinstance(name, torch.dtype):
        return name
    if name is not None:
        if name not in DTYPES:
            raise RequestError(f"dtype {name!r}", expected=", ".join(DTYPES))
        return DTYPES[name]
    if device.type == "cuda":
        return stored if stored != torch.bfloat16 or torch.cuda.is_bf16_supported() else torch.float16
    if device.type == "mps":
        return stored
    fast = stored == torch.bfloat16 and cpu_computes_bfloat16()
    return stored if fast else torch.float32


def cpu_computes_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware (AMX or AVX512-BF16); without, it is a hundred times slower."""
    capability = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capability.get("avx512_bf16") or capability.get("amx_bf16") or capability.get("amx_tile"))


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and torch alike, for code that takes no generator (weight initialisation, dropout)."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
