"""fluidsynth's library, which plays every part of a score into tracks of its own at once; a program of its own, because
a sound font that is damaged may bring it down, and because each run then begins with nothing in its memory.

    python fluid.py < score.json

The score is ``{"font": path, "rate": Hz, "gain": ..., "frames": whole length, "tracks": [[bank, program], ...],
"actions": [[frame, track, pitch, velocity], ...]}``: actions sorted by frame, velocity 0 to let a note go. It writes
32-bit floats of this machine, a second at a time: the left and the right side of every track, [tracks * 2, frames].
It imports nothing of ours, to start fast.

Actions take effect at whole multiples of BLOCK frames, without delay: a note sounds from its very frame on.
"""

import ctypes
import ctypes.util
import json
import sys

BLOCK = 64
"""Frames that fluidsynth makes at a time."""
FAILED = -1

Pointer, Int = ctypes.c_void_p, ctypes.c_int


def _library() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL("libfluidsynth.so.3")
    except OSError:  # not Debian's name; the search starts programs, and takes longer than some pieces
        name = ctypes.util.find_library("fluidsynth")
        if name is None:
            sys.exit("its library is not installed; apt install libfluidsynth3")
        library = ctypes.CDLL(name)
    library.new_fluid_settings.restype = library.new_fluid_synth.restype = Pointer
    library.new_fluid_synth.argtypes = [Pointer]
    library.fluid_settings_setint.argtypes = [Pointer, ctypes.c_char_p, Int]
    library.fluid_settings_setnum.argtypes = [Pointer, ctypes.c_char_p, ctypes.c_double]
    library.fluid_synth_sfload.argtypes = [Pointer, ctypes.c_char_p, Int]
    library.fluid_synth_program_select.argtypes = [Pointer, Int, Int, Int, Int]
    library.fluid_synth_noteon.argtypes = [Pointer, Int, Int, Int]
    library.fluid_synth_noteoff.argtypes = [Pointer, Int, Int]
    library.fluid_synth_nwrite_float.argtypes = [Pointer, Int, Pointer, Pointer, Pointer, Pointer]
    return library


def main() -> None:
    """Play the score of standard input."""
    score = json.load(sys.stdin)
    library = _library()
    rate, tracks = int(score["rate"]), score["tracks"]
    settings = library.new_fluid_settings()
    library.fluid_settings_setnum(settings, b"synth.sample-rate", float(rate))
    library.fluid_settings_setnum(settings, b"synth.gain", float(score["gain"]))
    for name, value in (
        (b"synth.reverb.active", 0),
        (b"synth.chorus.active", 0),
        (b"synth.dynamic-sample-loading", 1),
        (b"synth.midi-channels", 16),
        (b"synth.audio-channels", len(tracks)),
        (b"synth.audio-groups", len(tracks)),
    ):
        library.fluid_settings_setint(settings, name, value)
    synth = library.new_fluid_synth(settings)
    font = library.fluid_synth_sfload(synth, score["font"].encode(), 0)
    if font == FAILED:
        sys.exit(f"{score['font']} is not a sound font that it can read")
    for track, (bank, program) in enumerate(tracks):
        if library.fluid_synth_program_select(synth, track, font, bank, program) == FAILED:
            sys.exit(f"{score['font']} has no program {program} in bank {bank}")

    second = rate // BLOCK * BLOCK
    sides = [(ctypes.c_float * second)() for _ in range(2 * len(tracks))]
    places = [ctypes.addressof(side) for side in sides]
    actions, done = score["actions"], 0
    for first in range(0, score["frames"], second):
        last = min(first + second, score["frames"])
        at = first
        while at < last:
            while done < len(actions) and actions[done][0] <= at:
                _, track, pitch, velocity = actions[done]
                if velocity:
                    library.fluid_synth_noteon(synth, track, pitch, velocity)
                else:
                    library.fluid_synth_noteoff(synth, track, pitch)
                done += 1
            until = min(last, actions[done][0]) if done < len(actions) else last
            there = [place + 4 * (at - first) for place in places]
            left, right = ((Pointer * len(tracks))(*there[side::2]) for side in (0, 1))
            library.fluid_synth_nwrite_float(synth, until - at, left, right, None, None)
            at = until
        for side in sides:
            sys.stdout.buffer.write(memoryview(side).cast("B")[: 4 * (last - first)])


if __name__ == "__main__":
    main()
