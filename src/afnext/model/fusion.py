"""Audio tokens take the places of the ``<sound>`` ids in a sequence of word embeddings."""

from torch import Tensor


def fuse(ids: Tensor, embeddings: Tensor, audio: Tensor | None, sound_id: int) -> Tensor:
    """Embeddings [B, L, C] in which the n-th ``sound_id`` of ``ids`` [B, L], row by row, carries ``audio[n]``.

    Args:
        ids: token ids.
        embeddings: [B, L, C] of the same ids; not changed.
        audio: [N, C], all clips of the first row in order, then of the second, and so on; None: no sound.
    """
    places = ids == sound_id
    given = 0 if audio is None else audio.shape[0]
    wanted = int(places.sum())
    assert given == wanted, f"{given} audio tokens for {wanted} places"
    if audio is None or not given:
        return embeddings
    return embeddings.masked_scatter(places[..., None], audio.to(embeddings.dtype))
