"""Several recordings."""

from collections import Counter

from second_reader.sounds import extreme
from second_reader.truth import LOOKS_LIKE_NOISE, NTH, only, sure, yes


def recording(number):
    return f"the {NTH[number]} recording"


def counts(worlds, label):
    found = []
    for world in worlds:
        events = world.of(label)
        sure(events or not world.truth["background"] or label not in LOOKS_LIKE_NOISE)
        found.append(len(events))
    return found


def which_clip(worlds, q):
    found = counts(worlds, q.label)
    without = q.has("not")
    return recording(only(n for n, count in enumerate(found) if bool(count) != without))


def count_clips(worlds, q):
    return str(sum(map(bool, counts(worlds, q.label))))


def clip_most(worlds, q):
    found = counts(worlds, q.label)
    return recording(only(n for n, count in enumerate(found) if count == max(found)))


def clip_soonest(worlds, q):
    starts = [world.of(q.label)[0]["start"] for world in worlds]
    sure(sorted(starts)[1] - min(starts) > 0.3)
    return recording(starts.index(min(starts)))


def clip_said(worlds, q):
    return recording(
        only(
            n
            for n, world in enumerate(worlds)
            if any(event["text"] and q.quote.lower() in event["text"].lower() for event in world.every)
        )
    )


def clip_topic(worlds, q):
    return recording(only(n for n, world in enumerate(worlds) if only(world.talks())[2].lower() in q.low))


def clip_faster(worlds, q):
    speeds = [only({tempo[1] for tempo in only(world.truth["pieces"])["tempos"]}) for world in worlds]
    most = q.side(most=["fastest"], least=["slowest"]) == "most"
    return extreme(speeds, most, lambda a, b: max(a, b) >= 1.2 * min(a, b)) + " recording"


def clip_speaker(worlds, q):
    voices = []
    for world in worlds:
        world.all_speech()
        voices.append(only({(one["voice"], one["accent"]) for one in world.truth["speakers"]}))
    sure(voices[0] == voices[1] or voices[0][0] != voices[1][0])
    return yes(voices[0] == voices[1])


def same_order(worlds, q):
    rows = [[event["label"] for event in world.every] for world in worlds]
    sure(sorted(rows[0]) == sorted(rows[1]))
    return yes(rows[0] == rows[1])


def what_changed(worlds, q):
    voices = [{one["name"]: one["voice"] for one in world.truth["speakers"]} for world in worlds]
    rows = [
        [(e["label"], e["text"], voices[n].get(e["speaker"])) for e in world.every] for n, world in enumerate(worlds)
    ]
    labels = [[one[0] for one in row] for row in rows]
    if len(rows[0]) != len(rows[1]):
        less, more = sorted(labels, key=len)
        sure(any(more[:n] + more[n + 1 :] == less for n in range(len(more))))
        return "an event is missing" if len(labels[1]) < len(labels[0]) else "an event is added"
    if labels[0] != labels[1]:
        sure(Counter(row[:2] for row in rows[0]) == Counter(row[:2] for row in rows[1]))
        return "the order of the events"
    told = {
        "what is said": [one[1] for one in rows[0]] != [one[1] for one in rows[1]],
        "who speaks": [one[2] for one in rows[0]] != [one[2] for one in rows[1]],
    }
    return only(name for name, differs in told.items() if differs)
