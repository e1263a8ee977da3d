"""A recipe: a YAML file and dotted overrides become one frozen, checked value."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import yaml
from omegaconf import OmegaConf
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
        RecipeError: the file is missing or not YAML, an override is not ``key=value``, or a field is unknown, missing or wrong;
            the message carries the dotted path of each.
    """
    file = Path(path)
    if not file.is_file():
        raise RecipeError(f"{file}: no such recipe", do="give the path of a YAML file; those shipped are in recipes/")
    malformed = [item for item in overrides if "=" not in item or item.startswith("=")]
    if malformed:
        raise RecipeError(f"override {malformed[0]!r}", expected="key=value, such as optimizer.learning_rate=3e-4")
    try:
        merged = OmegaConf.merge(OmegaConf.load(file), OmegaConf.from_dotlist(list(overrides)))
        values = OmegaConf.to_container(merged, resolve=True)
    except (yaml.YAMLError, OmegaConfBaseException, OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{file}: {error}", expected="a YAML mapping") from error
    if not isinstance(values, dict):
        raise RecipeError(f"{file} holds a {type(values).__name__}", expected="a YAML mapping of fields")
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, item['loc'])) or 'recipe'}: {item['msg']}" for item in error.errors()]
        raise RecipeError(f"{file}: " + ", ".join(problems), do=f"fields are those of {schema.__name__}") from error
