"""Questions about several recordings at once: which one, in how many, the same or not, and what differs."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from afnext.scenes.asking.phrasing import mention, shuffled
from afnext.scenes.asking.skills.counting import near_numbers
from afnext.scenes.asking.skills.draft import Draft, Timed
from afnext.scenes.asking.skills.facts import APART, Facts
from afnext.scenes.asking.skills.speech import pointable
from afnext.scenes.asking.skills.text import MOST_COUNTED, NTH, at, ats, quoted
from afnext.scenes.asking.skills.topics import stretch
from afnext.scenes.asking.wording import Worded

MOST_TRIED = 8
FASTER = 1.2
"""How many times as fast the music of one recording must be as that of any other."""

Clips = Sequence[Facts]
"""The facts of several recordings, in the order in which they are given."""
AskClips = Callable[[Clips, np.random.Generator], Iterator[Draft]]


@dataclass(frozen=True)
class Found:
    """Something in recording ``clip``, from 0."""

    clip: int
    piece: Timed


def named(number: int) -> str:
    """How recording ``number``, from 0, is called."""
    return f"the {NTH[number]} recording"


def draft(asked: Worded, answer: str, found: Sequence[Found], trace: str, near: Sequence[str]) -> Draft:
    """A draft whose evidence lies in several recordings."""
    pieces, numbers = [one.piece for one in found], tuple(one.clip for one in found)
    return Draft(asked, answer, pieces, trace, near, clips=numbers)


def one_of(clips: Clips, asked: Worded, right: int, found: Sequence[Found], trace: str) -> Draft:
    """A draft whose answer is one of the recordings."""
    near = [named(number) for number in range(len(clips)) if number != right]
    return draft(asked.of_form(f"{asked.form} of {len(clips)}"), named(right), found, trace, near)


def labels(clips: Clips) -> list[str]:
    """What is heard in some, and surely heard or surely not heard in each."""
    every = dict.fromkeys(label for one in clips for label in one.of_label)
    return [label for label in every if all(label in one.of_label or one.lacks(label) for one in clips)]


def has(clips: Clips, label: str) -> list[int]:
    """The recordings that hold ``label``."""
    return [number for number, one in enumerate(clips) if label in one.of_label]


def _report(clips: Clips, label: str) -> tuple[str, list[Found]]:
    """Where ``label`` is heard and where not, recording by recording, and the evidence."""
    told, found, x = list[str](), list[Found](), mention(label)
    for number, one in enumerate(clips):
        events = one.of_label.get(label, [])
        if events:
            told.append(f"In {named(number)} I hear {x} at {ats(events)}.")
        else:
            told.append(f"In {named(number)} I do not hear {x} ({at(one.whole)}).")
        heard: Sequence[Timed] = events or [one.whole]
        found += [Found(number, piece) for piece in heard]
    return " ".join(told), found


def which_clip(clips: Clips, rng: np.random.Generator) -> Iterator[Draft]:
    """The one recording that holds something, and the one that does not."""
    for label in shuffled(rng, labels(clips))[:MOST_TRIED]:
        have = has(clips, label)
        lack = [number for number in range(len(clips)) if number not in have]
        trace, found = _report(clips, label)
        for side, chosen in (("with", have), ("without", lack)):
            if len(chosen) == 1 and len(clips) > 1:
                asked = clips[0].say(rng, f"which_clip {side}", x=mention(label))
                yield one_of(clips, asked, chosen[0], found, trace)


def count_clips(clips: Clips, rng: np.random.Generator) -> Iterator[Draft]:
    """In how many of the recordings something is heard."""
    for label in shuffled(rng, labels(clips))[:MOST_TRIED] if len(clips) > 2 else []:
        trace, found = _report(clips, label)
        count = len(has(clips, label))
        near = [number for number in near_numbers(count) if int(number) <= len(clips)]
        asked = clips[0].say(rng, "count_clips", x=mention(label)).of_form(f"count_clips of {len(clips)}")
        yield draft(asked, str(count), found, trace, near)


def clip_most(clips: Clips, rng: np.random.Generator) -> Iterator[Draft]:
    """The recording in which something is heard most often."""
    for label in shuffled(rng, labels(clips))[:MOST_TRIED]:
        counts = [len(one.of_label.get(label, [])) for one in clips]
        if counts.count(max(counts)) != 1 or max(counts) > 2 * MOST_COUNTED or sum(count > 0 for count in counts) < 2:
            continue
        trace, found = _report(clips, label)
        asked = clips[0].say(rng, "clip_most", x=mention(label))
        yield one_of(clips, asked, counts.index(max(counts)), found, trace)


def clip_soonest(clips: Clips, rng: np.random.Generator) -> Iterator[Draft]:
    """The recording in which something is heard soonest after its beginning."""
    for label in shuffled(rng, labels(clips))[:MOST_TRIED]:
        if len(has(clips, label)) < len(clips):
            continue
        firsts = [one.of_label[label][0] for one in clips]
        starts = sorted(event.start for event in firsts)
        if starts[1] - starts[0] < 2 * APART:
            continue
        told = [
            f"In {named(number)} I first hear {mention(label)} at {at(event)}." for number, event in enumerate(firsts)
        ]
        right = min(range(len(firsts)), key=lambda number: firsts[number].start)
        found = [Found(number, event) for number, event in enumerate(firsts)]
        asked = clips[0].say(rng, "clip_soonest", x=mention(label))
        yield one_of(clips, asked, right, found, " ".join(told))


def clip_said(clips: Clips, rng: np.random.Generator) -> Iterator[Draft]:
    """The recording in which certain words are said."""
    for number, one in enumerate(clips):
        for event in shuffled(rng, pointable(one))[:2]:
            text = (event.text or "").lower()
            elsewhere = [said for other in clips if other is not one for said in other.scene.events if said.text]
            if any(text in (said.text or "").lower() for said in elsewhere):
                continue
            trace = f"In {named(number)} I hear {quoted(event)}."
            asked = clips[0].say(rng, "clip_said", q=event.text or "")
            yield one_of(clips, asked, number, [Found(number, event)], trace)


def clip_topic(clips: Clips, rng: np.random.Generator) -> Iterator[Draft]:
    """The recording that is about a topic, where each holds one talk."""
    if not all(len(one.scene.talks) == 1 and one.heard_all(one.scene.talks[0].events) for one in clips):
        return
    topics = [one.scene.talks[0].topic for one in clips]
    spans = [stretch(one, one.scene.talks[0]) for one in clips]
    if len({topic.lower() for topic in topics}) < len(topics):
        return
    told = [
        f"{named(number).capitalize()} is about {topic} ({at(span)})."
        for number, (topic, span) in enumerate(zip(topics, spans, strict=True))
    ]
    for number, topic in enumerate(topics):
        found = [Found(index, span) for index, span in enumerate(spans)]
        asked = clips[0].say(rng, "clip_topic", about=topic)
        yield one_of(clips, asked, number, found, " ".join(told))


def clip_faster(clips: Clips, rng: np.random.Generator) -> Iterator[Draft]:
    """The recording whose music is fastest, or slowest, where each holds one steady piece."""
    steady = [
        one.scene.pieces[0]
        for one in clips
        if len(one.scene.pieces) == 1
        and len({tempo.bpm for tempo in one.scene.pieces[0].tempos}) == 1
        and one.heard_all(one.scene.pieces[0].events)
    ]
    if len(steady) < len(clips):
        return
    speeds = [piece.tempos[0].bpm for piece in steady]
    told = [
        f"The music of {named(number)} has about {piece.tempos[0].bpm:.0f} beats a minute ({at(piece)})."
        for number, piece in enumerate(steady)
    ]
    found = [Found(number, piece) for number, piece in enumerate(steady)]
    for side, ordered in (("fastest", sorted(speeds, reverse=True)), ("slowest", sorted(speeds))):
        if max(ordered[:2]) >= FASTER * min(ordered[:2]):
            asked = clips[0].say(rng, f"clip_speed {side}")
            yield one_of(clips, asked, speeds.index(ordered[0]), found, " ".join(told))


def clip_speaker(clips: Clips, rng: np.random.Generator) -> Iterator[Draft]:
    """Whether the same person speaks in two recordings with one speaker each."""
    voices = [{(speaker.voice, speaker.accent) for speaker in one.scene.speakers} for one in clips]
    known = all(one.speech and not one.hidden and all(event.speaker for event in one.speech) for one in clips)
    if len(clips) != 2 or not known or any(len(voice) != 1 for voice in voices):
        return
    same = voices[0] == voices[1]
    if not same and {voice for voice, _ in voices[0]} == {voice for voice, _ in voices[1]}:
        return  # one person with two accents
    first, second = clips[0].speech[0], clips[1].speech[0]
    trace = f"In {named(0)} I hear a voice at {at(first)}. "
    trace += f"In {named(1)} I hear {'the same one' if same else 'another one'} at {at(second)}."
    asked = clips[0].say(rng, "clip_speaker")
    found = [Found(0, first), Found(1, second)]
    yield draft(asked, "yes" if same else "no", found, trace, ("no" if same else "yes",))
