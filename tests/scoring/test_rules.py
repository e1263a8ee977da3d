"""Rules beyond the golden pairs: cases that were run through the official scripts, and what summaries make of them."""

import re
from pathlib import Path

import pytest

from afnext.scoring import clotho_aqa, cmm, ifeval, labels, mmau_pro, mmsu, muchomusic, voicebench
from afnext.scoring.mmau_pro_checks import CHECKS, follows
from afnext.scoring.rules import RULES

FOUR = {"choice_a": "w", "choice_b": "x", "choice_c": "y", "choice_d": "z", "answer_gt": "x"}


def test_mmsu_reads_the_letter_before_where_a_response_is_empty():
    rows = [{**FOUR, "response": said} for said in ("B", "", "None", "It is A", None, "D.", "")]
    # B, B again, B again, skipped, skipped, D, D again: three of five.
    assert mmsu.script_accuracy(rows) == (0.6, 5)
    alone = [mmsu.mark(row).verdict["counted"] for row in rows]
    assert alone == [1, 0, 0, 0, 0, 1, 0]


def test_mmsu_leaves_empty_first_rows_out():
    assert mmsu.script_accuracy([{**FOUR, "response": ""}]) == (0.0, 0)


def test_cmm_counts_yes_and_no_apart():
    rows = [
        {"answer": a, "pred": p} for a, p in (("yes", "Yes"), ("yes", "No"), ("no", "Unknown"), ("no", "I did not"))
    ]
    assert cmm.rates(rows) == {"perception_accuracy": 0.5, "hallucination_resistance": 0.5, "accuracy": 0.5}
    assert cmm.rates([])["accuracy"] == 0.0


@pytest.mark.parametrize(
    ("said", "index"),
    [
        ("", 3),
        ("AB", 3),
        ("the option B, by Bach", 1),
        ("The correct answer is: A The correct answer is: C", 2),
        ("no", 3),
    ],
)
def test_muchomusic_looks_at_characters(said, index):
    assert muchomusic.choose(said, ["Pop", "Rock", "Ska", ""]) == index


def test_rul_votes():
    assert muchomusic.agreed(["a", "", "b", "b", "a"]) == "a"
    assert muchomusic.agreed(["", ""]) == ""
    assert muchomusic.extract_letter("Option C or (B)", {"A": "x"}) == "B"
    assert muchomusic.extract_letter("[[a]] [[E]]", {}) == "E"


def test_every_check_of_mmau_pro_can_be_followed_and_not():
    cases = {
        "Include Keywords": ({"keywords": "rain, sun"}, "Sunny, rainy", "sunny"),
        "Keyword Frequency": ({"keyword": "rain", "N": 2}, "Rain! rain; rainy", "rain rainy"),
        "Forbidden Words": ({"forbidden_words": "rain, sun"}, "snow", "sunny"),
        "Number Paragraphs": ({"N": 2}, "a***b***", "a\n\nb"),
        "Number Words (at least)": ({"N": 2}, "a b", "a"),
        "Number Words (at most)": ({"N": 2}, "a b", "a b c"),
        "Number Words (range)": ({"N1": 2, "N2": 3}, "a b c", "a b c d"),
        "Number Sentences (at least)": ({"N": 2}, "One. Two.", "Dr. Who."),
        "Number Sentences (at most)": ({"N": 1}, "Dr. Who.", "One. Two."),
        "Number Sentences (range)": ({"N1": 2, "N2": 2}, "One. Two.", "One."),
        "Postscript": ({"postscript_marker": "P.S."}, "bye ps hi", "bye p hi"),
        "Number Placeholder": ({"N": 1}, "[name]", "[]"),
        "Number Bullets": ({"N": 2}, " * a\n* b", "*a\n* b"),
        "Title": ({}, "<<x>>", "<x>"),
        "Minimum Number Highlighted Section": ({"N": 2}, "*a* *b*", "*a*"),
        "Multiple Sections": ({"N": 2, "section_splitter": "--"}, "a -- b -- ", "a - b"),
        "Repeat Prompt": ({"prompt": "Say it "}, "say it: it", "it"),
        "Two Responses": ({}, "a ****** b", "a ****** A"),
        "All Uppercase": ({}, "A 1", "A b"),
        "All Lowercase": ({}, "a 1", "1"),
        "All-capital Words (at least)": ({"N": 2}, "I AM", "I am"),
        "All-capital Words (at most)": ({"N": 0}, "i am", "I am"),
        "All-capital Words (range)": ({"N1": 1, "N2": 1}, "I am", "I AM"),
        "Start Checker": ({"start_phrase": "In short:"}, "in short it is", "so in short"),
        "End Checker": ({"end_phrase": "The end."}, "... the end!", "the end ok"),
        "Quotation": ({}, ' "a" ', '"a'),
        "No Commas": ({}, "a; b", "a, b"),
    }
    assert cases.keys() == CHECKS.keys()
    for task, (given, good, bad) in cases.items():
        assert follows(task, good, given), task
        assert not follows(task, bad, given), task


def test_a_number_given_as_text_is_no_count():
    assert not follows("Number Bullets", "* a\n* b", {"N": "2"})
    assert not follows("Number Words (at least)", "a b", {"N": "2"})


def test_mmau_pro_takes_the_nearest_choice_of_any_embedder():
    class Letters:
        def embed(self, texts):
            return [[text.lower().count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts]

    row = {"answer": "piano", "choices": ["drum", "piano"], "model_output": "a pianist"}
    assert mmau_pro.mark_closed(row, Letters()).verdict == "piano"
    assert mmau_pro.mark_closed(row).verdict is None
    assert mmau_pro.mark_closed({**row, "choices": ["piano"]}).note.startswith("fewer than two")
    assert mmau_pro.nearest("", ["x", "y"], Letters()) == 0
    assert mmau_pro.weighted({"open": (0.5, 1), "music": (1.0, 3)}) == 0.875


def test_clotho_aqa_knows_its_subsets():
    mark = clotho_aqa.mark
    assert mark({"answers": ["Yes", "yes", "yes."], "prediction": "yes."}).verdict == {
        "subset": "unanimous",
        "correct": True,
    }
    assert mark({"answers": ["yes", "no", "yes"], "prediction": "yes"}).known is False
    assert mark({"answers": ["two", "2", "3"], "prediction": "Three"}).verdict == {
        "subset": "numerical",
        "correct": True,
    }
    assert mark({"answers": ["dog", "cat", "dog"], "prediction": "a cat"}).verdict == {
        "subset": "non-binary",
        "correct": False,
    }
    assert mark({"answers": ["dog", "cat", "dog"], "prediction": "a cat"}).parsed == 1.0


def test_labels_are_read_whole():
    names = ["street traffic", "street", "bus"]
    assert labels.read_label("STREET_TRAFFIC", names) == "street traffic"
    assert labels.read_label("It is street traffic.", names) == "street traffic"
    assert labels.read_label("a coach", names, {"coach": "bus"}) == "bus"
    assert labels.read_label("bus or street", names) is None
    assert labels.macro_f1([("a", "a"), ("a", "b"), ("b", "b")]) == pytest.approx((2 / 3 + 2 / 3) / 2)
    assert labels.mark_musicavqa({"anser": "two", "prediction": "There are 2."}).parsed == 1.0
    assert labels.mark_musicavqa({"anser": "yes", "prediction": "Yes."}).verdict is True


def test_voicebench_never_guesses():
    assert voicebench.choose("I do not know") is None
    assert voicebench.read_bbh("Who can tell", "navigate_1") is None
    assert voicebench.read_bbh("B", "hyperbaton_1") == 0, "the script's own slip"
    assert voicebench.read_bbh("**No**, she lies", "web_of_lies_3") == 0
    assert voicebench.majority(["Yes", "no", "YES"]) is True
    assert voicebench.majority(["yes", "no"]) is None
    assert voicebench.mark_open({"score": ["nan", "inf", "-", "4"]}).verdict == [None, None, None, 4.0]
    assert RULES["voicebench-mcq"].mark({"reference": "b", "response": "hm"}).official == 0.0


def test_voicebench_s_overall_value_is_the_board_s():
    """Kimi-Audio's row of the board."""
    row = {
        "alpacaeval_full": 4.46, "commoneval": 3.97, "wildvoice": 4.20, "sd-qa": 63.12, "mmsu": 62.17,
        "openbookqa": 83.52, "bbh": 69.70, "ifeval": 61.10, "advbench": 100.0,
    }  # fmt: skip
    assert voicebench.overall(row) == pytest.approx(76.91, abs=0.02)
    with pytest.raises(ValueError, match="no score of bbh"):
        voicebench.overall({name: value for name, value in row.items() if name != "bbh"})


def test_ifeval_is_strict_and_loose():
    given = [{"num_bullets": 2}, {}]
    found = ifeval.follow(
        "Sure, here:\n* a\n* b", ["detectable_format:number_bullet_lists", "punctuation:no_comma"], given
    )
    assert found == ifeval.Followed((True, False), (True, True))
    assert ifeval.rates([found])["final"] == pytest.approx((0 + 0.5 + 1 + 1) / 4)
    assert ifeval.follow(" ", ["punctuation:no_comma"], [{}]).loose == (False,)


@pytest.mark.parametrize(
    ("text", "followed"),
    [
        ("THE WEATHER WAS GOOD AND WE WENT TO THE SEA WITH ALL OF OUR FRIENDS", True),
        ("Hello my friends", False),
        ("BONJOUR MES CHERS AMIS", False),
    ],
)
def test_ifeval_tells_languages(text, followed):
    assert ifeval.follow(text, ["change_case:english_capital"], [{}]).strict == (followed,)


def test_every_rule_is_in_the_document():
    text = (Path(__file__).resolve().parents[2] / "docs/scoring.md").read_text(encoding="utf-8")
    table = text.split("## The rules")[1].split("## Judges")[0]
    named = {
        name
        for line in table.splitlines()
        for name in re.findall(r"`([\w-]+)`", line.split("|")[1] if "|" in line else "")
    }
    assert named == RULES.keys()
