"""Whisper's normalisers against transformers' copy of them, on sentences of a written grammar."""

import random

import pytest
from transformers.models.whisper.english_normalizer import BasicTextNormalizer, EnglishTextNormalizer

from afnext.scoring.english import basic, british, english
from afnext.scoring.english_open_asr import open_asr

SENTENCES = 3000
ONES = [
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("seventeen", "nineteen"),
]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
GRAMMAR = {
    "sentence": ["{who} {does} {what}{end}", "{who} {does} {what}, {who} {does} {what}{end}", "{aside} {sentence}"],
    "who": ["I", "he", "She", "Mr. {name}", "Mrs. {name}", "Dr. {name}", "the {noun}", "y'all", "{name}'s {noun}"],
    "name": ["O'Brien", "St. John", "Jane", "Müller", "Zoë", "García"],
    "does": ["won't buy", "can't see", "{be} gonna {verb}", "'d been", "'ll {verb}", "has got", "wanna {verb}"],
    "be": ["is", "'s", "'re", "ain't", "isn't"],
    "verb": ["organise", "analyse", "travel", "colour", "favour", "have", "catalogue"],
    "what": ["{number} {noun}s", "{money}", "the {noun}", "{share} of the {noun}s", "{year}", "{digits} {noun}s", "it"],
    "noun": ["dog", "theatre", "programme", "tyre", "grey café", "naïve neighbour", "o'clock", "per cent", "mp3"],
    "number": ["{ones}", "{tens}", "{tens} {ones}", "{tens}-{ones}", "{number} hundred", "{number} thousand and {ones}",
               "{ones} million {ones}", "{ones} point {ones}", "{ones} and a half", "double {ones} {ones}", "oh {ones}",
               "{ones} oh {ones}", "minus {ones}", "triple zero", "{tens}th"],
    "ones": ONES,
    "tens": TENS,
    "digits": ["1", "2.5", "1,200", "007", "3rd", "1960s", "42", "0.5", "1000000"],
    "money": ["{number} dollars", "{ones} dollars and {tens} cents", "${digits}", "£{digits}", "€5 and ¢7",
              "{ones} euros",               "{number} pounds", "fifty cents"],
    "share": ["{number} percent", "{digits}%", "{ones} per cent", "{digits} %"],
    "year": ["nineteen {tens} {ones}", "twenty {tens}", "the {tens}s", "nineteen sixties", "twenty first", "the third"],
    "aside": ["Um,", "uh", "[laughs]", "(coughs)", "<unk>", "Hmm...", "mhm", "— well —", "“So”"],
    "end": [".", "!", "?", "...", "", " %", " $", "—"],
}  # fmt: skip


def written(dice, symbol="{sentence}"):
    """A sentence of the grammar."""
    while (begin := symbol.find("{")) >= 0:
        end = symbol.index("}", begin)
        symbol = symbol[:begin] + dice.choice(GRAMMAR[symbol[begin + 1 : end]]) + symbol[end + 1 :]
    return symbol


@pytest.fixture(scope="module")
def sentences():
    dice = random.Random(7)
    return [written(dice) for _ in range(SENTENCES)]


def test_the_grammar_says_much(sentences):
    assert len(set(sentences)) > 0.8 * SENTENCES


def test_english_is_whisper_s(sentences):
    theirs = EnglishTextNormalizer(british())
    for sentence in sentences:
        assert english(sentence) == theirs(sentence), sentence


def test_basic_is_whisper_s(sentences):
    theirs = BasicTextNormalizer()
    for sentence in [*sentences[:500], "¿Qué tal?", "Ünïcode ½ ２", "中文，标点。", "İstanbul"]:
        assert basic(sentence) == theirs(sentence), sentence


def test_the_spellings_are_all_there():
    assert len(british()) == 1739
    assert british()["colour"] == "color"
    assert british()["flyer / flier"] == "flier / flyer"


@pytest.mark.parametrize(
    "text", ["9" * 6000, "9" * 6000 + " million", "point " * 50, "1" * 900 + " decillion", "", "$", "%"]
)
def test_odd_numbers_do_not_stop_it(text):
    assert isinstance(english(text), str)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # What the leaderboard's own normaliser gave.
        ("Ok, Mr. Allan's here", "okay mister allen s here"),
        ("It's the B B C, he's on wi-fi", "it is the bbc he is on wifi"),
        ("all right, et cetera", "alright etc"),
        ("a i is not a plan", "a i is not a plan"),
        ("I a b saw", "iab saw"),
        ("Huh, hum, eh? um", ""),
        ("the archaeological dig", "the archeological dig"),
    ],
)
def test_open_asr_adds_its_maps(text, expected):
    assert open_asr(text).strip() == expected
