"""The guessers find what leaks, and nothing where nothing does."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scenes_blind import guessed

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks/scenes_blind.py"


def items(leak, count=600):
    """Questions with three or four options, fair but for one thing."""
    rng = np.random.default_rng(5)
    made = []
    for number in range(count):
        options = [str(word) for word in rng.permutation(["oak", "elm", "ash", "fir"])][: 3 + number % 2]
        answer = options[int(rng.integers(len(options)))]
        if leak == "place":
            answer = options[1]
        elif leak == "length":
            answer = answer + " tree"
            options = [answer if option == answer[:3] else option for option in options]
        elif leak == "answer" and "elm" in options:
            answer = "elm"
        elif leak == "middle":
            options = [str(value) for value in rng.permutation([2, 5, 9])]
            answer = "5"
        made.append(
            {"id": str(number), "audio": [{"path": f"{number // 3}.flac"}], "choices": options, "answer": answer,
             "template": f"t{number % 20}", "skill": "s"}
        )  # fmt: skip
    return made


@pytest.mark.parametrize(
    ("leak", "finds"),
    [("place", "place"), ("length", "longest"), ("answer", "template"), ("answer", "skill"), ("middle", "middle")],
)
def test_a_leak_is_found(leak, finds):
    set_of = items(leak)
    chance = np.mean([1 / len(item["choices"]) for item in set_of])
    assert np.mean(guessed(set_of, 0)[finds]) > chance + 0.2


def test_a_fair_set_tells_nothing(tmp_path):
    set_of = items(None)
    chance = np.mean([1 / len(item["choices"]) for item in set_of])
    assert all(abs(np.mean(values) - chance) < 0.06 for values in guessed(set_of, 0).values())
    (tmp_path / "scenes-20.jsonl").write_text("".join(json.dumps(item) + "\n" for item in set_of))
    told = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path), "--json"], check=True, capture_output=True, text=True
    )
    figures = json.loads(told.stdout)
    assert {"ours", "peer", "ratio", "unit"} <= figures["place"].keys()
    empty = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path / "no")], capture_output=True, text=True, check=False
    )
    assert empty.returncode
    assert "holds no scenes-20.jsonl" in empty.stderr
