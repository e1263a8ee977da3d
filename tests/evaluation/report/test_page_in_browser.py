"""The page in real Chromium: a sample is heard, a span plays, filters hide rows, and nothing foreign runs."""

import fcntl
import json
import os
import shutil
import subprocess
import time

import pytest

from afnext.evaluation.gaps import find_gaps
from afnext.evaluation.html import write_page
from afnext.evaluation.mistakes import UNREAD

pytestmark = pytest.mark.browser

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--mute-audio", "--no-first-run", "--disable-dev-shm-usage"),
    *("--autoplay-policy=no-user-gesture-required", "--remote-debugging-pipe", "--window-size=1000,900"),
)
PATIENCE = 60.0
HOSTILE = "</pre></script><script>window.foreign = 1</script><img src=x onerror='window.foreign = 1'>"


class Browser:
    """Chromium by its DevTools protocol, spoken over two pipes: objects of JSON, parted by zero bytes."""

    def __init__(self, profile):
        ours, theirs = os.pipe(), os.pipe()
        read, write = (fcntl.fcntl(end, fcntl.F_DUPFD, 100) for end in (ours[0], theirs[1]))
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{read} 4>&{write}', "bash", shutil.which("chromium"), *FLAGS,
             f"--user-data-dir={profile}"],
            pass_fds=(read, write),
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for end in (ours[0], theirs[1], read, write):
            os.close(end)
        self.pipes = theirs[0], ours[1]
        self.left, self.number, self.session, self.events = b"", 0, None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.pipes[1], json.dumps(message).encode() + b"\0")
        while (told := self.hear()).get("id") != self.number:
            self.events.append(told)
        assert "error" not in told, told
        return told["result"]

    def hear(self):
        while b"\0" not in self.left:
            piece = os.read(self.pipes[0], 1 << 16)
            assert piece, "the browser has gone"
            self.left += piece
        message, _, self.left = self.left.partition(b"\0")
        return json.loads(message)

    def open(self, path):
        self.events.clear()
        self.call("Page.navigate", url=path.resolve().as_uri())
        self.until("document.readyState === 'complete' && location.protocol === 'file:'")

    def value(self, code):
        """What the expression ``code`` is in the page."""
        done = self.call("Runtime.evaluate", expression=code, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def until(self, code):
        end = time.monotonic() + PATIENCE
        while not self.value(code):
            assert time.monotonic() < end, f"not within {PATIENCE:g} s: {code}"
            time.sleep(0.02)

    def click(self, selector, right=None):
        """A click on what ``selector`` finds first: on its middle, or so many pixels ``right`` of its left edge."""
        left, width, y = self.value(
            "((it) => { it.scrollIntoView({block: 'center'}); const box = it.getBoundingClientRect();"
            f" return [box.x, box.width, box.y + box.height / 2] }})(document.querySelector({json.dumps(selector)}))"
        )
        x = left + (width / 2 if right is None else right)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key, text=""):
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def complaints(self):
        """Errors and broken policies that the page has told of so far."""
        self.value("0")
        logged = [event["params"]["entry"] for event in self.events if event.get("method") == "Log.entryAdded"]
        thrown = [event for event in self.events if event.get("method") == "Runtime.exceptionThrown"]
        return [*(entry for entry in logged if entry["level"] == "error"), *thrown]

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
        finally:
            self.process.wait(PATIENCE)
            for pipe in self.pipes:
                os.close(pipe)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def gaps(run):
    return find_gaps(run)


@pytest.fixture
def page(browser, run, gaps, tmp_path):
    write_page(tmp_path / "page.html", [run], [gaps])
    browser.open(tmp_path / "page.html")
    return browser


def shown(browser):
    return browser.value("[...document.querySelectorAll('.sample')].filter((one) => one.checkVisibility()).length")


def test_a_sample_is_heard(page, run):
    page.click(".sample summary")
    page.until("document.querySelector('.sample audio').readyState > 0")
    told = page.value("document.querySelector('.sample audio').duration")
    assert told == pytest.approx(run.records[0].facts["duration"], abs=0.03)
    page.click(".sample audio", right=25)  # the player's own button
    page.until("document.querySelector('.sample audio').currentTime > 0.2")
    assert float(page.value("document.querySelector('.sample svg.line .head').getAttribute('x1')")) > 0
    assert page.complaints() == []


def test_a_span_plays_from_its_start_to_its_end(page, run):
    start, end = run.records[0].facts["evidence"][0]
    page.click(".sample summary")
    page.value("window.player = document.querySelector('.sample audio');"
               "player.addEventListener('play', () => { window.began = player.currentTime });"
               "player.addEventListener('pause', () => { window.ended = player.currentTime })")  # fmt: skip
    page.click(".sample svg.line .span")
    page.until("window.began !== undefined && player.currentTime > began + 0.1")
    assert page.value("began") == pytest.approx(start, abs=0.05)
    page.value("player.playbackRate = 8")
    page.until("player.paused")
    assert page.value("ended") == pytest.approx(end, abs=0.6)


def test_the_keyboard_opens_a_sample_and_plays(page):
    page.value("document.querySelector('.sample summary').focus()")
    page.press("Enter", "\r")
    page.until("document.querySelector('.sample').open")
    page.value("document.querySelector('.sample ul.spans button').focus()")
    page.press("Enter", "\r")
    page.until("!document.querySelector('.sample audio').paused")


def test_one_sound_plays_at_a_time(page):
    page.value("document.querySelectorAll('.sample').forEach((one, place) => { one.open = place < 2 })")
    page.until("[...document.querySelectorAll('.sample[open] audio')].every((one) => one.readyState > 0)")
    page.value("document.querySelectorAll('audio')[0].play()")
    page.value("document.querySelectorAll('audio')[1].play()")
    page.until("document.querySelectorAll('audio')[0].paused && !document.querySelectorAll('audio')[1].paused")


def test_filters_hide_what_does_not_fit(page, run, gaps):
    assert shown(page) == len(run.records)
    for field, value, count in (
        ("mistake", UNREAD, gaps.mistakes[UNREAD]),
        ("skill", "when", sum(record.facts["skill"] == "when" for record in run.records)),
        ("answer", "unparsed", sum(record.unparsed for record in run.records)),
    ):
        page.value(f"(() => {{ const field = document.querySelector('select[name={field}]'); field.value = '{value}';"
                   "field.dispatchEvent(new Event('input', {bubbles: true})) })()")  # fmt: skip
        assert 0 < count < len(run.records)
        assert shown(page) == count
        assert page.value("document.getElementById('shown').textContent") == f"{count} of {len(run.records)}"
        page.click("button[type=reset]")
        page.until(f"document.getElementById('shown').textContent.startsWith('{len(run.records)} ')")


def test_text_is_searched_from_the_keyboard(page, run):
    page.press("/", "/")
    page.call("Input.insertText", text="CHURCH bell")
    count = sum("church bell" in f"{r.prompt} {r.choices} {r.answer} {r.raw}".lower() for r in run.records)
    assert 0 < count < len(run.records)
    page.until(f"document.getElementById('shown').textContent.startsWith('{count} ')")
    assert shown(page) == count


def test_what_a_model_wrote_does_not_run(browser, write_run, record, tmp_path):
    fields = {"prompt": HOSTILE, "choices": (HOSTILE, "b"), "notes": (HOSTILE,), "task": "t", "verdict": HOSTILE}
    made = record(HOSTILE, HOSTILE, HOSTILE, facts={"skill": HOSTILE, "evidence": [[0, 1, HOSTILE]]}, **fields)
    run = write_run(tmp_path / "run", [made, record("2", facts={"skill": "x"})], about={"model": HOSTILE})
    write_page(tmp_path / "page.html", [run], [find_gaps(run)], title=HOSTILE)
    browser.open(tmp_path / "page.html")
    browser.value("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    assert browser.value("document.body.textContent").count(HOSTILE) > 8
    assert browser.value("document.querySelectorAll('img').length") == 0
    assert browser.value("typeof window.foreign") == "undefined"
    assert browser.complaints() == []


@pytest.mark.parametrize(
    "attempt",
    [
        "const it = document.createElement('script'); it.textContent = 'window.foreign = 1'",
        "const it = document.createElement('div'); it.innerHTML = '<img src=x onerror=\"window.foreign = 1\">'",
    ],
    ids=["script", "handler"],
)
def test_the_policy_stops_what_would_slip_through(page, attempt):
    page.value(f"(() => {{ {attempt}; document.body.append(it) }})()")
    page.value("new Promise((done) => setTimeout(done, 100))")
    assert page.value("typeof window.foreign") == "undefined"
    assert any("Content Security Policy" in entry.get("text", "") for entry in page.complaints())
