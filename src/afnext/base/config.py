"""A recipe: a YAML file and dotted overrides become one frozen, checked value."""

import os
import reprlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import BaseModel, ConfigDict, ValidationError

from afnext.base.errors import RecipeError


class Frozen(BaseModel):
    """Base of every value with fields: immutable, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


Schema = TypeVar("Schema", bound=BaseModel)


def load_config(schema: type[Schema], path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Schema:
    """Read the YAML file at ``path``, apply ``overrides`` (``"optimizer.lr=3e-4"``) and check it against ``schema``.

    Raises:
        RecipeError: the file is missing or not a YAML mapping, an override does not fit, or a field is unknown, missing
            or wrong; the message carries the dotted path of each.
    """
    file = Path(path)
    if not file.is_file():
        raise RecipeError(f"{file}: no such recipe", do="give the path of a YAML file; those shipped are in recipes/")
    try:
        recipe = OmegaConf.load(file)
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{file}: {error}", expected="a YAML mapping of fields") from error
    if not isinstance(recipe, DictConfig):
        raise RecipeError(f"{file} is not a mapping", expected="a YAML mapping of fields")
    for override in overrides:
        if "=" not in override or override.startswith("="):
            raise RecipeError(f"override {override!r}", expected="key=value, such as optimizer.learning_rate=3e-4")
        try:
            recipe.merge_with_dotlist([override])
        except (yaml.YAMLError, OmegaConfBaseException, TypeError) as error:
            raise RecipeError(f"override {override!r}: {error}", do="a list is replaced whole: key=[1, 2]") from error
    try:
        values = OmegaConf.to_container(recipe, resolve=True)
    except OmegaConfBaseException as error:
        raise RecipeError(f"{file}: {error}", do="mend the ${...} or write the value out") from error
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        raise RecipeError(f"{file}: " + ", ".join(map(_problem, error.errors())), do=_fields(schema)) from error


def _problem(item: Mapping[str, Any]) -> str:
    """``optimizer.lr: Input should be a valid number (given 'fast')``."""
    shown = item["type"] not in ("missing", "extra_forbidden") and not isinstance(item["input"], dict)
    given = f" (given {reprlib.repr(item['input'])})" if shown else ""
    return f"{'.'.join(map(str, item['loc'])) or 'recipe'}: {item['msg']}{given}"


def _fields(schema: type[BaseModel]) -> str:
    return f"the fields of {schema.__name__} are {', '.join(schema.model_fields)}"
