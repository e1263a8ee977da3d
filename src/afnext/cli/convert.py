"""``afnext convert``."""

from dataclasses import asdict
from json import dumps
from pathlib import Path
from typing import Annotated

import typer

from afnext.base.errors import RequestError
from afnext.base.files import replacing
from afnext.base.process import DTYPES
from afnext.cli import options
from afnext.cli.progress import progress_bars
from afnext.data.shards import SHARD_BYTES, write_shards
from afnext.inference.folder import copy_beside
from afnext.inference.load import find_model, load_weights, pick_scheme
from afnext.model import weights

_ROWS = (".jsonl", ".json")


def run(
    source: Annotated[
        str, typer.Argument(metavar="SRC", help="A folder, an adapter, a Hugging Face id, nano, or a file of rows.")
    ],
    target: Annotated[Path, typer.Argument(metavar="DST", help="The folder to write; it must not be there yet.")],
    dtype: Annotated[str | None, typer.Option(help="Number format to store; as it was if left out.")] = None,
    shard_size: Annotated[
        str | None, typer.Option(help="Size of the largest file: 5GB of weights or 500MB of rows if left out.")
    ] = None,
    *,
    quantize: options.Quantize = None,
    json: options.Json = False,
) -> None:
    """Write a model folder anew, or rows as shards.

    Both published key layouts are read; the one that old and new releases of transformers read is written. Tokenizer,
    template and the other files beside the weights are copied. A LoRA adapter is merged into the model that it names.
    With --quantize the decoder's matrices are stored in 8 or 4 bits, for afnext alone to read.

    A file of rows with loose recordings (.jsonl, .json) becomes a folder of WebDataset tars, which `afnext train` reads
    at speed where there are too many files for a disk to find; needs `pip install 'afnext[train]'`.

    \b
    Examples:
      afnext convert nano nano-copy
      afnext convert nano nano-half --dtype bfloat16 --shard-size 2MB
      afnext convert nano nano-small --quantize int4
      afnext convert my.jsonl my-shards
    """
    if dtype is not None and dtype not in DTYPES:
        raise RequestError(f"dtype {dtype!r}", expected=", ".join(DTYPES))
    scheme = pick_scheme(quantize)
    shard_bytes = None if shard_size is None else options.size(shard_size)
    if source.endswith(_ROWS):
        for option, given in (("--dtype", dtype), ("--quantize", quantize)):
            if given is not None:
                raise RequestError(f"{option} with rows", expected="a model", do="leave it out")
        _rows(Path(source), target, shard_bytes or SHARD_BYTES, json)
        return
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise RequestError(f"{target} is already there", expected="a new folder", do="give another name, or remove it")
    folder, adapter = find_model(source)
    with progress_bars() as tell:
        tell(f"Writing {target}", 0, None)
        model = load_weights(folder, adapter, scheme=scheme)
        with replacing(target, folder=True) as draft:
            copy_beside(folder, draft)
            weights.save(model, draft, dtype=DTYPES.get(dtype or ""), shard_bytes=shard_bytes or 5 * 10**9)
    files = sorted(target.glob("*.safetensors"))
    size = sum(file.stat().st_size for file in files)
    if json:
        typer.echo(dumps({"folder": str(target), "files": [file.name for file in files], "bytes": size}))
    else:
        typer.echo(f"{target}: {size / 1e6:,.1f} MB of weights in {len(files)} file{'s' if len(files) > 1 else ''}")


def _rows(source: Path, target: Path, shard_bytes: int, json: bool) -> None:
    with progress_bars() as tell:
        made = write_shards(source, target, shard_bytes=shard_bytes, tell=tell)
    if json:
        typer.echo(dumps({"folder": str(target), **asdict(made)}))
        return
    left = sum(made.left_out.values())
    typer.echo(
        f"{target}: {made.rows} rows about {made.samples} recordings, {made.seconds / 3600:.2f} h, in {made.shards} "
        f"shard{'s' if made.shards > 1 else ''}" + (f"; {left} rows left out" if left else "")
    )
