"""Questions: every answer is found again by a reader of its own, from the truth's JSON and the question's words."""

import json
import re
from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import pytest

from afnext.base.errors import SceneError
from afnext.dialogue.timestamps import parse
from afnext.scenes.asking.caption import caption, events_answer
from afnext.scenes.asking.phrasing import mention
from afnext.scenes.asking.questions import SKILLS, questions
from afnext.scenes.forms.mix import Difficulty, compose
from afnext.scenes.sources import LABELS

EVERY_LABEL = [label for labels in LABELS.values() for label in labels]
NUMBERS = ["first", "second", "third", "fourth", "fifth", "sixth"]


def stamp(event):
    return f"<t>{event['start']:.1f}-{event['end']:.1f}</t>"


def labels_in(text):
    """The labels that a text names, in order."""
    places, low = [], text.lower()
    for label in (label for label in EVERY_LABEL if label in low):
        places += [(found.start(), label) for found in re.finditer(rf"\b{re.escape(label)}\b", low)]
    return [label for _, label in sorted(places)]


def bare(name):
    """The label in an answer such as "the piano" or "a dog barking"."""
    return name if name in EVERY_LABEL else name.split(" ", 1)[1]


class Reader:
    """Answers a question by its words; raises where the truth leaves room for doubt."""

    def __init__(self, text):
        self.truth = json.loads(text)
        self.events = self.truth["events"]

    def of(self, label):
        return [event for event in self.events if event["label"] == label]

    def only(self, label):
        (event,) = self.of(label)
        return event

    def asked_span(self, text):
        (written,) = re.findall(r"<t>[\d.]+-[\d.]+</t>", text)
        (event,) = [event for event in self.events if stamp(event) == written and event["kind"] in ("speech", "music")]
        return event

    def between(self, text):
        found = re.search(r"between (\d+) and (\d+) seconds", text)
        if not found:
            return self.events
        low, high = map(int, found.groups())
        cut = [
            event
            for event in self.events
            if event["start"] < low < event["end"] or event["start"] < high < event["end"]
        ]
        assert not cut
        return [event for event in self.events if low <= event["start"] and event["end"] <= high]

    def events_(self, text):
        return "; ".join(f"{event['label']} {stamp(event)}" for event in self.between(text)) or "nothing"

    def when(self, text):
        (label,) = labels_in(text)
        events = self.of(label)
        asked = [number for number in NUMBERS if re.search(rf"\b{number}\b", text)]
        return stamp(events[NUMBERS.index(asked[0])]) if asked else "; ".join(map(stamp, events))

    def count(self, text):
        (label,) = labels_in(text)
        return str(len(self.of(label)))

    def order_first(self, text):
        named = labels_in(text)
        if not named:
            assert self.events[1]["start"] - self.events[0]["start"] > 0.3
            return self.events[0]["label"]
        one, two = (min(event["start"] for event in self.of(label)) for label in named)
        assert abs(one - two) > 0.3
        return named[0] if one < two else named[1]

    def order_list(self, text):
        events = sorted(map(self.only, labels_in(text)), key=lambda event: event["start"])
        assert all(later["start"] - earlier["start"] > 0.3 for earlier, later in pairwise(events))
        return [event["label"] for event in events]

    def instrument(self, text):
        music = [event for event in self.events if event["kind"] == "music"]
        if "<t>" in text:
            asked = self.asked_span(text)
            music = [event for event in music if event["start"] < asked["end"] and asked["start"] < event["end"]]
        (label,) = {event["label"] for event in music}
        return label

    def transcript(self, text):
        speech = [event for event in self.events if event["text"]]
        if "<t>" in text:
            speech = [self.asked_span(text)]
        elif found := re.search(r"\b(man|woman)\b", text):
            speech = [event for event in speech if event["label"] == f"a {found[1]} speaking"]
        return " ".join(event["text"] for event in speech)

    def timed_transcript(self, text):
        return "; ".join(f"{stamp(event)} {event['text']}" for event in self.between(text) if event["text"])

    def duration(self, text):
        event = self.only(*labels_in(text))
        start, end = re.findall(r"[\d.]+", stamp(event))
        return f"{float(end) - float(start):.1f} seconds"

    def before_after(self, text):
        event = self.only(*labels_in(text))
        others = [other for other in self.events if other is not event]
        assert not any(other["start"] < event["end"] and event["start"] < other["end"] for other in others)
        if "before" in text:
            last = sorted((other for other in others if other["end"] <= event["start"]), key=lambda e: e["end"])
            assert len(last) == 1 or last[-1]["end"] - last[-2]["end"] > 0.3
            assert last[-1]["start"] == max(other["start"] for other in last)
            return last[-1]["label"]
        following = sorted((other for other in others if other["start"] >= event["end"]), key=lambda e: e["start"])
        assert len(following) == 1 or following[1]["start"] - following[0]["start"] > 0.3
        return following[0]["label"]

    def presence(self, text):
        (label,) = labels_in(text)
        return "yes" if self.of(label) else "no"

    def speaker(self, text):
        speech = [self.asked_span(text)] if "<t>" in text else [event for event in self.events if event["text"]]
        (label,) = {event["label"] for event in speech}
        return label.removesuffix(" speaking")


NAMES = {"order_first", "before_after"}
"""Skills whose answers are labels within a sentence."""


def check(scene, question):
    """The answer of one question, and what goes with it."""
    assert "{" not in question.text
    assert question.text[0].isupper()
    reader = Reader(scene.to_json())
    text, _, listed = question.text.partition("\nChoose the correct option from the following options:\n")
    answer = question.answer
    if question.options:
        assert listed.split("\n") == [f"({'ABCD'[n]}) {option}" for n, option in enumerate(question.options)]
        assert len(set(question.options)) == len(question.options) >= 3
        letter, answer = re.fullmatch(r"\(([A-D])\) (.+)", answer).groups()
        assert question.options["ABCD".index(letter)] == answer
    else:
        assert not listed
    if question.skill == "caption":
        check_caption(scene, answer)
    else:
        found = getattr(reader, "events_" if question.skill == "events" else question.skill)(text)
        if question.skill in NAMES:
            answer = bare(answer)
        if question.skill == "order_list":
            answer = labels_in(answer)
        assert answer == found, (question, scene)
    times = {(event.start, event.end) for event in scene.events}
    assert all((span.start, span.end) in times for span in question.evidence)
    assert question.evidence or answer in ("no", "nothing") or not scene.events
    if question.trace is not None:
        read = parse(f"<think>{question.trace}</think>\n\n{question.answer}", duration=scene.duration)
        assert read.problems == ()
        stamps = {stamp(event) for event in reader.events}
        cited = re.findall(r"<t>.*?</t>", question.trace)
        assert set(cited) <= stamps
        assert cited or not scene.events
        if question.skill == "count":
            assert len(cited) == int(answer)
            assert question.trace.endswith(f"That makes {answer}.")


def check_caption(scene, told):
    sentences = re.findall(r"[.](?= |$)", told)
    assert len(sentences) in (1, 2, 3)
    stamps = re.findall(r"<t>.*?</t>", told)
    if len(scene.events) <= 10:
        assert stamps == [stamp(event.model_dump()) for event in scene.events]
        assert all(f'"{event.text}"' in told for event in scene.events if event.text)
        named = labels_in(re.sub(r'"[^"]*"', "", told.replace("saying", "speaking")))
        assert named == [event.label for event in scene.events]
    else:
        counts = Counter(event.label for event in scene.events)
        for label in labels_in(told):
            number = re.search(rf"{label} (once|twice|\d+ times)", told)[1]
            assert {"once": 1, "twice": 2}.get(number) or int(number.split()[0]) == counts[label]


@pytest.fixture(scope="module")
def scenes(make_tones):
    """Scenes of many lengths, sparse and crowded."""
    difficulty = Difficulty(events=(1, 8), overlap=0.4, reverberation=0)
    lengths = (6, 10, 20, 30, 60, 120)
    return [compose(seed, "train", lengths[seed % 6], make_tones(), difficulty)[0] for seed in range(120)]


def test_every_answer_follows_from_the_truth(scenes):
    seen, texts = Counter(), defaultdict(set)
    labelled = re.compile("|".join(map(re.escape, EVERY_LABEL)))
    for seed, scene in enumerate(scenes):
        for question in questions(scene, np.random.default_rng(seed), choice=0.3):
            check(scene, question)
            seen[question.skill] += 1
            seen["options"] += question.options is not None
            texts[question.skill].add(labelled.sub("X", question.text.split("\n")[0]))
    assert set(SKILLS) <= set(seen)
    assert min(seen.values()) >= 20
    assert all(len(found) >= 3 for found in texts.values()), {skill: len(found) for skill, found in texts.items()}


def test_answers_are_balanced(scenes):
    answers = defaultdict(Counter)
    for seed, scene in enumerate(scenes):
        for question in questions(scene, np.random.default_rng(seed), ("presence", "order_first", "count"), choice=0):
            answers[question.skill][question.answer] += 1
            if question.skill == "order_first" and len(labels_in(question.text)) == 2:
                answers["place"][labels_in(question.text)[0] == bare(question.answer)] += 1
    assert answers["presence"]["yes"] / answers["presence"].total() == pytest.approx(0.5, abs=0.15)
    assert answers["place"][True] / answers["place"].total() == pytest.approx(0.5, abs=0.15)
    assert set(answers["count"]) == set("123456")


def test_the_same_generator_asks_the_same(tones):
    scene, _ = compose(5, "train", 20.0, tones)
    first = questions(scene, np.random.default_rng(1))
    assert questions(scene, np.random.default_rng(1)) == first
    assert questions(scene, np.random.default_rng(2)) != first
    assert [question.skill for question in first] == [skill for skill in SKILLS if skill in {q.skill for q in first}]


def test_only_the_skills_asked_for(tones):
    scene, _ = compose(5, "train", 20.0, tones)
    assert {q.skill for q in questions(scene, np.random.default_rng(0), {"count", "when"})} == {"count", "when"}
    with pytest.raises(SceneError, match=r"skill 'colour'; expected one of events, when"):
        questions(scene, np.random.default_rng(0), ("count", "colour"))
    with pytest.raises(SceneError, match="no skill"):
        questions(scene, np.random.default_rng(0), ())


def test_options_when_wanted(tones):
    scene, _ = compose(5, "train", 30.0, tones)
    always = questions(scene, np.random.default_rng(0), choice=1)
    assert {q.skill for q in always if q.options} >= {"count", "duration"}
    assert not any(q.options for q in questions(scene, np.random.default_rng(0), choice=0))


def test_a_scene_without_events(tones):
    scene, _ = compose(5, "train", 10.0, tones, events=0)
    found = {question.skill: question for question in questions(scene, np.random.default_rng(0))}
    assert set(found) == {"events", "presence", "caption"}
    assert found["events"].answer == "nothing"
    assert found["presence"].answer == "no"
    assert found["caption"].answer.startswith("Nothing happens.")


def test_noise_is_no_distractor(tones):
    """Over a steady noise nobody is asked to deny the rain."""
    scene, _ = compose(5, "train", 5.0, tones, Difficulty(background=1), events=1)
    rng = np.random.default_rng(0)
    denied = set()
    for _ in range(400):
        for question in questions(scene, rng, ("presence",)):
            if question.answer == "no":
                denied.update(labels_in(question.text))
    assert not denied & {
        "rain",
        "wind",
        "thunder",
        "engine running",
        "helicopter",
        "waves on a shore",
        "vacuum cleaner",
    }
    assert len(denied) > 20


@pytest.mark.parametrize(
    ("label", "within"),
    [
        ("dog barking", "a dog barking"),
        ("alarm clock beeping", "an alarm clock beeping"),
        ("siren", "a siren"),
        ("hands clapping", "hands clapping"),
        ("footsteps", "footsteps"),
        ("typing on a keyboard", "typing on a keyboard"),
        ("glass breaking", "glass breaking"),
        ("water dripping", "water dripping"),
        ("rain", "rain"),
        ("a woman speaking", "a woman speaking"),
        ("piano", "the piano"),
        ("drums", "the drums"),
    ],
)
def test_labels_within_sentences(label, within):
    assert mention(label) == within


def test_every_sound_within_a_sentence():
    """Those spoken of without an article, written out; all others are one of several."""
    bare = {
        *(
            "crickets",
            "footsteps",
            "hands clapping",
            "typing on a keyboard",
            "glass breaking",
            "rain",
            "wind",
            "thunder",
        ),
        *("water dripping", "knocking on a door", "hail", "waves on a shore", "glasses clinking", "sawing wood"),
        "fingers snapping",
    }
    vowels = ("alarm clock", "engine", "owl", "airplane", "axe", "explosion", "electric")
    for label in LABELS["sound"]:
        article = "" if label in bare else "an " if label.startswith(vowels) else "a "
        assert mention(label) == article + label
    assert bare < set(LABELS["sound"])


def test_list_of_events(tones):
    scene, _ = compose(9, "train", 30.0, tones)
    told = parse(events_answer(scene))
    assert [(event.text, event.start, event.end) for event in told.events] == [
        (event.label, round(event.start, 1), round(event.end, 1)) for event in scene.events
    ]
    part = events_answer(scene, 10, 20)
    assert part.count("<t>") == sum(event.start >= 10 and event.end <= 20 for event in scene.events)


def test_captions_are_short_and_differ(tones):
    scene, _ = compose(9, "train", 15.0, tones, events=4)
    told = {caption(scene, np.random.default_rng(seed)) for seed in range(40)}
    assert len(told) >= 4
    for text in told:
        check_caption(scene, text)
