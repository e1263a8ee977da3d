"""A model behind an address, over real HTTP."""

import time

import pytest

from afnext.base.errors import BenchmarkError
from afnext.evaluation.asking import Wanted
from afnext.evaluation.folder import Folder
from afnext.evaluation.marking import Panel
from afnext.evaluation.remote import Remote
from afnext.evaluation.respondent import Asked
from afnext.evaluation.run import run_task
from afnext.scoring.endpoint import Endpoint


def test_recordings_and_words_arrive_and_reasoning_is_taken_apart(server, remote, opened, tmp_path):
    task, data = opened("mmau")
    run_task(task, data, Folder(tmp_path), remote, Wanted())
    assert len(server.calls) == 6
    body = server.calls[0]
    assert body["model"] == "ears"
    assert body["max_tokens"] == task.words
    assert [part["type"] for part in body["messages"][0]["content"]] == ["input_audio", "text"]
    for record in Folder(tmp_path).records("mmau"):
        assert record.model == f"{server.address} ears"
        assert record.raw.startswith("<think>")
        assert record.text.startswith("The answer is")
        assert record.steps[0].start == 0.0
        assert record.row["model_output"] == record.text


def test_several_recordings_and_none_are_sent(server, remote, opened, tmp_path):
    task, data = opened("mmau-pro-closed")
    run_task(task, data, Folder(tmp_path), remote, Wanted())
    sent = [len(body["messages"][0]["content"]) for body in server.calls]
    assert sorted(sent) == [2, 2, 3, 3]
    task, data = opened("voicebench-advbench")
    run_task(task, data, Folder(tmp_path), remote, Wanted())
    assert [part["type"] for part in server.calls[-1]["messages"][0]["content"]] == ["input_audio"]


def test_the_only_model_is_found(server):
    made = Remote(server.address)
    assert made.model == "ears"
    made.close()


def test_it_waits_for_an_endpoint_that_comes_back(server, remote, opened, tmp_path):
    task, data = opened("mmau")
    server.failing = 7
    assert run_task(task, data, Folder(tmp_path), remote, Wanted()) == 6
    assert len(server.calls) == 13


def test_it_gives_up_at_its_limit_keeps_what_it_has_and_goes_on(server, opened, tmp_path):
    task, data = opened("mmau")
    first = Remote(server.address, "ears", {}, width=1, first_wait=0.01, patience=0.2)
    run_task(task, data, Folder(tmp_path), first, Wanted(limit=2))
    server.failing = 10_000
    begin = time.monotonic()
    with pytest.raises(BenchmarkError, match=r"has not answered for \d+ s.*start the same command again"):
        run_task(task, data, Folder(tmp_path), first, Wanted())
    assert time.monotonic() - begin < 10
    assert len(Folder(tmp_path).records("mmau")) == 2
    server.failing = 0
    assert run_task(task, data, Folder(tmp_path), first, Wanted()) == 4
    first.close()


def test_a_refused_question_costs_itself_only_and_a_wrong_key_all(server, remote, tmp_path):
    answers = {}
    remote.answer([Asked("refuse this"), Asked("What?")], answers.__setitem__)
    assert answers[0].raw is None
    assert "refuses this question (400)" in answers[0].error
    assert answers[1].raw
    server.failing, server.status = 1, 401
    with pytest.raises(BenchmarkError, match=r"refuses \(401\).*OPENAI_API_KEY"):
        remote.answer([Asked("What?")], answers.__setitem__)


def test_an_answer_without_a_judge_waits_and_is_judged_later(server, remote, opened, tmp_path):
    task, data = opened("librisqa")
    folder = Folder(tmp_path)
    assert run_task(task, data, folder, remote, Wanted()) == 2
    assert all(not record.scores for record in folder.records("librisqa"))
    server.said = '{"score": 7}'
    endpoint = Endpoint(server.address, retries=0)
    calls = len(server.calls)
    assert run_task(task, data, folder, remote, Wanted(), panel=Panel(endpoint, "judge")) == 2
    endpoint.close()
    assert len(server.calls) - calls == 2  # the model is not asked again
    for record in folder.records("librisqa"):
        assert record.verdict == 7.0
        assert record.scores["official"] == pytest.approx(0.7)
        assert record.row["judge"]["model"] == "judge"
