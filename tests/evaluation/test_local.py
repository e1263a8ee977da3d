"""The shipped model on stand-ins: batches answer as single questions do, divided runs as whole ones."""

import json

import pytest

import afnext
from afnext.evaluation.asking import Wanted
from afnext.evaluation.catalog import CATALOG
from afnext.evaluation.folder import Folder, key_of
from afnext.evaluation.local import Local, identity
from afnext.evaluation.run import run_task


@pytest.fixture(scope="module")
def engine():
    return afnext.load("nano")


@pytest.fixture(scope="module")
def respondent(engine):
    return Local(engine, "nano@here", {"temperature": 0.0, "repetition_penalty": 1.0}, width=4)


def scores(folder):
    found = {key_of(record): (record.raw, json.dumps(dict(record.scores))) for record in folder.records("mmau")}
    return {key: found[key] for key in sorted(found)}


def test_a_batch_answers_as_one_question_alone_and_parts_as_the_whole(engine, respondent, data_root, tmp_path):
    task = CATALOG["mmau"]
    data = task.data(data_root)
    whole = Folder(tmp_path / "whole")
    run_task(task, data, whole, respondent, Wanted(max_new_tokens=12))
    for sample in task.samples(data):
        (record,) = [one for one in whole.records("mmau") if one.item == sample.item]
        alone = engine.ask(sample.audio[0], record.prompt, max_new_tokens=12)
        assert record.raw == alone.raw
    parts = Folder(tmp_path / "parts")
    for which in range(2):
        run_task(task, data, parts, respondent, Wanted(max_new_tokens=12, shard=(which, 2)))
    assert scores(parts) == scores(whole)


def test_spoken_questions_and_reasoning(engine, respondent, data_root, tmp_path):
    task = CATALOG["voicebench-advbench"]
    run_task(task, task.data(data_root), Folder(tmp_path), respondent, Wanted(max_new_tokens=4, limit=1))
    (record,) = Folder(tmp_path).records(task.name)
    assert record.prompt == ""
    assert record.raw is not None
    thinking = Local(engine, "nano", {}, think=True)
    assert thinking.settings["think"] is True
    run_task(task, task.data(data_root), Folder(tmp_path), thinking, Wanted(max_new_tokens=4, limit=1))
    assert len(Folder(tmp_path).journal(task.name).path.read_text().splitlines()) == 2


def test_a_model_is_named_with_a_hash_of_its_weights():
    name = identity("nano")
    assert name == identity("nano")
    assert name.startswith("nano@")
    assert len(name.partition("@")[2]) == 12
