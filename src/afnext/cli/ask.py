"""``afnext ask``."""

import os
import sys
from typing import Annotated, Any

import typer

from afnext.audio.clip import Clip
from afnext.audio.source import STANDARD_INPUT
from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import RequestError
from afnext.cli import options
from afnext.cli.answers import checked, engine_of, print_reply, print_stream
from afnext.cli.questions import Answers, read_questions
from afnext.inference.prompt import conversation_of
from afnext.inference.request import request_of


def run(
    *,
    audio: Annotated[list[str] | None, typer.Argument(metavar="AUDIO", help="Recordings, if any.")] = None,
    question: Annotated[
        str | None, typer.Argument(metavar="QUESTION", help="What to ask about them; not with --questions.")
    ] = None,
    questions: Annotated[
        str | None, typer.Option(metavar="FILE", help='Ask all in FILE: one a line, or {"question": "..."}.')
    ] = None,
    think: Annotated[bool, typer.Option("--think", help="Reason in steps tied to times before answering.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Hear each span that the answer cites again.")] = False,
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

    The answer goes to standard output; reasoning, checks and remarks go to standard error. A dash reads a recording
    from standard input. --start and --end choose the part of every recording that is heard.

    With --questions the recordings are heard once, and each answer is a line, printed as soon as it and those before
    it are there. With --verify each step of the reasoning that cites a span, or each event of the answer where there is
    no such step, is checked against that span alone.

    \b
    Examples:
      afnext ask kitchen.flac "What happens, and when?"
      afnext ask before.wav after.wav "What has changed?" --json
      afnext ask talk.mp3 "Who interrupts whom?" --think --max-new-tokens 2048
      afnext ask kitchen.flac "What happens, and when?" --verify
      afnext ask kitchen.flac --questions questions.txt
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
    if questions is not None:
        names = [*(audio or []), *([] if question is None else [question])]  # the last word is a recording, too
        _look_at(names, questions)
        asked = read_questions(questions)
        clips = checked(names, start, end, settings)
        with engine_of(model, device, dtype, quantize) as (engine, tell):
            if verify:  # the sound is needed once more for each answer
                clips = _in_memory(clips)
            heard = [engine.hear(clip, over_limit=settings["over_limit"], tell=tell) for clip in clips]
        check = (lambda reply: engine.verify(reply, *clips)) if verify else None
        answers = Answers(asked, check, json=json)
        engine.ask_many(
            [(*heard, words) for words in asked], think=think, keep_errors=True, each=answers.print, **settings
        )
        answers.done()
        return
    if question is None:
        raise RequestError("no question was given", do='ask: afnext ask kitchen.flac "What happens?"')
    if not audio and os.path.exists(question):
        raise RequestError(
            f"{question} is a file, and no question was given", do=f'ask: afnext ask {question} "What happens?"'
        )
    conversation_of((question,))
    clips = checked(audio or [], start, end, settings)
    live = sys.stdout.isatty() and not (json or think or verify or over_limit == "stitch")
    with engine_of(model, device, dtype, quantize) as (engine, tell):
        if live:
            stream = engine.stream(request_of(conversation_of((*clips, question)), settings), tell=tell)
            first = next(stream, "")  # the bars go before the first word comes
        else:
            if verify and over_limit == "stitch":  # the sound is needed twice, and may come from a pipe
                clips = _in_memory(clips)
            reply = engine.ask(*clips, question, think=think, verify=verify, tell=tell, **settings)
    if live:
        print_stream(first, stream)
    else:
        print_reply(reply, json=json)


def _in_memory(clips: list[Clip]) -> list[Clip]:
    """The same sound, decoded."""
    return [Clip(clip.samples(), rate=SAMPLE_RATE) for clip in clips]


def _look_at(names: list[str], questions: str) -> None:
    """Raise where the words before --questions cannot be recordings."""
    for name in names:
        if not (name == STANDARD_INPUT or os.path.exists(name)) and any(letter.isspace() for letter in name):
            raise RequestError(
                f"{name!r} beside --questions", expected="recordings", do="put the question into the file, too"
            )
    if questions == STANDARD_INPUT and STANDARD_INPUT in names:
        raise RequestError("questions and a recording both on standard input", expected="one of them in a file")
