"""Logits and greedy tokens against transformers: same weights, same features, float32."""

import numpy as np
import pytest
import torch

from . import reference

RECORDINGS = {
    "0.4 s": lambda: reference.noise(0.4),
    "5 s": lambda: reference.noise(5, seed=1),
    "29.9 s": lambda: reference.noise(29.9, seed=2),
    "29.99 s": lambda: reference.noise(29.99, seed=3),
    "30.0 s": lambda: reference.noise(30, seed=4),
    "61 s": lambda: reference.noise(61, seed=5),
    "silence": lambda: np.zeros(80_000, dtype=np.float32),
}


def agree(pair, clips):
    """Compare all logits of a prompt, and 64 tokens after it."""
    ids = torch.tensor([reference.prompt(clips, pair.ours.config)])
    sound = {}
    if clips:
        features = torch.cat([item.features for item in clips])
        sound = {"input_features": features, "input_features_mask": torch.cat([item.mask for item in clips])}
    with torch.no_grad():
        theirs = pair.theirs(input_ids=ids, **sound).logits
        said = pair.theirs.generate(input_ids=ids, **sound, do_sample=False, max_new_tokens=64)
        embeddings = reference.embed(pair.ours, ids, clips)
        ours = pair.ours.logits(pair.ours.decoder(embeddings))
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=0)
    assert ours.std() > 1  # so that 1e-4 means something
    assert reference.greedy(pair.ours, embeddings, [ids.shape[1]], 64) == said[:, ids.shape[1] :].tolist()


@pytest.mark.parametrize("name", RECORDINGS)
def test_agrees_with_transformers(pair, name):
    agree(pair, [reference.listen(RECORDINGS[name]())])


def test_agrees_on_text_alone(pair):
    agree(pair, [])


def test_forward_is_all_in_one(music):
    clip = reference.listen(reference.noise(35))
    ids = torch.tensor([reference.prompt([clip], music.ours.config)])
    mel, frames, starts = reference.stack(clip.windows)
    with torch.no_grad():
        theirs = music.theirs(input_ids=ids, input_features=clip.features, input_features_mask=clip.mask).logits
        torch.testing.assert_close(music.ours(ids, mel, frames, starts), theirs, atol=1e-4, rtol=0)


@pytest.mark.parametrize("minutes", [10, pytest.param(30, marks=pytest.mark.long)])
def test_agrees_on_long_recordings(long_pair, minutes):
    """As above, with a single pass of each over the prompt: ``generate`` would take the slowest step of all twice."""
    mel = torch.randn(2 * minutes, 128, 3000, generator=torch.Generator().manual_seed(minutes))
    clip = reference.clip(mel, [3000] * len(mel))
    ours, theirs = long_pair.ours, long_pair.theirs
    ids = torch.tensor([reference.prompt([clip], ours.config)])
    rows = reference.Rows(ours.decoder, 1, ids.shape[1] + 64)
    with torch.no_grad():
        step = theirs(input_ids=ids, input_features=mel, input_features_mask=clip.mask, use_cache=True)
        logits = ours.logits(rows.read(reference.embed(ours, ids, [clip])))
        torch.testing.assert_close(logits, step.logits, atol=1e-4, rtol=0)
        for _ in range(64):
            token = step.logits[:, -1:].argmax(-1)
            assert torch.equal(logits[:, -1:].argmax(-1), token)
            step = theirs(input_ids=token, past_key_values=step.past_key_values, use_cache=True)
            logits = ours.logits(rows.read(ours.embed(token)))
    assert rows.lengths == [rows.store.slots]
