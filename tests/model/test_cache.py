import pytest
import torch

from afnext.model.cache import KeyValueCache
from afnext.model.config import preset

CONFIG = preset("tiny").decoder


def make(rows, capacity):
    return KeyValueCache(CONFIG, rows, capacity, device="cpu", dtype=torch.float32)


def test_it_is_as_large_as_asked_for_and_no_larger():
    store = make(3, 17)
    assert store.keys.shape == store.values.shape == (2, 3, 2, 17, 8)
    assert store.capacity == 17


@pytest.mark.parametrize("pieces", [(12,), (5, 7), (1,) * 12, (4, 1, 6, 1)])
@torch.no_grad()
def test_a_row_in_pieces_is_the_row_at_once(music, pieces):
    model = music.ours
    embeddings = model.embed(torch.randint(6, 128, (2, 12), generator=torch.Generator().manual_seed(1)))
    store = make(2, 12)
    hidden = torch.cat([model.decoder(piece, store) for piece in embeddings.split(list(pieces), dim=1)], dim=1)
    torch.testing.assert_close(hidden, model.decoder(embeddings), atol=1e-5, rtol=0)
    assert store.lengths == [12, 12]


@torch.no_grad()
def test_rows_that_stand_apart_take_several_tokens_at_once(music):
    """A second turn of three and one tokens, behind first turns of two and five."""
    model = music.ours
    rows = [torch.arange(10, 15), torch.arange(20, 26)]
    store = make(2, 6)
    first = torch.stack([torch.cat((rows[0][:2], torch.zeros(3, dtype=torch.long))), rows[1][:5]])
    model.decoder(model.embed(first), store, [2, 5])
    second = torch.stack([rows[0][2:], torch.cat((rows[1][5:], torch.zeros(2, dtype=torch.long)))])
    hidden = model.decoder(model.embed(second), store, [3, 1])
    assert store.lengths == [5, 6]
    for row, count in ((0, 3), (1, 1)):
        alone = model.decoder(model.embed(rows[row][None]))
        torch.testing.assert_close(hidden[row, :count], alone[0, -count:], atol=1e-5, rtol=0)


def test_what_does_not_fit_is_our_mistake():
    store = make(2, 4)
    with pytest.raises(AssertionError, match="5 tokens do not fit in a cache for 4"):
        store.slots(5)
    with pytest.raises(AssertionError, match="1 counts for 2 rows"):
        store.slots(2, [2])
    with pytest.raises(AssertionError, match="a count of 3"):
        store.slots(2, [3, 1])
