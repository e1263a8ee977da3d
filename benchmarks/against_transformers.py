"""Ours against ``transformers``: the same weights, the same machine, one run, in turn.

    python benchmarks/against_transformers.py              a table; a few minutes
    python benchmarks/against_transformers.py --quick      smaller, within a minute
    python benchmarks/against_transformers.py --json       one object: figure -> {ours, peer, ratio, unit}
    python benchmarks/against_transformers.py --size large
    python benchmarks/against_transformers.py --cpu-time   one thread's processor time, where the machine is busy

Random weights are written by ``afnext`` and read by ``MusicFlamingoForConditionalGeneration`` from the same folder;
before anything is timed, both must hear and answer the same. Ratios are of medians over rounds in which the two take
turns, and above 1 where ours is better.

    log_mel             10 minutes of sound to log-mel windows
    encode_5s, _30s, _10min  log-mel windows to embeddings: encoder, time rotary, adaptor
    first_token         a question about 10 s of sound, from samples and text to the first token (and _30s)
    decode              tokens a second after a prompt of 256, one row
    peak_memory_10min   a question about 10 minutes, to the first token. A process of its own for each: the highest
                        resident memory, less what the process held after the same question about one second, when
                        weights and libraries were in memory

What the machine could do at best is measured in the same run: float32 matrix products, and reading memory.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count
from transformers import AutoProcessor, MusicFlamingoForConditionalGeneration
from transformers.generation.streamers import BaseStreamer
from transformers.utils import logging as transformers_logging

import afnext
from _clock import Clock, Comparison, forget_peak, in_turn, matmul_rate, race, read_rate, resident
from afnext import Clip, Engine, Sampling
from afnext.audio.spec import SAMPLE_RATE, WINDOW_SAMPLES
from afnext.audio.windows import Window, stack, windows
from afnext.cli.progress import progress_bars
from afnext.dialogue.checkpoint import write_family
from afnext.dialogue.template import AF_NEXT
from afnext.dialogue.tokenizer import Tokenizer
from afnext.inference.folder import find_folder
from afnext.inference.listen import windows_at_once
from afnext.inference.runner import Job, Runner
from afnext.model import weights
from afnext.model.config import DecoderConfig, EncoderConfig, FlamingoConfig
from afnext.model.flamingo import Flamingo

Samples = NDArray[np.float32]

QUESTION = "What happens, and when?"
LONG = 600
"""Seconds of the long recording."""
PROMPT, WRITTEN = 256, 32
"""Tokens before decoding is timed, and how many are written."""
CLOSE = 1e-3
"""Largest difference between embeddings that counts as the same."""

# Width, layers and so on of parts that exist: AF-Whisper's layers (fewer of them), Qwen2.5-0.5B's.
_HEARING = {"width": 1280, "heads": 20, "feed_forward": 5120}
_SPEAKING = {"width": 896, "heads": 14, "key_value_heads": 2, "feed_forward": 4864, "tied": True}
SIZES = {
    "small": FlamingoConfig(
        encoder=EncoderConfig(width=384, heads=6, feed_forward=1536, layers=2),
        decoder=DecoderConfig(
            width=384, heads=6, key_value_heads=2, feed_forward=2048, layers=2, vocabulary=16384, tied=True
        ),
        sound_id=0,
        pad_id=0,
    ),
    "medium": FlamingoConfig(encoder=EncoderConfig(**_HEARING, layers=4), decoder=DecoderConfig(**_SPEAKING, layers=6)),
    "large": FlamingoConfig(encoder=EncoderConfig(**_HEARING, layers=8), decoder=DecoderConfig(**_SPEAKING, layers=24)),
}


def sound(seconds: float) -> Samples:
    """Noise, mono at 16 kHz; made of one second, so that making it needs no memory to speak of."""
    second = np.random.default_rng(0).normal(size=SAMPLE_RATE).astype(np.float32) * np.float32(0.1)
    return np.tile(second, math.ceil(seconds))[: round(seconds * SAMPLE_RATE)]


def write_model(folder: Path, config: FlamingoConfig) -> None:
    """Random weights of ``config`` with nano's tokenizer, as a published folder."""
    shipped = find_folder("nano")
    tokenizer = Tokenizer.load(shipped)
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
    """afnext, by the calls that its users make and the steps within them."""

    def __init__(self, folder: Path, clock: Clock = time.perf_counter) -> None:
        self.clock = clock
        self.engine: Engine = afnext.load(folder, device="cpu", dtype="float32")

    def mel(self, samples: Samples) -> list[Window]:
        """Log-mel windows."""
        return list(windows(samples))

    def batches(self, samples: Samples) -> list[tuple[Tensor, Tensor, Tensor]]:
        """Windows as ``encode`` takes them: as many at once as the engine gives it."""
        cut, most = self.mel(samples), windows_at_once(torch.device("cpu"))
        return [stack(cut[first : first + most]) for first in range(0, len(cut), most)]

    @torch.inference_mode()
    def encode(self, batches: Sequence[tuple[Tensor, Tensor, Tensor]]) -> Tensor:
        """Embeddings [N, C]."""
        return torch.cat([self.engine.model.encode(*batch) for batch in batches])

    def ask(self, samples: Samples) -> None:
        """The first token of an answer."""
        self.engine.ask(Clip(samples, rate=SAMPLE_RATE), QUESTION, max_new_tokens=1)

    def write(self, ids: list[int]) -> tuple[list[int], list[float]]:
        """Tokens written after ``ids``, and when each was there."""
        runner = Runner(self.engine.model, [Job(ids, [], Sampling(), WRITTEN)])
        written, times = list[int](), list[float]()
        for _ in range(WRITTEN):
            written += runner.step()
            times.append(self.clock())
        return written, times


class _Times(BaseStreamer):  # type: ignore[misc]
    """Notes when each token comes."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.times: list[float] = []

    def put(self, value: Tensor) -> None:
        """A token, or at first the prompt."""
        self.times.append(self.clock())

    def end(self) -> None:
        """Nothing more comes."""


class Theirs:
    """transformers, by the same steps."""

    def __init__(self, folder: Path, clock: Clock = time.perf_counter) -> None:
        self.clock = clock
        transformers_logging.set_verbosity_error()
        transformers_logging.disable_progress_bar()
        self.processor = AutoProcessor.from_pretrained(folder)
        self.model = MusicFlamingoForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
        self.model.generation_config.eos_token_id = None  # random weights may stop at once

    def mel(self, samples: Samples) -> Any:
        """Log-mel windows, as their processor makes them."""
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
        heard = self.model.model.get_audio_features(
            inputs["input_features"], inputs["input_features_mask"], inputs["input_ids"], return_dict=True
        )
        embeddings: Tensor = heard.pooler_output
        return embeddings

    def ask(self, samples: Samples) -> None:
        """The first token of an answer."""
        self.model.generate(**self.inputs(samples), do_sample=False, max_new_tokens=1)

    def write(self, ids: list[int]) -> tuple[list[int], list[float]]:
        """Tokens written after ``ids``, and when each was there."""
        prompt, streamer = torch.tensor([ids]), _Times(self.clock)
        written = self.model.generate(
            input_ids=prompt,
            attention_mask=torch.ones_like(prompt),
            do_sample=False,
            max_new_tokens=WRITTEN,
            streamer=streamer,
        )
        return written[0, len(ids) :].tolist(), streamer.times[1:]


def per_second(times: Sequence[float]) -> float:
    """Tokens a second, by the median step."""
    return 1 / float(np.median(np.diff(times)))


def check(ours: Ours, theirs: Theirs, ids: list[int]) -> str:
    """Exit unless both hear the same; say how alike they write."""
    for seconds in (5, 61):
        clip = sound(seconds)
        difference = float((ours.encode(ours.batches(clip)) - theirs.encode(theirs.inputs(clip))).abs().max())
        if difference > CLOSE:
            sys.exit(f"against_transformers: embeddings of {seconds} s differ by {difference:.2g}; expected {CLOSE}")
    same = sum(one == other for one, other in zip(ours.write(ids)[0], theirs.write(ids)[0], strict=True))
    return f"the same embeddings within {CLOSE:g}; {same} of {WRITTEN} greedy tokens the same"


def figures(ours: Ours, theirs: Theirs, ids: list[int], rounds: int, quick: bool) -> Iterator[tuple[str, Comparison]]:
    """Everything that is timed."""
    clock, long = ours.clock, sound(LONG)
    yield "log_mel", race(partial(ours.mel, long), partial(theirs.mel, long), rounds, clock)
    for name, seconds in (("encode_5s", 5), ("encode_30s", 30), *(() if quick else (("encode_10min", LONG),))):
        clip = long[: seconds * SAMPLE_RATE]
        mine, yours = partial(ours.encode, ours.batches(clip)), partial(theirs.encode, theirs.inputs(clip))
        yield name, race(mine, yours, rounds if seconds < LONG else 1, clock)
    for name, seconds in (("first_token", 10), ("first_token_30s", 30)):
        clip = long[: seconds * SAMPLE_RATE]
        yield name, race(partial(ours.ask, clip), partial(theirs.ask, clip), rounds, clock)
    rates = in_turn(lambda: per_second(ours.write(ids)[1]), lambda: per_second(theirs.write(ids)[1]), rounds)
    yield "decode", Comparison(*rates, unit="tokens/s", higher_is_better=True)


def memory(folder: Path, threads: int) -> tuple[Comparison, str]:
    """Peak memory for the long recording, each in a process of its own; and the processes' memory in words."""
    command = [sys.executable, __file__, "--threads", str(max(1, threads // 2)), "--memory-of"]
    running = {
        who: subprocess.Popen([*command, who, str(folder), str(LONG)], stdout=subprocess.PIPE)
        for who in ("ours", "peer")
    }
    held = {}
    for who, process in running.items():
        printed = process.communicate()[0]
        if process.returncode:
            sys.exit(f"against_transformers: the process that measures memory of {who} ended with {process.returncode}")
        held[who] = json.loads(printed)
    grown = [(held[who]["peak"] - held[who]["base"]) / 1e6 for who in ("ours", "peer")]
    told = "; ".join(f"{who} from {it['base'] / 1e6:.0f} to {it['peak'] / 1e6:.0f} MB" for who, it in held.items())
    return Comparison(*grown, unit="MB"), f"memory of whole processes: {told}"


def measure_memory(who: str, folder: Path, seconds: int) -> None:
    """In a process of its own: print bytes held before and at most, as JSON."""
    one: Ours | Theirs = Ours(folder) if who == "ours" else Theirs(folder)
    long = sound(seconds)
    one.ask(long[:SAMPLE_RATE])
    base = resident()
    forget_peak()
    one.ask(long)
    print(json.dumps({"base": base, "peak": resident("VmHWM")}))


def limits(ours: Ours, found: dict[str, Comparison]) -> str:
    """What the machine can do at best, measured now, and how near ours comes to it."""
    batch = ours.batches(sound(30))
    attention = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
    shapes: dict[Any, Any] = {attention: lambda q, k, v, *_, **__: sdpa_flop_count(q, k, v)}
    with FlopCounterMode(display=False, custom_mapping=shapes) as counter:
        ours.encode(batch)
    flops, best = counter.get_total_flops() / found["encode_30s"].ours, matmul_rate(ours.clock)
    decoder = ours.engine.model.decoder
    weighed = {id(weight): weight.nbytes for weight in decoder.parameters()}
    table = 0 if decoder.config.tied else decoder.embedding.weight.nbytes  # of which one row is read
    read, most = (sum(weighed.values()) - table) * found["decode"].ours, read_rate(ours.clock)
    return (
        f"of this machine's {best / 1e9:.0f} GFLOP/s in matrix products encode_30s uses {flops / 1e9:.0f} "
        f"({flops / best:.0%}); of its {most / 1e9:.1f} GB/s from memory decode uses {read / 1e9:.1f} "
        f"({read / most:.0%})"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, help="of the model; medium unless --quick")
    parser.add_argument("--quick", action="store_true", help="the small size and few rounds, within a minute")
    parser.add_argument("--rounds", type=int, metavar="N", help="measurements behind each median")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), metavar="N", help="of torch, for both")
    parser.add_argument("--cpu-time", action="store_true", help="one thread's processor time, not the wall clock's")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--memory-of", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    threads = 1 if given.cpu_time else given.threads
    torch.set_num_threads(threads)
    if given.memory_of:
        who, where, seconds = given.memory_of
        measure_memory(who, Path(where), int(seconds))
        return
    size = given.size or ("small" if given.quick else "medium")
    rounds = given.rounds or (3 if given.quick else 5)
    clock = time.process_time if given.cpu_time else time.perf_counter

    with progress_bars() as tell, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_model(folder, SIZES[size])
        ours, theirs = Ours(folder, clock), Theirs(folder, clock)
        ids = np.random.default_rng(0).integers(20, 1000, PROMPT).tolist()
        alike = check(ours, theirs, ids)
        found: dict[str, Comparison] = {}
        for name, comparison in figures(ours, theirs, ids, rounds, given.quick):
            found[name] = comparison
            tell("Measuring", len(found), 8)
        best = limits(ours, found)
        del ours, theirs
        found["peak_memory_10min"], whole = memory(folder, threads)
    if given.json:
        print(json.dumps({name: comparison.to_dict() for name, comparison in found.items()}))
        return
    timed = "processor time of one thread" if given.cpu_time else f"threads: {threads}"
    print(f"size {size}, float32, {timed}, medians of {rounds}; {alike}")
    print(f"{'':18}{'ours':>10}{'transformers':>14}  {'unit':10}{'ratio':>6}")
    for name, it in found.items():
        print(f"{name:18}{it.ours:10.4g}{it.peer:14.4g}  {it.unit:10}{it.ratio:6.2f}")
    print(best)
    print(whole)


if __name__ == "__main__":
    main()
