"""The instruments of General MIDI that a listener tells apart: how each is played, and which world has which patch."""

from dataclasses import dataclass

from afnext.scenes.worlds import World


@dataclass(frozen=True)
class Instrument:
    """A family of patches that a listener calls by one name, and its manner of playing.

    Attributes:
        patches: General MIDI programs from 0 (drum kits for drums) by world. No patch is in two worlds, and of the
            recordings in the usual sound font (FluidR3) none is.
        low: lowest MIDI pitch of its melodies.
        high: highest MIDI pitch.
        beats: note lengths in beats, drawn evenly.
        held: how long a note is held, as a share of its length.
        chord: scale steps below the melody that sound with it.
        share: how often they do.
        strum: seconds between the notes of a chord.
        left_hand: whether a second, low part goes with the melody.
    """

    patches: dict[World, tuple[int, ...]]
    low: int
    high: int
    beats: tuple[float, ...] = (0.5, 0.5, 1.0, 1.0, 2.0)
    held: float = 0.95
    chord: tuple[int, ...] = ()
    share: float = 0.0
    strum: float = 0.0
    left_hand: bool = False


def _worlds(train: tuple[int, ...], validation: tuple[int, ...], test: tuple[int, ...]) -> dict[World, tuple[int, ...]]:
    return {"train": train, "validation": validation, "test": test}


INSTRUMENTS: dict[str, Instrument] = {
    "piano": Instrument(_worlds((0, 1, 3, 4), (5,), (2,)), 60, 84, chord=(2, 4), share=0.4, left_hand=True),
    "organ": Instrument(
        _worlds((16, 19, 20), (18,), (17,)), 55, 76, beats=(1.0, 2.0), held=1.0, chord=(2, 4), share=1.0
    ),
    "guitar": Instrument(
        _worlds((24, 27, 29), (26,), (25,)), 48, 70, (0.5, 0.5, 1.0), held=1.5, chord=(2, 4, 7), share=0.6, strum=0.035
    ),
    "bass": Instrument(_worlds((32, 34, 35, 36), (37,), (33,)), 28, 43, beats=(0.5, 0.5, 1.0)),
    "strings": Instrument(
        _worlds((40, 42, 44, 48), (41,), (50,)), 54, 79, beats=(1.0, 2.0), held=1.05, chord=(2,), share=0.6
    ),
    "saxophone": Instrument(_worlds((64, 65), (67,), (66,)), 49, 73, beats=(0.5, 0.5, 1.0, 1.5), held=0.98),
    "flute": Instrument(_worlds((72, 73, 75, 77), (79,), (74,)), 74, 94),
    "brass": Instrument(
        _worlds((56, 57, 59, 62, 63), (61,), (60,)), 55, 76, (0.5, 0.5, 1.0), 0.7, chord=(2,), share=0.5
    ),
    "mallets": Instrument(_worlds((9, 11, 12), (8,), (13,)), 65, 90, beats=(0.25, 0.5, 0.5), held=1.0),
    "drums": Instrument(_worlds((0, 8, 16, 25), (24,), (32, 40)), 35, 51),
}

KICK, SNARE = 36, 38
# Kits share their cymbals, so each world strikes others: hi-hats, maracas and tambourine, ride.
CYMBALS: dict[World, tuple[int, int]] = {"train": (42, 46), "validation": (70, 54), "test": (51, 53)}
