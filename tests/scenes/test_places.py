"""Places: each answers as its walls do, and is known by what is heard when nothing happens."""

import zlib

import numpy as np
import pytest

from afnext.base.errors import SceneError
from afnext.scenes.acoustics import noise
from afnext.scenes.acoustics.beds import BEDS as NOISES
from afnext.scenes.acoustics.places import BEDS, OPEN_AIR, OUTSIDE, PLACES, ROOMS, SPACES, impulse_response, place
from afnext.scenes.worlds import WORLDS

RATE = 16_000
ANSWERING = [name for name in BEDS if name != OPEN_AIR]


def seconds_to_fall(response, decibels):
    """By Schroeder's backward integral."""
    left = np.cumsum(np.square(response[::-1], dtype=float))[::-1]
    return np.argmax(left < left[0] * 10 ** (-decibels / 10)) / RATE


def test_every_place_has_its_own_bed():
    assert set(BEDS) == {*PLACES, *SPACES, *OUTSIDE}
    assert len(set(BEDS.values())) == len(BEDS)
    assert set(BEDS.values()) <= set(NOISES)


@pytest.mark.parametrize("name", ANSWERING)
def test_a_place_answers_a_click(name):
    for world in WORLDS:
        where = place(world, name, 1)
        assert where.response[0] == 1
        assert np.isfinite(where.response).all()
        assert 0.2 * RATE / 10 < len(where.response) < 2 * RATE
        assert 0.05 < where.near < 40
        assert np.array_equal(where.response, impulse_response(world, name, 7))  # six of a kind
    here, there = (place(world, name, 1).response[:400] for world in ("train", "test"))
    assert not np.array_equal(here, there)


def test_the_harder_and_larger_the_longer():
    names = ("a car", "a small room", "a living room", "a bathroom", "a stairwell", "a cave")
    falls = [np.mean([seconds_to_fall(place("train", name, n).response, 25) for n in range(6)]) for name in names]
    assert falls == sorted(falls)
    assert falls[0] < 0.05
    assert falls[-1] > 0.6


def test_a_present_room_is_what_pyroomacoustics_makes_of_its_numbers():
    acoustics = pytest.importorskip("pyroomacoustics")
    rng = np.random.default_rng(zlib.crc32(b"test/a living room/2"))
    kind = ROOMS["a living room"]
    size = [rng.uniform(*side) for side in kind.size]
    source, listener = (np.array(size) * rng.uniform(0.2, 0.8, 3) for _ in range(2))
    absorption, order = acoustics.inverse_sabine(rng.uniform(*kind.decay), size)
    box = acoustics.ShoeBox(size, fs=RATE, materials=acoustics.Material(absorption), max_order=min(order, 16))
    box.add_source(source)
    box.add_microphone(listener)
    box.compute_rir()
    where = place("test", "a living room", 2)
    assert where.near == pytest.approx(np.linalg.norm(source - listener))
    # The click is 40 samples later there than sound needs: half of the filter that places it between two samples.
    expected = round(where.near / 343 * RATE) + 40
    direct = expected - 2 + int(np.argmax(box.rir[0][0][expected - 2 : expected + 3]))
    assert np.allclose(box.rir[0][0][direct : direct + 2000] / box.rir[0][0][direct], where.response[:2000], atol=1e-6)


def test_a_street_echoes_from_its_facades_and_a_forest_from_its_trunks():
    for world in WORLDS:
        street, forest, cave = (place(world, name, 0).response for name in ("a street", "a forest", "a cave"))
        assert 0.15 < len(street) / RATE <= 0.5
        # Sparse echoes are peaky, a diffuse tail is Gaussian: fourth moments over squared second moments.
        peaky = [np.mean(part**4) / np.mean(part**2) ** 2 for part in (street[800:4000], forest[160:2000])]
        diffuse = cave[int(0.4 * RATE) : int(0.5 * RATE)]
        assert np.mean(diffuse**4) / np.mean(diffuse**2) ** 2 < 4
        assert min(peaky) > 6
        assert np.sum(forest[160:] ** 2) < 0.2  # most of a forest's sound is the source itself
    assert place("train", "a street", 0).openness > place("train", "a cave", 0).openness == 0


def spectrum(kind, world, variant):
    sound = noise.read(noise.Noise(kind, (0, 0), variant), world, 0, 2**17)
    power = np.abs(np.fft.rfft(sound)) ** 2
    edges = np.geomspace(30, 8000, 17) * len(sound) / RATE
    bands = np.add.reduceat(power, edges.astype(int)[:-1])
    return 10 * np.log10(bands / bands.sum() + 1e-6)


def test_where_we_are_can_be_heard_in_another_world():
    learnt = {kind: spectrum(kind, "train", 0) for kind in BEDS.values()}
    right = 0
    for kind in BEDS.values():
        heard = spectrum(kind, "test", 0)
        right += kind == min(learnt, key=lambda other: np.abs(heard - learnt[other]).sum())
    assert right >= 8  # of ten; one by chance


def test_beds_are_loops_of_the_right_loudness():
    rng = np.random.default_rng(0)
    for kind in list(NOISES)[::3]:
        bed = noise.draw_bed(rng, kind)
        over_the_seam = noise.Noise(kind, (noise.LOOPS[0] - 5, noise.LOOPS[1] - 9), bed.variant)
        whole = noise.read(over_the_seam, "train", 0, 260_000)
        parts = [noise.read(over_the_seam, "train", at, 26_000) for at in range(0, 260_000, 26_000)]
        assert np.array_equal(np.concatenate(parts), whole)
        assert np.sqrt(np.mean(whole**2)) == pytest.approx(1, rel=0.12)
        assert np.abs(whole).max() < 9
        assert np.abs(np.diff(whole[:20])).max() < 6  # no jump where the loop closes
    with pytest.raises(SceneError, match="bed 'the sea'; expected a breeze, "):
        noise.draw_bed(rng, "the sea")


def test_an_unknown_place_names_the_known_ones():
    with pytest.raises(SceneError, match="place 'the moon'; expected outdoors, a small room, "):
        place("train", "the moon", 0)
    assert place("train", OPEN_AIR, 3).response is None
