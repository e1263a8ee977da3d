"""Channels: what each does to a recording, that it does it in time, and the same in blocks of any size."""

import numpy as np
import pytest
from scipy import signal

from afnext.base.errors import MissingToolError, SceneError
from afnext.scenes.acoustics.channel import FULL_BAND, WAYS, draw, transmit
from afnext.scenes.acoustics.codec import Codec, Trip, delay
from afnext.scenes.acoustics.places import Place
from afnext.scenes.plan import through
from afnext.scenes.render import render, render_all
from afnext.scenes.scene import Channel
from afnext.scenes.sounds import make
from afnext.scenes.worlds import WORLDS

RATE = 16_000
TELEPHONES = [kind for kind, way in WAYS.items() if way.telephone]
CODECS = [kind for kind in WAYS if kind not in TELEPHONES]
SOME = ["telephone", "mobile telephone at 6.7 kbit/s", "mp3 at 16 kbit/s", "opus at 12 kbit/s", "aac at 24 kbit/s"]


def cut(sound, size):
    return (sound[first : first + size] for first in range(0, len(sound), size))


def sent(sound, channel, size=RATE, seed=0):
    return np.concatenate(list(transmit(cut(sound, size), channel, "train", seed)))


def white(seconds, rms=0.1):
    return (rms * np.random.default_rng(4).standard_normal(round(seconds * RATE))).astype(np.float32)


def world_of_sounds():
    """Some of what scenes are made of, one behind the other: 8 s or so."""
    kinds = ("dog_bark", "footsteps", "car_horn", "clapping")
    sounds = [make(kind, "train", np.random.default_rng(9)) for kind in kinds]
    return np.concatenate([part for sound in sounds for part in (0.3 * sound, np.zeros(3000, np.float32))])


def gain(came, went, low, high):
    """Decibels between ``low`` and ``high`` Hz."""
    hertz, before = signal.welch(went, RATE, nperseg=1024)
    after = signal.welch(came, RATE, nperseg=1024)[1]
    inside = (hertz >= low) & (hertz <= high)
    return 10 * np.log10(after[inside].sum() / before[inside].sum())


@pytest.mark.parametrize("kind", WAYS)
def test_nothing_comes_late(kind):
    went = world_of_sounds()
    came = sent(went, Channel(kind=kind))
    assert len(came) == len(went)
    likeness = signal.correlate(came, went, method="fft")
    assert abs(likeness.argmax() - (len(went) - 1)) < 0.005 * RATE
    # A click's place as well: what is loudest is loudest where it was.
    envelopes = [np.convolve(np.abs(sound), np.ones(160) / 160, "same") for sound in (went, came)]
    shift = signal.correlate(envelopes[1], envelopes[0], method="fft").argmax() - (len(went) - 1)
    assert abs(shift) < 0.005 * RATE


@pytest.mark.parametrize("kind", TELEPHONES)
def test_a_telephone_keeps_its_band(kind):
    went = white(6.0)
    came = sent(went, Channel(kind=kind))
    power = np.abs(np.fft.rfft(came * np.hanning(len(came)))) ** 2
    hertz = np.fft.rfftfreq(len(came), 1 / RATE)
    inside = (hertz >= 300) & (hertz <= 3400)
    assert 10 * np.log10(power[~inside].sum() / power[inside].sum()) < -30
    assert -5 < gain(came, went, 500, 3000) < 1


def test_mu_law_leaves_the_noise_that_eight_bits_of_it_leave():
    went = white(4.0, 0.2)
    taps = signal.firwin(1023, [300, 3400], pass_zero=False, fs=RATE)
    band = signal.fftconvolve(went, taps, "same")
    left = sent(went, Channel(kind="telephone")) - band
    hertz, noise = signal.welch(left, RATE, nperseg=1024)
    _, sound = signal.welch(band, RATE, nperseg=1024)
    inside = (hertz > 600) & (hertz < 3100)  # away from the edges, which filters turn differently
    assert 34 < 10 * np.log10(sound[inside].sum() / noise[inside].sum()) < 42


@pytest.mark.parametrize("kind", CODECS)
def test_a_codec_passes_its_band(kind):
    went = white(4.0)
    came = sent(went, Channel(kind=kind))
    top = WAYS[kind].band[1]
    assert gain(came, went, 200, 0.6 * top) > -4
    if top < 7500:
        assert gain(came, went, top + 300, 8000) < -12


@pytest.mark.parametrize("kind", [kind for kind in WAYS if WAYS[kind].codec.bits])
def test_a_codec_takes_the_bits_it_says(kind):
    codec = WAYS[kind].codec
    assert f"{codec.bits / 1000:g} kbit/s" in kind
    went = world_of_sounds()
    went += white(len(went) / RATE, 0.003)  # of digital silence the encoders make what they like
    trip = Trip(codec)
    trip.send(went, last=True)
    assert trip.bytes * 8 * RATE / len(went) == pytest.approx(codec.bits, rel=0.15)


def test_clipping_is_flat_at_its_level_and_touches_nothing_else():
    went = white(3.0, 0.2)
    came = sent(went, Channel(clipped=0.25))
    assert came.max() == np.float32(0.25) == -came.min()
    inside = np.abs(went) < 0.25
    assert np.array_equal(came[inside], went[inside])
    assert np.mean(~inside) == pytest.approx(np.mean(np.abs(came) == np.float32(0.25)), abs=1e-4)
    with pytest.raises(ValueError, match="clipped"):
        Channel(clipped=0)


def test_wind_is_deep_and_as_loud_as_the_truth_says():
    silence = np.zeros(40 * RATE, np.float32)
    wind = sent(silence, Channel(wind=-26.0))
    assert 10 * np.log10(np.mean(wind**2)) == pytest.approx(-26, abs=1.0)
    power = np.abs(np.fft.rfft(wind)) ** 2
    hertz = np.fft.rfftfreq(len(wind), 1 / RATE)
    assert power[hertz < 200].sum() / power.sum() > 0.9
    assert not np.array_equal(wind, sent(silence, Channel(wind=-26.0), seed=1))


def test_handling_knocks_and_rubs_now_and_then():
    silence = np.zeros(60 * RATE, np.float32)
    hand = sent(silence, Channel(handling=-10.0))
    assert 20 * np.log10(np.abs(hand).max()) == pytest.approx(-10, abs=2.0)
    loud = np.abs(hand).reshape(-1, RATE).max(1) > 0.02
    assert 0.3 < loud.mean() < 0.95
    assert not np.array_equal(hand, sent(silence, Channel(handling=-10.0), seed=1))


@pytest.mark.parametrize(
    "channel",
    [*(Channel(kind=kind) for kind in SOME), Channel(clipped=0.1), Channel(wind=-20.0, handling=-12.0, clipped=0.3)],
    ids=str,
)
def test_the_same_whatever_the_blocks(channel):
    went = world_of_sounds()[: 5 * RATE + 321]
    whole = sent(went, channel, len(went))
    for size in (977, 16_000, 50_000):
        parts = list(transmit(cut(went, size), channel))
        assert [len(part) for part in parts] == [len(part) for part in cut(went, size)]
        assert np.array_equal(np.concatenate(parts), whole)
    assert np.array_equal(sent(went, channel), whole)
    assert whole.dtype == np.float32
    assert np.abs(whole).max() <= 1
    assert not np.array_equal(whole, went)


@pytest.mark.parametrize("kind", [FULL_BAND, *SOME])
@pytest.mark.parametrize("count", [0, 1, 100, 16_001])
def test_short_recordings(kind, count):
    assert len(np.concatenate([np.zeros(0), *transmit(cut(white(2.0)[:count], 700), Channel(kind=kind))])) == count


def test_a_long_recording_is_not_awaited():
    asked = 0

    def endless():
        nonlocal asked
        while True:
            asked += 1
            yield white(1.0)

    for kind in SOME:
        asked = 0
        stream = transmit(endless(), Channel(kind=kind))
        for _ in range(5):
            next(stream)
        assert asked <= 8


def test_the_full_band_is_the_sound_itself():
    blocks = iter([white(1.0)])
    assert transmit(blocks, Channel()) is blocks


def test_what_is_drawn_belongs_to_one_world():
    drawn = {world: [draw(np.random.default_rng(seed), world) for seed in range(300)] for world in WORLDS}
    for world, channels in drawn.items():
        assert channels == [draw(np.random.default_rng(seed), world) for seed in range(300)]
        assert all(channel.kind == FULL_BAND or world in WAYS[channel.kind].worlds for channel in channels)
        for channel in channels:
            done = [channel.kind != FULL_BAND, channel.clipped, channel.wind, channel.handling]
            assert sum(bool(one) for one in done) == 1
    kinds = {
        world: {channel.kind for channel in channels} - {"telephone", FULL_BAND} for world, channels in drawn.items()
    }
    assert not kinds["train"] & kinds["test"]
    assert len(kinds["train"]) >= 8


def test_truth_stays_true_behind_every_channel(plan_of):
    """Onsets and ends of loud noise in silence, found in the sound that came through."""
    burst = np.sign(np.random.default_rng(0).standard_normal(RATE // 2)).astype(np.float32)
    starts = [round(at * RATE) for at in (0.7, 2.03, 3.5, 4.811)]
    plan = plan_of([(burst, start, 0.5, None) for start in starts], 6.0, Place("outdoors"))
    for kind in SOME:
        sound = np.abs(render_all(through(plan, Channel(kind=kind))))
        smooth = np.convolve(sound, np.ones(80) / 80, "same")
        for event in plan.scene.events:
            first, last = round(event.start * RATE), round(event.end * RATE)
            part = smooth[first - 4000 : last + 4000]
            loud = np.flatnonzero(part > 0.5 * np.median(smooth[first + 800 : last - 800]))
            assert abs(loud[0] - 4000) < 0.008 * RATE, kind  # 5 ms, and the smoothing of 5 ms
            # What lasts 20 ms is one frame to a codec of few bits: an end is smeared over it.
            assert abs(loud[-1] - 4000 - (last - first)) < 0.02 * RATE, kind


def test_a_plan_is_rendered_through_its_channel(plan_of):
    plan = plan_of([(white(2.0), RATE, 0.5, None)], 5.0, background=("pink noise", -40.0))
    full, channel = render_all(plan), Channel(kind="telephone", wind=-30.0)
    heard = render_all(through(plan, channel))
    assert np.array_equal(heard, np.concatenate(list(transmit(iter([full]), channel, "train", plan.scene.seed))))
    assert np.array_equal(np.concatenate(list(render(through(plan, channel), 1234))), heard)
    assert through(plan, channel).scene.events == plan.scene.events


def test_bad_channels():
    with pytest.raises(SceneError, match="channel 'string'; expected full band, telephone, "):
        transmit(iter([]), Channel(kind="string"))
    with pytest.raises(MissingToolError, match="this build of PyAV has no codec dictaphone"):
        delay(Codec("dictaphone", "dictaphone"))
