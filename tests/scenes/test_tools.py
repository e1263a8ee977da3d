"""A missing program is named, with the command that installs it."""

import sys

import pytest

from afnext.base.errors import MissingToolError, SceneError
from afnext.scenes import tools


@pytest.mark.parametrize("program", ["espeak-ng", "flite", "fluidsynth"])
def test_a_missing_program_is_named(program, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingToolError, match=f"^{program} is not installed; apt install {program}$"):
        tools.need(program)


def test_a_missing_sound_font_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(tools, "SOUND_FONTS", (tmp_path / "none.sf2",))
    with pytest.raises(MissingToolError, match=r"no General MIDI sound font; .*apt install fluid-soundfont-gm"):
        tools.sound_font()


def test_all_that_is_missing_is_listed(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(tools, "SOUND_FONTS", (tmp_path / "none.sf2",))
    assert tools.missing() == ("espeak-ng", "flite", "fluidsynth", "fluid-soundfont-gm")


def test_a_failing_program_is_told_in_its_own_words(monkeypatch):
    monkeypatch.setattr(tools, "need", lambda program: sys.executable)
    with pytest.raises(SceneError, match="python failed: out of breath; try it by hand"):
        tools.run("python", ["-c", "raise SystemExit('out of breath')"])


def test_no_shell_reads_the_arguments(monkeypatch):
    monkeypatch.setattr(tools, "need", lambda program: sys.executable)
    said = tools.run(
        "python", ["-c", "import sys; print(sys.argv[1], sys.stdin.read())", "$(id); `id`"], stdin=b"a | b"
    )
    assert said.decode().split("\n")[0] == "$(id); `id` a | b"


def test_a_program_that_hangs_is_given_up(monkeypatch):
    monkeypatch.setattr(tools, "need", lambda program: sys.executable)
    monkeypatch.setattr(tools, "PATIENCE", 0.2)
    with pytest.raises(SceneError, match="did not finish"):
        tools.run("python", ["-c", "import time; time.sleep(5)"])
