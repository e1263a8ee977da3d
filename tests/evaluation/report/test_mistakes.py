"""Kinds of mistakes: each rule by hand, on nano's own answers, and by a judge over HTTP."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from afnext.evaluation.gaps import find_gaps
from afnext.evaluation.mistakes import (
    DEAF,
    HALLUCINATED,
    NOT_ASKED,
    ORDER,
    PERCEPTION,
    TIME,
    UNDECIDED,
    UNREAD,
    decide,
    decide_by,
    is_wrong,
    truth_of,
)
from afnext.scoring.endpoint import Endpoint
from afnext.scoring.options import normal

TWO = "dog barking <t>0.0-1.0</t>; siren <t>2.0-3.0</t>"
HEARD = [[0, 1, "dog barking"], [2, 3, "siren"], [4, 5, "a man speaking"]]


@pytest.mark.parametrize(
    ("skill", "truth", "said", "kind"),
    [
        ("when", "<t>1.2-2.0</t>", "<t>4.0-5.0</t>", TIME),
        ("duration", "2.3 seconds", "4.0 seconds", TIME),
        ("when", "0:35", "1:20", TIME),
        ("events", TWO, "dog barking <t>0.0-1.0</t>; siren <t>6.0-9.0</t>", TIME),
        ("events", TWO, "cat meowing <t>0.1-1.0</t>; siren <t>2.0-3.0</t>", PERCEPTION),
        ("events", "dog barking <t>0.0-1.0</t>", "dog barking <t>0.0-1.0</t>; siren <t>6.0-9.0</t>", HALLUCINATED),
        ("events", TWO, "siren <t>2.0-3.0</t>", PERCEPTION),
        ("order_list", "a dog barking, a siren", "a siren, a dog barking", ORDER),
        ("order_list", "dog barking -> siren", "Siren, then dog barking", ORDER),
        ("order_list", "a dog barking, a siren", "a dog barking, a man speaking", PERCEPTION),
        ("order_list", "a dog barking, a siren", "a dog barking, a cat meowing", HALLUCINATED),
        ("before_after", "a siren", "a dog barking", ORDER),
        ("before_after", "a siren", "a cat meowing", HALLUCINATED),
        ("overlap", "a siren", "a dog barking", PERCEPTION),
        ("presence", "no", "yes", HALLUCINATED),
        ("presence", "yes", "no", PERCEPTION),
        ("count", "3", "4", PERCEPTION),
    ],
)  # fmt: skip
def test_rules(record, skill, truth, said, kind):
    assert decide(record(text=said, answer=truth, facts={"skill": skill, "events": HEARD})) == kind


def test_what_came_to_nothing(record):
    assert decide(record(text=None, error="no such file")) == NOT_ASKED
    assert decide(record(text="I cannot say", unparsed=True)) == UNREAD
    assert decide(record(text=" ")) == UNREAD


def test_the_same_answer_without_sound(record):
    choices = ("a dog", "a cat")
    said = record(text="(B) a cat", choices=choices, answer="a dog")
    assert decide(said, record(text="b", choices=choices, answer="a dog")) == DEAF
    assert decide(said, record(text="A", choices=choices, answer="a dog")) == UNDECIDED
    assert decide(said, record(text=None)) == UNDECIDED


def test_what_nothing_is_known_of_stays_undecided(record):
    assert decide(record(text="Bach", answer="Brahms")) == UNDECIDED
    assert decide(record(text="Bach", answer=None)) == UNDECIDED
    assert decide(record(text="Bach", answer="Brahms", facts={"evidence": [[0, 3]]})) == PERCEPTION


@pytest.mark.parametrize(
    ("answer", "choices", "truth"),
    [("B", ("x", "y"), "y"), (1, ("x", "y"), "y"), (["y"], ("x", "y"), "y"), ("z", ("x", "y"), "z"), (3, (), "3")],
)
def test_the_truth_is_read_in_every_form(record, answer, choices, truth):
    assert truth_of(record(answer=answer, choices=choices)) == truth


def test_answers_of_the_shipped_model(run, silent):
    """By another reading of its answers: presence, order and time, and what it says without listening."""
    gaps = find_gaps(run, silent=silent)
    wrong = {one.item: one for one in run.records if is_wrong(one, "all-items")}
    assert {sample.item for sample in gaps.kinds} == set(wrong)
    assert sum(gaps.mistakes.values()) == len(wrong)
    deaf = {one.item: one.text for one in silent.records}
    seen = set()
    for sample, kind in gaps.kinds.items():
        one = wrong[sample.item]
        seen.add(kind)
        if kind == UNREAD:
            assert one.unparsed
        elif one.choices and not one.unparsed:
            assert (kind == DEAF) == (normal(one.text)[:2] == normal(deaf[sample.item])[:2])
        elif kind == HALLUCINATED and one.facts["skill"] == "presence":
            assert (one.text, one.answer) == ("yes", "no")
        elif kind == TIME:
            assert one.facts["skill"] in ("when", "duration", "events")
        elif kind == ORDER:
            happens = {label.removeprefix("a ").removeprefix("an ") for *_, label in one.facts["events"]}
            assert {part.removeprefix("a ").removeprefix("an ") for part in one.text.split(", ")} <= happens
    assert {TIME, UNREAD} <= seen
    assert find_gaps(run).mistakes.get(DEAF) is None


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        choices = [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": self.server.reply}}
        ]
        told = {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": choices}
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())

    def log_message(self, *_):
        pass


@pytest.mark.parametrize(("reply", "kind"), [("1", PERCEPTION), ("[[4]]", HALLUCINATED), ("a pity", UNDECIDED), ("1.5", UNDECIDED), ("0", UNDECIDED)])  # fmt: skip  # noqa: E501
def test_a_judge_decides_what_no_rule_does(record, reply, kind):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.reply, server.asked = reply, []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        endpoint = Endpoint(f"http://127.0.0.1:{server.server_port}/v1", retries=0, seconds=5)
        assert decide_by(endpoint, record(text="Bach", answer="Brahms"), "mine") == kind
        endpoint.close()
        server.shutdown()
        thread.join()
    assert server.asked[0]["model"] == "mine"
    assert all(word in server.asked[0]["messages"][-1]["content"] for word in ("Bach", "Brahms", "What?"))
