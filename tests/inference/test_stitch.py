"""Recordings over the limit, heard in parts: where the seams lie, and what is put together of them."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import soundfile

import afnext
from afnext.base.errors import RequestError
from afnext.dialogue.timestamps import shifted
from afnext.inference.card import Card
from afnext.inference.stitch import seams
from afnext.scenes.forms.mix import Difficulty
from afnext.scenes.forms.talk import compose_talk
from afnext.scenes.render import render_all

from .test_engine import engine_with

RATE = 16_000


def test_seams_lie_in_the_last_pause_that_is_quiet_enough():
    random = np.random.default_rng(0)
    sound = random.normal(size=100 * RATE).astype(np.float32)
    for pause in (10.0, 27.0, 55.0, 83.5):
        sound[round(pause * RATE) : round((pause + 0.5) * RATE)] *= 0.01
    found = np.array(seams(sound, 30.0)) / RATE
    assert found[0] == 0
    assert found[-1] == 100
    assert all(abs(seam - wanted) <= 0.26 for seam, wanted in zip(found[1:-1], (27.25, 55.25, 83.75), strict=True))


@pytest.mark.parametrize("seconds", [1.0, 30.0, 30.02, 100.0])
def test_parts_are_no_longer_than_allowed_and_leave_nothing_out(seconds):
    """Where each seam is as quiet as any within reach, by comparing with all."""
    sound = np.random.default_rng(1).normal(size=round(seconds * RATE)).astype(np.float32)
    found = seams(sound, 30.0)
    assert (found[0], found[-1]) == (0, len(sound))
    lengths = np.diff(found)
    assert all(lengths > 0)
    assert all(lengths <= 30 * RATE)
    energy = np.convolve(sound.astype(np.float64) ** 2, np.ones(4800), "same")
    for before, seam in pairwise(found[:-1]):
        reach = energy[before + 20 * RATE + 2400 : before + 30 * RATE - 2400 : 320]
        assert energy[seam] <= reach.min() * 1.05


@pytest.mark.scenes_tools
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2))])
def test_no_word_of_a_talk_lies_across_a_seam(seed):
    """By the truth of scenes with noise and rooms: what one part does not hear whole, none does."""
    scene, plan = compose_talk(seed, "test", 120.0, difficulty=Difficulty())
    words = [word for event in scene.events for word in event.words]
    assert len(words) > 100
    found = [seam / RATE for seam in seams(render_all(plan), 45.0)]
    cut = [(word.text, seam) for word in words for seam in found if word.start + 0.02 < seam < word.end - 0.02]
    assert cut == []


@pytest.fixture
def short(engine):
    """An engine that hears ten seconds at once."""
    return engine_with(engine, family=replace(engine.family, max_seconds=10), card=Card(gather=""))


@pytest.fixture
def path(noise, tmp_path):
    sound = noise(25.0).copy()
    for pause in (8.0, 16.0):
        sound[round(pause * RATE) : round((pause + 0.5) * RATE)] = 0
    soundfile.write(tmp_path / "long.flac", sound, RATE)
    return tmp_path / "long.flac"


def bounds(reply):
    return [(round(part.start), round(part.end)) for part in reply.parts]


def test_a_transcript_is_that_of_the_parts(short, path):
    reply = short.transcribe(path, over_limit="stitch", max_new_tokens=12)
    assert bounds(reply) == [(0, 8), (8, 16), (16, 25)]
    alone = [
        short.transcribe(afnext.Clip(path, start=part.start, end=part.end), max_new_tokens=12) for part in reply.parts
    ]
    assert reply.text == " ".join(one.text.strip() for one in alone if one.text.strip())
    assert reply.usage.completion_tokens == sum(one.usage.completion_tokens for one in alone)
    assert reply.usage.audio_seconds == 25.0
    assert reply.notes[0] == "0:25 were heard in 3 parts: 0:00-0:08, 0:08-0:16, 0:16-0:25"
    assert reply.finish_reason == "length"


def test_a_caption_goes_by_time(short, path):
    reply = short.caption(path, over_limit="stitch", max_new_tokens=12)
    assert reply.text == "\n".join(f"{part.clock}: {part.text}" for part in reply.parts).strip()
    assert {part.question for part in reply.parts} == {short.card.caption}


def test_a_question_is_asked_of_every_part_and_then_of_their_answers(short, path, monkeypatch):
    short.card = Card(gather="{parts} | {question}")
    asked = []
    generate = short.generate
    monkeypatch.setattr(
        short, "generate", lambda requests, **more: asked.append(requests) or generate(requests, **more)
    )
    reply = short.ask(path, "Who?", over_limit="stitch", max_new_tokens=12)
    assert [len(requests) for requests in asked] == [3, 1]
    (last,) = asked[1]
    assert last.conversation[0].audio == ()
    told = "\n".join(f"{part.clock}: {part.text}" for part in reply.parts)
    assert last.conversation[0].text == f"{told} | Who?"
    assert reply.raw == generate([last])[0].raw
    assert {part.question for part in reply.parts} == {"Who?"}
    assert short.ask(path, "Who?", over_limit="stitch", max_new_tokens=12).to_dict()["parts"][1]["start"] == (
        reply.parts[1].start
    )


def test_a_model_that_cannot_gather_answers_part_by_part(short, path):
    reply = short.ask(path, "Who?", over_limit="stitch", max_new_tokens=12)
    assert reply.text.startswith("0:00-0:08: ")


def test_what_can_be_heard_whole_is(short, path, noise):
    clip = afnext.Clip(path, start=1.0, end=9.0)
    assert short.ask(clip, "Who?", over_limit="stitch", max_new_tokens=9) == short.ask(clip, "Who?", max_new_tokens=9)
    array = afnext.Clip(noise(3.0), rate=RATE)
    assert short.ask(array, "Who?", over_limit="stitch", max_new_tokens=9).parts == ()


def test_parts_are_no_longer_than_the_model_was_trained_for(short, path):
    short.card = Card(gather="", hears_seconds=6.0)
    reply = short.ask(path, "Who?", over_limit="stitch", max_new_tokens=3)
    assert len(reply.parts) >= 5
    assert all(part.end - part.start <= 6.0 for part in reply.parts)


def test_several_recordings_are_not_stitched(short, path):
    with pytest.raises(RequestError, match=r"over_limit=stitch with 2 recordings.*expected one recording"):
        short.ask(path, path, "Which?", over_limit="stitch")


def test_times_move_with_their_part():
    assert shifted("a <t>1.0-2.5</t>; b <t>0 - 3</t>", 60.0) == "a <t>61.0-62.5</t>; b <t>60.0-63.0</t>"
    assert shifted("<t>5-3</t> none", 60.0) == "<t>5-3</t> none"
    assert shifted("bell <t>1.034-1.050</t>", 100.0) == "bell <t>163.4-165.0</t>", (
        "minutes.seconds are read, seconds written"
    )
