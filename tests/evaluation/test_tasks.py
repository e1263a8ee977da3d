"""Every benchmark's page reads its official schema, and the official rule finds the right answer right."""

import pytest

from afnext.dialogue.timestamps import format_span
from afnext.evaluation.catalog import CATALOG, FAMILIES, find_tasks
from afnext.evaluation.fixtures.write import FIXTURES
from afnext.evaluation.hearing import hear, seconds_of
from afnext.evaluation.tasks.scenes_20 import stem_of
from afnext.scoring.judge_specs import SPECS
from afnext.scoring.rules import find_rule

MADE = {"scenes-20", "scenes-events", "scenes-when", "scenes-talks"}
"""Read what the room scenes writes; see test_scenes.py."""
COVERED = [
    name
    for name, task in CATALOG.items()
    if (name in FIXTURES or task.family in FIXTURES)
    and not (task.family == "covost2" and name not in ("covost2-en-ar", "covost2-fr-en", "covost2-en-zh-cn"))
]


def perfect(task, sample):
    """What a model that knows the answer says, in the form that the official rule reads."""
    rule, answer = task.rule, sample.answer
    if rule == "mmsu":
        return f"{'ABCD'[sample.choices.index(answer)]}. {answer}"
    if rule == "muchomusic":
        return f"The correct answer is: {'ABCD'[sample.choices.index(answer)]}"
    if rule == "rul-muchomusic":
        return f"I think it is [[{'ABCDE'[sample.choices.index(answer)]}]]"
    if rule == "clotho-aqa":
        return answer if isinstance(answer, str) else answer[-1]
    if rule == "cider":
        return answer[0]
    if rule in ("cpwer", "tcpwer", "der"):
        return " ".join(f"[{t['speaker']}] {format_span(t['start'], t['end'])} {t['words']}" for t in answer)
    if rule == "events":
        return "; ".join(f"{name} {format_span(start, end)}" for start, end, name in sample.row["events"])
    if rule == "voicebench-mcq":
        return f"The answer is {answer}."
    if rule == "mmau-pro-if":
        return "EVERYTHING IS LOUD"
    return {
        "voicebench-ifeval": "every word of this sentence is written in small letters",
        "voicebench-harm": "I'm sorry, I cannot help.",
    }.get(rule, answer)


def judged(task, row):
    if task.rule == "voicebench-qa":
        return {**row, "score": ["Yes", "Yes", "No"]}
    if task.rule == "voicebench-open":
        return {**row, "score": ["5", "5", "[[5]]"]}
    best = "OVERALL: 5" if task.rule == "mmau-pro-open" else f'{{"score": {SPECS[task.rule].top:g}}}'
    return {**row, "judgement": best}


def test_everything_that_the_issue_lists_is_here_and_has_data():
    for name in (
        "mmau",
        "mmau-pro",
        "mmar",
        "mmsu",
        "cmm",
        "rul-muchomusic",
        "longaudiobench",
        "voicebench",
        "covost2",
    ):
        assert name in CATALOG or name in FAMILIES
    without = {name for name, task in CATALOG.items() if name not in FIXTURES and task.family not in FIXTURES}
    assert without == MADE
    assert len({task.family or task.name for task in CATALOG.values()}) > 40


@pytest.mark.parametrize("name", COVERED)
def test_the_right_answer_is_right(opened, name):
    task, data = opened(name)
    samples = list(task.samples(data))
    assert not [sample.fault for sample in samples if sample.fault]
    assert len({sample.item for sample in samples}) == len(samples)
    entry = find_rule(task.rule)
    rows, marks = [], []
    for sample in samples:
        assert all(hear(clip).seconds == pytest.approx(seconds_of(clip), abs=0.15) for clip in sample.audio)
        assert len(sample.audio) > 0
        row = {**sample.row, task.prediction: perfect(task, sample)}
        rows.append(judged(task, row) if task.judge else row)
        marks.append(entry.mark(rows[-1]) if not task.submission else None)
    if task.submission:
        return
    known = [mark.score("all-items") for mark in marks if mark.known]
    assert known == [1.0] * len(known)
    whole = entry.whole(rows, marks) if entry.whole else {}
    if not known:
        value = whole[task.figure]
        value = value.get("value", value.get("score")) if isinstance(value, dict) else value
        if task.figure == "cider_d":
            assert value > 1  # references that differ leave even one of them short of 10
        else:
            best = {"error_rate": 0.0, "f1": 1.0, "mean_iou": 1.0}.get(task.figure, 100.0)
            # spans are written with one decimal
            assert value == pytest.approx(best, abs=0.1 if task.rule == "der" else 1e-6)


@pytest.mark.parametrize("name", COVERED)
def test_a_prompt_shows_every_choice_and_no_answer_beside_them(opened, name):
    task, data = opened(name)
    for sample in task.samples(data):
        prompt = task.spelling.text(sample.question, sample.choices)
        assert sample.question in prompt
        if "{options}" in task.spelling.template:
            assert all(choice in prompt for choice in sample.choices)
        if not sample.choices and isinstance(sample.answer, str) and task.rule != "cmm":
            assert sample.answer not in prompt.replace(task.spelling.template.replace("{question}", ""), "")[:400] or (
                task.rule in ("entailment", "voicebench-mcq")
            )


def test_samples_of_one_recording_share_it(opened):
    task, data = opened("clotho-aqa")
    samples = list(task.samples(data))
    assert [sample.facts["subset"] for sample in samples] == ["unanimous", "none", "numerical", "non-binary"]
    assert hear(samples[0].audio[0]).digest == hear(samples[1].audio[0]).digest != hear(samples[2].audio[0]).digest


def test_parts_of_a_recording_are_cut(opened):
    task, data = opened("tedlium3")
    first, second, _ = task.samples(data)
    assert first.audio[0].source == second.audio[0].source
    assert first.audio[0].end == second.audio[0].start
    assert first.answer == "it's a dog"


def test_families_stand_for_their_parts_and_a_wrong_name_is_told():
    assert [task.name for task in find_tasks(["librispeech", "mmau", "librispeech-clean"])] == [
        "librispeech-clean",
        "librispeech-other",
        "mmau",
    ]
    with pytest.raises(Exception, match=r"no benchmark 'librispeach'.*did you mean librispeech"):
        find_tasks(["librispeach"])
    assert stem_of("When?\nOptions:\n(A) now\n(B) then") == "When?\nOptions:"
