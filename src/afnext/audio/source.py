"""Anything a person has as a seekable binary file: a path, bytes, a file object, or standard input (``-``).

Everything is opened here, by us, and handed on as an open file. So no decoder ever sees a name that it could take for
an address, a playlist or a device.
"""

import io
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from afnext.base.errors import AudioError

STANDARD_INPUT = "-"

# A pipe cannot be sought in, so it is copied: to memory up to this size, to a temporary file beyond.
PIPE_IN_MEMORY = 16 << 20


def name_of(source: Any) -> str:
    """What messages call ``source``: the path, or a few words."""
    if is_array(source):
        return "the audio array"
    if isinstance(source, bytes | bytearray | memoryview):
        return "the audio in memory"
    if is_path(source):
        return "standard input" if source == STANDARD_INPUT else repr(os.fspath(source))
    name = getattr(source, "name", None)
    return repr(name) if isinstance(name, str) else "the audio file object"


def is_array(source: Any) -> bool:
    """Whether ``source`` holds samples rather than a file: a NumPy array or a tensor."""
    return hasattr(source, "__array__") and not isinstance(source, str | bytes)


def is_path(source: Any) -> bool:
    """Whether ``source`` names a file (or standard input)."""
    return isinstance(source, str | os.PathLike)


def is_pipe(source: Any) -> bool:
    """Whether ``source`` can be read only once: standard input, or a named pipe."""
    try:
        return is_path(source) and (source == STANDARD_INPUT or stat.S_ISFIFO(os.stat(source).st_mode))
    except (OSError, ValueError):
        return False


@contextmanager
def opened(source: Any) -> Iterator[BinaryIO]:
    """``source`` as a seekable binary file. The caller's own file object is read from its beginning and left open.

    Raises:
        AudioError: no such file, not a file, not readable, empty, or not a kind of source that is known.
    """
    name = name_of(source)
    if isinstance(source, bytes | bytearray | memoryview):
        file: BinaryIO = io.BytesIO(source)
    elif isinstance(source, str) and source == STANDARD_INPUT:
        file = sys.stdin.buffer
        if sys.stdin.isatty():
            raise AudioError(
                "standard input is a terminal", expected="audio", do="pipe a recording into it or name a file"
            )
    elif is_path(source):
        with _opened_path(source, name) as at_path, _seekable(at_path, name) as file:
            yield file
        return
    elif hasattr(source, "read") and not isinstance(source, io.TextIOBase):
        file = cast(BinaryIO, source)
    else:
        raise AudioError(
            f"{name if hasattr(source, 'read') else 'a value of type ' + type(source).__name__} is not a recording",
            expected="a path, bytes, a file opened with 'rb', '-' for standard input, or an array with its rate",
        )
    with _seekable(file, name) as seekable:
        yield seekable


def _opened_path(source: str | os.PathLike[str], name: str) -> BinaryIO:
    path = os.fspath(source)
    if "://" in path and not os.path.exists(path):
        raise AudioError(f"{name} is an address", expected="a file", do="download it first")
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise AudioError(f"{name} is a directory", expected="an audio file", do="name a file in it")
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            raise AudioError(f"{name} is a device", expected="an audio file")
        return open(path, "rb")
    except FileNotFoundError:
        raise AudioError(f"no such file: {name}", expected="an audio file", do="check the path") from None
    except AudioError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise AudioError(f"{name} cannot be read ({reason})", expected="a readable audio file") from None


@contextmanager
def _seekable(file: BinaryIO, name: str) -> Iterator[BinaryIO]:
    """``file`` at its beginning, or a copy of what is left of it where it cannot be sought in."""
    seekable = getattr(file, "seekable", None)
    if seekable is not None and seekable():
        if file.seek(0, os.SEEK_END) == 0:
            raise AudioError(f"{name} is empty (0 bytes)", expected="an audio file")
        file.seek(0)
        yield file
        return
    with tempfile.SpooledTemporaryFile(max_size=PIPE_IN_MEMORY) as copy:
        shutil.copyfileobj(file, copy, length=1 << 20)
        if copy.tell() == 0:
            raise AudioError(f"{name} is empty (0 bytes)", expected="an audio file")
        copy.seek(0)
        yield cast(BinaryIO, copy)
