import pytest
import torch
from pydantic import ValidationError
from transformers import AutoConfig

from afnext.audio.spec import MELS, TOKENS_PER_WINDOW, WINDOW_FRAMES, encoder_frames
from afnext.base.errors import CheckpointError
from afnext.model.config import PRESETS, DecoderConfig, EncoderConfig, FlamingoConfig, preset, rotary_width
from afnext.model.flamingo import Flamingo
from afnext.model.published import hub_name, published_name, write_fields

from . import reference


@pytest.mark.parametrize("name", PRESETS)
def test_all_listen_to_the_same_windows(name):
    encoder = preset(name).encoder
    assert encoder.mel_bins == MELS
    assert encoder.positions == encoder_frames(WINDOW_FRAMES)
    assert encoder.tokens == TOKENS_PER_WINDOW


@pytest.mark.parametrize("name", ["af-next", "music-flamingo", "af3"])
def test_published_shapes(name):
    """Shapes of the released tensors, on the meta device."""
    with torch.device("meta"):
        model = Flamingo(preset(name))
    shapes = {key: tuple(tensor.shape) for key, tensor in model.state_dict().items()}
    assert len(model.encoder.layers) == 32
    assert len(model.decoder.layers) == 28
    assert shapes["encoder.convolution_1.weight"] == (1280, 128, 3)
    assert shapes["encoder.positions.weight"] == (1500, 1280)
    assert shapes["encoder.layers.31.up.weight"] == (5120, 1280)
    assert shapes["adaptor.linear_1.weight"] == (3584, 1280)
    assert shapes["adaptor.linear_2.bias"] == (3584,)
    assert shapes["decoder.embedding.weight"] == shapes["decoder.head.weight"] == (151672, 3584)
    assert shapes["decoder.layers.27.query.weight"] == (3584, 3584)
    assert shapes["decoder.layers.27.key.weight"] == shapes["decoder.layers.27.value.weight"] == (512, 3584)
    assert shapes["decoder.layers.27.gate.weight"] == (18944, 3584)
    assert shapes["decoder.layers.27.down.weight"] == (3584, 18944)
    assert preset(name).decoder.head_width == 128


@pytest.mark.parametrize("name", ["af-next", "af3"])
def test_transformers_builds_the_same_tensors(name):
    """From the configuration that we write: all names and shapes, at full size, on the meta device."""
    fields = write_fields(preset(name), "bfloat16")
    with torch.device("meta"):
        model = Flamingo(preset(name))
        theirs = reference.CLASSES[fields["model_type"]](AutoConfig.for_model(**fields))
    assert fields["architectures"] == [type(theirs).__name__]
    ours = {published_name(key): tensor.shape for key, tensor in model.state_dict().items()}
    assert ours == {hub_name(key): tensor.shape for key, tensor in theirs.state_dict().items()}


def test_published_numbers():
    af_next, music, af3 = preset("af-next"), preset("music-flamingo"), preset("af3")
    assert (af_next.decoder.rope_theta, af_next.decoder.positions) == (15_300_000, 131072)
    assert (music.decoder.rope_theta, af3.decoder.rope_theta) == (1_000_000, 1_000_000)
    assert rotary_width(af_next) == rotary_width(music) == 256
    assert af3.time_rotary is None
    assert (af_next.sound_id, af_next.sound_bos_id, af_next.sound_eos_id) == (151669, 151670, 151671)


def test_unknown_preset():
    with pytest.raises(CheckpointError, match="preset 'micro'; expected af-next, music-flamingo, af3, nano, tiny"):
        preset("micro")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: EncoderConfig(width=100, heads=3), "encoder width 100 is not a multiple of its 3 heads"),
        (lambda: DecoderConfig(width=30, heads=10), "does not give its 10 heads an even width"),
        (lambda: DecoderConfig(width=64, heads=4, key_value_heads=3), "4 decoder heads do not share 3"),
        (lambda: FlamingoConfig(time_rotary=None), "do not go together"),
        (lambda: FlamingoConfig(family="audioflamingo3"), "do not go together"),
        (lambda: FlamingoConfig(sound_id=200_000), "sound_id 200000 is outside the vocabulary of 151672"),
        (lambda: FlamingoConfig(layers=3), "layers"),
    ],
)
def test_shapes_that_do_not_exist(make, told):
    with pytest.raises(ValidationError, match=told):
        make()


def test_another_tokenizer():
    config = preset("nano").with_vocabulary(2000, sound=7, sound_bos=8, sound_eos=9, stop=(1, 2), pad=1)
    assert config.decoder == preset("nano").decoder.model_copy(update={"vocabulary": 2000})
    assert (config.sound_id, config.sound_bos_id, config.sound_eos_id, config.stop_ids, config.pad_id) == (
        7,
        8,
        9,
        (1, 2),
        1,
    )
    with pytest.raises(ValidationError, match="outside the vocabulary"):
        preset("nano").with_vocabulary(5, sound=7, sound_bos=8, sound_eos=9, stop=(1,), pad=1)
