"""Stand-ins of every data set, and a small server that speaks the OpenAI schema."""

import base64
import io
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import soundfile

from afnext.evaluation.catalog import CATALOG
from afnext.evaluation.fixtures.write import FIXTURES, write_fixture
from afnext.evaluation.remote import Remote


@pytest.fixture(scope="session")
def data_root(tmp_path_factory):
    """A folder with the data of every benchmark, under their names."""
    root = tmp_path_factory.mktemp("data")
    for name in FIXTURES:
        write_fixture(name, root / name)
    return root


@pytest.fixture
def opened(data_root):
    """``opened("mmau")``: the task and its data."""
    return lambda name: (CATALOG[name], CATALOG[name].data(data_root))


class Ears(BaseHTTPRequestHandler):
    """Answers with a letter that follows from the sound and the words; checks the form of what it is sent."""

    def do_GET(self):
        self._send(200, {"object": "list", "data": [{"id": "ears", "object": "model"}]})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server = self.server
        with server.lock:
            server.calls.append(body)
            failing = server.failing > 0
            server.failing -= failing
        time.sleep(server.pause)
        if failing:
            self._send(server.status, {"error": {"message": "out of order"}})
            return
        words, seconds, loud = "", 0.0, 0
        content = body["messages"][0]["content"]
        for part in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            if part["type"] == "text":
                words += part["text"]
            else:
                assert part["type"] == "input_audio"
                assert part["input_audio"]["format"] == "wav"
                samples, rate = soundfile.read(io.BytesIO(base64.b64decode(part["input_audio"]["data"])))
                assert rate == 16_000
                seconds += len(samples) / rate
                loud = int(np.abs(samples).max() * 1000)
        if "refuse" in words:
            self._send(400, {"error": {"message": "no such question"}})
            return
        letter = "ABCD"[(len(words) + loud + round(100 * seconds)) % 4]
        said = f"<think>The sound lasts <t>0.0-{seconds:.1f}</t>.</think>\n\nThe answer is {letter}."
        message = {"role": "assistant", "content": server.said or said}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        self._send(200, {"id": "1", "object": "chat.completion", "created": 0, "model": "ears", "choices": [choice]})

    def _send(self, status, value):
        text = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    """The server; ``failing`` is how many calls it still answers with ``status``."""
    pytest.importorskip("openai")
    made = ThreadingHTTPServer(("127.0.0.1", 0), Ears)
    made.lock, made.calls, made.failing, made.status, made.said = threading.Lock(), [], 0, 503, ""
    made.pause = 0.0
    made.address = f"http://127.0.0.1:{made.server_port}/v1"
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def remote(server):
    """A respondent at the server, quick to try again."""
    made = Remote(server.address, "ears", {"temperature": 0.0}, width=2, first_wait=0.01, patience=5)
    yield made
    made.close()
