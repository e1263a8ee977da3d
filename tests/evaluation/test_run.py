"""Runs that stop, go on, are divided, or meet bad data end with the same records as one that did not."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from afnext.base.errors import BenchmarkError, OutputError
from afnext.evaluation.asking import Wanted, askings, rotations, selected
from afnext.evaluation.asking import indices as numbers
from afnext.evaluation.catalog import CATALOG
from afnext.evaluation.data import Data
from afnext.evaluation.figures import figures_of
from afnext.evaluation.fixtures.write import write_fixture
from afnext.evaluation.folder import Folder, key_of
from afnext.evaluation.respondent import read_answer
from afnext.evaluation.run import run_task

SCRIPT = """
import sys
from pathlib import Path
from afnext.evaluation.catalog import CATALOG
from afnext.evaluation.folder import Folder
from afnext.evaluation.remote import Remote
from afnext.evaluation.asking import Wanted
from afnext.evaluation.run import run_task
address, data, out, which, of = sys.argv[1:]
task = CATALOG["mmau"]
remote = Remote(address, "ears", {"temperature": 0.0}, width=1)
wanted = Wanted(permute=True, shard=(int(which), int(of)))
run_task(task, task.data(Path(data)), Folder(Path(out)), remote, wanted)
"""


class Parrot:
    """Says the choice that stands first; remembers what it was asked."""

    name = "parrot"
    width = 2

    def __init__(self):
        self.settings = {"temperature": 0.0}
        self.asked = []

    def answer(self, asked, each):
        for number, one in enumerate(asked):
            self.asked.append(one)
            first = one.prompt.partition("(A) ")[2].partition("\n")[0]
            each(number, read_answer(first or "nothing", 0.01))

    def close(self):
        pass


def told(folder, task="mmau", **which):
    """Records without what a clock says."""
    records = Folder(Path(folder)).records(task, **which)
    return sorted((key_of(r), r.raw, r.verdict, json.dumps(dict(r.scores)), r.error) for r in records)


def start(server, data_root, out, which=0, of=1):
    command = [sys.executable, "-c", SCRIPT, server.address, str(data_root), str(out), str(which), str(of)]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})


def test_killed_and_started_again_it_has_the_same_records_and_two_processes_have_them_too(
    server, data_root, remote, tmp_path
):
    task = CATALOG["mmau"]
    run_task(task, task.data(data_root), Folder(tmp_path / "whole"), remote, Wanted(permute=True))
    whole = told(tmp_path / "whole")
    assert len(whole) == 24

    server.pause = 0.05  # so that it is killed before it has ended
    process = start(server, data_root, tmp_path / "killed")
    path = tmp_path / "killed/mmau/records.jsonl"
    deadline = time.monotonic() + 60
    while not path.is_file() or path.read_bytes().count(b"\n") < 5:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    server.pause = 0.0
    kept = path.read_bytes()
    path.write_bytes(kept + b'{"task": "mmau", "item": "ite')  # a line that the kill cut short
    before, known = len(server.calls), len(told(tmp_path / "killed"))
    assert 5 <= known < 24
    run_task(task, task.data(data_root), Folder(tmp_path / "killed"), remote, Wanted(permute=True))
    assert len(server.calls) - before == 24 - known
    assert told(tmp_path / "killed") == whole

    both = [start(server, data_root, tmp_path / "shared", which, 2) for which in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert told(tmp_path / "shared") == whole
    one, other = (figures_of(Folder(tmp_path / name), task).summary for name in ("whole", "shared"))
    assert one.protocols == other.protocols


def test_nothing_is_asked_twice_and_what_is_new_is(opened, tmp_path):
    task, data = opened("mmar")
    parrot, folder = Parrot(), Folder(tmp_path)
    assert run_task(task, data, folder, parrot, Wanted(limit=3)) == 3
    assert run_task(task, data, folder, parrot, Wanted(limit=3)) == 0
    assert run_task(task, data, folder, parrot, Wanted()) == 3
    assert len(parrot.asked) == 6
    assert run_task(task, data, folder, parrot, Wanted(max_new_tokens=7)) == 6
    assert run_task(task, data, folder, parrot, Wanted(deaf=True)) == 6
    assert not parrot.asked[-1].sounds
    assert parrot.asked[0].sounds
    assert len(folder.records("mmar", deaf=True)) == 6


def test_recordings_are_kept_by_their_hash_where_that_is_wanted(opened, tmp_path):
    task, data = opened("mmau-pro-closed")
    run_task(task, data, Folder(tmp_path), Parrot(), Wanted(sounds=True))
    digests = {digest for record in Folder(tmp_path).records(task.name) for digest in record.audio}
    assert {path.name for path in (tmp_path / task.name / "sounds").iterdir()} == {f"{one}.flac" for one in digests}


def test_the_longest_are_asked_first_and_seeds_differ_by_repeat(opened, tmp_path):
    task, data = opened("mmau")
    parrot = Parrot()
    run_task(task, data, Folder(tmp_path), parrot, Wanted(repeat=2, seed=5))
    lengths = [sum(sound.seconds for sound in one.sounds) for one in parrot.asked]
    assert lengths == sorted(lengths, reverse=True)
    assert {one.seed for one in parrot.asked} == {5, 6}


def test_limits_are_drawn_by_the_seed_and_nested(opened):
    task, data = opened("mmau")
    samples = list(task.samples(data))
    few, more = (selected(samples, Wanted(limit=limit, seed=3)) for limit in (2, 4))
    assert {one.item for one in few} < {one.item for one in more}
    drawn = {tuple(one.item for one in selected(samples, Wanted(limit=2, seed=seed))) for seed in range(8)}
    assert len(drawn) > 1
    music = selected(samples, Wanted(filters=(("task", "MUSIC"),)))
    assert music
    assert all(one.facts["task"] == "music" for one in music)
    parts = [selected(samples, Wanted(shard=(which, 3))) for which in range(3)]
    assert sorted(one.item for part in parts for one in part) == sorted(one.item for one in samples)


def test_every_rotation_of_the_choices_is_asked(opened):
    task, data = opened("mmau")
    found = askings(list(task.samples(data))[:1], Wanted(permute=True))
    assert [one.order for one in found] == ["", "1230", "2301", "3012"]
    assert len({one.choices[0] for one in found}) == 4
    assert numbers(rotations(12)[0]) == [*range(1, 12), 0]


def test_a_choice_in_another_place_is_marked_by_its_text(opened, tmp_path):
    """A parrot of the first place is right once in every four rotations, whatever the benchmark calls its choices."""
    for name in ("mmau", "gtzan"):
        task, data = opened(name)
        run_task(task, data, Folder(tmp_path), Parrot(), Wanted(permute=True))
    figures = figures_of(Folder(tmp_path), CATALOG["mmau"])
    assert figures.consistency is not None
    assert figures.consistency.items == 6
    assert figures.consistency.accuracy.value == pytest.approx(0.25)
    assert figures.consistency.same == 0.0


def test_another_model_or_another_file_is_refused(tmp_path):
    folder = Folder(tmp_path / "run")
    folder.claim({"model": "a", "settings": {}, "seed": 0, "tasks": {"mmau": {}}})
    folder.claim({"model": "a", "settings": {}, "seed": 0, "tasks": {"mmar": {}}})
    assert list(folder.told["tasks"]) == ["mmau", "mmar"]
    with pytest.raises(OutputError, match="holds a run with model a; expected b; give another folder"):
        folder.claim({"model": "b", "settings": {}, "seed": 0, "tasks": {}})
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is a file"):
        Folder(tmp_path / "file").claim({})
    with pytest.raises(BenchmarkError, match="holds no records"):
        folder.tasks()


@pytest.fixture
def spoiled(tmp_path):
    """MMAU's stand-in with a missing field, an odd answer, an id there twice, a broken and a missing recording."""
    place = tmp_path / "mmau"
    write_fixture("mmau", place)
    path = place / "mmau-test-mini.json"
    rows = json.loads(path.read_text())
    del rows[0]["question"]
    rows[1]["answer"] = "sideways"
    rows[3]["id"] = rows[2]["id"]
    (place / "test-mini-audios/item-4.wav").write_bytes(b"RIFF and then nothing that is sound")
    (place / "test-mini-audios/item-5.wav").unlink()
    rows.append("not an object")
    path.write_text(json.dumps(rows))
    return Data(place)


def test_bad_data_are_named_counted_and_wrong_under_all_items(spoiled, tmp_path):
    task, folder = CATALOG["mmau"], Folder(tmp_path / "run")
    assert run_task(task, spoiled, folder, Parrot(), Wanted()) == 7
    errors = [record.error for record in folder.records("mmau") if record.error]
    assert len(errors) == 6
    for words in (
        "mmau-test-mini.json:1: no field 'question' among",
        "the answer 'sideways' is not among the choices",
        "the id 'item-2' is there 2 times",
        "item-4.wav",
        "no such file",
        "expected an object",
    ):
        assert sum(words in error for error in errors) == 1, (words, errors)
    summary = figures_of(folder, task).summary
    assert summary.rows == 7
    assert summary.broken == 5
    assert summary.protocols["all-items"].items == 7
    assert summary.protocols["official"].items == 2  # of those that could be asked; the script counts the odd answer
    right = [record for record in folder.records("mmau") if record.scores.get("all-items")]
    assert {record.error for record in right} <= {None}
    assert sum(figures_of(folder, task).faults.values()) == 6
    assert run_task(task, spoiled, folder, Parrot(), Wanted()) == 0


def test_data_of_nothing_but_faults_or_of_another_kind_are_refused(tmp_path):
    task = CATALOG["mmau"]
    (tmp_path / "mmau-test-mini.json").write_text('[{"id": 1}]')
    with pytest.raises(BenchmarkError, match="holds no row of mmau that can be asked; expected fields id"):
        list(task.samples(Data(tmp_path)))
    (tmp_path / "mmau-test-mini.json").unlink()
    with pytest.raises(BenchmarkError, match="has no mmau-test-mini"):
        list(task.samples(Data(tmp_path)))
    with pytest.raises(BenchmarkError, match="is no folder"):
        task.data(tmp_path / "nowhere")
    with pytest.raises(BenchmarkError, match="not on the hub; get them from https://zenodo"):
        CATALOG["clotho"].data(None)


ODD = [
    "",
    "x" * 1_000_000,
    "это",
    "b",
    "bc",
    "I cannot answer.",
    "<think>never ends (A)",
    '{"answer": 1}',
    "NaN",
    "\x00",
]


@pytest.mark.parametrize("name", ["mmau", "mmsu", "rul-muchomusic", "clotho-aqa", "librispeech-clean", "gtzan", "cmm"])
def test_whatever_is_said_is_scored(opened, tmp_path, name):
    task, data = opened(name)
    for number, said in enumerate(ODD):

        class Odd(Parrot):
            def answer(self, asked, each, said=said):
                for number, _ in enumerate(asked):
                    each(number, read_answer(said, 0.0))

        folder = Folder(tmp_path / str(number))
        assert run_task(task, data, folder, Odd(), Wanted(limit=1)) == 1
        figures = figures_of(folder, task)
        assert figures.errors == 0
        assert figures.summary.broken == 0
