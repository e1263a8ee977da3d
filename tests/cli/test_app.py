"""The verbs, their helps and their examples, and what becomes of errors."""

import re
import shlex
import subprocess
import sys

import pytest

from afnext.cli.app import VERBS, command

COSTLY = {"scenes", "train"}
"""Verbs whose examples take long; they have their own tests."""


def examples(verb):
    """The example lines of a verb's help."""
    text = command(verb).help.split("Examples:")[1]
    return [line.strip() for line in text.strip().splitlines() if line.strip()]


def test_help_lists_the_verbs_without_importing_torch():
    check = (
        "import sys; sys.argv = ['afnext', '--help']; import afnext.cli\n"
        "try: afnext.cli.main()\n"
        "except SystemExit as end: assert not end.code\n"
        "sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for verb, summary in VERBS.items():
        assert re.search(rf"^  {verb} +{re.escape(summary)}$", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_has_the_help_the_table_says_and_ends_in_examples(afnext, verb):
    shown = afnext(verb, "--help")
    assert shown.exit_code == 0
    assert command(verb).help.splitlines()[0] == VERBS[verb]
    assert examples(verb)
    assert all("afnext " + verb in line for line in examples(verb))
    assert command(verb).help.rstrip().endswith(examples(verb)[-1])


@pytest.mark.parametrize(
    "line", [line for verb in VERBS if verb not in COSTLY for line in examples(verb)], ids=lambda line: line[:60]
)
def test_the_examples_run(afnext, line, workplace):
    line, _, redirected = line.partition(" > ")
    before, _, line = line.rpartition("| ")
    given = (workplace / before.split()[1]).read_bytes() if before else b"What happens?\n"
    result = afnext(*shlex.split(line)[1:], input=given)
    assert result.exit_code == 0, result.stderr
    assert result.stdout
    assert not redirected or redirected.endswith(".srt")


def test_the_version(afnext):
    assert re.fullmatch(r"afnext \d+\.\d+\.\d+\S*\n", afnext("--version").stdout)


def test_an_unknown_verb(afnext):
    result = afnext("asc")
    assert result.exit_code == 2
    assert "Did you mean 'ask'?" in result.stderr


def test_an_interrupt_ends_with_130(afnext, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("afnext.cli.answers.afnext.load", interrupted, raising=False)
    assert afnext("ask", "kitchen.flac", "What?").exit_code == 130


def test_our_own_mistakes_are_not_hidden(afnext, monkeypatch):
    def broken(*_, **__):
        raise AssertionError("ours")

    monkeypatch.setattr("afnext.cli.answers.afnext.load", broken, raising=False)
    assert isinstance(afnext("ask", "kitchen.flac", "What?").exception, AssertionError)


def test_the_console_script():
    done = subprocess.run(
        [sys.executable, "-c", "from afnext.cli import main; main()", "ask", "nowhere.wav", "What?"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "afnext: no such file: 'nowhere.wav'; expected an audio file; check the path\n"
