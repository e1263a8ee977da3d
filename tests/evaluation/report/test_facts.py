"""What the data say of samples, in groups."""

import pytest

from afnext.evaluation.facts import DIMENSIONS, Stretch, evidence, heard, order_of, position


@pytest.mark.parametrize(
    ("dimension", "facts", "group"),
    [
        ("duration", {"duration": 9.99}, "under 10 s"),
        ("duration", {"seconds": 10}, "10 s to under 30 s"),
        ("duration", {"duration": 1800.0}, "600 s and more"),
        ("duration", {"duration": "long"}, ""),
        ("duration", {"duration": float("nan")}, ""),
        ("position of the evidence", {"duration": 10, "evidence": [[7.9, 8]]}, "60% to under 80%"),
        ("position of the evidence", {"position": 0.8}, "80% and more"),
        ("position of the evidence", {"evidence": [[7.9, 8]]}, ""),
        ("events", {"events": [[0, 1, "a"]] * 3}, "2 to 3"),
        ("events", {"events": 0}, "0 to 1"),
        ("events", {"hardness": {"events": 20}}, "13 and more"),
        ("speakers", {"speakers": 1}, "1"),
        ("speakers", {"speakers": ["Ann", "Bo"]}, "2"),
        ("speakers", {"speakers": 9}, "4 and more"),
        ("language", {"language": "de"}, "de"),
        ("modality", {"modality": ["speech", "music"]}, "music and speech"),
        ("skill", {"sub_category": "Counting"}, "Counting"),
        ("skill", {"skill": True}, ""),
        ("difficulty", {"difficulty": 3}, "3"),
    ],
)
def test_groups(record, dimension, facts, group):
    assert DIMENSIONS[dimension](record(facts=facts)) == group


def test_evidence_is_read_in_every_form_and_nothing_else():
    told = [
        [1, 2],
        [1.0, 2.5, "dog"],
        {"start": 3, "end": 4, "clip": 1, "text": "cat"},
        {"start": 3},
        [2, 1],
        "x",
        None,
    ]

    class Told:
        facts = {"evidence": told, "events": 3}  # noqa: RUF012

    assert evidence(Told) == [Stretch(1, 2), Stretch(1, 2.5, "dog"), Stretch(3, 4, "cat", 1)]
    assert heard(Told) is None


def test_the_place_in_several_recordings_is_not_guessed(record):
    facts = {"duration": 10, "evidence": [[5, 6]]}
    assert position(record(facts=facts)) == 0.5
    assert position(record(facts=facts, audio=("0" * 64, "1" * 64))) is None


def test_groups_stand_in_the_order_of_their_borders():
    groups = ["120 s to under 600 s", "under 10 s", "30 s to under 120 s", "10 s to under 30 s", "600 s and more"]
    assert [group.split()[0] for group in sorted(groups, key=order_of)] == ["under", "10", "30", "120", "600"]
