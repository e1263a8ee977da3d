import pytest

from afnext.model.config import DecoderConfig, EncoderConfig, FlamingoConfig, preset

from . import reference

TINY = preset("tiny").model_copy(update={"stop_ids": ()})  # nothing ends an answer early
CONFIGS = {
    "musicflamingo": TINY,
    "audioflamingo3": TINY.model_copy(update={"family": "audioflamingo3", "time_rotary": None}),
}
LONG = FlamingoConfig.model_validate(
    TINY.model_dump()
    | {
        "encoder": EncoderConfig(width=16, layers=1, heads=1, feed_forward=16),
        "decoder": DecoderConfig(
            vocabulary=64, width=16, layers=1, heads=1, key_value_heads=1, feed_forward=16, positions=65536
        ),
    }
)


@pytest.fixture(scope="session", params=list(CONFIGS))
def pair(request, tmp_path_factory):
    """Both families at tiny width."""
    return reference.pair(CONFIGS[request.param], tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def music(tmp_path_factory):
    """The family with the time rotary, at tiny width."""
    return reference.pair(TINY, tmp_path_factory.mktemp("music"))


@pytest.fixture(scope="session")
def long_pair(tmp_path_factory):
    """One layer of one key-value head: 45,000 tokens pass in seconds."""
    return reference.pair(LONG, tmp_path_factory.mktemp("long"))
