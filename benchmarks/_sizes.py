"""Sizes of models made of parts that exist, fewer layers of them where a whole would take too long."""

from afnext.model.config import DecoderConfig, EncoderConfig, FlamingoConfig

# AF-Whisper's layers, and Qwen2.5-0.5B's
_HEARING = {"width": 1280, "heads": 20, "feed_forward": 5120}
_SPEAKING = {"width": 896, "heads": 14, "key_value_heads": 2, "feed_forward": 4864, "positions": 131072, "tied": True}

_EARS = EncoderConfig(width=384, heads=6, feed_forward=1536, layers=2)
_MOUTH = DecoderConfig(
    width=384, heads=6, key_value_heads=2, feed_forward=2048, layers=2, vocabulary=16384, positions=131072, tied=True
)


def _model(encoder: EncoderConfig, decoder: DecoderConfig) -> FlamingoConfig:
    return FlamingoConfig(encoder=encoder, decoder=decoder, sound_id=0, pad_id=0)


SIZES = {
    "small": _model(_EARS, _MOUTH),
    "medium": _model(EncoderConfig(**_HEARING, layers=4), DecoderConfig(**_SPEAKING, layers=6)),
    "large": _model(EncoderConfig(**_HEARING, layers=8), DecoderConfig(**_SPEAKING, layers=24)),
    "real-encoder": _model(EncoderConfig(), _MOUTH),
}
"""``real-encoder`` hears as the published models do, with 32 layers, and speaks as ``small``."""

TALKER = _model(_EARS, DecoderConfig(**_SPEAKING, layers=24, vocabulary=151936))
"""One that speaks as Qwen2.5-0.5B does."""
