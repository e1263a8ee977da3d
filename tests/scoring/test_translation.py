"""BLEU by sacrebleu: the tokenizer by the target language, the signature beside the score."""

import importlib.util

import pytest
import sacrebleu

from afnext.base.errors import MissingToolError
from afnext.scoring.translation import bleu

PAIRS = (["the dog ran over the green hill", "it is raining"], ["the dog ran over a green hill", "it is raining now"])


def test_it_is_corpus_bleu_with_13a():
    found = bleu(*PAIRS, "en")
    assert found.score == sacrebleu.corpus_bleu(PAIRS[1], [PAIRS[0]]).score
    assert "tok:13a" in found.signature
    assert "case:mixed" in found.signature


def test_chinese_is_divided_into_characters():
    found = bleu(["你好吗朋友今天"], ["你好吗朋友昨天"], "zh-CN")
    assert "tok:zh" in found.signature
    assert found.score > bleu(["你好吗朋友今天"], ["你好吗朋友昨天"], "en").score


@pytest.mark.skipif(importlib.util.find_spec("MeCab") is not None, reason="the Japanese tokenizer is here")
def test_a_missing_tokenizer_is_named():
    with pytest.raises(MissingToolError, match=r"no tokenizer for ja; pip install 'sacrebleu\[ja\]'"):
        bleu(["雨"], ["雨"], "ja")
