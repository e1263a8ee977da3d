"""From a plan to sound: a stream of blocks whose memory does not grow with the recording."""

from collections.abc import Iterator

import numpy as np

from afnext.audio.spec import SAMPLE_RATE
from afnext.scenes.acoustics import noise
from afnext.scenes.acoustics.channel import transmit
from afnext.scenes.plan import Key, Plan, amplitude
from afnext.scenes.sources import Samples

BLOCK = 10 * SAMPLE_RATE
"""Samples of a block, unless told otherwise."""


def render(plan: Plan, block: int = BLOCK) -> Iterator[Samples]:
    """The recording as blocks of ``block`` samples (the last may be shorter), float32 within -1 to 1.

    The samples are the same bit for bit whatever the size of the blocks: noise first, then the events in order, then
    the channel.
    """
    return transmit(_mixed(plan, block), plan.scene.channel, plan.scene.world, plan.scene.seed)


def _mixed(plan: Plan, block: int) -> Iterator[Samples]:
    scene = plan.scene
    loaded: dict[Key, Samples] = {}
    for first in range(0, plan.samples, block):
        last = min(first + block, plan.samples)
        out = np.zeros(last - first, dtype=np.float32)
        if plan.noise is not None and scene.background is not None:
            level = amplitude(scene.background.level)
            out += noise.read(plan.noise, scene.world, first, last - first) * level
        sounding = [item for item in plan.placements if item.start < last and item.end > first]
        keys = {item.key for item in sounding}
        loaded = {key: sound for key, sound in loaded.items() if key in keys}
        for item in sounding:
            sound = loaded.get(item.key)
            if sound is None:
                sound = loaded[item.key] = plan.sound(item)
            begin, end = max(item.start, first), min(item.end, last)
            out[begin - first : end - first] += sound[begin - item.start : end - item.start] * np.float32(item.gain)
        yield out


def render_all(plan: Plan) -> Samples:
    """The whole recording; [samples]."""
    return next(render(plan, block=plan.samples))
