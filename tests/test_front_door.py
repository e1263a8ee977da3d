"""The front door: the list of names, and what importing them costs."""

import subprocess
import sys

import pytest

import afnext


def test_the_list_is_this_one():
    assert afnext.__all__ == [
        "AfnextError",
        "AudioError",
        "BenchmarkError",
        "Budget",
        "Chat",
        "CheckpointError",
        "Clip",
        "ConversationError",
        "Engine",
        "MissingToolError",
        "OutputError",
        "OverLimitError",
        "ParallelError",
        "RecipeError",
        "Reply",
        "Request",
        "RequestError",
        "Sampling",
        "SceneError",
        "ScoreError",
        "load",
    ]


def test_what_an_engine_does_is_this():
    public = {name: kind for name, kind in vars(afnext.Engine).items() if not name.startswith("_")}
    assert sorted(public) == [
        "ask",
        "ask_many",
        "caption",
        "chat",
        "generate",
        "hear",
        "limit_seconds",
        "score",
        "stream",
        "transcribe",
        "verify",
    ]
    assert all(kind.__doc__ for kind in public.values())


@pytest.mark.parametrize("name", afnext.__all__)
def test_every_name_is_there(name):
    assert getattr(afnext, name).__name__ == name
    assert name in dir(afnext)


def test_every_error_is_in_the_list():
    def tree(error):
        return {error.__name__}.union(*map(tree, error.__subclasses__()))

    assert tree(afnext.AfnextError) <= set(afnext.__all__)


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="module 'afnext' has no attribute 'lode'"):
        _ = afnext.lode


@pytest.mark.parametrize("code", ["import afnext", "import afnext; afnext.AfnextError", "import afnext.cli"])
def test_importing_is_cheap(code):
    check = f"{code}; import sys; sys.exit(any(name in sys.modules for name in ('torch', 'numpy', 'transformers')))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
