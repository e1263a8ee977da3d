"""Talks as they are heard: rules of time, sound where words are, and facts that stand in the words of the truth."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from afnext.base.errors import SceneError
from afnext.scenes.forms.mix import Difficulty
from afnext.scenes.forms.talk import SECONDS_EACH, compose_talk, converse
from afnext.scenes.render import render, render_all
from afnext.scenes.scene import Scene
from afnext.scenes.sources import Source
from afnext.scenes.speech.voices import SPEAKERS as OLD_SPEAKERS
from afnext.scenes.speech.voices import voices
from afnext.scenes.talks.cast import SPEAKERS, draw_cast, most_speakers
from afnext.scenes.talks.spoken import SPOKEN, Saying, Utterances, cut_short, say
from afnext.scenes.talks.topics import TOPICS
from afnext.scenes.worlds import WORLDS

RATE = 16_000
DRY = Difficulty(background=0, reverberation=0)
ORDERS = (("train", 45.0, 2), ("test", 45.0, 4), ("validation", 30.0, 3), ("train", 15.0, 1))


def rms(samples):
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0


def holds(text, phrase):
    return f" {phrase} " in f" {text} "


@pytest.fixture(scope="module")
def scenes():
    """A few talks outdoors, with their sound."""
    made = []
    for seed, (world, seconds, speakers) in enumerate(ORDERS):
        scene, plan = compose_talk(seed, world, seconds, speakers=speakers, difficulty=DRY)
        made.append((scene, plan, render_all(plan)))
    return made


@pytest.mark.scenes_tools
def test_as_many_speak_as_were_asked_for_and_all_differ(scenes):
    for (scene, _, _), (world, seconds, count) in zip(scenes, ORDERS, strict=True):
        assert scene.world == world
        assert scene.duration == seconds
        assert len(scene.speakers) == len({speaker.voice for speaker in scene.speakers}) == count
        first = dict.fromkeys(event.speaker for event in scene.events)
        assert [speaker.name for speaker in scene.speakers] == list(first) == list("ABCDE"[:count])
        names = [speaker.called for speaker in scene.speakers if speaker.called]
        assert len(set(names)) == len(names)
        for event in scene.events:
            speaker = next(speaker for speaker in scene.speakers if speaker.name == event.speaker)
            assert event.label == f"a {speaker.sex} speaking"
            assert event.source == speaker.voice
        said = " ".join(event.text for event in scene.events)
        assert all(holds(said, name) for name in names)


@pytest.mark.scenes_tools
def test_nobody_overlaps_himself_nor_do_three_speak(scenes):
    for scene, _, _ in scenes:
        for one, other in combinations(scene.events, 2):
            if one.speaker == other.speaker:
                assert one.end <= other.start or other.end <= one.start
        for a, b, c in combinations(scene.events, 3):
            assert max(a.start, b.start, c.start) >= min(a.end, b.end, c.end)


@pytest.mark.scenes_tools
def test_overlaps_are_of_the_kind_that_the_role_says(scenes):
    roles = set()
    for scene, _, _ in scenes:
        turns = [event for event in scene.events if event.role != "back-channel"]
        for event in scene.events:
            roles.add(event.role)
            if event.role == "back-channel":
                hosts = [turn for turn in turns if turn.start < event.start and event.end < turn.end]
                assert len(hosts) == 1
                assert hosts[0].speaker != event.speaker
        for before, turn in pairwise(turns):
            assert turn.start > before.start
            over = before.end - turn.start
            assert over <= 0.46
            if turn.role == "interruption":
                assert over > 0 or before.text.split()[-1] != "when"
            else:
                assert over <= min(0.46, (turn.end - turn.start) / 2 + 0.01)
    assert "back-channel" in roles


@pytest.mark.scenes_tools
def test_what_proves_a_fact_is_not_spoken_over(scenes):
    spans = 0
    for scene, _, _ in scenes:
        for talk in scene.talks:
            for fact in talk.facts:
                for index in fact.events:
                    event = scene.events[index]
                    texts, sought = [word.text for word in event.words], fact.value.split()
                    for at in range(len(texts) - len(sought) + 1):
                        if texts[at : at + len(sought)] != sought:
                            continue
                        start, end = event.words[at].start, event.words[at + len(sought) - 1].end
                        spans += 1
                        for other in scene.events:
                            assert other is event or other.end <= start or end <= other.start
    assert spans > 12


@pytest.mark.scenes_tools
def test_facts_are_in_the_utterances_that_they_point_at(scenes):
    about = 0
    for scene, _, _ in scenes:
        assert scene.talks
        for talk in scene.talks:
            assert talk.topic in TOPICS
            texts = {index: scene.events[index].text for index in talk.events}
            assert talk.facts
            for fact in talk.facts:
                about += 1
                assert set(fact.events) <= set(talk.events)
                assert all(scene.events[index].role == "turn" for index in fact.events)
                assert any(holds(texts[index], fact.value) for index in fact.events)
                assert fact.before is None or any(holds(texts[index], fact.before) for index in fact.events)
                assert fact.speaker in {scene.events[index].speaker for index in fact.events}
        every = [fact.about for talk in scene.talks for fact in talk.facts]
        assert len(set(every)) == len(every)
    assert about > 10


@pytest.mark.scenes_tools
def test_sound_is_where_the_words_are_and_nowhere_else(scenes):
    for scene, _, sound in scenes:
        mask = np.zeros(len(sound), bool)
        for event in scene.events:
            first, last = round(event.start * RATE), round(event.end * RATE)
            mask[first:last] = True
            assert event.words[0].start == pytest.approx(event.start, abs=1e-6)
            assert event.words[-1].end <= event.end + 1e-6
            assert " ".join(word.text for word in event.words) == event.text
            whole = rms(sound[first:last])
            for word in event.words:
                assert word.start < word.end
                part = sound[round(word.start * RATE) : round(word.end * RATE)]
                assert rms(part) > 0.03 * whole, (event.text, word)
            for word, after in pairwise(event.words):
                assert word.end == pytest.approx(after.start, abs=1e-6)
        assert not sound[~mask].any()
        assert mask.mean() > 0.6
        assert np.abs(sound).max() <= 1


@pytest.fixture(scope="module")
def talks():
    """Four minutes of two people, with whispers, shouts and interruptions."""
    return [converse(seed, "train", 60.0, speakers=2) for seed in (0, 3, 5, 6)]


@pytest.mark.scenes_tools
def test_levels_follow_the_manner(talks):
    compared = []
    for talk in talks:
        turns = [item for item in talk.utterances if item.role == "turn" and item.emotion == "neutral"]
        loudness = {(item.speaker, item.manner): item.gain + 20 * np.log10(item.rms) for item in turns}
        for (speaker, manner), level in loudness.items():
            if manner != "plain" and (speaker, "plain") in loudness:
                compared.append(manner)
                expected = {"whispered": -14.0, "shouted": 9.0}[manner]
                assert level - loudness[speaker, "plain"] == pytest.approx(expected, abs=0.01)
    assert set(compared) == {"whispered", "shouted"}


@pytest.mark.scenes_tools
def test_an_interrupted_turn_ends_within_a_word_that_the_truth_leaves_out(talks):
    found = 0
    for talk in talks:
        for before, cut in pairwise([item for item in talk.utterances if item.role != "back-channel"]):
            if cut.role != "interruption":
                continue
            found += 1
            left = (before.start + before.length) / RATE - before.words[-1].end
            assert 0.04 < left < 1.0  # the beginning of a word that is not over
            assert cut.speaker != before.speaker
            sound = talk.sources.load(before.source)
            assert rms(sound[round((before.words[-1].end - before.start / RATE) * RATE) :]) > 0.01
            assert abs(sound[-1]) < 0.02
    assert found >= 3


@pytest.mark.scenes_tools
def test_gaps_are_like_those_of_people(talks):
    gaps = []
    for talk in talks:
        turns = [item for item in talk.utterances if item.role == "turn"]
        for before, turn in pairwise(turns):
            if before.speaker != turn.speaker:
                gaps.append((turn.start - before.start - before.length) / RATE)
    gaps = np.array([gap for gap in gaps if gap < 1.31])  # without those between two talks
    assert len(gaps) > 50
    assert 0.15 < gaps.mean() < 0.42
    assert 0.08 < (gaps < 0).mean() < 0.4


@pytest.mark.scenes_tools
def test_the_same_seed_gives_the_same_bytes_alone_or_later():
    first, plan = compose_talk(11, "train", 12.0, speakers=2)
    one = render_all(plan)
    compose_talk(12, "test", 6.0)
    again, later = compose_talk(11, "train", 12.0, speakers=2)
    assert again == first
    assert np.array_equal(render_all(later), one)
    assert Scene.from_json(first.to_json()) == first
    blocks = list(render(later, 3_777))
    assert np.array_equal(np.concatenate(blocks), one)
    assert compose_talk(13, "train", 12.0, speakers=2)[0].events != first.events


@pytest.mark.scenes_tools
def test_what_does_not_stay_in_memory_is_said_again(monkeypatch):
    monkeypatch.setattr("afnext.scenes.talks.spoken.KEPT_SECONDS", 0.0)
    monkeypatch.setattr("afnext.scenes.forms.talk.KEPT_SECONDS", 0.0)
    scene, plan = compose_talk(5, "train", 20.0, speakers=2, difficulty=DRY)
    assert not plan.kept
    loaded = plan.sources.load(plan.placements[3].source)
    monkeypatch.undo()
    same, other = compose_talk(5, "train", 20.0, speakers=2, difficulty=DRY)
    assert same == scene
    assert np.array_equal(other.sources.load(other.placements[3].source), loaded)


@pytest.mark.scenes_tools
def test_a_room_answers_after_the_voice():
    scene, plan = compose_talk(3, "train", 30.0, speakers=2, difficulty=Difficulty(background=0, reverberation=1))
    assert scene.place != "outdoors"
    assert all(item.length > item.source.length - RATE // 50 for item in plan.placements)
    for one, other in combinations(scene.events, 2):
        if one.speaker == other.speaker:
            assert one.end <= other.start or other.end <= one.start
    assert np.abs(render_all(plan)).max() <= 1


@pytest.mark.scenes_tools
def test_short_talks():
    for seed in range(3):
        scene, plan = compose_talk(seed, "test", 5.0)
        assert scene.talks[0].facts
        assert len(render_all(plan)) == 5 * RATE
    scene, _ = compose_talk(1, "train", SECONDS_EACH[5], speakers=5)
    assert len(scene.speakers) == 5


@pytest.mark.scenes_tools
def test_the_topics_that_were_asked_for():
    talk = converse(2, "train", 30.0, speakers=2, topics=["a recipe", "a match"])
    assert {each.topic for each in talk.talks} <= {"a recipe", "a match"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seconds": 4.9}, "a talk of 4.9 seconds; expected 5 to 1800 seconds"),
        ({"seconds": float("nan")}, "a talk of nan seconds"),
        ({"speakers": 6}, "6 speakers; expected 1 to 5"),
        ({"speakers": 0}, "0 speakers; expected 1 to 5"),
        ({"speakers": 5, "seconds": 9}, "5 speakers in 9 seconds; expected at least 25 seconds"),
        ({"topics": ["gold"]}, "topic 'gold'; expected some of planning a trip,"),
        ({"topics": []}, "no topic; expected some of"),
        ({"seed": -1}, "seed -1; expected 0 or more"),
    ],
)
def test_impossible_talks(settings, message):
    asked = {"seed": 1, "world": "train", "seconds": 30} | settings
    with pytest.raises(SceneError, match=message):
        compose_talk(**asked)


def test_casts_are_people_of_one_world_who_differ():
    for world in WORLDS:
        mine = {name for names in SPEAKERS[world].values() for name in names}
        for other in WORLDS:
            theirs = {name for names in SPEAKERS[other].values() for name in names}
            assert other == world or not mine & theirs
            of_old = {name for names in OLD_SPEAKERS[other].values() for name in names}
            assert other == world or not mine & of_old
        assert most_speakers(world) >= 6
        known = {voice.identity for voice in voices(world)}
        seen = set()
        for seed in range(60):
            members = draw_cast(world, 1 + seed % 5, np.random.default_rng(seed))
            assert len({member.voice.identity for member in members}) == len(members)
            assert len({member.person.name for member in members}) == len(members)
            assert all(member.person.sex == member.voice.sex for member in members)
            seen |= {member.voice.identity for member in members}
            for one, other in combinations(members, 2):
                if one.voice.sex == other.voice.sex and len(members) < 4:
                    apart = abs(np.log2(one.hertz / other.hertz))
                    assert apart > 0.05 or one.accent != other.accent
        assert known <= seen
    with pytest.raises(SceneError, match="50 speakers; expected 1 to"):
        draw_cast("test", 50, np.random.default_rng(0))


@pytest.mark.scenes_tools
@pytest.mark.parametrize("world", WORLDS)
def test_a_listener_tells_the_voices_of_a_cast_apart(world):
    """By the spectrum alone, a second sentence is nearest to the first one of the same speaker."""

    def colour(member, text):
        power = np.abs(np.fft.rfft(say(Saying(text, member.voice)).sound.astype(float), 2**17)) ** 2
        edges = np.geomspace(80, 7500, 41)
        bins = np.searchsorted(np.fft.rfftfreq(2**17, 1 / RATE), edges)
        loudness = np.array([10 * np.log10(power[a:b].sum() + 1) for a, b in pairwise(bins)])
        return loudness - loudness.mean()

    right = total = 0
    for seed in range(3):
        members = draw_cast(world, 5, np.random.default_rng(seed))
        first = [
            colour(member, "we could all meet near the old station on friday, or stay at home") for member in members
        ]
        for number, member in enumerate(members):
            second = colour(member, "my mother always said that nobody reads a letter twice in a week")
            nearest = min(range(5), key=lambda other: float(np.abs(first[other] - second).sum()))
            right += nearest == number
            total += 1
    assert right >= 0.85 * total


@pytest.mark.scenes_tools
def test_a_saying_cut_short_keeps_the_words_that_are_over():
    saying = Saying("we could all go to the old town, and then home.", voices("train")[0])
    spoken = say(saying)
    assert [word.text for word in spoken.words] == [
        "we",
        "could",
        "all",
        "go",
        "to",
        "the",
        "old",
        "town",
        "and",
        "then",
        "home",
    ]
    cut = round((spoken.words[5].start + 0.05) * RATE)
    shorter = cut_short(spoken, cut)
    assert [word.text for word in shorter.words] == ["we", "could", "all", "go", "to"]
    assert len(shorter.sound) <= cut
    again = say(Saying(saying.text, saying.voice, cut=cut))
    assert np.array_equal(again.sound, shorter.sound)


@pytest.mark.scenes_tools
def test_utterances_stand_beside_other_sources(tones):
    utterances = Utterances("train", tones)
    saying = Saying("hello there", voices("train")[0])
    spoken = say(saying)
    source = utterances.add(saying, spoken)
    assert isinstance(source, Source)
    assert source.address == (SPOKEN, 0)
    assert source.text == "hello there"
    assert np.abs(utterances.load(source)).max() == pytest.approx(1, abs=1e-4)
    tone = utterances.draw(np.random.default_rng(0), "sound", None, 10**6)
    assert np.array_equal(utterances.load(tone), tones.load(tone))
    assert Utterances("train").draw(np.random.default_rng(0), "sound", None, 10**6) is None
