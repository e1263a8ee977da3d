"""The room is light: it loads without torch, and so does the command."""

import doctest
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOM = Path(__file__).resolve().parents[2] / "src/afnext/scoring"
MODULES = sorted(f"afnext.scoring.{file.stem}" for file in ROOM.glob("*.py") if file.stem != "__init__")

HEAVY = ("torch", "transformers", "scipy", "pandas", "openai", "meeteval", "sacrebleu", "kaldialign", "langdetect")


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_in_docstrings_are_true(module):
    assert doctest.testmod(import_module(module)).failed == 0


def fresh(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_every_module_loads_without_torch_in_well_under_a_second():
    imports = "; ".join(f"import {module}" for module in MODULES)
    done = fresh(
        f"{imports}; import sys, time; print([name for name in {HEAVY} if name in sys.modules], time.process_time())"
    )
    assert done.returncode == 0, done.stderr
    found, seconds = done.stdout.rsplit(" ", 1)
    assert found == "[]"
    assert float(seconds) < 1.0


def test_the_command_runs_without_torch_and_numpy(tmp_path):
    file = tmp_path / "predictions.jsonl"
    file.write_text('{"answer": "yes", "pred": "Yes."}\n')
    code = (
        f"import sys; sys.argv = ['afnext', 'score', 'cmm', {str(file)!r}]; import afnext.cli\n"
        "try: afnext.cli.main()\n"
        "except SystemExit as end: assert not end.code\n"
        f"sys.exit(any(name in sys.modules for name in {(*HEAVY, 'numpy')}))"
    )
    done = fresh(code)
    assert done.returncode == 0, done.stderr
    assert '"verdict": true' in done.stdout
