"""Soundscapes, needles, look-alikes and sets: what each form promises holds in its truth and in its sound."""

from collections import Counter

import numpy as np
import pytest

from afnext.base.errors import SceneError
from afnext.scenes.acoustics.places import BEDS
from afnext.scenes.asking.questions import clip_questions
from afnext.scenes.forms.alike import CHANGES, compose_alike
from afnext.scenes.forms.group import FORMS, compose_group, draw_form
from afnext.scenes.forms.needle import compose_needle, needle_of
from afnext.scenes.forms.related import compose_related
from afnext.scenes.forms.scape import DISTANCES, compose_scape
from afnext.scenes.render import render, render_all
from afnext.scenes.scene import Scene

RATE = 16_000


def level(sound, start, end):
    """Root mean square in dB between two times."""
    part = sound[int(start * RATE) : int(end * RATE)]
    return 20 * np.log10(np.sqrt(np.mean(np.square(part))) + 1e-9)


def test_a_soundscape_has_distances_and_movement(make_tones):
    scenes = [compose_scape(seed, "train", 40.0, make_tones("train", 0.5, 4.0))[0] for seed in range(10)]
    assert set(DISTANCES) == set(BEDS)
    assert len({scene.place for scene in scenes}) > 4
    events = [(scene.place, event) for scene in scenes for event in scene.events]
    moving = 0
    for place, event in events:
        metres = [point.metres for point in event.path]
        assert min(metres) >= DISTANCES[place][0] - 0.06
        moving += max(metres) > 1.5 * min(metres)
    assert 0.1 < moving / len(events) < 0.5
    assert {scene.background.kind for scene in scenes if scene.background} <= set(BEDS.values())


def test_what_comes_nearer_grows_louder(make_tones):
    """Tones are as loud throughout, so a path is heard as it is told: 6 dB for every doubling of the distance."""
    heard = 0
    for seed in range(20):
        scene, plan = compose_scape(seed, "train", 20.0, make_tones("train", 2.0, 4.0))
        for event, item in zip(scene.events, plan.placements, strict=True):
            first, last = event.path[0], event.path[-1]
            if scene.place != "outdoors" or max(first.metres, last.metres) < 3 * min(first.metres, last.metres):
                continue
            sound = plan.sound(item)
            length = len(sound) / RATE
            louder = level(sound, length - 0.3, length - 0.1) - level(sound, 0.1, 0.3)
            expected = 20 * np.log10(first.metres / last.metres)
            assert louder == pytest.approx(expected, abs=0.35 * abs(expected) + 1)
            heard += 1
    assert heard > 0


@pytest.mark.scenes_tools
@pytest.mark.parametrize(
    "position", [pytest.param(0.0, marks=pytest.mark.long), 0.5, pytest.param(1.0, marks=pytest.mark.long)]
)
def test_a_needle_is_alone_and_in_its_place(make_tones, position):
    forms = Counter()
    for seed in range(3):
        scene, plan = compose_needle(seed, "train", 60.0, make_tones(), position=position)
        needle = needle_of(scene)
        others = [event for event in scene.events if event is not needle]
        assert all(event.kind != needle.kind for event in others)
        assert all(event.end < needle.start or event.start > needle.end for event in others)
        assert needle.start / (60 - (needle.end - needle.start)) == pytest.approx(position, abs=0.12)
        forms[needle.kind] += 1
        sound = render_all(plan)
        before = max(needle.start - 0.4, 0)
        assert level(sound, needle.start, needle.end) > level(sound, before, needle.start - 0.05) + 6
        assert Scene.from_json(scene.to_json()) == scene
        assert all(fact.events and max(fact.events) < len(scene.events) for talk in scene.talks for fact in talk.facts)
        for talk in scene.talks:
            assert {scene.events[index].kind for index in talk.events} == {"speech"}
    assert set(forms) == {"sound", "speech"}


@pytest.mark.scenes_tools
def test_look_alikes_differ_in_what_they_say_they_do(make_tones):
    """Asked what has changed, the answer is the change that was ordered, seen from whichever comes second."""
    wanted = {
        "order": "the order of the events",
        "who": "who speaks",
        "words": "what is said",
        "missing": "an event is missing",
        "added": "an event is added",
    }
    for change in CHANGES:
        told = Counter()
        for seed in range(4):
            scenes = [plan.scene for plan in compose_alike(seed, "train", 15.0, make_tones(), change)]
            asked = {q.skill: q.answer for q in clip_questions(scenes, np.random.default_rng(seed), choice=0.0)}
            if change == "nothing":
                assert "what_changed" not in asked
                assert asked["same_order"] == "yes"
                assert [event.source for event in scenes[0].events] == [event.source for event in scenes[1].events]
            else:
                told[asked["what_changed"]] += 1
        if change in ("missing", "added"):
            assert set(told) == {wanted["missing"], wanted["added"]}
        elif change != "nothing":
            assert set(told) == {wanted[change]}


@pytest.mark.scenes_tools
def test_sets_can_be_compared(make_tones):
    skills = Counter()
    for seed in range(16):
        scenes = [plan.scene for plan in compose_related(seed, "train", 12.0, make_tones())]
        assert 2 <= len(scenes) <= 4
        skills.update(question.skill for question in clip_questions(scenes, np.random.default_rng(seed)))
    assert {"which_clip", "count_clips", "clip_most", "clip_soonest", "clip_said", "clip_topic", "clip_speaker"} <= set(
        skills
    )


@pytest.mark.scenes_tools
@pytest.mark.parametrize("form", list(FORMS))
def test_every_form_is_the_same_again_and_fills_its_time(make_tones, form):
    seconds = max(FORMS[form].shortest, 12.0)
    plans = compose_group(form, 1, "train", seconds, make_tones())
    again = compose_group(form, 1, "train", seconds, make_tones())
    scenes = [plan.scene for plan in plans]
    assert scenes == [plan.scene for plan in again]
    assert sum(scene.duration for scene in scenes) == pytest.approx(seconds, rel=0.6 if form == "alike" else 0.02)
    for plan, other in zip(plans, again, strict=True):
        sound = np.concatenate(list(render(plan, RATE * 3)))
        assert np.array_equal(sound, render_all(other))
        assert np.abs(sound).max() <= 1.0
        assert len(sound) == round(plan.scene.duration * RATE)


def test_forms_are_drawn_by_their_shares():
    rng = np.random.default_rng(0)
    drawn = Counter(draw_form(rng, list(FORMS)) for _ in range(4000))
    assert {name: number / 4000 for name, number in drawn.items()} == pytest.approx(
        {name: form.share for name, form in FORMS.items()}, abs=0.03
    )
    assert {draw_form(rng, ["alike", "talk"]) for _ in range(60)} == {"alike", "talk"}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda sources: compose_needle(0, "train", 10.0, sources),
            "a scene of 10.0 seconds; expected 20 to 1800",
        ),
        (lambda sources: compose_needle(0, "train", 60.0, sources, position=1.5), "needle at 1.5; expected 0"),
        (lambda sources: compose_needle(0, "test", 60.0, sources), "world 'test' with sources of world 'train'"),
        (lambda sources: compose_alike(0, "train", 4.0, sources), "a scene of 4.0 seconds; expected 5 to 1800 seconds"),
        (lambda sources: compose_alike(0, "train", 9.0, sources, "colour"), "change 'colour'; expected nothing, order"),
        (lambda sources: compose_related(0, "train", 9.0, sources, 7), "7 recordings; expected 2 to 4"),
        (lambda sources: compose_scape(0, "train", 4.0, sources), "a scene of 4.0 seconds"),
        (lambda sources: compose_alike(0, "test", 9.0, sources), "world 'test' with sources of world 'train'"),
        (lambda sources: compose_alike(0, "train", 1801.0, sources), "a scene of 1801.0 seconds"),
        (lambda sources: compose_related(0, "test", 9.0, sources), "world 'test' with sources of world 'train'"),
        (lambda sources: compose_related(-1, "train", 9.0, sources), "seed -1; expected 0 or more"),
        (lambda sources: compose_scape(-1, "train", 9.0, sources), "seed -1; expected 0 or more"),
        (lambda sources: compose_needle(-1, "train", 60.0, sources), "seed -1; expected 0 or more"),
        (lambda sources: compose_needle(0, "train", 1801.0, sources), "a scene of 1801.0 seconds"),
        (lambda sources: compose_group("opera", 0, "train", 9.0, sources), "form 'opera'; expected some of mix"),
    ],
)
def test_impossible_forms(make_tones, call, message):
    with pytest.raises(SceneError, match=message):
        call(make_tones())
