"""accuracy_nano on sources that need no tool: a model that is right wherever it hears, and a random one."""

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

import accuracy_nano
from accuracy_nano import FIGURES, SKILLS, answer, as_places, from_places, most_frequent, seconds_of
from afnext.base.errors import CheckpointError
from afnext.dialogue.checkpoint import write_family
from afnext.dialogue.template import NANO
from afnext.dialogue.timestamps import THINK
from afnext.dialogue.tokenizer import Tokenizer
from afnext.inference.folder import find_folder
from afnext.model import weights
from afnext.model.config import preset
from afnext.model.flamingo import Flamingo
from afnext.scenes.sources import LABELS, Source

FIELDS = {"value", "low", "high", "majority", "no_audio"}


class Tones:
    """Sources of one second: noise under any label."""

    world = "test"

    def draw(self, rng, kind, label, longest):
        label = label or str(rng.choice(LABELS[kind]))
        text = (
            str(rng.choice(["open the red door", "ten cups", "call the doctor at two"])) if kind == "speech" else None
        )
        return Source(kind, label, "tone", 16_000, (int(rng.integers(1000)), 0), text=text)

    def load(self, source):
        return np.random.default_rng(source.address[0]).uniform(-1, 1, source.length).astype(np.float32)


class Oracle:
    """Right where it hears anything; where it does not, it says what ``unheard`` says."""

    card = SimpleNamespace(think=THINK)

    def __init__(self, unheard="nothing"):
        self.unheard = unheard
        self.truth = {}

    def ask_many(self, questions, **_settings):
        return [self.reply(*asked) for asked in questions]

    def reply(self, clip, text):
        sound = clip.samples()
        key = (len(sound), text)
        return SimpleNamespace(text=self.truth[key] if sound.any() else self.unheard)


@pytest.fixture
def answered(monkeypatch):
    oracle = Oracle()
    make = accuracy_nano.make

    def noted(number, sources):
        items, sound = make(number, sources)
        for item in items:
            steps = f" {THINK}" if item.question.skill in ("order_first", "order_list") else ""
            oracle.truth[len(sound), item.question.text + steps] = item.question.answer
        return items, sound

    monkeypatch.setattr(accuracy_nano, "make", noted)
    return answer(oracle, Tones(), 12, lambda *_: None)


def test_who_is_always_right_gets_full_marks_and_silence_none(answered):
    items, heard, unheard = answered
    assert {item.question.skill for item in items} == set(SKILLS)
    scores = {name: accuracy_nano.score(figure, items, heard, unheard) for name, figure in FIGURES.items()}
    for name, it in scores.items():
        best, worst = (0.0, 1.0) if name == "wer" else (1.0, 0.0)
        # Written times are rounded to a tenth of a second, which an overlap shows.
        assert it.value == pytest.approx(best, abs=0.1 if name == "mean_iou" else 0.0), name
        assert it.low <= it.value <= it.high
        assert it.no_audio == (None if name == "mean_iou" else worst), name
        if name != "mean_iou":
            assert min(best, worst) <= it.majority <= max(best, worst)
    assert 0.3 < scores["order_accuracy"].majority < 1.0, "of two, one place is right at least half the time"


def test_the_most_frequent_answer_is_the_best_constant_one(answered):
    items = answered[0]
    counting = [item for item in items if item.question.skill == "count"]
    guessed = most_frequent(items)
    right = sum(guess == item.question.answer for item, guess in zip(items, guessed, strict=True) if item in counting)
    truths = [item.question.answer for item in counting]
    assert right == max(truths.count(truth) for truth in truths)


def test_orders_as_places_and_back(answered):
    orders = [item for item in answered[0] if item.options]
    assert orders
    for item in orders:
        assert from_places(item, as_places(item)) == item.question.answer
        for name in item.options:
            assert name.casefold() in item.question.text.casefold()
        places = [item.question.text.casefold().index(name.casefold()) for name in item.options]
        assert places == sorted(places)


def test_scenes_are_the_same_whatever_the_limit():
    few, many = ({number: accuracy_nano.make(number, Tones())[0] for number in range(n)} for n in (2, 4))
    assert all(many[number] == items for number, items in few.items())
    lengths = [seconds_of(number) for number in range(300)]
    assert min(lengths) >= 8
    assert max(lengths) <= 60
    assert sum(length <= 12 for length in lengths) == 240


@pytest.fixture
def random_model(monkeypatch, tmp_path):
    """A tiny model of random weights, asked about scenes that need no bank."""
    shipped = Tokenizer.load(find_folder("nano"))
    config = preset("tiny").with_vocabulary(
        shipped.vocab_size,
        sound=shipped.sound,
        sound_bos=shipped.sound_start,
        sound_eos=shipped.sound_end,
        stop=(shipped.turn_end,),
        pad=shipped.end_of_text,
    )
    weights.save(Flamingo(config), tmp_path)
    write_family(tmp_path, NANO)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(find_folder("nano") / name, tmp_path)
    monkeypatch.setattr(accuracy_nano, "open_bank", lambda folder, sounds, tell: Tones())
    monkeypatch.setattr(accuracy_nano, "LONGEST_ANSWER", 6)
    return str(tmp_path)


def test_json_has_what_is_promised(random_model, capsys):
    accuracy_nano.main(["--model", random_model, "--limit", "2", "--json"])
    scores = json.loads(capsys.readouterr().out)
    assert {"event_f1", "instrument_accuracy", "wer", "counting_accuracy", "order_accuracy"} <= scores.keys()
    for name, it in scores.items():
        assert it.keys() == FIELDS, name
    assert 0 <= scores["event_f1"]["value"] <= 1
    assert scores["event_f1"]["majority"] > 0


def test_tables(random_model, capsys):
    accuracy_nano.main(["--model", random_model, "--limit", "1", "--markdown"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("scenes of the test world, 0 minutes")
    assert [line.count("|") for line in lines[2:]] == [6] * (len(FIGURES) + 2)


def test_bad_input_is_told(capsys):
    with pytest.raises(SystemExit):
        accuracy_nano.main(["--limit", "0"])
    assert "--limit takes 1 or more" in capsys.readouterr().err
    with pytest.raises(CheckpointError, match="no-such-model"):
        accuracy_nano.main(["--model", "no-such-model"])
