"""All processes run once for the whole room: what they found is read by the tests."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def found(tmp_path_factory) -> dict[int, list[dict[str, dict]]]:
    """Number of processes -> what each of them found, check -> figure -> value."""
    out = tmp_path_factory.mktemp("processes")
    command = [sys.executable, Path(__file__).with_name("worker.py"), out]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return {size: [json.loads((out / f"{size}-{r}.json").read_text()) for r in range(size)] for size in (1, 2, 4)}
