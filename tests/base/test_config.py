"""A recipe becomes one frozen value, and whatever does not fit is named."""

import math
from pathlib import Path

import pytest
from pydantic import Field, ValidationError

from afnext.base.config import Frozen, load_config
from afnext.base.errors import RecipeError


class Optimizer(Frozen):
    learning_rate: float = Field(1e-3, gt=0)
    betas: tuple[float, float] = (0.9, 0.99)


class Recipe(Frozen):
    name: str
    steps: int = 100
    optimizer: Optimizer = Optimizer()


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text("name: small\noptimizer: {learning_rate: 2e-3}\n")
    return path


def test_file_and_defaults_make_one_value(recipe: Path) -> None:
    assert load_config(Recipe, recipe) == Recipe(name="small", optimizer=Optimizer(learning_rate=0.002))


def test_overrides_win_in_order(recipe: Path) -> None:
    overrides = ["steps=7", "optimizer.learning_rate=3e-4", "optimizer.betas=[0.8, 0.9]", "steps=8", "name=a=b"]
    value = load_config(Recipe, recipe, overrides)
    assert (value.steps, value.name) == (8, "a=b")
    assert math.isclose(value.optimizer.learning_rate, 3e-4)
    assert value.optimizer.betas == (0.8, 0.9)


def test_a_value_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Optimizer().learning_rate = 1.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "overrides", "message"),
    [
        ("steps: 3", [], r"recipe\.yaml: name: Field required; the fields of Recipe are name, steps, optimizer"),
        ("name: a\nstepz: 3", [], r"stepz: Extra inputs are not permitted"),
        ("name: a", ["optimizer.lr=1"], r"optimizer\.lr: Extra inputs are not permitted"),
        ("name: a\nsteps: few", [], r"steps: .*valid integer.* \(given 'few'\)"),
        ("name: a", ["optimizer.learning_rate=-1"], r"optimizer\.learning_rate: .*greater than 0 \(given -1\)"),
        ("steps: x\noptimizer: {learning_rate: y}", [], r"name: .*, steps: .*, optimizer\.learning_rate: "),
        ("name: a", ["steps"], r"^override 'steps'; expected key=value, such as optimizer\.learning_rate=3e-4$"),
        ("name: a", ["=3"], r"^override '=3'; expected key=value"),
        ("name: a", ["steps=[1"], r"^override 'steps=\[1': "),
        ("name: a\noptimizer: {betas: [1, 2]}", ["optimizer.betas.5=1"], r"a list is replaced whole"),
        ("- name: a", ["steps=3"], r"is not a mapping; expected a YAML mapping"),
        ("7", [], r"expected a YAML mapping"),
        ("name: [", [], r"expected a YAML mapping"),
        ("name: a\nname: b", [], r"duplicate key name"),
        ("name: ${nothing}", [], r"'nothing' not found"),
        ("", [], r"name: Field required"),
    ],
)
def test_what_does_not_fit_is_named_in_one_line(tmp_path: Path, text: str, overrides: list[str], message: str) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=message) as caught:
        load_config(Recipe, path, overrides)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_recipe(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"none\.yaml: no such recipe; give the path of a YAML file"):
        load_config(Recipe, tmp_path / "none.yaml")
    with pytest.raises(RecipeError, match="no such recipe"):
        load_config(Recipe, tmp_path)
    (tmp_path / "sound.yaml").write_bytes(b"\xff\xfb\x90\x00")
    with pytest.raises(RecipeError, match=r"sound\.yaml: .*; expected a YAML mapping"):
        load_config(Recipe, tmp_path / "sound.yaml")
