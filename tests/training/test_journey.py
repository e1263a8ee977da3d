"""runs/nano.sh in miniature: every stage of the shipped model, from nothing to a model that answers."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import afnext

ROOT = Path(__file__).resolve().parents[2]


def test_every_stage_runs_after_the_one_before(tmp_path, bank):
    """On a bank of four sources, two steps a stage."""
    for name in ("runs", "recipes"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "src").symlink_to(ROOT / "src")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/bank").symlink_to(bank)
    trial = ["steps=2", "feed.seconds=[5, 6]", "feed.clips=1", "feed.workers=0", "validate_batches=0"]
    trial += ["feed.difficulty.kinds=[0.7, 0.3, 0.0]", "feed.difficulty.reverberation=0"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", tmp_path / "runs/nano.sh", *trial], env={**os.environ, "PATH": path, "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    stages = sorted((tmp_path / "recipes/nano").glob("*.yaml"))
    for stage in stages:
        last = json.loads((tmp_path / "out" / stage.stem / "journal.jsonl").read_text().splitlines()[-1])
        assert last["step"] == 2
        assert last["loss"] > 0
    reply = afnext.load(tmp_path / "out/10-reason/model").ask("What happens, and when?", max_new_tokens=4)
    assert reply.usage.completion_tokens <= 4
