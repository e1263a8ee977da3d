"""A recording longer than a model can hear: is anything lost or doubled where its parts meet?

    python benchmarks/stitch.py                 70 minutes of talk, a few minutes of work
    python benchmarks/stitch.py --quick         three minutes of talk
    python benchmarks/stitch.py --minutes 100   so many
    python benchmarks/stitch.py --json          one object: figure -> {ours, peer, ratio, unit}

Talks of the test world, whose truth says when each word begins and ends, stand one behind the other. nano writes the
whole down and is asked about it with ``over_limit="stitch"``; its parts are as long as its card says it can hear.

    words_whole     share of the true words that one part, and only one, holds from beginning to end; beside it the
                    share where the parts are cut by the clock, every so many seconds

What nano makes of the words is another matter: talks are not what it was trained on.
"""

import argparse
import json
import sys
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

import afnext
from afnext import AfnextError, Clip, Engine
from afnext.audio.spec import SAMPLE_RATE
from afnext.cli.progress import progress_bars
from afnext.scenes.forms.talk import compose_talk
from afnext.scenes.render import render_all

SEED = 70
LONGEST = 1500.0
"""Seconds of a talk."""
EDGE = 0.02
"""Seconds at a word's ends, where it fades, that count as silence."""
QUESTION = "What happens, and when?"

Word = tuple[float, float, str]


def talk_of(minutes: float) -> tuple[NDArray[np.float32], list[Word]]:
    """So many minutes of talk, and its words: start, end, text."""
    sounds, words, begin, left, seed = [], list[Word](), 0.0, minutes * 60, SEED
    while left > 1:
        scene, plan = compose_talk(seed, "test", min(left, LONGEST))
        words += [(begin + w.start, begin + w.end, w.text) for event in scene.events for w in event.words]
        sounds.append(render_all(plan))
        begin, left, seed = begin + len(sounds[-1]) / SAMPLE_RATE, left - len(sounds[-1]) / SAMPLE_RATE, seed + 1
    return np.concatenate(sounds), words


def whole(words: Sequence[Word], seams: Sequence[float]) -> float:
    """Share of words between whose ends no seam lies."""
    kept = [bisect_right(seams, start + EDGE) == bisect_right(seams, end - EDGE) for start, end, _ in words]
    return sum(kept) / len(kept)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=70.0)
    parser.add_argument("--quick", action="store_const", dest="minutes", const=3.0, help="within a minute")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    if given.minutes < 0.5:
        parser.error("--minutes takes 0.5 or more")
    with progress_bars() as tell:
        tell("Making talks", 0, None)
        sound, words = talk_of(given.minutes)
        loaded = afnext.load("nano")
        shorter = min(loaded.limit_seconds, len(sound) / SAMPLE_RATE / 2)  # so that less than half an hour is cut, too
        family = replace(loaded.family, max_seconds=int(shorter))
        engine = Engine(loaded.model, loaded.tokenizer, family, name="nano", card=loaded.card)
        clip = Clip(sound, rate=SAMPLE_RATE)
        written = engine.transcribe(clip, over_limit="stitch", max_new_tokens=160, tell=tell)
        answer = engine.ask(clip, QUESTION, over_limit="stitch", max_new_tokens=160, tell=tell)
    starts = [part.start for part in written.parts]
    clock = list(np.arange(0, len(sound) / SAMPLE_RATE, loaded.card.hears_seconds or shorter))
    ours, peer = whole(words, starts), whole(words, clock)
    if given.json:
        ratio = (1 - peer) / (1 - ours) if ours < 1 else None
        print(json.dumps({"words_whole": {"ours": ours, "peer": peer, "ratio": ratio, "unit": "share of words"}}))
        return
    print(f"{len(sound) / SAMPLE_RATE / 60:.1f} minutes, {len(words):,} words, {len(written.parts)} parts")
    print(f"words that one part holds whole: {ours:.2%}; cut every {clock[1]:.0f} s by the clock: {peer:.2%}")
    print(f"cut by a seam: {round((1 - ours) * len(words))} words; by the clock: {round((1 - peer) * len(words))}")
    print(f"{len(written.text.split()):,} words written down; {written.notes[0][:48]} ...")
    for part in answer.parts[:2] + answer.parts[-1:]:
        print(f"{part.clock}  {part.question}  {part.text[:80]}")


if __name__ == "__main__":
    try:
        main()
    except AfnextError as error:
        print(f"stitch: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
