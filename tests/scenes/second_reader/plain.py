"""The skills that test_questions.py reads too, here in whatever words."""

import re
from itertools import pairwise

from second_reader.sounds import neighbour
from second_reader.truth import ORD, apart, mention, of, only, sure


def when(w, q):
    events = w.of(q.label)
    if re.search(rf"\b{ORD}\b", q.low):
        return of(events[q.nth("the @", "for @")])
    return "; ".join(map(of, events))


def count(w, q):
    return str(len(w.of(q.label)))


def order_first(w, q):
    if not q.labels:
        one, two = sorted(w.every, key=lambda e: e["start"])[:2]
        sure(one["heard"] and two["heard"])
    else:
        one, two = sorted((w.of(label)[0] for label in q.labels), key=lambda e: e["start"])
    apart(one, two)
    return mention(w, one["label"])


def order_list(w, q):
    events = sorted(map(w.once, q.labels), key=lambda e: e["start"])
    for one, two in pairwise(events):
        apart(one, two)
    return ", ".join(mention(w, event["label"]) for event in events)


def instrument(w, q):
    music = [event for event in w.events if event["kind"] == "music"]
    if q.spans:
        event = only(event for event in music if of(event) == only(q.spans))
        sure(not [other for other in w.during(event) if other["kind"] == "music" and other["heard"]])
        return event["label"]
    return only({event["label"] for event in music})


def transcript(w, q):
    if q.spans:
        return only(event for event in w.speech if of(event) == only(q.spans))["text"]
    if q.has("man", "woman"):
        return " ".join(event["text"] for event in w.of(f"a {q.side(man=['man'], woman=['woman'])} speaking"))
    return " ".join(event["text"] for event in w.all_speech())


def timed_transcript(w, q):
    spoken = w.all_speech()
    if "between" in q.low:
        low, high = q.between()
        spoken = [event for event in spoken if low <= event["start"] and event["end"] <= high]
    return "; ".join(f"{of(event)} {event['text']}" for event in spoken)


def events(w, q):
    chosen = w.events
    if "between" in q.low:
        low, high = q.between()
        sure(not [e for e in chosen if e["start"] < low < e["end"] or e["start"] < high < e["end"]])
        chosen = [event for event in chosen if low <= event["start"] and event["end"] <= high]
    return "; ".join(f"{event['label']} {of(event)}" for event in chosen) or "nothing"


def duration(w, q):
    start, end = re.findall(r"[\d.]+", of(w.once(q.label)))
    return f"{float(end) - float(start):.1f} seconds"


def before_after(w, q):
    other = neighbour(w, w.once(q.label), q.side(before=["before"], after=["after"]))
    return mention(w, other["label"])


def speaker(w, q):
    spoken = [only(event for event in w.speech if of(event) == only(q.spans))] if q.spans else w.speech
    return only({event["label"] for event in spoken}).removesuffix(" speaking")
