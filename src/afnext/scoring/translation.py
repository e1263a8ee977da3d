"""BLEU by sacrebleu, with its signature: scores without one cannot be compared.

Source: QwenLM/Qwen2-Audio ``eval_audio/evaluate_st.py``: corpus BLEU, no normalising, the tokenizer by the *target*
language: zh for Chinese, ja-mecab for Japanese, 13a elsewhere. lmms-eval normalises and lower-cases first, AudioBench
uses flores101, NeMo-Skills averages sentence BLEU: three other metrics.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from afnext.base.errors import MissingToolError
from afnext.base.packages import package
from afnext.scoring.mark import Mark, Row, predicted, take
from afnext.scoring.said import answer_of, said

TOKENIZERS = {"zh": "zh", "ja": "ja-mecab"}


@dataclass(frozen=True, slots=True)
class Bleu:
    """Corpus BLEU from 0 to 100 and sacrebleu's signature of how it was made."""

    score: float
    signature: str


def bleu(references: Sequence[str], hypotheses: Sequence[str], language: str = "en") -> Bleu:
    """Corpus BLEU of ``hypotheses`` in ``language`` (such as en, zh, zh-CN, ja), one reference each.

    Raises:
        MissingToolError: sacrebleu is not installed, or its Japanese tokenizer for ja.
    """
    target = language.replace("_", "-").split("-")[0].lower()
    module = package("sacrebleu.metrics", "evaluate")
    try:
        metric = module.BLEU(tokenize=TOKENIZERS.get(target, "13a"))
    except RuntimeError as error:
        raise MissingToolError(f"no tokenizer for {language}", do="pip install 'sacrebleu[ja]'") from error
    found = metric.corpus_score(list(hypotheses), [list(references)])
    return Bleu(float(found.score), str(metric.get_signature()))


def sides(row: Row) -> tuple[str, str, str, bool]:
    """Reference, prediction and target language of a row, and whether the prediction is missing."""
    reference = said(take(row, "reference", "ref", "gt", "translation", "answer"))
    prediction, missing = predicted(row, "prediction", "hypothesis", "response", "model_output", "output")
    return reference, answer_of(prediction), str(row.get("language", row.get("target", "en"))), missing


def mark(row: Row) -> Mark:
    """Fields: ``reference``, ``prediction``, ``language`` (the target, en if left out). Verdict: null."""
    return Mark(None, known=False, missing=sides(row)[3])
