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
from afnext import Clip, Engine, Reply, Sampling
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

Asked = tuple[Samples | None, str]
"""A recording, or none, and a question."""

QUESTION = "What happens, and when?"
CPU = torch.device("cpu")


def sound(seconds: float) -> Samples:
    """Noise, mono at 16 kHz; made of one second, so that making it needs no memory to speak of."""
    second = np.random.default_rng(0).normal(size=SAMPLE_RATE).astype(np.float32) * np.float32(0.1)
    return np.tile(second, math.ceil(seconds))[: round(seconds * SAMPLE_RATE)]


def write_model(folder: Path, config: FlamingoConfig, dtype: torch.dtype = torch.float32) -> None:
    """Random weights of ``config`` with nano's tokenizer, as a published folder."""
    torch.manual_seed(0)
    model = Flamingo(speaking_nano(config))
    silence(model.decoder.head.weight)
    weights.save(model, folder, dtype=dtype)
    write_words(folder)


def speaking_nano(config: FlamingoConfig) -> FlamingoConfig:
    """The same sizes with the ids of nano's tokenizer, and a vocabulary that holds them."""
    tokenizer = Tokenizer.load(find_folder("nano"))
    assert tokenizer.sound_start is not None
    assert tokenizer.sound_end is not None
    return config.with_vocabulary(
        max(config.decoder.vocabulary, tokenizer.vocab_size),
        sound=tokenizer.sound,
        sound_bos=tokenizer.sound_start,
        sound_eos=tokenizer.sound_end,
        stop=(tokenizer.turn_end,),
        pad=tokenizer.end_of_text,
    )


@torch.no_grad()
def silence(head: Tensor) -> None:
    """Make zero the rows of ``head`` [V, C] for ids that end an answer or stand for no text.

    Their logits are 0, below the likeliest of many random ones: answers are as long as asked, and tell by their text
    which tokens were written.
    """
    tokenizer = Tokenizer.load(find_folder("nano"))
    head[tokenizer.vocab_size :] = 0
    head[[token for token in range(tokenizer.vocab_size) if tokenizer.is_control(token)]] = 0


def write_words(folder: Path) -> None:
    """Put nano's tokenizer and Audio Flamingo Next's template beside weights."""
    shipped = find_folder("nano")
    write_family(folder, AF_NEXT)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes((shipped / name).read_bytes())


class Ours:
    """afnext."""

    def __init__(
        self,
        folder: Path,
        clock: Clock = time.perf_counter,
        *,
        dtype: str = "float32",
        quantize: str | None = None,
    ) -> None:
        self.clock = clock
        self.engine: Engine = afnext.load(folder, device="cpu", dtype=dtype, quantize=quantize)

    def forget(self) -> None:
        """Go on with an engine that has heard and read nothing yet."""
        old = self.engine
        self.engine = Engine(old.model, old.tokenizer, old.family, name=old.name, card=old.card, budget=old.budget)

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

    def answer(self, asked: Sequence[Asked], count: int) -> list[Reply]:
        """Answers of ``count`` tokens each, all asked at once, of an engine that has heard nothing yet."""
        self.forget()
        clips = {id(samples): Clip(samples, rate=SAMPLE_RATE) for samples, _ in asked if samples is not None}
        questions = [(question,) if it is None else (clips[id(it)], question) for it, question in asked]
        return self.engine.ask_many(questions, max_new_tokens=count, stop_loops=False)

    def write(self, ids: list[int], count: int) -> Written:
        """The ``count`` tokens that follow ``ids``."""
        model = self.engine.model
        dtype = model.decoder.embedding.weight.dtype
        talk = Talk(list(ids), len(ids), count)
        talk.blocks = list(range(talk.most_blocks))
        cache = KeyValueCache(model.config.decoder, len(talk.blocks) * BLOCK, device=CPU, dtype=dtype)
        runner, chooser, times = Runner(model, cache, Ears(model, 0)), Chooser(Sampling(), ids), list[float]()
        for _ in range(count):
            logits = runner.run([Work(Part(talk, talk.unread), (), 1)])
            talk.read = len(talk.ids)
            talk.ids += choose(logits[0], [chooser])
            times.append(self.clock())
        return talk.ids[len(ids) :], times


class Theirs:
    """transformers."""

    def __init__(self, folder: Path, clock: Clock = time.perf_counter, *, dtype: str = "float32") -> None:
        from transformers import AutoProcessor, MusicFlamingoForConditionalGeneration  # noqa: PLC0415
        from transformers.utils import logging  # noqa: PLC0415  it is not in the process that measures our memory

        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        self.clock = clock
        self.processor: Any = AutoProcessor.from_pretrained(folder)  # type: ignore[no-untyped-call]
        self.model: Any = MusicFlamingoForConditionalGeneration.from_pretrained(folder, dtype=dtype)
        self.model.eval()  # type: ignore[no-untyped-call]
        self.model.generation_config.eos_token_id = None  # answers are as long as asked
        self.tokenizer = Tokenizer.load(folder)

    def mel(self, samples: Samples) -> Any:
        """Log-mel windows, by the call that their processor makes."""
        cut = [samples[first : first + WINDOW_SAMPLES] for first in range(0, len(samples), WINDOW_SAMPLES)]
        return self.processor.feature_extractor(
            cut, sampling_rate=SAMPLE_RATE, return_attention_mask=True, return_tensors="pt"
        )

    def inputs(self, samples: Samples | None, question: str = QUESTION) -> Any:
        """Everything that the model takes."""
        return self._inputs([(samples, question)])

    def _inputs(self, asked: Sequence[Asked]) -> Any:
        """The same for a padded batch."""
        talks = []
        for samples, question in asked:
            sound = [] if samples is None else [{"type": "audio", "audio": samples}]
            talks.append([{"role": "user", "content": [*sound, {"type": "text", "text": question}]}])
        return self.processor.apply_chat_template(
            talks, tokenize=True, add_generation_prompt=True, return_dict=True, text_kwargs={"padding": True}
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

    def answer(self, asked: Sequence[Asked], count: int) -> list[str]:
        """Answers of ``count`` tokens each, one after the other."""
        return [text for one in asked for text in self._answer([one], count)]

    def answer_padded(self, asked: Sequence[Asked], count: int) -> list[str]:
        """The same in padded batches: one of what has sound and one of what has none, which it does not mix."""
        groups = [[one for one in asked if (one[0] is None) == silent] for silent in (False, True)]
        texts = {id(one): text for some in groups for one, text in zip(some, self._answer(some, count), strict=True)}
        return [texts[id(one)] for one in asked]

    def _answer(self, asked: Sequence[Asked], count: int) -> list[str]:
        if not asked:
            return []
        inputs = self._inputs(asked)
        written = self.model.generate(**inputs, do_sample=False, max_new_tokens=count)
        return [self.tokenizer.decode(row) for row in written[:, inputs["input_ids"].shape[1] :].tolist()]

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
