"""``afnext caption``."""

from typing import Annotated, Any

import typer

from afnext.cli import options
from afnext.cli.answers import checked, engine_of, one_by_one, print_replies


def run(
    audio: Annotated[list[str], typer.Argument(metavar="AUDIO", help="Recordings; each gets its own caption.")],
    *,
    json: options.Json = False,
    model: options.Model = "nano",
    start: options.Start = None,
    end: options.End = None,
    max_new_tokens: options.MaxNewTokens = None,
    temperature: options.Temperature = 0.0,
    top_p: options.TopP = 1.0,
    repetition_penalty: options.RepetitionPenalty = 1.0,
    seed: options.Seed = 0,
    over_limit: options.OverLimit = "error",
    device: options.Device = None,
    dtype: options.Dtype = None,
    quantize: options.Quantize = None,
) -> None:
    """Describe recordings.

    Several recordings give one line each, the file's name first, and with --json one object each, in the order given.
    One that cannot be heard is told on standard error, and the others are described.

    \b
    Examples:
      afnext caption kitchen.flac
      afnext caption before.wav after.wav --json
    """
    settings: dict[str, Any] = {
        "max_new_tokens": max_new_tokens,
        "temperature": temperature,
        "top_p": top_p,
        "repetition_penalty": repetition_penalty,
        "seed": seed,
        "over_limit": over_limit,
    }
    clips = checked(audio, start, end, settings, alone=True)
    with engine_of(model, device, dtype, quantize) as (engine, tell):
        if over_limit == "stitch":
            replies = one_by_one(engine.caption, clips, tell, settings)
        else:
            asked = [(clip, engine.card.caption) for clip in clips]
            replies = engine.ask_many(asked, keep_errors=True, tell=tell, **settings)
    print_replies(audio, replies, json=json)
