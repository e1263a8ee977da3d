"""``afnext score``: a line a row, a summary, and what becomes of rows that cannot be read."""

import json
from pathlib import Path

import pytest

ROW = {"answer": "Man", "choices": ["Man", "Woman"], "audio_id": "a", "task": "speech"}


@pytest.fixture
def file(workplace):
    """Writes rows, or lines as they are, and gives the path."""

    def write(*rows):
        lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
        (workplace / "rows.jsonl").write_text("".join(f"{line}\n" for line in lines))
        return "rows.jsonl"

    return write


def test_a_line_a_row_and_a_summary(afnext, file):
    said = ["man", "(B) Woman", "A", None]
    done = afnext("score", "mmau", file(*({**ROW, "model_output": one} for one in said), "", ROW), "--json")
    assert done.exit_code == 0
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["verdict"] for line in lines] == [True, False, False, False, None]
    assert [line["line"] for line in lines] == [1, 2, 3, 4, 6]
    assert [line["parsed"] for line in lines] == [1.0, 0.0, 1.0, 0.0, 0.0]
    summary = json.loads(done.stderr)
    assert {name: (found["value"], found["items"]) for name, found in summary["protocols"].items()} == {
        "official": (0.25, 4),
        "parsed": (0.4, 5),
        "all-items": (0.2, 5),
    }
    assert (summary["rows"], summary["skipped"], summary["missing"]) == (5, 1, 2)
    assert summary["protocols"]["official"]["clusters"] == 1
    assert summary["baselines"]["first option"] == 1.0


def test_the_summary_for_people(afnext, file):
    rows = [{**ROW, "model_output": "man"}, {**ROW, "model_output": "woman", "audio_id": "b", "task": "music"}]
    done = afnext("score", "mmar", file(*rows), "--by", "task")
    assert "2 rows\nofficial     50.0%  (9.5% to 90.5%; 2 rows, 2 recordings)\n" in done.stderr
    assert "baseline    100.0%  first option" in done.stderr
    assert "by task\n  music: official   0.0%" in done.stderr


def test_rows_that_cannot_be_read_are_named_and_wrong_under_all_items(afnext, file):
    rows = [{**ROW, "model_output": "man"}, "{oops", "[1]", {"answer": "x", "model_output": "x"}]
    done = afnext("score", "mmau", file(*rows), "--json")
    assert done.exit_code == 0
    *told, summary = done.stderr.splitlines()
    assert told == [
        "afnext: rows.jsonl:2: not JSON (Expecting property name enclosed in double quotes); "
        "expected one object a line",
        "afnext: rows.jsonl:3: list; expected an object, such as {}",
        "afnext: rows.jsonl:4: no 'choices' among answer, model_output; expected the field choices or options",
    ]
    assert json.loads(summary)["broken"] == 3
    assert json.loads(summary)["protocols"]["all-items"]["value"] == 0.25
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert ["error" in line for line in lines] == [False, True, True, True]


def test_many_broken_rows_are_told_in_few_lines(afnext, file):
    bad, good = ["?"] * 50, {**ROW, "model_output": "man"}
    for rows in ([good, *bad], [*bad, good]):
        done = afnext("score", "mmau", file(*rows))
        assert done.exit_code == 0
        assert done.stderr.count("not JSON") == 20
        assert "afnext: and 30 more rows that could not be read\n" in done.stderr
        assert [json.loads(line)["line"] for line in done.stdout.splitlines()] == [*range(1, 52)]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("notes.txt", "notes.txt:1: not JSON (Expecting value)"),
        ("before.wav", "before.wav:1: not JSON (Expecting value)"),
        ("lists.jsonl", "lists.jsonl:2: list"),
    ],
)
def test_a_file_of_another_kind_is_told_in_one_line(afnext, workplace, name, told):
    (workplace / "notes.txt").write_text("The man speaks.\n7\n" * 30)
    (workplace / "lists.jsonl").write_text("\n" + '["Man", "A"]\n' * 30)
    assert (workplace / name).read_bytes().count(b"\n") > 20
    done = afnext("score", "mmau", name)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"afnext: no line of {name} is a JSON object: {told}; expected ")
    assert done.stderr.endswith("; write them as docs/scoring.md shows\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mmaux", "rows.jsonl"], "afnext: no rule 'mmaux'; expected one of mmau, mmar,"),
        (
            ["mmau", "nowhere.jsonl"],
            "cannot read nowhere.jsonl: No such file or directory; expected a file of JSON lines\n",
        ),
        (["mmau", "."], "cannot read .: Is a directory; expected a file of JSON lines\n"),
        (["mmau", "empty.jsonl"], "empty.jsonl: it holds no rows; expected rows of the rule mmau\n"),
        (["mmau", "rows.jsonl"], "rows.jsonl: none of its 1 rows can be scored; expected rows of the rule mmau\n"),
    ],
)
def test_a_run_that_cannot_go_on_ends_with_2(afnext, file, workplace, arguments, message):
    file("{}")
    (workplace / "empty.jsonl").write_text("\n")
    done = afnext("score", *arguments)
    assert done.exit_code == 2
    assert message in done.stderr


def test_texts_that_no_file_can_hold_are_printed(afnext, file):
    rows = [{**ROW, "choices": ["Man", "\ud800"], "model_output": "\ud800"}]
    assert afnext("score", "mmau-pro", file(*rows)).exit_code == 0


def test_figures_of_the_whole_file(afnext, file):
    rows = [{"reference": "hello you", "prediction": "hello"}, {"reference": "three", "prediction": "3"}]
    done = afnext("score", "wer-whisper", file(*rows), "--json")
    whole = json.loads(done.stderr)["whole"]
    assert whole["error_rate"]["value"] == pytest.approx(1 / 3)
    assert (whole["edits"], whole["length"]) == (1, 3)
    told = afnext("score", "wer-whisper", file(*rows)).stderr
    assert "error_rate value 0.3333, low" in told


def test_the_document_shows_what_is_printed(afnext, file):
    text = (Path(__file__).resolve().parents[2] / "docs/scoring.md").read_text(encoding="utf-8")
    rows, shown = text.split("<<'END'\n")[1].split("END\n")[0], text.split("```text\n")[1].split("```")[0]
    done = afnext("score", "mmau", file(rows.rstrip("\n")))
    assert done.stdout + done.stderr == shown
