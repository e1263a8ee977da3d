"""The grammar of wordings: what patterns stand for, counted by hand, and that every form is well made and rich."""

import re
from itertools import product
from string import Formatter

import numpy as np
import pytest

from afnext.scenes.asking.phrasing import PARAPHRASES
from afnext.scenes.asking.wording import say
from afnext.scenes.asking.wordings import FORMS
from afnext.scenes.asking.wordings.patterns import (
    ASIDES,
    ASIDES_MANY,
    HEADERS,
    OPENERS,
    OPENERS_MANY,
    TAILS,
    draw_header,
    draw_question,
    draw_tail,
    expand,
    variety,
)


def test_a_pattern_stands_for_all_its_ways():
    pattern = "[a|b[c|d|]] x[| y] {slot}"
    by_hand = {"".join(parts) for parts in product(("a", "bc", "bd", "b"), (" x",), ("", " y"), (" {slot}",))}
    rng = np.random.default_rng(0)
    assert {expand(rng, pattern) for _ in range(400)} == by_hand
    assert variety([pattern]) == len(by_hand) == 8
    assert variety(["[a|b]", "c"]) == 3
    assert expand(rng, "plain") == "plain"


def test_a_pattern_calls_for_parts():
    rng = np.random.default_rng(0)
    assert {expand(rng, "<many>?") for _ in range(50)} == {"how many times?", "how often?"}
    with pytest.raises(KeyError, match="unknown"):
        expand(rng, "<unknown>")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_well_made_and_rich(form):
    rng = np.random.default_rng(1)
    slots = [{name for _, name, _, _ in Formatter().parse(core) if name} for core in FORMS[form].cores]
    assert all(each == slots[0] for each in slots), slots
    asked = {draw_question(rng, FORMS[form]) for _ in range(300)}
    for text in asked:
        assert not re.search(r"[\[\]|<>]|  | [?.,:]", text), text
        assert text.endswith(("?", ".")), text
        sentences = re.split(r"(?<=[.?!]) ", text)
        assert all(sentence[0].isupper() or sentence[0] in '"{' for sentence in sentences), text
    assert len(asked) > 100
    openers = variety(OPENERS_MANY if FORMS[form].many else OPENERS)
    assert openers * variety(FORMS[form].cores) > 250


def test_openers_tails_and_headers():
    rng = np.random.default_rng(1)
    assert all(aside.endswith((", ", ": ")) for aside in (*ASIDES, *ASIDES_MANY))
    assert all(not opener or opener.endswith(". ") for opener in (*OPENERS, *OPENERS_MANY))
    assert {draw_tail(rng, "text") for _ in range(20)} == {""}
    for kind in TAILS:
        assert all(not (tail := draw_tail(rng, kind)) or re.fullmatch(r" [A-Z].*[.?]", tail) for _ in range(50))
    assert len({draw_header(rng) for _ in range(400)}) > 50
    assert variety(HEADERS) > 100


def test_plain_words_are_the_phrases_that_nano_knows():
    rng = np.random.default_rng(1)
    for form in PARAPHRASES:
        names = ("x", "y", "n", "t", "a", "b", "who", "list")
        said = {say(rng, "plain", form, {name: name for name in names}).text for _ in range(60)}
        known = {phrase.format(**{name: name for name in names}) for phrase in PARAPHRASES[form]}
        assert said == {text[0].upper() + text[1:] for text in known}
        assert form in FORMS
