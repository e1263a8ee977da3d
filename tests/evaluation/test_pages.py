"""docs/benchmarks.md is what the pages say, and every page says what it must."""

from pathlib import Path

import pytest

from afnext.evaluation.catalog import CATALOG
from afnext.evaluation.pages import document
from afnext.scoring.judge_specs import SPECS
from afnext.scoring.rules import RULES

DOCUMENT = Path(__file__).parents[2] / "docs/benchmarks.md"


def test_the_document_is_current():
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "run make benchmarks-page"


@pytest.mark.parametrize("name", CATALOG)
def test_a_page_is_whole(name):
    task = CATALOG[name]
    assert task.rule in RULES
    assert all(spec in SPECS for spec in task.judge)
    assert task.source.hub or task.source.address
    assert task.schema
    assert task.about.endswith((".", ")"))
    assert task.spelling.source
    assert task.certain or task.doubt
    assert all(one.model and one.score and one.source for one in task.published)
    assert task.title in DOCUMENT.read_text(encoding="utf-8") or task.family
