"""The scripts in examples/: short, and they run."""

import runpy
import sys
from pathlib import Path

import pytest

from afnext.dialogue.timestamps import Timed
from afnext.inference.engine import Engine
from afnext.inference.reply import Reply, Usage

FOLDER = Path(__file__).parents[2] / "examples"
SCRIPTS = {
    "ask.py": ["kitchen.flac", "What happens, and when?"],
    "many_questions.py": ["kitchen.flac"],
    "timeline.py": ["kitchen.flac"],
}


def run(script, monkeypatch):
    monkeypatch.setattr(sys, "argv", [script, *SCRIPTS[script]])
    runpy.run_path(str(FOLDER / script), run_name="__main__")


def test_all_are_listed_here():
    assert {file.name for file in FOLDER.glob("*.py")} == set(SCRIPTS)


@pytest.mark.parametrize("script", SCRIPTS)
def test_it_is_short_and_runs(script, monkeypatch):
    assert len((FOLDER / script).read_text().splitlines()) < 30
    run(script, monkeypatch)


def test_the_timeline_draws_what_was_heard(monkeypatch, capsys):
    reply = Reply(
        text="",
        reasoning="",
        steps=(),
        events=(Timed(0.0, 5.0, "rain"), Timed(9.0, 9.1, "a bell")),
        usage=Usage(10.0, 1, 1),
        finish_reason="stop",
        truncated=False,
    )
    monkeypatch.setattr(Engine, "generate", lambda self, requests, tell: [reply])
    run("timeline.py", monkeypatch)
    rain, bell = capsys.readouterr().out.splitlines()
    assert rain == "#" * 30 + "." * 30 + "    0.0-5.0 s  rain"
    assert bell == "." * 54 + "#" + "." * 5 + "    9.0-9.1 s  a bell"
