"""What transformers refuses or gets wrong, against a twin that uses its own modules one window at a time."""

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import MusicFlamingoProcessor, PreTrainedTokenizerFast, WhisperFeatureExtractor

from . import reference


def agrees_with_twin(pair, clips, steps):
    ids = torch.tensor([reference.prompt(clips, pair.ours.config)])
    embeddings = reference.embed(pair.ours, ids, clips)
    theirs = reference.theirs_embed(pair.theirs, ids, clips)
    with torch.no_grad():
        logits = pair.ours.logits(pair.ours.decoder(embeddings))
        torch.testing.assert_close(logits, pair.theirs(inputs_embeds=theirs).logits, atol=1e-4, rtol=0)
        if steps:
            said = pair.theirs.generate(inputs_embeds=theirs, do_sample=False, max_new_tokens=steps)
            assert reference.greedy(pair.ours, embeddings, [ids.shape[1]], steps) == said.tolist()


@pytest.fixture(scope="module")
def processor():
    words = ["<sound>", "<|sound_bos|>", "<|sound_eos|>", "<unk>"]
    words = Tokenizer(models.WordLevel({word: index for index, word in enumerate(words)}, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<unk>", pad_token="<unk>")
    return MusicFlamingoProcessor(WhisperFeatureExtractor(feature_size=128), tokenizer)


def test_a_last_window_of_less_than_a_token(music):
    """30.01 s. transformers 5.23 raises IndexError: it seeks the recording to which a window of 0 tokens belongs."""
    clip = reference.listen(reference.noise(30.01))
    assert [window.tokens for window in clip.windows] == [750, 0]
    ids = torch.tensor([reference.prompt([clip], music.ours.config)])
    with pytest.raises(IndexError), torch.no_grad():
        music.theirs(input_ids=ids, input_features=clip.features, input_features_mask=clip.mask)
    agrees_with_twin(music, [clip], steps=64)


def test_several_clips_in_one_turn(pair, processor):
    """transformers' processor refuses them; its model, given ids by hand, would take them."""
    with pytest.raises(ValueError, match="1 text but 2 audios"):
        processor(text=["<sound> <sound>"], audio=[reference.noise(1), reference.noise(2)])
    agrees_with_twin(pair, [reference.listen(reference.noise(s, seed=int(s))) for s in (33, 0.5, 8)], 64)


def test_more_than_twenty_minutes(long_pair, processor):
    """transformers' processor cuts after 20 minutes, with a warning; 30 are heard here (see also the parity tests)."""
    assert processor.max_audio_len == 1200
    mel = torch.randn(41, 128, 3000, generator=torch.Generator().manual_seed(0))
    agrees_with_twin(long_pair, [reference.clip(mel, [3000] * 40 + [1777])], steps=0)


def test_nothing_but_a_moment(pair):
    """Less than one token in all: the sound is empty, and the words alone are read."""
    clip = reference.listen(reference.noise(0.015))
    assert clip.tokens == 0
    agrees_with_twin(pair, [clip], steps=8)
