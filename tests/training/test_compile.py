"""Compiled layers learn what they learn as they are written."""

import json
import shutil

import pytest

from afnext.base.errors import MissingToolError
from afnext.training import build as room
from afnext.training.loop import train

from .test_captions import RECIPE, changes, rows  # noqa: F401  a fixture


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")  # the compiler warns of itself
@pytest.mark.skipif(not any(map(shutil.which, room.COMPILERS)), reason="PyTorch's compiler needs a C++ compiler")
def test_losses_are_the_same_with_compiled_layers(rows, tmp_path):  # noqa: F811
    """Of batches that all have other lengths; and a model that is compiled answers as well."""
    told = []
    for compiled in ("false", "true"):
        out = tmp_path / compiled
        seen = []
        more = ["steps=5", "rows.tokens=200", f"held_out={{rows: {rows / 'held.jsonl'}, limit: 2}}"]
        train(RECIPE, out, changes(rows, *more, f"compile={compiled}"), lambda *given: seen.append(given[2]))  # noqa: B023
        journal = [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()]
        assert "held_out_right" in journal[-1]
        told.append([[figures[name] for name in ("text", "transcript", "loss")] for figures in seen])
    for one, other in zip(*told, strict=True):
        assert one == pytest.approx(other, rel=1e-5, abs=1e-5)


def test_without_a_compiler_it_is_told(recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "COMPILERS", ("no-such-compiler",))
    with pytest.raises(MissingToolError, match="compile without a C\\+\\+ compiler"):
        train(recipe[0], tmp_path / "run", ["compile=true"])
