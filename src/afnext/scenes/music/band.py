"""Who plays in a piece: an instrument for each role, and the sections in which it is heard."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from afnext.scenes.music.instruments import INSTRUMENTS
from afnext.scenes.worlds import World

Role = Literal["melody", "chords", "bass", "drums", "counter", "pad", "voice"]
SUITED: dict[Role, tuple[str, ...]] = {
    "melody": ("piano", "organ", "guitar", "strings", "saxophone", "flute", "brass", "mallets"),
    "chords": ("piano", "organ", "guitar", "strings"),
    "bass": ("bass",),
    "drums": ("drums",),
    "counter": ("strings", "saxophone", "flute", "brass", "mallets"),
    "pad": ("strings", "organ", "brass"),
}
"""The instruments that can take a role; in a piece, each takes one at most."""
HARMONY: tuple[Role, ...] = ("chords", "pad")
"""Roles in which a whole chord is heard."""


@dataclass(frozen=True)
class Player:
    """One instrument, by a patch of the world, in one role."""

    role: Role
    instrument: str
    patch: int


def draw_cast(rng: np.random.Generator, world: World, count: int) -> tuple[Player, ...]:
    """``count`` players, 2 to 6: a tune and chords, and then whoever joins."""
    others: list[Role] = ["bass", "drums", "counter", "pad"]
    # Bass and drums join first, more often than not.
    order = np.argsort(rng.random(4) + np.array([0, 0, 0.5, 0.5]), kind="stable")
    roles: list[Role] = ["melody", "chords", *(others[int(index)] for index in order[: count - 2])]
    taken, players = set[str](), list[Player]()
    # Those who have the least choice choose first.
    for role in sorted(roles, key=lambda role: (len(SUITED[role]), role)):
        free = [name for name in SUITED[role] if name not in taken]
        instrument = free[int(rng.integers(len(free)))]
        taken.add(instrument)
        players.append(Player(role, instrument, int(rng.choice(INSTRUMENTS[instrument].patches[world]))))
    return tuple(sorted(players, key=lambda player: roles.index(player.role)))


def draw_entries(
    rng: np.random.Generator, cast: Sequence[Player], outline: Sequence[str], sung: Collection[str]
) -> list[frozenset[Role]]:
    """The roles that are heard in each section of ``outline``: few at first, all in the choruses.

    In the sections called as one of ``sung``, a singer has the tune, and its instrument has the others.
    """
    roles = [player.role for player in cast]
    everyone = frozenset(roles)
    thin = _without(rng, everyone, ("counter", "pad", "drums"), len(roles) // 2)
    known: dict[str, frozenset[Role]] = {
        "verse": thin,
        "chorus": everyone,
        "bridge": _without(rng, everyone, ("drums", "bass", "melody"), 1),
        "intro": _some(rng, roles),
        "outro": _some(rng, [role for role in roles if role != "drums"]),
    }
    entries = [known[name] for name in outline]
    if outline.count("verse") > 1 and thin != everyone and rng.random() < 0.5:
        missing = sorted(everyone - thin)
        second = [index for index, name in enumerate(outline) if name == "verse"][1]
        entries[second] = thin | {missing[int(rng.integers(len(missing)))]}
    if sung:
        entries = [
            (entry - {"melody"}) | {"voice"} if name in sung else entry | {"melody"}
            for name, entry in zip(outline, entries, strict=True)
        ]
        if not any("melody" in entry for entry in entries):
            entries[-1] |= {"melody"}  # in unison, or octaves
    return entries


def _without(
    rng: np.random.Generator, everyone: frozenset[Role], may_rest: tuple[Role, ...], most: int
) -> frozenset[Role]:
    """``everyone`` but one to ``most`` of those that may rest."""
    resting = [role for role in may_rest if role in everyone]
    count = min(len(resting), int(rng.integers(1, max(1, most) + 1)))
    return everyone - frozenset(resting[int(index)] for index in rng.permutation(len(resting))[:count])


def _some(rng: np.random.Generator, roles: Sequence[Role]) -> frozenset[Role]:
    """At least one of ``roles``, at most all but one."""
    count = int(rng.integers(1, max(2, len(roles))))
    return frozenset(roles[int(index)] for index in rng.permutation(len(roles))[:count])
