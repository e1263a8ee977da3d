"""Options that several verbs share."""

from typing import Annotated

import typer

Model = Annotated[
    str, typer.Option("--model", "-m", help="nano (shipped), a folder, or a Hugging Face id.", show_default=True)
]
Device = Annotated[str | None, typer.Option(help="cpu, cuda, cuda:N or mps; chosen if left out.")]
Dtype = Annotated[str | None, typer.Option(help="float32, bfloat16 or float16; chosen if left out.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
MaxNewTokens = Annotated[int | None, typer.Option(help="At most so many tokens in the answer.")]
Temperature = Annotated[float, typer.Option(help="0: the likeliest token. Above 0: draw.")]
TopP = Annotated[float, typer.Option(help="Draw only among the likeliest tokens of this total probability.")]
RepetitionPenalty = Annotated[float, typer.Option(help="Above 1: make what was already said less likely.")]
Seed = Annotated[int, typer.Option(help="Seed of the draws.")]
OverLimit = Annotated[str, typer.Option(help="A recording over the model's limit: error, or truncate.")]
Start = Annotated[float | None, typer.Option(help="Listen from this second on.")]
End = Annotated[float | None, typer.Option(help="Listen up to this second.")]
