"""Spans against a grid of instants, and events against every pairing."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afnext.dialogue.timestamps import Span, Timed
from afnext.scoring.span import collar_hits, f1, grounded_share, iou, mark_events, mark_grounding, union_iou

INSTANT = st.integers(0, 20)
SPANS = st.lists(st.tuples(INSTANT, INSTANT).map(lambda pair: Span(min(pair), max(pair))), max_size=6)


def instants(spans):
    """The unit intervals that are covered."""
    return {second for span in spans for second in range(int(span.start), int(span.end))}


@given(SPANS, SPANS)
def test_overlap_is_that_of_covered_seconds(found, truth):
    mine, theirs = instants(found), instants(truth)
    if mine | theirs:
        assert union_iou(found, truth) == pytest.approx(len(mine & theirs) / len(mine | theirs))
    for one, other in itertools.product(found, truth):
        a, b = instants([one]), instants([other])
        if a and b:
            assert iou(one, other) == pytest.approx(len(a & b) / len(a | b))


def test_spans_without_length():
    assert iou(Span(1, 1), Span(1, 1)) == 1.0
    assert iou(Span(1, 1), Span(2, 2)) == 0.0
    assert iou(Span(1, 1), Span(0, 2)) == 0.0
    assert union_iou([], []) == 1.0
    assert union_iou([], [Span(0, 1)]) == 0.0


EVENTS = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from(["a dog", "bell"])).map(lambda e: Timed(e[0] / 4, e[0] / 4 + 1, e[1])),
    max_size=5,
)


@given(EVENTS, EVENTS)
def test_the_most_pairs_are_found(found, truth):
    def near(a, b):
        return a.text == b.text and abs(a.start - b.start) <= 0.5

    few, many = sorted((found, truth), key=len)
    best = max(
        (
            sum(near(a, b) for a, b in zip(few, chosen, strict=True))
            for chosen in itertools.permutations(many, len(few))
        ),
        default=0,
    )
    assert collar_hits(found, truth) == best


def test_names_are_compared_without_case_and_article_and_ends_count_if_asked():
    found, truth = [Timed(0.0, 1.0, "A dog")], [Timed(0.4, 3.0, "dog")]
    assert collar_hits(found, truth) == 0
    assert collar_hits(found, truth, ends=False) == 1
    assert f1(1, 2, 1) == pytest.approx(2 / 3)
    assert f1(0, 0, 0) == 1.0


def test_reasoning_is_grounded_where_its_steps_overlap_the_evidence():
    steps = [Timed(0.0, 1.0, ""), Timed(5.0, 6.0, ""), Timed(3.0, 3.0, "")]
    assert grounded_share(steps, [Span(0.5, 0.6), Span(3.0, 4.0), Span(6.0, 7.0)]) == pytest.approx(2 / 3)
    assert grounded_share([], [Span(0.0, 1.0)]) is None
    said = "<think>A dog barks <t>0.0-1.0</t>, then rain <t>8.0-9.0</t>.</think>\n\nA dog"
    assert mark_grounding({"evidence": [[0.5, 2.0]], "prediction": said}).verdict == {"share": 0.5, "steps": 2}
    assert mark_grounding({"evidence": [[0.5, 2.0]], "prediction": "A dog"}).official == 0.0


def test_events_are_read_out_of_text():
    row = {"events": [[0, 1, "dog"], {"start": 3, "end": 4, "text": "bell"}], "prediction": "a dog <t>0.1-1.2</t>"}
    assert mark_events(row).verdict == {"hits": 1, "found": 1, "truth": 2, "iou": pytest.approx(0.9 / 2.2)}
