from functools import partial

import torch
from transformers.models.qwen2.modeling_qwen2 import Qwen2RMSNorm, apply_rotary_pos_emb

from afnext.model import decoder
from afnext.model.attention import attend
from afnext.model.decoder import RMSNorm
from afnext.model.rotary import rotary_angles, rotate


def test_rotation_turns_pairs_by_the_position():
    """Against transformers' function on angles in float64, and by its purpose: only distances count."""
    query, key = torch.randn(2, 1, 4, 9, 16)
    cos, sin = rotary_angles(torch.arange(9)[None], 16, 1e6, torch.float32)
    angles = torch.arange(9)[:, None] * 1e6 ** (-torch.arange(0, 16, 2) / 16).double()
    angles = torch.cat((angles, angles), dim=-1)[None].float()
    expected = apply_rotary_pos_emb(query, key, angles.cos(), angles.sin())
    torch.testing.assert_close(rotate(query, cos, sin), expected[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(rotate(key, cos, sin), expected[1], atol=1e-5, rtol=0)

    later = rotary_angles(torch.arange(100, 109)[None], 16, 1e6, torch.float32)
    scores = rotate(query, cos, sin) @ rotate(key, cos, sin).transpose(2, 3)
    torch.testing.assert_close(rotate(query, *later) @ rotate(key, *later).transpose(2, 3), scores, atol=1e-4, rtol=0)


def test_norm_is_qwen2s_in_low_precision_too():
    hidden = torch.randn(3, 32) * 50
    ours, theirs = RMSNorm(32, 1e-6), Qwen2RMSNorm(32)
    with torch.no_grad():
        ours.weight.normal_()
        theirs.weight.copy_(ours.weight)
    assert torch.equal(ours(hidden), theirs(hidden))
    assert torch.equal(ours.bfloat16()(hidden.bfloat16()), theirs.bfloat16()(hidden.bfloat16()))


def test_packed_rows_are_conversations_of_their_own(music):
    model = music.ours
    one, two = torch.tensor([[7, 8, 9]]), torch.tensor([[20, 21, 22, 23]])
    member = torch.tensor([0, 0, 0, 1, 1, 1, 1])
    mask = ((member[:, None] == member) & torch.ones(7, 7, dtype=torch.bool).tril())[None, None]
    with torch.no_grad():
        packed = model.decoder(
            model.embed(torch.cat((one, two), dim=1)),
            positions=torch.tensor([[0, 1, 2, 0, 1, 2, 3]]),
            attention=partial(attend, mask=mask),
        )
        torch.testing.assert_close(packed[:, :3], model.decoder(model.embed(one)), atol=1e-5, rtol=0)
        torch.testing.assert_close(packed[:, 3:], model.decoder(model.embed(two)), atol=1e-5, rtol=0)


def test_a_long_prompt_passes_the_feed_forwards_in_pieces_with_the_same_result(music, monkeypatch):
    model, sizes = music.ours.decoder, []
    embeddings = torch.randn(2, 9, model.config.width)
    with torch.no_grad():
        whole = model(embeddings)
    monkeypatch.setattr(decoder, "FED_AT_ONCE", 4)
    hook = model.layers[0].up.register_forward_hook(lambda module, given, made: sizes.append(made.shape[0]))
    with torch.no_grad():
        torch.testing.assert_close(model(embeddings), whole, atol=1e-5, rtol=0)
    hook.remove()
    assert sizes == [4, 4, 4, 4, 2]
    torch.testing.assert_close(model(embeddings.requires_grad_()), whole, atol=1e-5, rtol=0)
