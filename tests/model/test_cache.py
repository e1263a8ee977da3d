"""A pass over a cache sees what a pass without one sees, wherever the tokens lie and whoever shares them."""

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from afnext.model.attention import _attend_plainly as attend_plainly
from afnext.model.attention import attend_part, merge_parts
from afnext.model.cache import KeyValueCache, Pass
from afnext.model.config import preset
from afnext.model.stretches import Row

from . import reference

CONFIG = preset("tiny").decoder


def make(slots):
    return KeyValueCache(CONFIG, slots, device="cpu", dtype=torch.float32)


def random_embeddings(model, length, seed=1):
    return model.embed(torch.randint(6, 128, (1, length), generator=torch.Generator().manual_seed(seed)))


def test_it_is_as_large_as_asked_for_and_no_larger():
    store = make(17)
    assert store.keys.shape == store.values.shape == (2, 17, 2, 8)
    assert store.slots == 17


@pytest.mark.parametrize("pieces", [(12,), (5, 7), (1,) * 12, (4, 1, 6, 1)])
@torch.no_grad()
def test_a_row_in_pieces_is_the_row_at_once(music, pieces):
    model = music.ours
    embeddings = model.embed(torch.randint(6, 128, (2, 12), generator=torch.Generator().manual_seed(1)))
    rows = reference.Rows(model.decoder, 2, 12)
    hidden = torch.cat([rows.read(piece) for piece in embeddings.split(list(pieces), dim=1)], dim=1)
    torch.testing.assert_close(hidden, model.decoder(embeddings), atol=1e-5, rtol=0)


@torch.no_grad()
def test_rows_that_stand_apart_take_several_tokens_at_once(music):
    """A second turn of three and one tokens, behind first turns of two and five."""
    model = music.ours
    said = [torch.arange(10, 15), torch.arange(20, 26)]
    rows = reference.Rows(model.decoder, 2, 6)
    first = torch.stack([torch.cat((said[0][:2], torch.zeros(3, dtype=torch.long))), said[1][:5]])
    rows.read(model.embed(first), [2, 5])
    second = torch.stack([said[0][2:], torch.cat((said[1][5:], torch.zeros(2, dtype=torch.long)))])
    hidden = rows.read(model.embed(second), [3, 1])
    for row, count in ((0, 3), (1, 1)):
        alone = model.decoder(model.embed(said[row][None]))
        torch.testing.assert_close(hidden[row, :count], alone[0, -count:], atol=1e-5, rtol=0)


@torch.no_grad()
def test_conversations_that_share_slots_and_lie_scattered(music):
    """Three go on from the same ten tokens, two of them from the same fourteen; their own tokens lie in odd places."""
    model = music.ours
    common, middle = random_embeddings(model, 10), random_embeddings(model, 4, seed=2)
    tails = [random_embeddings(model, 3, seed=seed) for seed in (3, 4, 5)]
    store = make(64)
    model.decoder(common, step=Pass(store, [Row(((20, 30),), 10)]))
    model.decoder(middle, step=Pass(store, [Row(((20, 30), (40, 44)), 4)]))
    held = [((20, 30), (40, 44), (44, 45), (3, 5)), ((20, 30), (40, 44), (60, 63)), ((20, 33),)]
    begun = [Row(runs, 2) for runs in ((*held[0][:3], (3, 4)), ((20, 30), (40, 44), (60, 62)), ((20, 32),))]
    first = model.decoder(torch.cat([tail[:, :2] for tail in tails], dim=1), step=Pass(store, begun))
    then = model.decoder(torch.cat([tail[:, 2:] for tail in tails], dim=1), step=Pass(store, [Row(r, 1) for r in held]))
    for number, (tail, before) in enumerate(zip(tails, ((common, middle), (common, middle), (common,)), strict=True)):
        alone = model.decoder(torch.cat((*before, tail), dim=1))[0, -3:]
        got = torch.cat((first[0, 2 * number : 2 * number + 2], then[0, number : number + 1]))
        torch.testing.assert_close(got, alone, atol=1e-5, rtol=0)


@torch.no_grad()
def test_what_memory_held_before_does_not_matter(music):
    model, store = music.ours, make(40)
    store.keys.fill_(torch.nan)
    store.values.fill_(torch.nan)
    embeddings = random_embeddings(model, 9)
    hidden = [
        model.decoder(embeddings[:, first:end], step=Pass(store, [Row(((7, 7 + end),), end - first)]))
        for first, end in ((0, 4), (4, 8), (8, 9))
    ]
    torch.testing.assert_close(torch.cat(hidden, dim=1), model.decoder(embeddings), atol=1e-5, rtol=0)


@pytest.mark.parametrize("part", [attend_part, lambda q, k, v, causal=False: attend_plainly(q, k, v, causal)])
@pytest.mark.parametrize("length", [1, 7, 300])
def test_parts_add_up_to_the_whole(part, length):
    """Older keys in two parts, then the new ones causally: as one softmax under a mask."""
    random = torch.Generator().manual_seed(length)
    query = torch.randn(1, 6, length, 16, generator=random)
    key, value = (torch.randn(1, 2, 50 + length, 16, generator=random) for _ in range(2))
    parts = [part(query, key[:, :, a:b], value[:, :, a:b]) for a, b in ((0, 13), (13, 50))]
    parts.append(part(query, key[:, :, 50:], value[:, :, 50:], causal=True))
    merged, _ = merge_parts(merge_parts(parts[0], parts[1]), parts[2])
    mask = torch.arange(50 + length) <= torch.arange(50, 50 + length)[:, None]
    whole = scaled_dot_product_attention(query, key, value, attn_mask=mask, enable_gqa=True)
    torch.testing.assert_close(merged, whole, atol=1e-6, rtol=1e-5)
