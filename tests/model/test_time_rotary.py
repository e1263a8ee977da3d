import math

import pytest
import torch
from transformers import MusicFlamingoConfig
from transformers.models.musicflamingo.modeling_musicflamingo import MusicFlamingoRotaryEmbedding, apply_rotary_time_emb

from afnext.model.config import TimeRotaryConfig, preset, rotary_width
from afnext.model.time_rotary import rotate_time, time_angles


def published(width=1280):
    return MusicFlamingoRotaryEmbedding(
        MusicFlamingoConfig(
            audio_config={"model_type": "audioflamingo3_encoder", "hidden_size": width},
            text_config={"model_type": "qwen2"},
        )
    )


@pytest.mark.parametrize("width", [1280, 192, 48])
@torch.no_grad()
def test_same_bits_as_transformers_over_thirty_minutes(width):
    starts = torch.tensor([0, 1, 2, 31, 59]) * 30.0
    seconds = starts[:, None] + torch.arange(750, dtype=torch.float32) * 0.04
    cos, sin = published(width)(seconds, seq_len=750)
    angles = time_angles(starts, 750, width, 750, TimeRotaryConfig())
    assert torch.equal(angles.cos(), cos)
    assert torch.equal(angles.sin(), sin)
    hidden = torch.randn(5, 750, width)
    assert torch.equal(rotate_time(hidden, angles), apply_rotary_time_emb(hidden, cos, sin))
    assert (
        rotary_width(preset("af-next")) * 2
        == time_angles(starts[:1], 1, 1280, 750, TimeRotaryConfig()).shape[-1]
        == 512
    )


def test_the_formula_by_hand():
    """One number pair at a time, in float64, early in a recording where float32 still holds the angle."""
    hidden = torch.randn(1, 20, 48)
    turned = rotate_time(hidden, time_angles(torch.tensor([30.0]), 20, 48, 750, TimeRotaryConfig()))
    for token in (0, 3, 19):
        seconds = 30 + 0.04 * token
        for axis, position in enumerate((1 / 1200, token / 1200 * 2 * math.pi)):
            for pair in range(5):  # int(48 * 0.2) = 9 numbers an axis, which is five pairs
                angle = position * 1200 ** (-2 * pair / 9) * -2 * math.pi * seconds
                at = 10 * axis + 2 * pair
                x, y = hidden[0, token, at : at + 2].tolist()
                expected = [x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)]
                assert turned[0, token, at : at + 2].tolist() == pytest.approx(expected, abs=1e-4)
    assert torch.equal(turned[..., 20:], hidden[..., 20:])


def test_times_do_not_depend_on_how_much_was_encoded():
    starts = torch.tensor([0.0, 90.0])
    whole = time_angles(starts, 750, 64, 750, TimeRotaryConfig())
    assert torch.equal(time_angles(starts, 10, 64, 750, TimeRotaryConfig()), whole[:, :10])


def test_low_precision_keeps_its_format():
    angles = time_angles(torch.tensor([1770.0]), 4, 64, 750, TimeRotaryConfig())
    hidden = torch.randn(1, 4, 64)
    turned = rotate_time(hidden.bfloat16(), angles)
    assert turned.dtype == torch.bfloat16
    torch.testing.assert_close(turned.float(), rotate_time(hidden.bfloat16().float(), angles), atol=0, rtol=0.01)
