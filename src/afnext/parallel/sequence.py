"""One packed sequence over a group of ranks: Ulysses inside a node, a ring across (USP, arXiv:2405.07719).

    the sequence, padded to equal parts       [ tokens of ring rank 0 | of ring rank 1 | ... ]   in zigzag
    a ring rank's part, over its node         [ piece of ulysses rank 0 | of ulysses rank 1 | ... ]

Everything but attention looks at one token at a time, so a model runs on a piece as it does on a sequence, given the
piece's positions and this attention.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from afnext.parallel.collectives import gather
from afnext.parallel.mesh import Mesh
from afnext.parallel.ring import TILE, Ring, zigzag
from afnext.parallel.sight import Sight
from afnext.parallel.ulysses import Ulysses


class SplitSequence:
    """Which tokens of a packed sequence this rank holds, and how they attend to all others.

    Every rank of ``mesh.sequence`` makes it of the same sequence.

    Args:
        mesh: whose ring and ulysses dimensions hold the sequence.
        trees: the borders of its trees (see ``afnext.parallel.sight``).
        device: of the process.
        tile: the most queries, and keys, whose scores exist at a time.
    """

    def __init__(self, mesh: Mesh, trees: Sequence[tuple[int, ...]], device: torch.device, *, tile: int = TILE) -> None:
        ring, ulysses = mesh.degrees.ring, mesh.degrees.ulysses
        self.group = mesh.sequence
        self.length = trees[-1][-1]
        """Tokens of the whole sequence, L."""
        self.padded = -(-self.length // (2 * ring * ulysses)) * 2 * ring * ulysses
        chunks = [torch.arange(*span) for part in zigzag(self.padded, ring) for span in part]
        self.order = torch.cat(chunks).to(device)
        """[padded]: the token that stands at each place when the pieces of all ranks stand in a row."""
        rank = mesh.grid.get_local_rank("ring") * ulysses + mesh.grid.get_local_rank("ulysses")
        self.mine = self.order.chunk(ring * ulysses)[rank]
        """[l]: the tokens of this rank; those from L on are padding."""
        self.attention = Ulysses(mesh.ulysses, Ring(mesh.ring, Sight(trees, self.padded), device, tile))
        """The model's ``Attention``: [B, H, l, D] over [B, K, l, D] -> [B, l, H * D], all of this rank's tokens."""

    def split(self, whole: Tensor, fill: float = 0) -> Tensor:
        """This rank's piece [B, l, ...] of ``whole`` [B, L, ...] (ids, positions, targets, embeddings), which all have.

        ``fill`` stands at padding: for targets, the mark of what is not to be predicted.
        """
        assert whole.shape[1] == self.length, f"{whole.shape[1]} tokens of a sequence of {self.length}"
        missing = whole.new_full((whole.shape[0], self.padded - self.length, *whole.shape[2:]), fill)
        return torch.cat([whole, missing], dim=1)[:, self.mine]

    def gather(self, piece: Tensor) -> Tensor:
        """The whole [B, L, ...] of every rank's ``piece`` [B, l, ...], on every rank; gradients are summed back.

        For what is to be looked at whole; a loss is summed piece by piece.
        """
        pieces = torch.cat(gather(piece, self.group), dim=1)
        return pieces[:, self.order.argsort()[: self.length]]

    def audio(self, ids: Tensor, audio: Tensor, sound_id: int) -> Tensor:
        """The audio tokens of this rank's piece [n, C].

        Args:
            ids: [B, L] of the whole sequence.
            audio: [N, C], the n-th for the n-th ``sound_id`` of ``ids``, row by row.
            sound_id: the id whose embedding is replaced.
        """
        places = ids == sound_id
        numbers = (places.flatten().cumsum(0) - 1).view_as(ids)
        return audio[self.split(numbers)[self.split(places)]]
