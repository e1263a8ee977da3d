"""Pairs of inputs and outputs that were made by running the official scripts."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from afnext.cli.app import app
from afnext.scoring.rules import RULES

PAIRS = json.loads((Path(__file__).parent / "golden/official_scorers.json").read_text(encoding="utf-8"))
NAMES = dict(zip(PAIRS, ("mmau", "muchomusic", "rul-muchomusic", "mmsu", "cmm", "mmau-pro-if"), strict=True))
EXPECTED = ("expected", "expected_index")


def split(pair):
    """The fields of a pair, and what the official script made of them."""
    fields = {name: value for name, value in pair.items() if name not in EXPECTED}
    return fields, next(pair[name] for name in EXPECTED if name in pair)


@pytest.mark.parametrize(("key", "pair"), [(key, pair) for key, pairs in PAIRS.items() for pair in pairs])
def test_a_verdict_is_the_official_one(key, pair):
    fields, expected = split(pair)
    assert RULES[NAMES[key]].mark(fields).verdict == expected


@pytest.mark.parametrize("key", PAIRS)
def test_the_command_prints_them_in_order(key, tmp_path):
    file = tmp_path / "pairs.jsonl"
    file.write_text("".join(json.dumps(pair) + "\n" for pair in PAIRS[key]))
    done = CliRunner().invoke(app, ["score", NAMES[key], str(file), "--json"])
    assert done.exit_code == 0, done.stderr
    verdicts = [json.loads(line)["verdict"] for line in done.stdout.splitlines()]
    assert verdicts == [split(pair)[1] for pair in PAIRS[key]]
    assert json.loads(done.stderr)["rows"] == len(verdicts)
