"""The published checkpoint layout as tables: names of tensors and of configuration fields, ours and theirs, both ways.

Published folders hold ``MusicFlamingoForConditionalGeneration`` (Audio Flamingo Next, Music Flamingo) or
``AudioFlamingo3ForConditionalGeneration``. Their tensors are spelt in two ways: as on the hub
(``language_model.model.layers...``), or as the modules of newer ``transformers`` (``model.language_model.layers...``).
All releases read the first, and newer ones still write it by default, so it is what we write.
"""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from afnext.base.errors import CheckpointError
from afnext.model.config import FlamingoConfig

MODULES = {
    "encoder.convolution_1": "audio_tower.conv1",
    "encoder.convolution_2": "audio_tower.conv2",
    "encoder.positions": "audio_tower.embed_positions",
    "encoder.layers.{}.attention_norm": "audio_tower.layers.{}.self_attn_layer_norm",
    "encoder.layers.{}.query": "audio_tower.layers.{}.self_attn.q_proj",
    "encoder.layers.{}.key": "audio_tower.layers.{}.self_attn.k_proj",
    "encoder.layers.{}.value": "audio_tower.layers.{}.self_attn.v_proj",
    "encoder.layers.{}.out": "audio_tower.layers.{}.self_attn.out_proj",
    "encoder.layers.{}.feed_norm": "audio_tower.layers.{}.final_layer_norm",
    "encoder.layers.{}.up": "audio_tower.layers.{}.fc1",
    "encoder.layers.{}.down": "audio_tower.layers.{}.fc2",
    "encoder.norm": "audio_tower.layer_norm",
    "adaptor.linear_1": "multi_modal_projector.linear_1",
    "adaptor.linear_2": "multi_modal_projector.linear_2",
    "decoder.embedding": "language_model.model.embed_tokens",
    "decoder.layers.{}.attention_norm": "language_model.model.layers.{}.input_layernorm",
    "decoder.layers.{}.query": "language_model.model.layers.{}.self_attn.q_proj",
    "decoder.layers.{}.key": "language_model.model.layers.{}.self_attn.k_proj",
    "decoder.layers.{}.value": "language_model.model.layers.{}.self_attn.v_proj",
    "decoder.layers.{}.out": "language_model.model.layers.{}.self_attn.o_proj",
    "decoder.layers.{}.feed_norm": "language_model.model.layers.{}.post_attention_layernorm",
    "decoder.layers.{}.gate": "language_model.model.layers.{}.mlp.gate_proj",
    "decoder.layers.{}.up": "language_model.model.layers.{}.mlp.up_proj",
    "decoder.layers.{}.down": "language_model.model.layers.{}.mlp.down_proj",
    "decoder.norm": "language_model.model.norm",
    "decoder.head": "language_model.lm_head",
}
"""Our module -> theirs; ``{}`` is the number of a layer. What follows (``weight``, ``bias``) is the same in both."""

EMBEDDING = "language_model.model.embed_tokens.weight"
HEAD = "language_model.lm_head.weight"

NEWER = {
    "model.language_model.": "language_model.model.",
    "model.audio_tower.": "audio_tower.",
    "model.multi_modal_projector.": "multi_modal_projector.",
    "lm_head.": "language_model.lm_head.",
}
"""Beginnings of tensor names in the newer layout -> in the hub's."""

SKIPPED = ("avg_embed_norm", "rotary_emb.inv_freq", "pos_emb.freqs", "pos_emb.inv_freq")
"""Ends of tensor names that some releases carry and no model computes with: statistics, and constants we derive."""


def published_name(name: str) -> str:
    """Their name of our tensor ``name``, as on the hub."""
    module, _, kind = name.rpartition(".")
    number = re.search(r"\.(\d+)\.", module)
    if number is None:
        return f"{MODULES[module]}.{kind}"
    pattern = module.replace(number[0], ".{}.", 1)
    return f"{MODULES[pattern].format(number[1])}.{kind}"


def our_name(name: str) -> str | None:
    """Our name of the tensor called ``name`` on the hub; None if there is none."""
    module, _, kind = name.rpartition(".")
    number = re.search(r"\.(\d+)\.", module)
    pattern = module.replace(number[0], ".{}.", 1) if number else module
    found = next((ours for ours, theirs in MODULES.items() if theirs == pattern), None)
    return None if found is None else f"{found.format(number[1]) if number else found}.{kind}"


def module_name(name: str) -> str:
    """What ``transformers`` calls our module ``name`` in memory: the newer layout's spelling."""
    hub = published_name(f"{name}.weight").removesuffix(".weight")
    for newer, older in NEWER.items():
        if f"{hub}.".startswith(older):
            return (newer + f"{hub}.".removeprefix(older)).removesuffix(".")
    return hub


def hub_name(name: str) -> str:
    """The hub's spelling of a tensor ``name`` found in a file of either layout."""
    for newer, hub in NEWER.items():
        if name.startswith(newer):
            return hub + name.removeprefix(newer)
    return name


_ENCODER_FIELDS = {
    "mel_bins": (("num_mel_bins",), 128),
    "width": (("hidden_size", "d_model"), 1280),
    "layers": (("num_hidden_layers", "encoder_layers"), 32),
    "heads": (("num_attention_heads", "encoder_attention_heads"), 20),
    "feed_forward": (("intermediate_size", "encoder_ffn_dim"), 5120),
    "positions": (("max_source_positions",), 1500),
}
_DECODER_FIELDS = {
    "vocabulary": (("vocab_size",), 151936),
    "width": (("hidden_size",), 4096),
    "layers": (("num_hidden_layers",), 32),
    "heads": (("num_attention_heads",), 32),
    "key_value_heads": (("num_key_value_heads",), 32),
    "feed_forward": (("intermediate_size",), 22016),
    "positions": (("max_position_embeddings",), 32768),
    "norm_epsilon": (("rms_norm_eps",), 1e-6),
    "tied": (("tie_word_embeddings",), False),
}
"""Our field -> their spellings, the one we write first, and what a folder means that leaves the field out."""

_ENCODER_ONLY = {
    "num_mel_bins": 128,
    "max_source_positions": 1500,
    "activation_function": "gelu",
    "scale_embedding": False,
}
_DECODER_ONLY = {"model_type": "qwen2", "hidden_act": "silu", "use_sliding_window": False, "rope_scaling": None}
_WHOLE_ONLY = {"projector_hidden_act": "gelu", "projector_bias": True}
_ROPE_ONLY = {"rope_type": "default"}
"""Fields in which published models agree, so that ours computes with no other value."""

_GENERATION = {"eos_token_id", "pad_token_id", "max_new_tokens"}
"""Fields of ``generation_config.json`` that our configuration has too."""

_CLASSES = {
    "musicflamingo": "MusicFlamingoForConditionalGeneration",
    "audioflamingo3": "AudioFlamingo3ForConditionalGeneration",
}


def read_fields(values: Mapping[str, Any], generation: Mapping[str, Any], where: str) -> FlamingoConfig:
    """Our configuration from their ``config.json`` and ``generation_config.json``, each already parsed.

    Raises:
        CheckpointError: not a model of this kind, or of a shape that does not exist; the message begins with ``where``.
    """
    family = values.get("model_type")
    if not isinstance(family, str) or family not in _CLASSES:
        raise CheckpointError(f"{where}: model_type {family!r}", expected=" or ".join(_CLASSES))
    audio, text = _section(values, "audio_config", where), _section(values, "text_config", where)
    rope, turns = _rope(text), _rope(values)
    sections = (
        ("", values, _WHOLE_ONLY),
        ("audio_config.", audio, _ENCODER_ONLY),
        ("text_config.", text, _DECODER_ONLY),
        ("rope_parameters.", turns, _ROPE_ONLY),
        ("text_config.rope_parameters.", rope, _ROPE_ONLY),
    )
    odd = [
        f"{prefix}{name} {section[name]!r} (only {value!r})"
        for prefix, section, only in sections
        for name, value in only.items()
        if name in section and section[name] != value
    ]
    if odd:
        raise CheckpointError(f"{where}: {', '.join(odd)}", do="this model computes something that afnext does not")

    fields: dict[str, Any] = {
        "family": family,
        "encoder": _read(audio, _ENCODER_FIELDS),
        "decoder": _read(text, _DECODER_FIELDS) | {"rope_theta": rope.get("rope_theta", 10_000.0)},
        "time_rotary": None,
        "sound_id": values.get("audio_token_id", 151669),
        "max_new_tokens": generation.get("max_new_tokens", 2048),
        "generation": {name: value for name, value in generation.items() if name not in _GENERATION},
    }
    if family == "musicflamingo":
        fields["time_rotary"] = {
            "theta": turns.get("rope_theta", 1200.0),
            "fraction": turns.get("partial_rotary_factor", 0.2),
            "frame_step": values.get("audio_frame_step", 0.01),
        }
        fields["sound_bos_id"] = values.get("audio_bos_token_id", 151670)
        fields["sound_eos_id"] = values.get("audio_eos_token_id", 151671)
    stop = generation.get("eos_token_id", text.get("eos_token_id"))
    fields["stop_ids"] = stop if isinstance(stop, list) else [] if stop is None else [stop]
    pad = generation.get("pad_token_id", text.get("pad_token_id"))
    fields["pad_id"] = 0 if pad is None else pad  # any id would do: no token sees its padding
    try:
        config = FlamingoConfig.model_validate(fields)
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, item['loc']))} {item['msg'].removeprefix('Value error, ')}".strip()
            for item in error.errors()
        ]
        raise CheckpointError(f"{where}: {', '.join(problems)}", do="repair config.json or fetch it again") from error
    if text.get("head_dim") not in (None, config.decoder.head_width):
        raise CheckpointError(
            f"{where}: text_config.head_dim {text['head_dim']}",
            expected=f"hidden_size / num_attention_heads = {config.decoder.head_width}",
        )
    return config


def write_fields(config: FlamingoConfig, dtype: str) -> dict[str, Any]:
    """Their ``config.json`` of ``config``, whose tensors are stored as ``dtype`` (``"bfloat16"``)."""
    audio = {theirs[0]: getattr(config.encoder, ours) for ours, (theirs, _) in _ENCODER_FIELDS.items()}
    text = {theirs[0]: getattr(config.decoder, ours) for ours, (theirs, _) in _DECODER_FIELDS.items()}
    theta = config.decoder.rope_theta
    fields: dict[str, Any] = {
        "architectures": [_CLASSES[config.family]],
        "model_type": config.family,
        "dtype": dtype,
        "audio_config": {"model_type": "audioflamingo3_encoder", **audio, **_ENCODER_ONLY},
        # rope_theta stands twice: releases before 5 read the one outside
        "text_config": {
            **text,
            **{name: value for name, value in _DECODER_ONLY.items() if value is not None},
            "rope_theta": theta,
            "rope_parameters": {"rope_type": "default", "rope_theta": theta},
            "eos_token_id": config.stop_ids[0] if config.stop_ids else None,
            "pad_token_id": config.pad_id,
        },
        "audio_token_id": config.sound_id,
        "tie_word_embeddings": config.decoder.tied,
        **_WHOLE_ONLY,
    }
    if config.time_rotary is not None:
        turns = config.time_rotary
        fields |= {
            "audio_bos_token_id": config.sound_bos_id,
            "audio_eos_token_id": config.sound_eos_id,
            "audio_frame_step": turns.frame_step,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": turns.theta,
                "partial_rotary_factor": turns.fraction,
            },
        }
    return fields


def write_generation(config: FlamingoConfig) -> dict[str, Any]:
    """Their ``generation_config.json``."""
    stop = list(config.stop_ids) if len(config.stop_ids) > 1 else next(iter(config.stop_ids), None)
    return {
        **config.generation,
        "eos_token_id": stop,
        "pad_token_id": config.pad_id,
        "max_new_tokens": config.max_new_tokens,
    }


def _section(values: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    section = values.get(name, {})
    if not isinstance(section, dict):
        raise CheckpointError(f"{where}: {name} is {section!r}", expected="an object of fields")
    return section


def _rope(section: Mapping[str, Any]) -> dict[str, Any]:
    """Rotary settings, which newer releases gather in ``rope_parameters`` and older ones leave beside the others."""
    beside = {name: section[name] for name in ("rope_theta", "partial_rotary_factor") if name in section}
    gathered = section.get("rope_parameters")
    return beside | (gathered if isinstance(gathered, dict) else {})


def _read(section: Mapping[str, Any], fields: Mapping[str, tuple[tuple[str, ...], Any]]) -> dict[str, Any]:
    return {
        ours: next((section[name] for name in theirs if name in section), default)
        for ours, (theirs, default) in fields.items()
    }
