"""The page as text: it needs nothing else, holds what the run holds, and is the same each time."""

import base64
import hashlib
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from afnext.base.errors import AudioError
from afnext.cli.app import app
from afnext.evaluation.gaps import find_gaps
from afnext.evaluation.html import LONGEST_TEXT, write_page
from afnext.evaluation.sounds import BIT_RATE, shrink
from afnext.evaluation.timeline import WIDTH, clips, clock, ticks


def page_of(run, tmp_path, **more):
    write_page(tmp_path / "page.html", [run], [find_gaps(run)], **more)
    return (tmp_path / "page.html").read_text(encoding="utf-8")


class Elements(HTMLParser):
    """Every element with its attributes, and the text of scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.found, self.raw = [], {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.cdata_elem:
            self.raw.setdefault(self.cdata_elem, []).append((self.found[-1][1], data))


def test_the_page_needs_nothing_else(run, tmp_path):
    elements = Elements(page_of(run, tmp_path))
    for tag, attributes in elements.found:
        assert tag not in ("link", "iframe", "object", "img"), tag
        assert "src" not in attributes
        assert not any(name.startswith("on") or name == "style" for name in attributes), (tag, attributes)
        assert "://" not in (attributes.get("href") or "")


def test_the_policy_names_what_the_page_holds(run, tmp_path):
    elements = Elements(page_of(run, tmp_path))
    policy = next(told["content"] for tag, told in elements.found if told.get("http-equiv"))
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    scripts = ["".join(data for told, data in elements.raw["script"] if not told.get("type"))]
    for text in [*scripts, *(data for _, data in elements.raw["style"])]:
        assert f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in policy


def test_every_recording_is_in_the_page_once(run, tmp_path):
    elements = Elements(page_of(run, tmp_path))
    sounds = {told["id"][2:]: data for told, data in elements.raw["script"] if told.get("type") == "text/plain"}
    assert set(sounds) == {digest for record in run.records for digest in record.audio}
    seconds = {record.audio[0]: record.facts["duration"] for record in run.records}
    for digest, data in sounds.items():
        info = soundfile.info(io.BytesIO(base64.b64decode(data)))
        assert (info.samplerate, info.channels, info.subtype) == (16_000, 1, "OPUS")
        assert info.duration == pytest.approx(seconds[digest], abs=0.001)


def test_a_recording_is_small_and_in_time(run):
    path = run.folder.sound("scenes", run.records[0].audio[0])
    data, seconds = shrink(path)
    assert data == shrink(path)[0]
    assert len(data) < BIT_RATE / 8 * seconds * 1.1 + 500
    before, rate = soundfile.read(path, dtype="float32")
    after, _ = soundfile.read(io.BytesIO(data), dtype="float32")
    assert len(after) == len(before)
    loud = [np.sqrt(np.convolve(sound**2, np.ones(160) / 160, "same"))[::16] for sound in (before, after)]
    shift = np.argmax(np.correlate(loud[1], loud[0], "same")) - len(loud[0]) // 2
    assert abs(16 * shift) < 0.02 * rate


def test_beyond_the_budget_it_is_told_where_to_listen(run, tmp_path):
    whole = page_of(run, tmp_path)
    room = 1e-6 * (sum(map(len, re.findall(r'id="s-\w+">([^<]+)<', whole))) / 2)
    half = page_of(run, tmp_path, megabytes=room)
    inside, left = len(re.findall(r'id="s-\w+">', half)), half.count("Too long for this page")
    assert 0 < inside < 7
    assert sum(map(len, re.findall(r'id="s-\w+">([^<]+)<', half))) <= room * 1e6
    assert left == sum(f's-{record.audio[0]}"' not in half for record in run.records) > 0
    for link in re.findall(r'<a href="([^"]+)"', half):
        assert (tmp_path / link).is_file()
    assert "Too long for this page" not in whole


def test_wrong_answers_come_first_into_the_budget(write_run, record, run, tmp_path):
    paths = sorted({run.folder.sound(one.task, one.audio[0]) for one in run.records})[:2]
    made = [record("1", score=1.0, audio=(paths[0].stem,)), record("2", score=0.0, audio=(paths[1].stem,))]
    two = write_run(tmp_path / "two", made, [path.resolve() for path in paths])
    size = max(len(base64.b64encode(shrink(path)[0])) for path in paths)
    text = page_of(two, tmp_path, megabytes=1.2e-6 * size)
    assert f'id="s-{paths[1].stem}"' in text
    assert f'id="s-{paths[0].stem}"' not in text


def test_the_same_run_gives_the_same_page(run, tmp_path):
    assert page_of(run, tmp_path) == page_of(run, tmp_path)


def test_spans_lie_where_their_seconds_say(run):
    record = next(one for one in run.records if one.steps and one.facts["evidence"])
    (clip,) = clips(run, record, "clip")
    assert clip.seconds == pytest.approx(record.facts["duration"], abs=0.01)
    lanes = {lane.kind: lane.spans for lane in clip.lanes}
    assert [(mark.start, mark.end) for mark in lanes["truth"]] == [
        (round(start, 3), round(end, 3)) for start, end in record.facts["evidence"]
    ]
    assert [mark.start for mark in lanes["step"]] == [step.start for step in record.steps]
    for mark in (mark for spans in lanes.values() for mark in spans):
        assert mark.left == pytest.approx(WIDTH * mark.start / clip.seconds, abs=0.1)
        assert mark.left + mark.width == pytest.approx(WIDTH * mark.end / clip.seconds, abs=4)


@pytest.mark.parametrize("seconds", [0.3, 1, 7, 29.9, 61, 600, 1800, 20_000])
def test_a_line_has_few_round_times(seconds):
    made = ticks(seconds)
    assert 1 <= len(made) <= 11
    assert made[0].text == "0"
    assert all(0 <= tick.left < WIDTH for tick in made)


def test_times_are_read_as_they_are_written():
    assert [clock(value) for value in (0, 2.5, 59, 60, 600, 3600)] == ["0", "2.5", "59", "1:00", "10:00", "1:00:00"]


def test_texts_without_end_are_cut_and_counted(write_run, record, tmp_path):
    endless = "ab" * 500_000
    run = write_run(tmp_path / "run", [record(text=endless), record("2", text="\x00\u202e\ufffe")])
    text = page_of(run, tmp_path)
    assert len(text) < 100_000
    assert f"({len(endless) - LONGEST_TEXT} more characters)" in text


def test_every_state_is_shown(write_run, record, tmp_path):
    made = [record("1", score=1.0), record("2"), record("3", unparsed=True), record("4", None, error="lost"), record("5", score=None)]  # fmt: skip # noqa: E501
    text = page_of(write_run(tmp_path / "run", made), tmp_path)
    states = re.findall(r'data-answer="([^"]+)"', text)
    assert states == ["right", "wrong", "unparsed", "not asked", "left out"]
    assert "The run kept no recording" in text


def test_what_is_no_sound_is_named(tmp_path):
    (tmp_path / "x.flac").write_bytes(b"no sound")
    with pytest.raises(AudioError, match=r"cannot read .*x\.flac"):
        shrink(tmp_path / "x.flac")


def test_the_command_writes_the_page_of_several_runs(run, silent, tmp_path):
    page = tmp_path / "both.html"
    done = CliRunner().invoke(app, ["report", str(run.folder.root), str(silent.folder.root), "--html", str(page)])
    assert (done.exit_code, done.stdout) == (0, f"{page}\n"), done.stderr
    text = page.read_text()
    runs = re.findall(r'data-run="([^"]+)"', text)
    assert runs == ["nano", "deaf"] * len(run.records)
    done = CliRunner().invoke(app, ["report", str(run.folder.root), "--megabytes", "0"])
    assert (run.folder.root / "report.html").is_file()
    assert done.stdout == f"{run.folder.root / 'report.html'}\n"
