"""How something is said: what each manner and each emotion does to a voice, within what leaves it the same person."""

from dataclasses import dataclass

from afnext.scenes.scene import Emotion, Manner


@dataclass(frozen=True)
class Delivery:
    """Changes to a voice; the default changes nothing."""

    rate: float = 1.0
    """Times the words a minute."""
    pitch: float = 1.0
    """Times the pitch in Hz."""
    range: float = 1.0
    """Times how far the pitch moves."""
    effort: float = 0.0
    """From -1, low, over 0 to 1, as in a shout: how much of the sound lies high (see effort.py)."""
    level: float = 0.0
    """Decibels, as root mean square, over how loud the same voice speaks plainly. The samples of a voice peak at 1
    whatever it is: who places them makes them so loud."""


PLAIN = Delivery()
MANNERS: dict[Manner, Delivery] = {
    "plain": PLAIN,
    "whispered": Delivery(rate=0.92, range=0.8, level=-14.0),
    "shouted": Delivery(rate=0.94, pitch=1.32, range=1.2, effort=1.0, level=9.0),
}
EMOTIONS: dict[Emotion, Delivery] = {
    "neutral": PLAIN,
    "happy": Delivery(rate=1.07, pitch=1.14, range=1.6, effort=0.15, level=1.5),
    "sad": Delivery(rate=0.82, pitch=0.93, range=0.5, effort=-0.4, level=-4.0),
    "angry": Delivery(rate=1.08, pitch=1.06, range=1.3, effort=0.5, level=4.0),
    "afraid": Delivery(rate=1.18, pitch=1.2, range=0.8, effort=0.1, level=-1.0),
}


def delivery(manner: Manner, emotion: Emotion) -> Delivery:
    """Both together; a shout in anger is no higher than a shout may be."""
    one, other = MANNERS[manner], EMOTIONS[emotion]
    return Delivery(
        rate=one.rate * other.rate,
        pitch=min(one.pitch * other.pitch, 1.36),
        range=one.range * other.range,
        effort=min(one.effort + other.effort, 1.0),
        level=one.level + other.level,
    )
