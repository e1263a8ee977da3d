"""``ask --questions`` and ``ask --verify``: many questions of recordings that are heard once, and checks of answers."""

import json

import pytest

from afnext.inference.core import Core
from afnext.inference.writer import Writer
from afnext.model.flamingo import Flamingo

TRACE = "<think>I hear a dog (<t>0.5-1.0</t>), then rain (<t>5.0-6.0</t>).</think>\n\nyes"


@pytest.fixture
def answers(monkeypatch):
    """Make the model write something."""
    return lambda text: monkeypatch.setattr(Writer, "text", property(lambda self: text))


def written(name, text):
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)
    return name


def test_each_answer_is_the_one_given_alone_and_the_recording_is_heard_once(afnext, monkeypatch):
    file = written("q.jsonl", 'What is it?\n\n  \n{"question": "Who speaks?", "answer": "x"}\nHow often?\r\n')
    alone = [
        afnext("ask", "kitchen.flac", question, "--json") for question in ("What is it?", "Who speaks?", "How often?")
    ]
    encode, heard = Flamingo.encode, []
    monkeypatch.setattr(Flamingo, "encode", lambda *arguments: heard.append(1) or encode(*arguments))
    result = afnext("ask", "kitchen.flac", "--questions", file, "--json")
    assert result.exit_code == 0, result.stderr
    got = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row.pop("question") for row in got] == ["What is it?", "Who speaks?", "How often?"]
    expected = [json.loads(one.stdout) for one in alone]
    for row in (*got, *expected):
        row["usage"].pop("cached_tokens")
    assert got == expected
    assert len(heard) == 1
    plain = afnext("ask", "kitchen.flac", "--questions", file)
    assert plain.stdout.splitlines() == [" ".join(row["text"].split()) for row in got]
    assert plain.stderr.splitlines()[0].startswith("nano: "), "the scope stands before the answers"


def test_answers_are_printed_in_order_as_they_come(afnext, monkeypatch, capsys):
    """When the work breaks off, what was answered before has been printed."""
    advance, passes = Core.advance, []

    def interrupted(self, ticket):
        passes.append(ticket)
        if len({id(one) for one in passes}) == 4:
            raise KeyboardInterrupt
        advance(self, ticket)

    monkeypatch.setattr(Core, "advance", interrupted)
    questions = [f"Question {number}?" for number in range(6)]
    result = afnext("ask", "kitchen.flac", "--questions", written("q.txt", "\n".join(questions)), "--json")
    assert result.exit_code == 130
    assert [json.loads(line)["question"] for line in result.stdout.splitlines()] == questions[:3]


def test_questions_and_recordings_through_pipes(afnext, workplace):
    named = afnext("ask", "kitchen.flac", "--questions", "questions.txt")
    assert (
        afnext("ask", "kitchen.flac", "--questions", "-", input="\ufeffWhat happens, and when?\nWho speaks?").stdout
        == named.stdout
    )
    sound = (workplace / "kitchen.flac").read_bytes()
    assert afnext("ask", "-", "--questions", "questions.txt", input=sound).stdout == named.stdout
    checked = afnext("ask", "-", "--questions", "questions.txt", "--verify", input=sound)
    assert checked.stdout == named.stdout
    assert afnext("ask", "--questions", "questions.txt").exit_code == 0, "without any recording"


def test_one_that_cannot_be_answered_costs_only_itself(afnext):
    file = written("q.txt", f"What is it?\n{'dog ' * 600}\nWho speaks?\n")
    result = afnext("ask", "kitchen.flac", "--questions", file, "--json")
    assert result.exit_code == 2
    first, long, last = map(json.loads, result.stdout.splitlines())
    assert "text" in first
    assert "text" in last
    assert "the model's context" in long["error"]
    told = [line for line in result.stderr.splitlines() if line.startswith("afnext: ")]
    assert told == [f"afnext: {long['error']}"]
    plain = afnext("ask", "kitchen.flac", "--questions", file)
    assert len(plain.stdout.splitlines()) == 3
    assert plain.stdout.splitlines()[1] == ""


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "q.txt holds no question; expected one question a line"),
        (" \n\n\t\n", "q.txt holds no question; expected one question a line"),
        ('What?\n{"question": 3}', """q.txt:2 has no question; expected {"question": "..."}"""),
        ('{"question": " "}', "q.txt:1: the question is empty;"),
        ('\n{"question": ', "q.txt:2 is not JSON: "),
        ('{"a":' * 100_000, "q.txt:1 is nested too deeply;"),
        ("x" * 600_000, "q.txt:1: a text of 600,000 characters;"),
    ],
    ids=["empty", "blank", "no question", "blank question", "no JSON", "deep", "long"],
)
def test_a_file_of_no_use_is_told_before_a_model_is_loaded(afnext, text, error):
    result = afnext("ask", "kitchen.flac", "--questions", written("q.txt", text), "--model", "nowhere")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"afnext: {error}")
    assert result.stderr.count("\n") == 1


def test_other_mistakes(afnext, workplace):
    def told(*arguments):
        result = afnext("ask", *arguments, "--model", "nowhere")
        assert result.exit_code == 2
        assert result.stderr.count("\n") == 1
        return result.stderr

    (workplace / "q.bin").write_bytes(b"\xff\xfe\x00")
    assert "no such file: 'none.txt'; expected a file of questions" in told("kitchen.flac", "--questions", "none.txt")
    assert "q.bin is not text; expected questions in UTF-8" in told("kitchen.flac", "--questions", "q.bin")
    assert "cannot be read (Is a directory)" in told("kitchen.flac", "--questions", ".")
    assert "'Who is it?' beside --questions" in told("kitchen.flac", "Who is it?", "--questions", "questions.txt")
    assert "both on standard input" in told("-", "--questions", "-")
    assert "no such file: 'gone.wav'" in told("gone.wav", "--questions", "questions.txt")


def test_checks_go_to_standard_error(afnext, answers):
    answers(TRACE)
    result = afnext("ask", "kitchen.flac", "Who?", "--think", "--verify")
    assert result.stdout == "yes\n"
    first, second, grounding, *notes = result.stderr.split("\n\n", 1)[1].splitlines()
    assert first.split()[0] in ("holds", "fails")
    assert first.endswith("%  0.5-1.0 s  a dog")
    assert second == "fails     0.0%  5.0-6.0 s  rain"
    value = json.loads(afnext("ask", "kitchen.flac", "Who?", "--think", "--verify", "--json").stdout)
    assert grounding == f"grounding {value['grounding']:.2f}"
    assert [check["verdict"] for check in value["checks"]] == [first.split()[0], "fails"]
    assert notes == [f"note: {note}" for note in value["notes"]]
    assert "checks" in json.loads(afnext("ask", "kitchen.flac", "Who?", "--json").stdout)


def test_each_of_many_answers_is_checked(afnext, answers):
    answers(TRACE)
    one = json.loads(afnext("ask", "kitchen.flac", "Who speaks?", "--verify", "--json").stdout)
    result = afnext("ask", "kitchen.flac", "--questions", "questions.txt", "--verify", "--json")
    for line in result.stdout.splitlines():
        row = json.loads(line)
        assert row["grounding"] == pytest.approx(one["grounding"], rel=1e-4)
    plain = afnext("ask", "kitchen.flac", "--questions", "questions.txt", "--verify")
    assert plain.stderr.count("grounding") == 2


def test_the_recording_is_named_where_there_are_several(afnext, answers):
    answers("<think>In the second recording I hear a dog (<t>0.5-1.0</t>).</think>\n\nyes")
    result = afnext("ask", "before.wav", "after.wav", "Which?", "--verify")
    assert "  0.5-1.0 s of recording 2  a dog" in result.stderr
