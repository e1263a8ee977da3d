"""Random valid scenes with all that a truth can hold: talks, pieces, paths, masks, channels. Nothing of them sounds."""

from itertools import pairwise

import numpy as np

from afnext.scenes.scene import (
    Background,
    Beat,
    Channel,
    Event,
    Fact,
    Piece,
    Scene,
    SceneNote,
    SceneWord,
    Speaker,
    Stretch,
    Talk,
    Tempo,
    Waypoint,
)
from afnext.scenes.sources import LABELS
from afnext.scenes.speech.sentences import sentence

PLACES = ("outdoors", "a street", "a small room", "a living room", "a large hall", "a cave", "a bathroom", "a car")
NOISES = ("white noise", "pink noise", "a low rumble", "a hum", "a crowd", "traffic")
NAMES = ("ben", "anna", "oscar", "lucy", "victor", "nina", "simon", "clara")
THINGS = ("choir", "tennis club", "orchestra", "book club", "chess club", "dance class", "swimming team", "photo club")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CITIES = ("lisbon", "madrid", "vienna", "berlin", "london", "paris", "rome", "athens", "dublin")
PRICES = ("fifteen", "twenty", "thirty five", "forty", "fifty five", "sixty", "ninety")
SHOPS = ("miller", "baker", "taylor", "wilson", "harris", "cooper", "parker", "morgan")
GIFTS = ("a watch", "a painting", "a bicycle", "a lamp", "a clock", "a sofa", "a kite")
ROUTES = ("walk", "take the bus", "fly", "drive", "take the ferry", "ride a horse")
ABOUT = {
    "time": ("the day of {}", DAYS),
    "place": ("the destination of {}", CITIES),
    "number": ("the price of {}", PRICES),
    "name": ("the name of the guide of {}", SHOPS),
    "decision": ("the present for {}", GIFTS),
    "plan": ("the way to {}", ROUTES),
}
PRAISES = ("how lovely that was", "a great job they did", "what a wonderful day", "that was the best meal ever")
TRUTHS = ("the soup was cold", "it rained for hours", "the bus never came", "everything was broken")
TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
OUTLINES = (
    ("verse", "chorus"),
    ("verse", "chorus", "verse", "chorus"),
    ("intro", "verse", "chorus", "outro"),
    ("intro", "verse", "chorus", "bridge", "chorus", "outro"),
    ("chorus", "verse", "bridge"),
    ("intro", "chorus", "verse", "verse", "outro"),
)


class Maker:
    """Draws scenes; everything comes from one generator."""

    def __init__(self, seed):
        self.seed = seed
        self.rng = np.random.default_rng((seed, 77))
        self.events, self.talks, self.pieces, self.speakers = [], [], [], []
        self.still = self.chance(0.3)
        self.moods = {}

    def pick(self, items):
        return items[int(self.rng.integers(len(items)))]

    def chance(self, share):
        return self.rng.random() < share

    def sample(self, items, count):
        return [items[index] for index in self.rng.permutation(len(items))[:count]]

    # -- sounds ---------------------------------------------------------------------------------------------------

    def path(self, start, end):
        near = float(self.rng.uniform(1, 10))
        far = near * float(self.rng.uniform(1.0, 6.0))
        kind = "rest" if self.still else self.pick(("rest", "comes", "goes", "passes", "wobbles"))
        near *= 10 if self.still and self.chance(0.5) else 1
        points = {
            "rest": [near, near * 1.02],
            "comes": [far, near],
            "goes": [near, far],
            "passes": [far, near, far],
            "wobbles": [near, far, near],
        }[kind]
        times = np.linspace(start, end, len(points))
        return tuple(Waypoint(float(time), metres) for time, metres in zip(times, points, strict=True))

    def sounds(self, count, start, end, kinds=("sound", "sound", "music", "speech")):
        """Events anywhere, a few labels again and again."""
        labels = [(kind := self.pick(kinds), self.pick(LABELS[kind])) for _ in range(max(2, count * 2 // 3))]
        placed = []
        for _ in range(count):
            kind, label = self.pick(labels)
            length = float(np.exp(self.rng.uniform(np.log(0.3), np.log(6))))
            begin = float(self.rng.uniform(start, max(start + 0.1, end - length)))
            finish = min(begin + length, end)
            clash = any(
                (label == other.label and begin < other.end + 0.3 and other.start < finish + 0.3)
                or (kind == other.kind == "speech" and begin < other.end and other.start < finish)
                for other in placed
            )
            if finish - begin < 0.2 or clash:
                continue
            if self.chance(0.5) and any(begin < other.end and other.start < finish for other in placed):
                continue
            level = float(self.rng.uniform(-20, -3)) - (30 if self.chance(0.04) else 0)
            notes = ()
            if kind == "music":
                edges = np.sort(self.rng.uniform(begin, finish, int(self.rng.integers(2, 10))))
                notes = tuple(
                    SceneNote(float(one), float(two), int(self.rng.integers(48, 84)), 90)
                    for one, two in pairwise(edges)
                )
            text = sentence(self.rng) if kind == "speech" else None
            placed.append(
                Event(
                    kind=kind, label=label, start=begin, end=finish, level=level, source=f"x:{label}", text=text,
                    words=self.words(text, begin, finish), notes=notes, tempo=100.0 if notes else None,
                    path=self.path(begin, finish) if self.still or self.chance(0.6) else (),
                )
            )  # fmt: skip
        self.events += placed

    def words(self, text, start, end):
        if not text:
            return ()
        said = text.split()
        edges = np.cumsum([0, *(len(word) for word in said)]) / sum(map(len, said)) * (end - start) + start
        return tuple(SceneWord(float(a), float(b), word) for a, b, word in zip(edges, edges[1:], said, strict=False))

    # -- talks ----------------------------------------------------------------------------------------------------

    def people(self, count):
        self.cast, self.turn = [], float(self.rng.uniform(5, 40))
        for number in range(count):
            sex = self.pick(("man", "woman"))
            speaker = Speaker(
                name="ABCDE"[number], voice=f"v{int(self.rng.integers(6))}-{number}", sex=sex,
                called=self.pick(NAMES) if self.chance(0.7) else None,
            )  # fmt: skip
            self.cast.append(speaker)
            if self.chance(0.4):
                self.moods[speaker.name] = self.sample(("neutral", "happy", "sad", "angry", "afraid"), 2)
        self.speakers += self.cast

    def utter(self, who, text, at, role="turn", **told):
        length = 0.28 * len(text.split()) + float(self.rng.uniform(0.1, 0.6))
        if who.name in self.moods:  # one who changes once, or not at all
            told = {"emotion": self.moods[who.name][at > self.turn], "manner": "plain"} | told
        manner = told.get("manner") or self.pick(("plain",) * 6 + ("whispered", "shouted"))
        emotion = told.get("emotion") or self.pick(("neutral",) * 3 + ("happy", "sad", "angry", "afraid"))
        event = Event(
            kind="speech", label=f"a {who.sex} speaking", start=at, end=at + length,
            level=float(self.rng.uniform(-14, -4)), source=f"x:{who.voice}", text=text,
            words=self.words(text, at, at + length), speaker=who.name, manner=manner, emotion=emotion, role=role,
        )  # fmt: skip
        self.events.append(event)
        return event

    def claims(self, thing, count):
        """Facts about ``thing``: kind, about, value, before."""
        found = []
        for kind in self.sample(list(ABOUT), count):
            form, values = ABOUT[kind]
            value, other = self.sample(values, 2)
            changed = self.chance(0.3)
            found.append(("change of mind" if changed else kind, form.format(thing), value, other if changed else None))
        if self.chance(0.5):
            found.append(("sarcasm", f"the truth about {thing}", self.pick(TRUTHS), self.pick(PRAISES)))
        return found

    def talk(self, start, thing):
        """One conversation from ``start`` seconds on; returns its end."""
        at, mine, facts = start, [], []
        topic = f"the trip with the {thing}"
        for kind, about, value, before in self.claims(topic, int(self.rng.integers(1, 5))):
            proof = []
            asker, teller = self.sample(self.cast, 2) if len(self.cast) > 1 else (self.cast[0],) * 2
            lines = [(asker, f"what about {about}")] if len(self.cast) > 1 and self.chance(0.7) else []
            if kind == "sarcasm":
                lines += [(teller, f"well, {before}"), (teller, f"you know, {value}")]
            elif before:
                lines += [(teller, f"it is {before}"), (teller, f"no, wait, not {before}, it is {value} now")]
            else:
                lines += [(teller, f"that is {value}, i think")]
            for who, text in lines:
                proof.append(self.utter(who, text, at))
                at = proof[-1].end + float(self.rng.uniform(0.05, 0.8))
            mine += proof
            facts.append((kind, about, value, before, teller, proof))
            for _ in range(int(self.rng.integers(0, 4))):
                event = self.utter(self.pick(self.cast), sentence(self.rng), at)
                mine.append(event)
                at = event.end + float(self.rng.uniform(0.05, 0.8))
                others = [who for who in self.cast if who.name != event.speaker]
                if others and self.chance(0.25):
                    begin = event.start + 0.3 * (event.end - event.start)
                    role = self.pick(("back-channel", "interruption"))
                    text = self.pick(("yes", "right", "i see")) if role == "back-channel" else sentence(self.rng)
                    cut = self.utter(self.pick(others), text, begin, role)
                    mine.append(cut)
                    at = max(at, cut.end + 0.2)
        self.talks.append((topic, mine, facts))
        return at

    # -- music ----------------------------------------------------------------------------------------------------

    def piece(self, start, change=None):
        """A piece from ``start`` seconds on; returns its end."""
        metre, bpm = self.pick((3, 4, 4, 5, 6)), float(self.rng.integers(72, 150))
        outline = self.pick(OUTLINES)
        change = change or self.pick(("steady", "steady", "slower", "step"))
        tempos, beats, sections, chords, dynamics = [Tempo(start, bpm)], [], [], [], []
        at, speed = start, bpm
        stepped = self.pick(outline[1:])
        for number, name in enumerate(outline):
            if change == "step" and number:
                wanted = round(bpm * 1.3) if name == stepped else bpm
                if wanted != speed:
                    speed = wanted
                    tempos.append(Tempo(at, speed))
            begin = at
            bars = self.pick((1, 2, 2, 4))
            for bar in range(bars):
                chords_at = at
                for beat in range(metre):
                    if change == "slower" and number == len(outline) - 1 and bar == bars - 1:
                        speed *= 0.93
                        tempos.append(Tempo(at, speed))
                    beats.append(Beat(at, beat + 1))
                    at += 60 / speed
                chords.append(Stretch(chords_at, at, f"{self.pick(TONICS[:5])} {self.pick(('major', 'minor'))}"))
            sections.append(Stretch(begin, at, name))
            dynamics.append(Stretch(begin, at, self.pick(("soft", "medium", "loud", "crescendo"))))
        parts = self.lines(sections) if self.chance(0.5) else []
        for label in self.sample(LABELS["music"], int(self.rng.integers(1, 6))):
            enters = (
                start
                if not any(part.kind == "music" for part in parts)
                else float(self.rng.choice([section.start for section in sections]))
            )
            enters += float(self.rng.uniform(0, 0.4 if enters > start else 0.1))
            parts.append(
                Event(
                    kind="music", label=label, start=enters, end=at, level=float(self.rng.uniform(-15, -5)),
                    source=f"x:{label}", tempo=bpm, key="C major",
                )
            )  # fmt: skip
        self.events += parts
        key = f"{self.pick(TONICS)} {self.pick(('major', 'minor'))}"
        self.pieces.append((start, at, key, metre, tempos, beats, chords, sections, dynamics, parts))
        return at

    def lines(self, sections):
        """What is sung, or said: the same in sections of one name, mostly."""
        sex, how = self.pick(("man", "woman")), self.pick(("singing", "singing", "speaking"))
        singer = Speaker(name="SZ"[len(self.pieces) % 2], voice=f"singer {len(self.pieces)}", sex=sex)
        self.speakers.append(singer)
        texts = {name: sentence(self.rng) for _, _, name in sections}
        found = []
        for start, end, name in sections:
            if name in ("verse", "chorus"):
                text = texts[name] if self.chance(0.8) else sentence(self.rng)
                begin, finish = start + 0.1 * (end - start), end - 0.2 * (end - start)
                found.append(
                    Event(
                        kind="speech", label=f"a {sex} {how}", start=begin, end=finish, level=-8.0,
                        source=f"x:{singer.voice}", text=text, words=self.words(text, begin, finish),
                        speaker=singer.name,
                    )
                )  # fmt: skip
        return found

    # -- all ------------------------------------------------------------------------------------------------------

    def scene(self, duration):
        """The scene of all that was drawn."""
        events = sorted(self.events, key=lambda event: event.start)
        place = {id(event): number for number, event in enumerate(events)}
        masked = []
        for number, event in enumerate(events):
            louder = [
                other for other, one in enumerate(events)
                if one.start < event.end and event.start < one.end and one.level > event.level + 14
            ]  # fmt: skip
            masked.append(event.model_copy(update={"masked_by": tuple(louder)}) if louder else event)
            assert place[id(event)] == number
        background = None
        if self.chance(0.5):
            background = Background(
                kind=self.pick(NOISES), level=float(self.rng.uniform(-55, -36)), snr=float(self.rng.uniform(10, 40))
            )
        channel = self.pick((Channel(), Channel(), Channel(kind="telephone"), Channel(kind="mp3 32k")))
        if self.chance(0.2):
            channel = channel.model_copy(update={"clipped": float(self.rng.uniform(0.2, 0.9))})
        index = lambda found: tuple(place[id(event)] for event in found)  # noqa: E731
        talks = tuple(
            Talk(
                topic=topic, events=index(mine),
                facts=tuple(
                    Fact(kind=kind, about=about, value=value, before=before, speaker=who.name, events=index(proof))
                    for kind, about, value, before, who, proof in facts
                ),
            )
            for topic, mine, facts in self.talks
        )  # fmt: skip
        pieces = tuple(
            Piece(
                start=start, end=end, key=key, metre=metre, tempos=tuple(tempos), beats=tuple(beats),
                chords=tuple(chords), sections=tuple(sections), dynamics=tuple(dynamics), events=index(parts),
            )
            for start, end, key, metre, tempos, beats, chords, sections, dynamics, parts in self.pieces
        )  # fmt: skip
        return Scene(
            seed=self.seed, world="test", duration=duration, place=self.pick(PLACES), background=background,
            events=tuple(masked), speakers=tuple(self.speakers), talks=talks, pieces=pieces, channel=channel,
        )  # fmt: skip


def mix(seed):
    """Sounds, sentences and phrases."""
    maker = Maker(seed)
    duration = float(np.exp(maker.rng.uniform(np.log(8), np.log(120))))
    maker.sounds(int(maker.rng.uniform(0.2, 0.6) * min(duration, 60)) + 1, 0.0, duration)
    return maker.scene(duration)


def talk(seed, most=3):
    """One to ``most`` conversations, perhaps with sounds around."""
    maker = Maker(seed)
    maker.people(int(maker.rng.integers(1, 5)))
    at = float(maker.rng.uniform(0.2, 3))
    for thing in maker.sample(THINGS, int(maker.rng.integers(1, most + 1))):
        at = maker.talk(at, thing) + float(maker.rng.uniform(0.5, 8))
    duration = at + float(maker.rng.uniform(0, 4))
    if maker.chance(0.5):
        maker.sounds(6, 0.0, duration, ("sound", "music"))
    return maker.scene(duration)


def music(seed):
    """A piece or two, perhaps with sounds around."""
    maker = Maker(seed)
    at = maker.piece(float(maker.rng.uniform(0.2, 3)))
    if maker.chance(0.3):
        at = maker.piece(at + float(maker.rng.uniform(0.5, 3)))
    duration = at + float(maker.rng.uniform(0.1, 4))
    if maker.chance(0.3):
        maker.sounds(4, 0.0, duration, ("sound",))
    return maker.scene(duration)


KINDS = (mix, talk, music)


def scenes(count, seed=0):
    """Scenes of all kinds in turn."""
    return [KINDS[number % len(KINDS)](seed * 100_000 + number) for number in range(count)]


def alike(seed):
    """Two scenes that are the same, or differ in one thing."""
    maker = Maker(seed)
    maker.people(2)
    at, chosen = 0.5, []
    labels = maker.sample(LABELS["sound"], 3)
    for _ in range(int(maker.rng.integers(2, 6))):
        if maker.chance(0.4):
            event = maker.utter(maker.pick(maker.cast[:1]), sentence(maker.rng), at, manner="plain", emotion="neutral")
        else:
            event = Event(
                kind="sound", label=maker.pick(labels), start=at, end=at + float(maker.rng.uniform(0.5, 2)),
                level=-6.0, source="x:y",
            )  # fmt: skip
        chosen.append(event)
        at = event.end + 0.5
    maker.events = list(chosen)
    first = maker.scene(at + 1)
    other = Maker(seed + 1)
    other.speakers = maker.speakers
    change = maker.pick(("order", "who", "words", "missing", "added", "none", "two"))
    spoken = [number for number, event in enumerate(chosen) if event.kind == "speech"]
    events = list(chosen)
    if change in ("order", "two"):
        a, b = maker.sample(range(len(events)), 2)
        events[a], events[b] = events[b], events[a]
    if change in ("who", "two") and spoken:
        speaker = maker.cast[1]
        voiced = {"speaker": speaker.name, "source": f"x:{speaker.voice}", "label": events[0].label}
        number = maker.pick([n for n, event in enumerate(events) if event.kind == "speech"])
        events[number] = events[number].model_copy(update=voiced | {"label": events[number].label})
    if change == "words" and spoken:
        number = maker.pick(spoken)
        text = sentence(maker.rng)
        events[number] = events[number].model_copy(
            update={"text": text, "words": maker.words(text, events[number].start, events[number].end)}
        )
    if change == "missing" and len(events) > 1:
        del events[int(maker.rng.integers(len(events)))]
    if change == "added":
        extra = Event(kind="sound", label=maker.pick(labels), start=0.0, end=1.0, level=-6.0, source="x:y")
        events.insert(int(maker.rng.integers(len(events) + 1)), extra)
    at, moved = 0.4, []
    for event in events:  # each at another time, so that only the order can be compared
        step = at - event.start
        words = tuple(SceneWord(word.start + step, word.end + step, word.text) for word in event.words)
        moved.append(event.model_copy(update={"start": at, "end": event.end + step, "words": words}))
        at = moved[-1].end + float(maker.rng.uniform(0.4, 1.2))
    other.events = moved
    return [first, other.scene(at + 1)]


def steady(seed):
    """One piece whose tempo does not change."""
    maker = Maker(seed)
    return maker.scene(maker.piece(0.5, "steady") + 1)


def alone(seed, voice):
    """One person who says a few sentences."""
    maker = Maker(seed)
    maker.people(1)
    maker.cast = maker.speakers = [maker.cast[0].model_copy(update={"voice": voice})]
    at = 0.5
    for _ in range(int(maker.rng.integers(1, 5))):
        at = maker.utter(maker.cast[0], sentence(maker.rng), at).end + 0.5
    return maker.scene(at)


def together(count, seed=0):
    """Lists of two to four scenes to be compared."""
    found = []
    for number in range(count):
        rng = np.random.default_rng((seed, number, 5))
        base = seed * 100_000 + 50_000 + 10 * number
        kind = number % 7
        if kind == 0:
            found.append(alike(base))
        elif kind == 4:
            found.append([steady(base + each) for each in range(int(rng.integers(2, 4)))])
        elif kind == 5:
            voices = ["v1", "v2"] if rng.random() < 0.5 else ["v1", "v1"]
            found.append([alone(base + each, voice) for each, voice in enumerate(voices)])
        elif kind == 6:
            found.append([talk(base + each, 1) for each in range(int(rng.integers(2, 4)))])
        else:
            size = int(rng.integers(2, 5))
            found.append([KINDS[kind - 1](base + each) for each in range(size)])
    return found
