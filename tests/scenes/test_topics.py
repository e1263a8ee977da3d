"""Scripts of talks: an independent reader finds every fact in the words, and nothing in them says otherwise."""

import re
from itertools import combinations, pairwise

import numpy as np
import pytest

from afnext.base.errors import SceneError
from afnext.scenes.talks.grammar import digits, expand, runs, spell
from afnext.scenes.talks.lexicon import MEN, WOMEN
from afnext.scenes.talks.pen import Pen
from afnext.scenes.talks.script import Person
from afnext.scenes.talks.topics import TOPICS, write_script

PEOPLE = [Person(name, "man") for name in MEN] + [Person(name, "woman") for name in WOMEN]
SEEDS = range(3)

# The reader's own knowledge of what a value is.
WEEKDAYS = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
NUMBERS = {
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "thirty", "forty"),
    *("fifty", "sixty", "seventy", "eighty", "ninety", "hundred", "half", "quarter"),
}
JOINTS = {"past", "to"}  # of times: "half past two", "quarter to nine"
CITIES = {"lisbon", "madrid", "vienna", "berlin", "paris", "rome", "athens", "dublin", "boston", "oslo", "warsaw"}


def cast(rng, count):
    return [PEOPLE[index] for index in rng.choice(len(PEOPLE), count, replace=False)]


def script(topic, count, seed, **settings):
    rng = np.random.default_rng((list(TOPICS).index(topic), count, seed))
    return write_script(topic, cast(rng, count), rng, **settings)


@pytest.fixture(scope="module")
def scripts():
    """A few of every topic and number of people."""
    return [
        script(topic, count, seed, brief=seed == 2, linked=seed == 1, greeted=seed == 0)
        for topic in TOPICS
        for count in range(1, 6)
        for seed in SEEDS
    ]


def heard(line):
    """The words that are said in any case, without marks."""
    words = re.sub(r"[^a-z ]", "", line.text).split()
    return words[: line.safe]


def holds(words, phrase):
    sought = f" {phrase} "
    return sought in f" {' '.join(words)} "


def values(words, names):
    """What a listener would take for a value: runs of number words, week days, cities and names."""
    found, run = [], []
    for word in [*words, "."]:
        if word in NUMBERS or (word in JOINTS and run):
            run.append(word)
            continue
        while run and run[-1] in JOINTS:
            run.pop()
        if run:
            found.append(" ".join(run))
        run = []
        if word in WEEKDAYS or word in CITIES or word in names:
            found.append(word)
    return found


def test_there_are_enough_topics():
    assert len(TOPICS) >= 12


def test_every_fact_is_said_where_it_points(scripts):
    checked = 0
    for script in scripts:
        for beats in range(1, len(script.beats) + 1):  # a talk may end after any beat
            lines = script.lines(beats)
            for claim in script.claims(beats):
                assert claim.lines == tuple(sorted(set(claim.lines)))
                assert max(claim.lines) < len(lines)
                pointed = [lines[index] for index in claim.lines]
                assert all(line.role == "turn" for line in pointed)
                where = [place for place, line in enumerate(pointed) if holds(heard(line), claim.value)]
                assert where, (claim, pointed)
                assert any(line.who == claim.who for line in pointed)
                if claim.before is not None:
                    first = [place for place, line in enumerate(pointed) if holds(heard(line), claim.before)]
                    assert first, (claim, pointed)
                    if claim.kind != "sarcasm":
                        assert first[0] < where[-1]
                        assert claim.before != claim.value
                checked += 1
    assert checked > 2000


def test_the_last_word_about_everything_is_the_value(scripts):
    """Read forwards: of all that was ever claimed about a thing, its value is what is said last in its turns."""
    changes = 0
    for script in scripts:
        lines = script.lines()
        history = {}
        for beat in script.beats:
            for claim in beat.claims:
                history.setdefault(claim.about, []).append(claim)
        for about, claims in history.items():
            final = claims[-1]
            if final.kind == "sarcasm":
                continue
            once = {claim.value for claim in claims} | {claim.before for claim in claims} - {None}
            said = [(index, value) for index in final.lines for value in once if holds(heard(lines[index]), value)]
            last = max(index for index, _ in said)
            assert final.value in {value for index, value in said if index == last}, (about, said)
            for earlier, later in pairwise(claims):
                assert later.before == earlier.value
            changes += final.before is not None
    assert changes > 100


def test_no_stray_values(scripts):
    """Every day, number, time, name and city that is said belongs to some fact, or is somebody present."""
    names = {*MEN, *WOMEN}
    seen = 0
    for script in scripts:
        told = [claim for beat in script.beats for claim in beat.claims]
        known = [text for claim in told for text in (claim.about, claim.value, claim.before) if text]
        present = {person.name for person in script.cast}
        for line in script.lines():
            words = re.sub(r"[^a-z ]", "", line.text).split()
            for value in values(words, names - present):
                assert any(holds(text.split(), value) for text in known), (value, line.text)
                seen += 1
    assert seen > 1500


def test_no_two_facts_of_a_scene_are_about_the_same():
    for count in (1, 3):
        used = set()
        rng = np.random.default_rng(count)
        people = cast(rng, count)
        about = [
            claim.about
            for _ in range(5)
            for topic in TOPICS
            for claim in write_script(topic, people, rng, used, linked=True).claims()
        ]
        assert len(set(about)) == len(about) > 300


def test_what_a_talk_is_about_is_said_first(scripts):
    for topic in TOPICS:
        for count in (1, 2, 5):
            for brief in (False, True):
                used = set()
                first = script(topic, count, 7, used=used, brief=brief).beats[0]
                (title,) = used
                assert any(title.split()[-1] in line.words for line in first.lines), (title, first.lines)


def test_names_in_a_fact_are_said(scripts):
    for script in scripts:
        lines = script.lines()
        for claim in script.claims():
            for person in script.cast:
                if person.name in claim.about.split():
                    said = [word for index in claim.lines for word in heard(lines[index])]
                    assert person.name in said, claim


def test_roles(scripts):
    seen = {"turn": 0, "back-channel": 0, "interruption": 0}
    for script in scripts:
        lines = script.lines()
        assert {line.who for line in lines} <= set(range(len(script.cast)))
        for before, line in zip([None, *lines], lines, strict=False):
            seen[line.role] += 1
            if line.role != "turn":
                assert before.role == "turn"
                assert before.who != line.who
            if line.role == "interruption":
                assert 0 < before.safe <= len(before.words) - 5
            elif before is not None and before.role == "turn":
                assert before.safe is None
        if len(script.cast) == 1:
            assert {line.role for line in lines} == {"turn"}
    assert min(seen.values()) > 50


def test_everybody_says_something(scripts):
    whole = [script for script in scripts if len(script.beats) > 4]
    silent = [script for script in whole if len({line.who for line in script.lines()}) < len(script.cast)]
    assert len(silent) <= len(whole) // 50


def test_lines_are_plain_words(scripts):
    for script in scripts:
        for line in script.lines():
            assert re.fullmatch(r"[a-z]+[,.?!]?( [a-z]+[,.?!]?)*", line.text), line.text


def test_all_kinds_manners_and_emotions_occur(scripts):
    lines = [line for script in scripts for line in script.lines()]
    claims = [claim for script in scripts for claim in script.claims()]
    kinds = {claim.kind for claim in claims}
    assert kinds == {"name", "number", "time", "place", "plan", "decision", "change of mind", "sarcasm"}
    for topic in TOPICS:
        assert len({claim.kind for script in scripts if script.topic == topic for claim in script.claims()}) >= 4
    assert {line.manner for line in lines} == {"plain", "whispered", "shouted"}
    assert {line.emotion for line in lines} == {"neutral", "happy", "sad", "angry", "afraid"}
    plain = sum(line.manner == "plain" and line.emotion == "neutral" for line in lines)
    assert 0.5 < plain / len(lines) < 0.9


def test_sarcasm_praises_what_it_complains_of(scripts):
    praise = re.compile(r"wonderful|lovely|beautiful|perfect|great|fantastic|best|nicest|finest|lucky|happy|pleased")
    seen = 0
    for script in scripts:
        lines = script.lines()
        for claim in script.claims():
            if claim.kind == "sarcasm":
                assert praise.search(claim.before)
                assert not praise.search(claim.value)
                assert {lines[index].who for index in claim.lines} == {claim.who}
                seen += 1
    assert seen > 50


def test_two_talks_of_a_topic_share_little_but_stock_phrases():
    for topic in TOPICS:
        talks = [script(topic, 3, seed) for seed in range(20, 26)]
        fives = []
        for talk in talks:
            words = [line.words for line in talk.lines()]
            fives.append({tuple(each[at : at + 5]) for each in words for at in range(len(each) - 4)})
        shared = [len(a & b) / min(len(a), len(b)) for a, b in combinations(fives, 2)]
        assert np.mean(shared) < 0.15, topic
        assert np.max(shared) < 0.35, topic


def test_the_same_seed_gives_the_same_script():
    for topic in list(TOPICS)[:4]:
        first = script(topic, 3, 1)
        script(topic, 2, 9)
        assert script(topic, 3, 1) == first
        assert script(topic, 3, 2) != first


def test_brief_talks_begin_with_a_few_words():
    for topic in TOPICS:
        for count in (1, 2):
            first = script(topic, count, 4, brief=True).beats[0]
            assert first.claims
            assert sum(len(line.words) for line in first.lines) <= (26 if count == 1 else 20), (topic, first.lines)


@pytest.mark.parametrize(
    ("topic", "people", "message"),
    [
        ("cooking eggs", PEOPLE[:2], "topic 'cooking eggs'; expected one of planning a trip,"),
        ("a recipe", [], "a talk of nobody; expected 1 to 5 people with different names"),
        ("a recipe", PEOPLE[:6], "1 to 5 people"),
        ("a recipe", [PEOPLE[0], PEOPLE[0]], "a talk of ben, ben"),
    ],
)
def test_impossible_talks(topic, people, message):
    with pytest.raises(SceneError, match=message):
        write_script(topic, people, np.random.default_rng(0))


def test_a_claim_that_nobody_said_is_our_mistake():
    pen = Pen(np.random.default_rng(0), PEOPLE[:2])
    line = pen.say(0, "we meet on monday", steady=True)
    with pytest.raises(AssertionError, match="'tuesday' is not said"):
        pen.fact("time", "the day", "tuesday", 0, line)


def test_forms():
    rng = np.random.default_rng(0)
    every = {expand(rng, "(a|b (c|d)|), {x}(?|.)", x="e") for _ in range(300)}
    assert every == {f"{head}e{mark}" for head in ("a, ", "b c, ", "b d, ", "") for mark in "?."}
    assert [spell(number) for number in (0, 7, 13, 20, 42, 100, 305, 999)] == [
        *("zero", "seven", "thirteen", "twenty", "forty two", "one hundred", "three hundred five"),
        "nine hundred ninety nine",
    ]
    assert runs(["a", "b", "a", "b", "c"], "a b") == [0, 2]
    drawn = digits(rng, 50).split()
    assert len(drawn) == 50
    assert all(a != b for a, b in pairwise(drawn))
