"""The house holds together: floors, imports, dependencies, and nothing of one machine only."""

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest

from afnext.scenes import tools

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src/afnext"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SOURCES = sorted(PACKAGE.rglob("*.py"))
ROOMS = {file.parent.name for file in PACKAGE.glob("*/__init__.py")}
FLOORS = [set(re.findall(r"\w+", floor)) for floor in PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]]

LAZY = {"__init__.py", "cli/app.py", "base/packages.py", "data/shards.py"}
"""Files that may import by name: the front door, the table of verbs, and what names the missing optional package."""


@cache
def nodes(file: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))


@cache
def imports(file: Path) -> tuple[ast.Import | ast.ImportFrom, ...]:
    return tuple(node for node in nodes(file) if isinstance(node, ast.Import | ast.ImportFrom))


def imported(node: ast.AST) -> list[str]:
    """The absolute names of the modules that an import statement names."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def inside(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def test_every_room_has_one_floor() -> None:
    assert set.union(*FLOORS) == ROOMS
    assert sum(map(len, FLOORS)) == len(ROOMS)


def test_every_room_says_what_it_is_and_has_tests() -> None:
    for room in ROOMS:
        assert ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text(encoding="utf-8"))), room
        assert list((ROOT / "tests" / room).glob("test_*.py")), f"tests/{room} holds no test"


def test_our_own_imports_stand_at_the_top_and_are_absolute() -> None:
    for file in SOURCES:
        name = inside(file)
        ours = [node.lineno for node in imports(file) if any(one.startswith("afnext") for one in imported(node))]
        for node in nodes(file):
            assert not (isinstance(node, ast.ImportFrom) and node.level), f"{name}:{node.lineno} imports relatively"
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                hidden = [line for line in ours if node.lineno <= line <= (node.end_lineno or 0)]
                assert not hidden, f"{name}:{hidden[0]}: {node.name} imports"
            if isinstance(node, ast.Name) and node.id in ("import_module", "__import__", "importlib"):
                assert name in LAZY, f"{name}:{node.lineno} imports by name"


def test_the_sample_rate_is_written_once() -> None:
    for file in SOURCES:
        lines = [node.lineno for node in nodes(file) if isinstance(node, ast.Constant) and node.value == 16000]
        assert len(lines) == (inside(file) == "audio/spec.py"), f"{inside(file)}: lines {lines}"


def distribution(requirement: str) -> str:
    return re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-")  # type: ignore[index]


installed = cache(packages_distributions)


def third_party(files: list[Path]) -> set[str]:
    """The distributions that ``files`` import."""
    names = {name.split(".")[0] for file in files for node in imports(file) for name in imported(node)}
    owners = installed()
    return {
        owner.lower().replace("_", "-")
        for name in names - sys.stdlib_module_names - {"afnext"}
        for owner in owners.get(name, [])
    }


def by_name(files: list[Path]) -> set[str]:
    """The distributions that ``files`` import through ``package("...", ...)`` of base/packages.py."""
    return {
        str(node.args[0].value).split(".")[0].replace("_", "-")
        for file in files
        for node in nodes(file)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "package"
        if isinstance(node.args[0], ast.Constant)
    }


def test_what_is_imported_is_declared_and_what_is_declared_is_imported() -> None:
    core = {distribution(item) for item in PROJECT["project"]["dependencies"]}
    extras = PROJECT["project"]["optional-dependencies"]
    scenes = {distribution(item) for item in extras["scenes"]}
    evaluate = {distribution(item) for item in extras["evaluate"]}
    making = [file for file in SOURCES if inside(file).startswith(("scenes/", "training/"))]
    loading = [file for file in SOURCES if inside(file) == "data/stream.py"]
    packing = [file for file in SOURCES if inside(file) == "model/packed.py"]
    using = [file for file in SOURCES if file not in [*making, *loading, *packing]]
    assert third_party(using) <= core
    assert third_party(loading) - core == {"megatron-energon"} <= {distribution(item) for item in extras["train"]}
    assert third_party(packing) - core <= {distribution(item) for item in extras["quantise"]}
    assert third_party(making) | by_name(making) <= core | scenes
    scoring = [file for file in SOURCES if inside(file).startswith("scoring/")]
    assert by_name(scoring) <= evaluate
    assert core <= third_party(SOURCES)
    assert scenes <= third_party(making) | by_name(making)


def test_the_make_file_installs_what_the_scenes_need() -> None:
    packages = re.search(r"^SCENES_PACKAGES := (.*)$", (ROOT / "Makefile").read_text(), re.M)
    assert packages
    assert packages[1].split() == [*tools.PACKAGES.values(), tools.SOUND_FONT_PACKAGE]


def test_the_version_is_written_once() -> None:
    assert version("afnext") == PROJECT["project"]["version"]
    script = Path(sys.executable).with_name("afnext")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=False)
    assert done.stdout == f"afnext {version('afnext')}\n", done.stderr


def tracked() -> list[Path]:
    """Every file of the repository."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_nothing_names_one_machine_or_workplace() -> None:
    private = re.compile("|".join((r"(?<![\w.])/wor[k]/", r"\.\./share[d]\b", r"/roo[t]/", r"(?<![\w/])share[d]/")))
    named = []
    for file in tracked():
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        named += [f"{file.relative_to(ROOT)}:{n}" for n, line in enumerate(lines, 1) if private.search(line)]
    assert not named


def test_shipped_weights_are_small() -> None:
    assets = sum(file.stat().st_size for file in tracked() if PACKAGE / "assets" in file.parents)
    assert assets < 12e6
