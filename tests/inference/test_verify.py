"""Steps heard again: against plain forward passes, against what is cited, and whatever a model may have written."""

import dataclasses
import io
import json
import math

import numpy as np
import pytest
import soundfile
import torch
from transformers import AutoProcessor, MusicFlamingoForConditionalGeneration

import afnext
from afnext.base.errors import RequestError
from afnext.dialogue.timestamps import Timed
from afnext.inference.card import Card
from afnext.inference.reply import Usage, read_reply
from afnext.inference.verify import claim_of

RATE = 16_000
ASKED = "Do you hear {claim}?"
OPEN = "What do you hear first?"


@pytest.fixture
def asks(engine):
    """``asks(question)``: the engine with that in its card."""
    own = engine.card

    def change(question):
        engine.card = Card(verify=question)
        return engine

    yield change
    engine.card = own


def clip(samples):
    return afnext.Clip(samples, rate=RATE)


def reply_of(text, duration=None):
    return read_reply(text, usage=Usage(0.0, 0, 0), finish_reason="stop", duration=duration)


def steps(*items):
    """A reply with these steps, as ``Timed`` or as (start, end, text)."""
    made = tuple(item if isinstance(item, Timed) else Timed(*item) for item in items)
    return dataclasses.replace(reply_of("yes"), steps=made)


@pytest.fixture(scope="module")
def reference(folder):
    model = MusicFlamingoForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    return model, AutoProcessor.from_pretrained(folder)


def log_probability(reference, tokenizer, samples, question, answer):
    """Of ``answer`` behind the prompt, by one plain forward pass of ``transformers``."""
    model, processor = reference
    content = [{"type": "audio", "audio": samples}, {"type": "text", "text": question}]
    inputs = processor.apply_chat_template(
        [{"role": "user", "content": content}], tokenize=True, add_generation_prompt=True, return_dict=True
    )
    ids = tokenizer.encode(answer)
    prompt = inputs["input_ids"].shape[1]
    inputs["input_ids"] = torch.cat([inputs["input_ids"], torch.tensor([ids])], 1)
    inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
    with torch.inference_mode():
        found = model(**inputs).logits[0].log_softmax(-1)
    return sum(float(found[prompt + number - 1, token]) for number, token in enumerate(ids))


class TestProbabilities:
    """They are those of the model, about the sound that is cited."""

    def test_a_question_with_a_slot_is_answered_with_yes_or_no(self, asks, reference, tokenizer, noise):
        engine, whole = asks(ASKED), noise(8.0)
        check = engine.verify(steps((2.0, 3.0, "I hear a dog")), clip(whole)).checks[0]
        cut = whole[round(1.75 * RATE) : round(3.25 * RATE)]
        yes, yes_too, no, no_too = (
            math.exp(log_probability(reference, tokenizer, cut, "Do you hear a dog?", answer))
            for answer in ("yes", "Yes", "no", "No")
        )
        assert check.claim == "a dog"
        assert check.probability == pytest.approx((yes + yes_too) / (yes + yes_too + no + no_too), rel=1e-4)
        assert check.verdict == ("holds" if check.probability >= 0.5 else "fails")

    @pytest.mark.parametrize("spelt", [["a dog"], ["rain", "a rain", "an rain", "the rain"]])
    def test_a_question_without_one_has_the_claim_for_its_answer(self, asks, reference, tokenizer, noise, spelt):
        engine, whole = asks(OPEN), noise(8.0)
        check = engine.verify(steps((2.0, 3.0, spelt[0])), clip(whole), margin=0.5).checks[0]
        cut = whole[round(1.5 * RATE) : round(3.5 * RATE)]
        heard, silent = (
            sum(math.exp(log_probability(reference, tokenizer, sound, OPEN, answer)) for answer in spelt)
            for sound in (cut, np.zeros_like(cut))
        )
        assert check.probability == pytest.approx(heard / (heard + silent), rel=1e-4)

    @pytest.mark.parametrize("denial", ["I hear nothing of a dog", "In the first recording I do not hear a dog"])
    def test_a_denial_is_the_other_way_round(self, asks, noise, denial):
        checks = asks(ASKED).verify(steps((2.0, 3.0, "I hear a dog"), (2.0, 3.0, denial)), clip(noise(8.0))).checks
        assert checks[0].probability + checks[1].probability == pytest.approx(1.0, abs=1e-5)

    def test_only_what_is_cited_matters(self, asks, noise):
        whole = noise(20.0).copy()
        reply = steps((8.0, 9.0, "a dog"))
        before = asks(ASKED).verify(reply, clip(whole)).checks[0].probability
        whole[: 7 * RATE] = 0
        assert asks(ASKED).verify(reply, clip(whole)).checks[0].probability == pytest.approx(before, rel=1e-4)
        whole[8 * RATE : 9 * RATE] = 0
        assert asks(ASKED).verify(reply, clip(whole)).checks[0].probability != pytest.approx(before, rel=1e-4)

    def test_what_was_heard_already_gives_its_part(self, asks, noise):
        engine = asks(ASKED)
        heard = engine.hear(clip(noise(8.0)))
        part = engine.verify(steps((0.0, 8.0, "a dog")), heard).checks[0].probability
        whole = engine.verify(steps((0.0, 8.0, "a dog")), clip(noise(8.0))).checks[0].probability
        assert part == pytest.approx(whole, rel=1e-4), "all of it is all of it"
        beyond = engine.verify(steps((7.99, 8.0, "a dog"), (5.0, 6.0, "a dog")), heard).checks
        assert all(0 < check.probability < 1 for check in beyond)

    def test_grounding_is_the_mean(self, asks, noise):
        reply = asks(ASKED).verify(steps((1, 2, "a dog"), (3, 4, "rain"), (5, 6, "")), clip(noise(8.0)))
        assert reply.grounding == pytest.approx(np.mean([check.probability for check in reply.checks[:2]]))
        assert reply.checks[2].verdict == "unknown"
        assert reply.notes == ("1 of 3 steps could not be checked",)


class TestAsking:
    """``ask(verify=True)`` is ``ask`` and then ``verify``."""

    def test_it_is_the_same_as_in_two_steps(self, engine, noise, monkeypatch):
        text = "<think>I hear a dog (<t>0.5-1.0</t>), then rain (<t>2.0-3.0</t>).</think>\n\nyes"
        monkeypatch.setattr("afnext.inference.writer.Writer.text", property(lambda self: text))
        plain = engine.ask(clip(noise(4.0)), "What?", max_new_tokens=3)
        assert [step.text for step in plain.steps] == ["I hear a dog", "then rain"]
        file = io.BytesIO()
        soundfile.write(file, noise(4.0), RATE, format="wav", subtype="FLOAT")
        once = Once(file.getvalue())
        verified = engine.ask(once, "What?", max_new_tokens=3, verify=True)
        twice = engine.verify(plain, clip(noise(4.0)))
        assert [check.claim for check in verified.checks] == ["a dog", "rain"]
        for one, other in zip(verified.checks, twice.checks, strict=True):
            assert one.probability == pytest.approx(other.probability, rel=1e-4)
        assert dataclasses.replace(verified, checks=(), grounding=None) == plain
        values = json.loads(verified.to_json())
        assert [check["claim"] for check in values["checks"]] == ["a dog", "rain"]
        assert values["grounding"] == verified.grounding

    def test_events_are_checked_where_there_is_no_trace(self, asks, noise):
        reply = reply_of("rain <t>0.5-1.0</t>; a bell <t>2.0-3.0</t>")
        assert [check.claim for check in asks(OPEN).verify(reply, clip(noise(4.0))).checks] == ["rain", "a bell"]
        both = reply_of("<think>A bell rings (<t>2-3</t>)</think>\n\nrain <t>0.5-1.0</t>")
        assert [check.claim for check in asks(OPEN).verify(both, clip(noise(4.0))).checks] == ["a bell rings"]


class Once(io.RawIOBase):
    """A file object that can be read only once, from its beginning to its end."""

    def __init__(self, data):
        self._file = io.BytesIO(data)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._file.readinto(buffer)


class TestSeveralRecordings:
    """Which one a step is about."""

    def test_the_one_that_it_names_or_that_was_named_last(self, asks, noise):
        reply = steps(
            (1, 2, "In the second recording I hear a dog"),
            (1, 2, "and rain"),
            (1, 2, "in recording 1, a dog"),
            (1, 2, "In clip B there is a dog"),
            (1, 2, "The tenth recording has a dog"),
        )
        checks = asks(ASKED).verify(reply, clip(noise(4.0)), clip(noise(6.0)[::-1].copy())).checks
        assert [check.recording for check in checks] == [1, 1, 0, 1, 1]
        assert [check.claim for check in checks[:4]] == ["a dog", "rain", "a dog", "a dog"]
        assert checks[0].probability != pytest.approx(checks[2].probability, rel=1e-4)

    def test_the_one_that_bears_it_out_best_where_none_is_named(self, asks, noise):
        sounds = [clip(noise(4.0)), clip(noise(6.0)[::-1].copy())]
        reply = steps((1, 2, "a dog"), (5, 5.5, "a dog"))
        each = [asks(ASKED).verify(reply, sound).checks for sound in sounds]
        checks = asks(ASKED).verify(reply, *sounds).checks
        best = max((0, 1), key=lambda index: each[index][0].probability)
        assert checks[0].recording == best
        assert checks[0].probability == pytest.approx(each[best][0].probability, rel=1e-4)
        assert each[0][1].verdict == "fails", "it lies behind the end of the first"
        assert checks[1].recording == 1, "which the other has"


class TestWhateverWasWritten:
    """Nothing in a reply raises."""

    @pytest.mark.parametrize(
        "span", [(9.0, 9.5), (4.0, 4.5), (math.nan, 1.0), (1.0, math.inf), (3.0, 2.0), (-1.0, 1.0)]
    )
    def test_a_span_that_is_not_in_the_recording_fails(self, asks, noise, span):
        reply = asks(ASKED).verify(steps((*span, "a dog")), clip(noise(4.0)))
        assert (reply.checks[0].verdict, reply.checks[0].probability, reply.grounding) == ("fails", 0.0, 0.0)
        assert reply.checks[0].recording is None

    @pytest.mark.parametrize("span", [(0.0, 0.0), (3.999, 4.0), (1.0, 1.0), (3.0, 900.0), (0.0, 4.0)])
    @pytest.mark.parametrize("margin", [0.0, 0.25, math.inf])
    def test_a_span_at_an_edge_is_heard(self, asks, noise, span, margin):
        check = asks(ASKED).verify(steps((*span, "a dog")), clip(noise(4.0)), margin=margin).checks[0]
        assert 0 < check.probability < 1

    @pytest.mark.parametrize("text", ["", " \n ", "...", "—"])
    def test_no_claim(self, asks, noise, text):
        reply = asks(ASKED).verify(steps((1, 2, text)), clip(noise(4.0)))
        assert (reply.checks[0].verdict, reply.checks[0].probability, reply.grounding) == ("unknown", None, None)

    @pytest.mark.parametrize("text", ["{claim} {0} %s", "<|im_end|><sound>", "\udc80 a dog", "word " * 500, "נ🐶" * 9])
    @pytest.mark.parametrize("question", [ASKED, OPEN])
    def test_any_words(self, asks, noise, text, question):
        check = asks(question).verify(steps((1, 2, text)), clip(noise(4.0))).checks[0]
        assert check.probability is None or 0 <= check.probability <= 1

    @pytest.mark.parametrize("question", [ASKED, OPEN])
    def test_one_that_does_not_fit_costs_only_itself(self, asks, noise, question):
        reply = asks(question).verify(steps((1, 2, "a dog"), (1, 2, "§" * 3_000)), clip(noise(4.0)))
        assert [check.verdict != "unknown" for check in reply.checks] == [True, False]

    @pytest.mark.parametrize("text", ["dog " * 1_001, "x" * 600_000])
    def test_more_words_than_can_be_asked_about(self, asks, noise, text):
        reply = asks(ASKED).verify(steps((1, 2, text), (9, 9.5, text)), clip(noise(4.0)))
        assert [check.verdict for check in reply.checks] == ["unknown", "fails"]

    def test_a_model_that_cannot_check(self, asks, noise):
        assert [check.verdict for check in asks(" ").verify(steps((1, 2, "a dog")), clip(noise(4.0))).checks] == [
            "unknown"
        ]

    def test_no_steps_and_no_recordings(self, asks, noise):
        none = asks(ASKED).verify(reply_of("yes"), clip(noise(4.0)))
        assert (none.checks, none.grounding, none.notes) == ((), None, ())
        alone = asks(ASKED).verify(steps((1, 2, "a dog")))
        assert [check.verdict for check in alone.checks] == ["unknown"]
        assert alone.grounding is None

    @pytest.mark.parametrize("margin", [-1, math.nan, "1", True, None])
    def test_a_margin_of_nonsense_is_the_callers_mistake(self, asks, noise, margin):
        with pytest.raises(RequestError, match=r"margin .*; expected seconds, 0 or more"):
            asks(ASKED).verify(steps((1, 2, "a dog")), clip(noise(4.0)), margin=margin)


@pytest.mark.parametrize(
    ("step", "claim"),
    [
        ("I hear a telephone ringing", "a telephone ringing"),
        ("then the drums", "the drums"),
        ("and then, I can hear a man shouting", "a man shouting"),
        ("Rain is heard at", "rain"),
        ("A dog barking sounds at", "a dog barking"),
        ("The piano plays from", "the piano"),
        ("There is a loud bang", "a loud bang"),
        ("In the first recording I do not hear rain", "I do not hear rain"),
        ("A man says: I hear nothing", "a man says: I hear nothing"),
        ("I hear", "I hear"),
        ("I hear several sounds", "several sounds"),
        ("A band plays", "a band plays"),
        ("then", "then"),
        ("Anna laughs at", "Anna laughs"),
        ("telephone ringing", "telephone ringing"),
    ],
)
def test_claims(step, claim):
    assert claim_of(step) == claim


def test_nano_tells_its_true_events_from_planted_ones():
    """The shipped model on the shipped recording: what it hears there, against the same names elsewhere."""
    nano = afnext.load("nano", device="cpu")
    true = [(3.7, 6.8, "telephone ringing"), (10.4, 15.8, "the drums"), (16.5, 18.4, "cow mooing")]
    false = [(0.2, 3.2, "telephone ringing"), (46.0, 49.5, "hands clapping"), (10.4, 15.8, "cow mooing")]
    reply = nano.verify(steps(*true, *false), "examples/minute.flac")
    assert [check.verdict for check in reply.checks] == ["holds"] * 3 + ["fails"] * 3


def test_a_recording_that_was_heard_in_parts_is_checked_where_it_was_cited(asks, noise, monkeypatch):
    """The times of a stitched answer count from the beginning of the whole."""
    engine = asks(ASKED)
    monkeypatch.setattr(afnext.Engine, "limit_seconds", 6.0)
    monkeypatch.setattr("afnext.inference.writer.Writer.text", property(lambda self: "a dog <t>0.5-1.0</t>"))
    reply = engine.ask(clip(noise(14.0)), "What?", over_limit="stitch", verify=True, max_new_tokens=3)
    assert len(reply.parts) > 2
    alone = engine.verify(steps(*reply.events), clip(noise(14.0)))
    assert len(reply.checks) == len(reply.events) > 0
    for check, other in zip(reply.checks, alone.checks, strict=True):
        assert check.probability == pytest.approx(other.probability, rel=1e-4)
