"""What is said, by whom, how, and to whom."""

import re
from itertools import pairwise

from second_reader.sounds import extreme
from second_reader.truth import apart, long, of, only, sure, yes


def edge_words(w, q):
    if q.has("last", "end", "close", "stop"):
        last = max(w.speech, key=lambda e: e["end"])
        sure(last is w.speech[-1])
        apart(w.speech[-2], last)
        w.none_hidden(last["start"], w.duration)
        return last["text"]
    apart(*w.speech[:2])
    w.none_hidden(0, w.speech[0]["end"])
    return w.speech[0]["text"]


def said_when(w, q):
    return of(w.said(q.quote))


def said_next(w, q):
    event = w.said(q.quote)
    spoken = sorted(w.speech, key=lambda e: e["start"])
    after = q.has("next", "after", "follow")
    other = spoken[spoken.index(event) + (1 if after else -1)]
    one, two = (event, other) if after else (other, event)
    sure(one["end"] <= two["start"])
    w.none_hidden(one["start"], two["end"])
    return other["text"]


def bare(word):
    return "".join(re.findall(r"[\w']", word)).lower()


def words_like(w, word):
    spoken = w.all_speech()
    sure(all(event["words"] for event in spoken))
    return [one for event in spoken for one in event["words"] if bare(one[2]) == word.lower()]


def word_when(w, q):
    return of(only(words_like(w, q.quote)))


def count_word(w, q):
    return str(len(words_like(w, q.quote)))


def count_words(w, q):
    event = only(event for event in w.speech if of(event) == only(q.spans))
    sure(len(event["words"]) == len(event["text"].split()))
    return str(len(event["words"]))


def count_speakers(w, q):
    return str(len(w.people()))


def who_said(w, q):
    return w.name_of(w.said(q.quote)["speaker"])


def same_speaker(w, q):
    w.people()
    one, two = (only(event for event in w.speech if of(event) == span) for span in q.spans)
    return yes(one["speaker"] == two["speaker"])


def person(w, q):
    groups = w.people()
    sure(len(groups) > 1)
    return list(groups.values())[q.nth("the @ speaker", "the @ of them", "does the @ (?:say|speak)")]


def target_transcript(w, q):
    return " ".join(event["text"] for event in person(w, q))


def talks_most(w, q):
    groups = w.people()
    seconds = [sum(map(long, events)) for events in groups.values()]
    most = q.side(most=["most", "longest"], least=["least", "shortest"]) == "most"
    return extreme(seconds, most, lambda a, b: max(a, b) >= 1.4 * min(a, b)) + " speaker"


def count_turns(w, q):
    mine = person(w, q)
    for one, two in pairwise(mine):
        others = [e for e in w.speech if e["speaker"] != one["speaker"]]
        sure([e for e in others if e["start"] < two["start"] and e["end"] > one["end"]], "do they run together?")
    return str(len(mine))


def said_by(w, q):
    mine = person(w, q)
    last = q.has("last", "at last", "very end", "end", "ends", "close")
    return mine[-1 if last else 0]["text"]


def cuts(w):
    w.people()
    sure(all(event["role"] for event in w.speech))
    found = []
    for cut in [event for event in w.speech if event["role"] == "interruption"]:
        victim = only(
            e
            for e in w.speech
            if e["start"] < cut["start"] < e["end"] and e["speaker"] != cut["speaker"] and e["role"] != "back-channel"
        )
        found.append((cut, victim))
    return found


def interruption(w, q):
    times = r"\bwhen\b|at what time|which seconds|the (time|start and end|stretch of time)|the interruption"
    if re.search(times, q.low):
        return of(only(cuts(w))[0])
    return yes(cuts(w))


def interrupter(w, q):
    found = cuts(w)
    victim = "is interrupted" in q.low
    return w.name_of(only({pair[victim]["speaker"] for pair in found}))


def back_channel(w, q):
    w.people()
    sure(all(event["role"] for event in w.speech))
    found = [event for event in w.speech if event["role"] == "back-channel"]
    for small in found:
        sure([e for e in w.during(small) if e["start"] < small["start"] and small["end"] < e["end"] and e["text"]])
    return str(len(found))


def response(w, q):
    event = w.said(q.quote)
    w.people()
    cause = r'answers ""|(makes|prompts|leads) somebody|to what is ""|"" (replies to|is the reply to|responds to)'
    asks_cause = bool(re.search(cause, q.low))
    talk = only(talk for talk in w.truth["talks"] if event["number"] in talk["events"])
    turns = [w.every[n] for n in sorted(talk["events"]) if w.every[n]["role"] != "back-channel"]
    other = turns[turns.index(event) + (-1 if asks_cause else 1)]
    one, two = (other, event) if asks_cause else (event, other)
    sure(one["speaker"] != two["speaker"] and one["end"] <= two["start"] and two["role"] == "turn")
    return other["text"]


def pointed(w, q):
    return w.said(q.quote) if q.quotes else only(event for event in w.speech if of(event) == only(q.spans))


def manner(w, q):
    event = pointed(w, q)
    sure(long(event) >= 0.7)
    return {"plain": "in a normal voice", "whispered": "in a whisper", "shouted": "in a shout"}[event["manner"]]


def emotion(w, q):
    event = pointed(w, q)
    sure(long(event) >= 1.2 and event["manner"] == "plain")
    return event["emotion"]


def emotion_flip(w, q):
    groups = list(w.people().values())
    mine = groups[q.nth("the @ speaker", "of the @")]
    row = [event["emotion"] for event in mine]
    blocks = [row[0], *(two for one, two in pairwise(row) if one != two)]
    sure(len(blocks) == 2, row)
    clear = {event["emotion"] for event in mine if long(event) >= 1.2 and event["manner"] == "plain"}
    sure(clear == set(blocks))
    return f"from {blocks[0]} to {blocks[1]}"


def whispered_or_shouted(q):
    return q.side(
        whispered=["whispered", "whisper", "whispers"],
        shouted=["shouted", "shout", "shouts"],
    )


def said_how(w, q):
    event = only(e for e in w.every if e["kind"] == "speech" and e["manner"] == whispered_or_shouted(q))
    sure(event["heard"] and long(event) >= 0.7)
    return event["text"]


def said_feeling(w, q):
    feeling = only(name for name in ("happy", "sad", "angry", "afraid") if q.has(name))
    event = only(e for e in w.every if e["kind"] == "speech" and e["emotion"] == feeling)
    sure(event["heard"] and long(event) >= 1.2)
    return of(event)


def count_manner(w, q):
    return str(sum(event["manner"] == whispered_or_shouted(q) for event in w.all_speech()))
