"""A tiny random model, in memory and as a checkpoint folder."""

import numpy as np
import pytest
import torch

from afnext.dialogue.checkpoint import write_family
from afnext.dialogue.template import NANO
from afnext.dialogue.tokenizer import build_tokenizer
from afnext.inference.engine import Engine
from afnext.inference.load import load
from afnext.model import weights
from afnext.model.config import preset
from afnext.model.flamingo import Flamingo

TEXTS = ["the dog barks twice and a man speaks", "piano and rain, then a bell", "What happens, and when?"]


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("models") / "tiny"


@pytest.fixture(scope="session")
def tokenizer(place):
    return build_tokenizer(TEXTS, 300, place)


@pytest.fixture(scope="session")
def folder(place, tokenizer):
    config = preset("tiny").with_vocabulary(
        tokenizer.vocab_size,
        sound=tokenizer.sound,
        sound_bos=tokenizer.sound_start,
        sound_eos=tokenizer.sound_end,
        stop=(tokenizer.turn_end,),
        pad=tokenizer.end_of_text,
    )
    torch.manual_seed(0)
    model = Flamingo(config)
    for parameter in model.parameters():
        if parameter.ndim == 2:
            torch.nn.init.normal_(parameter, std=0.25)  # livelier than the initial weights, which repeat one token
    weights.save(model, place)
    write_family(place, NANO)
    return place


@pytest.fixture(scope="session")
def engine(folder) -> Engine:
    return load(folder, device="cpu")


@pytest.fixture(scope="session")
def noise():
    """Seconds -> that much of one noise, mono at 16 kHz."""
    whole = np.random.default_rng(0).normal(size=40 * 16_000).astype(np.float32) * 0.1
    return lambda seconds: whole[: round(seconds * 16_000)]
