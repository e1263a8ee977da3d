"""``afnext convert``."""

import re
from json import dumps
from pathlib import Path
from typing import Annotated

import typer

from afnext.base.errors import RequestError
from afnext.base.files import replacing
from afnext.base.process import DTYPES
from afnext.cli import options
from afnext.cli.progress import progress_bars
from afnext.inference.folder import copy_beside
from afnext.inference.load import find_model, load_weights
from afnext.model import weights

_UNITS = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9}


def run(
    source: Annotated[str, typer.Argument(metavar="SRC", help="A folder, an adapter, a Hugging Face id, or nano.")],
    target: Annotated[Path, typer.Argument(metavar="DST", help="The folder to write; it must not be there yet.")],
    dtype: Annotated[str | None, typer.Option(help="Number format to store; as it was if left out.")] = None,
    shard_size: Annotated[str, typer.Option(help="Size of the largest weights file, such as 500MB.")] = "5GB",
    json: options.Json = False,
) -> None:
    """Write a model folder anew: key layout, number format, shards.

    Both published key layouts are read; the one that old and new releases of transformers read is written. Tokenizer,
    template and the other files beside the weights are copied. A LoRA adapter is merged into the model that it names.

    \b
    Examples:
      afnext convert nano nano-copy
      afnext convert nano nano-half --dtype bfloat16 --shard-size 2MB
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise RequestError(f"{target} is already there", expected="a new folder", do="give another name, or remove it")
    if dtype is not None and dtype not in DTYPES:
        raise RequestError(f"dtype {dtype!r}", expected=", ".join(DTYPES))
    shard_bytes = _bytes(shard_size)
    folder, adapter = find_model(source)
    with progress_bars() as tell:
        tell(f"Writing {target}", 0, None)
        model = load_weights(folder, adapter)
        with replacing(target, folder=True) as draft:
            copy_beside(folder, draft)
            weights.save(model, draft, dtype=DTYPES.get(dtype or ""), shard_bytes=shard_bytes)
    files = sorted(target.glob("*.safetensors"))
    size = sum(file.stat().st_size for file in files)
    if json:
        typer.echo(dumps({"folder": str(target), "files": [file.name for file in files], "bytes": size}))
    else:
        typer.echo(f"{target}: {size / 1e6:,.1f} MB of weights in {len(files)} file{'s' if len(files) > 1 else ''}")


def _bytes(text: str) -> int:
    """``500MB`` in bytes."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([kmg]?b?)", text.strip().lower())
    unit = match[2] if match and match[2].endswith("b") and match[2] != "b" else ""
    if match is None or (match[2] and not unit) or float(match[1]) <= 0:
        raise RequestError(f"shard size {text!r}", expected="a size such as 5GB, 500MB or 800kB")
    return max(1, int(float(match[1]) * _UNITS[unit]))
