"""The journal loses at most the row that a kill cut."""

import json
import math
from pathlib import Path

import pytest

from afnext.base.journal import Journal


def test_rows_come_back_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "run/journal.jsonl")
    rows = [{"step": 1, "loss": 2.5}, {"step": 2, "note": "line\nbreak, naïve"}]
    for row in rows:
        journal.append(**row)
    assert list(Journal(journal.path).rows()) == rows
    assert len(journal.path.read_text(encoding="utf-8").splitlines()) == 2


def test_no_file_is_no_rows(tmp_path: Path) -> None:
    assert list(Journal(tmp_path / "none").rows()) == []


def test_a_row_is_on_disk_when_append_returns(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append(step=1)
    assert journal.path.read_bytes() == b'{"step": 1}\n'


LAST = '{"step": 2, "note": "naïve"}\n'.encode()


@pytest.mark.parametrize("kept", range(len(LAST) + 1))
def test_a_kill_at_any_byte_costs_that_row_only(tmp_path: Path, kept: int) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append(step=1)
    with open(journal.path, "ab") as file:
        file.write(LAST[:kept])
    journal.append(step=3)
    steps = [row["step"] for row in journal.rows()]
    whole = kept >= len(LAST) - 1  # all but the line's end
    assert steps == ([1, 2, 3] if whole else [1, 3])


def test_numbers_that_are_not_finite_are_null(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append(loss=math.nan, norm=math.inf)
    assert json.loads(journal.path.read_text()) == {"loss": None, "norm": None}
