"""Masking: what the plan says cannot be heard hardly changes the mel spectrum of the mix, and the other way round."""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import signal

from afnext.audio.mel import log_mel
from afnext.scenes.acoustics.channel import draw
from afnext.scenes.forms.mix import Difficulty, compose
from afnext.scenes.masking import audible, band_energy, with_masks
from afnext.scenes.plan import through
from afnext.scenes.render import render_all
from afnext.scenes.scene import Channel, Scene
from afnext.scenes.sounds import KINDS, make

RATE = 16_000


def tone(hertz, seconds=1.0):
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


def white(seconds=1.0, seed=0):
    return np.random.default_rng(seed).standard_normal(round(seconds * RATE))


def band(low, high, seconds=1.0):
    return signal.sosfilt(signal.butter(8, [low, high], "bandpass", fs=RATE, output="sos"), white(seconds))


def scaled(sound, rms):
    """With its peak, which is the gain that makes it ``rms`` loud."""
    peak = np.abs(sound).max()
    return (sound / peak).astype(np.float32), float(rms * peak / np.sqrt(np.mean(sound**2)))


def placed_at(sound, seconds, rms):
    normal, gain = scaled(sound, rms)
    return normal, round(seconds * RATE), gain, None


def power(sound):
    """Mean power in the model's own mel bands, four by four as wide as the ear's, and tenths of a second; [32, n]."""
    mel = log_mel(torch.from_numpy(sound)[None], -(-len(sound) // 160))[0].numpy()
    whole = 10 ** (4 * mel[:, : mel.shape[1] // 10 * 10] - 4)
    return whole.reshape(32, 4, -1, 10).mean((1, 3))


def seen(plan, number):
    """The share of its loud frames in which an event raises a quarter of its own mel bands by 3 dB or more."""
    rest = plan.placements[:number] + plan.placements[number + 1 :]
    events = plan.scene.events[:number] + plan.scene.events[number + 1 :]
    without = replace(plan, placements=rest, scene=plan.scene.model_copy(update={"events": events}))
    alone = replace(plan, placements=(plan.placements[number],), noise=None)
    mixed, less, own = (power(render_all(each)) for each in (plan, without, alone))
    event = plan.scene.events[number]
    frames = slice(int(event.start * 10), int(np.ceil(event.end * 10)))
    mixed, less, own = mixed[:, frames], less[:, frames], own[:, frames]
    loud = own.sum(0) > 0.01 * own.sum(0).max()
    bands = own > 0.01 * own.max(0)
    raised = bands & (10 * np.log10(mixed / less) >= 3)
    return float(np.mean(raised.sum(0)[loud] >= 0.25 * bands.sum(0)[loud]))


def test_a_tone_under_noise_twenty_decibels_louder_is_masked(plan_of):
    plan = with_masks(plan_of([placed_at(white(3.0), 1.0, 0.2), placed_at(tone(1500), 2.0, 0.02)], 5.0))
    noise, quiet = plan.scene.events
    assert quiet.masked_by == (0,)
    assert not audible(quiet)
    assert quiet.clear < 0.1
    assert seen(plan, 1) < 0.3
    assert audible(noise)
    assert noise.masked_by == ()
    assert noise.clear > 0.9
    assert Scene.from_json(plan.scene.to_json()) == plan.scene


def test_the_same_tone_twenty_decibels_up_is_heard(plan_of):
    plan = with_masks(plan_of([placed_at(white(3.0), 1.0, 0.02), placed_at(tone(1500), 2.0, 0.02)], 5.0))
    assert plan.scene.events[1].clear > 0.9 < seen(plan, 1)
    assert all(audible(event) for event in plan.scene.events)


def test_tones_in_distant_bands_do_not_mask_each_other(plan_of):
    for low, high in ((500, 3000), (300, 1200), (4000, 900)):
        plan = with_masks(plan_of([placed_at(tone(low), 1.0, 0.3), placed_at(tone(high), 1.0, 0.01)], 4.0))
        assert [event.masked_by for event in plan.scene.events] == [(), ()]
        assert min(event.clear for event in plan.scene.events) == 1.0
        assert seen(plan, 1) == 1.0


def test_noise_masks_in_its_own_band_only(plan_of):
    loud = placed_at(band(800, 2500, 3.0), 1.0, 0.2)
    within, outside = (with_masks(plan_of([loud, placed_at(tone(hertz), 2.0, 0.01)], 5.0)) for hertz in (1500, 5000))
    assert within.scene.events[1].masked_by == (0,)
    assert outside.scene.events[1].clear == 1.0
    assert seen(within, 1) < 0.1
    assert seen(outside, 1) == 1.0


def test_what_is_covered_for_a_while_is_heard_for_the_rest(plan_of):
    plan = with_masks(plan_of([placed_at(tone(1500, 4.0), 1.0, 0.02), placed_at(white(1.0), 3.0, 0.2)], 6.0))
    event = plan.scene.events[0]
    assert event.clear == pytest.approx(0.75, abs=0.06)
    assert seen(plan, 0) == pytest.approx(event.clear, abs=0.06)
    assert audible(event)
    assert not audible(event, share=0.9)
    assert event.masked_by == ()


def test_only_the_louder_of_two_is_blamed(plan_of):
    parts = [placed_at(white(3.0), 1.0, 0.2), placed_at(tone(4000, 3.0), 1.0, 0.1), placed_at(tone(1500), 2.0, 0.01)]
    assert with_masks(plan_of(parts, 5.0)).scene.events[2].masked_by == (0,)


def test_a_background_hides_too_and_is_no_event(plan_of):
    parts = [placed_at(tone(1500), 1.0, 0.005), placed_at(tone(1500), 3.0, 0.2)]
    plan = with_masks(plan_of(parts, 5.0, background=("white noise", -26.0)))
    quiet, loud = plan.scene.events
    assert (quiet.clear, quiet.masked_by) == (pytest.approx(0, abs=0.1), ())
    assert not audible(quiet)
    assert audible(loud)
    assert loud.clear > 0.9 < seen(plan, 1)
    assert seen(plan, 0) < 0.3
    windy = with_masks(through(plan_of([placed_at(tone(90), 1.0, 0.002)], 5.0), Channel(wind=-20.0)))
    assert not audible(windy.scene.events[0])


def test_a_telephone_does_not_pass_it(plan_of):
    plan = plan_of([placed_at(tone(6000), 1.0, 0.2), placed_at(tone(1000), 3.0, 0.2)], 5.0)
    assert all(audible(event) for event in with_masks(plan).scene.events)
    high, low = with_masks(through(plan, Channel(kind="telephone"))).scene.events
    assert (high.clear, high.masked_by) == (0.0, ())
    assert low.clear == 1.0


def test_band_energy_is_the_power_of_the_sound():
    sound = white(2.0).astype(np.float32)
    assert band_energy(sound).sum(1).mean() == pytest.approx(np.mean(sound**2), rel=0.03)
    energy = band_energy((0.5 * tone(1000)).astype(np.float32))
    assert energy[3].max() == pytest.approx(0.125, rel=0.05)
    assert energy[3].max() > 0.95 * energy[3].sum()


def test_masking_agrees_with_the_mel_spectrum_of_what_is_rendered(plan_of):
    """Real sounds at random levels over each other and over noise: 40 events, judged by the plan and by the sound."""
    rng = np.random.default_rng(3)
    told, shown = [], []
    for _ in range(8):
        parts = []
        for start in sorted(rng.uniform(0, 5, 5)):
            sound = make(str(rng.choice(list(KINDS))), "train", rng)
            parts.append((sound, round(start * RATE), float(10 ** (rng.uniform(-50, -8) / 20)), None))
        kind = str(rng.choice(["white noise", "pink noise", "a crowd"]))
        plan = with_masks(plan_of(parts, 12.0, background=(kind, float(rng.uniform(-70, -35)))))
        told += [event.clear for event in plan.scene.events]
        shown += [seen(plan, number) for number in range(len(plan.scene.events))]
    told, shown = np.array(told), np.array(shown)
    assert 5 < np.sum(told < 0.3) < 35
    assert np.mean((told < 0.3) == (shown < 0.3)) > 0.93
    assert np.mean(np.abs(told - shown)) < 0.08


def test_ten_minutes_are_judged_in_seconds(tones):
    _, plan = compose(1, "train", 600.0, tones, Difficulty(reverberation=0))
    before = time.process_time()
    judged = with_masks(through(plan, draw(np.random.default_rng(0), "train")))
    assert time.process_time() - before < 7
    assert len(judged.scene.events) == len(plan.scene.events) > 70
    assert judged.placements == plan.placements
