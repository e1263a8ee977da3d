"""Sounds: what, in which order, how many, how long, how loud, where."""

import re
from itertools import pairwise

from second_reader.truth import LOOKS_LIKE_NOISE, NTH, ORD, apart, long, mention, only, sure, yes


def overlap(w, q):
    event = w.once(q.label)
    other = only(w.during(event), "what else")
    sure(other["heard"])
    sure(min(event["end"], other["end"]) - max(event["start"], other["start"]) >= 0.5)
    return mention(w, other["label"])


def at_time(w, q):
    low, high = map(float, re.findall(r"[\d.]+", only(q.spans)))
    found = [event for event in w.every if event["start"] < high + 0.05 and low - 0.05 < event["end"]]
    event = only([event for event in w.every if event["start"] <= low and high <= event["end"]])
    sure(event["heard"] and not w.during(event))
    sure([event] == [one for one in found if one["start"] <= low and one["end"] >= high])
    return mention(w, event["label"])


def background(w, q):
    noise = w.truth["background"]
    sure(noise["snr"] <= 25 or not w.every)
    sure(noise["kind"] in ("white noise", "a low rumble", "a hum", "a crowd"))
    return noise["kind"]


def presence(w, q):
    found = w.of(q.label)
    if not found and w.truth["background"]:
        sure(q.label not in LOOKS_LIKE_NOISE)
    return yes(found)


def order_last(w, q):
    if not q.labels:
        last, one = sorted(w.every, key=lambda e: e["start"])[:-3:-1]
        sure(last["heard"] and one["heard"])
        apart(one, last)
        return mention(w, last["label"])
    one, two = sorted((w.once(label) for label in q.labels), key=lambda e: e["start"])
    apart(one, two)
    return mention(w, two["label"])


def neighbour(w, event, side):
    sure(not w.during(event), "not alone")
    if side == "after":
        later = sorted((e for e in w.every if e["start"] > event["start"]), key=lambda e: e["start"])
        if len(later) > 1:
            apart(later[0], later[1])
        sure(later[0]["heard"])
        return later[0]
    earlier = [e for e in w.every if e["start"] < event["start"]]
    by_end = max(earlier, key=lambda e: e["end"])
    by_start = sorted(earlier, key=lambda e: e["start"])
    sure(by_end is by_start[-1] and by_end["heard"])
    if len(by_start) > 1:
        apart(by_start[-2], by_start[-1])
    return by_end


def after_nth(w, q):
    event = w.of(q.label)[q.nth("for the @ time", "(?:before|after) the @")]
    other = neighbour(w, event, q.side(before=["before"], after=["after"]))
    w.of(other["label"])
    return mention(w, other["label"])


def nth(w, q):
    place = q.nth("the @ (?:thing|sound)", "is the @")
    starts = sorted(w.every, key=lambda e: e["start"])[: place + 2]
    for one, two in pairwise(starts):
        apart(one, two)
    sure(all(event["heard"] for event in starts[: place + 1]))
    return mention(w, starts[place]["label"])


def between(w, q):
    one, two = map(w.once, q.labels)
    middle = only(e for e in w.every if e["start"] < two["start"] and one["end"] < e["end"] and e not in (one, two))
    sure(middle["heard"] and one["end"] <= middle["start"] and middle["end"] <= two["start"])
    return mention(w, middle["label"])


def count_before(w, q):
    side = q.side(before=["before"], after=["after"])
    near = r"\b(before|after|up to|once)( you hear| you have heard)? ((a|an|the) )?"
    mark_label = only(label for label in q.labels if re.search(near + re.escape(label), q.low))
    label = only(label for label in q.labels if label != mark_label)
    mark, events = w.once(mark_label), w.of(label)
    sure(all(event["end"] <= mark["start"] or event["start"] >= mark["end"] for event in events))
    return str(sum((event["start"] < mark["start"]) == (side == "before") for event in events))


def count_compare(w, q):
    one, two = dict.fromkeys(q.labels)
    more, less = len(w.of(one)), len(w.of(two))
    sure(more and less)
    return "both equally often" if more == less else mention(w, one if more > less else two)


def count_between(w, q):
    low, high = q.between()
    events = [e for e in w.of(q.label) if e["start"] < high and low < e["end"]]
    sure(all(low <= e["start"] and e["end"] <= high for e in events), "cut")
    return str(len(events))


def count_instruments(w, q):
    music = [event for event in w.every if event["kind"] == "music"]
    sure(all(event["heard"] for event in music))
    return str(len({event["label"] for event in music}))


def gap(w, q):
    one, two = map(w.once, q.labels)
    sure(one["end"] < two["start"])
    end, start = f"{one['end']:.1f}", f"{two['start']:.1f}"
    return f"{float(start) - float(end):.1f} seconds"


def extreme(values, most, margin):
    """The place of the greatest (or least) value, which must be so beyond doubt."""
    order = sorted(range(len(values)), key=lambda n: values[n], reverse=most)
    sure(margin(values[order[0]], values[order[1]]), f"{values}")
    return f"the {NTH[order[0]]}"


def clearly_longer(a, b):
    return max(a, b) >= 1.3 * min(a, b) and abs(a - b) >= 0.3


def longest(w, q):
    most = q.side(most=["longest"], least=["shortest"]) == "most"
    return extreme([long(event) for event in w.of(q.label)], most, clearly_longer)


def two_times(w, q):
    events = w.of(q.label)
    numbers = [NTH.index(found) for found in re.findall(rf"the {ORD}\b", q.low)]
    one, two = numbers[-2:]
    return events[one], events[two]


def longer(w, q):
    one, two = two_times(w, q)
    sure(clearly_longer(long(one), long(two)))
    return yes(long(one) > long(two))


def loudest(w, q):
    most = q.side(most=["loudest"], least=["quietest", "softest"]) == "most"
    return extreme([event["level"] for event in w.of(q.label)], most, lambda a, b: abs(a - b) >= 5)


def louder(w, q):
    one, two = two_times(w, q)
    sure(abs(one["level"] - two["level"]) >= 5)
    return yes(one["level"] > two["level"])


def metres_of(event):
    return [point[1] for point in event["path"]]


def nearing(w, q):
    event = w.once(q.label)
    metres = metres_of(event)
    low, first, last = min(metres), metres[0], metres[-1]
    if max(metres) <= 1.1 * low:
        return "it stays where it is"
    sure(long(event) >= 1)
    place = metres.index(low)
    sure(metres[: place + 1] == sorted(metres[: place + 1], reverse=True) and metres[place:] == sorted(metres[place:]))
    far_before, far_after = first >= 2 * low, last >= 2 * low
    sure(far_before or first <= 1.1 * low)
    sure(far_after or last <= 1.1 * low)
    return {
        (True, True): "it comes nearer, then moves away",
        (True, False): "it comes nearer",
        (False, True): "it moves away",
    }[far_before, far_after]


def nearest(w, q):
    most = q.side(most=["farthest", "most distant"], least=["nearest", "closest"]) == "most"
    events = w.of(q.label)
    sure(all(max(metres_of(event)) <= 1.1 * min(metres_of(event)) for event in events))
    return extreme([metres_of(event)[0] for event in events], most, lambda a, b: max(a, b) >= 3 * min(a, b))


def place(w, q):
    kinds = {
        "in the open": ("outdoors", "a street", "a forest"),
        "in a room": ("a small room", "a living room"),
        "in a large space that echoes": ("a large hall", "a cave", "a stairwell"),
    }
    return only(answer for answer, places in kinds.items() if w.truth["place"] in places)


def channel(w, q):
    known = w.truth["channel"]
    if q.has("telephone"):
        sure(known["kind"] in ("full band", "telephone"))
        return yes(known["kind"] == "telephone")
    sure(known["clipped"] is None or known["clipped"] <= 0.5)
    return yes(known["clipped"])
