"""``afnext evaluate`` and ``afnext compare`` over a tiny random model."""

import json

import pytest

ASK = ("evaluate", "nano", "--data", "benchmarks-data", "--max-new-tokens", "4")


def test_a_run_is_written_summed_up_and_gone_on_with(afnext, workplace):
    command = (*ASK, "--on", "mmau,mmar", "--out", "run", "--no-audio", "--permute-choices")
    first = afnext(*command)
    assert first.exit_code == 0, first.stderr
    assert [line.split()[0] for line in first.stdout.splitlines()[:3]] == ["benchmark", "mmau", "mmar"]
    assert "no audio" in first.stdout
    records = workplace / "run/mmau/records.jsonl"
    assert len(records.read_text().splitlines()) == 24
    assert len((workplace / "run/mmau/no-audio.jsonl").read_text().splitlines()) == 6
    assert "## mmau by task" in (workplace / "run/report.md").read_text()
    assert (
        "mmar,tiny@" in (workplace / "run/scores.csv").read_text()
        or "mmar,nano@" in (workplace / "run/scores.csv").read_text()
    )
    told = json.loads((workplace / "run/run.json").read_text())
    assert list(told["tasks"]) == ["mmau", "mmar"]
    before = records.read_bytes()
    again = afnext(*command, "--json")
    assert records.read_bytes() == before
    found = [json.loads(line) for line in again.stdout.splitlines()]
    assert [one["task"] for one in found] == ["mmau", "mmar"]
    assert found[0]["items"] == 6
    assert set(found[0]["protocols"]) == {"official", "parsed", "all-items"}
    assert found[0]["baselines"]["chance"] == 0.25


def test_two_parts_are_the_whole(afnext, workplace):
    for part in ("1/2", "2/2"):
        assert afnext(*ASK, "--on", "mmar", "--out", "parts", "--shard", part).exit_code == 0
    assert afnext(*ASK, "--on", "mmar", "--out", "whole").exit_code == 0
    compared = afnext("compare", "whole", "parts", "--json")
    found = json.loads(compared.stdout)
    assert found["difference"]["items"] == 6
    assert found["difference"]["clusters"] == found["only_first"] == found["only_second"] == 0


def test_the_list(afnext):
    shown = afnext("evaluate", "--list")
    assert shown.exit_code == 0
    assert "librispeech-clean" in shown.stdout
    assert "families: mmau-pro, " in shown.stdout
    lines = [json.loads(line) for line in afnext("evaluate", "--list", "--json").stdout.splitlines()]
    assert len(lines) > 90
    assert lines[0]["name"] == "mmau"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("evaluate", "nano", "--on", "mmau"), "no --out; expected a model, --on and --out"),
        ((*ASK, "--out", "run"), "no benchmark is named; give --on mmau"),
        ((*ASK, "--out", "run", "--on", "mmaw"), "no benchmark 'mmaw'"),
        ((*ASK, "--out", "run", "--on", "mmau", "--filter", "speech"), "--filter 'speech'; expected FIELD=VALUE"),
        ((*ASK, "--out", "run", "--on", "mmau", "--filter", "task=none"), "no sample of mmau has task=none"),
        ((*ASK, "--out", "run", "--on", "mmau", "--shard", "3/2"), "--shard '3/2'; expected I/N"),
        ((*ASK, "--out", "run", "--on", "mmau", "--name", "x"), "--name without an address"),
        ((*ASK, "--out", "run", "--on", "mmau", "--over-limit", "stitch"), "--over-limit stitch; expected error or"),
        ((*ASK, "--out", "run", "--on", "clotho"), "benchmarks-data has no folder clotho, but mmau, mmar; put"),
        (("evaluate", "http://localhost:1/v1", "--on", "mmau", "--data", "nowhere", "--out", "run"), "is no folder"),
        (("compare", "kitchen"), "holds no records; expected the folder of a run"),
        (("compare", "runs/before", "--protocol", "best"), "expected official, parsed, all-items"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_mistake_is_told_in_a_line_and_nothing_is_written(afnext, workplace, words, message):
    result = afnext(*words)
    assert result.exit_code == 2
    assert message in result.stderr.splitlines()[-1]
    assert not (workplace / "run" / "mmau").exists()


def test_another_model_does_not_go_on_with_a_run(afnext, workplace):
    assert afnext(*ASK, "--on", "mmau", "--out", "run", "--limit", "1").exit_code == 0
    result = afnext(*ASK, "--on", "mmau", "--out", "run", "--temperature", "0.5")
    assert result.exit_code == 2
    assert "holds a run with settings" in result.stderr
