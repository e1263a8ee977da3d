"""benchmarks/training.py: both sides learn the same of the same rows, and its figures are what a hand works out."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import training
from _clock import Comparison
from _sides import write_model
from afnext.model.config import DecoderConfig, EncoderConfig, FlamingoConfig
from afnext.training.operations import operations_of
from afnext.training.recipe import PARTS
from loading import write_rows
from training import OurRun, TheirRun, check, memory, used

SCRIPTS = Path(__file__).resolve().parents[2] / "benchmarks"
LENGTHS = [1.0, 6.0, 2.5, 0.5]
TINY = FlamingoConfig(
    encoder=EncoderConfig(width=32, heads=2, feed_forward=64, layers=1),
    decoder=DecoderConfig(
        width=32, heads=4, key_value_heads=2, feed_forward=64, layers=2, vocabulary=1024, positions=4096
    ),
    sound_id=0,
    pad_id=0,
)
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")


def ticks():
    """A clock that is one second on at each look."""
    times = iter(range(1000))
    return lambda: float(next(times))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("model")
    write_model(place, TINY)
    write_rows(place, LENGTHS, "wav")
    return place


@pytest.fixture(scope="module")
def sides(folder):
    rows = folder / "rows.jsonl"
    return OurRun(folder, rows, ticks()), TheirRun(folder, rows, ticks())


def test_both_spell_rows_alike_and_learn_the_same_tokens(sides):
    ours, theirs = sides
    check(ours, theirs)
    talks = [batch.talk for batch in ours.batches()]
    inputs = theirs.collate(theirs.rows)
    assert int(inputs["attention_mask"].sum()) == sum(talk.ids.shape[1] for talk in talks) == sum(ours.feed.sizes[0])
    mine = sorted(token for talk in talks for token in talk.targets[talk.targets >= 0].tolist())
    assert sorted(inputs["labels"][inputs["labels"] >= 0].tolist()) == mine


def test_both_find_the_same_loss(folder):
    """The mean over the tokens to learn of all rows, of the random weights that both read."""
    ours, theirs = (side(folder, folder / "rows.jsonl", ticks()) for side in (OurRun, TheirRun))
    batches = ours.batches()
    with torch.no_grad():
        mine = sum(ours.stage.learner(batch)["text"] for batch in batches)
        yours = theirs.model(**theirs.collate(theirs.rows)).loss
    count = sum(batch.counts()["text"] for batch in batches)
    assert float(mine / count) == pytest.approx(float(yours), abs=1e-4)


def test_other_rows_are_noticed(sides):
    ours, theirs = sides
    assert ours.spelt(0) != ours.spelt(1)
    wrong = SimpleNamespace(rows=theirs.rows, spelt=lambda number: theirs.spelt(1 - number))
    with pytest.raises(SystemExit, match=r"row 0 has \d+ tokens \(\d+ learnt\) and \d+ tokens"):
        check(ours, wrong)
    more = SimpleNamespace(rows=[*theirs.rows, *theirs.rows[:1]], spelt=theirs.spelt)
    with pytest.raises(SystemExit, match="ours uses 4 rows; expected all 5"):
        check(ours, more)


def test_each_pass_learns_from_every_row_once(folder, monkeypatch):
    rows = folder / "rows.jsonl"
    ours, theirs = OurRun(folder, rows, ticks()), TheirRun(folder, rows, ticks())
    sizes, collate, seen = sorted(ours.feed.sizes[0]), theirs.collate, {"ours": [], "peer": []}

    def step(stage, batches, rate):
        seen["ours"] += [borders[-1] - borders[0] for batch in batches for borders in batch.talk.trees]
        return training_step(stage, batches, rate)

    def collated(some):
        inputs = collate(some)
        seen["peer"] += inputs["attention_mask"].sum(-1).tolist()
        return inputs

    training_step = training.train_step
    monkeypatch.setattr(training, "train_step", step)
    theirs.collate = collated
    before = {
        "ours": [weight.detach().clone() for weight in ours.stage.model.parameters()],
        "peer": [weight.detach().clone() for weight in theirs.model.parameters()],
    }
    for number in (1, 2):
        for side in (ours, theirs):
            assert side.learn() == 1.0, "the clock is looked at when it begins and when it ends"
        assert sorted(seen["ours"]) == sorted(seen["peer"]) == sorted(number * sizes)
    for name, model in (("ours", ours.stage.model), ("peer", theirs.model)):
        moved = [not torch.equal(now, old) for now, old in zip(model.parameters(), before[name], strict=True)]
        assert all(moved), f"{name} trains in full"


def test_operations_are_those_that_torch_counts(sides):
    """Of all rows, windows of many lengths among them; torch counts no attention on a CPU, so that is added here."""
    ours = sides[0]
    config, batches = ours.stage.model.config, ours.batches()
    decoder, encoder = config.decoder, config.encoder
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        for batch in batches:
            ours.stage.learner(batch)
    lengths, windows = ours.feed.sizes[0], [frames // 2 for it in LENGTHS for frames in [round(100 * it)]]
    looks = 4 * decoder.layers * decoder.width * sum(length * (length + 1) / 2 for length in lengths)
    looks += 4 * encoder.layers * encoder.width * sum(frames**2 for frames in windows)
    # The windows of a group are padded to the longest of it, which torch counts.
    assert sum(operations_of(batch, config, PARTS) for batch in batches) / 3 == pytest.approx(
        counter.get_total_flops() + looks, rel=0.1
    )
    alone = ours.feed.speller.batch([ours.feed.speller.of_row(ours.feed.sets[0][1])])
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        ours.stage.learner(alone)
    looks = 2 * decoder.layers * decoder.width * lengths[1] * (lengths[1] + 1)
    looks += 4 * encoder.layers * encoder.width * windows[1] ** 2
    assert operations_of(alone, config, PARTS) / 3 == pytest.approx(counter.get_total_flops() + looks, rel=0.01)


def test_what_share_of_the_machine_is_used():
    """A pass of 6 GFLOP and 1,000 tokens, 500 and 250 tokens a second, of 12 GFLOP/s."""
    rates = Comparison(500.0, 250.0, "tokens/s", higher_is_better=True)
    told = used(12e9, 6e9, rates, 1000)
    assert "of this machine's 12 GFLOP/s" in told
    assert "training uses 3.0 (25%)" in told
    assert "transformers on the same work 1.5 (12%)" in told


@linux
def test_two_processes_hold_less_each_than_one(tmp_path):
    """Forked, for starting each anew would take most of the time."""
    code = """
import multiprocessing, os, socket, sys
from pathlib import Path
import training

def join(place, rank, size, port):
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(size))
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    training.main(["--memory-of", place, "3000"])

for size in (1, 2):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    place = Path(sys.argv[1]) / str(size)
    place.mkdir()
    start = multiprocessing.get_context("fork").Process
    started = [start(target=join, args=(str(place), rank, size, port)) for rank in range(size)]
    for one in started:
        one.start()
    for one in started:
        one.join()
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=SCRIPTS, check=True, capture_output=True, text=True)
    one, two = ([int(file.read_text()) for file in (tmp_path / size).iterdir()] for size in "12")
    assert (len(one), len(two)) == (1, 2)
    assert 0.4 * one[0] < min(two)
    assert max(two) < 0.75 * one[0]


def test_memory_is_that_of_the_process_that_holds_most(monkeypatch):
    def run(command, **_settings):
        assert command[command.index("--nproc-per-node") + 1] == "3"
        *_, place, tokens = command
        for rank, held in enumerate([5_000_000, 9_000_000, 7_000_000]):
            (Path(place) / str(rank)).write_text(str(held))
        return SimpleNamespace(returncode=int(tokens == "0"), stderr="no room")

    monkeypatch.setattr(training.subprocess, "run", run)
    assert memory(3, 100) == 9.0
    with pytest.raises(SystemExit, match="measuring memory ended with 1: no room"):
        memory(3, 0)


def test_what_is_promised_is_printed(monkeypatch, capsys):
    monkeypatch.setattr(training, "SMALL", TINY)
    monkeypatch.setattr(training, "log_uniform", lambda *_: LENGTHS * 2)
    monkeypatch.setattr(training, "memory", lambda degree, tokens: tokens / degree)
    monkeypatch.setattr(training, "matmul_rate", lambda clock: 1e9)
    training.main(["--quick", "--json", "--rounds", "1", "--threads", str(torch.get_num_threads())])
    printed = json.loads(capsys.readouterr().out)
    held = [f"activation_memory_degree_{degree}" for degree in (1, 2, 4)]
    assert list(printed) == ["training_tokens_per_second", "packing_efficiency", *held]
    assert all(it.keys() == {"ours", "peer", "ratio", "unit"} and it["ratio"] > 0 for it in printed.values())
    assert [printed[name]["ratio"] for name in held] == [1.0, 2.0, 4.0]
    assert printed[held[1]]["ours"] == 3750.0, "five minutes of 25 tokens a second, by two"
