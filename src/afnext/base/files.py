"""Writing that never leaves half a file: beside, then renamed."""

import errno
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from afnext.base.errors import OutputError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, None)
"""What a write fails with on a full disk; numpy gives no number."""


@contextmanager
def replacing(path: str | os.PathLike[str], *, folder: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside ``path``: moved to ``path`` when the block ends well, removed when not.

    The draft has the name of ``path``, so that writers which look at the suffix see the right one.

    Args:
        path: the file (or, with ``folder``, the directory) to write; its parent directories are made.
        folder: yield an empty directory instead of a file name. An existing directory is replaced whole.

    Raises:
        OutputError: a file stands where a folder is to be, or the other way round, nothing may be written there, or
            the disk is full.
    """
    target = Path(path)
    if target.exists() and not (target.is_dir() if folder else target.is_file()):
        raise OutputError(f"{target} exists and is not a {'folder' if folder else 'file'}", do="give another path")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{target.name}.draft-", dir=target.parent))
    except OSError as error:
        raise OutputError(f"cannot write {target}: {error.strerror}", do="give another path") from error
    draft = beside / target.name
    try:
        if folder:
            draft.mkdir()
        yield draft
        if folder and target.exists():
            _swap(target, draft, aside=beside / f"{target.name}.old")
        else:
            os.replace(draft, target)
    except OSError as error:
        if error.errno not in FULL:
            raise
        reason = error.strerror or str(error) or "no room for all of it"
        raise OutputError(f"cannot write {target}: {reason}", do="make room and try again") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove the drafts in ``folder`` of writers that were killed; nobody else may be writing there."""
    for left in folder.glob(".*.draft-*"):
        shutil.rmtree(left, ignore_errors=True)


def _swap(target: Path, draft: Path, *, aside: Path) -> None:
    """Put the folder ``draft`` in the place of ``target``: a rename onto a folder that holds something is refused."""
    os.replace(target, aside)
    try:
        os.replace(draft, target)
    except OSError:
        os.replace(aside, target)
        raise


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write ``text`` as UTF-8, whole or not at all."""
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8")


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Write ``value`` as indented JSON, whole or not at all."""
    write_text(path, to_json(value, indent=2) + "\n")


def to_json(value: Any, *, indent: int | None = None) -> str:
    """``value`` as JSON that any reader takes: numbers that are not finite, which JSON has no word for, become null."""
    return json.dumps(_finite(value), indent=indent, ensure_ascii=False, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
