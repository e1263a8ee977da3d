"""How fast predictions are scored.

    python benchmarks/scoring.py               a table; about a minute
    python benchmarks/scoring.py --json        one object: figure -> {ours, peer, ratio, unit}
    python benchmarks/scoring.py --quick       a tenth of the rows, told for as many
    python benchmarks/scoring.py --cpu-time    by processor time, for a machine with other work

    scoring_seconds_100k  100,000 rows in files, in equal parts of MMAU, MMSU, MuChoMusic, RUL-MuChoMusic, CMM and
                          MMAU-Pro's checks: read, marked under all protocols, summed up with clustered intervals. No
                          library scores them; the peer is the 30 seconds that a run may spend on it
    wer_seconds_10k       word error rate of 10,000 transcripts in Whisper's recipe. The peer: transformers' English
                          normaliser and jiwer; both give the same rate, or the benchmark ends

Ratios are above 1 where ours is better.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jiwer
from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

from _clock import Comparison, race, seconds
from afnext import AfnextError
from afnext.scoring.english import british
from afnext.scoring.rows import read_rows
from afnext.scoring.rules import RULES
from afnext.scoring.summary import summarise
from afnext.scoring.transcript import count

ROWS = 100_000
TRANSCRIPTS = 10_000
ALLOWED = 30.0
WORDS = (
    *("the", "colour", "of", "Mr.", "O'Brien's", "dog", "barks", "twenty-one", "times,", "isn't", "it?", "um", "$5.20"),
    *(
        "a",
        "man",
        "speaks",
        "while",
        "rain",
        "falls",
        "on",
        "hundred",
        "roofs",
        "and",
        "nobody",
        "organised",
        "theatre",
    ),
)
MIXED = ("mmau", "mmsu", "muchomusic", "rul-muchomusic", "cmm", "mmau-pro-if")


def row(rule: str, number: int, dice: random.Random) -> dict[str, Any]:
    """A row of ``rule``: what a talkative model may say about four options."""
    options = [" ".join(dice.sample(WORDS, 3)) for _ in range(4)]
    said = f"The correct answer is ({dice.choice('ABCD')}) {dice.choice(options)}. {' '.join(dice.sample(WORDS, 12))}"
    letters = dict(zip("ABCD", options, strict=True))
    choices = {f"choice_{letter.lower()}": option for letter, option in letters.items()}
    fields: dict[str, dict[str, Any]] = {
        "mmau": {"answer": options[0], "choices": options, "model_output": said},
        "mmsu": {**choices, "answer_gt": options[1], "response": said},
        "muchomusic": {"options": options, "answer": options[2], "output": said},
        "rul-muchomusic": {"mapping": letters, "correct_answer": options[0], "response": said},
        "cmm": {"answer": "yes", "pred": said},
        "mmau-pro-if": {"task_identifier": "Number Sentences (at most)", "kwargs": {"N": 2}, "response": said},
    }
    return {"audio_id": number // 6, **fields[rule]}


def write_rows(folder: Path, rows: int) -> list[Path]:
    """A file of each rule of ``MIXED``, ``rows`` lines in all."""
    dice = random.Random(0)
    paths = []
    for rule in MIXED:
        paths.append(folder / f"{rule}.jsonl")
        lines = (json.dumps(row(rule, number, dice)) for number in range(rows // len(MIXED)))
        paths[-1].write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return paths


def score(paths: Sequence[Path]) -> int:
    """Score files as `afnext score` does; how many rows."""
    scored = 0
    for path in paths:
        rows = [one for _, one in read_rows(path) if isinstance(one, dict)]
        marks = [RULES[path.stem].mark(one) for one in rows]
        scored += summarise(rows, marks).rows
    return scored


def transcripts(number: int) -> tuple[list[str], list[str]]:
    """References and what was heard, with a word or two wrong."""
    dice = random.Random(1)
    references = [[dice.choice(WORDS) for _ in range(dice.randint(5, 30))] for _ in range(number)]
    heard = [[dice.choice(WORDS) if dice.random() < 0.08 else word for word in words] for words in references]
    return [" ".join(words) for words in references], [" ".join(words) for words in heard]


def our_rate(references: Sequence[str], heard: Sequence[str]) -> float:
    """Word error rate by the recipe ``wer-whisper``."""
    counts = [one for pair in zip(references, heard, strict=True) if (one := count("wer-whisper", *pair))]
    return sum(one.edits for one in counts) / sum(one.length for one in counts)


def their_rate(references: Sequence[str], heard: Sequence[str]) -> float:
    """The same by transformers and jiwer."""
    normalise = EnglishTextNormalizer(british())  # type: ignore[no-untyped-call]
    return float(jiwer.wer([normalise(text) for text in references], [normalise(text) for text in heard]))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, the time told for all")
    parser.add_argument("--cpu-time", action="store_true", help="processor time, not the wall clock's")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    part = 10 if given.quick else 1
    clock = time.process_time if given.cpu_time else time.perf_counter

    with tempfile.TemporaryDirectory() as place:
        rows = ROWS // part
        paths = write_rows(Path(place), rows)
        took = seconds(lambda: score(paths), clock) * part
    references, heard = transcripts(TRANSCRIPTS // part)
    ours, theirs = our_rate(references, heard), their_rate(references, heard)
    if abs(ours - theirs) > 1e-12:
        sys.exit(f"scoring: a word error rate of {ours}; expected {theirs}")
    raced = race(
        lambda: our_rate(references, heard), lambda: their_rate(references, heard), 2 if given.quick else 3, clock
    )
    found = {
        "scoring_seconds_100k": Comparison(took, ALLOWED, "s"),
        "wer_seconds_10k": Comparison(raced.ours * part, raced.peer * part, "s"),
    }
    if given.json:
        print(json.dumps({name: comparison.to_dict() for name, comparison in found.items()}))
        return
    print(f"{'':24}{'ours':>8}{'peer':>8}{'ratio':>8}")
    for name, it in found.items():
        print(f"{name:24}{it.ours:8.2f}{it.peer:8.2f}{it.ratio:8.2f}  {it.unit}")


if __name__ == "__main__":
    try:
        main()
    except AfnextError as error:
        sys.exit(f"scoring: {error}")
