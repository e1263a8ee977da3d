"""How well nano hears: its answers about scenes of the test world, beside what needs no ear.

    python benchmarks/accuracy_nano.py                  a table
    python benchmarks/accuracy_nano.py --markdown       the same, for a document
    python benchmarks/accuracy_nano.py --json           one object: figure -> {value, low, high, majority, no_audio}
    python benchmarks/accuracy_nano.py --limit 30       fewer scenes
    python benchmarks/accuracy_nano.py --model FOLDER   another model that answers in nano's spelling

**Scenes.** 300, made of a bank of the test world, whose voices, instrument patches and ranges of sound parameters no
training scene holds; composed with the default difficulty, of the kinds of sounds that the model's card names, or of
all where it names none. Four of five last 8 to 12 s, every fifth 15 to 60 s. The bank is built once, in a few minutes,
by the tools that make scenes (``make scenes-tools``), and kept in ``out/bank/test``.

**Figures.** Each scene is asked one question of each skill that it answers beyond doubt, greedily; orders in thinking
mode, of which the final answer is marked. An event counts as found if one of the same label is named whose start lies
within 0.5 s of the true one (``event_f1``), or whose start and end both do (``event_f1_both_ends``); one named event
stands for one true event at most. ``mean_iou`` is the overlap of the pairs behind ``event_f1``. Counting, order and
instrument are right or wrong, by the whole answer. ``wer`` is word errors over true words, so lower is better. The
interval holds 95 % of 2000 resamplings of the scenes. A figure for which nothing was asked, or an overlap where nothing
was found, is null.

**Baselines.** *Most frequent*: every question gets the most frequent true answer to the same kind of question among
those asked here, so no constant answer does better; of events and words it is that or nothing at all, whichever does
better; of an order it is the most frequent place among what the question names. *No sound*: the same model, the same
questions, and silence as long as the scene.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import afnext
from _measure import (
    both_ends_fit,
    f1_parts,
    interval,
    onset_fits,
    overlap_parts,
    plain,
    ratio,
    word_parts,
)
from afnext import AfnextError, Clip, Engine
from afnext.audio.spec import SAMPLE_RATE
from afnext.base.progress import Tell
from afnext.cli.progress import progress_bars
from afnext.dialogue.timestamps import Span, Timed, parse
from afnext.scenes.asking.phrasing import mention
from afnext.scenes.asking.questions import Question, questions
from afnext.scenes.bank import Bank, BankSize, build
from afnext.scenes.forms.mix import compose
from afnext.scenes.render import render_all
from afnext.scenes.scene import Scene
from afnext.scenes.sources import Samples, Sources

ROOT = Path(__file__).resolve().parent.parent
BANK = ROOT / "out/bank/test"
VARIANTS, SENTENCES, PHRASES = 40, 800, 40
"""Of each kind of sound, of all voices, and of each instrument of the bank."""
SEED = 20_261
SCENES = 300
TOGETHER = 20
"""Scenes whose sound is in memory at once."""
LONGEST_ANSWER = 320
"""Tokens: about twice the list of twelve events, the longest that is asked for."""

SKILLS = ("events", "count", "order_first", "order_list", "instrument", "transcript")
ORDERS = ("order_first", "order_list")
"""Skills that are asked for reasoning in steps first."""

Parts = tuple[float, float]


@dataclass(frozen=True)
class Item:
    """A question about a scene, with all that marking needs."""

    scene: int
    question: Question
    truth: tuple[Timed, ...]
    """Events that a full answer lists."""
    options: tuple[str, ...]
    """What the question names to be put in order, in its order."""

    @property
    def kind(self) -> tuple[str, int]:
        """Questions of one kind share a most frequent answer."""
        return self.question.skill, len(self.options)


@dataclass(frozen=True)
class Figure:
    """What is measured, on the questions of which skills, and how one answer is marked."""

    title: str
    skills: tuple[str, ...]
    parts: Callable[[Item, str], Parts]
    percent: bool = True
    lower_is_better: bool = False


@dataclass(frozen=True)
class Score:
    """A figure as measured, its 95 % interval, and the two baselines."""

    value: float | None
    low: float | None
    high: float | None
    majority: float | None
    no_audio: float | None


def listed(answer: str) -> list[Timed]:
    """The events that an answer lists."""
    return list(parse(answer, convention="seconds").events)


def whole(item: Item, answer: str) -> Parts:
    """One question, right by its whole answer or wrong."""
    return float(plain(answer) == plain(item.question.answer)), 1.0


FIGURES = {
    "event_f1": Figure(
        "events, start within 0.5 s (F1)",
        ("events",),
        lambda item, answer: f1_parts(item.truth, listed(answer), onset_fits),
        percent=False,
    ),
    "event_f1_both_ends": Figure(
        "events, start and end within 0.5 s (F1)",
        ("events",),
        lambda item, answer: f1_parts(item.truth, listed(answer), both_ends_fit),
        percent=False,
    ),
    "mean_iou": Figure(
        "overlap of the events found (mean IoU)",
        ("events",),
        lambda item, answer: overlap_parts(item.truth, listed(answer)),
        percent=False,
    ),
    "counting_accuracy": Figure("counting", ("count",), whole),
    "order_accuracy": Figure("order", ORDERS, whole),
    "instrument_accuracy": Figure("instrument", ("instrument",), whole),
    "wer": Figure(
        "spoken words (WER, lower is better)",
        ("transcript",),
        lambda item, answer: word_parts(item.question.answer, answer),
        lower_is_better=True,
    ),
}


def seconds_of(number: int) -> float:
    """How long scene ``number`` lasts: a function of the number alone, in tenths of a second."""
    rng = np.random.default_rng((SEED, number))
    shortest, longest = (15.0, 60.0) if number % 5 == 4 else (8.0, 12.0)
    return round(float(np.exp(rng.uniform(np.log(shortest), np.log(longest)))), 1)


def make(number: int, sources: Sources) -> tuple[list[Item], Samples]:
    """Scene ``number``: what is asked about it, and its sound."""
    scene, plan = compose(SEED * 1000 + number, sources.world, seconds_of(number), sources)
    rng = np.random.default_rng((SEED, number, 1))
    items = [item_of(number, scene, question) for question in questions(scene, rng, SKILLS, choice=0.0)]
    return items, render_all(plan)


def item_of(number: int, scene: Scene, question: Question) -> Item:
    """``question`` with the events that decide it, and with the options of an order as the question names them."""
    deciding = [event for event in scene.events if Span(event.start, event.end) in question.evidence]
    names = {mention(event.label) for event in deciding} if question.skill in ORDERS and len(deciding) > 1 else set()
    places = {name: re.search(rf"(?<!\w){re.escape(name)}(?!\w)", question.text, re.IGNORECASE) for name in names}
    return Item(
        scene=number,
        question=question,
        truth=tuple(Timed(event.start, event.end, event.label) for event in deciding),
        options=tuple(sorted(names, key=lambda name: found.start() if (found := places[name]) else -1)),
    )


def most_frequent(items: Sequence[Item]) -> list[str]:
    """To each question the most frequent true answer to its kind; an order counts by places in the question."""
    counts: dict[tuple[str, int], Counter[str]] = {}
    for item in items:
        counts.setdefault(item.kind, Counter())[as_places(item)] += 1
    return [from_places(item, counts[item.kind].most_common(1)[0][0]) for item in items]


def as_places(item: Item) -> str:
    """The true answer, the options in it replaced by their number in the question: "2, 1" of "x, y"."""
    if not item.options:
        return item.question.answer
    return ", ".join(str(item.options.index(name)) for name in item.question.answer.split(", "))


def from_places(item: Item, answer: str) -> str:
    """The inverse of ``as_places``, for any answer to the same kind of question."""
    return ", ".join(item.options[int(place)] for place in answer.split(", ")) if item.options else answer


def parts_of(figure: Figure, items: Sequence[Item], answers: Sequence[str]) -> NDArray[np.float64]:
    """The two sums of every scene that was asked; [scenes, 2]."""
    sums: dict[int, list[float]] = {}
    for item, answer in zip(items, answers, strict=True):
        if item.question.skill in figure.skills:
            total = sums.setdefault(item.scene, [0.0, 0.0])
            above, below = figure.parts(item, answer)
            total[0] += above
            total[1] += below
    return np.array(list(sums.values()), dtype=np.float64).reshape(-1, 2)


def score(figure: Figure, items: Sequence[Item], heard: Sequence[str], unheard: Sequence[str]) -> Score:
    """``figure`` of what the model answered with sound, beside its answers without and a constant one."""
    parts = parts_of(figure, items, heard)
    low, high = interval(parts)
    constant = [ratio(parts_of(figure, items, answers)) for answers in (most_frequent(items), [""] * len(items))]
    known = [value for value in constant if value is not None]
    best = min if figure.lower_is_better else max
    return Score(ratio(parts), low, high, best(known, default=None), ratio(parts_of(figure, items, unheard)))


def answer(engine: Engine, sources: Sources, scenes: int, tell: Tell) -> tuple[list[Item], list[str], list[str]]:
    """All questions about the first ``scenes`` scenes, and the model's answers with sound and without."""
    items, heard, unheard = list[Item](), list[str](), list[str]()
    order = sorted(range(scenes), key=seconds_of)  # scenes of about one length waste no padding on each other
    for first in range(0, scenes, TOGETHER):
        made = [make(number, sources) for number in order[first : first + TOGETHER]]
        new = [(item, sound) for asked, sound in made for item in asked]
        items += [item for item, _ in new]
        heard += ask(engine, new)
        silence = {len(sound): np.zeros_like(sound) for _, sound in new}
        unheard += ask(engine, [(item, silence[len(sound)]) for item, sound in new])
        tell("Asking", min(first + TOGETHER, scenes), scenes)
    return items, heard, unheard


def ask(engine: Engine, asked: Sequence[tuple[Item, Samples]]) -> list[str]:
    """What the model answers."""
    think = f" {engine.card.think}"
    questions_asked = [
        (Clip(sound, rate=SAMPLE_RATE), item.question.text + (think if item.question.skill in ORDERS else ""))
        for item, sound in asked
    ]
    replies = engine.ask_many(questions_asked, max_new_tokens=LONGEST_ANSWER)
    return [reply.text for reply in replies]


def open_bank(folder: Path, sounds: tuple[str, ...], tell: Tell) -> Bank:
    """The bank of the test world in ``folder``, of ``sounds`` or of all; built there if it is not."""
    size = BankSize(variants=VARIANTS, sentences=SENTENCES, phrases=PHRASES, sounds=sounds or None)
    if (folder / "index.json").is_file():
        bank = Bank.open(folder)
        if (bank.index.seed, bank.index.size) == (SEED, size):
            return bank
    return build(folder, "test", SEED, size, progress=lambda done, total: tell("Making sounds", done, total))


def rows(scores: dict[str, Score], name: str) -> Iterator[tuple[str, str, str, str, str]]:
    """The table, heading first."""
    yield "", name, "95 % interval", "most frequent answer", "no sound"
    for key, it in scores.items():

        def shown(value: float | None, *, percent: bool = FIGURES[key].percent) -> str:
            if value is None:
                return "-"
            return f"{100 * value:.1f} %" if percent else f"{value:.3f}"

        between = f"{shown(it.low)} to {shown(it.high)}" if it.low is not None else "-"
        yield FIGURES[key].title, shown(it.value), between, shown(it.majority), shown(it.no_audio)


def as_text(table: Sequence[tuple[str, ...]]) -> str:
    """Columns of equal width."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = []
    for first, *others in table:
        cells = [first.ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def as_markdown(table: Sequence[tuple[str, ...]]) -> str:
    """A table for a document."""
    heading, *lines = ("| " + " | ".join(row) + " |" for row in table)
    return "\n".join([heading, "|---" + "|---:" * (len(table[0]) - 1) + "|", *lines])


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="nano", help="nano, or a folder")
    parser.add_argument("--limit", type=int, default=SCENES, metavar="N", help=f"scenes (default {SCENES})")
    parser.add_argument("--bank", type=Path, default=BANK, help="a bank of the test world; built if it is not there")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--markdown", action="store_true", help="print a table in Markdown")
    given = parser.parse_args(arguments)
    if given.limit < 1:
        parser.error("--limit takes 1 or more")

    with progress_bars() as tell:
        engine = afnext.load(given.model)
        sources = open_bank(given.bank, engine.card.sounds, tell)
        items, heard, unheard = answer(engine, sources, given.limit, tell)
    scores = {name: score(figure, items, heard, unheard) for name, figure in FIGURES.items()}
    if given.json:
        print(json.dumps({name: asdict(it) for name, it in scores.items()}))
        return
    minutes = sum(map(seconds_of, range(given.limit))) / 60
    print(f"{len(items)} questions about {given.limit} scenes of the {sources.world} world, {minutes:.0f} minutes")
    print()
    table = list(rows(scores, Path(given.model).name))
    print(as_markdown(table) if given.markdown else as_text(table))


if __name__ == "__main__":
    try:
        main()
    except AfnextError as error:
        print(f"accuracy_nano: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
