"""A folder of scenes: recordings, their truth, and rows of questions to train or test on.

folder/
    scenes.json         what was asked for
    <id>.flac           16 kHz mono, 16 bit
    <id>.json           the truth (see scene.py); where it lies, the recording beside it is whole
    <id>.png            a picture of both, where they were asked for (see picture.py)
    examples.jsonl      one row a question, to train on (see dialogue/example.py)
    questions.jsonl     the same questions with options, evidence and difficulty (see asking/rows.py)

Recordings that are asked about together are <id>-1, <id>-2 ...
"""

import hashlib
import os
import signal
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from pathlib import Path

import numpy as np
import soundfile
from pydantic import ValidationError

from afnext.audio.spec import SAMPLE_RATE
from afnext.base.config import Frozen
from afnext.base.errors import OutputError, SceneError
from afnext.base.files import replacing, sweep, write_json
from afnext.base.progress import Tell
from afnext.dialogue.example import Recording
from afnext.scenes.asking.balance import Balance
from afnext.scenes.asking.questions import CLIP_SKILLS, Question, clip_questions, questions
from afnext.scenes.asking.rows import asked, example
from afnext.scenes.asking.wording import Style
from afnext.scenes.forms.group import compose_group, recorded
from afnext.scenes.forms.mix import compose
from afnext.scenes.order import Item, Order, planned
from afnext.scenes.plan import Plan
from afnext.scenes.render import render
from afnext.scenes.scene import Scene
from afnext.scenes.sources import Sources
from afnext.scenes.workshop import Workshop
from afnext.scenes.worlds import World

SECONDS_A_ROUND = 60
MOST_ROUNDS = 5
"""A scene is asked about once in every skill, and again for every minute that it lasts, up to so many times."""
DRAWS = 8
"""Times that a scene of so many events is drawn before it is told that they do not fit."""


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
    forms: Collection[str] | None = None,
    skills: Collection[str] | None = None,
    words: Style = "grammar",
    events: int | None = None,
    sources: Sources | None = None,
    workers: int = 1,
    progress: Tell | None = None,
) -> Written:
    """Write scenes of ``hours`` in all, with questions. Scenes that are there already are kept: a run can be resumed.

    Args:
        folder: where they go; made if missing.
        hours: total length, at least; the last scene may be cut short for it.
        seed: the same arguments give the same scenes.
        world: whose voices, instruments and sounds.
        minutes: shortest and longest scene.
        forms: some of ``forms.group.FORMS``; by default all, or all that give questions of ``skills``.
        skills: ask for these only; by default for all.
        words: "grammar", or "plain": the few wordings and the thirteen skills that nano knows.
        events: exactly so many in each recording, which makes them all mixes.
        sources: a bank to draw from; by default one is made, of the size needed, and removed in the end.
        workers: processes that compose and render; what they write does not depend on how many they are.
        progress: called with the stages "sources" and "scenes".

    Raises:
        SceneError: a number is out of range, a form or skill unknown, or the folder holds the scenes of another order.
        OutputError: the folder cannot be written to, or its disk is full; scenes that are finished stay whole.
        MissingToolError: a program that speaks or plays is not installed.
    """
    root = Path(folder)
    order = Order.checked(
        hours=hours, seed=seed, world=world, minutes=minutes, forms=forms, skills=skills, words=words, events=events
    )
    if root.exists() and not root.is_dir():
        raise SceneError(f"{root} is a file", expected="a folder to write scenes into")
    if sources is not None and sources.world != world:
        raise SceneError(f"world {world!r} with sources of world {sources.world!r}", expected="sources of that world")
    check_same(root, "scenes.json", order)
    items = planned(order)
    with Workshop(root, world=world, seed=seed, hours=hours, sources=sources, progress=progress) as workshop:
        missing = [item for item in items if not stems(root, item.name)]
        supply = workshop.sources if missing else None  # before the folder is claimed: a missing tool leaves nothing
        write_json(root / "scenes.json", order.model_dump(mode="json"))
        for done in _write_all(root, missing, order, supply, workers):
            if progress:
                progress("scenes", len(items) - len(missing) + done, len(items))
        return _write_rows(root, items, order)


def check_same(root: Path, name: str, order: Frozen) -> None:
    """Refuse a folder that was made for another order.

    Raises:
        SceneError: says in what they differ.
    """
    path = root / name
    if not path.exists():
        return
    try:
        before = type(order).model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise SceneError(f"{path} is not readable", do="give another folder") from error
    if before != order:
        fields = type(order).model_fields
        differing = [name for name in fields if getattr(before, name) != getattr(order, name)]
        told = ", ".join(f"{name} {getattr(before, name)}" for name in differing)
        raise SceneError(f"{root} holds scenes of another order ({told})", do="give another folder, or the same order")


def stems(root: Path, name: str) -> list[Path]:
    """The paths, without endings, of the recordings of a group that is there whole; empty if it is not."""
    first = root / f"{name}-1"
    if _is_whole(first):  # the first is put in its place last
        return sorted((path.with_suffix("") for path in root.glob(f"{name}-*.json")), key=lambda path: path.name)
    return [root / name] if _is_whole(root / name) else []


def _is_whole(stem: Path) -> bool:
    return stem.with_name(f"{stem.name}.flac").is_file() and stem.with_name(f"{stem.name}.json").is_file()


def _write_all(root: Path, items: Sequence[Item], order: Order, sources: Sources | None, workers: int) -> Iterator[int]:
    """Write ``items``, and tell after each how many are done."""
    if sources is None:
        return
    if workers <= 1 or len(items) == 1:
        for done, item in enumerate(items, 1):
            _write(root, item, order, sources)
            yield done
        return
    before = set(active_children())
    # spawned: a fork would take over whatever threads hold
    pool = ProcessPoolExecutor(min(workers, len(items)), get_context("spawn"), _begin, (sources,))
    try:
        running = [pool.submit(_write, root, item, order) for item in items]
        for done, written in enumerate(as_completed(running), 1):
            written.result()
            yield done
        pool.shutdown()
    except BaseException as error:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(active_children()) - before:
            process.terminate()
            process.join()
        sweep(root)
        if isinstance(error, BrokenProcessPool):
            raise SceneError(
                "a process that made scenes was killed, perhaps for want of memory",
                do="run the same again with fewer --workers: it goes on",
            ) from error
        raise


_own: Sources | None = None
"""The sources of a worker process."""


def _begin(sources: Sources) -> None:
    global _own  # noqa: PLW0603 - a pool hands its workers nothing else
    _own = sources
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one ends it


def _write(root: Path, item: Item, order: Order, sources: Sources | None = None) -> None:
    """One group, composed and written."""
    given = sources or _own
    assert given is not None, "a worker begins with its sources"
    write_group(root, item.name, _composed(item, order, given))


def _composed(item: Item, order: Order, sources: Sources) -> list[Plan]:
    if order.events is None:
        return compose_group(item.form, item.seed, order.world, item.seconds, sources)
    for seed in range(item.seed, item.seed + DRAWS):
        try:
            _, plan = compose(seed, order.world, item.seconds, sources, events=order.events)
        except SceneError as error:  # longer sounds were drawn than fit
            refused = error
        else:
            return recorded([plan], seed)
    raise refused


def write_group(root: Path, name: str, plans: Sequence[Plan]) -> list[Path]:
    """The recordings of a group and their truth, all or none; their paths without endings.

    Raises:
        OutputError: the folder cannot be written to, or its disk is full.
    """
    names = [name] if len(plans) == 1 else [f"{name}-{number}" for number in range(1, len(plans) + 1)]
    try:
        with ExitStack() as drafts:
            for one, plan in zip(names, plans, strict=True):
                truth = drafts.enter_context(replacing(root / f"{one}.json"))
                sound = drafts.enter_context(replacing(root / f"{one}.flac"))
                truth.write_text(plan.scene.to_json(), encoding="utf-8")
                with soundfile.SoundFile(sound, "w", SAMPLE_RATE, 1, format="FLAC", subtype="PCM_16") as file:
                    for block in render(plan):
                        file.write(block)
    except soundfile.LibsndfileError as error:
        raise OutputError(f"cannot write to {root}: {error}", do="make room and run the same again") from error
    return [root / one for one in names]


def truths(paths: Sequence[Path]) -> list[Scene]:
    """The scenes of ``paths`` (without endings)."""
    return [Scene.load(stem.with_name(f"{stem.name}.json")) for stem in paths]


def recordings(paths: Sequence[Path]) -> list[Recording]:
    """The sound files of ``paths`` (without endings), relative to their folder, with their hashes."""
    files = [stem.with_name(f"{stem.name}.flac") for stem in paths]
    return [Recording(path=file.name, sha256=_hash(file)) for file in files]


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_rows(root: Path, items: Sequence[Item], order: Order) -> Written:
    """``examples.jsonl`` and ``questions.jsonl``, the same whenever they are made; what the folder holds then."""
    count, clips, seconds, balance = 0, 0, 0.0, Balance()
    with ExitStack() as opened:
        drafts = [opened.enter_context(replacing(root / f"{of}.jsonl")) for of in ("examples", "questions")]
        rows, details = (opened.enter_context(draft.open("w", encoding="utf-8")) for draft in drafts)
        for item in items:
            paths = stems(root, item.name)
            scenes = truths(paths)
            clips += len(scenes)
            seconds += sum(scene.duration for scene in scenes)
            audio, rng = recordings(paths), np.random.default_rng((order.seed, item.number, 1))
            for number, question in enumerate(_questions(scenes, order, rng, balance), 1):
                name = f"{item.name}-q{number:02d}"
                rows.write(example(name, question, scenes, audio, rng).line() + "\n")
                details.write(asked(name, question, scenes, audio, form=item.form).line() + "\n")
                count += 1
    return Written(clips, round(seconds, 2), count)


def _questions(scenes: Sequence[Scene], order: Order, rng: np.random.Generator, balance: Balance) -> Iterator[Question]:
    """What is asked about a group, nothing twice."""
    skills = None if order.skills is None else set(order.skills)
    if len(scenes) > 1:
        wanted = None if skills is None else skills & set(CLIP_SKILLS)
        if wanted is None or wanted:
            yield from clip_questions(scenes, rng, wanted, balance=balance)
        return
    wanted = None if skills is None else skills - set(CLIP_SKILLS)
    if wanted is not None and not wanted:
        return
    texts = set[str]()
    for _ in range(min(MOST_ROUNDS, 1 + int(scenes[0].duration // SECONDS_A_ROUND))):
        for question in questions(scenes[0], rng, wanted, style=order.words, balance=balance):
            if question.text not in texts:
                texts.add(question.text)
                yield question
