"""A folder of scenes: recordings, their truth, and rows of questions to train or test on.

folder/
    scenes.json         what was asked for
    <id>.flac           16 kHz mono, 16 bit
    <id>.json           the truth (see scene.py); where it lies, the recording beside it is whole
    <id>.png            a picture of both, where they were asked for
    examples.jsonl      one row a question (see dialogue/example.py)
"""

import hashlib
import math
import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import soundfile
from pydantic import ValidationError

from afnext.audio.spec import MAX_SECONDS, SAMPLE_RATE
from afnext.base.config import Frozen
from afnext.base.errors import SceneError
from afnext.base.files import replacing, write_json
from afnext.dialogue.example import Example, Provenance, Recording
from afnext.dialogue.timestamps import THINK, format_reply
from afnext.scenes.asking.questions import Question, check_skills, questions
from afnext.scenes.bank import Bank, BankSize, build
from afnext.scenes.forms.mix import SHORTEST_SCENE, compose
from afnext.scenes.picture import draw
from afnext.scenes.render import render
from afnext.scenes.scene import Scene
from afnext.scenes.sources import LABELS, Sources
from afnext.scenes.worlds import WORLDS, World

THOUGHTFUL = 0.25
"""Share of such questions, among those whose reasoning is known."""
SECONDS_A_ROUND = 60
MOST_ROUNDS = 5
"""A scene is asked about once in every skill, and again for every minute that it lasts, up to so many times."""
EVENTS_AN_HOUR = 1100
"""Roughly, at the default difficulty: by it a bank is made as large as it is needed."""


class Tell(Protocol):
    """Called now and then with the stage's name, how much is done, and how much there is."""

    def __call__(self, stage: str, done: float, total: float | None) -> None: ...  # noqa: D102


class Order(Frozen):
    """The file ``scenes.json``: what a folder was made for. The same order finishes what an interrupted one began."""

    version: Literal[1] = 1
    hours: float
    seed: int
    world: World
    minutes: tuple[float, float]
    skills: tuple[str, ...] | None


@dataclass(frozen=True)
class Written:
    """What a folder now holds."""

    scenes: int
    seconds: float
    examples: int


def write_scenes(
    folder: str | os.PathLike[str],
    hours: float,
    seed: int,
    world: World = "train",
    minutes: tuple[float, float] = (0.5, 2.0),
    *,
    skills: Collection[str] | None = None,
    pictures: bool = False,
    sources: Sources | None = None,
    progress: Tell | None = None,
) -> Written:
    """Write scenes of ``hours`` in all, with questions. Scenes that are there already are kept: a run can be resumed.

    Args:
        folder: where they go; made if missing.
        hours: total length, at least; the last scene may be cut short for it.
        seed: the same arguments give the same scenes.
        world: whose voices, instruments and sounds.
        minutes: shortest and longest scene.
        skills: ask for these only; by default for all.
        pictures: draw every scene that has no picture yet.
        sources: a bank to draw from; by default one is made, of the size needed, and removed in the end.
        progress: called with the stages "sources", "scenes" and "pictures".

    Raises:
        SceneError: a number is out of range, a skill unknown, or the folder holds the scenes of another order.
        MissingToolError: a program that speaks or plays is not installed.
    """
    root = Path(folder)
    _check(root, hours, seed, world, minutes)
    check_skills(skills)
    if sources is not None and sources.world != world:
        raise SceneError(f"world {world!r} with sources of world {sources.world!r}", expected="sources of that world")
    order = Order(
        hours=hours,
        seed=seed,
        world=world,
        minutes=minutes,
        skills=None if skills is None else tuple(sorted(set(skills))),
    )
    _check_same(root, order)
    planned = list(_lengths(order))
    names = [f"{world}-{seed}-{number:05d}" for number in range(len(planned))]
    missing = [number for number, name in enumerate(names) if not _is_whole(root / name)]
    workshop = root / ".bank"
    if missing and sources is None:
        sources = _bank(workshop, order, progress)
    _claim(root, order)
    for done, number in enumerate(missing, len(planned) - len(missing)):
        assert sources is not None
        _write_scene(root / names[number], order, number, planned[number], sources)
        if progress:
            progress("scenes", done + 1, len(planned))
    if pictures:
        _draw_all([root / name for name in names], progress)
    count = 0
    with replacing(root / "examples.jsonl") as draft, draft.open("w", encoding="utf-8") as rows:
        for number, name in enumerate(names):
            for example in _examples(root / name, order, number):
                rows.write(example.line() + "\n")
                count += 1
    shutil.rmtree(workshop, ignore_errors=True)
    return Written(len(names), sum(planned), count)


def _check(root: Path, hours: float, seed: int, world: str, minutes: tuple[float, float]) -> None:
    low, high = minutes
    if seed < 0:
        raise SceneError(f"seed {seed}", expected="0 or more")
    if not (math.isfinite(hours) and hours > 0):
        raise SceneError(f"{hours} hours of scenes", expected="more than 0 hours")
    if not SHORTEST_SCENE / 60 - 1e-9 <= low <= high <= MAX_SECONDS / 60:
        shortest, longest = SHORTEST_SCENE / 60, MAX_SECONDS / 60
        raise SceneError(
            f"scenes of {low} to {high} minutes", expected=f"{shortest:.3f} to {longest:g}, shortest first"
        )
    if world not in WORLDS:
        raise SceneError(f"world {world!r}", expected=f"one of {', '.join(WORLDS)}")
    if root.exists() and not root.is_dir():
        raise SceneError(f"{root} is a file", expected="a folder to write scenes into")


def _check_same(root: Path, order: Order) -> None:
    """Refuse a folder that was made for another order."""
    path = root / "scenes.json"
    if not path.exists():
        return
    try:
        before = Order.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise SceneError(f"{path} is not readable", do="give another folder") from error
    if before != order:
        differing = [name for name in Order.model_fields if getattr(before, name) != getattr(order, name)]
        told = ", ".join(f"{name} {getattr(before, name)}" for name in differing)
        raise SceneError(f"{root} holds scenes of another order ({told})", do="give another folder, or the same order")


def _claim(root: Path, order: Order) -> None:
    """Write the order down, once all is at hand to carry it out."""
    try:
        write_json(root / "scenes.json", order.model_dump(mode="json"))
    except OSError as error:
        raise SceneError(f"{root}: {error.strerror}", expected="a folder that can be written to") from error


def _lengths(order: Order) -> Iterator[float]:
    """Seconds of each scene: even on a logarithmic scale, until the hours are full."""
    rng = np.random.default_rng(order.seed)
    low, high = (60 * bound for bound in order.minutes)
    left = order.hours * 3600
    while left > 1e-6:
        seconds = round(float(np.exp(rng.uniform(np.log(low), np.log(high)))), 1)
        seconds = min(max(seconds, low), high, max(left, low))
        left -= seconds
        yield seconds


def _is_whole(stem: Path) -> bool:
    return stem.with_name(f"{stem.name}.flac").is_file() and stem.with_name(f"{stem.name}.json").is_file()


def _bank(folder: Path, order: Order, progress: Tell | None) -> Bank:
    """A bank with about as many sources as the order needs, and some of each."""
    events = order.hours * EVENTS_AN_HOUR
    size = BankSize(
        variants=_between(2, events * 0.45 / len(LABELS["sound"]), 100),
        sentences=_between(12, events * 0.3, 4000),
        phrases=_between(2, events * 0.25 / len(LABELS["music"]), 60),
    )
    if folder.is_dir():
        bank = Bank.open(folder)
        if (bank.index.world, bank.index.seed, bank.index.size) == (order.world, order.seed, size):
            return bank

    def tell(done: int, total: int) -> None:
        if progress:
            progress("sources", done, total)

    return build(folder, order.world, order.seed, size, progress=tell)


def _between(low: int, number: float, high: int) -> int:
    return min(max(low, math.ceil(number)), high)


def _write_scene(stem: Path, order: Order, number: int, seconds: float, sources: Sources) -> None:
    """The recording and its truth: both, or neither."""
    seed = int(np.random.default_rng((order.seed, number)).integers(2**48))
    scene, plan = compose(seed, order.world, seconds, sources)
    truth, sound = (stem.with_name(f"{stem.name}.{ending}") for ending in ("json", "flac"))
    with replacing(truth) as truth_draft, replacing(sound) as sound_draft:
        truth_draft.write_text(scene.to_json(), encoding="utf-8")
        with soundfile.SoundFile(sound_draft, "w", SAMPLE_RATE, 1, format="FLAC", subtype="PCM_16") as file:
            for block in render(plan):
                file.write(block)


def _draw_all(stems: Sequence[Path], progress: Tell | None) -> None:
    for done, stem in enumerate(stems, 1):
        sound, truth, picture = (stem.with_name(f"{stem.name}.{ending}") for ending in ("flac", "json", "png"))
        if not picture.is_file():
            draw(Scene.load(truth), sound, picture)
        if progress:
            progress("pictures", done, len(stems))


def _examples(stem: Path, order: Order, number: int) -> Iterator[Example]:
    """The rows of a scene, the same whenever they are made."""
    sound = stem.with_name(f"{stem.name}.flac")
    scene = Scene.load(stem.with_name(f"{stem.name}.json"))
    recording = Recording(path=sound.name, sha256=hashlib.sha256(sound.read_bytes()).hexdigest())
    rng = np.random.default_rng((order.seed, number, 1))
    asked: set[str] = set()
    for _ in range(min(MOST_ROUNDS, 1 + int(scene.duration // SECONDS_A_ROUND))):
        for question in questions(scene, rng, order.skills):
            if question.text not in asked:
                asked.add(question.text)
                yield _row(f"{stem.name}-{len(asked):02d}", question, scene, recording, rng)


def _row(name: str, question: Question, scene: Scene, recording: Recording, rng: np.random.Generator) -> Example:
    text, answer = question.text, question.answer
    if question.trace is not None and rng.random() < THOUGHTFUL:
        text, answer = f"{text} {THINK}", format_reply(answer, question.trace)
    kinds = {event.kind for event in scene.events}
    return Example(
        id=name,
        messages=(
            {"role": "user", "content": [{"type": "audio"}, {"type": "text", "text": text}]},
            {"role": "assistant", "content": [{"type": "text", "text": answer}]},
        ),
        audio=(recording,),
        skill=question.skill,
        domain=kinds.pop() if len(kinds) == 1 else "mixed",
        source="scenes",
        licence="synthetic",
        provenance=Provenance(step="scenes"),
        checks=("exact truth",),
    )
