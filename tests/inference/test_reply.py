"""Replies as data, and as subtitles."""

import json

import pytest

from afnext.dialogue.timestamps import Timed
from afnext.inference.reply import Usage, read_reply
from afnext.inference.subtitles import to_srt, to_vtt

USAGE = Usage(audio_seconds=10.0, prompt_tokens=300, completion_tokens=40)


def read(raw, **more):
    return read_reply(raw, **{"usage": USAGE, "finish_reason": "stop", "duration": 10.0, **more})


def test_reasoning_and_answer_come_apart_with_their_times():
    reply = read("<think>A dog barks (<t>1.2-2.0</t>). Then silence.</think>\n\nOnce: dog barking <t>1.2-2.0</t>.")
    assert reply.reasoning.startswith("A dog barks")
    assert reply.text == "Once: dog barking <t>1.2-2.0</t>."
    assert reply.steps == (Timed(1.2, 2.0, "A dog barks"),)
    assert [(event.start, event.end) for event in reply.events] == [(1.2, 2.0)]
    assert str(reply) == reply.text
    assert reply.notes == ()


def test_json_holds_every_field():
    value = json.loads(read("rain <t>0.0-3.5</t>").to_json())
    assert value == {
        "text": "rain <t>0.0-3.5</t>",
        "reasoning": "",
        "steps": [],
        "events": [{"start": 0.0, "end": 3.5, "text": "rain"}],
        "usage": {"audio_seconds": 10.0, "prompt_tokens": 300, "completion_tokens": 40, "cached_tokens": 0},
        "finish_reason": "stop",
        "truncated": False,
        "notes": [],
        "parts": [],
        "raw": "rain <t>0.0-3.5</t>",
        "checks": [],
        "grounding": None,
    }


@pytest.mark.parametrize(
    ("raw", "note"),
    [
        ("a bell <t>5.0-3.0</t>", "runs backwards"),
        ("<think>so", "not closed"),
        ("a bell <t>12.0-14.0</t>", "after the recording"),
        ("<t></t><think></think></t>", "in the model's answer"),
    ],
)
def test_nothing_a_model_writes_raises(raw, note):
    reply = read(raw)
    assert any(note in remark for remark in reply.notes), reply.notes


def test_a_cut_answer_says_so():
    reply = read("The dog", finish_reason="length")
    assert reply.notes == ("the answer was cut at 40 tokens; a higher max_new_tokens lets it go on",)


CUES = [Timed(0.0, 1.5, "hello <b>\n there"), Timed(3661.0456, 3662.9999, "Tom & Ann")]


def test_srt():
    assert to_srt(CUES) == (
        "1\n00:00:00,000 --> 00:00:01,500\nhello <b> there\n\n2\n01:01:01,046 --> 01:01:03,000\nTom & Ann\n"
    )
    assert to_srt([]) == ""


def test_vtt():
    assert to_vtt(CUES) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nhello &lt;b&gt; there\n\n"
        "01:01:01.046 --> 01:01:03.000\nTom &amp; Ann\n"
    )
    assert to_vtt([]) == "WEBVTT\n"
