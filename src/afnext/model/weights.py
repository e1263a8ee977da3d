"""Checkpoint folders: published weights to a model and back, strictly, a tensor at a time, never a pickle."""

import json
import logging
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from afnext.base.errors import CheckpointError
from afnext.base.files import replacing
from afnext.model.config import FlamingoConfig
from afnext.model.flamingo import Flamingo
from afnext.model.published import (
    EMBEDDING,
    HEAD,
    SKIPPED,
    hub_name,
    published_name,
    read_fields,
    write_fields,
    write_generation,
)
from afnext.model.quantised import (
    SCHEMES,
    QuantisedLinear,
    Scheme,
    group_of,
    matrices,
    quantised,
    scheme_of,
)

CONFIG, GENERATION = "config.json", "generation_config.json"
SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
PICKLES = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"}
SHARD_BYTES = 5_000_000_000

QUANTISED = "quantization_config"
"""Where ``config.json`` tells of quantised weights."""

INTEGERS = {torch.int8: {"I8"}, torch.uint8: {"U8"}, torch.float8_e4m3fn: {"F8_E4M3"}}
DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}

_log = logging.getLogger(__name__)


def read_config(folder: str | os.PathLike[str]) -> FlamingoConfig:
    """The configuration of a checkpoint folder, without its weights.

    Raises:
        CheckpointError: the folder or its ``config.json`` is missing, or does not describe such a model.
    """
    path = Path(folder)
    if not path.is_dir():
        raise CheckpointError(f"{path}: no such folder", expected="a folder with config.json and *.safetensors")
    generation = _read_json(path / GENERATION) if (path / GENERATION).is_file() else {}
    return read_fields(_read_json(path / CONFIG), generation, str(path / CONFIG))


def stored_dtype(folder: str | os.PathLike[str]) -> torch.dtype:
    """The number format in which a folder stores its weights (that of the word embeddings).

    Raises:
        CheckpointError: the weights are missing or damaged.
    """
    for stored in _inventory(Path(folder)):
        if hub_name(stored.name) == EMBEDDING and stored.dtype in DTYPES:
            return DTYPES[stored.dtype]
    raise CheckpointError(f"{folder} has no tensor {EMBEDDING} of numbers", do="fetch the checkpoint again")


def load(
    folder: str | os.PathLike[str],
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = None,
    quantise: Scheme | None = None,
) -> Flamingo:
    """The model in ``folder``, in either published layout.

    The files are mapped, not read: on the CPU in the stored format, tensors stay on disk until they are used. Otherwise
    they are converted one at a time, so that the model is never in memory twice.

    Args:
        folder: a checkpoint folder with ``config.json`` and safetensors.
        device: where the model goes.
        dtype: the format to compute in; None: as stored.
        quantise: hold the decoder's matrices in so few bits; each is quantised as it is read, so that the model is
            never there as it was.

    Raises:
        CheckpointError: anything does not fit; each missing, extra or misshapen tensor is named. Or the folder is to be
            quantised, and is already.
    """
    path = Path(folder)
    config, scheme = read_config(path), stored_scheme(path)
    if scheme is not None and quantise is not None:
        raise CheckpointError(
            f"{path} is quantised already, to {scheme}",
            do=f"load it as it is, or the original to have it in {quantise}",
        )
    with torch.device("meta"):
        model = Flamingo(config)
        if scheme is not None:
            for name in matrices(model):
                _replace(model, name, scheme)
    stored = _fit(path, _inventory(path), model)
    state: dict[str, Tensor] = {}
    for name, place, tensor in _read(stored, apart=quantise is not None):
        there = tensor.to(device=device)
        if quantise is None or not _quantise(model, name, there, quantise):
            kept = dtype if place.dtype in DTYPES else None
            state[name] = there.to(dtype=kept, copy=quantise is not None)
    for name, layer in quantised(model):
        if scheme is not None:
            layer.restore({kind: state.pop(f"{name}.{kind}") for kind in layer.stored()})
    if config.decoder.tied and scheme is None:
        embedding = state["decoder.embedding.weight"]
        if quantise is not None:
            _quantise(model, "decoder.head.weight", embedding, quantise)
        elif not torch.equal(state.setdefault("decoder.head.weight", embedding), embedding):
            raise CheckpointError(
                f"{path}: {HEAD} differs from {EMBEDDING}, which {CONFIG} ties",
                do=f"set tie_word_embeddings to false in {CONFIG}",
            )
    model.load_state_dict(state, strict=True, assign=True)
    model.decoder.tie()
    return model


def stored_scheme(folder: str | os.PathLike[str]) -> Scheme | None:
    """How the weights in a folder are quantised; None: they are not.

    Raises:
        CheckpointError: in a way that is not ours.
    """
    told = _read_json(Path(folder) / CONFIG).get(QUANTISED)
    if told is None:
        return None
    known = isinstance(told, dict) and told.get("quant_method") == "afnext"
    for scheme in SCHEMES:
        if known and told.get("scheme") == scheme:
            return scheme
    raise CheckpointError(
        f"{Path(folder) / CONFIG}: {QUANTISED} {told}",
        expected="weights in float32, bfloat16 or float16, or quantised by afnext",
        do="fetch the release that is not quantised, and load it with quantize=int8, int4 or fp8",
    )


def _quantise(model: Flamingo, name: str, weight: Tensor, scheme: Scheme) -> bool:
    """Put ``weight`` into the model in its place, quantised, if it is one of those that are."""
    module, _, kind = name.rpartition(".")
    if kind != "weight" or module not in matrices(model) or not group_of(weight.shape[1], scheme):
        return False
    bias = getattr(model.get_submodule(module), "bias", None)
    model.set_submodule(module, QuantisedLinear.of(weight, scheme, None if bias is None else bias.detach()))
    return True


def _replace(model: Flamingo, name: str, scheme: Scheme) -> None:
    """Make room for a quantised matrix."""
    layer = model.get_submodule(name)
    assert isinstance(layer, nn.Linear)
    if group_of(layer.in_features, scheme):
        empty = QuantisedLinear(layer.in_features, layer.out_features, scheme, bias=layer.bias is not None)
        model.set_submodule(name, empty)


def save(
    model: Flamingo,
    folder: str | os.PathLike[str],
    *,
    dtype: torch.dtype | None = None,
    shard_bytes: int = SHARD_BYTES,
) -> None:
    """Write ``model`` as a published folder that ``transformers`` reads, whole or not at all.

    Everything is written before the first file takes its place, and files that are not the model's (tokenizer,
    template, adapter) are left alone. The head of a tied model is written too: not every release ties it again.

    Args:
        model: on any device.
        folder: made if need be.
        dtype: the format to store; None: as the model has it.
        shard_bytes: the weights are cut into files of at most so many bytes, where ``transformers`` cuts them.

    Raises:
        CheckpointError: ``folder`` is a file.
    """
    path = Path(folder)
    if path.is_dir():
        _write(model, path, dtype, shard_bytes)
    elif path.exists():
        raise CheckpointError(f"{path} is a file", expected="a folder to write the model to")
    else:
        with replacing(path, folder=True) as draft:
            _write(model, draft, dtype, shard_bytes)


def _write(model: Flamingo, folder: Path, dtype: torch.dtype | None, shard_bytes: int) -> None:
    from huggingface_hub import split_state_dict_into_shards_factory  # noqa: PLC0415  only saving needs it

    tensors = {published_name(name): tensor.detach() for name, tensor in _tensors(model).items()}
    tensors = {name: tensors[name] for name in sorted(tensors, key=_place)}
    fixed = {published_name(f"{name}.{kind}") for name, layer in quantised(model) for kind in layer.stored()}
    formats = {name: tensor.dtype if name in fixed else dtype or tensor.dtype for name, tensor in tensors.items()}
    split = split_state_dict_into_shards_factory(
        {name: tensor.numel() * formats[name].itemsize for name, tensor in tensors.items()},
        get_storage_size=lambda size: size,
        filename_pattern="model{suffix}.safetensors",
        max_shard_size=shard_bytes,
    )
    stored = dtype or tensors[EMBEDDING].dtype
    texts = {
        CONFIG: write_fields(model.config, str(stored).removeprefix("torch.")),
        GENERATION: write_generation(model.config),
    }
    if (scheme := scheme_of(model)) is not None:
        texts[CONFIG][QUANTISED] = {"quant_method": "afnext", "scheme": scheme}
    if split.is_sharded:
        count = sum(tensor.numel() for tensor in tensors.values())
        index = {"metadata": {"total_parameters": count, **split.metadata}, "weight_map": split.tensor_to_filename}
        texts[INDEX] = index
    with ExitStack() as together:  # leaving it, the files take their places, the last one first
        for file, values in texts.items():
            draft = together.enter_context(replacing(folder / file))
            draft.write_text(json.dumps(values, indent=2, sort_keys=file == INDEX) + "\n", encoding="utf-8")
        for file, names in split.filename_to_tensors.items():
            shard = {name: tensors[name].to(device="cpu", dtype=formats[name]).contiguous() for name in names}
            if model.config.decoder.tied and HEAD in shard:
                shard[HEAD] = shard[HEAD].clone()  # a file cannot hold one tensor under two names
            save_file(shard, together.enter_context(replacing(folder / file)), metadata={"format": "pt"})
    for item in folder.iterdir():
        ours = item.name == INDEX or re.fullmatch(r"model(-\d{5}-of-\d{5})?\.safetensors", item.name)
        if ours and item.name not in texts.keys() | split.filename_to_tensors.keys():
            item.unlink()


def _tensors(model: Flamingo) -> dict[str, Tensor]:
    """All that is stored of a model, by our names."""
    small = {f"{name}.{kind}": part for name, layer in quantised(model) for kind, part in layer.stored().items()}
    return {**model.state_dict(), **small}


@dataclass(frozen=True)
class _Stored:
    """A tensor in a file, by its header."""

    file: Path
    name: str
    shape: tuple[int, ...]
    dtype: str


def _inventory(folder: Path) -> list[_Stored]:
    """Every tensor in the folder's weights, none of them read."""
    found = []
    for file in _files(folder):
        with _opened(file) as tensors:
            for name in tensors.keys():  # noqa: SIM118  it is no mapping
                header = tensors.get_slice(name)
                found.append(_Stored(file, name, tuple(header.get_shape()), header.get_dtype()))
    return found


def _fit(folder: Path, stored: list[_Stored], model: Flamingo) -> dict[str, _Stored]:
    """Our name -> where it is stored, for all tensors of ``model`` (but a tied head, which may be left out)."""
    tensors = _tensors(model)
    wanted = {published_name(name): (name, tuple(tensor.shape)) for name, tensor in tensors.items()}
    useless = [place for place in stored if hub_name(place.name) not in wanted and place.name.endswith(SKIPPED)]
    if useless:
        _log.warning("%s: no model computes with %s", folder, ", ".join(place.name for place in useless))
    places = {hub_name(place.name): place for place in stored if place not in useless}

    times = Counter(hub_name(place.name) for place in stored)
    optional = {HEAD} if model.config.decoder.tied and scheme_of(model) is None else set()
    missing = wanted.keys() - places.keys() - optional
    problems = {
        "missing": sorted(missing, key=_place),
        "extra": [places[name].name for name in sorted(places.keys() - wanted.keys(), key=_place)],
        "twice": [name for name, count in times.items() if count > 1 and name in wanted],
        "misshapen": [
            f"{place.name} {list(place.shape)} for {list(wanted[name][1])}"
            for name, place in places.items()
            if name in wanted and place.shape != wanted[name][1]
        ],
        "not numbers of a known format": [
            f"{place.name} {place.dtype}"
            for name, place in places.items()
            if name in wanted and place.dtype not in (INTEGERS.get(tensors[wanted[name][0]].dtype) or DTYPES)
        ],
    }
    if any(problems.values()):
        told = [f"{kind}: {', '.join(names)}" for kind, names in problems.items() if names]
        raise CheckpointError(
            f"{folder} does not fit its {CONFIG}: " + "; ".join(told), do="fetch the checkpoint again"
        )
    return {wanted[name][0]: place for name, place in places.items()}


def _files(folder: Path) -> list[Path]:
    """The safetensors that make up the folder's weights, by its index if it has one."""
    names = [SINGLE]
    if (folder / INDEX).is_file():
        table = _read_json(folder / INDEX).get("weight_map")
        if not isinstance(table, dict) or not table:
            raise CheckpointError(f"{folder / INDEX} has no weight_map", do="fetch the checkpoint again")
        names = sorted({str(name) for name in table.values()})
        foreign = [name for name in names if Path(name).name != name or not name.endswith(".safetensors")]
        if foreign:
            raise CheckpointError(
                f"{folder / INDEX} points to {', '.join(foreign)}",
                expected="safetensors files beside it (a pickle can run code when opened, and is never read)",
            )
    missing = [name for name in names if not (folder / name).is_file()]
    if not missing:
        return [folder / name for name in names]
    pickles = sorted(file.name for file in folder.iterdir() if file.suffix in PICKLES)
    if pickles:
        raise CheckpointError(
            f"{folder} holds {', '.join(pickles)} but not {', '.join(missing)}",
            expected="safetensors (a pickle can run code when opened, and is never read)",
            do="convert it with the tool that made it, or fetch the release in safetensors",
        )
    raise CheckpointError(f"{folder} lacks {', '.join(missing)}", do="fetch the checkpoint again")


def _read(stored: Mapping[str, _Stored], *, apart: bool) -> Iterator[tuple[str, _Stored, Tensor]]:
    """Every tensor of a checkpoint, mapped, with our name of it.

    A mapping stays in memory, as far as it was read, until its last tensor is let go: ``apart``, each has its own.
    """
    for file in sorted({place.file for place in stored.values()}):
        with nullcontext() if apart else _opened(file) as shared:
            for name, place in stored.items():
                if place.file == file:
                    with _opened(file) if shared is None else nullcontext(shared) as tensors:
                        yield name, place, tensors.get_tensor(place.name)


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    try:
        with safe_open(file, framework="pt", device="cpu") as tensors:
            yield tensors
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{file} is damaged ({error})", expected="a whole safetensors file", do="fetch the checkpoint again"
        ) from error


def _read_json(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise CheckpointError(f"{file.parent} lacks {file.name}", do="fetch the checkpoint again")
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise CheckpointError(f"{file} cannot be read: {error}", expected="JSON", do="fetch it again") from error
    if not isinstance(values, dict):
        raise CheckpointError(f"{file} holds a {type(values).__name__}", expected="a JSON object")
    return values


def _place(name: str) -> tuple[bool, list[tuple[bool, int, str]]]:
    """Sorts tensors as ``transformers`` writes them: the head first, then by name with numbers as numbers."""
    parts = name.split(".")
    return name != HEAD, [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]
