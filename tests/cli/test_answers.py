"""ask, caption and transcribe: where answers, remarks and reasoning go."""

import io
import json
import os
import threading
import time

import pytest
from rich.console import Console

import afnext as package
from afnext.cli.progress import progress_bars
from afnext.dialogue.timestamps import Timed
from afnext.inference.engine import Engine
from afnext.inference.reply import Reply, Usage

USAGE = Usage(2.0, 60, 7)


@pytest.fixture
def says(monkeypatch):
    """Make the model say something: a function of the reply's fields; gives the questions asked."""

    def set_reply(text, **more):
        asked = []
        fields = {"reasoning": "", "steps": (), "events": (), "finish_reason": "stop", "truncated": False, **more}
        reply = Reply(text, usage=USAGE, **fields)

        def run(self, tickets, tell, **_):
            for ticket in tickets:
                asked.append(ticket.request)
                ticket.reply = reply
            return tickets

        monkeypatch.setattr(Engine, "_run", run)
        return asked

    return set_reply


def test_the_answer_goes_to_standard_output_and_the_rest_to_standard_error(afnext, says):
    asked = says("The dog.", reasoning="I hear barking.", notes=("a remark",))
    result = afnext("ask", "kitchen.flac", "Who?", "--think")
    assert result.stdout == "The dog.\n"
    assert result.stderr == "nano: a random model that knows nothing.\nI hear barking.\n\nnote: a remark\n"
    assert asked[0].conversation[0].text.startswith("Who? Reason step by step")


def test_settings_reach_the_request(afnext, says):
    asked = says("x")
    afnext(
        *("ask", "before.wav", "after.wav", "Which?", "--start", 0.5, "--end", 1.5, "--max-new-tokens", 9),
        *("--temperature", 0.5, "--top-p", 0.9, "--repetition-penalty", 1.2, "--seed", 3, "--over-limit", "truncate"),
    )
    (request,) = asked
    assert request.sampling == package.Sampling(
        max_new_tokens=9, temperature=0.5, top_p=0.9, repetition_penalty=1.2, seed=3
    )
    assert request.over_limit == "truncate"
    assert [part.source for part in request.conversation[0].audio] == [
        package.Clip("before.wav", 0.5, 1.5),
        package.Clip("after.wav", 0.5, 1.5),
    ]


def test_json_is_the_reply(afnext):
    result = afnext("ask", "kitchen.flac", "What?", "--json", "--max-new-tokens", 4)
    value = json.loads(result.stdout)
    assert value["usage"]["audio_seconds"] == 2.0
    assert value["finish_reason"] == "length"
    assert result.stdout.count("\n") == 1


def test_a_terminal_sees_the_words_as_they_come(afnext, monkeypatch):
    whole = json.loads(afnext("ask", "kitchen.flac", "What?", "--json").stdout)
    monkeypatch.setattr(
        "afnext.cli.ask.sys", type("Terminal", (), {"stdout": type("Out", (), {"isatty": lambda: True})})
    )
    result = afnext("ask", "kitchen.flac", "What?")
    assert result.stdout == whole["raw"] + "\n"
    assert result.stderr.splitlines()[1:] == [f"note: {note}" for note in whole["notes"]]


def test_text_alone(afnext):
    assert afnext("ask", "Who are you?", "--max-new-tokens", 3).exit_code == 0


def test_a_dash_reads_standard_input(afnext, workplace):
    piped = afnext("ask", "-", "What?", "--json", input=(workplace / "kitchen.flac").read_bytes())
    named = afnext("ask", "kitchen.flac", "What?", "--json")
    assert json.loads(piped.stdout) == json.loads(named.stdout)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_with_a_name(afnext, workplace):
    """As bash gives for <(...): what is read of it is gone, so nobody may look at it first."""
    os.mkfifo("pipe")
    data = (workplace / "kitchen.flac").read_bytes()
    writer = threading.Thread(target=lambda: (workplace / "pipe").write_bytes(data))
    writer.start()
    piped = afnext("ask", "pipe", "What?", "--json")
    writer.join()
    assert json.loads(piped.stdout) == json.loads(afnext("ask", "kitchen.flac", "What?", "--json").stdout)


def test_several_captions_name_their_recordings(afnext, says):
    says("Rain\nand wind.")
    result = afnext("caption", "before.wav", "after.wav")
    assert result.stdout == "before.wav: Rain and wind.\nafter.wav: Rain and wind.\n"
    assert len(afnext("caption", "before.wav", "after.wav", "--json").stdout.splitlines()) == 2


@pytest.mark.parametrize("verb", ["caption", "transcribe"])
def test_one_bad_recording_of_several_costs_only_itself(afnext, workplace, verb):
    """It is told in one line and by the exit code; the others are answered as if it were not there."""
    (workplace / "text.wav").write_text("this is no sound\n" * 100)
    alone = [afnext(verb, name, "--json").stdout for name in ("before.wav", "kitchen.flac")]
    result = afnext(verb, "before.wav", "nowhere.wav", "text.wav", "kitchen.flac", "--json")
    assert result.exit_code == 2
    first, missing, broken, last = map(json.loads, result.stdout.splitlines())
    assert [first, last] == list(map(json.loads, alone))
    assert missing == {"error": "no such file: 'nowhere.wav'; expected an audio file; check the path"}
    assert broken["error"].startswith("'text.wav' holds no audio that can be decoded; expected wav,")
    told = [line for line in result.stderr.splitlines() if line.startswith("afnext: ")]
    assert told == [f"afnext: nowhere.wav: {missing['error']}", f"afnext: text.wav: {broken['error']}"]
    plain = afnext(verb, "before.wav", "text.wav")
    assert plain.exit_code == 2
    assert [line.split(":")[0] for line in plain.stdout.splitlines()] == ["before.wav"]


def test_where_no_recording_can_be_opened_no_model_is_loaded(afnext):
    result = afnext("caption", "nowhere.wav", "gone.wav", "--model", "nowhere")
    assert result.exit_code == 2
    assert result.stderr == "afnext: no such file: 'nowhere.wav'; expected an audio file; check the path\n"


def test_subtitles(afnext, says):
    asked = says(
        "hello <t>0.2-1.0</t>; there <t>1.2-1.9</t>", events=(Timed(0.2, 1.0, "hello"), Timed(1.2, 1.9, "there"))
    )
    result = afnext("transcribe", "talk.mp3", "--format", "srt")
    assert result.stdout == "1\n00:00:00,200 --> 00:00:01,000\nhello\n\n2\n00:00:01,200 --> 00:00:01,900\nthere\n"
    assert "Provide segment-level timestamps" in asked[0].conversation[0].text
    assert afnext("transcribe", "talk.mp3", "-f", "vtt").stdout.startswith("WEBVTT\n\n00:00:00.200 --> ")


def test_a_transcript_without_times_is_one_cue_and_says_so(afnext, says):
    says("hello there")
    result = afnext("transcribe", "talk.mp3", "--format", "srt")
    assert result.stdout == "1\n00:00:00,000 --> 00:00:02,000\nhello there\n"
    assert "told no times" in result.stderr


def test_bars_appear_after_a_while_and_go():
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=80)
    with progress_bars(console, patience=0.05) as tell:
        tell("Listening", 1, 4)
        assert screen.getvalue() == ""
        time.sleep(0.3)
        tell("Listening", 2, 4)
        assert "Listening" in screen.getvalue()
    quick = io.StringIO()
    with progress_bars(Console(file=quick, force_terminal=True), patience=5) as tell:
        tell("Listening", 1, 1)
    assert quick.getvalue() == ""
