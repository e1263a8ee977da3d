"""The programs that speak and play: where they are, or what to install."""

import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from afnext.base.errors import MissingToolError, SceneError

PACKAGES = {"espeak-ng": "espeak-ng", "flite": "flite", "fluidsynth": "fluidsynth"}
SOUND_FONT_PACKAGE = "fluid-soundfont-gm"
SOUND_FONTS = tuple(
    Path(folder) / name
    for name in ("FluidR3_GM.sf2", "default-GM.sf2")
    for folder in (
        "/usr/share/sounds/sf2",
        "/usr/share/soundfonts",
        "/usr/local/share/sounds/sf2",
        "/opt/homebrew/share/sounds/sf2",
    )
)
INSTALL_ALL = "apt install espeak-ng flite fluidsynth fluid-soundfont-gm"
PATIENCE = 120.0  # seconds before a program is taken to hang


def need(program: str) -> Path:
    """The path of ``program``.

    Raises:
        MissingToolError: it is not installed; the message carries the command that installs it.
    """
    found = shutil.which(program)
    if found is None:
        raise MissingToolError(f"{program} is not installed", do=f"apt install {PACKAGES.get(program, program)}")
    return Path(found)


def sound_font() -> Path:
    """The General MIDI sound font.

    Raises:
        MissingToolError: none of the usual places holds one.
    """
    for path in SOUND_FONTS:
        if path.is_file():
            return path
    raise MissingToolError(
        "no General MIDI sound font", expected=str(SOUND_FONTS[0]), do=f"apt install {SOUND_FONT_PACKAGE}"
    )


def missing() -> tuple[str, ...]:
    """What has to be installed before speech and music can be made, by Debian package name; empty when all is there."""
    absent = [name for program, name in PACKAGES.items() if shutil.which(program) is None]
    if not any(path.is_file() for path in SOUND_FONTS):
        absent.append(SOUND_FONT_PACKAGE)
    return tuple(absent)


def run(program: str, arguments: Sequence[str], stdin: bytes = b"") -> bytes:
    """Run ``program`` without a shell and return what it writes to standard output.

    Raises:
        MissingToolError: the program is not installed.
        SceneError: it failed or took longer than ``PATIENCE``; the message carries its own last words.
    """
    command = [str(need(program)), *arguments]
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, check=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise _late(program) from error
    except subprocess.CalledProcessError as error:
        raise _failed(program, command, error.stderr) from error
    return done.stdout


def stream(program: str, arguments: Sequence[str], stdin: bytes, size: int) -> Iterator[bytes]:
    """As ``run``, for more output than should be held: ``size`` bytes at a time, the last part maybe shorter.

    The program must read its standard input to the end before it writes much. Closing the iterator ends it.

    Raises:
        MissingToolError: the program is not installed.
        SceneError: it failed or took longer than ``PATIENCE`` over one part; the message carries its own last words.
    """
    command = [str(need(program)), *arguments]
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=words)
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Event()

        def give_up() -> None:
            late.set()
            process.kill()

        try:
            # It may fail before it has read all: then its last words say why.
            with suppress(BrokenPipeError), process.stdin:
                process.stdin.write(stdin)
            while True:
                watch = threading.Timer(PATIENCE, give_up)
                watch.start()
                part = process.stdout.read(size)
                watch.cancel()
                if not part:
                    break
                yield part
            status = process.wait()
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
        if late.is_set():
            raise _late(program)
        if status:
            words.seek(0)
            raise _failed(program, command, words.read())


def _late(program: str) -> SceneError:
    return SceneError(f"{program} did not finish within {PATIENCE:.0f} s", do="try again on a less busy machine")


def _failed(program: str, command: Sequence[str], stderr: bytes) -> SceneError:
    words = stderr.decode(errors="replace").strip().splitlines() or ["no message"]
    return SceneError(f"{program} failed: {words[-1]}", do=f"try it by hand: {' '.join(command)}")
