"""How places under the sky answer a click: the facades of a street, the trunks of a forest."""

import numpy as np

from afnext.audio.spec import SAMPLE_RATE
from afnext.scenes.acoustics.rooms import SOUND_SPEED, Answer, acoustics, from_click, mirrored
from afnext.scenes.worlds import Dice

STREET_ORDER = 10
"""Reflections from facade to facade."""
STREET_LENGTH = 80.0
"""Metres; its ends are open."""
FOREST_RADIUS = 60.0
"""Metres within which trunks throw the sound back."""
EARS = 1.6
"""Metres of the listener above the ground."""


def street(dice: Dice) -> Answer:
    """Two rows of houses over hard ground, open above and at both ends: a box whose other walls swallow everything."""
    size = [STREET_LENGTH, dice.between(9, 22), dice.between(9, 18)]
    facade, ground, open_air = dice.between(0.12, 0.4), 0.1, 1.0
    materials = acoustics().make_materials(
        ceiling=open_air, floor=ground, east=open_air, west=open_air, north=facade, south=facade
    )
    far = dice.any(3, 9)
    listener = np.array([STREET_LENGTH / 2, size[1] * dice.any(0.2, 0.8), EARS])
    source = np.array([STREET_LENGTH / 2 + far, size[1] * dice.any(0.2, 0.8), dice.any(0.5, 2.0)])
    metres = float(np.linalg.norm(source - listener))
    return from_click(mirrored(size, materials, STREET_ORDER, source, listener), metres=metres), metres


def forest(dice: Dice) -> Answer:
    """Hundreds of trunks, each of which throws a little of the sound back, the high part of it; and soft ground."""
    density, level, low = dice.between(0.03, 0.09), dice.between(-16, -8), dice.ratio(250, 700)
    count = round(density * np.pi * FOREST_RADIUS**2)
    metres = dice.any(3, 10)
    radius, angle = FOREST_RADIUS * np.sqrt(dice.rng.random(count)), 2 * np.pi * dice.rng.random(count)
    trunks = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    to_listener, to_source = (np.linalg.norm(trunks - [at, 0.0], axis=1) for at in (0.0, metres))
    later = (to_listener + to_source - metres) / SOUND_SPEED * SAMPLE_RATE
    near = (to_listener > 1.0) & (to_source > 1.0)
    height = metres / (to_listener * to_source) * dice.rng.uniform(0.5, 1.0, count)
    echoes = _taps(later[near], height[near])
    frequency = np.fft.rfftfreq(len(echoes), 1 / SAMPLE_RATE)
    echoes = np.fft.irfft(np.fft.rfft(echoes) * frequency**2 / (frequency**2 + low**2), len(echoes))
    echoes *= 10 ** (level / 20) / np.sqrt(np.sum(echoes**2))
    ground = (np.hypot(metres, 2 * EARS) - metres) / SOUND_SPEED * SAMPLE_RATE
    echoes += _taps(np.array([ground]), np.array([dice.any(0.15, 0.35)]), len(echoes))
    echoes[0] = 1.0
    return from_click(echoes, metres=None), metres


def _taps(later: np.ndarray, height: np.ndarray, count: int | None = None) -> np.ndarray:
    """Clicks of these heights at these fractional samples, each as a windowed sinc; [count]."""
    reach = 16
    count = count or int(later.max()) + reach + 2
    around = np.arange(-reach, reach + 1)
    place = np.floor(later).astype(int)[:, None] + around
    distance = place - later[:, None]
    values = height[:, None] * np.sinc(distance) * np.cos(np.pi / 2 * distance / (reach + 1)) ** 2
    inside = (place > 0) & (place < count)
    out = np.zeros(count)
    np.add.at(out, place[inside], values[inside])
    return out
