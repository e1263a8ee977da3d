"""What lies in the tars is what was written, byte for byte the same each time, and never half of it."""

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time

import numpy as np
import pytest
import soundfile

from afnext.base.errors import ConversationError, MissingToolError, OutputError
from afnext.data import shards
from afnext.data.rows import read_rows
from afnext.data.shards import Sample, write_shards

RATE = 16_000


def members(folder):
    """Every member of every shard, by name, read by Python alone."""
    found = {}
    for path in sorted(folder.glob("*.tar")):
        with tarfile.open(path) as tar:
            for member in tar:
                assert member.name not in found
                assert (member.mtime, member.uid, member.gid, member.uname) == (0, 0, 0, "")
                found[member.name] = tar.extractfile(member).read()
    return found


@pytest.fixture
def corpus(tmp_path):
    """Rows in four dialects about sounds of 16 bits, two of them about one recording."""
    rng = np.random.default_rng(7)
    sounds = {}
    for name, seconds in (("a", 1.0), ("b", 0.5), ("c", 2.25)):
        sounds[name] = rng.integers(-32768, 32768, round(seconds * RATE)).astype(np.int16)
        soundfile.write(tmp_path / f"{name}.wav", sounds[name], RATE)
    rows = [
        {"audio": "a.wav", "question": "First?", "answer": "One."},
        {"messages": [{"role": "user", "content": "<audio>Which?"}, {"role": "assistant", "content": "b"}],
         "audios": ["b.wav"]},
        {"sound": "a.wav", "conversations": [{"from": "human", "value": "<sound>\nSecond?"},
                                             {"from": "gpt", "value": "Two."}]},
        {"id": "kept-1", "skill": "count", "licence": "CC0", "audio": [{"path": "c.wav"}, {"path": "a.wav"}],
         "messages": [{"role": "system", "content": "Count."},
                      {"role": "user", "content": [{"type": "audio"}, {"type": "audio"},
                                                   {"type": "text", "text": "How many?"}]},
                      {"role": "assistant", "content": "Three."}]},
        {"audio": "c.wav", "start": 0.5, "end": 1.25, "question": "A part?", "answer": "Yes."},
        {"audio": [], "question": "Nothing to hear?", "answer": "Nothing."},
    ]  # fmt: skip
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path / "rows.jsonl", sounds


def test_what_is_read_is_what_was_written(corpus, tmp_path):
    rows, sounds = corpus
    made = write_shards(rows, tmp_path / "out")
    found = members(tmp_path / "out")
    assert (made.shards, made.samples, made.rows, made.left_out) == (1, 5, 6, {})
    assert made.seconds == pytest.approx(1.0 + 0.5 + (2.25 + 1.0) + 0.75)
    stretches = [(sounds["a"],), (sounds["b"],), (sounds["c"], sounds["a"]), (sounds["c"][8000:20000],), ()]
    talks = {row.name.rpartition(" ")[2]: row.conversation for row in read_rows(rows)}
    lines = [("1", "3"), ("2",), ("4",), ("5",), ("6",)]
    for number, (wanted, about) in enumerate(zip(stretches, lines, strict=True)):
        key = f"{number:09d}"
        sample = Sample.read(found[f"{key}.json"], key)
        assert sample.samples == tuple(map(len, wanted))
        for place, sound in enumerate(wanted):
            flac = found[f"{key}.{place}.flac"]
            read, rate = soundfile.read(io.BytesIO(flac), dtype="int16")
            assert rate == RATE
            np.testing.assert_array_equal(read, sound)
        for row, line in zip(sample.rows, about, strict=True):
            names = [recording.key for recording in row.audio]
            assert names == [f"{key}.{place}.flac" for place in range(len(wanted))]
            assert [hashlib.sha256(found[name]).hexdigest() for name in names] == [r.sha256 for r in row.audio]
            read = row.conversation(members=dict.fromkeys(names, b""))
            assert [(m.role, m.text, len(m.audio)) for m in read] == [
                (m.role, m.text, len(m.audio)) for m in talks[line]
            ]
            kinds = [[type(part) for part in message.parts] for message in read]
            assert kinds == [[type(part) for part in message.parts] for message in talks[line]]
    kept = Sample.read(found["000000002.json"], "").rows[0]
    assert (kept.id, kept.skill, kept.licence) == ("kept-1", "count", "CC0")
    assert Sample.read(found["000000000.json"], "").rows[1].id == "rows-000003"


def test_the_same_rows_give_the_same_bytes_index_and_all(corpus, tmp_path):
    digests = []
    for name in ("one", "two"):
        write_shards(corpus[0], tmp_path / name, shard_bytes=60_000)
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        digests.append({str(p.relative_to(tmp_path / name)): hashlib.sha256(p.read_bytes()).digest() for p in files})
    assert digests[0] == digests[1]
    assert ".nv-meta/index.sqlite" in digests[0]
    assert "shard-000001.tar" in digests[0]


def test_shards_keep_to_their_size_and_samples_stay_whole(corpus, tmp_path):
    made = write_shards(corpus[0], tmp_path / "out", shard_bytes=60_000)
    places = {}
    for path in sorted((tmp_path / "out").glob("*.tar")):
        with tarfile.open(path) as tar:
            for name in tar.getnames():
                places.setdefault(name.split(".")[0], set()).add(path.name)
    assert made.shards == len(list((tmp_path / "out").glob("*.tar"))) > 1
    assert {len(of) for of in places.values()} == {1}


@pytest.mark.filterwarnings("ignore:.*pin_memory")  # of its loader, where there is no GPU
def test_energons_own_loader_reads_the_folder(corpus, tmp_path):
    energon = pytest.importorskip("megatron.energon")
    write_shards(corpus[0], tmp_path / "out", shard_bytes=60_000)
    config = energon.WorkerConfig(rank=0, world_size=1, num_workers=0)

    class Plain(energon.TaskEncoder):
        decoder = None
        cookers = (energon.Cooker(energon.stateless(lambda sample: sample)),)

        def batch(self, samples):
            return samples

    dataset = energon.get_val_dataset(
        tmp_path / "out", split_part="train", worker_config=config, batch_size=1, task_encoder=Plain()
    )
    found = members(tmp_path / "out")
    read = [sample for [sample] in energon.get_loader(dataset, watchdog_timeout_seconds=None)]
    assert [sample["__key__"] for sample in read] == [f"{number:09d}" for number in range(5)]
    assert all(sample["json"] == found[f"{sample['__key__']}.json"] for sample in read)


def test_a_recording_that_fails_costs_its_rows(corpus, tmp_path):
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    made = write_shards(corpus[0], tmp_path / "out")
    assert made.rows == 3
    assert sum(made.left_out.values()) == 3
    assert all("a.wav" in why for why in made.left_out)
    for name in ("b", "c"):
        (tmp_path / f"{name}.wav").unlink()
    corpus[0].write_text("".join(line + "\n" for line in corpus[0].read_text().splitlines()[:5]))
    with pytest.raises(ConversationError, match=r"rows\.jsonl has no row that can be written: .*b\.wav"):
        write_shards(corpus[0], tmp_path / "none")


def test_what_is_there_is_not_overwritten(corpus, tmp_path):
    write_shards(corpus[0], tmp_path / "out")
    with pytest.raises(OutputError, match="already holds shards; give another folder"):
        write_shards(corpus[0], tmp_path / "out")
    with pytest.raises(OutputError, match="is a file"):
        write_shards(corpus[0], corpus[0])


def test_without_energon_one_line_says_what_to_install(corpus, tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "afnext.data.stream", raising=False)
    monkeypatch.setitem(sys.modules, "megatron.energon", None)
    with pytest.raises(MissingToolError, match=r"need megatron-energon, .*; pip install 'afnext\[train\]'"):
        write_shards(corpus[0], tmp_path / "out")
    assert not (tmp_path / "out").exists()


SLOWLY = """
import sys, time
from pathlib import Path
from afnext.data import shards
add = shards.ShardWriter.add
def slowly(self, *given):
    add(self, *given)
    time.sleep(0.05)
shards.ShardWriter.add = slowly
shards.write_shards(Path(sys.argv[1]), Path(sys.argv[2]), shard_bytes=200_000)
"""


def test_a_writer_that_is_killed_leaves_whole_shards_and_no_index(write_rows, tmp_path):
    rows, out = write_rows([1.0 + 0.01 * number for number in range(60)]), tmp_path / "out"
    write_shards(rows, tmp_path / "whole", shard_bytes=200_000)
    writer = subprocess.Popen([sys.executable, "-c", SLOWLY, str(rows), str(out)])
    while not (out / "shard-000001.tar").exists():
        assert writer.poll() is None
        time.sleep(0.02)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    left = sorted(out.glob("*.tar"))
    assert 2 <= len(left) < len(list((tmp_path / "whole").glob("*.tar")))
    for path in left:
        assert path.read_bytes() == (tmp_path / "whole" / path.name).read_bytes()
    assert not (out / shards.META).exists()
    write_shards(rows, out, shard_bytes=200_000)  # again, over what was left
    assert members(out) == members(tmp_path / "whole")
    assert not [path for path in os.listdir(out) if "draft" in path]


def test_a_sample_of_another_form_is_named():
    said = [{"role": "user", "content": [{"type": "audio"}]}, {"role": "assistant", "content": "A."}]
    rows = [{"id": key, "messages": said, "audio": [{"key": key}]} for key in ("a.flac", "b.flac")]
    odd = json.dumps({"samples": [1], "rows": rows}).encode()
    with pytest.raises(ConversationError, match=r"x is no sample of ours \(rows about different sounds"):
        Sample.read(odd, "x")
    for text in (b"{}", b"[]", b"not json", b'{"samples": [0], "rows": [{}]}', b'{"samples": [1], "rows": []}'):
        with pytest.raises(ConversationError, match="x is no sample of ours"):
            Sample.read(text, "x")
