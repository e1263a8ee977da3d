"""Opening a model: ``afnext.load``."""

import os
from pathlib import Path

import torch

from afnext.base.errors import CheckpointError, RequestError
from afnext.base.process import pick_device, pick_dtype
from afnext.dialogue.checkpoint import load_family
from afnext.dialogue.tokenizer import Tokenizer
from afnext.inference.budget import Budget, free_bytes
from afnext.inference.card import read_card
from afnext.inference.engine import Engine
from afnext.inference.folder import find_folder
from afnext.model import weights
from afnext.model.flamingo import Flamingo
from afnext.model.lora import is_adapter, load_adapter, merge, read_adapter_config
from afnext.model.quantised import SCHEMES, Scheme, quantise
from afnext.model.upcast import computes, upcast


def load(
    name: str | os.PathLike[str] = "nano",
    *,
    device: str | torch.device | None = None,
    dtype: str | torch.dtype | None = None,
    quantize: str | None = None,
    budget: Budget | None = None,
) -> Engine:
    """Open a model.

    Args:
        name: ``"nano"`` (shipped in the package), a checkpoint folder, or a Hugging Face id
            (``"nvidia/audio-flamingo-next-hf"``), which is downloaded once; or the folder of a LoRA adapter, which is
            put on the model that it names.
        device: ``cpu``, ``cuda``, ``cuda:N`` or ``mps``; the best at hand if left out.
        dtype: ``float32``, ``bfloat16`` or ``float16``; as stored, where the device computes in that at
            speed, if left out.
        quantize: ``int8``, ``int4`` or ``fp8``: hold the decoder's matrices in so few bits (``model/quantised.py``). A
            folder that is stored so is loaded so.
        budget: what the engine may use beside the weights.

    Raises:
        CheckpointError: there is no such model, or something in its folder does not fit.
        RequestError: the device or number format is not at hand, or there is no such way to quantize.
    """
    place, scheme = pick_device(device), pick_scheme(quantize)
    folder, adapter = find_model(name)
    family = load_family(folder)
    tokenizer = Tokenizer.load(folder)
    card = read_card(folder)
    stored = weights.stored_dtype(folder)
    number = pick_dtype(dtype, place, stored)
    if dtype is None and place.type == "cpu" and number.itemsize > stored.itemsize:
        files = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
        if files * number.itemsize // stored.itemsize > free_bytes(place) * 0.8:
            number = stored  # slower to compute in, but there is room for it
    model = load_weights(folder, adapter, place, number, scheme)
    if not computes(number, place):
        upcast(model)
    wanted, had = tokenizer.vocab_size, model.config.decoder.vocabulary
    if wanted > had:
        raise CheckpointError(
            f"{folder}: tokenizer.json has {wanted} ids, the model {had}",
            expected="a tokenizer that fits the model",
            do="take both from the same release",
        )
    return Engine(model, tokenizer, family, name=os.fspath(name), card=card, budget=budget)


def find_model(name: str | os.PathLike[str]) -> tuple[Path, Path | None]:
    """The folder of the model called ``name``; where that is an adapter's, the model's that it names, and its own.

    Raises:
        CheckpointError: there is no such model, or the adapter is of another kind.
    """
    folder = find_folder(name)
    if not is_adapter(folder):
        return folder, None
    return find_folder(str(read_adapter_config(folder).get("base_model_name_or_path"))), folder


def load_weights(
    folder: Path,
    adapter: Path | None,
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = None,
    scheme: Scheme | None = None,
) -> Flamingo:
    """The model in ``folder``, with an adapter merged into it, if one is given, and then quantised, if asked for.

    Raises:
        CheckpointError: either does not fit.
    """
    if adapter is None:
        return weights.load(folder, device, dtype, scheme)
    model = weights.load(folder, device, dtype)
    load_adapter(model, adapter)
    merge(model)
    if scheme is not None:
        quantise(model, scheme)
    return model


def pick_scheme(name: str | None) -> Scheme | None:
    """How to quantise.

    Raises:
        RequestError: in no known way.
    """
    for scheme in SCHEMES:
        if name == scheme:
            return scheme
    if name is not None:
        raise RequestError(f"quantize {name!r}", expected=" or ".join(SCHEMES))
    return None
