"""The engine against transformers, against itself alone, and against bad input."""

import io
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import soundfile
import torch
from transformers import AutoProcessor, MusicFlamingoForConditionalGeneration

import afnext
from afnext.base.errors import AudioError, ConversationError, OverLimitError, RequestError
from afnext.dialogue.message import AudioPart, TextPart, audio_parts, user
from afnext.dialogue.template import render
from afnext.inference import ears, listen
from afnext.inference.budget import Budget
from afnext.inference.core import Ticket
from afnext.inference.engine import Engine
from afnext.inference.ready import make_ready
from afnext.inference.request import Request, Sampling
from afnext.inference.shelf import Decoded, Shelf

RATE = 16_000


@pytest.fixture(scope="module")
def reference(folder):
    model = MusicFlamingoForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    return model, AutoProcessor.from_pretrained(folder)


def written_by(reference, samples, question, **settings):
    """The ids that transformers writes."""
    model, processor = reference
    content = [{"type": "text", "text": question}]
    if samples is not None:
        content.insert(0, {"type": "audio", "audio": samples})
    inputs = processor.apply_chat_template(
        [{"role": "user", "content": content}], tokenize=True, add_generation_prompt=True, return_dict=True
    )
    ids = model.generate(**inputs, do_sample=False, **settings)
    return ids[0, inputs["input_ids"].shape[1] :].tolist(), inputs["input_ids"].shape[1]


def written_by_us(engine, requests):
    """The ids that we write."""
    decoded = Decoded(requests, engine._shelf)
    return [ticket.ids for ticket in engine._run([Ticket(request, decoded) for request in requests], lambda *_: None)]


def engine_with(engine, **changes):
    """One with nothing in its caches, over the same model."""
    changes = {"family": engine.family, "budget": engine.budget, **changes}
    return Engine(engine.model, engine.tokenizer, **changes)


def request_for(samples, question, **sampling):
    parts = (
        [TextPart(question)] if samples is None else [AudioPart(afnext.Clip(samples, rate=RATE)), TextPart(question)]
    )
    return Request((user(*parts),), Sampling(**sampling))


@pytest.mark.parametrize("penalty", [1.0, 1.3])
@pytest.mark.parametrize("seconds", [None, 3.0, 34.5])
def test_greedy_writes_what_transformers_writes(engine, reference, noise, seconds, penalty):
    samples = None if seconds is None else noise(seconds)
    theirs, prompt = written_by(
        reference, samples, "What happens, and when?", max_new_tokens=64, repetition_penalty=penalty
    )
    request = request_for(samples, "What happens, and when?", max_new_tokens=64, repetition_penalty=penalty)
    assert written_by_us(engine, [request]) == [theirs]
    assert engine.generate([request])[0].usage.prompt_tokens == prompt
    assert len(set(theirs)) >= 6, "a model that repeats itself tests little"


def mixed(noise):
    return [
        request_for(noise(1.0), "What?", max_new_tokens=24, repetition_penalty=1.2),
        request_for(noise(33.0), "What happens, and when?", max_new_tokens=40),
        request_for(None, "A dog?", max_new_tokens=7),
        request_for(noise(6.5), "How many times?", max_new_tokens=30, temperature=0.9, top_p=0.9, seed=4),
        request_for(noise(6.5), "How many times?", max_new_tokens=30, temperature=0.9, top_p=0.9, seed=5),
    ]


def test_each_row_of_a_mixed_batch_is_as_if_alone(engine, noise):
    requests = mixed(noise)
    together = written_by_us(engine, requests)
    assert together == [written_by_us(engine, [request])[0] for request in requests]
    assert together[3] != together[4], "seeds matter"
    assert {len(ids) for ids in together} >= {7, 24, 40}, "rows end at different times"


def many(noise, count, seed=0):
    """Random requests: three recordings or none, two beginnings, some that draw, some with a penalty."""
    random = np.random.default_rng(seed)
    clips = [noise(1.0), noise(12.0), noise(33.0), None]
    return [
        request_for(
            clips[random.integers(4)],
            ["What happens, and when?", "How many times does the dog bark?", "A dog?"][random.integers(3)],
            max_new_tokens=int(random.integers(1, 40)),
            temperature=float(random.choice([0.0, 0.0, 0.0, 1.0])),
            repetition_penalty=float(random.choice([1.0, 1.2])),
            seed=number,
        )
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("budget", "count"),
    [({}, 32), ({"rows": 3, "step_tokens": 7}, 8), ({"cache_bytes": 300_000, "audio_bytes": 0}, 8)],
)
def test_under_load_each_answer_is_that_given_alone(engine, noise, budget, count):
    """Whatever runs beside it, in whatever pieces its prompt is read, and whatever is remembered or forgotten."""
    requests = many(noise, count)
    alone = [written_by_us(engine_with(engine), [request])[0] for request in requests]
    loaded = engine_with(engine, budget=replace(engine.budget, **budget))
    assert written_by_us(loaded, requests) == alone
    assert written_by_us(loaded, requests) == alone, "with what is remembered of the first time"
    assert loaded._core.blocks.held == 0


def test_what_was_read_is_not_read_again(engine, noise):
    engine = engine_with(engine)
    request = request_for(noise(33.0), "What happens, and when?", max_new_tokens=5)
    first, second = (engine.generate([request])[0] for _ in range(2))
    assert first == second
    assert first.usage.cached_tokens == 0
    assert second.usage.cached_tokens == (second.usage.prompt_tokens - 1) // 32 * 32
    other = engine.generate([request_for(noise(33.0), "A dog?", max_new_tokens=5)])[0]
    assert other.usage.cached_tokens >= 825 // 32 * 32, "the recording stands before the question"
    third = engine.generate([request_for(noise(33.0)[::-1].copy(), "A dog?", max_new_tokens=5)])[0]
    assert third.usage.cached_tokens < 64, "as long, but another"


def test_questions_asked_at_once_wait_for_the_first_to_read_the_recording(engine, noise, monkeypatch):
    engine, read = engine_with(engine), []
    run = engine._core._runner.run
    monkeypatch.setattr(
        engine._core._runner, "run", lambda works: read.append(sum(work.part.count for work in works)) or run(works)
    )
    requests = [request_for(noise(33.0), f"Question {number}?", max_new_tokens=1) for number in range(10)]
    replies = engine.generate(requests)
    assert sum(read) < 825 + 10 * 120
    assert sum(reply.usage.prompt_tokens for reply in replies) > 10 * 825


def test_a_recording_swapped_on_disk_is_another(engine, noise, tmp_path):
    path = tmp_path / "noise.wav"
    soundfile.write(path, noise(2.0), RATE)
    before = engine.ask(path, "What?", max_new_tokens=8)
    soundfile.write(path, noise(12.0)[-2 * RATE :] * 3, RATE)
    after = engine.ask(path, "What?", max_new_tokens=8)
    assert after == engine_with(engine).ask(path, "What?", max_new_tokens=8)
    assert after.raw != before.raw


def test_a_thousand_at_once(engine):
    requests = [request_for(None, f"{number}?", max_new_tokens=2) for number in range(1000)]
    replies = engine.generate(requests)
    assert len(replies) == 1000
    assert engine._core.blocks.held == 0
    assert replies[777] == engine.generate(requests[777:778])[0]


class TestGivingUp:
    def test_in_the_middle_of_a_prompt(self, engine, noise):
        engine = engine_with(engine, budget=replace(engine.budget, step_tokens=64, rows=4))
        core = engine._core
        long = Ticket(request_for(noise(33.0), "What?", max_new_tokens=5), Decoded([], engine._shelf))
        core.submit(long)
        for _ in range(3):
            core.advance(long)
        assert long.run.sequence.read == 192
        assert core.blocks.held > 0
        core.cancel(long)
        assert core.blocks.held == 0
        assert core.blocks.available == core.blocks.count
        assert engine.ask("Who?", max_new_tokens=3) == engine_with(engine).ask("Who?", max_new_tokens=3)

    def test_a_stream_that_is_closed_or_forgotten(self, engine):
        engine = engine_with(engine)
        request = request_for(None, "What happens, and when?", max_new_tokens=500)
        stream = engine.stream(request)
        next(stream)
        assert engine._core.blocks.held > 0
        stream.close()
        assert engine._core.blocks.held == 0
        assert next(engine.stream(request))
        assert engine._core.blocks.held == 0, "nobody reads it"

    def test_within_a_pass_it_waits_for_the_end_of_the_pass(self, engine, monkeypatch):
        """As where a stream is collected while another is being written."""
        engine = engine_with(engine)
        other = engine.stream(request_for(None, "What happens, and when?", max_new_tokens=500))
        run = engine._core._runner.run
        monkeypatch.setattr(engine._core._runner, "run", lambda works: other.close() or run(works))
        assert engine.ask("Who?", max_new_tokens=3) == engine_with(engine).ask("Who?", max_new_tokens=3)
        assert engine._core.blocks.held == 0

    def test_one_of_many_fails(self, engine):
        engine = engine_with(engine)
        with pytest.raises(AudioError):
            engine.ask_many([("What?",)] * 20 + [("nowhere.wav", "What?")] + [("Who?",)] * 20, max_new_tokens=50)
        assert engine._core.blocks.held == 0
        assert not engine._core._queue


def test_streams_read_in_turn_and_by_threads(engine, noise):
    requests = [
        request_for(noise(2.0), question, max_new_tokens=40) for question in ("What?", "When?", "Who?", "A dog?")
    ]
    expected = [reply.raw for reply in engine.generate(requests)]
    streams = [engine.stream(request) for request in requests]
    texts = [""] * 4
    while any(stream.reply is None for stream in streams):
        texts = [text + next(stream, "") for text, stream in zip(texts, streams, strict=True)]
    assert texts == expected
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda request: "".join(engine.stream(request)), requests)) == expected


class TestABudgetTooSmall:
    def test_is_said_before_anything_is_heard(self, engine, noise, monkeypatch):
        small = engine_with(engine, budget=Budget(cache_bytes=100_000))
        monkeypatch.setattr(engine.model, "encode", lambda *_: pytest.fail("something was heard"))
        with pytest.raises(
            RequestError,
            match=r"a request of \d+ tokens to read and 500 to write; expected at most 384 together.*give the cache "
            r"\d+ kB or more, lower max_new_tokens",
        ) as told:
            small.ask(afnext.Clip(noise(2.0), rate=RATE), "What?", max_new_tokens=500)
        least = int(re.search(r"cache (\d+) kB", str(told.value))[1]) * 1000
        monkeypatch.undo()
        enough = engine_with(engine, budget=Budget(cache_bytes=least))
        reply = enough.ask(afnext.Clip(noise(2.0), rate=RATE), "What?", max_new_tokens=500, stop_loops=False)
        assert reply.usage.completion_tokens <= 500

    def test_others_go_on(self, engine):
        small = engine_with(engine, budget=Budget(cache_bytes=100_000))
        replies = small.ask_many([("What?",), ("dog " * 600,), ("Who?",)], keep_errors=True, max_new_tokens=20)
        assert [type(reply).__name__ for reply in replies] == ["Reply", "RequestError", "Reply"]


def test_scores_are_the_probabilities_of_the_model(engine, noise):
    """Against one pass of the whole, at once; and nothing is changed by what is remembered."""
    engine = engine_with(engine)
    requests = [request_for(noise(3.0), "What?"), request_for(None, "Who?"), request_for(noise(3.0), "What?")]
    answers = ["a dog barks twice", "a man speaks", "rain"]
    got = engine.score(requests, answers)
    assert engine.score(requests, answers) == [pytest.approx(item, abs=1e-5) for item in got]
    for request, answer, scores in zip(requests, answers, got, strict=True):
        heard = [engine.hear(part) for part in audio_parts(request.conversation)]
        prompt = render(request.conversation, [h.tokens for h in heard], engine.tokenizer, engine.family, True)
        ids = torch.tensor([prompt.ids + (answer_ids := engine.tokenizer.encode(answer))])
        with torch.no_grad():
            audio = torch.cat([h.embeddings for h in heard]) if heard else None
            hidden = engine.model.decoder(engine.model.embed(ids, audio))[0, len(prompt.ids) - 1 : -1]
            expected = engine.model.logits(hidden).log_softmax(-1)[range(len(answer_ids)), answer_ids]
        assert scores == pytest.approx(expected.tolist(), abs=1e-4)


def test_a_stream_adds_up_to_the_reply(engine, noise):
    request = request_for(noise(2.0), "What?", max_new_tokens=30, repetition_penalty=1.3)
    (whole,) = engine.generate([request])
    stream = engine.stream(request)
    assert stream.reply is None
    pieces = list(stream)
    assert len(pieces) > 3
    assert "".join(pieces) == whole.raw
    assert stream.reply == whole


def test_stop_strings_end_an_answer(engine, noise):
    request = request_for(noise(2.0), "What?", max_new_tokens=40, repetition_penalty=1.5)
    raw = engine.generate([request])[0].raw
    stop = raw[len(raw) // 2 : len(raw) // 2 + 2]
    reply = engine.ask(
        afnext.Clip(noise(2.0), rate=RATE), "What?", max_new_tokens=40, repetition_penalty=1.5, stop=stop
    )
    assert reply.raw == raw[: raw.index(stop)]
    assert reply.finish_reason == "stop"


def test_a_recording_is_heard_once_however_often_it_is_asked_about(engine, noise, tmp_path, monkeypatch):
    path = tmp_path / "noise.wav"
    soundfile.write(path, noise(2.0), RATE)
    engine, heard = engine_with(engine), []
    encode = engine.model.encode
    monkeypatch.setattr(engine.model, "encode", lambda *args: heard.append(1) or encode(*args))
    alone = engine.ask(path, "When?", max_new_tokens=5)
    assert heard.pop()
    replies = engine.ask_many([(path, "What?"), (str(path), "When?"), (path, path, "Which?")], max_new_tokens=5)
    assert not heard, "not even another time"
    assert replies[1] == alone
    assert [reply.usage.audio_seconds for reply in replies] == [2.0, 2.0, 4.0]


class TestABadRecordingAmongOthers:
    @pytest.fixture
    def questions(self, noise, tmp_path):
        good, text, empty = tmp_path / "good.wav", tmp_path / "text.wav", tmp_path / "empty.wav"
        soundfile.write(good, noise(2.0), RATE)
        text.write_text("no sound\n" * 100)
        empty.touch()
        return [(text, "What?"), (good, "What?"), (good, empty, "Which?"), (good, "When?"), (tmp_path / "no.wav", "?")]

    def test_it_is_raised(self, engine, questions):
        with pytest.raises(AudioError, match=r"text\.wav' holds no audio"):
            engine.ask_many(questions, max_new_tokens=4)

    def test_or_kept_in_its_place(self, engine, questions, monkeypatch):
        engine = engine_with(engine, budget=replace(engine.budget, rows=1))
        told = []
        replies = engine.ask_many(
            questions, keep_errors=True, max_new_tokens=4, tell=lambda *values: told.append(values)
        )
        assert replies[1] == engine.ask(*questions[1], max_new_tokens=4)
        assert replies[3] == engine.ask(*questions[3], max_new_tokens=4)
        errors = [replies[place] for place in (0, 2, 4)]
        assert [type(error) for error in errors] == [AudioError] * 3
        for error, words in zip(errors, ("holds no audio", "is empty (0 bytes)", "no such file"), strict=True):
            assert words in str(error)
        answering = [done for stage, done, _ in told if stage == "Answering"]
        assert answering == sorted(answering)

    def test_where_all_are_bad(self, engine, questions):
        assert engine.ask_many([], keep_errors=True) == []
        (error,) = engine.ask_many(questions[:1], keep_errors=True)
        assert isinstance(error, AudioError)

    def test_what_is_asked_is_looked_at_first(self, engine, questions, monkeypatch):
        monkeypatch.setattr(afnext.Clip, "samples", lambda *_: pytest.fail("something was decoded"))
        with pytest.raises(RequestError, match="the question is empty"):
            engine.ask_many([*questions, (questions[1][0], " ")], keep_errors=True)
        with pytest.raises(RequestError, match=r"temperature -1"):
            engine.ask_many(questions, keep_errors=True, temperature=-1)

    def test_a_recording_over_the_limit_is_such_an_error(self, engine, questions, monkeypatch):
        engine = engine_with(engine, family=replace(engine.family, max_seconds=1))
        error, reply = engine.ask_many([questions[1], ("Who?",)], keep_errors=True, max_new_tokens=2)
        assert isinstance(error, OverLimitError)
        assert reply == engine.ask("Who?", max_new_tokens=2)


def test_a_chat_keeps_what_it_heard_and_said(engine, noise, monkeypatch):
    engine, heard = engine_with(engine), []
    encode = engine.model.encode
    monkeypatch.setattr(engine.model, "encode", lambda *args: heard.append(1) or encode(*args))
    chat = engine.chat()
    first = chat.ask(afnext.Clip(noise(2.0), rate=RATE), "What?", max_new_tokens=8)
    second = chat.ask("And then?", max_new_tokens=8)
    assert len(heard) == 1
    assert [message.role for message in chat.conversation] == ["user", "assistant"] * 2
    assert chat.conversation[1].text == first.raw
    assert second.usage.audio_seconds == 2.0
    from_scratch = Request(
        (user(AudioPart(afnext.Clip(noise(2.0), rate=RATE)), "What?"), *chat.conversation[1:3]),
        Sampling(max_new_tokens=8),
    )
    assert engine.generate([from_scratch])[0] == second


def test_a_failed_turn_leaves_the_chat_as_it_was(engine):
    chat = engine.chat()
    with pytest.raises(AudioError):
        chat.ask("nowhere.wav", "What?")
    assert chat.conversation == ()


def test_windows_are_encoded_a_few_at_a_time_with_the_same_result(engine, noise, monkeypatch):
    sound = np.random.default_rng(1).normal(size=160 * RATE).astype(np.float32) * 0.1
    told = []
    whole = engine.hear(afnext.Clip(sound, rate=RATE), tell=lambda *values: told.append(values))
    assert [done for _, done, _ in told] == [30.0, 60.0, 90.0, 120.0, 150.0, 160.0]
    sizes = []
    encode = engine.model.encode
    monkeypatch.setattr(engine.model, "encode", lambda mel, *rest: sizes.append(len(mel)) or encode(mel, *rest))
    monkeypatch.setattr(ears, "windows_at_once", lambda device: 2)
    recording = listen.Recording("noise", sound)
    wanted = [ears.Wanted(recording, 0, 2000), ears.Wanted(recording, 1990, 4000)]
    pieces = ears.Ears(engine.model, 0).embeddings(wanted)
    assert sizes == [2, 2, 2]
    torch.testing.assert_close(pieces[0], whole.embeddings[:2000], rtol=0, atol=1e-5)
    torch.testing.assert_close(pieces[1], whole.embeddings[1990:], rtol=0, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_other_number_formats(folder, noise, dtype):
    engine = afnext.load(folder, device="cpu", dtype=dtype)
    reply = engine.ask(afnext.Clip(noise(1.0), rate=RATE), "What?", max_new_tokens=3)
    assert reply.usage.completion_tokens == 3
    assert engine.hear(afnext.Clip(noise(1.0), rate=RATE)).embeddings.dtype == dtype


def test_think_caption_and_transcribe_ask_in_the_cards_words(engine, noise, monkeypatch):
    asked = []
    monkeypatch.setattr(
        engine, "generate", lambda requests, tell: asked.append(requests[0].conversation[-1].text) or [None]
    )
    clip = afnext.Clip(noise(1.0), rate=RATE)
    engine.ask(clip, "Who speaks? ", think=True)
    engine.caption(clip)
    engine.transcribe(clip)
    engine.transcribe(clip, times=True)
    assert asked == [
        "Who speaks? Reason step by step with timestamps, then give the final answer.",
        engine.card.caption,
        engine.card.transcribe,
        engine.card.transcribe_with_times,
    ]


class TestOverTheLimit:
    @pytest.fixture
    def short(self, engine):
        """An engine whose limit is two seconds."""
        return engine_with(engine, family=replace(engine.family, max_seconds=2))

    @pytest.fixture
    def path(self, noise, tmp_path):
        soundfile.write(tmp_path / "long.wav", noise(5.0), RATE)
        return tmp_path / "long.wav"

    def test_it_is_an_error_with_the_way_out(self, short, path):
        with pytest.raises(OverLimitError, match=r"long\.wav lasts 0:05; expected at most 0:02.*over_limit=truncate"):
            short.ask(path, "What?", max_new_tokens=2)

    def test_truncating_is_told(self, short, path):
        reply = short.ask(path, "What?", over_limit="truncate", max_new_tokens=2)
        assert reply.truncated
        assert reply.usage.audio_seconds == 2.0
        assert "only its first 0:02 were heard" in reply.notes[0]
        assert reply.raw == short.ask(AudioPart(path, end=2.0), "What?", max_new_tokens=2).raw

    def test_a_part_within_the_limit_is_fine(self, short, path):
        reply = short.ask(AudioPart(path, start=3.0, end=5.0), "What?", max_new_tokens=2)
        assert (reply.truncated, reply.usage.audio_seconds) == (False, 2.0)

    def test_no_more_is_decoded_than_shows_it(self, short, noise, monkeypatch):
        clip = afnext.Clip(np.tile(noise(40.0), 10), rate=RATE)
        lengths = []
        samples = afnext.Clip.samples
        monkeypatch.setattr(
            afnext.Clip, "samples", lambda self, remark: lengths.append(len(got := samples(self, remark))) or got
        )
        short.ask(clip, "What?", over_limit="truncate", max_new_tokens=2)
        assert lengths == [3 * RATE]

    def test_an_unknown_policy(self, short, path):
        with pytest.raises(RequestError, match="over_limit 'cut'; expected error or truncate or stitch"):
            short.hear(path, over_limit="cut")

    def test_parts_are_for_one_long_recording_at_a_time(self, short, path):
        with pytest.raises(RequestError, match=r"over_limit=stitch for .*one long recording at a time"):
            short.ask_many([(path, "What?")], over_limit="stitch")


class TestParts:
    def test_a_part_of_a_clip_counts_from_its_start(self):
        clip = listen.clip_of(AudioPart(afnext.Clip("a.wav", start=10.0, end=20.0), start=2.0, end=30.0))
        assert (clip.start, clip.end) == (12.0, 20.0)

    def test_bytes_and_files_are_recordings(self, engine, noise):
        file = io.BytesIO()
        soundfile.write(file, noise(1.0), RATE, format="WAV")
        from_bytes = engine.ask(file.getvalue(), "What?", max_new_tokens=4)
        assert engine.ask(file, "What?", max_new_tokens=4) == from_bytes

    def test_what_was_heard_is_heard_whole(self, engine, noise):
        heard = engine.hear(afnext.Clip(noise(1.0), rate=RATE))
        assert engine.hear(heard) is heard
        with pytest.raises(RequestError, match="a part of the audio array, which was heard whole"):
            engine.ask(AudioPart(heard, end=0.5), "What?")


class TestBadInput:
    def test_nothing_asked(self, engine):
        with pytest.raises(RequestError, match="nothing was asked"):
            engine.ask()

    def test_an_empty_question(self, engine):
        with pytest.raises(RequestError, match="the question is empty; ask something"):
            engine.ask(" \n")

    def test_a_question_that_is_no_text(self, engine):
        with pytest.raises(RequestError, match="a question of type Clip; expected text as the last argument"):
            engine.ask(afnext.Clip("a.wav"))

    def test_a_question_of_a_million_characters(self, engine):
        with pytest.raises(ConversationError, match=r"1,000,000 characters; expected 500,000 at most"):
            engine.ask("a" * 1_000_000)

    def test_a_question_beyond_the_context(self, engine):
        with pytest.raises(
            RequestError, match=r"a prompt of 200,0\d\d tokens \(0 of sound.*fewer than 65,536, the model"
        ):
            engine.ask("狗" * 66_660 + "?!" * 10)

    def test_a_missing_file_and_a_directory(self, engine, tmp_path):
        with pytest.raises(AudioError, match=r"no such file: 'nowhere\.wav'"):
            engine.ask("nowhere.wav", "What?")
        with pytest.raises(AudioError, match="is a directory"):
            engine.ask(tmp_path, "What?")

    def test_a_click_too_short_to_hear(self, engine, noise):
        with pytest.raises(AudioError, match=r"the audio array lasts 0\.010 s; expected at least 0\.03 s"):
            engine.ask(afnext.Clip(noise(0.01), rate=RATE), "What?")

    def test_an_unknown_setting(self, engine):
        with pytest.raises(RequestError, match="unknown setting 'max_tokens'; expected max_new_tokens"):
            engine.ask("What?", max_tokens=3)

    def test_the_answer_gets_what_the_context_leaves(self, engine):
        context = engine.model.config.decoder.positions
        request = request_for(None, "What?", max_new_tokens=context)
        ready = make_ready(
            request,
            config=engine.model.config,
            tokenizer=engine.tokenizer,
            family=engine.family,
            decoded=Decoded([request], engine._shelf),
        )
        assert ready.sequence.prompt + ready.sequence.limit == context
        assert "leaves" in ready.notes[0]


def test_numbers_that_are_not_finite_are_named(folder):
    engine = afnext.load(folder, device="cpu")
    with torch.no_grad():
        engine.model.decoder.norm.weight.fill_(torch.nan)
    with pytest.raises(RequestError, match="not finite in float32; give dtype=float32, or bfloat16"):
        engine.ask("What?", temperature=1.0)


def test_a_reply_to_json_is_one_line(engine):
    assert "\n" not in engine.ask("What?", max_new_tokens=20).to_json()
    assert json.loads(engine.ask("What?", max_new_tokens=2).to_json())["finish_reason"] == "length"


@pytest.mark.parametrize(
    "values", [{"cache_bytes": -1}, {"rows": 0}, {"step_tokens": 3, "rows": 4}, {"audio_bytes": "1 GB"}]
)
def test_a_budget_of_nonsense(values):
    with pytest.raises(RequestError, match=r"a budget with .* expected a whole number of"):
        Budget(**values)


def test_a_file_is_decoded_once_as_long_as_it_stays_what_it_is(noise, tmp_path, monkeypatch):
    path, other = tmp_path / "a.wav", tmp_path / "b.wav"
    soundfile.write(path, noise(2.0), RATE)
    soundfile.write(other, noise(3.0), RATE)
    decoded = []
    samples = afnext.Clip.samples
    monkeypatch.setattr(afnext.Clip, "samples", lambda self, remark: decoded.append(self.name) or samples(self, remark))
    shelf, how = Shelf(300_000), {"limit": 60.0, "over_limit": "error"}
    first = shelf.read(AudioPart(path), **how)
    assert shelf.read(AudioPart(str(path)), **how) is first
    assert shelf.read(AudioPart(path, end=1.0), **how).seconds == 1.0
    assert len(decoded) == 2
    soundfile.write(path, noise(2.5), RATE)
    assert shelf.read(AudioPart(path), **how).seconds == 2.5
    assert len(decoded) == 3
    data = other.read_bytes()
    for _ in range(2):
        assert shelf.read(AudioPart(data), **how).seconds == 3.0
    assert len(decoded) == 4
    assert shelf.read(AudioPart(path), **how).seconds == 2.5, "which had to make room"
    assert len(decoded) == 5
    with pytest.raises(AudioError, match="no such file"):
        shelf.read(AudioPart(tmp_path / "no.wav"), **how)
