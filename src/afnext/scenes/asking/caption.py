"""A scene told in one to three sentences, and as the plain list of its events."""

import numpy as np

from afnext.dialogue.timestamps import format_span
from afnext.scenes.asking.phrasing import cited, mention, pick, span
from afnext.scenes.scene import Event, Scene

MOST_TOLD = 10
"""Events told one by one; of more, a caption tells how often each label is heard."""
MOST_LABELS = 8
"""Labels in such a summary, the most frequent ones."""
AUDIBLE_NOISE = 25.0
"""Highest ratio in dB from the background to the quietest event at which a caption mentions the background."""
NOTHING = "nothing"
"""The list of events of a scene without any."""

SINGLES = ("You hear {it}.", "All you hear is {it}.", "The recording holds one thing: {it}.")
CHAINS = (
    ("You hear ", ", then ", ", and finally "),
    ("The recording begins with ", ", followed by ", ", and ends with "),
    ("At first you hear ", ", then ", ", and at last "),
    ("It starts with ", ", after that ", ", and then "),
)
"""Of a sentence about several events: how it opens, what joins them, what leads to the last."""
SECOND_CHAIN = ("You then hear ", ", then ", ", and finally ")
ONE_SENTENCE = 5
"""Most events told in one sentence."""
BACKGROUNDS = (
    "There is {noise} in the background.",
    "Underneath lies {noise}.",
    "Throughout, {noise} is heard in the background.",
)


def events_answer(scene: Scene, start: float = 0.0, end: float = float("inf")) -> str:
    """The events that lie between ``start`` and ``end`` seconds: "dog barking <t>1.2-2.0</t>; piano <t>6.0-9.5</t>"."""
    told = [event for event in scene.events if start <= event.start and event.end <= end]
    return "; ".join(f"{event.label} {span(event)}" for event in told) or NOTHING


def caption(scene: Scene, rng: np.random.Generator) -> str:
    """One to three sentences with the time of everything told; words that were said are quoted."""
    told = [_told(event) for event in scene.events]
    if not told:
        sentences = ["Nothing happens."]
    elif len(told) > MOST_TOLD:
        sentences = [_summary(scene)]
    elif len(told) == 1:
        sentences = [pick(rng, SINGLES).format(it=told[0])]
    elif len(told) <= ONE_SENTENCE:
        opening, joint, ending = pick(rng, CHAINS)
        sentences = [opening + joint.join(told[:-1]) + ending + told[-1] + "."]
    else:
        half = (len(told) + 1) // 2
        opening, joint, _ = pick(rng, CHAINS)
        sentences = [opening + joint.join(told[:half]) + "."]
        opening, joint, ending = SECOND_CHAIN
        sentences.append(opening + joint.join(told[half:-1]) + ending + told[-1] + ".")
    noise = scene.background
    if noise is not None and (noise.snr <= AUDIBLE_NOISE or not scene.events):
        sentences.append(pick(rng, BACKGROUNDS).format(noise=noise.kind))
    return " ".join(sentences)


def _told(event: Event) -> str:
    if event.kind == "speech" and event.text:
        return f'{event.label.replace("speaking", "saying")} "{event.text}" ({span(event)})'
    return cited(event)


def _summary(scene: Scene) -> str:
    groups: dict[str, list[Event]] = {}
    for event in scene.events:
        groups.setdefault(event.label, []).append(event)
    frequent = sorted(groups.values(), key=len, reverse=True)[:MOST_LABELS]
    parts = []
    for group in sorted(frequent, key=lambda events: events[0].start):
        times = {1: "once", 2: "twice"}.get(len(group), f"{len(group)} times")
        whole = format_span(group[0].start, max(event.end for event in group))
        parts.append(f"{mention(group[0].label)} {times} ({whole})")
    others = ", among other sounds" if len(groups) > MOST_LABELS else ""
    listed = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
    return f"In {scene.duration:.1f} seconds you hear {listed}{others}."
