"""Banks: what is built is drawn again sample for sample, worlds share nothing, and a damaged bank is named."""

import json
import pickle
import shutil

import numpy as np
import pytest
from pydantic import ValidationError

from afnext.base.errors import SceneError
from afnext.scenes import sounds
from afnext.scenes.bank import Bank, BankIndex, BankSize, build
from afnext.scenes.forms.mix import compose
from afnext.scenes.render import render_all
from afnext.scenes.scene import KINDS, SceneNote
from afnext.scenes.sources import LABELS, FreshSources, Source, isolate
from afnext.scenes.speech.voices import voices

SMALL = BankSize(variants=1, sentences=4, phrases=1)
FEW = SMALL.model_copy(update={"sounds": LABELS["sound"][:12]})


@pytest.fixture
def by_hand(tmp_path):
    """A bank of three sources, written without the code that writes banks."""
    folder = tmp_path / "bank"
    folder.mkdir()
    np.save(folder / "000.npy", np.concatenate([np.full(8000, 32767), np.full(4000, -16384)]).astype(np.int16))
    np.save(folder / "001.npy", np.arange(-100, 100, dtype=np.int16))
    sources = (
        Source("sound", "dog barking", "train:dog", 8000, (0, 0)),
        Source("sound", "dog barking", "train:dog2", 4000, (0, 8000)),
        Source(
            "music", "piano", "piano:0", 200, (1, 0), tempo=90, key="C major", notes=(SceneNote(0.0, 0.01, 60, 90),)
        ),
    )
    index = BankIndex(world="train", seed=1, size=SMALL, shards=("000.npy", "001.npy"), sources=sources)
    (folder / "index.json").write_text(index.model_dump_json())
    return folder


def test_drawing_and_loading(by_hand):
    bank = Bank.open(by_hand)
    rng = np.random.default_rng(0)
    assert bank.world == "train"
    drawn = {bank.draw(rng, "sound", None, 10_000).source for _ in range(40)}
    assert drawn == {"train:dog", "train:dog2"}
    assert {bank.draw(rng, "sound", "dog barking", 7999).length for _ in range(20)} == {4000}
    assert bank.draw(rng, "sound", "dog barking", 3999) is None
    assert bank.draw(rng, "sound", "siren", 10_000) is None
    piano = bank.draw(rng, "music", "piano", 200)
    assert piano.notes == (SceneNote(0.0, 0.01, 60, 90),)
    assert np.allclose(bank.load(piano), np.arange(-100, 100) / 32767, atol=1e-7)
    short = bank.draw(rng, "sound", None, 4000)
    assert bank.load(short).dtype == np.float32
    assert np.allclose(bank.load(short), -16384 / 32767)


def test_another_process_opens_the_files_anew(by_hand):
    bank = Bank.open(by_hand)
    sent = pickle.dumps(bank)
    assert len(sent) < 500
    again = pickle.loads(sent)
    assert again.index == bank.index
    assert np.array_equal(again.load(again.index.sources[1]), bank.load(bank.index.sources[1]))


def damage_index(change):
    def apply(folder):
        plain = json.loads((folder / "index.json").read_text())
        change(plain)
        (folder / "index.json").write_text(json.dumps(plain))

    return apply


def truncate(folder):
    shard = folder / "000.npy"
    shard.write_bytes(shard.read_bytes()[:5000])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (shutil.rmtree, "is not a bank: index.json: No such file"),
        (lambda folder: (folder / "index.json").write_text("{"), "index.json: file: Invalid JSON"),
        (damage_index(lambda index: index.update(colour="red")), "colour: Extra inputs"),
        (damage_index(lambda index: index.update(world="moon")), "world: "),
        (damage_index(lambda index: index.update(version=9)), "version: "),
        (damage_index(lambda index: index["sources"][1].update(length=4001)), "'train:dog2' lies outside"),
        (damage_index(lambda index: index["sources"][1].update(address=[0, -1])), "'train:dog2' lies outside"),
        (damage_index(lambda index: index["sources"][1].update(address=[2, 0])), "'train:dog2' lies outside"),
        (damage_index(lambda index: index["sources"][1].update(length=0)), "'train:dog2' lies outside"),
        (damage_index(lambda index: index.update(shards=["000.npy", "../001.npy"])), "shards"),
        (lambda folder: (folder / "001.npy").unlink(), "001.npy: not a shard"),
        (lambda folder: (folder / "001.npy").write_text("hello"), "001.npy: not a shard"),
        (truncate, "000.npy: not a shard"),
        (lambda folder: np.save(folder / "001.npy", np.zeros(200)), r"001.npy holds float64 \(200,\)"),
        (lambda folder: np.save(folder / "001.npy", np.zeros((2, 200), np.int16)), r"holds int16 \(2, 200\)"),
        (lambda folder: np.save(folder / "001.npy", np.array([{}]), allow_pickle=True), "001.npy: not a shard"),
    ],
)
def test_damaged_banks_are_named(by_hand, damage, message):
    damage(by_hand)
    with pytest.raises(SceneError, match=message) as caught:
        Bank.open(by_hand)
    assert "build" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_sizes_are_checked():
    with pytest.raises(ValueError, match="variants"):
        BankSize(variants=0)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Small banks of two worlds, one of all sounds and one of a few, and what their building told."""
    root = tmp_path_factory.mktemp("banks")
    told = {}
    banks = {}
    for world, size in (("train", SMALL), ("test", FEW)):
        told[world] = []
        banks[world] = build(root / world, world, 5, size, progress=lambda *step, of=world: told[of].append(step))
    return root, banks, told


@pytest.mark.scenes_tools
def test_a_bank_holds_what_was_asked_for(built):
    root, banks, told = built
    total = len(LABELS["sound"]) + 4 + len(LABELS["music"])
    assert told["train"] == [(done, total) for done in range(1, total + 1)]
    assert {(source.kind, source.label) for source in banks["train"].index.sources} == {
        (kind, label) for kind in KINDS for label in LABELS[kind]
    }
    for source in banks["train"].index.sources:
        samples = banks["train"].load(source)
        assert len(samples) == source.length
        assert np.abs(samples).max() == pytest.approx(1, abs=1e-4)
        assert np.abs(samples[0]) >= 0.0099  # starts where it is first heard
        assert np.abs(samples[-400:]).max() >= 0.002  # and ends where it is last heard
        assert (source.text is not None) == (source.kind == "speech")
        assert bool(source.notes) == (source.kind == "music")
    assert not list(root.glob(".*")), "no draft is left behind"


@pytest.mark.scenes_tools
def test_worlds_share_no_source(built):
    _, banks, _ = built
    sources = {world: {source.source for source in bank.index.sources} for world, bank in banks.items()}
    assert not sources["train"] & sources["test"]
    scene, _ = compose(1, "test", 60, banks["test"])
    assert {event.source for event in scene.events} <= sources["test"]


@pytest.mark.scenes_tools
def test_a_bank_of_some_sounds_holds_no_others(built, tmp_path):
    _, banks, _ = built
    few = build(tmp_path / "few", "train", 5, SMALL.model_copy(update={"sounds": ("siren", "rain")}))
    sounds = [source for source in few.index.sources if source.kind == "sound"]
    assert {source.label for source in sounds} == {"siren", "rain"}
    everything = {source.source: source for source in banks["train"].index.sources}
    assert [everything[source.source].length for source in few.index.sources] == [s.length for s in few.index.sources]
    with pytest.raises(ValidationError, match="no sound is called 'silence'"):
        BankSize(sounds=("siren", "silence"))


@pytest.mark.scenes_tools
def test_one_worker_builds_the_same_bank(built, tmp_path):
    root, _, _ = built
    build(tmp_path / "again", "test", 5, FEW, workers=1)
    for file in sorted((root / "test").iterdir()):
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes()


def test_a_failing_build_leaves_nothing(tmp_path, monkeypatch):
    def fail(*_):
        raise SceneError("no sound today")

    monkeypatch.setattr(sounds, "make", fail)
    with pytest.raises(SceneError, match="no sound today"):
        build(tmp_path / "bank", "train", 1, SMALL)
    assert not list(tmp_path.iterdir())


def test_sources_made_afresh_are_the_same_again():
    fresh, again = FreshSources("train"), FreshSources("train")
    for label in LABELS["sound"][:6]:
        source = fresh.draw(np.random.default_rng(3), "sound", label, 10**6)
        assert source.label == label
        assert np.array_equal(fresh.load(source), again.load(source))
        assert len(isolate(fresh.load(source))[0]) >= source.length - 64
    assert fresh.draw(np.random.default_rng(3), "sound", "rain", 10) is None


@pytest.mark.scenes_tools
def test_speech_and_music_made_afresh():
    fresh = FreshSources("validation")
    speech = fresh.draw(np.random.default_rng(1), "speech", "a woman speaking", 10**6)
    assert speech.text
    assert speech.source in {voice.identity for voice in voices("validation") if voice.sex == "woman"}
    music = fresh.draw(np.random.default_rng(1), "music", "organ", 10**6)
    assert music.notes[0].start == pytest.approx(0, abs=0.05)
    assert len(fresh.load(music)) == music.length
    scene, plan = compose(2, "validation", 6.0, fresh)
    assert np.abs(render_all(plan)).max() > 0.05
    assert scene.events
