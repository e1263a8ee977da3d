"""What needs no ear: the scores of choosing the first option, the longest, or the most frequent answer."""

from collections import Counter
from collections.abc import Iterable, Sequence


def baselines(items: Iterable[tuple[Sequence[str], int]]) -> dict[str, float]:
    """Accuracies of trivial choices over items of options and the index of the right one; {} over no items.

    ``chance`` is the mean of one over the number of options. A choice is right when its text is the right one's. Of
    equally long options the first is chosen; the most frequent answer is the one that these items have most often.

    >>> baselines([(["yes", "no"], 0), (["no", "maybe"], 1)])
    {'chance': 0.5, 'first option': 0.5, 'longest option': 1.0, 'most frequent answer': 0.5}
    """
    rows = [(list(options), options[right]) for options, right in items if options]
    if not rows:
        return {}
    frequent = Counter(answer for _, answer in rows).most_common(1)[0][1]
    return {
        "chance": sum(1 / len(options) for options, _ in rows) / len(rows),
        "first option": sum(options[0] == answer for options, answer in rows) / len(rows),
        "longest option": sum(max(options, key=len) == answer for options, answer in rows) / len(rows),
        "most frequent answer": frequent / len(rows),
    }
