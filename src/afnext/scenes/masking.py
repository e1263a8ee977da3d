"""Which events cannot be heard because others, the background or the channel leave nothing of them.

Every tenth of a second, the energy of an event in each critical band is compared with that of everything else there. A
band in which it is the stronger one rises by 3 dB or more because of it: that is heard, and seen in a mel spectrum.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from afnext.audio.spec import SAMPLE_RATE
from afnext.scenes.acoustics import microphone, noise
from afnext.scenes.acoustics.channel import WAYS
from afnext.scenes.plan import Placement, Plan, amplitude
from afnext.scenes.scene import Event
from afnext.scenes.sources import Samples

FRAME = SAMPLE_RATE // 10
"""Samples that are judged as one."""
FFT = 1024
HOP = FRAME // 4
LOWEST = 60.0
"""Hertz at which the first band begins."""
MARGIN_DB = 0.0
"""From the rest of a band up to an event that stands out in it."""
OWN_BANDS_DB = 20.0
"""How far below its strongest band the bands of an event reach, in each frame."""
OWN_FRAMES_DB = 20.0
"""How far below its loudest frame its frames reach."""
ENOUGH_BANDS = 0.25
"""Share of its bands that must stand out for it to be heard in a frame."""
AUDIBLE = 0.3
"""Share of its frames in which an event must be heard to be heard at all."""
BLAMED = 0.2
"""Share of the frames lost in which another event must be the loudest to be named."""

Energy = NDArray[np.float64]
"""Mean power in each frame and band, [frames, bands]."""


def audible(event: Event, share: float = AUDIBLE) -> bool:
    """Whether ``event`` can be heard for at least this share of its time, by the truth that ``with_masks`` wrote."""
    return not event.masked_by and event.clear >= share


def with_masks(plan: Plan) -> Plan:
    """The same plan, its events told how clear they are and which others mask them."""
    spectra = [_spectrum(plan, item) for item in plan.placements]
    events = []
    for number, (event, own) in enumerate(zip(plan.scene.events, spectra, strict=True)):
        others = [index for index, other in enumerate(spectra) if index != number and other.meets(own)]
        clear, blamed = _judge(own, [spectra[index] for index in others], _background(plan, own), _passing(plan))
        masks = tuple(others[index] for index in blamed) if clear < AUDIBLE else ()
        events.append(event.model_copy(update={"clear": clear, "masked_by": masks}))
    return replace(plan, scene=plan.scene.model_copy(update={"events": tuple(events)}))


@dataclass(frozen=True)
class Spectrum:
    """What one event gives, from the frame ``first`` of the scene on."""

    first: int
    energy: Energy

    @property
    def last(self) -> int:
        """The frame after its last."""
        return self.first + len(self.energy)

    def meets(self, other: "Spectrum") -> bool:
        """Whether they share a frame."""
        return self.first < other.last and other.first < self.last

    def within(self, other: "Spectrum") -> Energy:
        """Its energy in the frames of ``other``."""
        out = np.zeros_like(other.energy)
        begin, end = max(self.first, other.first), min(self.last, other.last)
        out[begin - other.first : end - other.first] = self.energy[begin - self.first : end - self.first]
        return out


def _judge(
    own: Spectrum, others: Sequence[Spectrum], background: Energy, passing: NDArray[np.bool_]
) -> tuple[float, list[int]]:
    """The share of frames in which ``own`` is heard, and which of ``others`` are to blame for the rest."""
    loudness = own.energy.sum(1)
    active = loudness > loudness.max() * 10 ** (-OWN_FRAMES_DB / 10)
    bands = own.energy > own.energy.max(1, keepdims=True) * 10 ** (-OWN_BANDS_DB / 10)
    bands &= passing & active[:, None]
    beside = np.array([other.within(own) for other in others]).reshape(len(others), *own.energy.shape)
    stands_out = bands & (own.energy > (beside.sum(0) + background) * 10 ** (MARGIN_DB / 10))
    heard = (stands_out.sum(1) >= ENOUGH_BANDS * bands.sum(1)) & stands_out.any(1)
    lost = active & ~heard
    in_bands = np.concatenate([(background * bands).sum(1)[None], (beside * bands).sum(2)])
    loudest = np.where(bands.any(1), in_bands.argmax(0), 0)[lost]  # 0: the background, or nothing passes
    blamed = [index for index in range(len(others)) if np.sum(loudest == index + 1) >= BLAMED * max(1, lost.sum())]
    return float(heard.sum() / active.sum()), blamed


def _spectrum(plan: Plan, item: Placement) -> Spectrum:
    first = item.start // FRAME
    sound = np.zeros((-(-item.end // FRAME) - first) * FRAME, np.float32)
    sound[item.start - first * FRAME :][: item.length] = plan.sound(item) * np.float32(item.gain)
    return Spectrum(first, band_energy(sound))


def _background(plan: Plan, own: Spectrum) -> Energy:
    """What sounds under an event: the noise of the place, and wind on the microphone."""
    scene, first, count = plan.scene, own.first * FRAME, len(own.energy) * FRAME
    sound = np.zeros(count, np.float32)
    if plan.noise is not None and scene.background is not None:
        sound += noise.read(plan.noise, scene.world, first, count) * amplitude(scene.background.level)
    if scene.channel.wind is not None:
        sound += microphone.wind(scene.world, scene.seed, first, count) * amplitude(scene.channel.wind)
    return band_energy(sound) if sound.any() else np.zeros_like(own.energy)


def _passing(plan: Plan) -> NDArray[np.bool_]:
    """Which bands the channel lets through."""
    edges = _edges() * SAMPLE_RATE / FFT
    centres = (edges[:-1] + edges[1:]) / 2
    way = WAYS.get(plan.scene.channel.kind)
    low, high = way.band if way is not None else (0.0, SAMPLE_RATE / 2)
    passing: NDArray[np.bool_] = (centres >= low) & (centres <= high)
    return passing


def band_energy(sound: Samples) -> Energy:
    """The mean power of ``sound`` [n] in each tenth of a second and critical band; [n / FRAME, bands]."""
    frames = len(sound) // FRAME
    before = (FFT - HOP) // 2  # four windows a frame, the first centred on its first eighth
    padded = np.pad(sound, (before, FFT))
    windows = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP][: 4 * frames]
    window = np.hanning(FFT).astype(np.float32)
    edges = _edges()
    energy = np.empty((4 * frames, len(edges) - 1))
    for first in range(0, len(windows), 512):
        spectrum = np.fft.rfft(windows[first : first + 512] * window)
        power = spectrum.real**2 + spectrum.imag**2
        energy[first : first + 512] = np.add.reduceat(power[:, : edges[-1]], edges[:-1], axis=1)
    scaled: Energy = energy.reshape(frames, 4, -1).mean(1) / np.sum(window**2) / FFT * 2
    return scaled


@lru_cache(maxsize=1)
def _edges() -> NDArray[np.intp]:
    """The Fourier bins between which the bands lie, each about as wide as the ear's (Glasberg and Moore, 1990)."""
    low, high = (21.4 * np.log10(1 + 0.00437 * hertz) for hertz in (LOWEST, SAMPLE_RATE / 2))
    scale = np.linspace(low, high, round(high - low) + 1)
    bins = np.round((10 ** (scale / 21.4) - 1) / 0.00437 * FFT / SAMPLE_RATE).astype(np.intp)
    return np.unique(bins)
