"""The plain JSON of a scene, what can be heard of it, and the words of a question."""

import json
import re
from itertools import pairwise

NTH = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
ORD = "(" + "|".join(NTH) + ")"
MASS = ("rain", "wind", "thunder", "hail", "water")
TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
LOOKS_LIKE_NOISE = {
    *("rain", "wind", "thunder", "engine running", "helicopter", "waves on a shore", "stream flowing", "airplane"),
    *("car passing", "vacuum cleaner", "hair dryer", "tap running", "lawn mower", "crowd applauding"),
}


class DoubtError(AssertionError):
    """The truth leaves more than one answer, or the question cannot be understood."""


def sure(condition, why=""):
    if not condition:
        raise DoubtError(why)


def only(items, why=""):
    items = list(items)
    sure(len(items) == 1, f"{why}: {items}")
    return items[0]


def stamp(start, end):
    return f"<t>{start:.1f}-{end:.1f}</t>"


def of(thing):
    """The span of an event, or of a list that begins with start and end."""
    return stamp(thing["start"], thing["end"]) if isinstance(thing, dict) else stamp(thing[0], thing[1])


def tokens(text):
    return re.findall(r"[\w']+", text.lower())


def holds(text, part):
    """Whether the words of ``part`` stand one behind the other in ``text``."""
    words, sought = tokens(text), tokens(part)
    return any(words[at : at + len(sought)] == sought for at in range(len(words) - len(sought) + 1))


class World:
    """One scene's JSON with what can be heard of it."""

    def __init__(self, text):
        self.truth = json.loads(text)
        self.every = self.truth["events"]
        for number, event in enumerate(self.every):
            event["number"] = number
        top = max((event["level"] for event in self.every), default=0)
        floor = self.truth["background"]["level"] + 12 if self.truth["background"] else -1e9
        for event in self.every:
            event["heard"] = not event["masked_by"] and event["level"] >= top - 35 and event["level"] >= floor
        self.events = [event for event in self.every if event["heard"]]
        self.duration = self.truth["duration"]

    def of(self, label):
        """All of a label, each of which must be heard."""
        found = [event for event in self.every if event["label"] == label]
        sure(all(event["heard"] for event in found), f"some of {label} is not heard")
        for number, event in enumerate(found):
            before = [one["end"] for one in found[:number]]
            sure(not before or event["start"] - max(before) > 0.28, f"how often {label}?")
        return found

    def once(self, label):
        return only(self.of(label), label)

    def none_hidden(self, start, end):
        """Nothing doubtful sounds in this time."""
        sure(not [e for e in self.every if not e["heard"] and e["start"] < end and start < e["end"]], "hidden")

    def during(self, event):
        """All other events, heard or not, while ``event`` sounds."""
        return [e for e in self.every if e is not event and e["start"] < event["end"] and event["start"] < e["end"]]

    @property
    def speech(self):
        return [event for event in self.events if event["text"] and "singing" not in event["label"]]

    def all_speech(self):
        sure(all(event["heard"] for event in self.every if event["kind"] == "speech"), "speech that is not heard")
        return self.speech

    def said(self, quote):
        """The one utterance with these words."""
        every = [event for event in self.every if event["text"] and event["text"].lower() == quote.lower()]
        event = only(every, quote)
        sure(event["heard"])
        return event

    def people(self):
        """Utterances by speaker, in the order in which they are first heard."""
        groups = {}
        for event in sorted(self.all_speech(), key=lambda event: event["start"]):
            sure(event["speaker"])
            groups.setdefault(event["speaker"], []).append(event)
        starts = [events[0]["start"] for events in groups.values()]
        sure(all(two - one > 0.3 for one, two in pairwise(starts)), "who was first?")
        voices = {speaker["name"]: speaker["voice"] for speaker in self.truth["speakers"]}
        sure(len({voices[name] for name in groups}) == len(groups), "two speakers with one voice")
        return groups

    def name_of(self, speaker):
        return f"the {NTH[list(self.people()).index(speaker)]} speaker"

    def facts(self):
        return [fact for talk in self.truth["talks"] for fact in talk["facts"]]

    def fact(self, text):
        """The one fact that a question names."""
        named = [fact for fact in self.facts() if fact["about"].lower() in text.lower()]
        longest = max((len(fact["about"]) for fact in named), default=0)
        fact = only([fact for fact in named if len(fact["about"]) == longest], text)
        sure(all(self.every[number]["heard"] for number in fact["events"]))
        return fact

    def talks(self):
        """Topic, start and end of each talk, in order."""
        found = []
        for talk in self.truth["talks"]:
            events = [self.every[number] for number in talk["events"]]
            sure(all(event["heard"] for event in events))
            found.append((min(e["start"] for e in events), max(e["end"] for e in events), talk["topic"]))
        found.sort()
        sure(all(one[1] <= two[0] for one, two in pairwise(found)), "talks overlap")
        return found

    def piece(self, text):
        """The piece that a question is about."""
        found = re.search(r"the music at (<t>[\d.]+-[\d.]+</t>)", text)
        pieces = self.truth["pieces"]
        piece = only([one for one in pieces if of(one) == found[1]] if found else pieces, "piece")
        for number in piece["events"]:
            sure(self.every[number]["heard"])
        return piece

    def parts(self, piece):
        """The first event of each instrument."""
        firsts = {}
        for number in sorted(piece["events"]):
            event = self.every[number]
            if event["kind"] == "music":
                firsts.setdefault(event["label"], event)
        return sorted(firsts.values(), key=lambda event: event["start"])


class Asked:
    """A question's words, and what they name."""

    def __init__(self, text, known):
        self.text, _, self.options = text.partition("\n")
        self.quotes = re.findall(r'"([^"]*)"', self.text)
        self.bare = re.sub(r'"[^"]*"', '""', self.text)
        self.low = self.bare.lower()
        self.labels = self._labels(known)
        self.spans = re.findall(r"<t>[\d.]+-[\d.]+</t>", re.sub(r"the music at <t>[\d.-]+</t>", "the music", self.bare))

    def _labels(self, known):
        text, places = self.low, []
        for label in sorted(known, key=len, reverse=True):
            if label.lower() not in text:
                continue
            for found in re.finditer(rf"\b{re.escape(label.lower())}\b", text):
                places.append((found.start(), label))
            text = re.sub(rf"\b{re.escape(label.lower())}\b", lambda found: "#" * len(found[0]), text)
        return [label for _, label in sorted(places)]

    @property
    def label(self):
        return only(self.labels, self.text)

    @property
    def quote(self):
        return only(self.quotes, self.text)

    def has(self, *words):
        return any(re.search(rf"\b{word}\b", self.low) for word in words)

    def nth(self, *around):
        """The ordinal that stands in one of the patterns, from 0; ``@`` is its place."""
        for pattern in around:
            found = re.search(pattern.replace("@", ORD), self.low)
            if found:
                return NTH.index(found[1])
        raise DoubtError(f"which one? {self.text}")

    def side(self, **words):
        """The key whose words are in the text: only one may be."""
        return only([key for key, said in words.items() if self.has(*said)], self.text)

    def between(self):
        return tuple(map(int, re.search(r"between (\d+) and (\d+) seconds", self.low).groups()))


def mention(world, label):
    """A label as answers spell it."""
    kinds = {event["kind"] for event in world.every if event["label"] == label}
    first = label.split()[0]
    if kinds == {"music"}:
        return f"the {label}"
    if first in ("a", "an", *MASS) or (first.endswith(("s", "ing")) and label != "sewing machine"):
        return label
    return f"an {label}" if first[0] in "aeiou" else f"a {label}"


def apart(one, two):
    sure(two["start"] - one["start"] > 0.3, "which starts first?")


def yes(condition):
    return "yes" if condition else "no"


def long(event):
    return event["end"] - event["start"]
