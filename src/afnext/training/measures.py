"""Figures that tell how a run goes; scores that are published come from elsewhere."""

from collections.abc import Sequence


def f1(hits: int, claimed: int, true: int) -> float:
    """Harmonic mean of precision (hits / claimed) and recall (hits / true); 0 if nothing was hit."""
    return 2 * hits / (claimed + true) if hits else 0.0


def edit_distance(truth: Sequence[str], guess: Sequence[str]) -> int:
    """Fewest insertions, deletions and substitutions that turn ``guess`` into ``truth`` (Levenshtein)."""
    row = list(range(len(guess) + 1))
    for i, wanted in enumerate(truth, start=1):
        diagonal, row[0] = row[0], i
        for j, got in enumerate(guess, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (wanted != got))
    return row[-1]


def word_error_rate(pairs: Sequence[tuple[str, str]]) -> float:
    """Word errors of all (truth, guess) pairs over the number of true words."""
    errors = sum(edit_distance(truth.split(), guess.split()) for truth, guess in pairs)
    return errors / max(1, sum(len(truth.split()) for truth, _ in pairs))
