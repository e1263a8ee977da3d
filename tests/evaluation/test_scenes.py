"""The pages of scenes-20 and of folders of scenes, over rows written by the classes that write them."""

import numpy as np
import pytest
import soundfile

from afnext.dialogue.example import Recording
from afnext.evaluation.catalog import CATALOG
from afnext.evaluation.data import Data
from afnext.scenes.asking.rows import Asked, Evidence
from afnext.scenes.asking.skills.draft import Hardness
from afnext.scenes.scene import Event, Scene, Speaker
from afnext.scoring.rules import find_rule

OPTIONS = ("the piano", "a dog barking", "rain")
FIELDS = {
    "domain": "sound",
    "form": "mix",
    "seconds": 40.0,
    "position": 0.25,
    "evidence": (Evidence(clip=0, start=10.0, end=12.0),),
    "reasoning": None,
    "hardness": Hardness(events=4, overlap=0.1, level=-3.0, distance=1.0),
    "template": "Which?",
}


@pytest.fixture
def folder(tmp_path):
    soundfile.write(tmp_path / "a.flac", np.zeros(16_000, np.float32), 16_000)
    audio = (Recording(path="a.flac", sha256="0" * 64),)
    listed = "\n".join(f"({letter}) {option}" for letter, option in zip("ABC", OPTIONS, strict=True))
    chosen = Asked(
        id="a-q1",
        audio=audio,
        question=f"Which is longest?\nOptions:\n{listed}",
        choices=OPTIONS,
        answer="rain",
        letter="C",
        skill="longest",
        **FIELDS,
    )
    free = {"audio": audio, "choices": None, "letter": None, **FIELDS}
    events = Asked(
        id="a-q2", question="What, when?", answer="rain <t>0.0-4.0</t>; piano <t>5.0-6.5</t>", skill="events", **free
    )
    when = Asked(id="a-q3", question="When is the rain?", answer="<t>0.0-4.0</t>; <t>7.0-8.0</t>", skill="when", **free)
    (tmp_path / "scenes-20.jsonl").write_text(chosen.line() + "\n")
    (tmp_path / "questions.jsonl").write_text("".join(row.line() + "\n" for row in (chosen, events, when)))
    return Data(tmp_path)


def only(name, data):
    (sample,) = CATALOG[name].samples(data)
    return CATALOG[name], sample


def test_a_prompt_is_the_question_of_the_data_and_can_be_put_in_another_order(folder):
    task, sample = only("scenes-20", folder)
    asked = (folder.root / "scenes-20.jsonl").read_text()
    assert task.spelling.text(sample.question, sample.choices).replace("\n", "\\n") in asked
    assert task.spelling.text(sample.question, sample.choices[::-1]).endswith(
        "(A) rain\n(B) a dog barking\n(C) the piano"
    )
    assert sample.facts["skill"] == "longest"
    assert sample.facts["duration"] == 40.0
    assert sample.facts["events"] == 4
    assert sample.facts["evidence"] == [{"clip": 0, "start": 10.0, "end": 12.0}]
    turned = task.arrange(sample.row, sample.choices[::-1])
    mark = find_rule(task.rule).mark
    assert mark({**sample.row, "prediction": "(C)"}).official == 1.0
    assert mark({**turned, "prediction": "(C)"}).official == 0.0
    assert mark({**turned, "prediction": "(A) rain"}).official == 1.0


def test_the_long_ones_are_asked_openly_as_the_substitute(folder):
    task, sample = only("longaudiobench", folder)
    assert task.spelling.text(sample.question, sample.choices) == "Which is longest?\nOptions:"
    assert sample.answer == "rain"


def test_events_and_moments(folder):
    for name, truth in (
        ("scenes-events", [[0.0, 4.0, "rain"], [5.0, 6.5, "piano"]]),
        ("scenes-when", [[0.0, 4.0, ""], [7.0, 8.0, ""]]),
    ):
        task, sample = only(name, folder)
        assert sample.row["events"] == truth
        entry = find_rule(task.rule)
        row = {**sample.row, "prediction": sample.answer}
        assert entry.whole([row], [entry.mark(row)])["f1"] == 1.0


def test_who_says_what(folder):
    told = {"kind": "speech", "label": "a man speaking", "level": -3.0, "source": "v"}
    scene = Scene(
        seed=1,
        world="test",
        duration=4.0,
        place="none",
        speakers=(Speaker(name="ann", voice="v", sex="woman"), Speaker(name="bob", voice="w", sex="man")),
        events=(
            Event(start=0.0, end=1.0, text="hello there", speaker="ann", **told),
            Event(start=1.5, end=2.5, text="good morning", speaker="bob", **told),
        ),
    )
    (folder.root / "a.json").write_text(scene.model_dump_json())
    (folder.root / "scenes.json").write_text("{}")
    task, sample = only("scenes-talks", folder)
    assert sample.facts["speakers"] == 2
    pytest.importorskip("meeteval")
    entry = find_rule(task.rule)
    row = {**sample.row, "prediction": "[Speaker 1] hello there [Speaker 2] good evening"}
    assert entry.whole([row], [entry.mark(row)])["error_rate"]["value"] == 0.25
