"""``afnext chat``: what it keeps, what it prints where, and what becomes of errors and of Ctrl-C."""

import json

import pytest

import afnext as package
from afnext.inference.core import Core
from afnext.model.flamingo import Flamingo


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def without_cache(row):
    row["usage"].pop("cached_tokens")
    return row


def test_turns_are_those_of_a_chat_in_python(afnext, tiny, monkeypatch):
    chat = package.load(tiny, device="cpu").chat()
    expected = [chat.ask("kitchen.flac", "What is it?"), chat.ask("And then?"), chat.ask("before.wav", "And this?")]
    encode, heard = Flamingo.encode, []
    monkeypatch.setattr(Flamingo, "encode", lambda *arguments: heard.append(1) or encode(*arguments))
    typed = "What is it?\n\n  And then?\n/hear before.wav\nAnd this?\n/quit\nNobody hears this.\n"
    result = afnext("chat", "kitchen.flac", "--json", input=typed)
    assert result.exit_code == 0
    assert [without_cache(row) for row in lines(result)] == [
        without_cache(json.loads(reply.to_json())) for reply in expected
    ]
    assert len(heard) == 2
    plain = afnext("chat", "kitchen.flac", input=typed)
    assert plain.stdout == "".join(f"{reply.raw}\n" for reply in expected)
    assert plain.stderr.splitlines()[0].startswith("nano: ")
    assert "> " not in plain.stderr, "a prompt is for a terminal"


def test_an_error_is_a_line_and_the_chat_goes_on(afnext):
    typed = "/hear gone.wav\n/hear\n/help me\nWhat is it?\n" + "dog " * 700 + "\nAnd then?"
    result = afnext("chat", "kitchen.flac", "--json", input=typed)
    missing, nothing, unknown, first, long, second = lines(result)
    assert result.exit_code == 2
    assert missing["error"].startswith("no such file: 'gone.wav'")
    assert nothing["error"] == "/hear without a file; expected /hear kitchen.flac"
    assert unknown["error"] == "unknown command /help; expected /hear FILE or /quit, or a question"
    assert "the model's context" in long["error"]
    assert [row["error"] for row in (missing, nothing, unknown, long)] == [
        line.removeprefix("afnext: ") for line in result.stderr.splitlines() if line.startswith("afnext: ")
    ]
    right = lines(afnext("chat", "kitchen.flac", "--json", input="What is it?\nAnd then?"))
    assert [without_cache(row) for row in (first, second)] == [without_cache(row) for row in right]


def test_a_recording_waits_for_a_question_that_is_answered(afnext):
    typed = f"{'dog ' * 700}\nWhat is it?\n"
    failed, answered = lines(afnext("chat", "kitchen.flac", "--json", input=typed))
    assert "error" in failed
    assert answered["usage"]["audio_seconds"] == 2.0


def test_ctrl_c_gives_up_the_answer_and_keeps_the_chat(afnext, monkeypatch):
    advance, passes, cores = Core.advance, [], []

    def interrupted(self, ticket):
        passes.append(1)
        cores.append(self)
        if len(passes) == 3:
            assert self.blocks.held
            raise KeyboardInterrupt
        advance(self, ticket)

    whole = lines(afnext("chat", "kitchen.flac", "--json", input="And now?"))
    monkeypatch.setattr(Core, "advance", interrupted)
    result = afnext("chat", "kitchen.flac", "--json", input="What is it?\nAnd now?\n")
    given_up, answered = lines(result)
    assert given_up == {"error": "given up"}
    assert "note: given up" in result.stderr
    assert without_cache(answered) == without_cache(whole[0]), "as if the first had not been asked"
    assert result.exit_code == 0
    assert cores[0].blocks.held == 0


def test_a_terminal_is_prompted(afnext, monkeypatch):
    monkeypatch.setattr("afnext.cli.chat._typed", lambda: True)
    result = afnext("chat", "kitchen.flac", input="What is it?\n/nothing\n")
    assert result.stderr.count("> ") == 3
    assert result.exit_code == 0, "who types has seen the error"


def test_reasoning_goes_to_standard_error(afnext, monkeypatch):
    text = "<think>I hear a dog.</think>\n\nyes"
    monkeypatch.setattr("afnext.inference.writer.Writer.text", property(lambda self: text))
    result = afnext("chat", "kitchen.flac", "--think", input="Who?")
    assert result.stdout == "yes\n"
    assert "I hear a dog." in result.stderr


def test_any_bytes_are_a_question(afnext):
    assert afnext("chat", "kitchen.flac", input=b"\xff\xfe what?\n\x00\n").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["-"], "a recording on standard input; expected questions there"),
        (["gone.wav"], "no such file: 'gone.wav'"),
        (["kitchen.flac", "--temperature", "-1"], "temperature -1.0"),
    ],
)
def test_mistakes_are_told_before_a_model_is_loaded(afnext, arguments, error):
    result = afnext("chat", *arguments, "--model", "nowhere", input="What?\n")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"afnext: {error}")


def test_a_recording_that_is_too_long_is_told(afnext, monkeypatch):
    monkeypatch.setattr(package.Engine, "limit_seconds", 1.0)
    result = afnext("chat", "kitchen.flac", input="What?\n")
    assert result.exit_code == 2
    assert "kitchen.flac lasts 0:02; expected at most 0:01" in result.stderr
    cut = afnext("chat", "kitchen.flac", "--over-limit", "truncate", "--json", input="What?\n")
    assert lines(cut)[0]["truncated"]
