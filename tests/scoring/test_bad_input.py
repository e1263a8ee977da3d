"""Whatever a model says is scored; rows that cannot be read are told in one line."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afnext.base.errors import ScoreError
from afnext.scoring.mark import Mark
from afnext.scoring.rules import RULES, find_rule

TRUTHS = {
    "mmau": {"answer": "Man", "choices": ["Man", "Woman"]},
    "mmar": {"answer": "Man", "choices": '["Man", "Woman"]'},
    "muchomusic": {"options": ["w", "x", "y", "z"], "answer_orders": [1, 0, 2, 3]},
    "rul-muchomusic": {"mapping": {"A": "Guitar", "B": "Piano"}, "correct_answer": "Piano"},
    "mmsu": {"choice_a": "a", "choice_b": "b", "choice_c": "c", "choice_d": "d", "answer_gt": "a"},
    "cmm": {"answer": "yes"},
    "mmau-pro-if": {"task_identifier": "Number Sentences (at least)", "kwargs": {"N": 2}},
    "mmau-pro": {"answer": "Man", "choices": ["Man", "Woman"]},
    "clotho-aqa": {"answers": ["yes", "yes", "yes"]},
    "music-avqa": {"anser": "two"},
    "entailment": {"label": "neutral"},
    "labels": {"label": "bus", "labels": ["bus", "tram"]},
    "voicebench-mcq": {"reference": "B"},
    "voicebench-bbh": {"id": "navigate_7", "reference": "yes"},
    "voicebench-harm": {},
    "voicebench-ifeval": {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]},
    "wer-whisper": {"reference": "a dog"},
    "wer-qwen": {"reference": "a dog"},
    "wer-audiobench": {"reference": "a dog"},
    "wer-open-asr": {"reference": "a dog"},
    "cer": {"reference": "a dog"},
    "cpwer": {"reference": "[A] hello [B] you"},
    "tcpwer": {"reference": "[A] hello <t>0.0-1.0</t>"},
    "der": {"reference": "[A] hello <t>0.0-1.0</t>"},
    "bleu": {"reference": "a dog"},
    "cider": {"references": ["a dog"]},
    "events": {"events": [[0, 1, "dog"]]},
    "grounding": {"evidence": [[0, 1]]},
}
JUDGED = {"voicebench-open", "voicebench-qa", "mmau-pro-open", "long-audio", "librisqa"} | {
    "songcaps-coverage",
    "songcaps-correctness",
}
KEYS = {"cmm": "pred", "muchomusic": "output"}

ODD = {
    "empty": "",
    "blank": " \n\t ",
    "another script": "これは男です。答えは「二」",
    "right to left": "الجواب هو نعم",
    "a letter": "B",
    "two letters": "A B",
    "a refusal": "I'm sorry, but I cannot listen to audio.",
    "an open thought": "<think>the man says <t>1.0-2.0</t> so it is",
    "a stray end of thought": "so it is</think> Man",
    "JSON": '{"answer": "Man", "score": 1}',
    "nan": float("nan"),
    "None": None,
    "a number": 7,
    "a list": ["Man", None],
    "an object": {"text": "Man"},
    "truth": True,
    "nul": "Man\x00\ud800",
    "many digits": "9" * 7000,
    "brackets": "[[" * 2000 + "<t>" * 500,
}


def row_of(rule, said):
    return {**TRUTHS[rule], KEYS.get(rule, "response" if rule != "mmau" else "model_output"): said}


def test_every_rule_is_tried():
    assert TRUTHS.keys() | JUDGED == RULES.keys()


@pytest.mark.parametrize("rule", TRUTHS)
@pytest.mark.parametrize("name", ODD)
def test_odd_predictions_are_scored(rule, name):
    found = RULES[rule].mark(row_of(rule, ODD[name]))
    assert isinstance(found, Mark)
    json.dumps(found.verdict)


@pytest.mark.parametrize("rule", TRUTHS)
def test_much_text_is_scored(rule):
    for text in ("the man is a woman. " * 10_000, "x" * 300_000):
        assert isinstance(RULES[rule].mark(row_of(rule, text)), Mark)


@given(said=st.one_of(st.text(max_size=60), st.floats(), st.none(), st.lists(st.text(max_size=3), max_size=3)))
@settings(max_examples=40, deadline=None)
def test_anything_is_scored(said):
    for rule in TRUTHS.keys() - {"cpwer", "tcpwer"}:
        found = RULES[rule].mark(row_of(rule, said))
        assert found.official is None or 0 <= found.official <= 1
        assert found.parsed is None or 0 <= found.parsed <= 1


@pytest.mark.parametrize("rule", sorted(TRUTHS.keys() - {"voicebench-harm", "mmsu"}))
def test_a_row_without_its_truth_names_the_field(rule):
    with pytest.raises(ScoreError, match=r"^(no '|.*expected)"):
        RULES[rule].mark({"response": "Man"})


@pytest.mark.parametrize(
    ("rule", "row", "message"),
    [
        ("mmau", {"answer": "a"}, "no 'choices' among answer; expected the field choices or options"),
        ("mmau", {"answer": "a", "choices": "a"}, "choices is 'a'; expected a list of texts"),
        ("rul-muchomusic", {"mapping": "A"}, 'mapping is str; expected letters to options, such as {"A": "Piano"}'),
        ("mmau-pro-if", {"task_identifier": "Title", "kwargs": 3}, "kwargs is int; expected an object"),
        ("voicebench-bbh", {"id": "x", "reference": "yes", "response": ""}, "the id 'x'; expected one that names"),
        ("voicebench-bbh", {"id": "navigate", "reference": "maybe"}, "the reference 'maybe'; expected yes, no"),
        ("voicebench-ifeval", {"instruction_id_list": ["x"], "kwargs": [], "response": ""}, "do not match"),
        ("voicebench-ifeval", {"instruction_id_list": ["x"], "kwargs": [{}], "response": "a"}, "the instruction 'x'"),
        ("events", {"events": [["a"]], "prediction": ""}, r"\['a'\] as a time"),
        ("cider", {"references": [], "prediction": ""}, "no references"),
        ("clotho-aqa", {"answers": []}, "no answers"),
        ("cpwer", {"reference": [{"speaker": 1}]}, "turns of another form"),
    ],
)
def test_a_row_of_another_form_says_what_was_expected(rule, row, message):
    with pytest.raises(ScoreError, match=message):
        RULES[rule].mark(row)


def test_an_answer_that_is_no_choice_is_noted_and_scored():
    found = RULES["mmau"].mark({"answer": "Cat", "choices": ["Dog", "Cow"], "model_output": "cat"})
    assert found.verdict is True
    assert found.note == "the answer 'Cat' is not among the choices"


def test_an_unknown_rule_is_told_with_a_near_one():
    with pytest.raises(ScoreError, match=r"no rule 'mmaur'; expected one of mmau, .*; did you mean mma[ur]\?"):
        find_rule("mmaur")
