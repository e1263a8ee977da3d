import pytest
import torch

from afnext.audio.spec import audio_tokens, encoder_frames
from afnext.audio.windows import kept_frames

from . import reference


@pytest.mark.parametrize("seconds", [0.03, 0.4, 5, 29.9, 29.98, 30])
@torch.no_grad()
def test_a_short_window_is_encoded_at_its_own_length(music, seconds):
    """Against transformers' encoder on the same window padded to 30 s."""
    item = reference.listen(reference.noise(seconds))
    frames = item.windows[0].frames
    theirs = music.theirs.model.audio_tower(item.features, input_features_mask=item.mask).last_hidden_state
    heard = music.ours.encoder(item.windows[0].mel[None], torch.tensor([frames]))
    assert heard.frames.shape == (1, encoder_frames(frames), 32)
    assert heard.tokens.shape == (1, audio_tokens(frames), 32)
    assert heard.frame_counts.tolist() == [encoder_frames(frames)]
    assert heard.token_counts.tolist() == [audio_tokens(frames)]
    torch.testing.assert_close(heard.tokens, theirs[:, : audio_tokens(frames)], atol=1e-5, rtol=0)


@torch.no_grad()
def test_frames_before_pooling_are_those_of_transformers(music):
    item = reference.listen(reference.noise(7))
    tower, last = music.theirs.model.audio_tower, {}
    with_hook = tower.layers[-1].register_forward_hook(lambda module, given, out: last.update(out=out))
    tower(item.features, input_features_mask=item.mask)
    with_hook.remove()
    heard = music.ours.encoder(item.windows[0].mel[None], torch.tensor([700]))
    torch.testing.assert_close(heard.frames, last["out"][:, :350], atol=1e-5, rtol=0)


@torch.no_grad()
def test_the_padding_matters_and_only_the_first_two_frames_of_it(music):
    item = reference.listen(reference.noise(5))
    encoder, mel, frames = music.ours.encoder, item.features, torch.tensor([500])
    whole = encoder(mel, frames).tokens
    torch.testing.assert_close(encoder(mel[..., :502], frames).tokens, whole, atol=0, rtol=0)
    spoilt = mel[..., :502].clone()
    spoilt[..., 500:] = 0
    assert (encoder(spoilt, frames).tokens - whole).abs().max() > 1e-3
    with pytest.raises(AssertionError, match="padding"):
        encoder(mel[..., :500], frames)
    assert kept_frames(500) >= 502


def test_half_precision_does_not_overflow(music):
    layer = music.ours.encoder.layers[0]
    half = type(layer)(music.ours.config.encoder).half()
    hidden = torch.full((1, 4, 32), 60_000.0, dtype=torch.float16)
    with torch.no_grad():
        half.down.bias.fill_(60_000)
        assert half(hidden, None).isfinite().all()
