import pytest
import torch

from afnext.model.attention import attend


def by_hand(query, key, value, sees):
    """Softmax attention spelt out, each query head with its own copy of the shared keys; ``sees`` [B, L, S]."""
    copies = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(copies, dim=1), value.repeat_interleave(copies, dim=1)
    scores = query @ key.transpose(2, 3) / query.shape[-1] ** 0.5
    attended = scores.masked_fill(~sees[:, None], -torch.inf).softmax(-1) @ value
    return attended.transpose(1, 2).flatten(2)


@pytest.mark.parametrize("heads", [(4, 4), (4, 2), (6, 1)])
@pytest.mark.parametrize(
    ("length", "seen", "kind"),
    [(5, 5, "causal"), (5, 9, "mask"), (1, 9, "mask"), (1, 9, "all"), (5, 9, "all"), (1, 1, "causal")],
)
def test_against_softmax_spelt_out(heads, length, seen, kind):
    torch.manual_seed(0)
    query = torch.randn(2, heads[0], length, 8)
    key, value = torch.randn(2, 2, heads[1], seen, 8)
    sees = {
        "causal": torch.ones(2, length, seen, dtype=torch.bool).tril(),
        "mask": torch.rand(2, length, seen) < 0.7,
        "all": torch.ones(2, length, seen, dtype=torch.bool),
    }[kind]
    sees[..., 0] = True
    mask = sees[:, None] if kind == "mask" else None
    out = attend(query, key, value, causal=kind == "causal", mask=mask)
    torch.testing.assert_close(out, by_hand(query, key, value, sees), atol=1e-5, rtol=0)
