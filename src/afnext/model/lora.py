"""Low-rank adaptation (Hu et al. 2021): matrices stay as they are, and beside each a product of two thin ones learns.

An adapter is stored as PEFT stores it: ``adapter_config.json`` and ``adapter_model.safetensors``, tensors named after
the modules of ``transformers``, so that ``PeftModel.from_pretrained`` puts it on the published model, and adapters made
there are read here.
"""

import json
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from pydantic import Field
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from afnext.base.config import Frozen
from afnext.base.errors import CheckpointError
from afnext.base.files import replacing, write_json
from afnext.model.flamingo import Flamingo
from afnext.model.packed import Bits, unpack, unpacked
from afnext.model.published import hub_name, module_name, our_name, published_name

ADAPTER, ADAPTER_CONFIG = "adapter_model.safetensors", "adapter_config.json"
PREFIX = "base_model.model."

_UNKNOWN = (
    "use_dora",
    "lora_bias",
    "alpha_pattern",
    "layer_replication",
    "use_qalora",
    "alora_invocation_tokens",
    "trainable_token_indices",
)
"""What an adapter may ask for besides, and what is not computed here."""


class Lora(Frozen):
    """Which matrices are adapted, and how."""

    rank: int = Field(16, ge=1)
    alpha: float = Field(32.0, gt=0)
    """The product is weighed by alpha / rank."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Share of the inputs of the product that is left out while training."""
    layers: tuple[str, ...] = ("query", "key", "value", "out", "gate", "up", "down")
    """Names of the matrices in each layer of the decoder, or ``encoder.query`` in each of the encoder."""
    quantize: Bits | None = None
    """Hold the matrices of the decoder's layers in 4 or 8 bits while the products learn (``model/packed.py``)."""


class LoraLinear(nn.Linear):
    """``W x + alpha / rank * B A x``, with W the matrix of the layer that it stands for; B is zero at first.

    Shapes: W [out, in], A (``lora_a``) [rank, in], B (``lora_b``) [out, rank].
    """

    def __init__(self, linear: nn.Linear, rank: int, alpha: float, dropout: float = 0.0) -> None:
        super().__init__(linear.in_features, linear.out_features, linear.bias is not None, device="meta")
        self.weight, self.bias = linear.weight, linear.bias
        place = linear.weight.device
        self.lora_a = nn.Parameter(torch.empty(rank, linear.in_features, device=place, dtype=torch.float32))
        self.lora_b = nn.Parameter(torch.zeros(linear.out_features, rank, device=place, dtype=torch.float32))
        self.scale = alpha / rank
        self.dropout = dropout
        nn.init.kaiming_uniform_(self.lora_a, a=math.sqrt(5))

    def forward(self, input: Tensor) -> Tensor:
        """[..., in] -> [..., out]."""
        kept = F.dropout(input, self.dropout, self.training and self.dropout > 0)
        low = F.linear(kept.to(self.lora_a.dtype), self.lora_a)
        return F.linear(input, self.weight, self.bias) + (self.scale * F.linear(low, self.lora_b)).to(input.dtype)

    def merged(self) -> nn.Linear:
        """A plain layer that gives the same, its matrix in the number format of this one."""
        linear = nn.Linear(self.in_features, self.out_features, self.bias is not None, device="meta")
        whole = unpacked(self.weight).float() + self.scale * (self.lora_b.float() @ self.lora_a.float())
        linear.weight = nn.Parameter(whole.to(self.weight.dtype), requires_grad=False)
        linear.bias = self.bias
        return linear


def adapt(model: Flamingo, lora: Lora) -> None:
    """Put low-rank products beside the matrices that ``lora`` names; those are what of them is trained from now on.

    Raises:
        CheckpointError: the model has no such matrix.
    """
    wanted = {name if "." in name else f"decoder.{name}" for name in lora.layers}
    found = {name: f"{name.split('.')[0]}.{name.rsplit('.')[-1]}" for name, _ in _linears(model) if ".layers." in name}
    if missing := wanted - set(found.values()):
        raise CheckpointError(
            f"no matrix {', '.join(sorted(missing))}", expected=", ".join(sorted(set(found.values())))
        )
    for name, kind in found.items():
        if kind in wanted:
            _replace(model, name, LoraLinear(_linear(model, name), lora.rank, lora.alpha, lora.dropout))


def merge(model: Flamingo) -> None:
    """Add every product to its matrix, so that nothing of the adaptation is left but the changed weights."""
    for name, layer in list(_adapted(model)):
        _replace(model, name, layer.merged())
    unpack(model.decoder.layers)


def save_adapter(model: Flamingo, folder: str | os.PathLike[str], base: str, whole: tuple[str, ...] = ()) -> None:
    """Write what was learnt beside ``base``, whole or not at all, as PEFT does.

    Args:
        model: with low-rank products.
        folder: made if need be.
        base: what it was put on: a folder, or a Hugging Face id.
        whole: our names of parts that were trained in full ("adaptor"), stored beside.
    """
    layers = dict(_adapted(model))
    first = next(iter(layers.values()))
    tensors = {}
    for name, layer in layers.items():
        tensors[f"{PREFIX}{module_name(name)}.lora_A.weight"] = layer.lora_a
        tensors[f"{PREFIX}{module_name(name)}.lora_B.weight"] = layer.lora_b
    kept = set[str]()
    for name, parameter in model.named_parameters():
        module, _, kind = name.rpartition(".")
        if name.split(".")[0] in whole and kind in ("weight", "bias"):
            kept.add(module_name(module))
            tensors[f"{PREFIX}{module_name(module)}.{kind}"] = parameter
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "inference_mode": True,
        "r": first.lora_a.shape[0],
        "lora_alpha": first.scale * first.lora_a.shape[0],
        "lora_dropout": first.dropout,
        "bias": "none",
        "target_modules": sorted(module_name(name) for name in layers),
        "modules_to_save": sorted(kept) or None,
    }
    stored = {name: tensor.detach().cpu().float().contiguous() for name, tensor in tensors.items()}
    with replacing(Path(folder), folder=True) as draft:
        write_json(draft / ADAPTER_CONFIG, config)
        save_file(stored, draft / ADAPTER, metadata={"format": "pt"})


def is_adapter(folder: str | os.PathLike[str]) -> bool:
    """Whether ``folder`` holds an adapter, and no model."""
    return (Path(folder) / ADAPTER_CONFIG).is_file() and not (Path(folder) / "config.json").is_file()


def read_adapter_config(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """What an adapter says of itself.

    Raises:
        CheckpointError: it is not there, or no LoRA adapter, or asks for what is not computed here.
    """
    file = Path(folder) / ADAPTER_CONFIG
    try:
        config: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{file}: {error}", expected="an adapter as PEFT writes it") from error
    if not isinstance(config, dict) or config.get("peft_type") != "LORA":
        raise CheckpointError(f"{file} is of no LoRA adapter", expected='"peft_type": "LORA"')
    odd = [name for name in _UNKNOWN if config.get(name)] + ["bias"] * (config.get("bias", "none") != "none")
    if odd:
        raise CheckpointError(f"{file} asks for {', '.join(odd)}", expected="low-rank products alone")
    return config


def load_adapter(model: Flamingo, folder: str | os.PathLike[str]) -> None:
    """Put the adapter in ``folder`` on ``model``; parts it holds in full replace the model's.

    Raises:
        CheckpointError: it is damaged, or does not fit the model; each tensor that does not is named.
    """
    path, config = Path(folder), read_adapter_config(folder)
    if not (path / ADAPTER).is_file():
        raise CheckpointError(
            f"{path} lacks {ADAPTER}", expected="safetensors (a pickle can run code, and is never read)"
        )
    try:
        tensors = load_file(path / ADAPTER)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path / ADAPTER} is damaged ({error})", do="fetch the adapter again") from error
    known, modules = dict(model.named_parameters()), dict(_linears(model))
    odd: list[str] = []
    products: dict[str, dict[str, Tensor]] = {}
    whole: dict[str, Tensor] = {}
    for stored, tensor in tensors.items():
        name = stored.removeprefix(PREFIX)
        product = re.fullmatch(r"(.+)\.lora_([AB])(?:\.default)?\.weight", name)
        ours = our_name(hub_name(f"{product[1]}.weight" if product else name))
        if ours is None or ours not in known:
            odd.append(stored)
        elif product is None:
            whole[ours] = tensor
        else:
            products.setdefault(ours.removesuffix(".weight"), {})[product[2]] = tensor
    for name, pair in products.items():
        layer = modules.get(name)
        shapes = [tuple(pair[side].shape) for side in "AB" if side in pair]
        rank = shapes[0][0]
        if layer is None or shapes != [(rank, layer.in_features), (layer.out_features, rank)]:
            odd.append(f"{published_name(name + '.weight')} ({', '.join(str(list(t.shape)) for t in pair.values())})")
    odd += [f"{name} {list(tensor.shape)}" for name, tensor in whole.items() if known[name].shape != tensor.shape]
    if odd or not products:
        raise CheckpointError(f"{path / ADAPTER} does not fit the model: {', '.join(odd[:5]) or 'it is empty'}")
    alpha, dropout = float(config.get("lora_alpha", 8)), float(config.get("lora_dropout", 0.0))
    with torch.no_grad():
        for name, tensor in whole.items():
            known[name].copy_(tensor)
        for name, pair in products.items():
            rank = pair["A"].shape[0]
            scale = alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)
            layer = LoraLinear(modules[name], rank, scale * rank, dropout)
            layer.lora_a.copy_(pair["A"])
            layer.lora_b.copy_(pair["B"])
            _replace(model, name, layer)


def _linears(model: nn.Module) -> Iterator[tuple[str, nn.Linear]]:
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear):
            yield name, module


def _adapted(model: nn.Module) -> Iterator[tuple[str, LoraLinear]]:
    for name, module in model.named_modules():
        if isinstance(module, LoraLinear):
            yield name, module


def _linear(model: nn.Module, name: str) -> nn.Linear:
    layer = model.get_submodule(name)
    assert isinstance(layer, nn.Linear)
    return layer


def _replace(model: nn.Module, name: str, layer: nn.Linear) -> None:
    parent, _, last = name.rpartition(".")
    setattr(model.get_submodule(parent), last, layer)
