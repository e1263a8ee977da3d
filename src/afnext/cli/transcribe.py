"""``afnext transcribe``."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from afnext.base.errors import RequestError
from afnext.cli import options
from afnext.cli.answers import checked, engine_of, one_by_one, print_replies, remark
from afnext.dialogue.timestamps import Timed, without_spans
from afnext.inference.reply import Reply
from afnext.inference.subtitles import to_srt, to_vtt


class Format(StrEnum):
    """How a transcript is written."""

    txt = "txt"
    srt = "srt"
    vtt = "vtt"
    json = "json"


def run(
    audio: Annotated[list[str], typer.Argument(metavar="AUDIO", help="Recordings; each is transcribed by itself.")],
    *,
    form: Annotated[
        Format, typer.Option("--format", "-f", help="srt and vtt are subtitles of one recording.")
    ] = Format.txt,
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
    """Write down what is said.

    Of several recordings, one that cannot be heard is told on standard error, and the others are written down.

    \b
    Examples:
      afnext transcribe talk.mp3
      afnext transcribe talk.mp3 --format srt > talk.srt
      afnext transcribe talk.mp3 kitchen.flac --json
    """
    settings: dict[str, Any] = {
        "max_new_tokens": max_new_tokens,
        "temperature": temperature,
        "top_p": top_p,
        "repetition_penalty": repetition_penalty,
        "seed": seed,
        "over_limit": over_limit,
    }
    form = Format.json if json else form
    subtitles = form in (Format.srt, Format.vtt)
    if subtitles and len(audio) > 1:
        raise RequestError(
            f"{len(audio)} recordings with --format {form}", expected="one", do="transcribe them one by one"
        )
    clips = checked(audio, start, end, settings, alone=True)
    with engine_of(model, device, dtype, quantize) as (engine, tell):
        if subtitles:
            reply = engine.transcribe(clips[0], times=True, tell=tell, **settings)
        elif over_limit == "stitch":
            replies = one_by_one(engine.transcribe, clips, tell, settings)
        else:
            asked = [(clip, engine.card.transcribe) for clip in clips]
            replies = engine.ask_many(asked, keep_errors=True, tell=tell, **settings)
    if not subtitles:
        print_replies(audio, replies, json=form is Format.json)
        return
    cues = _cues(reply)
    typer.echo(to_srt(cues) if form is Format.srt else to_vtt(cues), nl=False)
    remark(reply)


def _cues(reply: Reply) -> list[Timed]:
    """The reply's events; for a model that tells no times, one cue over the whole recording."""
    if reply.events or not reply.text:
        return list(reply.events)
    typer.echo("note: the model told no times; one cue spans the whole recording", err=True)
    return [Timed(0.0, reply.usage.audio_seconds, without_spans(reply.text))]
