"""benchmarks/engine.py from end to end on a tiny model, and its arithmetic by hand."""

import json
import shutil
import sys

import pytest
import torch

import _real
import engine
from _clock import Comparison
from _limits import Machine, shortest
from _profile import BETWEEN, shares, table
from _sides import Ours, Theirs, sound, write_model
from afnext.model.config import preset
from afnext.model.count import flops_of_window, flops_per_token, parameters
from afnext.model.weights import load
from engine import AIMS, Answers, Load, brief

TINY = preset("tiny")
SMALL = Load(long=31, longest=40, questions=3, answer=4, short=5, stream=5, talker=TINY)
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("model")
    write_model(place, TINY)
    return place


@pytest.fixture(scope="module")
def sides(folder):
    return Ours(folder), Theirs(folder)


def test_both_sides_answer_the_same_and_other_weights_are_noticed(folder, sides):
    ours, theirs = sides
    for way in (theirs.answer, theirs.answer_padded):
        answers = Answers(brief(), 6, ours, way)
        answers.check()
        assert len(answers.replies) == 16
        assert len({reply.raw for reply in answers.replies}) > 8
    other = Ours(folder)
    with torch.no_grad():
        other.engine.model.decoder.norm.weight.mul_(torch.linspace(-1, 1, TINY.decoder.width))
    with pytest.raises(SystemExit, match=r"answer 1 of 16: .*, and of transformers"):
        Answers(brief(), 6, other, theirs.answer).check()


def test_every_round_begins_with_an_engine_that_has_heard_nothing(sides):
    asked = SMALL.many()
    first, second = sides[0].answer(asked, 2), sides[0].answer(asked, 2)
    cached = [reply.usage.cached_tokens for reply in first]
    assert cached[0] == 0  # and the other two share the recording with it
    assert min(cached[1:]) > 775
    assert [reply.usage.cached_tokens for reply in second] == cached


def test_a_recording_is_heard_once_for_all_its_questions_and_by_them_once_for_each(sides, monkeypatch):
    ours, theirs = sides
    heard = {"ours": 0, "theirs": 0}

    def count(name, work):
        def counted(mel, *rest, **named):
            heard[name] += len(mel)
            return work(mel, *rest, **named)

        return counted

    monkeypatch.setattr(ours.engine.model, "encode", count("ours", ours.engine.model.encode))
    monkeypatch.setattr(
        theirs.model.model, "get_audio_features", count("theirs", theirs.model.model.get_audio_features)
    )
    Answers(SMALL.many(), 3, ours, theirs.answer).check()
    assert heard == {"ours": 2, "theirs": 6}  # windows of 31 s


def test_the_least_time_is_arithmetic_at_the_machine_s_rates(sides):
    """One question about 30 s, two tokens: the window, the prompt token by token, and then one step."""
    ours = sides[0]
    reply = ours.answer([(sound(30), "What?")], 2)[0]
    config, tokens = ours.engine.model.config, reply.usage.prompt_tokens
    head = 2 * config.decoder.width * config.decoder.vocabulary
    prompt = sum(flops_per_token(config, seen) - head for seen in range(1, tokens + 1)) + head
    window = flops_of_window(config, 1500)
    layers = sum(weight.numel() for weight in ours.engine.model.decoder.parameters()) * 4
    layers -= config.decoder.vocabulary * config.decoder.width * 4  # untied: the table is looked up
    slow_memory, fast_memory = Machine(1e9, 1e9, 1e3), Machine(1e9, 1e9, 1e18)
    least = shortest(ours.engine, [reply], [30.0], slow_memory)
    assert least == pytest.approx((window + prompt) / 1e9 + layers / 1e3, rel=1e-3)
    least = shortest(ours.engine, [reply], [30.0], fast_memory)
    assert least == pytest.approx((window + prompt + flops_per_token(config, tokens)) / 1e9, rel=1e-3)


def test_shares_are_of_the_whole():
    a = torch.randn(300, 300)
    taken = shares(lambda: a @ a)
    assert sum(taken.values()) == pytest.approx(1)
    assert taken["aten::mm"] > 0
    assert BETWEEN in taken
    printed = table({"one": {"aten::mm": 0.75, BETWEEN: 0.25}, "two": {"aten::mm": 1.0}})
    assert [line.split() for line in printed.splitlines()[1:]] == [
        ["mm", "75.0%", "100.0%"],
        ["(between", "operations)", "25.0%", "0.0%"],
        ["all", "others", "0.0%", "0.0%"],
    ]


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(engine, "QUICK", SMALL)
    for size in ("small", "medium"):
        monkeypatch.setitem(engine.SIZES, size, TINY)
    monkeypatch.setattr(engine, "measure", lambda clock: Machine(1e12, 1e12, 1e12))
    monkeypatch.setattr(engine, "peak_memory", lambda *_: (Comparison(1.0, 2.0, "MB"), "whole"))
    return ["--quick", "--rounds", "1", "--threads", str(torch.get_num_threads())]


def test_what_is_promised_is_printed(quick, capsys):
    engine.main([*quick, "--json", "--sizes", "small,medium"])
    printed = json.loads(capsys.readouterr().out)
    streams = {name for name in AIMS if name.startswith("decode")}
    assert set(printed) == set(AIMS) | {f"{name}@medium" for name in AIMS.keys() - streams}
    for it in printed.values():
        assert it.keys() == {"ours", "peer", "ratio", "unit"}
        assert it["ratio"] > 0


def test_the_table_says_what_was_asked_and_where_the_time_goes(quick, capsys):
    engine.main([*quick, "--profile", "--only", "ten_questions,decode_int8", "--questions", "2", "--long", "7"])
    printed = capsys.readouterr().out
    assert "2 questions about 7 s, answers of 4 tokens" in printed
    rows = [line.split()[0] for line in printed.splitlines() if " s " in line or "tokens/s" in line]
    assert {"ten_questions", "decode_int8"} <= set(rows)
    assert "_weight_int8pack_mm" in printed


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--only", "decode_int2"], "'decode_int2' is none of first_token_10min, ten_questions"),
        (["--sizes", "small,tall"], "'tall' is none of small, medium, large, real-encoder"),
        (["--long", "0"], "0; expected 1 or more"),
    ],
)
def test_options_that_make_no_sense_are_told(capsys, given, told):
    with pytest.raises(SystemExit):
        engine.main(given)
    assert told in capsys.readouterr().err


def test_every_size_can_hear_the_longest_recording():
    for config in engine.SIZES.values():
        assert config.decoder.positions > Load().longest * 25 + 1000


@linux
def test_the_real_size_is_made_in_shards_and_measured_in_every_format(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(_real, "SHARD_BYTES", 50_000)
    place = tmp_path / "made"
    engine.main(["--real-size", str(place), "--preset", "tiny", "--long", "31", "--json"])
    printed, said = capsys.readouterr()
    assert "shard 2 of" in said
    assert len(list(place.glob("*.safetensors"))) > 1
    model = load(place)
    assert sum(weight.numel() for weight in model.parameters()) == parameters(model.config).total
    for weight in (model.decoder.layers[0].gate.weight, model.encoder.layers[0].up.weight):
        assert weight.float().std().item() == pytest.approx(32**-0.5, rel=0.1)
    found = json.loads(printed)
    assert found.keys() == {"bf16", "int8", "int4"}
    for one in found.values():
        assert one["peak"] > one["anonymous"] > 10e6
        assert min(one["load"], one["first_token"], one["token"], one["limit"]) > 0


def test_a_disk_without_room_is_told_before_anything_is_made(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=1_000_000_000))
    with pytest.raises(SystemExit, match=r"has 1\.0 GB free; expected 17\.\d"):
        _real.make(tmp_path / "made", "af-next")
    assert not list((tmp_path / "made").iterdir())
