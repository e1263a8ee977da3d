"""Judges: specs that name themselves, replies that are read or counted, and a real endpoint over HTTP."""

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from afnext.base.errors import ScoreError
from afnext.scoring.endpoint import Endpoint
from afnext.scoring.judge import judge, read_json_score, read_mmau_pro, rubric_score
from afnext.scoring.judge_specs import LONG_AUDIO, MMAU_PRO_OPEN, SPECS, VOICEBENCH_OPEN, VOICEBENCH_QA, macro_mean

ITEM = {"question": "What is heard?", "answer": "a {response}", "response": "a dog"}


class Handler(BaseHTTPRequestHandler):
    """Speaks the chat completions of the OpenAI API: the replies that the server holds, or its status."""

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, self.headers["Authorization"], request))
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        choices = [
            {"index": i, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
            for i, text in enumerate(self.server.replies)
        ]
        told = {"id": "1", "object": "chat.completion", "created": 0, "model": request["model"], "choices": choices}
        body = json.dumps(told if status == 200 else {"error": {"message": "not now", "type": "x"}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.requests, running.replies, running.statuses = [], ["4"], []
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def endpoint(server):
    made = Endpoint(f"http://127.0.0.1:{server.server_port}/v1", "secret", retries=1, seconds=5)
    yield made
    made.close()


def test_an_answer_is_judged_over_http(server, endpoint):
    server.replies = ["4", "[[5]]", "good"]
    found = judge(VOICEBENCH_OPEN, ITEM, endpoint)
    assert (found.score, found.failures, found.model) == (4.5, 1, "gpt-4o-mini")
    assert found.replies == ("4", "[[5]]", "good")
    assert found.key == VOICEBENCH_OPEN.key
    path, key, request = server.requests[0]
    assert (path, key) == ("/v1/chat/completions", "Bearer secret")
    assert request["n"] == 3
    assert request["temperature"] == 0.5
    assert [message["role"] for message in request["messages"]] == ["system", "user"]
    assert "a dog" in request["messages"][1]["content"]


def test_another_model_is_told(server, endpoint):
    server.replies = ["yes.", "Yes", "no"]
    found = judge(VOICEBENCH_QA, ITEM, endpoint, "qwen")
    assert (found.score, found.model, server.requests[0][2]["model"]) == (1.0, "qwen", "qwen")


def test_a_call_that_fails_for_a_while_is_made_again(server, endpoint):
    server.statuses = [503]
    assert judge(VOICEBENCH_OPEN, ITEM, endpoint).score == 4.0
    assert len(server.requests) == 2


def test_a_judge_that_refuses_is_told_in_one_line(server, endpoint):
    server.statuses = [401]
    with pytest.raises(ScoreError, match=r"the judge gpt-4o-mini at http://127.* did not answer: .*not now.*; check"):
        judge(VOICEBENCH_OPEN, ITEM, endpoint)
    server.replies = []
    with pytest.raises(ScoreError, match="answered without choices"):
        judge(VOICEBENCH_OPEN, ITEM, endpoint)


def test_a_judge_needs_a_key_or_an_address(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ScoreError, match=r"no judge: .*; give api_key, or set OPENAI_API_KEY"):
        Endpoint()


def test_a_spec_is_named_by_all_that_it_says():
    keys = {spec.key for spec in SPECS.values()}
    assert len(keys) == len(SPECS)
    for change in ({"prompt": LONG_AUDIO.prompt + " "}, {"model": "x"}, {"settings": {"n": 1}}, {"version": 2}):
        assert replace(LONG_AUDIO, **change).key not in keys
    assert replace(LONG_AUDIO, settings=dict(LONG_AUDIO.settings)).key == LONG_AUDIO.key


def test_fields_are_filled_once():
    text = MMAU_PRO_OPEN.messages(ITEM)[1]["content"]
    assert "Reference answer: a {response}\n" in text
    with pytest.raises(ScoreError, match="no answer, response for the judge mmau-pro-open"):
        MMAU_PRO_OPEN.messages({"question": "?"})


def test_mmau_pro_is_read_as_its_script_reads_it():
    told = "CORRECTNESS: 5 - right\nRelevance: 4\nCOMPLETENESS: none\nCLARITY: 2\nOVERALL: 3.0 - fine"
    assert read_mmau_pro(told) == {
        "correctness": 5.0, "relevance": 4.0, "completeness": 3.0, "clarity": 2.0, "overall": 3.5
    }  # fmt: skip
    assert read_mmau_pro("OVERALL: 4.5")["overall"] == 4.5
    assert read_mmau_pro("")["overall"] == 3.0


def test_a_score_in_json_is_found():
    assert read_json_score('```json\n{"score": 7}\n```') == 7.0
    assert read_json_score("7") is None
    assert read_json_score('{"score": "7"} {"score": true}') is None


def test_rubrics_drop_the_extremes_of_five():
    allowed = [[0, 1], [0, 1, 2], [0, 1]]
    replies = ["[1, 2, 1]", "I say [0, 0, 0].", "[1, 1, 0]", "[1, 1, 1]", "[0, 2, 0]"]
    assert rubric_score(replies, allowed) == pytest.approx((0.5 + 0.75 + 0.5) / 3)
    assert rubric_score(["[3, 0, 0]", "[1, 1]", "?"], allowed) is None


def test_long_audio_has_two_means():
    assert macro_mean({"plot": (8.0, 1), "needle": (4.0, 3)}) == (6.0, 5.0)
    assert macro_mean({}) == (0.0, 0.0)
