"""Diarisation error rate: how long somebody is missed, heard though silent, or taken for another.

    DER = (missed + false alarm + confusion) / speech        all in seconds, speech of each speaker counted

Speakers of both sides are matched one to one so that they talk at the same time for as long as possible; no collar, and
overlapping speech counts. Source: NIST RT-09 evaluation plan, section 4.1 (``md-eval``), with a collar of zero, which
dscore and DIHARD use.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from afnext.base.errors import ScoreError
from afnext.scoring.mark import Mark, Row, predicted, take
from afnext.scoring.said import answer_of
from afnext.scoring.speakers import Turn, is_placed, turns_of


@dataclass(frozen=True, slots=True)
class Confusion:
    """Seconds of error, and of speech that there is."""

    missed: float
    false_alarm: float
    confusion: float
    speech: float


def errors(reference: Sequence[Turn], hypothesis: Sequence[Turn]) -> Confusion:
    """The errors of turns with times; the words do not count.

    >>> errors([Turn("a", "", 0.0, 2.0)], [Turn("x", "", 1.0, 3.0)])
    Confusion(missed=1.0, false_alarm=1.0, confusion=0.0, speech=2.0)
    """
    pieces = _pieces(reference, hypothesis)
    mine = sorted({name for _, talking, _ in pieces for name in talking})
    theirs = sorted({name for _, _, heard in pieces for name in heard})
    common: dict[tuple[str, str], float] = defaultdict(float)
    for seconds, talking, heard in pieces:
        for pair in product(talking, heard):
            common[pair] += seconds
    together = [[common[name, other] for other in theirs] for name in mine]
    match = {mine[row]: theirs[column] for row, column in best_pairs(together)}
    missed = false_alarm = confusion = speech = 0.0
    for seconds, talking, heard in pieces:
        right = sum(match.get(name) in heard for name in talking)
        missed += seconds * max(0, len(talking) - len(heard))
        false_alarm += seconds * max(0, len(heard) - len(talking))
        confusion += seconds * (min(len(talking), len(heard)) - right)
        speech += seconds * len(talking)
    return Confusion(missed, false_alarm, confusion, speech)


def best_pairs(weights: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Rows paired with columns, each once, so that the sum of weights is highest (the Hungarian method).

    >>> best_pairs([[3.0, 2.0], [2.5, 0.0]])
    [(0, 1), (1, 0)]
    """
    if not weights or not weights[0]:
        return []
    flipped = len(weights) > len(weights[0])
    rows = [list(column) for column in zip(*weights, strict=True)] if flipped else [list(row) for row in weights]
    count, width = len(rows), len(rows[0])
    over, under = [0.0] * (count + 1), [0.0] * (width + 1)
    taken = [0] * (width + 1)
    for row in range(1, count + 1):
        taken[0], column = row, 0
        least, way, used = [float("inf")] * (width + 1), [0] * (width + 1), [False] * (width + 1)
        while taken[column]:
            used[column] = True
            now, step, after = taken[column], float("inf"), 0
            for other in range(1, width + 1):
                if not used[other]:
                    cost = -rows[now - 1][other - 1] - over[now] - under[other]
                    if cost < least[other]:
                        least[other], way[other] = cost, column
                    if least[other] < step:
                        step, after = least[other], other
            for other in range(width + 1):
                if used[other]:
                    over[taken[other]] += step
                    under[other] -= step
                else:
                    least[other] -= step
            column = after
        while column:
            taken[column], column = taken[way[column]], way[column]
    pairs = [(taken[column] - 1, column - 1) for column in range(1, width + 1) if taken[column]]
    return sorted((column, row) for row, column in pairs) if flipped else sorted(pairs)


def mark(row: Row) -> Mark:
    """Fields: ``reference`` and ``prediction``, as ``[Speaker 1] <t>0.0-1.0</t> ...`` or lists of turns with times.

    Verdict: ``{"missed", "false_alarm", "confusion", "speech"}`` in seconds. Turns that are predicted without times
    are not there.
    """
    reference = turns_of(take(row, "reference", "answer"))
    if not all(map(is_placed, reference)):
        raise ScoreError("turns without times", expected="start and end of every turn", do="use cpwer")
    value, missing = predicted(row, "prediction", "response", "model_output", "output")
    said = turns_of(value if isinstance(value, list) else answer_of(value), lenient=True)
    found = errors(reference, [turn for turn in said if is_placed(turn)])
    verdict = {
        "missed": found.missed,
        "false_alarm": found.false_alarm,
        "confusion": found.confusion,
        "speech": found.speech,
    }
    return Mark(verdict, known=False, missing=missing)


def _pieces(
    reference: Sequence[Turn], hypothesis: Sequence[Turn]
) -> list[tuple[float, frozenset[str], frozenset[str]]]:
    """The recording cut at every border of a turn: seconds, who talks, who is said to."""
    sides = [[(turn.start or 0.0, turn.end or 0.0, turn.speaker) for turn in side] for side in (reference, hypothesis)]
    moments = sorted(
        (time, number, name, step)
        for number, side in enumerate(sides)
        for start, end, name in side
        for time, step in ((start, 1), (end, -1))
    )
    now: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    found, last = [], 0.0
    for time, number, name, step in moments:
        if time > last:
            talking, heard = (frozenset(name for name, count in side.items() if count > 0) for side in now)
            if talking or heard:
                found.append((time - last, talking, heard))
            last = time
        now[number][name] += step
        if not now[number][name]:
            del now[number][name]
    return found
