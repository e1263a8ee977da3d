"""What talks establish, and their topics."""

import re

from second_reader.truth import holds, of, only, stamp, sure, yes


def needle(w, q):
    return w.fact(q.text)["value"]


def mind(w, q):
    fact = w.fact(q.text)
    sure(fact["kind"] == "change of mind")
    rest = q.low.replace(fact["about"].lower(), "")
    before = re.search(r"\bat first\b|\bbefore\b|\bwas it\b", rest)
    after = re.search(r"\bin the end\b|\bafter\b|\bafterwards\b|\bthen\b", rest)
    sure(bool(before) != bool(after), q.text)
    return fact["before"] if before else fact["value"]


def changes(w, q):
    sure(not w.fact(q.text)["before"] or w.fact(q.text)["kind"] == "change of mind")
    return yes(w.fact(q.text)["kind"] == "change of mind")


def stating(w, fact):
    return [w.every[n] for n in sorted(fact["events"]) if holds(w.every[n]["text"], fact["value"])]


def settles(w, q):
    fact = w.fact(q.text)
    return w.name_of(only({event["speaker"] for event in stating(w, fact)}))


def sarcasm(w, q):
    event = w.said(q.quote)
    found = [fact for fact in w.facts() if event["number"] in fact["events"]]
    sure(found)
    mocking = [fact for fact in found if fact["kind"] == "sarcasm"]
    if mocking:
        sure(holds(event["text"], only(mocking)["before"]))
    else:
        sure([fact for fact in found if event in stating(w, fact)])
    return yes(not mocking)


def mocker(w, q):
    return w.name_of(only({fact["speaker"] for fact in w.facts() if fact["kind"] == "sarcasm"}))


def topic(w, q):
    found = w.talks()
    return (
        only(found)[2]
        if len(found) == 1
        else found[q.nth("the @ (?:talk|conversation|topic|subject|about)", "the @")][2]
    )


def topic_order(w, q):
    found = w.talks()
    sure(all(name.lower() in q.low for _, _, name in found[:5]))
    return "; ".join(name for _, _, name in found[:5])


def topic_when(w, q):
    return only(stamp(start, end) for start, end, name in w.talks() if name.lower() in q.low)


def summary(w, q):
    """The one option in which all is true."""
    right = []
    for line in q.options.split("\n")[1:]:
        option = line[4:]
        claims = re.fullmatch(r"they talk about (.+) and say that (.+) is (.+) and that (.+) is (.+)", option)
        sure(claims, option)
        told = option.split(" and say that ", 1)[1]
        parts = [part for fact in w.facts() if (part := f"{fact['about']} is {fact['value']}") in told]
        if told in [f"{a} and that {b}" for a in parts for b in parts if a != b]:
            right.append(option)
    return only(right, q.options)


def third_of(w, events):
    start, end = min(e["start"] for e in events), max(e["end"] for e in events)
    edges = [0, w.duration / 3, 2 * w.duration / 3, w.duration]
    number = only(n for n in range(3) if edges[n] <= start and end <= edges[n + 1] + 1e-6)
    return ("in the first third", "in the middle third", "in the last third")[number]


def position(w, q):
    if any(fact["about"].lower() in q.text.lower() for fact in w.facts()):
        return third_of(w, [w.every[n] for n in w.fact(q.text)["events"]])
    return third_of(w, [w.once(q.label)])


def fact_when(w, q):
    return of(only(stating(w, w.fact(q.text))))
