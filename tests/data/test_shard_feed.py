"""Batches of shards: every row once a pass, alike whoever makes them and after any stop, and nothing lost unsaid."""

import json
import shutil
import sqlite3
from collections import Counter

import numpy as np
import pytest
import soundfile
import torch

from afnext.base.errors import CheckpointError, ConversationError
from afnext.data import stream
from afnext.data.feed import RowFeed
from afnext.data.groups import Speller
from afnext.data.loader import Share, load
from afnext.data.mixture import parse_mixture
from afnext.data.pack import IGNORED
from afnext.data.shard_feed import ShardFeed
from afnext.data.shards import write_shards
from afnext.dialogue.template import NANO
from afnext.model.config import preset
from afnext.model.flamingo import Flamingo
from afnext.training.learner import encode

RATE = 16_000


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Forty recordings with one to three rows each, and a row without sound; as loose files and as three shards."""
    folder = tmp_path_factory.mktemp("corpus")
    rng = np.random.default_rng(3)
    rows = []
    for number in range(40):
        name = f"{number}.wav"
        noise = rng.integers(-3000, 3000, round(RATE * (0.4 + (number * 7 % 11) * 0.8))).astype(np.int16)
        soundfile.write(folder / name, noise, RATE)
        rows += [
            {"id": f"r{number}-{q}", "audio": [{"path": name}], "messages": [
                {"role": "user", "content": [{"type": "audio"}, {"type": "text", "text": f"What is {number}, {q}?"}]},
                {"role": "assistant", "content": f"Hum {number}-{q}."}]}
            for q in range(1 + number % 3)
        ]  # fmt: skip
    rows.append(
        {"id": "mute", "messages": [{"role": "user", "content": "Hm?"}, {"role": "assistant", "content": "M."}]}
    )
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    made = write_shards(folder / "rows.jsonl", folder / "shards", shard_bytes=2_000_000)
    assert made.shards == 3
    assert (made.samples, made.rows) == (41, len(rows))
    return folder


@pytest.fixture
def feed(tokenizer, corpus):
    def make(mixture=corpus / "shards", kind=ShardFeed, **changes):
        settings = {"tokens": 900, "context": 4096, "longest": 60.0} | changes
        return kind(parse_mixture(str(mixture)), Speller(tokenizer, NANO, **settings), seed=5)

    return make


def steps(count, accumulate=1, rank=0, size=1):
    """What ``load`` asks for."""
    every = [range(step * accumulate, (step + 1) * accumulate) for step in range(count)]
    return [[number for number in numbers if number % size == rank] for numbers in every]


def drawn(made, count, accumulate=1):
    return list(made.draws(steps(count, accumulate), 0, accumulate))


def ids_of(batch_groups):
    return [name.rpartition(": ")[2] for group in batch_groups for name in group.names]


def same(one, other):
    assert torch.equal(one.talk.ids, other.talk.ids)
    assert torch.equal(one.talk.targets, other.talk.targets)
    assert torch.equal(one.talk.positions, other.talk.positions)
    assert one.talk.trees == other.talk.trees
    assert (one.lost, one.windows, one.audio_seconds) == (other.lost, other.windows, other.audio_seconds)
    assert len(one.sound) == len(other.sound)
    for mine, theirs in zip(one.sound, other.sound, strict=True):
        assert torch.equal(mine.mel, theirs.mel)
        assert torch.equal(mine.places, theirs.places)


def learnt(batch):
    """Each row of a batch as its tokens and targets would stand alone."""
    rows = []
    ids, targets = batch.talk.ids[0].tolist(), batch.talk.targets[0].tolist()
    for start, behind, *ends in batch.talk.trees:
        for first, last in zip([behind, *ends], ends, strict=False):
            rows.append(
                (tuple(ids[start:behind] + ids[first:last]), tuple(targets[start:behind] + targets[first:last]))
            )
    return rows


def test_a_pass_learns_what_loose_files_teach_and_every_row_once(feed, corpus):
    """Against the same rows through the feed of loose files."""
    loose, packed = feed(corpus / "rows.jsonl", RowFeed), feed()
    wanted = Counter(row for number in range(loose.batches(1)) for row in learnt(loose[number]))
    found, heard = Counter(), 0.0
    for groups in drawn(packed, 40):
        batch = packed[groups]
        assert batch.talk.ids.shape[1] <= 900
        found.update(learnt(batch))
        heard += batch.audio_seconds
        if found.total() >= wanted.total():
            break
    assert found == wanted
    once = sum(len(soundfile.read(path)[0]) for path in corpus.glob("*.wav")) / RATE
    assert heard == pytest.approx(once)


def test_rows_that_share_a_recording_are_learnt_as_if_each_stood_alone(feed, corpus, tokenizer):
    """The same losses, to rounding, as from loose rows of which each brings its own recording."""
    torch.manual_seed(0)
    model = Flamingo(
        preset("tiny").with_vocabulary(
            tokenizer.vocab_size, sound=tokenizer.sound, sound_bos=tokenizer.sound_start, sound_eos=tokenizer.sound_end,
            stop=(tokenizer.turn_end,), pad=tokenizer.end_of_text,
        )
    )  # fmt: skip

    def losses(batches):
        told = {}
        for batch in batches:
            embedded = model.embed(batch.talk.ids, encode(model, batch.sound))
            hidden = model.decoder(embedded, positions=batch.talk.positions, attention=batch.talk.attention)
            each = torch.nn.functional.cross_entropy(
                model.logits(hidden)[0], batch.talk.targets[0], reduction="none", ignore_index=IGNORED
            ).tolist()
            rows = iter(learnt(batch))
            for _, behind, *ends in batch.talk.trees:
                for first, last in zip([behind, *ends], ends, strict=False):
                    told[next(rows)[0]] = sum(each[first:last])
        return told

    loose, packed = feed(corpus / "rows.jsonl", RowFeed), feed()
    alone = losses(loose[number] for number in range(loose.batches(1)))
    together = losses(packed[groups] for groups in drawn(packed, 3))
    assert len(together) > 20
    for row, value in together.items():
        assert value == pytest.approx(alone[row], rel=1e-4)


@pytest.mark.parametrize(("workers", "size"), [(0, 1), (2, 1), (0, 2), (1, 3)])
def test_neither_workers_nor_processes_change_a_batch(feed, workers, size):
    """Four batches a step, made here one after the other, and by processes that share the steps."""
    count, accumulate = 5, 4
    plain = feed()
    every = [plain[groups] for groups in drawn(plain, count, accumulate)]
    for rank in range(size):
        share = Share(rank, size)
        made = list(load(feed(), 0, count, accumulate=accumulate, share=share, workers=workers))
        for step, batches in enumerate(made):
            numbers = [n for n in range(accumulate) if (step * accumulate + n) % size == rank]
            assert len(batches) == len(numbers)
            for number, batch in zip(numbers, batches, strict=True):
                same(batch, every[step * accumulate + number])


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("stop", [pytest.param(1, marks=pytest.mark.long), 8, pytest.param(13, marks=pytest.mark.long)])
def test_a_run_that_stopped_goes_on_to_the_sample(feed, corpus, monkeypatch, workers, stop):
    """In other processes than before, from what JSON kept, amid states and passes, loose rows among the shards."""
    monkeypatch.setattr(stream, "EVERY", 4)
    mixture, accumulate, end = f"{corpus / 'shards'} + {corpus / 'rows.jsonl'}*0.5", 2, stop + 4
    whole = [batch for batches in load(feed(mixture), 0, end, accumulate=accumulate) for batch in batches]
    states = {}
    for rank in range(2):  # two processes, that make ahead of where they stop
        first = feed(mixture)
        made = load(first, 0, end, accumulate=accumulate, share=Share(rank, 2), workers=workers)
        for _ in range(stop):
            next(made)
        states |= first.state(stop)
        made.close()
    again = feed(mixture)
    again.resume(json.loads(json.dumps(states)))
    rest = [batch for batches in load(again, stop, end, accumulate=accumulate, workers=workers) for batch in batches]
    assert len(rest) == (end - stop) * accumulate
    for mine, wanted in zip(rest, whole[stop * accumulate :], strict=True):
        same(mine, wanted)


def test_going_on_reads_no_more_than_the_states_ask_for(feed, monkeypatch):
    """Not from the beginning: a state is at most ``EVERY`` batches back."""
    monkeypatch.setattr(stream, "EVERY", 4)
    first = feed()
    drawn(first, 30)
    again, count = feed(), []
    again.resume(first.state(30))
    draw = stream.Stream.draw
    monkeypatch.setattr(stream.Stream, "draw", lambda self: count.append(1) or draw(self))
    assert next(again.draws(steps(31)[30:], 30, 1)) == drawn(feed(), 31)[30]
    assert count[: -31 or None] == [1, 1, 1]  # 28 to 30, and the one asked for


def test_streams_divide_the_rows_without_overlap_and_nothing_is_missing(feed):
    """Two processes, one batch of a step each, until each has been through its part once."""
    seen = []
    for rank in range(2):
        made, names = feed(), []
        for groups in made.draws(steps(40, 2, rank, 2), 0, 2):
            names += ids_of(groups)
            if len(set(names)) < len(names):
                break
        once = names[: next(n for n in range(len(names)) if names[n] in names[:n])]
        seen.append(set(once))
    assert not seen[0] & seen[1]
    wanted = {f"r{number}-{q}" for number in range(40) for q in range(1 + number % 3)} | {"mute"}
    assert seen[0] | seen[1] == wanted


def test_a_mixture_draws_by_weight(feed, corpus):
    """Recordings of shards twice a pass against loose rows half of one: 82 to 40 or so."""
    made = feed(f"{corpus / 'shards'}*2 + {corpus / 'rows.jsonl'}*0.5")
    shares = Counter()
    for groups in drawn(made, 150):
        shares.update("loose" if "line" in group.names[0] else "shards" for group in groups)
    rows = sum(1 + number % 3 for number in range(40)) + 1
    assert shares["loose"] / shares.total() == pytest.approx(0.5 * rows / (0.5 * rows + 2 * 41), abs=0.03)


def test_how_many_batches_an_epoch_has_is_about_right_and_they_are_full(feed):
    made = feed()
    count, rows = 0, set()
    for groups in drawn(made, 40):
        count += 1
        rows.update(ids_of(groups))
        if len(rows) == 80:
            break
    assert abs(made.batches(1) - count) <= 1
    assert made.batches(10) == pytest.approx(10 * made.batches(1), abs=5)
    assert made.efficiency(20) > 0.9


def test_rows_that_do_not_fit_are_counted_by_name(feed, corpus):
    made = feed(longest=5.0, context=300)
    lost = Counter()
    for groups in drawn(made, 8):
        lost.update(made[groups].lost)
    long = {name.partition(": ")[2] for name in lost}
    assert any("r3-0: with a recording longer than 5 s (rows.longest)" in name for name in long)
    assert all(str(corpus / "shards") in name for name in lost)
    with pytest.raises(ConversationError, match=r"no row to learn from, of those looked at: .*longer than 20 tokens"):
        feed(longest=5.0, tokens=64, context=20)


@pytest.fixture
def copy(corpus, tmp_path):
    shutil.copytree(corpus / "shards", tmp_path / "shards")
    return tmp_path / "shards"


def damage(folder, name, *, at=0.5, with_=b"\xff" * 64):
    """Overwrite part of a member of a shard."""
    database = sqlite3.connect(folder / ".nv-meta/index.sqlite")
    key, _, part = name.partition(".")
    [(shard, first, size)] = database.execute(
        "select p.tar_file_id, p.content_byte_offset, p.content_byte_size from sample_parts p join samples s on "
        "p.tar_file_id = s.tar_file_id and p.sample_index = s.sample_index where s.sample_key=? and p.part_name=?",
        (key, part),
    ).fetchall()
    database.close()
    with (folder / f"shard-{shard:06d}.tar").open("r+b") as file:
        file.seek(first + round(at * size))
        file.write(with_)


def test_a_sound_that_fails_costs_only_its_rows(feed, copy):
    made = feed(copy)
    damage(copy, "000000004.0.flac", at=0, with_=b"nothing of sound")
    damage(copy, "000000007.0.flac", at=0.3, with_=b"\x00" * 3000)
    rows, lost = [], []
    for groups in drawn(made, 30):
        batch = made[groups]
        rows += learnt(batch)
        lost += batch.lost
        if len(rows) + len(lost) >= 80:
            break
    assert len(rows) + len(lost) == 80
    assert sorted({name.split(": ")[1] for name in lost}) == ["r4-0", "r4-1", "r7-0", "r7-1"]


def test_a_sample_whose_json_fails_is_counted(feed, copy):
    made = feed(copy)
    damage(copy, "000000004.json", at=0, with_=b"\xff\xfe not json")
    lost = [name for groups in drawn(made, 20) for name in made[groups].lost]
    assert any("000000004 is no sample of ours" in name for name in lost)


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda folder: shutil.rmtree(folder / ".nv-meta"), r"is no folder of whole shards: .*; write it again, or"),
        (lambda folder: (folder / ".nv-meta/index.sqlite").unlink(), "its index is missing"),
        (lambda folder: (folder / ".nv-meta/.info.json").write_text("{"), "its index is missing"),
        (lambda folder: (folder / "shard-000001.tar").unlink(), r"shard-000001\.tar or its index is missing"),
        (lambda folder: (folder / "shard-000001.tar.idx").unlink(), r"shard-000001\.tar or its index is missing"),
        (lambda folder: (folder / "shard-000001.tar.idx").write_bytes(b"123"), "missing or broken; write it again"),
        (
            lambda folder: (folder / "shard-000002.tar").write_bytes((folder / "shard-000002.tar").read_bytes()[:5000]),
            r"shard-000002\.tar breaks off at 5,000 bytes; expected [\d,]+; write it again",
        ),
    ],
)
def test_shards_that_are_not_whole_are_refused_before_the_run(feed, copy, harm, told):
    harm(copy)
    with pytest.raises(ConversationError, match=told):
        feed(copy)


def test_a_shard_that_breaks_later_stops_the_run_in_one_line(feed, copy):
    made = feed(copy)
    for path in copy.glob("*.tar"):
        path.write_bytes(b"\xff" * path.stat().st_size)
    with pytest.raises(ConversationError, match="shards: a shard cannot be read") as told:
        drawn(made, 1)
    assert "\n" not in str(told.value)


def test_more_batches_a_step_than_samples_and_states_of_other_data_are_told(feed, corpus, tmp_path):
    made = feed()
    with pytest.raises(ConversationError, match="41 samples for accumulate 64; expected at least as many"):
        drawn(made, 1, 64)
    drawn(made, 3)
    lines = (corpus / "rows.jsonl").read_text().splitlines()[:30]
    (corpus / "some.jsonl").write_text("\n".join(lines))
    write_shards(corpus / "some.jsonl", tmp_path / "some")
    changed = feed(tmp_path / "some")
    changed.resume(made.state(3))
    with pytest.raises(CheckpointError, match="are not the data that the run began with"):
        next(changed.draws(steps(1), 3, 1))
