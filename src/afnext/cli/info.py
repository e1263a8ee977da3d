"""``afnext info``."""

from dataclasses import asdict, dataclass, replace
from json import dumps
from typing import Annotated

import torch
import typer

from afnext.audio.spec import MAX_SECONDS, TOKENS_PER_WINDOW, WINDOW_SECONDS
from afnext.base.errors import RequestError
from afnext.cli import options
from afnext.cli.progress import progress_bars
from afnext.dialogue.checkpoint import load_family
from afnext.dialogue.timestamps import clock
from afnext.inference.card import read_card
from afnext.inference.load import find_model, load_weights, pick_scheme
from afnext.model import weights
from afnext.model.config import PRESETS, FlamingoConfig, preset
from afnext.model.count import cache_bytes, parameters
from afnext.model.gap import Gap, measure_gap
from afnext.model.quantised import weight_bytes


@dataclass(frozen=True)
class Info:
    """What ``info`` tells; sizes in bytes, times in seconds."""

    model: str
    family: str
    scope: str
    dtype: str
    parameters: dict[str, int]
    weight_bytes: int
    limit_seconds: int
    context_tokens: int
    audio_tokens_per_second: float
    cache_bytes_per_token: int
    cache_bytes_at_limit: int
    quantized: str | None = None
    gap: Gap | None = None


def run(
    model: Annotated[
        str, typer.Argument(metavar="[MODEL]", help="nano, a folder, a Hugging Face id, or a size.")
    ] = "nano",
    *,
    quantize: options.Quantize = None,
    json: options.Json = False,
) -> None:
    """Tell a model's size, limits and memory.

    A size is told without weights: af-next, music-flamingo, af3, nano or tiny. With --quantize the model is loaded
    twice, and it is told how far what it then says is from what it said.

    \b
    Examples:
      afnext info nano
      afnext info af-next --json
      afnext info nano --quantize int4
    """
    scheme = pick_scheme(quantize)
    if model in PRESETS and model != "nano":
        if scheme is not None:
            raise RequestError(f"--quantize with {model}, a size without weights", do="give a model")
        info = _sized(model)
    else:
        info = _stored(model)
    if scheme is not None:
        folder, adapter = find_model(model)
        with progress_bars() as tell:
            tell(f"Comparing with {scheme}", 0, None)
            small = load_weights(folder, adapter, scheme=scheme)
            gap = measure_gap(load_weights(folder, adapter), small)
        info = replace(info, weight_bytes=weight_bytes(small), quantized=scheme, gap=gap)
    typer.echo(dumps(asdict(info)) if json else _told(info))


def _stored(name: str) -> Info:
    folder, _adapter = find_model(name)
    config, family, dtype = weights.read_config(folder), load_family(folder), weights.stored_dtype(folder)
    scope = read_card(folder).scope
    info = _info(config, dtype, name=name, family=family.name, seconds=family.max_seconds, scope=scope)
    scheme = weights.stored_scheme(folder)
    size = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    return info if scheme is None else replace(info, weight_bytes=size, quantized=scheme)


def _sized(name: str) -> Info:
    return _info(preset(name), torch.bfloat16, name=name, family=name, seconds=MAX_SECONDS, scope="")


def _info(config: FlamingoConfig, dtype: torch.dtype, *, name: str, family: str, seconds: int, scope: str) -> Info:
    count = parameters(config)
    rate = TOKENS_PER_WINDOW / WINDOW_SECONDS
    return Info(
        model=name,
        family=family,
        scope=scope,
        dtype=str(dtype).removeprefix("torch."),
        parameters={**asdict(count), "total": count.total},
        weight_bytes=count.total * dtype.itemsize,
        limit_seconds=seconds,
        context_tokens=config.decoder.positions,
        audio_tokens_per_second=rate,
        cache_bytes_per_token=cache_bytes(config, 1, dtype),
        cache_bytes_at_limit=cache_bytes(config, round(seconds * rate), dtype),
    )


def _told(info: Info) -> str:
    limit = clock(info.limit_seconds)
    token, whole = _size(info.cache_bytes_per_token), _size(info.cache_bytes_at_limit)
    lines = {
        "model": f"{info.model} ({info.family})",
        "scope": info.scope,
        "parameters": ", ".join(f"{name} {_number(count)}" for name, count in info.parameters.items()),
        "weights": f"{_size(info.weight_bytes)} in {info.dtype}"
        + (f", the decoder's matrices in {info.quantized}" if info.quantized else ""),
        "gap": "" if info.gap is None else str(info.gap),
        "hears": f"up to {limit} a recording, {info.audio_tokens_per_second:g} tokens a second",
        "context": f"{info.context_tokens:,} tokens, sound and text together",
        "cache": f"{token} a token, {whole} for {limit} of sound",
    }
    return "\n".join(f"{label:<12}{text}" for label, text in lines.items() if text)


def _number(count: int) -> str:
    return f"{count / 1e9:.2f} B" if count >= 1e9 else f"{count / 1e6:.2f} M"


def _size(count: int) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} B"
