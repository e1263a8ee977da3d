"""The same recording as a path, bytes, file objects, a pipe and standard input; and nothing else is ever opened."""

import io
import os
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from types import SimpleNamespace

import av
import numpy as np
import pytest

from afnext.audio.decode import decode, duration
from afnext.audio.source import PIPE_IN_MEMORY, is_pipe
from afnext.base.errors import AudioError


class Pipe(io.RawIOBase):
    """A stream that cannot be sought in."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        return self._data.readinto(buffer)


@pytest.fixture(params=["a.wav", "a.mp3"])
def recording(request, write, sweep):
    return write(request.param, sweep(2.0, 48_000, 2), 48_000, "libmp3lame" if request.param.endswith("mp3") else "")


def test_every_kind_of_source_gives_the_same(recording, monkeypatch):
    want, data = decode(recording), recording.read_bytes()
    assert np.array_equal(decode(str(recording)), want)
    for held in (data, bytearray(data), memoryview(data), io.BytesIO(data), Pipe(data)):
        assert np.array_equal(decode(held), want)
    with tempfile.SpooledTemporaryFile(max_size=100) as spooled:
        spooled.write(data)
        assert np.array_equal(decode(spooled), want)
    for stdin in (io.BytesIO(data), Pipe(data)):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=stdin, isatty=lambda: False))
        assert np.array_equal(decode("-"), want)


def test_a_file_object_is_read_from_its_beginning_and_left_open(recording):
    with open(recording, "rb") as file:
        file.read(1000)
        first, second = decode(file), decode(file, start=0.5)
        assert not file.closed
    assert np.allclose(first[8000:], second, atol=1e-6)


def test_standard_input_of_a_real_process(recording):
    code = "from afnext.audio.decode import decode; print(len(decode('-')), len(decode('-')))"
    with open(recording, "rb") as file:
        redirected = subprocess.run(
            [sys.executable, "-c", code], stdin=file, capture_output=True, text=True, check=True
        )
    assert redirected.stdout.split() == ["32000", "32000"]
    code = "from afnext.audio.decode import decode; print(len(decode('-', end=1)))"
    piped = subprocess.run([sys.executable, "-c", code], input=recording.read_bytes(), capture_output=True, check=True)
    assert piped.stdout.split() == [b"16000"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe(recording, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    data = recording.read_bytes()
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(data))
    writer.start()
    assert len(decode(tmp_path / "pipe")) == 32_000
    writer.join()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_what_can_be_read_only_once(recording, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert is_pipe("-")
    assert is_pipe(tmp_path / "pipe")
    for source in (recording, tmp_path, tmp_path / "none.wav", "a\0b", "a" * 5000, recording.read_bytes()):
        assert not is_pipe(source)


def test_a_pipe_larger_than_memory_allows_goes_to_disk(write):
    seconds = PIPE_IN_MEMORY // (48_000 * 4) + 10
    data = write("a.wav", np.zeros((seconds * 48_000, 2), np.float32), 48_000).read_bytes()
    assert len(data) > PIPE_IN_MEMORY
    assert len(decode(Pipe(data), start=seconds - 1.0)) == 16_000


def test_duration_does_not_drain_a_pipe(recording):
    pipe = Pipe(recording.read_bytes())
    assert duration(pipe) is None
    assert len(decode(pipe)) == 32_000


def test_a_list_of_files_opens_none_of_them(write, sweep, tmp_path):
    write("other.wav", sweep(1.0, 16_000), 16_000)
    playlist = tmp_path / "list.wav"
    playlist.write_text("ffconcat version 1.0\nfile other.wav\n")
    with open(playlist, "rb") as file, av.open(file) as followed:
        assert len(followed.streams.audio) == 1  # FFmpeg by itself follows it
    with pytest.raises(AudioError, match="holds no audio that can be decoded"):
        decode(playlist)


def test_a_playlist_reaches_no_network(tmp_path):
    calls = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)

        def listen() -> None:
            with suppress(TimeoutError):
                calls.append(server.accept())

        listener = threading.Thread(target=listen)
        listener.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.ts"
        playlist = tmp_path / "list.m3u8"
        playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{address}\n#EXT-X-ENDLIST\n")
        with pytest.raises(AudioError, match="holds no audio that can be decoded"):
            decode(playlist)
        with pytest.raises(AudioError, match="is an address; expected a file; download it first"):
            decode(address)
        listener.join()
    assert calls == []
