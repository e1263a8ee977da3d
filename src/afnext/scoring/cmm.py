"""CMM (The Curse of Multi-Modalities): yes or no within the first five characters.

Source: DAMO-NLP-SG/CMM ``evaluation/calculate_score.py`` (6a59258). Kept on purpose: "Unknown" and "I know it" are no,
"I did not" is nothing.
"""

from collections.abc import Iterable

from afnext.scoring.mark import Mark, Row, place, predicted, take
from afnext.scoring.options import parse_option
from afnext.scoring.said import said

YES_NO = ("yes", "no")


def matches(answer: str, prediction: str) -> bool:
    """Whether the answer stands within the first five characters of the prediction, both stripped and lower-cased.

    >>> matches("no", "Unknown"), matches("no", "I did not")
    (True, False)
    """
    return answer.strip().lower() in prediction.strip().lower()[:5]


def mark(row: Row) -> Mark:
    """Fields: ``answer`` (yes or no), ``pred``. Verdict: true or false."""
    answer = said(take(row, "answer", expected="yes or no"))
    prediction, missing = predicted(row, "pred", "prediction", "response", "model_output", "output")
    verdict = matches(answer, said(prediction))
    option = parse_option(prediction, YES_NO)
    right, note = place(answer.strip().lower(), YES_NO)
    parsed = float(option is not None and option == right)
    return Mark(
        verdict,
        float(verdict),
        parsed,
        unparsed=option is None,
        missing=missing,
        options=YES_NO,
        right=right,
        note=note,
    )


def rates(rows: Iterable[Row]) -> dict[str, float]:
    """Perception accuracy (over answers of yes), hallucination resistance (over no), and accuracy; 0 where none is."""
    hits: dict[str, list[bool]] = {"perception_accuracy": [], "hallucination_resistance": [], "accuracy": []}
    for row in rows:
        answer, prediction = said(row.get("answer")).strip().lower(), said(predicted(row, "pred", "prediction")[0])
        hits["accuracy"].append(matches(answer, prediction))
        if "yes" in answer[:5]:
            hits["perception_accuracy"].append(matches("yes", prediction))
        elif "no" in answer[:5]:
            hits["hallucination_resistance"].append(matches("no", prediction))
    return {name: sum(found) / len(found) if found else 0.0 for name, found in hits.items()}
