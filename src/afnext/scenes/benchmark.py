"""scenes-20: a benchmark of twenty skills on sound that no model has heard, made anew from any seed.

folder/
    scenes-20.json      what was asked for
    scenes-20.jsonl     one item a line (see asking/rows.py): a question with options, its evidence and its difficulty
    README.md           the data card
    <id>.flac, .json    recordings and their truth, as in write.py

Nineteen skills are asked about recordings from five seconds to three minutes; the twentieth, ``needle``, about one
thing that happens once in recordings from half a minute to half an hour, at places swept from beginning to end.
"""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count, pairwise, product
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import ValidationError

from afnext.base.config import Frozen
from afnext.base.errors import SceneError
from afnext.base.files import write_json, write_text
from afnext.base.progress import Tell
from afnext.scenes.asking.questions import Question
from afnext.scenes.asking.rows import Asked
from afnext.scenes.asking.rows import asked as told
from afnext.scenes.asking.sets import QuestionSet
from afnext.scenes.asking.skills.taxonomy import FAMILIES
from afnext.scenes.forms.group import FORMS, compose_group, draw_form
from afnext.scenes.forms.needle import compose_needle, needle_of
from afnext.scenes.masking import with_masks
from afnext.scenes.order import forms_of
from afnext.scenes.plan import Plan
from afnext.scenes.scene import Scene
from afnext.scenes.sources import Sources
from afnext.scenes.workshop import Workshop
from afnext.scenes.worlds import World
from afnext.scenes.write import check_same, recordings, stems, truths, write_group

NAME = "scenes-20"
SKILLS = (
    *("when", "count", "order_list", "between", "longest", "overlap", "nearing"),
    *("count_speakers", "who_said", "emotion", "response", "settles", "sarcasm", "topic_order", "word_when"),
    *("instrument", "key", "section_order", "what_changed"),
)
"""The nineteen of short recordings."""
NEEDLE = "needle"
NEEDLE_SKILLS = ("when", "nth", "at_time", "said_when", "word_when", "edge_words", "speaker", "count_word", "position")
"""What is asked about a needle, where all the evidence lies in it."""
SECONDS = (5.0, 180.0)
"""Of a short item."""
MINUTES = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
POSITIONS = (0.1, 0.3, 0.5, 0.7, 0.9)
"""What the long part sweeps: how long recordings are, and where in them the needle lies."""
EACH = 3
"""Questions about one group, at most: recordings should not be few."""
PATIENCE = 40
"""Groups in a row that give no question of the skills still wanted, before an order is refused."""
TURNS = 4
"""Times that the sweep is gone through for as many items as are wanted, before an order is refused."""
ITEMS = 2000
FEWEST = 20


class Benchmark(Frozen):
    """The file ``scenes-20.json``."""

    version: Literal[1] = 1
    items: int
    seed: int
    world: World

    @property
    def hours(self) -> float:
        """About how long all recordings are, for the making of sources."""
        return self.items / 2000 * 8 + sum(MINUTES) / 60


@dataclass(frozen=True)
class Made:
    """What a folder now holds."""

    recordings: int
    seconds: float
    items: int


def write_benchmark(
    folder: str | os.PathLike[str],
    items: int = ITEMS,
    seed: int = 0,
    world: World = "test",
    *,
    sources: Sources | None = None,
    progress: Tell | None = None,
) -> Made:
    """Write the benchmark; recordings that are there already are kept: a run can be resumed.

    Args:
        folder: where it goes; made if missing.
        items: how many questions, as many of each skill as of any other.
        seed: the same arguments give the same benchmark.
        world: whose voices, instruments and sounds.
        sources: a bank to draw from; by default one is made, and removed in the end.
        progress: called with the stages "sources" and "items".

    Raises:
        SceneError: fewer than 20 items, or the folder holds another benchmark.
        OutputError: the folder cannot be written to, or its disk is full; recordings that are finished stay whole.
        MissingToolError: a program that speaks or plays is not installed.
    """
    root = Path(folder)
    if items < FEWEST:
        raise SceneError(f"{items} items", expected=f"{FEWEST} or more, one of each skill")
    if seed < 0:
        raise SceneError(f"seed {seed}", expected="0 or more")
    if root.exists() and not root.is_dir():
        raise SceneError(f"{root} is a file", expected=f"a folder to write {NAME} into")
    order = Benchmark(items=items, seed=seed, world=world)
    check_same(root, f"{NAME}.json", order)
    held = _held(root)
    if held is not None:
        return held
    rows = list[Asked]()
    with Workshop(root, world=world, seed=seed, hours=order.hours, sources=sources, progress=progress) as workshop:
        made = _Maker(root, order, workshop.sources)
        write_json(root / f"{NAME}.json", order.model_dump(mode="json"))
        for row in chain(made.short(), made.long()):
            rows.append(row)
            if progress:
                progress("items", len(rows), items)
        write_text(root / "README.md", _card(order, rows))
        write_text(root / f"{NAME}.jsonl", "".join(row.line() + "\n" for row in rows))
    return _made(rows)


def _held(root: Path) -> Made | None:
    """What a folder holds that is finished; None of any other."""
    try:
        lines = (root / f"{NAME}.jsonl").read_text(encoding="utf-8").splitlines()  # written last
        rows = [Asked.model_validate_json(line) for line in lines]
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise SceneError(f"{root / NAME}.jsonl is not readable", do="give another folder") from error
    there = all((root / str(recording.path)).is_file() for row in rows for recording in row.audio)
    return _made(rows) if there else None


def _made(rows: Sequence[Asked]) -> Made:
    seconds = sum({row.audio: row.seconds for row in rows}.values())
    return Made(len({recording.path for row in rows for recording in row.audio}), round(seconds, 1), len(rows))


class _Maker:
    """The recordings and the items of one folder."""

    def __init__(self, root: Path, order: Benchmark, sources: Sources) -> None:
        self.root = root
        self.order = order
        self.sources = sources
        self.needles = order.items // (len(SKILLS) + 1)

    def short(self) -> Iterator[Asked]:
        """The items of the nineteen skills: recordings are made until there are enough of each."""
        order, left, idle = self.order, self.order.items - self.needles, 0
        asker = QuestionSet(SKILLS, -(-left // len(SKILLS)), order.seed, each=EACH, closed=True)
        for number in count():
            rng = np.random.default_rng((order.seed, number))
            # long recordings with needles are a part of their own
            form = draw_form(rng, [form for form in forms_of(asker.missing[0]) if form != NEEDLE])
            low, high = max(SECONDS[0], FORMS[form].shortest), min(SECONDS[1], FORMS[form].longest)
            seconds = round(float(np.exp(rng.uniform(np.log(low), np.log(high)))), 1)
            seed = int(rng.integers(2**48))
            name = f"{NAME}-{order.seed}-{number:05d}"
            paths = stems(self.root, name)
            plans = [] if paths else compose_group(form, seed, order.world, seconds, self.sources)
            scenes = truths(paths) or [plan.scene for plan in plans]
            asked = list(asker.ask(scenes, number))[:left]
            yield from self._rows(name, form, scenes, plans, asked)
            left -= len(asked)
            idle = 0 if asked else idle + 1
            if not left:
                return
            if idle > PATIENCE:
                raise SceneError(f"no question of the skill {asker.missing[0]!r}", do="use sources that hold more")

    def long(self) -> Iterator[Asked]:
        """The items about needles: every length with every place, as often as there are items for."""
        order, left = self.order, self.needles
        cells = list(product(MINUTES, POSITIONS))
        if left < len(cells):  # a small set: spread over the sweep
            cells = [cells[round(place)] for place in np.linspace(0, len(cells) - 1, max(1, -(-left // EACH)))]
        asker = QuestionSet(NEEDLE_SKILLS, order.items, order.seed, each=-(-left // len(cells)), closed=True)
        for turn in range(TURNS):
            for number, (minutes, position) in enumerate(cells):
                seed = int(np.random.default_rng((order.seed, 20, turn, number)).integers(2**48))
                name = f"{NAME}-{order.seed}-needle-{turn}{number:02d}"
                paths, plans = stems(self.root, name), list[Plan]()
                if not paths:
                    _, plan = compose_needle(seed, order.world, 60 * minutes, self.sources, position=position)
                    plans = [with_masks(plan)]
                scenes = truths(paths) or [plan.scene for plan in plans]
                needle = needle_of(scenes[0])
                asked = list(asker.ask(scenes, 1000 * turn + number, needle))[:left] if needle else []
                yield from self._rows(name, NEEDLE, scenes, plans, asked)
                left -= len(asked)
                if not left:
                    return
        raise SceneError(f"{left} items about needles are missing", do="use sources that hold more")

    def _rows(
        self, name: str, form: str, scenes: Sequence[Scene], plans: Sequence[Plan], asked: Sequence[Question]
    ) -> Iterator[Asked]:
        """The items of a group; its ``plans``, if it is not there yet, are rendered where anything is asked."""
        if not asked:
            return
        paths = write_group(self.root, name, plans) if plans else stems(self.root, name)
        audio, skill = recordings(paths), NEEDLE if form == NEEDLE else ""
        for number, question in enumerate(asked, 1):
            yield told(f"{name}-q{number}", question, scenes, audio, form=form, skill=skill)


def _card(order: Benchmark, rows: Sequence[Asked]) -> str:
    """The data card, in Markdown."""
    made = _made(rows)
    of_skill, of_form = Counter(row.skill for row in rows), Counter(row.form for row in rows)
    family = {skill: name for name, skills in FAMILIES.items() for skill in skills}
    lines = [f"| {skill} | {family.get(skill, 'needles')} | {of_skill[skill]} |" for skill in (*SKILLS, NEEDLE)]
    options = Counter(len(row.choices or ()) for row in rows)
    chance = sum(number / count for count, number in options.items() if count) / len(rows)
    lengths = [0, 10, 30, 60, 180, 600, 1800]
    of_length = [
        f"| {low:g} to {high:g} s | {sum(low < row.seconds <= high for row in rows)} |"
        for low, high in pairwise(lengths)
    ]
    return CARD.format(
        name=NAME,
        world=order.world,
        seed=order.seed,
        items=made.items,
        recordings=made.recordings,
        hours=made.seconds / 3600,
        chance=100 * chance,
        skills="\n".join(lines),
        forms=", ".join(f"{form} {number}" for form, number in sorted(of_form.items())),
        lengths="\n".join(of_length),
    )


CARD = """# {name}

{items} questions of twenty skills about {recordings} synthetic recordings ({hours:.1f} h) whose truth is known exactly.
Made by `afnext scenes --benchmark` from the sources of the {world} world with seed {seed}; another seed makes another,
unseen set of the same kind. Licence: the recordings and questions are synthetic and free of rights of others (CC0).

## What is asked

Every item has options, one of which is right; chance gets {chance:.1f} %. Options, their places, sizes and lengths are
balanced against guessing. Nothing is asked that is masked or too faint to be heard.

| skill | family | items |
|---|---|---|
{skills}

`needle` asks about one thing that happens once, in recordings of 0.5 to 30 minutes, at 10 to 90 % of their length.
Recordings by form (items): {forms}.

| length | items |
|---|---|
{lengths}

## Files

`{name}.jsonl` has one item a line: `id`, `audio` (`path`, `sha256`), `question` (options included), `choices`,
`answer`, `letter`, `skill`, `domain`, `form`, `seconds`, `position` (of the evidence, 0 to 1), `evidence` (clip, start,
end), `reasoning` (steps, each citing its span), `hardness` (events, overlap, level in dB, distance in s), `template`.
Beside each FLAC (16 kHz mono) stands its whole truth as JSON.

## How to score

An answer is right if it names the right option, by its letter or its words. Report accuracy over all items, by skill,
and, for `needle`, by `seconds` and `position`, with intervals clustered by recording.

## Limits

Voices are those of synthesisers, music is played by a General MIDI sound font, sounds are made by formula. A score here
says what a model hears and how it reasons about time; it does not say how it copes with the noise of the world.
"""
