"""Files of every format, whole and broken."""

import io
import json

import numpy as np
import pytest
import soundfile

from afnext.base.errors import BenchmarkError
from afnext.evaluation.data import Data
from afnext.evaluation.hearing import Digests, hear, seconds_of
from afnext.evaluation.sample import need, plain
from afnext.evaluation.spelling import Spelling
from afnext.evaluation.tables import grouped, read_table, rows, spread


def table(path):
    return [row for _, row in read_table(path)]


def test_json_in_its_forms(tmp_path):
    path = tmp_path / "a.json"
    for text, found in (
        ('[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
        ('{"QA": [{"a": 1}]}', [{"a": 1}]),
        ('{"x": {"a": 1}, "y": {"a": 2}}', [{"a": 1, "_key": "x"}, {"a": 2, "_key": "y"}]),
        ('{"a": 1, "b": {"c": 2}}', [{"a": 1, "b": {"c": 2}}]),
        ('{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
    ):
        path.write_text(text)
        assert table(path) == found
    path.write_text('[{"a": 1}, 7]')
    assert isinstance(table(path)[1], BenchmarkError)
    path.write_bytes(b"\xff\xfe{")
    with pytest.raises(BenchmarkError, match="cannot be read"):
        table(path)
    with pytest.raises(BenchmarkError, match=r"expected JSON, JSON lines, CSV, TSV or parquet"):
        table(tmp_path / "a.xml")


def test_csv_with_commas_and_tsv_with_quotes(tmp_path):
    (tmp_path / "a.csv").write_text('\ufeffname,caption\na.wav,"rain, then ""bells"""\nb.wav,x,y\n', encoding="utf-8")
    first, second = table(tmp_path / "a.csv")
    assert first == {"name": "a.wav", "caption": 'rain, then "bells"'}
    assert "a.csv:3: more cells than the header has" in str(second)
    (tmp_path / "a.tsv").write_text('path\tsentence\na.mp3\tHe said "no.\n')
    assert table(tmp_path / "a.tsv") == [{"path": "a.mp3", "sentence": 'He said "no.'}]


def test_sound_in_parquet_is_read_when_it_is_heard(tmp_path):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    sounds = []
    for number in range(5):
        file = io.BytesIO()
        soundfile.write(file, np.full(16_000 + 160 * number, 0.1 * number, np.float32), 16_000, format="WAV")
        sounds.append({"audio": {"bytes": file.getvalue(), "path": f"{number}.wav"}, "text": str(number)})
    path = tmp_path / "test.parquet"
    parquet.write_table(arrow.Table.from_pylist(sounds), path, row_group_size=2)
    data = Data(tmp_path)
    found = [row for _, row in rows("*.parquet")(data)]
    assert [row["text"] for row in found] == list("01234")
    assert not any(isinstance(value, bytes) for row in found for value in row["audio"].values())
    clips = [data.recording(row["audio"]) for row in found]
    for number in (4, 0, 2, 4, 1):
        assert seconds_of(clips[number]) == pytest.approx(1 + number / 100)
        np.testing.assert_allclose(hear(clips[number]).samples, 0.1 * number, atol=1e-4)
    assert "audio" not in plain(found[0])
    digests = Digests(tmp_path / "digests.jsonl")
    digests.add(clips[3], "known")
    assert Digests(tmp_path / "digests.jsonl").find(data.recording(found[3]["audio"])) == "known"
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(BenchmarkError, match=r"expected a parquet table"):
        table(path)


def test_rows_are_gathered_and_spread(tmp_path):
    lines = [{"f": "a", "q": "x", "v": 1}, {"f": "b", "q": "x", "v": 2}, {"f": "a", "q": "x", "v": 3}, {"f": "a"}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    error, *found = [row for _, row in grouped(rows("*.jsonl"), "f", "q", gather="v")(Data(tmp_path))]
    assert "a.jsonl:4: no field 'q'" in str(error)
    assert [(row["f"], row["v"]) for row in found] == [("a", [1, 3]), ("b", [2])]
    parts = spread(rows("*.jsonl"), lambda row: [{"half": need(row, "v") / 2}, {"half": 0}])
    told = [row for _, row in parts(Data(tmp_path))]
    assert told[:4] == [{"half": 0.5}, {"half": 0}, {"half": 1.0}, {"half": 0}]
    assert "no field 'v'" in str(told[-1])


def test_recordings_are_found_wherever_they_lie(tmp_path):
    for name in ("sound/deep/a.wav", "b.flac"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / name, np.zeros(1600, np.float32), 16_000)
    data = Data(tmp_path)
    for name in ("./sound/deep/a.wav", "/elsewhere/sound/deep/a.wav", "a.wav", "a.mp3", "deep\\a.wav"):
        assert data.recording(name).source == str(tmp_path / "sound/deep/a.wav"), name
    assert data.recording("none.wav").source == str(tmp_path / "none.wav")
    assert data.one_of("none.wav", "b.flac").source == str(tmp_path / "b.flac")
    with pytest.raises(BenchmarkError, match="expected a path, or bytes"):
        data.recording(7)


def test_the_revision_changes_with_the_tables_and_not_with_the_sound(tmp_path):
    (tmp_path / "a.json").write_text("[]")
    before = Data(tmp_path).revision
    (tmp_path / "a.wav").write_text("sound")
    assert Data(tmp_path).revision == before
    (tmp_path / "a.json").write_text("[1]")
    assert Data(tmp_path).revision != before
    assert Data(tmp_path, "abc").revision == "abc"


def test_what_stands_in_a_question_is_never_filled():
    spelling = Spelling("{question} / {options}", "{letter}:{choice}", between=" ")
    assert spelling.text("Is {options} {letter}?", ["{question}", "b"]) == "Is {options} {letter}? / A:{question} B:b"
    many = spelling.text("?", [str(number) for number in range(30)])
    assert "Z:25 27:26" in many
