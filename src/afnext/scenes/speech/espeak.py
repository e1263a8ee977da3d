"""espeak-ng's library, which knows when each word begins; a program of its own, because its noise goes on from one
text to the next: only a fresh process says the same text the same way.

    python espeak.py VOICE RATE PITCH [RANGE] < text.txt

writes a line of JSON ``{"rate": Hz, "words": [[first character, characters, first sample], ...]}``, then the samples as
16-bit numbers of this machine. It imports nothing of ours and little else, to start as fast as ``espeak-ng``
itself: half the time of a short sentence would go into ``json`` and ``ctypes.util``.
"""

import ctypes
import sys
from array import array

RETRIEVAL, CHARACTERS_FROM_START, UTF_8, END_PAUSE = 1, 1, 1, 0x1000
RATE, PITCH, RANGE = 1, 3, 4
WORD, LIST_END = 1, 0


class Event(ctypes.Structure):
    """``espeak_EVENT`` of speak_lib.h; its last member, a union, is as wide as a pointer."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_uint64),
    )


CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event))


class Voice(ctypes.Structure):
    """``espeak_VOICE``: what to look for."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("reserved", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


def main(voice: str, rate: int, pitch: int, pitch_range: int | None = None) -> None:
    """Say standard input."""
    try:
        library = ctypes.CDLL("libespeak-ng.so.1")
    except OSError:  # not Debian's name; the search starts programs, and takes longer than most sentences
        from ctypes.util import find_library  # noqa: PLC0415

        name = find_library("espeak-ng")
        if name is None:
            sys.exit("its library is not installed; apt install libespeak-ng1")
        library = ctypes.CDLL(name)
    samples, words = array("h"), list[list[int]]()

    def receive(sound: "ctypes._Pointer[ctypes.c_short]", count: int, events: "ctypes._Pointer[Event]") -> int:
        if sound and count:
            samples.frombytes(ctypes.string_at(sound, 2 * count))
        index = 0
        while (event := events[index]).type != LIST_END:
            if event.type == WORD and event.length:
                words.append([event.text_position - 1, event.length, event.sample])
            index += 1
        return 0

    hertz = library.espeak_Initialize(RETRIEVAL, 0, None, 0)
    callback = CALLBACK(receive)
    library.espeak_SetSynthCallback(callback)
    # By name, else by language ("en-gb+m1"), as the command does.
    wanted = Voice(languages=voice.encode())
    if library.espeak_SetVoiceByName(voice.encode()) and library.espeak_SetVoiceByProperties(ctypes.byref(wanted)):
        sys.exit(f"espeak-ng has no voice {voice!r}")
    library.espeak_SetParameter(RATE, rate, 0)
    library.espeak_SetParameter(PITCH, pitch, 0)
    if pitch_range is not None:
        library.espeak_SetParameter(RANGE, pitch_range, 0)
    text = sys.stdin.buffer.read() + b"\0"
    library.espeak_Synth(text, ctypes.c_size_t(len(text)), 0, CHARACTERS_FROM_START, 0, UTF_8 | END_PAUSE, None, None)
    library.espeak_Synchronize()
    heading = f'{{"rate": {hertz}, "words": {words}}}\n'  # a list of lists of whole numbers is written as in JSON
    sys.stdout.buffer.write(heading.encode() + samples.tobytes())


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
