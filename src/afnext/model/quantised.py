"""Weight-only quantisation of the decoder's matrices, for writing tokens at the speed of fewer bytes.

    int8    one scale a row, symmetric                                1.00 bytes a weight
    int4    a scale and a zero for 64 weights of a row (or for 32)      0.56 bytes a weight
    fp8     floating point (E4M3), one scale a row                      1.00 bytes a weight

Nothing is calibrated, so any checkpoint can be quantised as it is loaded. Activations stay as they are, but for fp8 on
a GPU that multiplies fp8 itself (compute capability 8.9 or more): there each token's are scaled to it as they come. On
a CPU a few tokens at a time go through PyTorch's kernels for int8 and int4; many at once, and on other devices, a
matrix is made plain piece by piece and multiplied as fast as the device multiplies.

The word embeddings, which are looked up and not multiplied, the encoder and the adaptor stay as they are; a head that
is tied to the embeddings is quantised as a copy.

N outputs, K inputs, G groups along K; P is N filled up to a multiple of 64.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from afnext.base.errors import CheckpointError
from afnext.base.process import cpu_computes_bfloat16
from afnext.model.flamingo import Flamingo

Scheme = Literal["int8", "int4", "fp8"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
GROUPS = (64, 32)
"""Weights that share scale and zero in int4: the first that divides the matrix's width."""
FEW = 32
"""Tokens up to which a CPU's kernel is faster than making the matrix plain: 20 to 60, by its size and the machine."""
PIECE = 1 << 22
"""Weights that are plain at once, where many tokens pass: 16 MB in float32."""
FILLED = 64
"""Rows of an int4 matrix are filled up to a multiple of this, the largest block that a kernel has."""
FLOAT8 = torch.float8_e4m3fn
MULTIPLE = 16
"""Of what the sides of a matrix must be multiples for GPUs to multiply it in fp8: rows are filled up to it."""
LARGEST = {"int8": 127.0, "fp8": torch.finfo(FLOAT8).max}
"""What the largest weight of a row becomes."""
KERNEL = torch.bfloat16
"""The format of activations and scales in the kernels."""


class QuantisedLinear(nn.Module):
    """A linear layer over quantised weights; not for training.

    Attributes:
        weight: int8 [N, K]; float8 [P, K]; or uint8 [P, K / 2], two levels a byte, in the order of the CPU's kernel.
        scale: bfloat16, one a row; or [G, P, 2], scale and zero of every group.
        bias: [N], or None.
    """

    weight: Tensor
    scale: Tensor
    bias: Tensor | None

    def __init__(self, inputs: int, outputs: int, scheme: Scheme, *, bias: bool) -> None:
        super().__init__()
        self.inputs, self.outputs, self.scheme = inputs, outputs, scheme
        self.group = group_of(inputs, scheme) or inputs
        rows = _filled(outputs, FILLED if scheme == "int4" else MULTIPLE)
        shape, kind, scale = {
            "int8": ((outputs, inputs), torch.int8, torch.empty(outputs, dtype=KERNEL)),
            "fp8": ((rows, inputs), FLOAT8, torch.zeros(rows, dtype=KERNEL)),
            "int4": ((rows, inputs // 2), torch.uint8, torch.empty(inputs // self.group, rows, 2, dtype=KERNEL)),
        }[scheme]
        # what is stored has another order, see ``stored``
        self.register_buffer("weight", torch.zeros(shape, dtype=kind), persistent=False)
        self.register_buffer("scale", scale, persistent=False)
        self.register_buffer("bias", torch.empty(outputs) if bias else None)

    @classmethod
    @torch.no_grad()
    def of(cls, weight: Tensor, scheme: Scheme, bias: Tensor | None = None) -> "QuantisedLinear":
        """From a plain matrix [N, K], which is read a piece at a time, to its nearest quantised one."""
        outputs, inputs = weight.shape
        with torch.device(weight.device):
            layer = cls(inputs, outputs, scheme, bias=bias is not None)
        layer.bias = bias
        for first, end in layer._pieces():
            piece = weight[first:end].float()
            if scheme != "int4":
                largest = LARGEST[scheme]
                scale = (piece.abs().amax(1) / largest).clamp(min=1e-12).to(KERNEL)
                layer.scale[first:end] = scale
                scaled = (piece / scale.float()[:, None]).clamp(-largest, largest)
                layer.weight[first:end] = scaled.round().to(torch.int8) if scheme == "int8" else scaled.to(FLOAT8)
            else:
                filled = F.pad(piece, (0, 0, 0, -len(piece) % FILLED))
                grouped = filled.view(len(filled), -1, layer.group)
                low, high = grouped.aminmax(dim=-1)
                scale = ((high - low) / 15).clamp(min=1e-12).to(KERNEL)
                zero = (low + 8 * scale.float()).to(KERNEL)
                levels = ((grouped - zero.float()[..., None]) / scale.float()[..., None]).round() + 8
                layer._put(first, levels.clamp(0, 15).to(torch.uint8).view(len(filled), inputs), scale, zero)
        return layer

    def forward(self, hidden: Tensor) -> Tensor:
        """[..., K] -> [..., N]."""
        rows = hidden.reshape(-1, self.inputs)
        if self.scheme == "fp8" and _multiplies_float8(hidden.device):
            product = self._scaled(rows)
        elif len(rows) <= FEW and hidden.device.type == "cpu" and self._has_kernel():
            product = self._few(rows)
        else:
            product = self._many(rows)
        if self.bias is not None:
            product = product + self.bias.to(product.dtype)
        return product.view(*hidden.shape[:-1], self.outputs)

    def plain(self, first: int = 0, end: int | None = None, dtype: torch.dtype = torch.float32) -> Tensor:
        """What rows ``first`` (of int4: a multiple of 64) to ``end`` of the matrix stand for, [end - first, K]."""
        end = self.outputs if end is None else end
        room = torch.empty(_filled(end - first), self.inputs, dtype=dtype, device=self.weight.device)
        return self._plain_in(room, first, end)

    def stored(self) -> dict[str, Tensor]:
        """Its tensors but the bias, as files hold them, by their last name.

        int8 and fp8: ``weight`` [N, K], ``weight_scale`` [N, 1]. int4: ``weight`` uint8 [N, K / 2] with the even
        columns in the low halves, ``weight_scale`` and ``weight_zero`` [N, G].
        """
        if self.scheme != "int4":
            return {"weight": self.weight[: self.outputs], "weight_scale": self.scale[: self.outputs, None]}
        levels = self._levels(0, self.outputs)[: self.outputs]
        scale, zero = (self.scale[:, : self.outputs, which].t().contiguous() for which in (0, 1))
        return {"weight": levels[:, ::2] | levels[:, 1::2] << 4, "weight_scale": scale, "weight_zero": zero}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Take in what ``stored`` gave."""
        device = tensors["weight"].device
        if self.scheme != "int4":
            self.weight = torch.zeros(self.weight.shape, dtype=self.weight.dtype, device=device)
            self.scale = torch.zeros(self.scale.shape, dtype=KERNEL, device=device)
            self.weight[: self.outputs] = tensors["weight"]
            self.scale[: self.outputs] = tensors["weight_scale"][:, 0]
            return
        self.weight = torch.empty(self.weight.shape, dtype=torch.uint8, device=device)
        self.scale = torch.empty(self.scale.shape, dtype=KERNEL, device=device)
        for first, end in self._pieces():
            some = tensors["weight"][first:end]
            levels = torch.stack((some & 15, some >> 4), dim=-1).view(len(some), self.inputs)
            fill = (0, 0, 0, -len(some) % FILLED)
            scale, zero = (F.pad(tensors[name][first:end].to(KERNEL), fill) for name in ("weight_scale", "weight_zero"))
            self._put(first, F.pad(levels, fill), scale, zero)

    def _plain_in(self, room: Tensor, first: int, end: int) -> Tensor:
        """``plain`` in the first rows of ``room``, which has some for what an int4 matrix is filled up with."""
        if self.scheme != "int4":
            return room[: end - first].copy_(self.weight[first:end]).mul_(self.scale[first:end, None])
        # the kernels count from the middle of the sixteen levels
        levels = self._levels(first, end).view(torch.int8).sub_(8)
        filled = slice(first, first + len(levels))
        scale, zero = (self.scale[:, filled, which].t()[..., None].to(room.dtype) for which in (0, 1))
        grouped = room[: len(levels)].view(len(levels), -1, self.group)
        torch.mul(levels.view(grouped.shape), scale, out=grouped).add_(zero)
        return room[: end - first]

    def _pieces(self) -> Iterator[tuple[int, int]]:
        step = max(FILLED, PIECE // self.inputs // FILLED * FILLED)
        for first in range(0, self.outputs, step):
            yield first, min(first + step, self.outputs)

    def _put(self, first: int, levels: Tensor, scale: Tensor, zero: Tensor) -> None:
        """Rows from ``first`` on of an int4 matrix: ``levels`` [n, K], ``scale`` and ``zero`` [n, G]."""
        rows = slice(first, first + len(levels))
        self.weight[rows] = _to_blocks(levels, _block() or FILLED)
        self.scale[:, rows] = torch.stack((scale, zero), dim=-1).transpose(0, 1)

    def _levels(self, first: int, end: int) -> Tensor:
        """[n, K] of an int4 matrix, n being end - first filled up."""
        return _from_blocks(self.weight[first : first + _filled(end - first)], _block() or FILLED)

    def _has_kernel(self) -> bool:
        """Whether the CPU has one for a few rows of activations."""
        return self.scheme == "int8" or (self.scheme == "int4" and _block() is not None)

    def _scaled(self, rows: Tensor) -> Tensor:
        """[M, K] -> [M, N], both sides in fp8: every row of activations is scaled to the range of the format."""
        scale = (rows.abs().amax(1, keepdim=True).float() / LARGEST["fp8"]).clamp(min=1e-12)
        product = F.scaled_mm(
            (rows.float() / scale).to(FLOAT8), self.weight.t(), scale, F.ScalingType.RowWise,
            self.scale.float()[None], F.ScalingType.RowWise, output_dtype=torch.bfloat16,
        )  # fmt: skip
        return product[:, : self.outputs].to(rows.dtype)

    def _few(self, rows: Tensor) -> Tensor:
        few = rows.to(KERNEL)
        if self.scheme == "int8":
            product: Tensor = torch.ops.aten._weight_int8pack_mm(few, self.weight, self.scale)
        else:
            product = torch.ops.aten._weight_int4pack_mm_for_cpu(few, self.weight, self.group, self.scale)
        return product[:, : self.outputs].to(rows.dtype)

    def _many(self, rows: Tensor) -> Tensor:
        slow = rows.device.type == "cpu" and not cpu_computes_bfloat16()
        dtype = torch.float32 if slow else rows.dtype
        many, pieces = rows.to(dtype), list(self._pieces())
        # memory that is new to the process costs more than what is done in it: one room for all pieces
        room = torch.empty(_filled(pieces[0][1]), self.inputs, dtype=dtype, device=rows.device)
        product = rows.new_empty(len(rows), self.outputs)
        for first, end in pieces:
            product[:, first:end] = F.linear(many, self._plain_in(room, first, end))
        return product


def quantise(model: Flamingo, scheme: Scheme) -> list[str]:
    """Quantise a model in place; the names of matrices that stay plain, because their width does not fit.

    Raises:
        CheckpointError: it is quantised already.
    """
    if (now := scheme_of(model)) is not None:
        raise CheckpointError(
            f"the model is quantised already, to {now}",
            expected="one in float32, bfloat16 or float16",
            do=f"load the original to have it in {scheme}",
        )
    plain = []
    for name in matrices(model):
        layer = model.get_submodule(name)
        assert isinstance(layer, nn.Linear)
        if group_of(layer.in_features, scheme):
            bias = None if layer.bias is None else layer.bias.detach()
            model.set_submodule(name, QuantisedLinear.of(layer.weight.detach(), scheme, bias))
        else:
            plain.append(name)
    return plain


def quantised(model: nn.Module) -> Iterator[tuple[str, QuantisedLinear]]:
    """The quantised layers of a model, with their names."""
    return ((name, part) for name, part in model.named_modules() if isinstance(part, QuantisedLinear))


def matrices(model: Flamingo) -> list[str]:
    """The names of the layers that quantisation is about."""
    names = ("query", "key", "value", "out", "gate", "up", "down")
    return [*(f"decoder.layers.{n}.{name}" for n in range(len(model.decoder.layers)) for name in names), "decoder.head"]


def group_of(inputs: int, scheme: Scheme) -> int | None:
    """Weights that share a scale in a matrix of this width; None: it cannot be quantised so."""
    if scheme == "fp8":
        return inputs if inputs % MULTIPLE == 0 else None
    return inputs if scheme == "int8" else next((group for group in GROUPS if inputs % group == 0), None)


def scheme_of(model: nn.Module) -> Scheme | None:
    """How a model is quantised; None: it is not."""
    return next((layer.scheme for _, layer in quantised(model)), None)


def weight_bytes(model: nn.Module) -> int:
    """Bytes of all parameters and buffers, shared ones once."""
    tensors = {tensor.data_ptr(): tensor.nbytes for tensor in (*model.parameters(), *model.buffers())}
    return sum(tensors.values())


def _filled(rows: int, multiple: int = FILLED) -> int:
    """The next multiple."""
    return -(-rows // multiple) * multiple


def _to_blocks(levels: Tensor, block: int) -> Tensor:
    """Levels uint8 [P, K] in the order of the kernels: block by block, column by column, two rows a byte."""
    rows, columns = levels.shape
    parts = levels.view(-1, block // 16, 16, columns)
    half = block // 32
    return (parts[:, :half] | parts[:, half:] << 4).permute(0, 3, 1, 2).reshape(rows, columns // 2)


def _from_blocks(weight: Tensor, block: int) -> Tensor:
    """The inverse of ``_to_blocks``: uint8 [P, K / 2] -> levels [P, K]."""
    rows, columns = weight.shape[0], weight.shape[1] * 2
    parts = weight.view(-1, columns, block // 32, 16).permute(0, 2, 3, 1)
    return torch.cat((parts & 15, parts >> 4), dim=1).reshape(rows, columns)


@cache
def _multiplies_float8(device: torch.device) -> bool:
    return device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 9)


@cache
def _block() -> int | None:
    """Rows that this CPU's int4 kernel takes together (32 with AVX2, 64 with AVX-512); None: it has another order."""
    levels = torch.arange(64 * 64, dtype=torch.int32).view(64, 64)
    digits = [levels >> shift & 15 for shift in (0, 4, 8)]  # which together tell every place
    try:
        theirs = [torch.ops.aten._convert_weight_to_int4pack_for_cpu(digit, 1).view(-1) for digit in digits]
    except (RuntimeError, AttributeError):
        return None
    for block in (32, 64):
        ours = [_to_blocks(digit.to(torch.uint8), block).view(-1) for digit in digits]
        if all(torch.equal(one, other) for one, other in zip(ours, theirs, strict=True)):
            return block
    return None
