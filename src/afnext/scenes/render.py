"""From a plan to sound: a stream of blocks whose memory does not grow with the recording."""

from collections.abc import Iterator

import numpy as np

from afnext.audio.spec import SAMPLE_RATE
from afnext.scenes import noise
from afnext.scenes.compose import Plan, amplitude, heard
from afnext.scenes.sources import Samples

BLOCK = 10 * SAMPLE_RATE
"""Samples of a block, unless told otherwise."""


def render(plan: Plan, block: int = BLOCK) -> Iterator[Samples]:
    """The recording as blocks of ``block`` samples (the last may be shorter), float32 within -1 to 1.

    The samples are the same bit for bit whatever the size of the blocks: noise first, then the events in order.
    """
    scene = plan.scene
    loaded: dict[tuple[int, int], Samples] = {}
    for first in range(0, plan.samples, block):
        last = min(first + block, plan.samples)
        out = np.zeros(last - first, dtype=np.float32)
        if plan.noise is not None and scene.background is not None:
            level = amplitude(scene.background.level)
            out += noise.read(plan.noise, scene.world, first, last - first) * level
        sounding = [item for item in plan.placements if item.start < last and item.end > first]
        addresses = {item.source.address for item in sounding}
        loaded = {address: sound for address, sound in loaded.items() if address in addresses}
        for item in sounding:
            address = item.source.address
            sound = plan.kept.get(address)
            if sound is None:
                sound = loaded.get(address)
            if sound is None:
                sound = loaded[address] = heard(item.source, plan.sources, plan.response)
            begin, end = max(item.start, first), min(item.end, last)
            out[begin - first : end - first] += sound[begin - item.start : end - item.start] * np.float32(item.gain)
        yield out


def render_all(plan: Plan) -> Samples:
    """The whole recording; [samples]."""
    return next(render(plan, block=plan.samples))
