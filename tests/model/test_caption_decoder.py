"""The caption decoder against transformers' WhisperDecoder, and against itself on packed rows and word by word."""

from functools import partial

import pytest
import torch
from transformers import WhisperConfig
from transformers.models.whisper.modeling_whisper import WhisperDecoder

from afnext.model.attention import attend
from afnext.model.caption_decoder import CaptionDecoder, CaptionerConfig

CONFIG = CaptionerConfig(width=32, layers=2, heads=4, feed_forward=48, positions=20)
WORDS = 60
NAMES = {
    "embedding": "embed_tokens",
    "positions": "embed_positions",
    "norm": "layer_norm",
    "text.norm": "self_attn_layer_norm",
    "text": "self_attn",
    "sound.norm": "encoder_attn_layer_norm",
    "sound": "encoder_attn",
    "feed_norm": "final_layer_norm",
    "up": "fc1",
    "down": "fc2",
    "query": "q_proj",
    "key": "k_proj",
    "value": "v_proj",
    "out": "out_proj",
}
"""Ours -> Whisper's, written by hand."""


def theirs_of(name):
    module, kind = name.rsplit(".", 1)
    module = module.replace("text.norm", NAMES["text.norm"]).replace("sound.norm", NAMES["sound.norm"])
    return ".".join([NAMES.get(part, part) for part in module.split(".")] + [kind])


@pytest.fixture(scope="module")
def pair():
    """The same weights twice, none of them without effect."""
    torch.manual_seed(0)
    ours = CaptionDecoder(CONFIG, WORDS, CONFIG.width)
    for parameter in ours.parameters():
        parameter.data = parameter.data + 0.3 * torch.randn_like(parameter)
    whisper = WhisperDecoder(
        WhisperConfig(
            vocab_size=WORDS,
            d_model=32,
            decoder_layers=2,
            decoder_attention_heads=4,
            decoder_ffn_dim=48,
            max_target_positions=20,
            pad_token_id=0,
        )
    ).eval()
    missing = whisper.load_state_dict({theirs_of(name): value for name, value in ours.state_dict().items()})
    assert not missing.missing_keys
    return ours, whisper


@torch.no_grad()
def test_agrees_with_transformers(pair):
    ours, whisper = pair
    ids, sound = torch.randint(1, WORDS, (3, 17)), torch.randn(3, 29, 32)
    theirs = whisper(input_ids=ids, encoder_hidden_states=sound).last_hidden_state
    assert theirs.std() > 0.5  # so that 1e-4 means something
    torch.testing.assert_close(ours(ids, sound), theirs, atol=1e-4, rtol=0)
    logits = theirs @ whisper.embed_tokens.weight.T  # as WhisperForConditionalGeneration ties them
    torch.testing.assert_close(ours.logits(ours(ids, sound)), logits, atol=1e-4, rtol=0)


@torch.no_grad()
def test_padded_sound_is_not_heard_and_order_matters(pair):
    ours, _ = pair
    ids, sound = torch.randint(1, WORDS, (1, 5)), torch.randn(1, 9, 32)
    mask = (torch.arange(9) < 6)[None, None, None]
    alone = ours(ids, sound[:, :6])
    torch.testing.assert_close(ours(ids, sound, listening=partial(attend, mask=mask)), alone)
    assert (ours(ids.flip(1), sound[:, :6]).flip(1) - alone).abs().max() > 0.01


@torch.no_grad()
def test_writing_takes_the_likeliest_word_again_and_again(pair):
    """Against one row at a time, each at its own length of sound."""
    ours, _ = pair
    sound, counts = torch.randn(4, 11, 32), torch.tensor([11, 3, 7, 1])
    rows = []
    for row, count in zip(sound, counts.tolist(), strict=True):
        ids = [2]
        for _ in range(8):
            ids.append(int(ours.logits(ours(torch.tensor([ids]), row[None, :count])[0, -1]).argmax()))
        rows.append(ids[1:])
    stop = rows[0][3]
    written = ours.write(sound, counts, start=2, stop=stop, limit=8)
    assert written == [row[: row.index(stop)] if stop in row else row for row in rows]
    assert len(written[0]) <= 3


def test_sound_may_be_of_another_width():
    decoder = CaptionDecoder(CONFIG, WORDS, 24)
    assert decoder(torch.zeros(2, 4, dtype=torch.int64), torch.randn(2, 6, 24)).shape == (2, 4, 32)


def test_heads_must_share_the_width():
    with pytest.raises(ValueError, match="captioner width 30 is not a multiple of its 4 heads"):
        CaptionerConfig(width=30, heads=4)
