"""How labels and times are spelt, and how questions are put: the words of :mod:`afnext.scenes.asking.questions`."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np

from afnext.dialogue.timestamps import format_span
from afnext.scenes.scene import Event
from afnext.scenes.sources import LABELS

Item = TypeVar("Item")

MASS_NOUNS = ("rain", "wind", "thunder", "hail", "water")
"""First words of labels without an article, besides plurals and activities ("footsteps", "typing on a keyboard")."""

NO_ACTIVITIES = ("sewing machine",)
"""Labels with an article whose first word looks like an activity."""

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")

PARAPHRASES: dict[str, tuple[str, ...]] = {
    "events": (
        "What happens, and when?",
        "What do you hear, and when?",
        "List every sound with its time.",
        "Name all events in the recording and give their times.",
        "Which sounds occur, and from when to when?",
    ),
    "events between": (
        "What happens between {a} and {b} seconds, and when?",
        "List every sound between {a} and {b} seconds with its time.",
        "Which sounds occur between {a} and {b} seconds, and from when to when?",
    ),
    "when": (
        "When do you hear {x}?",
        "At what time do you hear {x}?",
        "Find {x}.",
        "Give the time of {x}.",
        "From when to when do you hear {x}?",
    ),
    "when again": (
        "When do you hear {x} for the {n} time?",
        "Give the time of {x}, the {n} time it is heard.",
        "You hear {x} several times. When is the {n}?",
    ),
    "count": (
        "How many times do you hear {x}?",
        "How often do you hear {x}?",
        "Count how many times you hear {x}.",
        "What is the number of times you hear {x}?",
    ),
    "order_first": (
        "Which comes first, {x} or {y}?",
        "What do you hear first, {x} or {y}?",
        "Which of these starts first: {x} or {y}?",
        "{x} or {y}: which is heard first?",
    ),
    "order_first of all": (
        "What do you hear first?",
        "What is the first thing you hear?",
        "Which sound starts the recording?",
        "What comes first?",
    ),
    "order_list": (
        "In what order do you hear these: {list}?",
        "Put these in the order in which they are heard: {list}.",
        "Sort these by when they start: {list}.",
        "Which comes when? Give the order of {list}.",
    ),
    "instrument": (
        "Which instrument plays?",
        "What instrument do you hear?",
        "Name the instrument.",
        "Which instrument is being played in the recording?",
    ),
    "instrument at": (
        "Which instrument plays at {t}?",
        "What instrument do you hear at {t}?",
        "Name the instrument at {t}.",
    ),
    "transcript": (
        "Transcribe the input speech.",
        "What is said?",
        "What words are spoken?",
        "Write down what is said.",
    ),
    "transcript of": (
        "What does the {who} say?",
        "Write down the words of the {who}.",
        "Transcribe what the {who} says.",
    ),
    "transcript at": (
        "What is said at {t}?",
        "Transcribe the speech at {t}.",
        "Which words are spoken at {t}?",
    ),
    "timed_transcript": (
        "Transcribe the speech with times.",
        "Write down what is said, and when.",
        "Transcribe the spoken content to written English text. "
        "Provide segment-level timestamps for the transcription.",
    ),
    "timed_transcript between": (
        "Transcribe the speech between {a} and {b} seconds with times.",
        "Write down what is said between {a} and {b} seconds, and when.",
    ),
    "duration": (
        "How long do you hear {x}?",
        "For how many seconds do you hear {x}?",
        "How many seconds of {x} are there?",
        "You hear {x}. How long does it last?",
    ),
    "before_after before": (
        "What do you hear right before {x}?",
        "What comes just before {x}?",
        "What is the last thing you hear before {x}?",
    ),
    "before_after after": (
        "What do you hear right after {x}?",
        "What comes just after {x}?",
        "What is the next thing you hear after {x}?",
    ),
    "presence": (
        "Do you hear {x}?",
        "Can you hear {x}?",
        "Tell me whether you hear {x}.",
        "Does the recording contain {x}?",
    ),
    "speaker": (
        "Who speaks, a man or a woman?",
        "Is it a man or a woman who speaks?",
        "Do you hear the voice of a man or of a woman?",
    ),
    "speaker at": (
        "Who speaks at {t}, a man or a woman?",
        "Is it a man or a woman who speaks at {t}?",
    ),
    "caption": (
        "Describe the recording.",
        "Generate a caption for the input audio.",
        "Generate a detailed caption for the input audio.",
        "What is going on in this recording? Describe it with times.",
        "Write a time segmented caption of the input audio capturing sound, speech and music details.",
    ),
}
"""By skill, and by the form a skill's question takes."""

OPTIONS = "Choose the correct option from the following options:"
"""Stands before the options of a multiple-choice question, as in Audio Flamingo 3's data."""


def pick(rng: np.random.Generator, items: Sequence[Item]) -> Item:
    """One of ``items``."""
    return items[int(rng.integers(len(items)))]


def shuffled(rng: np.random.Generator, items: Sequence[Item]) -> list[Item]:
    """``items`` in random order."""
    return [items[index] for index in rng.permutation(len(items))]


def phrase(rng: np.random.Generator, form: str, **slots: str) -> str:
    """A question of ``form``, its slots filled in, beginning with a capital."""
    text = pick(rng, PARAPHRASES[form]).format(**slots)
    return text[0].upper() + text[1:]


def mention(label: str) -> str:
    """A label within a sentence: "a dog barking", "an alarm clock beeping", "rain", "a man speaking", "the piano"."""
    if label in LABELS["music"]:
        return f"the {label}"
    first, *_ = label.split()
    if first in ("a", "an", *MASS_NOUNS) or (first.endswith(("s", "ing")) and label not in NO_ACTIVITIES):
        return label
    return f"an {label}" if first[0] in "aeiou" else f"a {label}"


def span(event: Event) -> str:
    """``<t>1.2-2.0</t>``."""
    return format_span(event.start, event.end)


def cited(event: Event) -> str:
    """An event with its time: "a dog barking (<t>1.2-2.0</t>)"."""
    return f"{mention(event.label)} ({span(event)})"


def in_turn(events: Iterable[Event]) -> str:
    """What was heard, one after the other, each with its time; a sentence."""
    return "I hear " + ", then ".join(cited(event) for event in events) + "."


def capitalised(text: str) -> str:
    """With a capital in front."""
    return text[:1].upper() + text[1:]
