import json
import time
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afnext.base.errors import ConversationError
from afnext.dialogue.timestamps import (
    Span,
    Timed,
    format_reply,
    format_span,
    parse,
    spans,
    without_spans,
)


def events(text, **settings):
    return [(event.start, event.end, event.text) for event in parse(text, **settings).events]


# Writing


@pytest.mark.parametrize(
    ("start", "end", "written"),
    [
        (12.4, 15, "<t>12.4-15.0</t>"),
        (0, 0, "<t>0.0-0.0</t>"),
        (1799.96, 1800, "<t>1800.0-1800.0</t>"),
        (-0.0, 1, "<t>0.0-1.0</t>"),
    ],
)
def test_a_span_has_one_decimal(start, end, written):
    assert format_span(start, end) == written


@pytest.mark.parametrize(("start", "end"), [(2, 1), (-1, 1), (float("nan"), 1), (0, float("nan")), (0, float("inf"))])
def test_an_impossible_span_is_not_written(start, end):
    with pytest.raises(ConversationError, match=r"a span from .* s; expected 0 <= start <= end"):
        format_span(start, end)


def test_a_reply_is_reasoning_a_blank_line_and_an_answer():
    assert format_reply("2", "I hear two.") == "<think>I hear two.</think>\n\n2"
    assert format_reply(" 2 ", " ") == "2"
    for answer, reasoning in (("<think>", ""), ("2", "so </think>")):
        with pytest.raises(ConversationError, match="a <think> tag within"):
            format_reply(answer, reasoning)


# Round trips

tenths = st.integers(0, 18_000).map(lambda tenth: tenth / 10)
pairs = st.tuples(tenths, tenths).map(lambda pair: (min(pair), max(pair)))
labels = (
    st.text(alphabet="abcdefg ", min_size=1, max_size=12)
    .map(str.strip)
    .filter(lambda label: label and label not in ("and", "or", "then"))
    .map(lambda label: " ".join(label.split()))
)


@given(written=st.lists(st.tuples(pairs, labels), min_size=1, max_size=5))
def test_events_written_are_events_read(written):
    text = "; ".join(f"{label} {format_span(*pair)}" for pair, label in written)
    parsed = parse(text)
    assert [(e.start, e.end, e.text) for e in parsed.events] == [(*pair, label) for pair, label in written]
    assert parsed.problems == ()
    assert spans(text) == [Span(*pair) for pair, _ in written]


@given(written=st.lists(st.tuples(pairs, labels), min_size=1, max_size=5))
def test_a_transcript_written_is_a_transcript_read(written):
    text = "\n".join(f"{format_span(*pair)} {label}" for pair, label in written)
    assert events(text) == [(*pair, label) for pair, label in written]


clean = (
    st.text(max_size=40)
    .filter(lambda text: not any(tag in text for tag in ("<think>", "</think>", "answer>")))
    .map(str.strip)
)


@given(answer=clean, reasoning=clean)
def test_reasoning_and_answer_come_apart_again(answer, reasoning):
    parsed = parse(format_reply(answer, reasoning))
    assert (parsed.reasoning, parsed.answer) == (reasoning, answer)


# Any string at all

TAGS = [
    "<t>",
    "</t>",
    "<think>",
    "</think>",
    "<answer>",
    "</answer>",
    "<t>3-2</t>",
    "<t>1-2</t>",
    "[1.0 - 2.0]",
    "<",
    ">",
]
NUMBERS = ["1", "2.5", "0.574", "99999999", "nan", "-1", "1e9", "٣", "-", " - ", "to", "s"]
WORDS = ["dog", "\n", ". ", ";", "[", "]", "\x00", "🎻"]
pieces = st.lists(st.sampled_from(TAGS + NUMBERS + WORDS), max_size=25).map("".join)


@given(
    text=st.one_of(st.text(), pieces),
    convention=st.sampled_from([None, "seconds", "minutes"]),
    duration=st.sampled_from([None, 0.0, 3.0, 1800.0]),
)
def test_no_string_is_refused(text, convention, duration):
    parsed = parse(text, convention=convention, duration=duration)
    for item in (*parsed.steps, *parsed.events):
        assert 0 <= item.start <= item.end < 1e9
    json.dumps(asdict(parsed), allow_nan=False)
    assert isinstance(without_spans(text), str)
    assert len(parsed.problems) <= 21


@pytest.mark.parametrize(
    "piece",
    [
        "<t>",
        "</t>",
        "<t>1-2",
        "<think>",
        "<t>3-2</t>",
        "dog <t>1-2</t>; ",
        "[1.0 - ",
        "- ",
        "\n",
        " ",
        "1. ",
        "(",
        "<t>" + "1" * 60,
    ],
)
def test_a_long_string_takes_linear_time(piece):
    text = piece * (200_000 // len(piece))
    started = time.process_time()
    parse(text)
    without_spans(text)
    assert time.process_time() - started < 2.0


# What models write


def test_reasoning_becomes_steps():
    parsed = parse(
        "<think>I hear dog barking (<t>1.2-2.0</t>), then a bell (<t>5.0-5.8</t>). It is last.</think>\n\nthe bell"
    )
    assert parsed.steps == (Timed(1.2, 2.0, "I hear dog barking"), Timed(5.0, 5.8, "then a bell"))
    assert parsed.answer == "the bell"
    assert parsed.events == ()
    assert parsed.problems == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dog barking <t>1.2-2.0</t>; piano <t>6.0-9.5</t>", [(1.2, 2.0, "dog barking"), (6.0, 9.5, "piano")]),
        ("piano <t>6.0 - 9.5</t>", [(6.0, 9.5, "piano")]),
        ("piano <t>30-36</t>", [(30.0, 36.0, "piano")]),
        ("piano <t>30s–36 s</t>", [(30.0, 36.0, "piano")]),
        ("piano <t>30 to 36</t>", [(30.0, 36.0, "piano")]),
        ("dog <t>1-2</t>, <t>3-4</t> and <t>5-6</t>", [(1.0, 2.0, "dog"), (3.0, 4.0, "dog"), (5.0, 6.0, "dog")]),
        ("It is quiet. A dog barks (<t>1-2</t>).", [(1.0, 2.0, "A dog barks")]),
        (
            "<t>308.71-309.97</t> Speaker 1: Hello.\n<t>310.0-311.5</t> Speaker 2: Hi; you?",
            [(308.71, 309.97, "Speaker 1: Hello"), (310.0, 311.5, "Speaker 2: Hi; you?")],
        ),
        ("1. <t>0-2</t> rain\n2. <t>2-4</t> wind", [(0.0, 2.0, "rain"), (2.0, 4.0, "wind")]),
        ('[11.0 - 14.0] "la"\n[14.0 - 16.5] "li"', [(11.0, 14.0, '"la"'), (14.0, 16.5, '"li"')]),
        ("Events:\n- <t>0-2</t> rain\n- <t>2-4</t> wind", [(0.0, 2.0, "rain"), (2.0, 4.0, "wind")]),
        ("1. rain <t>0-2</t>\n2. wind <t>2-4</t>", [(0.0, 2.0, "rain"), (2.0, 4.0, "wind")]),
        ("see [1] and a[0 - 1]", []),
        ("<t>0.0-30.6</t>", [(0.0, 30.6, "")]),
        ("(C) <t>1-2</t>", [(1.0, 2.0, "C")]),
    ],
)
def test_answers_become_events(text, expected):
    assert events(text) == [(start, end, " ".join(words.split())) for start, end, words in expected]


def test_answer_tags_of_music_flamingo_are_dropped():
    parsed = parse("<think>It swings.</think>\n<answer>(B) jazz</answer>")
    assert (parsed.reasoning, parsed.answer) == ("It swings.", "(B) jazz")


# Two conventions


def test_minutes_are_recognised():
    text = "<t>0.564-0.574</t> One. <t>0.574-1.034</t> Two."
    parsed = parse(text)
    assert parsed.convention == "minutes"
    assert [(event.start, event.end) for event in parsed.events] == [(56.4, 57.4), (57.4, 63.4)]
    assert spans("a <t>1.009-1.109</t>") == [Span(60.9, 70.9)]
    assert spans("a <t>1-2</t>", "minutes") == [Span(60, 120)]
    assert spans("a <t>0.5-1</t>", "minutes") == [Span(50, 60)]


@pytest.mark.parametrize(
    "text",
    ["<t>0.5-1.0</t>", "<t>0.564-0.9</t>", "<t>0.564-0.674</t>", "<t>1-2</t>", "<t>12.34-13.50</t>", "none"],
)
def test_anything_else_is_seconds(text):
    assert parse(text).convention == "seconds"


def test_the_recording_decides_where_minutes_would_lie_beyond_its_end():
    text = "dog <t>2.104-3.250</t>"
    assert parse(text).convention == "minutes"
    assert events(text, duration=10.0) == [(2.104, 3.25, "dog")]
    assert events(text, convention="seconds") == [(2.104, 3.25, "dog")]


# What is wrong is named


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("dog <t>5.0-3.0</t>", "<t>5.0-3.0</t> runs backwards"),
        ("dog <t>soon</t>", "<t>soon</t> is not a span of time"),
        ("dog <t>1e3-2e3</t>", "<t>1e3-2e3</t> is not a span of time"),
        ("dog <t>1.0-", "1 <t> tags without their other half"),
        ("dog 1.0-2.0</t> and <t>", "2 <t> tags without their other half"),
        ("<think>I hear", "<think> was not closed: what follows is read as reasoning"),
        ("I hear.</think>2", "</think> without <think>: what stands before is read as reasoning"),
        ("Well. <think>I hear.</think>2", "words before <think>: read as a part of the answer"),
        ("<think>a</think><think>b</think>2", "more than one pair of <think> tags"),
        ("[5.0 - 3.0] la", "[5.0 - 3.0] runs backwards"),
    ],
)
def test_a_problem_is_named(text, told):
    assert parse(text).problems == (told,)


def test_a_backwards_span_does_not_upset_its_neighbours():
    parsed = parse("dog <t>5.0-3.0</t>; cat <t>6.0-7.0</t>; <t>9-8</t>; bell <t>1-2</t>")
    assert parsed.events == (Timed(6.0, 7.0, "cat"), Timed(1.0, 2.0, "bell"))
    assert len(parsed.problems) == 2


def test_times_beyond_the_end_are_told_but_kept():
    parsed = parse("dog <t>8.0-12.0</t>", duration=10.0)
    assert parsed.events == (Timed(8.0, 12.0, "dog"),)
    assert parsed.problems == ("8.0-12.0 s ends after the recording (10.0 s)",)
    assert parse("dog <t>8.0-10.0</t>", duration=9.98).problems == ()


def test_unclosed_thought_is_reasoning():
    parsed = parse("<think>I hear a dog (<t>1-2</t>) and")
    assert (parsed.answer, parsed.steps) == ("", (Timed(1.0, 2.0, "I hear a dog"),))


def test_many_problems_are_counted():
    problems = parse("<t>2-1</t>" * 50).problems
    assert len(problems) == 21
    assert problems[-1] == "and 30 more"


def test_text_without_spans():
    assert without_spans("dog <t>1-2</t> and cat <t>3-4</t>") == "dog and cat"
    assert without_spans("a\n<t>1-2</t> b <t>") == "a\n b"
