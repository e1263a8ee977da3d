"""What is said: transcripts, first and last words, when something is said, how often a word is."""

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np

from afnext.scenes.asking.phrasing import cited, pick, shuffled, span
from afnext.scenes.asking.skills.counting import near_numbers
from afnext.scenes.asking.skills.draft import Draft
from afnext.scenes.asking.skills.facts import APART, Facts
from afnext.scenes.asking.skills.text import MOST_COUNTED, MOST_QUOTED, at, ats, quoted, times, words
from afnext.scenes.scene import Event, SceneWord
from afnext.scenes.sources import LABELS

MOST_SAID = 6
"""Sentences in a transcript; of a scene with more, a section is asked about."""
MOST_TRIED = 8
SHORTEST_WORD = 3
"""Letters of a word that is asked about: shorter ones are hardly heard."""


def transcript(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """The words: all of them, a man's or a woman's, or one utterance's."""
    drafts = []
    all_heard = not facts.doubtful.intersection(LABELS["speech"])
    if 1 <= len(facts.speech) <= MOST_SAID and all_heard:
        drafts.append(Draft(facts.say(rng, "transcript"), words(facts.speech), facts.speech))
    if len(facts.speech) > 1:
        event = pick(rng, facts.speech)
        drafts.append(Draft(facts.say(rng, "transcript at", t=span(event)), words([event]), [event]))
        drafts += [
            Draft(facts.say(rng, "transcript of", who=label.split()[1]), words(events), events)
            for label in LABELS["speech"]
            if 1 <= len(events := facts.of_label.get(label, [])) <= MOST_SAID
        ]
    if drafts:
        yield pick(rng, drafts)


def timed_transcript(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """The words with the time of each utterance."""
    if not facts.speech or facts.doubtful.intersection(LABELS["speech"]):
        return
    spoken, asked = facts.speech, facts.say(rng, "timed_transcript")
    if len(spoken) > MOST_SAID:
        section = facts.section(rng)
        if section is None:
            return
        start, end = section
        spoken = [event for event in spoken if start <= event.start and event.end <= end]
        asked = facts.say(rng, "timed_transcript between", a=str(start), b=str(end))
        if not 1 <= len(spoken) <= MOST_SAID:
            return
    yield Draft(asked, "; ".join(f"{span(event)} {event.text}" for event in spoken), spoken)


def speaker(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Whether a man or a woman speaks."""
    labels = {event.label for event in facts.speech}
    if not labels or not labels.issubset(LABELS["speech"]):
        return
    event = pick(rng, facts.speech)
    asked = facts.say(rng, "speaker") if len(labels) == 1 else facts.say(rng, "speaker at", t=span(event))
    answer = event.label.removesuffix(" speaking")
    near = [] if facts.style == "plain" else [other for other in ("a man", "a woman") if other != answer]
    yield Draft(asked, answer, [event], f"I hear {cited(event)}.", near)


def pointable(facts: Facts) -> list[Event]:
    """Utterances that can be told from all others by their words."""
    texts = Counter((event.text or "").lower() for event in facts.scene.events)
    return [
        event
        for event in facts.speech
        if texts[(event.text or "").lower()] == 1
        and '"' not in (event.text or "")
        and len((event.text or "").split()) <= MOST_QUOTED
    ]


def other_words(facts: Facts, event: Event, rng: np.random.Generator) -> list[str]:
    """What else is said, the lengths nearest to those of ``event`` first."""
    length = len((event.text or "").split())
    texts = {other.text or "" for other in facts.speech} - {event.text or ""}
    return sorted(shuffled(rng, sorted(texts)), key=lambda text: abs(len(text.split()) - length))[:8]


def edge_words(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """The first, or the last, that is said."""
    spoken = facts.speech
    if len(spoken) < 2:
        return
    first, last = spoken[0], spoken[-1]
    if facts.clear(0, first.end) and spoken[1].start - first.start > APART:
        trace = f"The first voice is heard at {at(first)}. It says {quoted(first)}."
        yield Draft(facts.say(rng, "said first"), words([first]), [first], trace, other_words(facts, first, rng))
    final = spoken[-2].start + APART < last.start and max(event.end for event in spoken[:-1]) <= last.end
    if final and facts.clear(last.start, facts.scene.duration):
        trace = f"The last voice is heard at {at(last)}. It says {quoted(last)}."
        yield Draft(facts.say(rng, "said last"), words([last]), [last], trace, other_words(facts, last, rng))


def said_when(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """When certain words are said."""
    for event in shuffled(rng, pointable(facts))[:MOST_TRIED]:
        words_asked = facts.say(rng, "said_when", q=event.text or "")
        near = facts.near_spans(event, rng)
        yield Draft(words_asked, at(event), [event], f"I hear {quoted(event)}.", near)


def said_next(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """What is said right after, or right before, certain words, whoever says it."""
    known = pointable(facts)
    for event in shuffled(rng, known)[:MOST_TRIED]:
        index = facts.speech.index(event)
        for side, step in (("after", 1), ("before", -1)):
            if not 0 <= index + step < len(facts.speech):
                continue
            other = facts.speech[index + step]
            one, two = (event, other) if step == 1 else (other, event)
            if two.start < one.end or not facts.clear(one.start, two.end):
                continue
            asked = facts.say(rng, f"said_next {side}", q=event.text or "")
            trace = f"I hear {quoted(event)}. Right {side} it, I hear {quoted(other)}."
            near = [text for text in other_words(facts, other, rng) if text != event.text]
            yield Draft(asked, words([other]), [one, two], trace, near)


def spelt(word: str) -> str:
    """A word without punctuation, in lower case."""
    return re.sub(r"[^\w']", "", word).lower()


def all_words(facts: Facts) -> list[tuple[SceneWord, Event]]:
    """Every word that is said, with its utterance."""
    return [(word, event) for event in facts.speech for word in event.words]


def complete(facts: Facts) -> bool:
    """Whether every word of the recording can be heard and has its time."""
    hidden = any(event.kind == "speech" for event in facts.hidden)
    return not hidden and all(event.words for event in facts.speech)


def word_when(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """When a word is said that is said once."""
    if not complete(facts):
        return
    counts = Counter(spelt(word.text) for word, _ in all_words(facts))
    once = [
        (word, event)
        for word, event in all_words(facts)
        if counts[spelt(word.text)] == 1 and len(spelt(word.text)) > SHORTEST_WORD
    ]
    for word, event in shuffled(rng, once)[:MOST_TRIED]:
        near = facts.near_spans(word, rng, anchors=event.words)
        trace = f'I hear {quoted(event)}. In it, the word "{spelt(word.text)}" is said at {at(word)}.'
        asked = facts.say(rng, "word_when", w=spelt(word.text))
        yield Draft(asked, at(word), [word], trace, near, carriers=[event])


def count_word(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """How often a word is said."""
    if not complete(facts):
        return
    groups: dict[str, list[tuple[SceneWord, Event]]] = {}
    for word, event in all_words(facts):
        if len(spelt(word.text)) > SHORTEST_WORD:
            groups.setdefault(spelt(word.text), []).append((word, event))
    for count in range(1, MOST_COUNTED + 1):
        for text in shuffled(rng, [text for text, found in groups.items() if len(found) == count])[:2]:
            found = [word for word, _ in groups[text]]
            trace = f'The word "{text}" is said {times(count)}, at {ats(found)}.'
            near = near_numbers(count)
            carriers = [event for _, event in groups[text]]
            yield Draft(facts.say(rng, "count_word", w=text), str(count), found, trace, near, carriers)


def count_words(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """How many words an utterance has."""
    for event in shuffled(rng, [event for event in facts.speech if event.words])[:MOST_TRIED]:
        count = len(event.words)
        if not 2 <= count <= 12 or count != len((event.text or "").split()):
            continue
        trace = f"I hear {quoted(event)}. Word for word: "
        trace += ", ".join(f"{spelt(word.text)} ({at(word)})" for word in event.words) + "."
        asked = facts.say(rng, "count_words", t=at(event))
        yield Draft(asked, str(count), [event], trace, near_numbers(count))
