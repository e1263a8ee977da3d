"""Sound fonts: a hand-made one says what it holds, and what is missing or damaged is told in a line."""

import struct

import numpy as np
import pytest

from afnext.base.errors import SceneError
from afnext.scenes import tools
from afnext.scenes.music.ensemble import Track, play_tracks
from afnext.scenes.music.instruments import INSTRUMENTS
from afnext.scenes.music.phrases import Note, phrase, play
from afnext.scenes.music.soundfont import need_patches, presets
from afnext.scenes.tools import sound_font


def chunk(kind, body):
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def font(entries, samples=b"\0\0" * 100):
    """A SoundFont 2 file by its specification, as far as the list of presets: (bank, program, name)."""
    records = [struct.pack("<20sHHHIII", name, program, bank, 0, 0, 0, 0) for bank, program, name in entries]
    records.append(struct.pack("<20sHHHIII", b"EOP", 255, 255, 0, 0, 0, 0))
    info = chunk(b"LIST", b"INFO" + chunk(b"ifil", struct.pack("<HH", 2, 1)) + chunk(b"INAM", b"odd"))
    sound = chunk(b"LIST", b"sdta" + chunk(b"smpl", samples))
    lists = chunk(b"LIST", b"pdta" + chunk(b"phdr", b"".join(records)) + chunk(b"pbag", b"\0" * 4))
    return chunk(b"RIFF", b"sfbk" + info + sound + lists)


@pytest.fixture
def tiny(tmp_path):
    """A font with a piano and one drum kit."""
    path = tmp_path / "tiny.sf2"
    path.write_bytes(font([(0, 0, b"Piano"), (128, 8, b"Room kit")]))
    return path


def test_presets_are_read(tiny):
    assert presets(tiny) == {(0, 0), (128, 8)}
    need_patches(tiny, [(False, 0), (True, 8)])


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ((False, 40), r"tiny\.sf2 has no General MIDI program 40; apt install fluid-soundfont-gm"),
        ((True, 0), r"tiny\.sf2 has no drum kit 0"),
        ((False, 8), r"tiny\.sf2 has no General MIDI program 8"),
    ],
)
def test_a_missing_patch_is_named_in_one_line(tiny, patch, message):
    with pytest.raises(SceneError, match=message) as caught:
        need_patches(tiny, [(False, 0), patch])
    assert "\n" not in str(caught.value)


def test_a_changed_font_is_read_anew(tiny):
    assert (0, 40) not in presets(tiny)
    tiny.write_bytes(font([(0, 0, b"Piano"), (0, 40, b"Violin")]))
    assert presets(tiny) == {(0, 0), (0, 40)}


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda body: body[: len(body) - 40], r"ends after \d+ of \d+ bytes"),
        (lambda body: body[:7], "expected a whole SoundFont 2 file"),
        (lambda body: b"", "expected a whole SoundFont 2 file"),
        (lambda body: b"RIFX" + body[4:], "not a sound font"),
        (lambda body: body.replace(b"phdr", b"xxxx"), "holds no list of presets"),
        (lambda body: body.replace(b"phdr" + body.split(b"phdr")[1][:4], b"phdr\x03\0\0\0"), "whole SoundFont 2 file"),
    ],
)
def test_a_damaged_font_is_told_in_one_line(tiny, damage, message):
    tiny.write_bytes(damage(tiny.read_bytes()))
    with pytest.raises(SceneError, match=message) as caught:
        presets(tiny)
    assert "\n" not in str(caught.value)
    assert "apt install --reinstall fluid-soundfont-gm" in str(caught.value)


@pytest.mark.scenes_tools
def test_music_on_a_font_without_its_patch_is_refused(tiny, monkeypatch):
    monkeypatch.setattr(tools, "SOUND_FONTS", (tiny,))
    with pytest.raises(SceneError, match=r"tiny\.sf2 has no General MIDI program 48"):
        list(play_tracks([Track(0, False, (Note(0.0, 0.5, 60, 90),)), Track(48, False, ())], 1.0))
    with pytest.raises(SceneError, match=r"tiny\.sf2 has no drum kit (0|16|25)"):
        play(
            next(p for seed in range(20) if (p := phrase("drums", "train", np.random.default_rng(seed), 1)).patch != 8)
        )


@pytest.mark.scenes_tools
def test_a_font_that_lies_about_its_contents_fails_in_one_line(tiny, monkeypatch):
    """The list of presets is whole, but there is nothing behind it: the player itself must be the one to say so."""
    monkeypatch.setattr(tools, "SOUND_FONTS", (tiny,))
    with pytest.raises(SceneError, match=r"failed: .*tiny\.sf2") as caught:
        list(play_tracks([Track(0, False, (Note(0.0, 0.5, 60, 90),))], 1.0))
    assert "\n" not in str(caught.value)


@pytest.mark.scenes_tools
def test_the_installed_font_holds_every_instrument():
    patches = {
        (name == "drums", patch)
        for name, family in INSTRUMENTS.items()
        for programs in family.patches.values()
        for patch in programs
    }
    need_patches(sound_font(), patches)
    assert len(presets(sound_font())) > 128
