"""The documents tell the truth: trees, files, verbs, options and commands they name exist, and marked examples run."""

import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from afnext.cli.app import VERBS, command

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src/afnext"
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in DOCUMENTS}
RUNS = sorted((ROOT / "runs").glob("*.sh"))
ROOMS = {file.parent.name for file in PACKAGE.glob("*/__init__.py")}
FENCE = re.compile(r"^```(\w*)( run)?\n(.*?)^```$", re.M | re.S)


def fences(language: str, *, marked: bool = False) -> Iterator[str]:
    """The fenced blocks of a language in all documents; with ``marked``, those that say ``run``."""
    for text in TEXTS.values():
        for name, run, block in FENCE.findall(text):
            if name == language and (run or not marked):
                yield block


def code() -> str:
    """Everything the documents set as code, and the scripts in runs/, a command a line."""
    spans = [span for text in TEXTS.values() for span in re.findall(r"`([^`\n]+)`", FENCE.sub("", text))]
    return "\n".join([*spans, *fences("sh"), *fences("text"), *(file.read_text() for file in RUNS)])


def tree() -> dict[str, str]:
    """The README's tree: path from the root -> what is said of it."""
    block = next(block for block in fences("text") if block.startswith("afnext/\n"))
    parents: list[str] = []
    said = {}
    for line in block.splitlines()[1:]:
        branch, name, words = re.fullmatch(r"((?:│   |    )*)(?:├── |└── )(\S+) +(.*)", line).groups()  # type: ignore[union-attr]
        parents = [*parents[: len(branch) // 4], name]
        said["".join(parents)] = words
    return said


def test_the_tree_is_on_the_disk() -> None:
    for path, words in tree().items():
        assert (ROOT / path).is_dir() if path.endswith("/") else (ROOT / path).is_file(), path
        assert words, path


def test_the_disk_is_in_the_tree() -> None:
    top = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if top.returncode:
        pytest.skip("not a git checkout")
    entries = {path.split("/")[0] + "/" * ("/" in path) for path in top.stdout.split()} - {".gitignore", "src/"}
    rooms = {f"src/afnext/{room}/" for room in ROOMS}
    assert set(tree()) == entries | rooms | {"src/afnext/", "src/afnext/assets/"}


def test_floors_are_told_as_they_are_held() -> None:
    held = re.search(r"^layers = \[(.*?)\]", (ROOT / "pyproject.toml").read_text(), re.M | re.S)
    assert held
    layers = [set(re.findall(r"\w+", layer)) for layer in reversed(re.findall(r'"(.*?)"', held[1]))]
    floors = {room: number for number, rooms in enumerate(layers, 1) for room in rooms}
    assert {room: int(tree()[f"src/afnext/{room}/"][0]) for room in ROOMS} == floors
    drawn = next(block for block in fences("text") if block.startswith("floor"))
    for line in drawn.splitlines():
        number, *words = re.findall(r"\w+", line.removeprefix("floor"))
        assert layers[int(number) - 1] <= set(words), line


def test_files_that_are_named_exist() -> None:
    for name, text in TEXTS.items():
        named = re.findall(r"`((?:src|tests|docs|recipes|runs|benchmarks|examples|\.ci)/[^`\s]*)`", text)
        linked = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if "://" not in link]
        outputs = re.findall(r"<!-- output of: python (\S+)", text)
        for path in [*named, *outputs]:
            assert (ROOT / path).exists(), f"{name} names {path}"
        for link in linked:
            assert ((ROOT / name).parent / link).exists(), f"{name} links to {link}"


def test_verbs_and_options_that_are_named_exist() -> None:
    called = [line for line in code().splitlines() if re.match(r"(?:\$ )?(?:\S*/)?afnext [a-z]", line)]
    assert called
    for line in called:
        verb, *words = shlex.split(line.partition("afnext ")[2], comments=True)
        assert verb in VERBS, line
        options = {option for parameter in command(verb).params for option in parameter.opts}
        assert {word.partition("=")[0] for word in words if word.startswith("--")} <= options, line


def test_make_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"^(?:\$ )?make ([a-z-]+)", code(), re.M))
    assert {"demo", "test", "install", "check", "fix"} <= named <= targets


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which a reader tries what the documents say."""
    for name in ("examples", "recipes"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_commands_that_are_marked_run(reader: Path) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for block in fences("sh", marked=True):
        done = subprocess.run(
            ["bash", "-euc", block], cwd=reader, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{block}\n{done.stderr}"
        assert done.stdout.strip(), f"{block}\nprinted nothing"


@pytest.mark.usefixtures("reader")
def test_python_that_is_marked_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """In this process: a new one would spend most of its time on importing torch."""
    for block in fences("python", marked=True):
        exec(block, {"__name__": "__main__"})
        assert capsys.readouterr().out.strip(), f"{block}\nprinted nothing"


@pytest.mark.parametrize("file", sorted((ROOT / "examples").glob("*.py")), ids=lambda file: file.name)
def test_example_programs_are_short_and_run(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) < 30
    monkeypatch.setattr(sys, "argv", [str(file), str(ROOT / "examples/minute.flac"), "What happens, and when?"])
    runpy.run_path(str(file), run_name="__main__")
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("file", RUNS, ids=lambda file: file.name)
def test_runs_are_scripts_over_files_that_exist(file: Path) -> None:
    assert os.access(file, os.X_OK)
    subprocess.run(["bash", "-n", file], check=True)
    for path in re.findall(r"\b(?:recipes|benchmarks|examples)/\S+", file.read_text()):
        assert (ROOT / path).is_file(), path


def run_ci(folder: Path, readme: str) -> subprocess.CompletedProcess[str]:
    (folder / ".ci").mkdir()
    (folder / ".ci/run").write_text((ROOT / ".ci/run").read_text())
    (folder / "README.md").write_text(readme)
    return subprocess.run(["bash", ".ci/run"], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("command", "code", "printed"), [("echo fine", 0, "fine\n"), ("exit 3", 3, ""), ("false\necho lost", 1, "")]
)
def test_ci_runs_the_command_of_the_readme(tmp_path: Path, command: str, code: int, printed: str) -> None:
    readme = TEXTS["README.md"].replace("\nmake test\n", f"\n{command}\n")
    assert readme != TEXTS["README.md"]
    done = run_ci(tmp_path, readme)
    assert (done.returncode, done.stdout) == (code, printed), done.stderr


def test_ci_fails_without_a_command(tmp_path: Path) -> None:
    done = run_ci(tmp_path, "# afnext\n")
    assert done.returncode != 0
    assert "names no test command" in done.stderr


def test_outputs_are_filled_by_their_commands() -> None:
    refresh = runpy.run_path(str(ROOT / "docs/refresh.py"))["refresh"]
    block = "<!-- output of: {} -->\nold\n<!-- end of output -->\n"
    document = f"before\n{block.format('echo one')}between\n{block.format('echo two')}after\n"
    filled = refresh(document, ["two"])
    new = "<!-- output of: echo two -->\n```text\n$ echo two\ntwo\n```\n<!-- end of output -->\n"
    assert filled == document.replace(block.format("echo two"), new)
    assert refresh(filled, ["two"]) == filled


def test_nothing_waits_to_be_filled() -> None:
    assert "To be filled" not in TEXTS["README.md"], "run: make readme"
