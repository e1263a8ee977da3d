"""What can be asked about a scene: one function a skill, from the facts to a question beyond doubt, or to None."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from afnext.scenes.caption import caption, events_answer
from afnext.scenes.phrasing import ORDINALS, capitalised, cited, in_turn, mention, phrase, pick, shuffled, span
from afnext.scenes.scene import Event, Scene
from afnext.scenes.sources import LABELS

APART = 0.3
"""Seconds by which onsets must differ for their order to be asked."""
MOST_COUNTED = 6
MOST_LISTED = 12
"""Events in a list; of a scene with more, a section is asked about."""
MOST_SAID = 6
"""Sentences in a transcript; of a scene with more, a section is asked about."""
SECTION = (15, 30)
"""Seconds of a section, shortest and longest."""
LIKE_NOISE = (
    *("rain", "wind", "thunder", "engine running", "helicopter", "waves on a shore", "stream flowing", "airplane"),
    *("car passing", "vacuum cleaner", "hair dryer", "tap running", "lawn mower", "crowd applauding"),
)
"""Labels that a steady background could be taken for."""


@dataclass(frozen=True)
class Draft:
    """A question before it is decided whether options are offered; ``near`` are wrong answers, the nearest first."""

    text: str
    answer: str
    evidence: Sequence[Event]
    trace: str | None = None
    near: Sequence[str] = ()


class Facts:
    """A scene, sorted out for asking."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.events = scene.events
        self.of_label: dict[str, list[Event]] = {}
        for event in scene.events:
            self.of_label.setdefault(event.label, []).append(event)
        self.once = [events[0] for events in self.of_label.values() if len(events) == 1]
        self.speech = [event for event in scene.events if event.kind == "speech" and event.text]
        self.music = [event for event in scene.events if event.kind == "music"]

    def near_labels(self, label: str, rng: np.random.Generator) -> list[str]:
        """Other labels, mentioned: those in the scene first, then those of the same kind."""
        kind = next(kind for kind, labels in LABELS.items() if label in labels)
        inside = [other for other in self.of_label if other != label]
        akin = [other for other in LABELS[kind] if other != label and other not in inside]
        return [mention(other) for other in [*inside, *shuffled(rng, akin)]]

    def section(self, rng: np.random.Generator) -> tuple[int, int] | None:
        """Whole seconds between which a few events lie, and at which none is cut."""
        for _ in range(20):
            start = int(rng.integers(0, max(1, int(self.scene.duration) - SECTION[0])))
            end = min(start + int(rng.integers(SECTION[0], SECTION[1] + 1)), int(self.scene.duration))
            cut = any(event.start < edge < event.end for event in self.events for edge in (start, end))
            inside = sum(start <= event.start and event.end <= end for event in self.events)
            if not cut and 1 <= inside <= MOST_LISTED:
                return start, end
        return None


def _apart(earlier: Event, later: Event) -> bool:
    return later.start - earlier.start > APART


def _alone(event: Event, others: Sequence[Event]) -> bool:
    """Whether none of ``others`` sounds while ``event`` does."""
    return not any(other is not event and other.start < event.end and event.start < other.end for other in others)


def _events(facts: Facts, rng: np.random.Generator) -> Draft | None:
    if len(facts.events) <= MOST_LISTED:
        return Draft(phrase(rng, "events"), events_answer(facts.scene), facts.events)
    section = facts.section(rng)
    if section is None:
        return None
    start, end = section
    inside = [event for event in facts.events if start <= event.start and event.end <= end]
    text = phrase(rng, "events between", a=str(start), b=str(end))
    return Draft(text, events_answer(facts.scene, start, end), inside)


def _when(facts: Facts, rng: np.random.Generator) -> Draft | None:
    groups = [events for events in facts.of_label.values() if len(events) <= MOST_COUNTED]
    if not groups:
        return None
    events = pick(rng, groups)
    x = mention(events[0].label)
    if len(events) > 1 and rng.random() < 0.5:
        number = int(rng.integers(len(events)))
        trace = f"{in_turn(events[: number + 1])} That is the {ORDINALS[number]} time."
        return Draft(phrase(rng, "when again", x=x, n=ORDINALS[number]), span(events[number]), [events[number]], trace)
    return Draft(phrase(rng, "when", x=x), "; ".join(map(span, events)), events, in_turn(events))


def _count(facts: Facts, rng: np.random.Generator) -> Draft | None:
    counts = sorted({len(events) for events in facts.of_label.values() if len(events) <= MOST_COUNTED})
    if not counts:
        return None
    count = pick(rng, counts)  # first how many, then of what: ones would outnumber all else
    events = pick(rng, [events for events in facts.of_label.values() if len(events) == count])
    near = sorted((number for number in range(1, MOST_COUNTED + 2) if number != count), key=lambda n: abs(n - count))
    text = phrase(rng, "count", x=mention(events[0].label))
    return Draft(text, str(count), events, f"{in_turn(events)} That makes {count}.", [str(number) for number in near])


def _order_first(facts: Facts, rng: np.random.Generator) -> Draft | None:
    firsts = [events[0] for events in facts.of_label.values()]
    opening = facts.events[:2]
    if len(opening) == 2 and _apart(*opening) and rng.random() < 0.3:
        first = opening[0]
        trace = f"{in_turn(opening)} {capitalised(mention(first.label))} came before all else."
        near = facts.near_labels(first.label, rng)
        return Draft(phrase(rng, "order_first of all"), mention(first.label), [first], trace, near)
    pairs = [(a, b) for a in firsts for b in firsts if _apart(a, b)]
    if not pairs:
        return None
    first, second = pick(rng, pairs)
    names = shuffled(rng, [mention(first.label), mention(second.label)])
    text = phrase(rng, "order_first", x=names[0], y=names[1])
    trace = f"{in_turn([first, second])} {capitalised(mention(first.label))} came first."
    return Draft(text, mention(first.label), [first, second], trace)


def _order_list(facts: Facts, rng: np.random.Generator) -> Draft | None:
    chosen: list[Event] = []
    for event in (facts.once[index] for index in rng.permutation(len(facts.once))):
        if len(chosen) < 4 and all(abs(event.start - other.start) > APART for other in chosen):
            chosen.append(event)
    if len(chosen) < 2:
        return None
    names = ", ".join(mention(event.label) for event in chosen)
    chosen.sort(key=lambda event: event.start)
    answer = ", ".join(mention(event.label) for event in chosen)
    return Draft(phrase(rng, "order_list", list=names), answer, chosen, in_turn(chosen))


def _instrument(facts: Facts, rng: np.random.Generator) -> Draft | None:
    labels = {event.label for event in facts.music}
    if not labels:
        return None
    if len(labels) == 1:
        events, text = facts.music, phrase(rng, "instrument")
    else:
        alone = [event for event in facts.music if _alone(event, facts.music)]
        if not alone:
            return None
        events = [pick(rng, alone)]
        text = phrase(rng, "instrument at", t=span(events[0]))
    label = events[0].label
    trace = f"Music plays at {', '.join(map(span, events[:MOST_COUNTED]))}. It is {mention(label)}."
    near = [other.removeprefix("the ") for other in facts.near_labels(label, rng) if other.startswith("the ")]
    return Draft(text, label, events, trace, near)


def _transcript(facts: Facts, rng: np.random.Generator) -> Draft | None:
    drafts = []
    if 1 <= len(facts.speech) <= MOST_SAID:
        drafts.append(Draft(phrase(rng, "transcript"), _words(facts.speech), facts.speech))
    if len(facts.speech) > 1:
        event = pick(rng, facts.speech)
        drafts.append(Draft(phrase(rng, "transcript at", t=span(event)), _words([event]), [event]))
        drafts += [
            Draft(phrase(rng, "transcript of", who=label.split()[1]), _words(events), events)
            for label in LABELS["speech"]
            if 1 <= len(events := facts.of_label.get(label, [])) <= MOST_SAID
        ]
    return pick(rng, drafts) if drafts else None


def _timed_transcript(facts: Facts, rng: np.random.Generator) -> Draft | None:
    if not facts.speech:
        return None
    spoken, text = facts.speech, phrase(rng, "timed_transcript")
    if len(spoken) > MOST_SAID:
        section = facts.section(rng)
        if section is None:
            return None
        start, end = section
        spoken = [event for event in spoken if start <= event.start and event.end <= end]
        text = phrase(rng, "timed_transcript between", a=str(start), b=str(end))
        if not 1 <= len(spoken) <= MOST_SAID:
            return None
    return Draft(text, "; ".join(f"{span(event)} {event.text}" for event in spoken), spoken)


def _words(events: Sequence[Event]) -> str:
    return " ".join(event.text or "" for event in events)


def _duration(facts: Facts, rng: np.random.Generator) -> Draft | None:
    if not facts.once:
        return None
    event = pick(rng, facts.once)
    # The difference of the times as written, so that whoever recomputes it from the trace finds the same.
    tenths = round(10 * round(event.end, 1) - 10 * round(event.start, 1))
    near = [
        f"{number / 10:.1f} seconds" for number in (tenths * 2, tenths + 10, max(tenths // 2, 1)) if number != tenths
    ]
    answer = f"{tenths / 10:.1f} seconds"
    trace = f"I hear {cited(event)}. From {event.start:.1f} to {event.end:.1f} it is {answer}."
    return Draft(phrase(rng, "duration", x=mention(event.label)), answer, [event], trace, list(dict.fromkeys(near)))


def _before_after(facts: Facts, rng: np.random.Generator) -> Draft | None:
    drafts = []
    for index, event in enumerate(facts.events):
        if event not in facts.once or not _alone(event, facts.events):
            continue
        before, after = facts.events[:index][::-1], facts.events[index + 1 :]
        # The nearest by onset, with no second one that starts about when it does, nor one that ends then or later.
        if (
            before
            and not (before[1:] and not _apart(before[1], before[0]))
            and all(before[0].end - other.end > APART for other in before[1:])
        ):
            drafts.append(("before", event, before[0]))
        if after and not (after[1:] and not _apart(after[0], after[1])):
            drafts.append(("after", event, after[0]))
    if not drafts:
        return None
    side, event, answer = pick(rng, drafts)
    text = phrase(rng, f"before_after {side}", x=mention(event.label))
    pair = [answer, event] if side == "before" else [event, answer]
    trace = f"{in_turn(pair)} Right {side} {mention(event.label)} came {mention(answer.label)}."
    near = [name for name in facts.near_labels(answer.label, rng) if name != mention(event.label)]
    return Draft(text, mention(answer.label), pair, trace, near)


def _presence(facts: Facts, rng: np.random.Generator) -> Draft | None:
    if facts.events and rng.random() < 0.5:
        events = pick(rng, list(facts.of_label.values()))
        trace = f"I hear {cited(events[0])}."
        return Draft(phrase(rng, "presence", x=mention(events[0].label)), "yes", events[:1], trace)
    kinds = list(LABELS) if not facts.events or rng.random() < 0.5 else [pick(rng, facts.events).kind]
    masked = LIKE_NOISE if facts.scene.background else ()
    absent = [label for kind in kinds for label in LABELS[kind] if label not in facts.of_label and label not in masked]
    if not absent:
        return None
    x = mention(pick(rng, absent))
    firsts = [events[0] for events in facts.of_label.values()][:MOST_LISTED]
    trace = f"{in_turn(firsts)} None of these is {x}." if firsts else "I hear nothing."
    return Draft(phrase(rng, "presence", x=x), "no", (), trace)


def _speaker(facts: Facts, rng: np.random.Generator) -> Draft | None:
    labels = {event.label for event in facts.speech}
    if not labels:
        return None
    event = pick(rng, facts.speech)
    form = phrase(rng, "speaker") if len(labels) == 1 else phrase(rng, "speaker at", t=span(event))
    return Draft(form, event.label.removesuffix(" speaking"), [event], f"I hear {cited(event)}.")


def _caption(facts: Facts, rng: np.random.Generator) -> Draft | None:
    return Draft(phrase(rng, "caption"), caption(facts.scene, rng), facts.events)


ASK: dict[str, Callable[[Facts, np.random.Generator], Draft | None]] = {
    "events": _events,
    "when": _when,
    "count": _count,
    "order_first": _order_first,
    "order_list": _order_list,
    "instrument": _instrument,
    "transcript": _transcript,
    "timed_transcript": _timed_transcript,
    "duration": _duration,
    "before_after": _before_after,
    "presence": _presence,
    "speaker": _speaker,
    "caption": _caption,
}
"""By skill."""
