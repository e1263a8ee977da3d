"""The two sides of a comparison: afnext and transformers on one folder of random weights, by the same steps."""

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

import afnext
from _clock import Clock
from afnext import Clip, Engine, Sampling
from afnext.audio.spec import SAMPLE_RATE, WINDOW_SAMPLES
from afnext.audio.windows import Window, stack, windows
from afnext.dialogue.checkpoint import write_family
from afnext.dialogue.template import AF_NEXT
from afnext.dialogue.tokenizer import Tokenizer
from afnext.inference.blocks import BLOCK
from afnext.inference.ears import Ears, windows_at_once
from afnext.inference.folder import find_folder
from afnext.inference.runner import Runner, Work
from afnext.inference.sampling import Chooser, choose
from afnext.inference.scheduler import Part
from afnext.inference.sequence import Sequence as Talk
from afnext.model import weights
from afnext.model.cache import KeyValueCache
from afnext.model.config import FlamingoConfig
from afnext.model.flamingo import Flamingo

Samples = NDArray[np.float32]
Written = tuple[list[int], list[float]]
"""Tokens, and when each was there."""

QUESTION = "What happens, and when?"
CPU = torch.device("cpu")


def sound(seconds: float) -> Samples:
    """Noise, mono at 16 kHz; made of one second, so that making it needs no memory to speak of."""
    second = np.random.default_rng(0).normal(size=SAMPLE_RATE).astype(np.float32) * np.float32(0.1)
    return np.tile(second, math.ceil(seconds))[: round(seconds * SAMPLE_RATE)]


def write_model(folder: Path, config: FlamingoConfig) -> None:
    """Random weights of ``config`` with nano's tokenizer, as a published folder."""
    shipped = find_folder("nano")
    tokenizer = Tokenizer.load(shipped)
    assert tokenizer.sound_start is not None
    assert tokenizer.sound_end is not None
    config = config.with_vocabulary(
        config.decoder.vocabulary,
        sound=tokenizer.sound,
        sound_bos=tokenizer.sound_start,
        sound_eos=tokenizer.sound_end,
        stop=(tokenizer.turn_end,),
        pad=tokenizer.end_of_text,
    )
    torch.manual_seed(0)
    weights.save(Flamingo(config), folder)
    write_family(folder, AF_NEXT)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes((shipped / name).read_bytes())


class Ours:
    """afnext."""

    def __init__(self, folder: Path, clock: Clock = time.perf_counter) -> None:
        self.clock = clock
        self.engine: Engine = afnext.load(folder, device="cpu", dtype="float32")

    def mel(self, samples: Samples) -> list[Window]:
        """Log-mel windows."""
        return list(windows(samples))

    def batches(self, samples: Samples) -> list[tuple[Tensor, Tensor, Tensor]]:
        """Windows as ``encode`` takes them: as many at once as the engine gives it."""
        cut, most = self.mel(samples), windows_at_once(CPU)
        return [stack(cut[first : first + most]) for first in range(0, len(cut), most)]

    @torch.inference_mode()
    def encode(self, batches: Sequence[tuple[Tensor, Tensor, Tensor]]) -> Tensor:
        """Embeddings [N, C]."""
        return torch.cat([self.engine.model.encode(*batch) for batch in batches])

    def ask(self, samples: Samples) -> None:
        """From samples to the first token of an answer."""
        self.engine.ask(Clip(samples, rate=SAMPLE_RATE), QUESTION, max_new_tokens=1)

    def write(self, ids: list[int], count: int) -> Written:
        """The ``count`` tokens that follow ``ids``."""
        model = self.engine.model
        talk = Talk(list(ids), len(ids), count)
        talk.blocks = list(range(talk.most_blocks))
        cache = KeyValueCache(model.config.decoder, len(talk.blocks) * BLOCK, device=CPU, dtype=torch.float32)
        runner, chooser, times = Runner(model, cache, Ears(model, 0)), Chooser(Sampling(), ids), list[float]()
        for _ in range(count):
            logits = runner.run([Work(Part(talk, talk.unread), (), 1)])
            talk.read = len(talk.ids)
            talk.ids += choose(logits[0], [chooser])
            times.append(self.clock())
        return talk.ids[len(ids) :], times


class Theirs:
    """transformers."""

    def __init__(self, folder: Path, clock: Clock = time.perf_counter) -> None:
        from transformers import AutoProcessor, MusicFlamingoForConditionalGeneration  # noqa: PLC0415
        from transformers.utils import logging  # noqa: PLC0415  it is not in the process that measures our memory

        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        self.clock = clock
        self.processor: Any = AutoProcessor.from_pretrained(folder)  # type: ignore[no-untyped-call]
        self.model: Any = MusicFlamingoForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
        self.model.eval()  # type: ignore[no-untyped-call]
        self.model.generation_config.eos_token_id = None  # random weights may stop at once

    def mel(self, samples: Samples) -> Any:
        """Log-mel windows, by the call that their processor makes."""
        cut = [samples[first : first + WINDOW_SAMPLES] for first in range(0, len(samples), WINDOW_SAMPLES)]
        return self.processor.feature_extractor(
            cut, sampling_rate=SAMPLE_RATE, return_attention_mask=True, return_tensors="pt"
        )

    def inputs(self, samples: Samples) -> Any:
        """Everything that the model takes."""
        content = [{"type": "audio", "audio": samples}, {"type": "text", "text": QUESTION}]
        return self.processor.apply_chat_template(
            [{"role": "user", "content": content}], tokenize=True, add_generation_prompt=True, return_dict=True
        )

    @torch.inference_mode()
    def encode(self, inputs: Any) -> Tensor:
        """Embeddings [N, C]."""
        given = (inputs["input_features"], inputs["input_features_mask"], inputs["input_ids"])
        embeddings: Tensor = self.model.model.get_audio_features(*given, return_dict=True).pooler_output
        return embeddings

    def ask(self, samples: Samples) -> None:
        """From samples to the first token of an answer."""
        self.model.generate(**self.inputs(samples), do_sample=False, max_new_tokens=1)

    def write(self, ids: list[int], count: int) -> Written:
        """The ``count`` tokens that follow ``ids``."""
        prompt, streamer = torch.tensor([ids]), _Times(self.clock)
        written = self.model.generate(
            input_ids=prompt,
            attention_mask=torch.ones_like(prompt),
            do_sample=False,
            max_new_tokens=count,
            streamer=streamer,
        )
        return written[0, len(ids) :].tolist(), streamer.times[1:]


class _Times:
    """A streamer of transformers that notes when the prompt and each token come."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.times: list[float] = []

    def put(self, value: Tensor) -> None:
        self.times.append(self.clock())

    def end(self) -> None:
        pass
