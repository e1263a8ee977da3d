"""Runs are read from their folders, whatever state a kill left them in."""

import json

import pytest

from afnext.base.errors import BenchmarkError
from afnext.evaluation.gaps import find_gaps
from afnext.evaluation.html import write_page
from afnext.evaluation.mistakes import DEAF, UNDECIDED
from afnext.evaluation.runs import Run, open_runs, score_of


def test_a_line_that_was_cut_off_is_passed_over(write_run, record, tmp_path):
    folder = write_run(tmp_path / "run", [record("1", "naïve"), record("2")]).folder
    lines = folder.root / "t/records.jsonl"
    whole = lines.read_bytes()
    near = {0, len(whole) // 2, len(whole), whole.index("ï".encode())}  # where it matters; between, every seventh
    for end in [end for end in range(len(whole)) if end % 7 == 0 or any(abs(end - at) <= 8 for at in near)]:
        lines.write_bytes(whole[:end])
        finished = whole[: end + 1].count(b"\n")  # nothing but the line's end may lack
        if finished:
            assert len(Run.open(folder.root).records) == finished
        else:
            with pytest.raises(BenchmarkError, match="holds no records"):
                Run.open(folder.root)
        folder.journal("t").append(**record("3").model_dump(mode="json"))  # the run goes on behind what was cut
        assert [one.item for one in Run.open(folder.root).records] == [*"12"[:finished], "3"]


def test_of_a_sample_that_was_asked_again_the_last_answer_counts(write_run, record, tmp_path):
    run = write_run(tmp_path / "run", [record("1", None, error="lost"), record("2"), record("1", "a", score=1.0)])
    assert [(one.item, one.raw) for one in run.records] == [("1", "a"), ("2", "b")]


def test_choices_in_another_order_are_left_out(write_run, record, tmp_path):
    run = write_run(tmp_path / "run", [record("1"), record("1", "a", score=1.0, order="10")])
    assert [one.raw for one in run.records] == ["b"]


def test_what_was_asked_without_sound_lies_beside(write_run, record, tmp_path):
    made = write_run(tmp_path / "run", [record("1"), record("2", score=1.0)])
    (made.folder.root / "t/no-audio.jsonl").write_text(record("1").model_dump_json() + "\n")
    run = Run.open(made.folder.root)
    assert [one.item for one in run.deaf] == ["1"]
    assert find_gaps(run).mistakes == {DEAF: 1}
    assert find_gaps(made).mistakes == {UNDECIDED: 1}


@pytest.mark.parametrize(
    ("verdict", "score"),
    [({"edits": 1, "length": 4}, 0.75), ({"edits": 9, "length": 0}, 0.0), ({"iou": 0.3}, 0.3), ({"share": 1}, None)],
)
def test_rules_without_a_score_of_one_sample(record, verdict, score):
    assert score_of(record(score=None, verdict=verdict), "all-items") == score
    assert score_of(record(score=None, verdict=verdict), "parsed") is None
    assert score_of(record(score=0.5, verdict=verdict), "all-items") == 0.5


def test_tasks_are_read_in_the_order_of_their_names(write_run, record, tmp_path):
    run = write_run(tmp_path / "run", [record("1", task="mmau"), record("2", task="cmm")])
    assert [one.task for one in run.records] == ["cmm", "mmau"]
    assert run.model == "nano"


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (("run.json", "[]"), "run.json holds no run; expected an object"),
        (("run.json", '{"tasks": 1}'), "run.json holds no run; expected an object"),
        (("run.json", "{"), "run.json cannot be read: not JSON"),
        (("t/records.jsonl", "[]\n"), "records.jsonl:1: record: "),
        (("t/records.jsonl", "{oops}\n"), "records.jsonl:1: not JSON; expected a record of a run; take the line out"),
        (("t/records.jsonl", '{"task": "t"}\n'), "records.jsonl:1: revision: Field required"),
    ],
)
def test_what_is_no_run_is_named(write_run, record, tmp_path, file, message):
    run = write_run(tmp_path / "run", [record()])
    (run.folder.root / file[0]).write_text(file[1])
    with pytest.raises(BenchmarkError) as told:
        Run.open(run.folder.root)
    assert message in str(told.value)


def test_half_a_surrogate_pair_does_not_make_a_run_unreadable(write_run, record, tmp_path):
    run = write_run(tmp_path / "run", [record("1", "RAW", facts={"skill": "RAW"})])
    lines = run.folder.root / "t/records.jsonl"
    lines.write_text(lines.read_text().replace("RAW", "a\\uD83Db \\ud83d\\ude00"))
    run = Run.open(run.folder.root)
    assert run.records[0].raw == run.records[0].facts["skill"] == "a?b \U0001f600"
    write_page(tmp_path / "page.html", [run], [find_gaps(run)])


def test_a_folder_without_a_run_is_named(write_run, record, tmp_path):
    with pytest.raises(BenchmarkError, match=r"holds no run\.json; expected the folder of a run"):
        Run.open(tmp_path)
    lines = write_run(tmp_path / "run", [record()]).folder.root / "t/records.jsonl"
    with pytest.raises(BenchmarkError, match=r"run\.json cannot be read: Not a directory"):
        Run.open(lines)
    lines.unlink()
    with pytest.raises(BenchmarkError, match="holds no records; expected the folder of a run"):
        Run.open(tmp_path / "run")
    lines.mkdir()
    with pytest.raises(BenchmarkError, match=r"cannot read .*: Is a directory; expected a file of records"):
        Run.open(tmp_path / "run")


def test_names_that_lead_out_of_the_run_are_not_followed(write_run, record, tmp_path):
    digest = "a" * 64
    for name in (tmp_path / "secret.flac", tmp_path / f"sounds/{digest}.flac"):
        name.parent.mkdir(exist_ok=True)
        name.write_bytes(b"secret")
    made = [record("1", audio=("../../../secret",)), record("2", audio=(digest,))]
    run = write_run(tmp_path / "run", made)
    lines = run.folder.root / "t/records.jsonl"
    lines.write_text(lines.read_text() + json.dumps({**json.loads(made[1].model_dump_json()), "task": ".."}) + "\n")
    run = Run.open(run.folder.root)
    assert [run.folder.sound(one.task, one.audio[0]) for one in run.records] == [None] * 3


def test_runs_have_names_of_their_own(write_run, record, tmp_path):
    folders = [write_run(tmp_path / name / "run", [record()]).folder.root for name in ("a", "b")]
    assert [run.name for run in open_runs(folders)] == [str(folder) for folder in folders]
    assert open_runs(folders[:1])[0].name == "run"
    with pytest.raises(BenchmarkError, match="named twice"):
        open_runs([folders[0], folders[0]])
