"""The benchmark of steps that are heard again, on sources that need no tool, and on judges that are known."""

import dataclasses
import json
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

import verify as benchmark
from accuracy_nano import SEED
from afnext.inference.reply import Check
from afnext.scenes.asking.phrasing import mention
from afnext.scenes.sources import LABELS, Source
from verify import AWAY, EVENT, TIME, TRUE, auc, make, of_kinds, probabilities, share


class Tones:
    """Sources of one second: noise under any label."""

    world = "test"

    def draw(self, rng, kind, label, longest):
        label = label or str(rng.choice(LABELS[kind]))
        text = "open the red door" if kind == "speech" else None
        return Source(kind, label, "tone", 16_000, (int(rng.integers(1000)), 0), text=text)

    def load(self, source):
        return np.random.default_rng(source.address[0]).uniform(-1, 1, source.length).astype(np.float32)


@pytest.fixture(scope="module")
def cases():
    return [make(number, Tones(), ("dog barking", "rain")) for number in range(12)]


class Card(SimpleNamespace):
    """As much of a card as is asked for."""

    def model_copy(self, update):
        return Card(**{**vars(self), **update})


class Knowing:
    """An engine that gives each step what ``believe`` of the scene and the check says."""

    def __init__(self, cases, believe):
        self.card = Card(verify="What?")
        self._scenes = {id(case.sound): case.scene for case in cases}
        self._believe = believe

    def verify(self, reply, clip, margin):
        scene = self._scenes[id(clip.source)]
        checks = [
            Check(step.start, step.end, step.text, self._believe(scene, step), "holds", 0) for step in reply.steps
        ]
        return dataclasses.replace(reply, checks=tuple(checks))


def heard(scene, step):
    """Whether an event of the name shares the time."""
    return float(
        any(
            mention(event.label) in step.text and event.start < step.end and step.start < event.end
            for event in scene.events
        )
    )


def test_true_steps_are_true_and_planted_ones_false(cases):
    kinds = [step.kind for case in cases for step in case.steps]
    assert kinds.count(TRUE) == kinds.count(EVENT) > 20
    assert kinds.count(TIME) > 10
    for case in cases:
        for step in case.steps:
            same = [event for event in case.scene.events if event.label == step.label]
            exact = [event for event in case.scene.events if (event.start, event.end) == (step.start, step.end)]
            near = [event for event in same if event.start < step.end + AWAY and step.start - AWAY < event.end]
            assert 0 <= step.start < step.end <= case.scene.duration + 0.1
            if step.kind == TRUE:
                assert [event.label for event in exact] == [step.label]
            elif step.kind == EVENT:
                assert exact
                assert not same
            else:
                assert same
                assert not near


def test_scenes_are_the_same_again(cases):
    assert make(3, Tones(), ("dog barking", "rain")).steps == cases[3].steps
    assert cases[3].scene.seed == SEED * 1000 + 3


@pytest.mark.parametrize(("believe", "expected"), [(heard, (1.0, 1.0)), (lambda *_: 0.3, (0.5, 0.0))])
def test_who_knows_separates_and_who_does_not_is_at_chance(cases, believe, expected):
    found = probabilities(Knowing(cases, believe), cases, benchmark.USED, lambda: None)
    right = of_kinds(cases, found, TRUE)
    for kinds in ((EVENT,), (TIME,), (EVENT, TIME)):
        value, low, high = auc(right, of_kinds(cases, found, *kinds))
        assert value == low == high == expected[0]
    assert share(right, holding=True) == expected[1]


def test_the_separation_is_the_statistic_of_mann_and_whitney():
    rng = np.random.default_rng(0)
    right = [list(rng.normal(0.5, 1, rng.integers(0, 5)).round(1)) for _ in range(30)]
    wrong = [list(rng.normal(0.0, 1, rng.integers(0, 5)).round(1)) for _ in range(30)]
    value, low, high = auc(right, wrong)
    ours, others = (np.array([value for some in side for value in some]) for side in (right, wrong))
    assert value == pytest.approx(mannwhitneyu(ours, others).statistic / (len(ours) * len(others)))
    assert low < value < high
    assert 0.1 < high - low < 0.4


def test_it_prints_the_figures_of_a_model(monkeypatch, capsys):
    monkeypatch.setattr(benchmark, "open_bank", lambda *_: Tones())
    monkeypatch.setattr(benchmark, "LONGEST_ANSWER", 6)
    benchmark.main(["--limit", "1", "--json"])
    figures = json.loads(capsys.readouterr().out)
    assert set(figures) == {"verify_auc", "verify_auc_wrong_event", "verify_auc_wrong_time"}
    for figure in figures.values():
        assert set(figure) == {"ours", "peer", "ratio", "unit"}
        assert figure["ratio"] == pytest.approx(figure["ours"] / figure["peer"])
    benchmark.main(["--limit", "1", "--quick"])
    assert "the whole recording" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        benchmark.main(["--limit", "0"])
