"""Figures against sums done by hand; tables; paired tests."""

import csv
import io
import json
import math

import pytest

from afnext.base.errors import BenchmarkError
from afnext.evaluation.catalog import CATALOG
from afnext.evaluation.figures import figures_of, overall
from afnext.evaluation.folder import Folder
from afnext.evaluation.marking import scored
from afnext.evaluation.pairs import compare_runs, told
from afnext.evaluation.record import Record
from afnext.evaluation.table import comma_separated, markdown, terminal


def record(item, said, answer="yes", task="cmm", audio=None, **more):
    row = {"answer": answer, "pred": said}
    given = {"row": row, "answer": answer, "text": said or "", "raw": said, "revision": "r", **more}
    made = Record(
        task=task,
        item=item,
        audio=(audio or f"sha-{item}",),
        prompt_hash="p",
        model="m",
        prompt="Is it there?",
        **given,
    )
    return scored(CATALOG[task], made)


def fill(folder, records, *, deaf=False):
    for one in records:
        Folder(folder).journal(one.task, deaf=deaf).append(**one.model_dump(mode="json"))
    return Folder(folder)


def test_protocols_baselines_counts_and_clusters_by_hand(tmp_path):
    folder = fill(
        tmp_path,
        [
            record("a", "yes", "yes", audio="one"),
            record("b", "Unknown", "no", audio="one"),  # no, by the official rule; nothing, by the parser
            record("c", "no", "yes", audio="two"),
            record("d", None, "no", error="a recording that does not decode"),
        ],
    )
    fill(tmp_path, [record("a", "no", "yes"), record("b", "no", "no")], deaf=True)
    found = figures_of(folder, CATALOG["cmm"])
    protocols = found.summary.protocols
    assert protocols["official"].value == pytest.approx(2 / 3)
    assert protocols["official"].clusters == 2
    assert protocols["parsed"].value == pytest.approx(1 / 4)
    assert protocols["all-items"].value == pytest.approx(2 / 4)
    assert (found.summary.unparsed, found.errors, found.summary.broken) == (1, 1, 1)
    assert found.deaf is not None
    assert found.deaf.value == 0.5
    assert found.whole["hallucination_resistance"] == 1.0
    assert found.figure is not None
    assert found.figure.value == 0.5  # over all items: what was not heard is wrong
    shown = terminal([found])
    assert "66.7" in shown
    assert "50.0" in shown
    assert "| cmm | cmm | 4 |" in markdown([found])
    rows = list(csv.DictReader(io.StringIO(comma_separated([found]))))
    value = next(row for row in rows if row["score"] == "official" and not row["field"])
    assert float(value["value"]) == pytest.approx(2 / 3, abs=1e-5)
    assert int(next(row for row in rows if row["score"] == "errors")["value"]) == 1


def test_what_could_not_be_heard_has_all_words_wrong(tmp_path):
    def heard(item, said, words, **more):
        row = {"reference": words} | ({} if said is None else {"prediction": said})
        return record(item, said, words, "librispeech-clean", row=row, **more)

    folder = fill(tmp_path, [heard("a", "the dog", "the dog"), heard("b", None, "a cat", error="broken")])
    found = figures_of(folder, CATALOG["librispeech-clean"])
    assert found.whole["error_rate"]["value"] == 0.0
    assert found.whole_all["error_rate"]["value"] == 0.5


def test_what_could_not_be_asked_waits_for_no_judge(tmp_path):
    row = {"question": "q", "answer": ""}
    broken = record("a", None, None, "voicebench-alpacaeval", row=row, error="broken")
    waits = record("b", "hello", None, "voicebench-alpacaeval", row={**row, "response": "hello"})
    done = record("c", "hello", None, "voicebench-alpacaeval", row={**row, "response": "hello", "score": ["4", "5"]})
    found = figures_of(fill(tmp_path, [broken, waits, done]), CATALOG["voicebench-alpacaeval"])
    assert (found.pending, found.errors) == (1, 1)
    assert found.whole["gpt"] == found.whole_all["gpt"] == 4.5
    assert found.summary.protocols["all-items"].value == pytest.approx(0.45)


def test_the_last_record_of_an_asking_counts(tmp_path):
    folder = fill(tmp_path, [record("a", "no"), record("a", "yes")])
    assert figures_of(folder, CATALOG["cmm"]).summary.protocols["official"].value == 1.0
    folder.journal("cmm").append(task="cmm")
    with pytest.raises(BenchmarkError, match=r"records\.jsonl:3: revision: Field required; expected a record"):
        folder.records("cmm")


def test_overall_scores_weigh_parts_as_the_board_does(tmp_path):
    parts = {
        "mmau-pro-closed": [("x", {"answer": "x", "choices": ["x", "y"]}, "model_output")] * 3,
        "mmau-pro-if": [("NO", {"task_identifier": "All Lowercase", "kwargs": {}}, "response")],
        "mmau-pro-open": [("x", {"question": "q", "answer": "x", "judgement": "OVERALL: 4"}, "model_output")] * 2,
    }
    found = []
    for task, items in parts.items():
        for number, (said, row, field) in enumerate(items):
            fill(tmp_path, [record(str(number), said, "x", task, row={**row, field: said})])
        found.append(figures_of(Folder(tmp_path), CATALOG[task]))
    assert overall(found) == {"mmau-pro": pytest.approx((3 * 1.0 + 1 * 0.0 + 2 * 0.8) / 6)}
    assert overall(found[:2]) == {}
    assert "mmau-pro" in terminal(found).splitlines()[-1] or "mmau-pro" in terminal(found)


def test_two_runs_are_compared_over_what_both_have(tmp_path):
    first = fill(tmp_path / "first", [record(str(number), "no") for number in range(6)])
    second = fill(tmp_path / "second", [record(str(number), "yes") for number in range(7)])
    (found,) = compare_runs(first, second)
    assert (found.first, found.second, found.only_second) == (0.0, 1.0, 1)
    assert found.difference.p == found.mcnemar == pytest.approx(2 / 2**6)
    assert "difference +100.0 (p = 0.0312" in told(found)
    clustered = fill(tmp_path / "third", [record(str(number), "yes", audio="one") for number in range(6)])
    same = fill(tmp_path / "fourth", [record(str(number), "no", audio="one") for number in range(6)])
    (found,) = compare_runs(same, clustered)
    assert found.difference.p == 1.0  # one recording shows nothing, however much is asked about it
    assert found.mcnemar is None
    other = fill(tmp_path / "fifth", [record("0", "no", task="cmm", revision="other")])
    with pytest.raises(BenchmarkError, match="share no scored sample"):
        compare_runs(first, other)


def test_a_folder_of_one_caption_has_no_cider_and_says_so(tmp_path):
    row = {"references": ["a dog barks"], "prediction": "a dog"}
    folder = fill(tmp_path, [record("a", "a dog", ["a dog barks"], "clotho", row=row)])
    found = figures_of(folder, CATALOG["clotho"])
    assert found.figure is None
    assert any("CIDEr-D of 1 item" in line for line in found.faults)
    assert json.loads(json.dumps(found.seconds)) == 0.0
    assert math.isnan(found.summary.protocols["official"].value) if found.summary.protocols else True
