"""Optional packages: imported where they are used, and named where they are missing."""

from importlib import import_module
from types import ModuleType

from afnext.base.errors import MissingToolError


def package(name: str, extra: str) -> ModuleType:
    """The optional Python package ``name``, imported.

    Raises:
        MissingToolError: it is not installed; the message says which ``extra`` of afnext brings it.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise MissingToolError(
            f"the Python package {name.partition('.')[0]} is not installed", do=f"pip install 'afnext[{extra}]'"
        ) from error
