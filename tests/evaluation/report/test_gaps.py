"""Gaps against brute force, and the command on runs of the shipped model."""

import json
import math
from itertools import product

import numpy as np
import pytest
from typer.testing import CliRunner

from afnext.base.errors import ScoreError
from afnext.cli.app import app
from afnext.evaluation.gaps import compare, find_gaps, holm
from afnext.evaluation.runs import cluster_of
from afnext.scoring.interval import mean


def afnext(*arguments):
    return CliRunner().invoke(app, [str(item) for item in arguments], prog_name="afnext")


def test_scores_by_group_are_means_of_the_groups(run):
    gaps = find_gaps(run)
    skills = {record.facts["skill"] for record in run.records}
    assert set(gaps.parts["skill"]) == skills
    for skill in skills:
        mine = [record for record in run.records if record.facts["skill"] == skill]
        found = gaps.parts["skill"][skill]
        assert found == mean([record.scores["all-items"] for record in mine], [cluster_of(record) for record in mine])
    assert set(gaps.parts["duration"]) == {"under 10 s", "10 s to under 30 s"}
    assert sum(part.items for part in gaps.parts["duration"].values()) == len(run.records) == gaps.whole.items
    assert "language" not in gaps.parts
    total = gaps.totals["scenes"]
    assert (total.samples, total.recordings) == (len(run.records), 7)
    assert total.unparsed == sum(record.unparsed for record in run.records)


def test_steps_of_reasoning_are_held_against_the_evidence(run):
    gaps = find_gaps(run)
    held = [
        any(step.start <= end and start <= step.end for start, end in record.facts["evidence"])
        for record in run.records
        if record.facts["evidence"]
        for step in record.steps
    ]
    assert gaps.steps == len(held) > 3
    assert gaps.grounded == pytest.approx(sum(held) / len(held))


def brute_force(differences):
    """The share of all assignments of signs to recordings that differ as much."""
    sums = np.array([value for value in differences if value])
    signs = np.array(list(product((1, -1), repeat=len(sums))))
    return float(np.mean(np.abs(signs @ sums) >= abs(sums.sum()) - 1e-9))


def test_what_differs_is_tested_with_recordings_kept_together(run, silent):
    changes = compare(run, silent)
    whole = changes[0]
    assert (whole.dimension, whole.samples, whole.recordings) == ("", len(run.records), 7)
    by_recording = {}
    for one, other in zip(run.records, silent.records, strict=True):
        by_recording.setdefault(one.audio, []).append(other.scores["all-items"] - one.scores["all-items"])
    assert whole.p == pytest.approx(brute_force([math.fsum(some) for some in by_recording.values()]))
    assert whole.significant  # without ears it is worse
    assert whole.difference < -0.2
    assert whole.difference == pytest.approx(whole.second - whole.first)
    assert all(change.corrected >= change.p for change in changes[1:])
    assert {change.dimension for change in changes[1:]} >= {"skill", "duration"}
    assert not any(change.significant for change in compare(run, run))


def test_holm_is_the_step_down_of_bonferroni():
    rng = np.random.default_rng(0)
    for size in range(1, 9):
        values = (rng.random(size) ** 3).round(3).tolist()
        expected = [
            min(1.0, max((size - sum(v < w for v in values)) * w for w in values if w <= value)) for value in values
        ]
        # of equal values the first in line has the largest factor
        assert holm(values) == pytest.approx(expected)


def test_a_group_that_changed_is_found_among_many(write_run, record, tmp_path):
    """Twelve recordings of each of four skills; one skill went from all wrong to all right."""
    runs = []
    for name in ("before", "after"):
        records = [
            record(
                f"{skill}{n}",
                score=float(name == "after" and skill == "b"),
                audio=(f"{n:064x}",),
                facts={"skill": skill},
            )
            for skill in "abcd"
            for n in range(12)
        ]
        runs.append(write_run(tmp_path / name, records))
    changes = {(change.dimension, change.group): change for change in compare(*runs)}
    found = changes["skill", "b"]
    assert found.p == pytest.approx(2 / 2**12)
    assert found.corrected == pytest.approx(4 * 2 / 2**12)
    assert [group for group, change in changes.items() if change.significant] == [("", "all"), ("skill", "b")]


def test_what_cannot_be_broken_down_is_told(run, write_run, record, tmp_path):
    with pytest.raises(ScoreError, match="protocol 'best'"):
        find_gaps(run, "best")
    held_back = write_run(tmp_path / "run", [record(score=None)])
    with pytest.raises(ScoreError, match="no sample counts under all-items"):
        find_gaps(held_back)
    with pytest.raises(ScoreError, match="share no sample"):
        compare(run, held_back)


def test_the_command_tells_it_all(run, silent, tmp_path):
    page, recipe = tmp_path / "gaps.html", tmp_path / "gaps.yaml"
    heard, deaf = run.folder.root, silent.folder.root
    done = afnext("gaps", heard, deaf, "--no-audio", deaf, "--html", page, "--mixture", recipe)
    assert done.exit_code == 0, done.stderr
    for text in ("by skill", "by duration", "mistakes", "wrong time", "deaf against nano", "weakest skills: ", "█"):
        assert text in done.stdout
    assert f"afnext train {recipe}" in done.stdout
    assert all(text in page.read_text() for text in ("Differences", "What to train on next", "--skills"))
    assert recipe.read_text().startswith("# Proposed from nano, deaf")


def test_the_command_as_data(run, silent):
    done = afnext("gaps", run.folder.root, silent.folder.root, "--json")
    data = json.loads(done.stdout)
    assert [one["name"] for one in data["runs"]] == ["nano", "deaf"]
    assert data["runs"][0]["whole"]["value"] == find_gaps(run).whole.value
    assert len(data["runs"][0]["kinds"]) == sum(data["runs"][0]["mistakes"].values())
    assert data["differences"][0]["groups"][0]["significant"] is True
    assert data["mixture"]["command"].startswith("afnext scenes scenes/gaps --hours 10 --seed 0 --skills ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "holds no run"),
        (["--judge-model", "m"], "--judge-model without --judge"),
        (["--protocol", "best"], "protocol 'best'"),
    ],
)
def test_bad_calls(run, arguments, message):
    folder = [] if arguments == ["nowhere"] else [run.folder.root]
    done = afnext("gaps", *folder, *arguments)
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stdout == ""
