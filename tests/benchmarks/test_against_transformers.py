"""against_transformers from end to end on a tiny model, and its arithmetic by hand."""

import json
import mmap
import sys

import pytest
import torch

import against_transformers
from _clock import Comparison, in_turn
from _memory import forget_peak, resident
from _peak import finish, start
from _sides import Ours, Theirs, sound, write_model
from afnext.model.config import preset
from against_transformers import check, limits

IDS = list(range(20, 60))
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("model")
    tiny = preset("tiny")
    write_model(place, tiny.model_copy(update={"decoder": tiny.decoder.model_copy(update={"vocabulary": 1024})}))
    return place


@pytest.fixture(scope="module")
def sides(folder):
    return Ours(folder), Theirs(folder)


def test_above_one_is_better():
    assert Comparison(2.0, 6.0, "s").ratio == 3.0
    assert Comparison(6.0, 2.0, "tokens/s", higher_is_better=True).ratio == 3.0
    assert Comparison(2.0, 6.0, "s").to_dict() == {"ours": 2.0, "peer": 6.0, "ratio": 3.0, "unit": "s"}


def test_sides_take_turns_and_the_first_round_does_not_count():
    taken = []
    figures = {"ours": iter([100.0, 1.0, 3.0, 2.0]), "peer": iter([100.0, 7.0, 5.0, 6.0])}

    def side(name):
        taken.append(name)
        return next(figures[name])

    assert in_turn(lambda: side("ours"), lambda: side("peer"), 3) == (2.0, 6.0)
    assert taken == ["ours", "peer", "peer", "ours", "ours", "peer", "peer", "ours"]


def test_both_sides_hear_and_write_the_same(sides):
    assert "32 of 32" in check(*sides, IDS)
    for side in sides:
        written, times = side.write(IDS, 5)
        assert len(written) == len(times) == 5
        assert times == sorted(times)


def test_other_weights_are_noticed(folder, sides):
    other = Ours(folder)
    with torch.no_grad():
        other.engine.model.adaptor.linear_2.bias.add_(0.01)
    with pytest.raises(SystemExit, match=r"embeddings of 5 s differ by 0\.01; expected 0\.001"):
        check(other, sides[1], IDS)


def test_operations_of_encoding_are_counted_whole(sides, monkeypatch):
    """By the textbook: two operations for each product, of every projection and of both halves of attention."""
    ours, clock = sides[0], {"encode_30s": Comparison(1.0, 1.0, "s"), "decode": Comparison(1.0, 1.0, "tokens/s")}
    monkeypatch.setattr(against_transformers, "matmul_rate", lambda clock: 1e9)
    monkeypatch.setattr(against_transformers, "read_rate", lambda clock: 1e9)
    sizes, width = ours.engine.model.config.encoder, ours.engine.model.config.decoder.width
    d, frames = sizes.width, 1500
    layer = 4 * d * d + 2 * d * sizes.feed_forward + 2 * frames * d
    stem = 3000 * d * 3 * 128 + frames * d * 3 * d
    products = sizes.layers * frames * layer + stem + 750 * (d * width + width * width)
    assert f"encode_30s uses {2 * products / 1e9:.0f} ({2 * products / 1e9:.0%})" in limits(ours, clock)


@linux
def test_a_peak_is_seen_and_forgotten():
    base = resident()
    with mmap.mmap(-1, 20_000_000) as held:
        held.write(bytes([1]) * len(held))
        assert resident() > base + 15_000_000
    assert resident("VmHWM") > base + 15_000_000
    forget_peak()
    assert resident("VmHWM") < base + 15_000_000


@linux
def test_memory_is_measured_in_a_process_of_its_own(folder):
    held = finish(start("ours", folder, 45, 1))
    assert 50e6 < held["base"] < held["peak"] < held["base"] + 200e6


def test_what_is_promised_is_printed(monkeypatch, capsys):
    tiny = preset("tiny")
    decoder = tiny.decoder.model_copy(update={"vocabulary": 1024})
    monkeypatch.setitem(against_transformers.SIZES, "small", tiny.model_copy(update={"decoder": decoder}))
    monkeypatch.setattr(against_transformers, "LONG", 31)
    monkeypatch.setattr(against_transformers, "WRITTEN", 3)
    monkeypatch.setattr(against_transformers, "matmul_rate", lambda clock: 1e9)
    monkeypatch.setattr(against_transformers, "read_rate", lambda clock: 1e9)
    monkeypatch.setattr(against_transformers, "peak_memory", lambda *_: (Comparison(1.0, 2.0, "MB"), ""))
    threads = torch.get_num_threads()
    against_transformers.main(["--quick", "--json", "--rounds", "1", "--threads", str(threads)])
    printed = json.loads(capsys.readouterr().out)
    assert set(printed) == {"log_mel", "encode_5s", "encode_30s", "first_token", "decode", "peak_memory_10min"}
    for it in printed.values():
        assert it.keys() == {"ours", "peer", "ratio", "unit"}
        assert it["ratio"] > 0
    assert len(sound(0.5)) == 8000
