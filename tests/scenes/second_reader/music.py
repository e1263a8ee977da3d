"""Music."""

import re
from itertools import pairwise

from second_reader.truth import TONICS, apart, mention, of, only, sure


def key(w, q):
    tonic, mode = w.piece(q.text)["key"].split()
    sure(tonic in TONICS)
    return mode if q.has("major") else f"{tonic} {mode}"


def metre(w, q):
    piece = w.piece(q.text)
    numbers = [beat[1] for beat in piece["beats"]]
    sure(max(numbers) == piece["metre"] and len(numbers) >= 12)
    return str(max(numbers))


def tempo(w, q):
    piece = w.piece(q.text)
    bpm = only({tempo[1] for tempo in piece["tempos"]})
    times = [beat[0] for beat in piece["beats"]]
    sure(abs(60 * (len(times) - 1) / (times[-1] - times[0]) - bpm) < 1, "the beats say otherwise")
    sure("4 percent" in q.low)
    return f"{round(bpm)} beats per minute"


def tempo_change(w, q):
    speeds = [tempo[1] for tempo in w.piece(q.text)["tempos"]]
    if len(set(speeds)) == 1:
        return "it stays the same"
    up, down = speeds == sorted(set(speeds)), speeds == sorted(set(speeds), reverse=True)
    sure(up or down)
    sure(max(speeds) >= 1.12 * min(speeds))
    return "it becomes faster" if up else "it becomes slower"


def tempo_when(w, q):
    piece = w.piece(q.text)
    first = piece["tempos"][0][1]
    when, speed = next((time, bpm) for time, bpm in piece["tempos"] if bpm != first)
    sure(abs(speed / first - 1) >= 0.12)
    name = only(section[2] for section in piece["sections"] if abs(section[0] - when) < 0.1)
    sure(sum(section[2] == name for section in piece["sections"]) == 1)
    return f"the {name}"


def instrument_entry(w, q):
    firsts = w.parts(w.piece(q.text))
    pairs = list(pairwise(firsts))
    if q.labels:
        for one, two in pairs:
            apart(one, two)
        return ", ".join(mention(w, event["label"]) for event in firsts)
    if q.side(first=["first", "begin", "start"], last=["last"]) == "first":
        apart(*pairs[0])
        return mention(w, firsts[0]["label"])
    apart(*pairs[-1])
    return mention(w, firsts[-1]["label"])


def count_parts(w, q):
    return str(len(w.parts(w.piece(q.text))))


def sections_of(w, q):
    return w.piece(q.text)["sections"]


def named_section(w, q):
    names = {section[2] for section in sections_of(w, q)}
    return only(name for name in names if re.search(rf"the {name} of", q.low))


def section_order(w, q):
    found = sections_of(w, q)
    mine = [name for name in {section[2] for section in found} if re.search(rf"the {name} of", q.low)]
    if mine:
        place = only(n for n, section in enumerate(found) if section[2] == mine[0])
        sure(found[place + 1][2] != mine[0])
        return f"the {found[place + 1][2]}"
    return ", ".join(section[2] for section in found)


def not_side_by_side(found):
    sure(all(one[2] != two[2] for one, two in pairwise(found)), "two as one")


def section_return(w, q):
    name = named_section(w, q)
    found = sections_of(w, q)
    mine = [n for n, section in enumerate(found) if section[2] == name]
    sure(all(two - one > 1 for one, two in pairwise(mine)), "two as one")
    return of(found[mine[q.nth("the @ time")]])


def section_at(w, q):
    low, high = map(float, re.findall(r"[\d.]+", only(q.spans)))
    return f"the {only(s for s in sections_of(w, q) if s[0] <= low + 0.05 and high - 0.05 <= s[1])[2]}"


def count_sections(w, q):
    not_side_by_side(sections_of(w, q))
    if q.has("sections"):
        return str(len(sections_of(w, q)))
    return str(sum(section[2] == named_section(w, q) for section in sections_of(w, q)))


def count_bars(w, q):
    section = only(s for s in sections_of(w, q) if s[2] == named_section(w, q))
    beats = [beat for beat in w.piece(q.text)["beats"] if section[0] - 0.01 <= beat[0] < section[1] - 0.05]
    sure(len(beats) == w.piece(q.text)["metre"] * sum(beat[1] == 1 for beat in beats))
    return str(sum(beat[1] == 1 for beat in beats))


def count_beats(w, q):
    low, high = map(float, re.findall(r"[\d.]+", only(q.spans)))
    times = [beat[0] for beat in w.piece(q.text)["beats"]]
    sure(all(min(abs(time - low), abs(time - high)) > 0.1 for time in times))
    return str(sum(low < time < high for time in times))


def chord_changes(w, q):
    row = []
    for start, end, name in w.piece(q.text)["chords"]:
        if row and row[-1][2] == name:
            row[-1][1] = end
        else:
            row.append([start, end, name])
    return row


def pitched(w, q, chords):
    """Each of the chords is played by somebody from beginning to end."""
    players = [w.every[number] for number in w.piece(q.text)["events"]]
    players = [one for one in players if one["kind"] == "music" and one["label"] != "drums"]
    for start, end, name in chords:
        sure(any(one["start"] < start + 0.13 and one["end"] > end - 0.13 for one in players), name)


def chord(w, q):
    number = q.nth("the @ chord", "is the @")
    row = chord_changes(w, q)[: number + 1]
    pitched(w, q, row)
    sure(all(end - start >= 0.7 for start, end, _ in row))
    return row[number][2]


def progression(w, q):
    number = {"three": 3, "four": 4}[re.search(r"\b(three|four) chords", q.low)[1]]
    row = chord_changes(w, q)
    pitched(w, q, row[:number])
    sure(number == min(4, len(row)))
    return ", ".join(name for _, _, name in row[:number])


def lyrics(w, q):
    name, told = named_section(w, q), []
    for section in sections_of(w, q):
        if section[2] == name:
            lines = [w.every[number] for number in sorted(w.piece(q.text)["events"])]
            inside = [
                one for one in lines if one["text"] and section[0] <= (one["start"] + one["end"]) / 2 < section[1]
            ]
            told.append(" ".join(one["text"] for one in inside))
    return only(set(told))


def dynamics(w, q):
    piece = w.piece(q.text)
    loud = {}
    for section in piece["sections"]:
        if re.search(rf"the {section[2]}\b", q.low):
            sure(section[2] not in loud, "two of that name")
            mine = [d[2] for d in piece["dynamics"] if min(d[1], section[1]) - max(d[0], section[0]) > 0.1]
            loud[section[2]] = {"soft": 0, "loud": 1}[only(mine)]
    sure(sorted(loud.values()) == [0, 1])
    wanted = q.side(loud=["louder", "more loudly"], soft=["softer", "more softly"]) == "loud"
    return f"the {only(name for name, value in loud.items() if bool(value) == wanted)}"


def crescendo(w, q):
    return of(only(one for one in w.piece(q.text)["dynamics"] if one[2] == "crescendo"))


def notes_of(w, q):
    notes = w.once(q.label)["notes"]
    sure(all(two[0] - one[0] >= 0.12 and one[1] <= two[0] + 0.02 for one, two in pairwise(notes)))
    return notes


def pitch(w, q):
    notes = notes_of(w, q)
    sure(abs(notes[-1][2] - notes[0][2]) >= 3)
    return "higher" if notes[-1][2] > notes[0][2] else "lower"


def count_notes(w, q):
    return str(len(notes_of(w, q)))
