"""The sizes of a model, and the published sizes by name (as their ``config.json`` gives them)."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from afnext.audio.spec import MELS, WINDOW_FRAMES, encoder_frames
from afnext.base.config import Frozen
from afnext.base.errors import CheckpointError

LARGEST = 10_000_000
MOST_LAYERS = 1_000
"""Far above any model: a configuration beyond is damaged, and must not be built."""

Family = Literal["musicflamingo", "audioflamingo3"]


class EncoderConfig(Frozen):
    """AF-Whisper: the encoder of Whisper-large-v3, pooled to 25 Hz."""

    mel_bins: int = Field(MELS, gt=0, le=LARGEST)
    width: int = Field(1280, gt=0, le=LARGEST)
    layers: int = Field(32, gt=0, le=MOST_LAYERS)
    heads: int = Field(20, gt=0, le=LARGEST)
    feed_forward: int = Field(5120, gt=0, le=LARGEST)
    positions: int = Field(encoder_frames(WINDOW_FRAMES), gt=1, multiple_of=2, le=LARGEST)
    """Encoder frames (20 ms) of one whole window."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.width % self.heads:
            raise ValueError(f"encoder width {self.width} is not a multiple of its {self.heads} heads")
        return self

    @property
    def tokens(self) -> int:
        """Audio tokens (40 ms) of one whole window."""
        return self.positions // 2


class TimeRotaryConfig(Frozen):
    """The rotary time embedding between encoder and adaptor."""

    theta: float = Field(1200.0, gt=0)
    """Base of the frequencies, and the number that positions are divided by."""
    fraction: float = Field(0.2, gt=0, le=0.5)
    """Share of the encoder's width that each of the two axes (window, token) rotates."""
    frame_step: float = Field(0.01, gt=0)
    """Seconds of one mel frame."""


class DecoderConfig(Frozen):
    """A Qwen2.5 language model."""

    vocabulary: int = Field(151672, gt=0, le=LARGEST)
    width: int = Field(3584, gt=0, le=LARGEST)
    layers: int = Field(28, gt=0, le=MOST_LAYERS)
    heads: int = Field(28, gt=0, le=LARGEST)
    key_value_heads: int = Field(4, gt=0, le=LARGEST)
    feed_forward: int = Field(18944, gt=0, le=LARGEST)
    positions: int = Field(32768, gt=0)
    """Tokens that fit, sound and text together."""
    rope_theta: float = Field(1_000_000.0, gt=0)
    norm_epsilon: float = Field(1e-6, gt=0)
    tied: bool = False
    """Whether the output head is the embedding matrix."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.width % self.heads or (self.width // self.heads) % 2:
            raise ValueError(f"decoder width {self.width} does not give its {self.heads} heads an even width each")
        if self.heads % self.key_value_heads:
            raise ValueError(f"{self.heads} decoder heads do not share {self.key_value_heads} key-value heads evenly")
        return self

    @property
    def head_width(self) -> int:
        """Numbers per attention head."""
        return self.width // self.heads


class FlamingoConfig(Frozen):
    """A whole model: its family, its three parts, and the token ids that it must know."""

    family: Family = "musicflamingo"
    encoder: EncoderConfig = EncoderConfig()
    time_rotary: TimeRotaryConfig | None = TimeRotaryConfig()
    """None for Audio Flamingo 3, which has no time embedding."""
    decoder: DecoderConfig = DecoderConfig()
    sound_id: int = Field(151669, ge=0)
    """``<sound>``: the id whose embedding is replaced by an audio token."""
    sound_bos_id: int = Field(151670, ge=0)
    sound_eos_id: int = Field(151671, ge=0)
    stop_ids: tuple[int, ...] = (151645,)
    """Ids that end an answer: ``<|im_end|>``."""
    pad_id: int = Field(151643, ge=0)
    max_new_tokens: int = Field(2048, gt=0)
    """Length of an answer unless asked otherwise; a default for who generates."""
    generation: dict[str, Any] = Field(default_factory=dict)
    """What else stands in ``generation_config.json`` (sampling defaults of the release); kept, not used here."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.family == "musicflamingo") != (self.time_rotary is not None):
            raise ValueError(f"family {self.family} and time_rotary {self.time_rotary} do not go together")
        if self.time_rotary is not None and 2 * rotary_width(self) > self.encoder.width:
            raise ValueError(f"the time rotary needs {2 * rotary_width(self)} of {self.encoder.width} encoder numbers")
        ids = {"sound_id": self.sound_id, "pad_id": self.pad_id}
        beyond = [f"{name} {value}" for name, value in ids.items() if value >= self.decoder.vocabulary]
        if beyond:
            raise ValueError(f"{', '.join(beyond)} is outside the vocabulary of {self.decoder.vocabulary}")
        return self

    def with_vocabulary(
        self, size: int, *, sound: int, sound_bos: int, sound_eos: int, stop: tuple[int, ...], pad: int
    ) -> "FlamingoConfig":
        """The same model for another tokenizer."""
        fields = self.model_dump()
        fields["decoder"]["vocabulary"] = size
        fields |= {
            "sound_id": sound,
            "sound_bos_id": sound_bos,
            "sound_eos_id": sound_eos,
            "stop_ids": stop,
            "pad_id": pad,
        }
        return FlamingoConfig.model_validate(fields)


def rotary_width(config: FlamingoConfig) -> int:
    """Numbers of the encoder's width that one axis of the time rotary turns (256 of 1280); 0 without a time rotary."""
    if config.time_rotary is None:
        return 0
    return 2 * -(-int(config.encoder.width * config.time_rotary.fraction) // 2)


_SMALL_IDS = {"sound_id": 3, "sound_bos_id": 4, "sound_eos_id": 5, "stop_ids": (2,), "pad_id": 0, "max_new_tokens": 512}

PRESETS = {
    "af-next": FlamingoConfig(decoder=DecoderConfig(positions=131072, rope_theta=15_300_000.0)),
    "music-flamingo": FlamingoConfig(),
    "af3": FlamingoConfig(family="audioflamingo3", time_rotary=None),
    "nano": FlamingoConfig(
        encoder=EncoderConfig(width=192, layers=4, heads=3, feed_forward=768),
        decoder=DecoderConfig(
            vocabulary=1024,
            width=160,
            layers=4,
            heads=4,
            key_value_heads=2,
            feed_forward=480,
            positions=65536,
            tied=True,
        ),
        **_SMALL_IDS,
    ),
    "tiny": FlamingoConfig(
        encoder=EncoderConfig(width=32, layers=2, heads=2, feed_forward=64),
        decoder=DecoderConfig(
            vocabulary=128, width=32, layers=2, heads=4, key_value_heads=2, feed_forward=64, positions=65536
        ),
        **_SMALL_IDS,
    ),
}


def preset(name: str) -> FlamingoConfig:
    """The sizes known by ``name``: af-next, music-flamingo and af3 as published; nano is ours; tiny is for tests.

    Raises:
        CheckpointError: no preset has that name.
    """
    if name not in PRESETS:
        raise CheckpointError(f"preset {name!r}", expected=", ".join(PRESETS))
    return PRESETS[name]
