"""Options that several verbs share."""

import re
from typing import Annotated

import typer

from afnext.base.errors import RequestError

Model = Annotated[
    str, typer.Option("--model", "-m", help="nano (shipped), a folder, or a Hugging Face id.", show_default=True)
]
Device = Annotated[str | None, typer.Option(help="cpu, cuda, cuda:N or mps; chosen if left out.")]
Dtype = Annotated[str | None, typer.Option(help="float32, bfloat16 or float16; chosen if left out.")]
Quantize = Annotated[str | None, typer.Option(help="Hold the decoder in 8 or 4 bits: int8, int4 or fp8.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
MaxNewTokens = Annotated[int | None, typer.Option(help="At most so many tokens in the answer.")]
Temperature = Annotated[float, typer.Option(help="0: the likeliest token. Above 0: draw.")]
TopP = Annotated[float, typer.Option(help="Draw only among the likeliest tokens of this total probability.")]
RepetitionPenalty = Annotated[float, typer.Option(help="Above 1: make what was already said less likely.")]
Seed = Annotated[int, typer.Option(help="Seed of the draws.")]
Protocol = Annotated[str, typer.Option(help="Whose scores: official, parsed or all-items.")]
OverLimit = Annotated[str, typer.Option(help="A recording over the model's limit: error, truncate, or stitch.")]
Start = Annotated[float | None, typer.Option(help="Listen from this second on.")]
End = Annotated[float | None, typer.Option(help="Listen up to this second.")]

_UNITS = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9}


def size(text: str) -> int:
    """``500MB`` in bytes."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([kmg]?b?)", text.strip().lower())
    unit = match[2] if match and match[2].endswith("b") and match[2] != "b" else ""
    if match is None or (match[2] and not unit) or float(match[1]) <= 0:
        raise RequestError(f"shard size {text!r}", expected="a size such as 5GB, 500MB or 800kB")
    return max(1, int(float(match[1]) * _UNITS[unit]))
