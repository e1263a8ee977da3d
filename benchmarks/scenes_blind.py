"""Can scenes-20 be answered without ears? Guessers that read its questions and hear nothing.

    python benchmarks/scenes_blind.py FOLDER            a table for the benchmark that lies there
    python benchmarks/scenes_blind.py FOLDER --json     one object: guesser -> {ours, peer, ratio, unit}

Each guesser's accuracy stands beside that of chance (the mean of one over the options of each item), with the interval
that holds 95 % of 2000 resamplings of the recordings:

    place       the option in the place (A, B, ...) that is right most often among items with as many options
    template    the option that is right most often where the same template of words asks; else chance
    skill       the same where the same skill asks
    longest     the longest option
    shortest    the shortest
    middle      of options with numbers, the one in the middle; else chance

The first three learn from answers: of one half of the recordings to guess at the other, and the other way round. A
balanced set brings them a little below chance: what was right often in one half is due less often in the other.
"""

import argparse
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Item = dict[str, Any]
Guess = Callable[[Item], Sequence[str]]
"""The options between which a guesser cannot decide."""
SAMPLES = 2000
NUMBER = re.compile(r"\d+(?:\.\d+)?")


def read(folder: Path) -> list[Item]:
    """The items of the benchmark in ``folder``."""
    return [json.loads(line) for line in (folder / "scenes-20.jsonl").read_text(encoding="utf-8").splitlines()]


def right(item: Item, guess: Sequence[str]) -> float:
    """The chance that one of ``guess``, drawn at random, is right."""
    return guess.count(item["answer"]) / len(guess) if guess else 1 / len(item["choices"])


def by_place(known: Sequence[Item]) -> Guess:
    """The place that was right most often among items with as many options."""
    counts = Counter((len(item["choices"]), item["choices"].index(item["answer"])) for item in known)

    def guess(item: Item) -> Sequence[str]:
        often = [counts[len(item["choices"]), place] for place in range(len(item["choices"]))]
        return [option for option, count in zip(item["choices"], often, strict=True) if count == max(often)]

    return guess


def by_answer(known: Sequence[Item], group: Callable[[Item], str]) -> Guess:
    """The option that was right most often among items of the same group."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for item in known:
        counts[group(item)][item["answer"]] += 1

    def guess(item: Item) -> Sequence[str]:
        often = [counts[group(item)][option] for option in item["choices"]]
        return [option for option, count in zip(item["choices"], often, strict=True) if count == max(often)]

    return guess


LEARNERS: dict[str, Callable[[Sequence[Item]], Guess]] = {
    "place": by_place,
    "template": lambda known: by_answer(known, lambda item: item["template"]),
    "skill": lambda known: by_answer(known, lambda item: item["skill"]),
}


def halves(items: Sequence[Item], seed: int) -> tuple[list[Item], list[Item]]:
    """The items of one half of the recordings, drawn at random, and of the other."""
    names = sorted({item["audio"][0]["path"] for item in items})
    first = {names[index] for index in np.random.default_rng(seed).permutation(len(names))[: len(names) // 2]}
    sides: tuple[list[Item], list[Item]] = ([], [])
    for item in items:
        sides[item["audio"][0]["path"] not in first].append(item)
    return sides


def by_length(item: Item, *, longest: bool) -> Sequence[str]:
    """The longest options, or the shortest."""
    lengths = [len(option) for option in item["choices"]]
    best = max(lengths) if longest else min(lengths)
    return [option for option, length in zip(item["choices"], lengths, strict=True) if length == best]


def middle(item: Item) -> Sequence[str]:
    """Of numbers, those nearest to their median."""
    found = [NUMBER.search(option) for option in item["choices"]]
    if not all(found):
        return []
    numbers = np.array([float(one[0]) for one in found if one])
    away = np.abs(numbers - np.median(numbers))
    return [option for option, far in zip(item["choices"], away, strict=True) if far == away.min()]


def guessed(items: Sequence[Item], seed: int) -> dict[str, list[float]]:
    """For every guesser the chance that it is right about each item."""
    one, other = halves(items, seed)
    values: dict[str, list[float]] = {}
    for name, learn in LEARNERS.items():
        of_half = {True: learn(other), False: learn(one)}
        inside = {item["id"] for item in one}
        values[name] = [right(item, of_half[item["id"] in inside](item)) for item in items]
    for name, longest in (("longest", True), ("shortest", False)):
        values[name] = [right(item, by_length(item, longest=longest)) for item in items]
    values["middle"] = [right(item, middle(item)) for item in items]
    return values


def interval(items: Sequence[Item], values: Sequence[float], seed: int) -> tuple[float, float]:
    """What holds 95 % of the means over resampled recordings."""
    of_recording: dict[str, list[float]] = defaultdict(list)
    for item, value in zip(items, values, strict=True):
        of_recording[item["audio"][0]["path"]].append(value)
    sums = np.array([(sum(each), len(each)) for each in of_recording.values()])
    drawn = np.random.default_rng(seed).integers(len(sums), size=(SAMPLES, len(sums)))
    means = sums[drawn].sum(axis=1)
    low, high = np.percentile(means[:, 0] / means[:, 1], [2.5, 97.5])
    return float(low), float(high)


def main() -> None:
    """Guess and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if not (asked.folder / "scenes-20.jsonl").is_file():
        sys.exit(f"scenes_blind: {asked.folder} holds no scenes-20.jsonl; make it with afnext scenes --benchmark")
    items = read(asked.folder)
    chance = float(np.mean([1 / len(item["choices"]) for item in items]))
    figures = {}
    for name, values in guessed(items, 0).items():
        low, high = interval(items, values, 0)
        figures[name] = {
            "ours": round(100 * float(np.mean(values)), 1), "peer": round(100 * chance, 1),
            "ratio": round(float(np.mean(values)) / chance, 3), "unit": "%",
            "low": round(100 * low, 1), "high": round(100 * high, 1),
        }  # fmt: skip
    words = Counter(item["template"] for item in items)
    if asked.json:
        print(json.dumps(figures))
        return
    print(f"{len(items)} items; chance {100 * chance:.1f} %; the commonest template asks {max(words.values())} of them")
    print(f"{'guesser':14} {'accuracy':>9} {'95 %':>14} {'over chance':>12}")
    for name, figure in figures.items():
        between = f"{figure['low']:.1f} to {figure['high']:.1f}"
        print(f"{name:14} {figure['ours']:8.1f}% {between:>14} {figure['ours'] - figure['peer']:+11.1f}")


if __name__ == "__main__":
    main()
