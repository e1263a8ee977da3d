"""``afnext ask``."""

import os
import sys
from typing import Annotated, Any

import typer

from afnext.base.errors import RequestError
from afnext.cli import options
from afnext.cli.answers import checked, engine_of, print_reply, print_stream
from afnext.inference.prompt import conversation_of
from afnext.inference.request import request_of


def run(
    *,
    audio: Annotated[list[str] | None, typer.Argument(metavar="AUDIO", help="Recordings, if any.")] = None,
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="What to ask about them.")],
    think: Annotated[bool, typer.Option("--think", help="Reason in steps tied to times before answering.")] = False,
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
    """Ask a question about recordings.

    The answer goes to standard output; reasoning and remarks go to standard error. A dash reads a recording from
    standard input. --start and --end choose the part of every recording that is heard.

    \b
    Examples:
      afnext ask kitchen.flac "What happens, and when?"
      afnext ask before.wav after.wav "What has changed?" --json
      afnext ask talk.mp3 "Who interrupts whom?" --think --max-new-tokens 2048
      cat kitchen.flac | afnext ask - "How many times does the dog bark?"
    """
    settings: dict[str, Any] = {
        "max_new_tokens": max_new_tokens,
        "temperature": temperature,
        "top_p": top_p,
        "repetition_penalty": repetition_penalty,
        "seed": seed,
        "over_limit": over_limit,
    }
    if not audio and os.path.exists(question):
        raise RequestError(
            f"{question} is a file, and no question was given", do=f'ask: afnext ask {question} "What happens?"'
        )
    conversation_of((question,))
    clips = checked(audio or [], start, end, settings)
    live = sys.stdout.isatty() and not (json or think)
    with engine_of(model, device, dtype, quantize) as (engine, tell):
        if live:
            stream = engine.stream(request_of(conversation_of((*clips, question)), settings), tell=tell)
            first = next(stream, "")  # the bars go before the first word comes
        else:
            reply = engine.ask(*clips, question, think=think, tell=tell, **settings)
    if live:
        print_stream(first, stream)
    else:
        print_reply(reply, json=json)
