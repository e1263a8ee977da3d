"""Blocks of mono sound at a recording's own rate: what every reader yields, and the reader of arrays.

Channels are averaged here, for all readers alike: FFmpeg's own mixing of floats to mono, for one, is louder by 3 dB.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from afnext.base.errors import AudioError

FloatArray = npt.NDArray[np.float32]

Remark = Callable[[str], object]
"""Told in one sentence what of a damaged recording could not be used."""

# Values (samples x channels) read at a time: half a MB of float32, little to waste where only a short part is wanted.
BLOCK_VALUES = 1 << 17


class Block(NamedTuple):
    """Consecutive samples.

    Attributes:
        rate: samples a second.
        samples: mono, [n].
    """

    rate: int
    samples: FloatArray


def array_blocks(array: Any, rate: float, name: str, lead: int) -> Iterator[Block]:
    """Blocks of ``array`` ([n], [n, channels] or [channels, n]: channels are the shorter side), from ``lead`` s on."""
    try:
        values = np.asarray(array)
    except (TypeError, RuntimeError) as error:  # a tensor on a GPU, or one with a gradient
        raise AudioError(f"{name} cannot be read ({error})", expected="a NumPy array or a plain CPU tensor") from None
    if values.ndim == 2 and values.shape[0] < values.shape[1]:
        values = values.T
    if values.ndim not in (1, 2) or values.dtype.kind not in "fiu":
        raise AudioError(
            f"{name} has shape {list(values.shape)} and type {values.dtype}",
            expected="real numbers of shape [samples] or [samples, channels]",
        )
    if not float(rate).is_integer():
        raise AudioError(f"the rate of {name} is {rate}", expected="a whole number of samples a second")
    if values.ndim == 1:
        values = values[:, None]
    step = max(1, BLOCK_VALUES // max(1, values.shape[1]))
    for start in range(lead * int(rate), len(values), step):
        yield Block(int(rate), mono(values[start : start + step]))


def mono(values: npt.NDArray[Any]) -> FloatArray:
    """The mean over channels of [n, channels], integers scaled to [-1, 1)."""
    kind, itemsize, channels = values.dtype.kind, values.dtype.itemsize, values.shape[1]
    # Values that are no sound (infinite, or beyond float32) pass silently: whoever reads the blocks looks for them.
    with np.errstate(over="ignore", invalid="ignore"):
        floats = values.astype(np.float32, copy=False)
        if kind != "f":
            half = np.float32(2 ** (8 * itemsize - 1))
            floats = (floats - half if kind == "u" else floats) / half
        if channels == 1:
            return np.ascontiguousarray(floats[:, 0])
        return floats @ np.full(channels, 1 / channels, np.float32)
