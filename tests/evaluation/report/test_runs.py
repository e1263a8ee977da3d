"""Runs are read from their folders, whatever state a kill left them in."""

import json

import pytest

from afnext.base.errors import ScoreError
from afnext.evaluation.gaps import find_gaps
from afnext.evaluation.html import write_page
from afnext.evaluation.mistakes import DEAF, UNDECIDED
from afnext.evaluation.runs import Run, open_runs, score_of


def test_a_line_that_was_cut_off_is_passed_over(write_run, record, tmp_path):
    run = write_run(tmp_path / "run", [record("1"), record("2")])
    lines = run.folder / "t/records.jsonl"
    whole = lines.read_text()
    near = {0, len(whole) // 2, len(whole)}  # of the ends of lines, where it matters; between them, every seventh
    for end in [end for end in range(len(whole)) if end % 7 == 0 or any(abs(end - at) <= 8 for at in near)]:
        lines.write_text(whole[:end])
        finished = whole[:end].count("\n")
        if finished:
            assert len(Run.open(run.folder).records) == finished
        else:
            with pytest.raises(ScoreError, match="holds no records"):
                Run.open(run.folder)


def test_of_a_sample_that_was_asked_again_the_last_answer_counts(write_run, record, tmp_path):
    run = write_run(tmp_path / "run", [record("1", None, error="lost"), record("2"), record("1", "a", score=1.0)])
    assert [(one.item, one.raw) for one in run.records] == [("1", "a"), ("2", "b")]


def test_choices_in_another_order_are_left_out(write_run, record, tmp_path):
    run = write_run(tmp_path / "run", [record("1"), record("1", "a", score=1.0, order="10")])
    assert [one.raw for one in run.records] == ["b"]


def test_what_was_asked_without_sound_lies_beside(write_run, record, tmp_path):
    made = write_run(tmp_path / "run", [record("1"), record("2", score=1.0)])
    (made.folder / "t/no-audio.jsonl").write_text(record("1").model_dump_json() + "\n")
    run = Run.open(made.folder)
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
        (("run.json", "[]"), "list; expected an object"),
        (("run.json", "{"), "run.json is not JSON"),
        (("t/records.jsonl", "[]\n"), "records.jsonl:1: record: "),
        (("t/records.jsonl", "{\n"), "records.jsonl:1: not JSON"),
        (("t/records.jsonl", '{"task": "t"}\n'), "records.jsonl:1: revision: Field required"),
    ],
)
def test_what_is_no_run_is_named(write_run, record, tmp_path, file, message):
    run = write_run(tmp_path / "run", [record()])
    (run.folder / file[0]).write_text(file[1])
    with pytest.raises(ScoreError) as told:
        Run.open(run.folder)
    assert message in str(told.value)


def test_half_a_surrogate_pair_does_not_make_a_run_unreadable(write_run, record, tmp_path):
    run = write_run(tmp_path / "run", [record("1", "RAW", facts={"skill": "RAW"})])
    lines = run.folder / "t/records.jsonl"
    lines.write_text(lines.read_text().replace("RAW", "a\\uD83Db \\ud83d\\ude00"))
    run = Run.open(run.folder)
    assert run.records[0].raw == run.records[0].facts["skill"] == "a?b \U0001f600"
    write_page(tmp_path / "page.html", [run], [find_gaps(run)])


def test_a_folder_without_a_run_is_named(tmp_path):
    with pytest.raises(ScoreError, match=r"holds no run: run\.json: No such file"):
        Run.open(tmp_path)


def test_names_that_lead_out_of_the_run_are_not_followed(write_run, record, tmp_path):
    digest = "a" * 64
    for name in (tmp_path / "secret.flac", tmp_path / f"sounds/{digest}.flac"):
        name.parent.mkdir(exist_ok=True)
        name.write_bytes(b"secret")
    made = [record("1", audio=("../../../secret",)), record("2", audio=(digest,))]
    run = write_run(tmp_path / "run", made)
    lines = run.folder / "t/records.jsonl"
    lines.write_text(lines.read_text() + json.dumps({**json.loads(made[1].model_dump_json()), "task": ".."}) + "\n")
    assert [run.sound(one) for one in Run.open(run.folder).records] == [None] * 3


def test_runs_have_names_of_their_own(write_run, record, tmp_path):
    folders = [write_run(tmp_path / name / "run", [record()]).folder for name in ("a", "b")]
    assert [run.name for run in open_runs(folders)] == [str(folder) for folder in folders]
    assert open_runs(folders[:1])[0].name == "run"
    with pytest.raises(ScoreError, match="named twice"):
        open_runs([folders[0], folders[0]])
