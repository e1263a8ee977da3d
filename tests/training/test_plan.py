"""Plans against PyTorch's own count of operations, and against arithmetic by hand."""

import json
from pathlib import Path

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode
from typer.testing import CliRunner

from afnext.base.config import load_config
from afnext.base.errors import ParallelError, RecipeError
from afnext.cli.app import app
from afnext.data.batch import Batch, Sound
from afnext.data.pack import IGNORED, Tree, pack
from afnext.model.config import DecoderConfig, EncoderConfig, FlamingoConfig, preset
from afnext.model.count import parameters
from afnext.model.flamingo import Flamingo
from afnext.parallel.recompute import recompute
from afnext.training import meter
from afnext.training import plan as room
from afnext.training.heads import Captioner
from afnext.training.learner import Learner
from afnext.training.operations import operations_of
from afnext.training.plan import MACHINES, Machine, plan
from afnext.training.recipe import Recipe

RECIPES = Path(__file__).resolve().parents[2] / "recipes/af-next"
ALL = ["encoder", "adaptor", "decoder"]
SMALL = FlamingoConfig.model_validate(
    preset("tiny").model_dump()
    | {
        "encoder": EncoderConfig(width=128, layers=3, heads=2, feed_forward=256),
        "decoder": DecoderConfig(
            vocabulary=64, width=128, layers=2, heads=4, key_value_heads=2, feed_forward=384, positions=4096
        ),
    }
)


def recipe_of(**changes):
    fields = {"name": "x", "epochs": 1, "model": {}, "data": "x.jsonl", "rows": {"tokens": 1500, "longest": 60.0}}
    return Recipe.model_validate(fields | changes)


@pytest.mark.parametrize(("trains", "again"), [(ALL, 0), (["adaptor"], 0), (ALL, 1)])
def test_operations_are_those_that_pytorch_counts(monkeypatch, trains, again):
    """A minute of sound and its scores, forward and backward."""
    for share in ("FILLED", "SOUND", "ANSWERS"):
        monkeypatch.setattr(room, share, 1.0)
    torch.manual_seed(0)
    model = Flamingo(SMALL)
    for name in ALL:
        getattr(model, name).requires_grad_(name in trains)
    if again:
        recompute(model)
    ids = torch.full((1, 1500), SMALL.sound_id)
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        logits = model(ids, torch.randn(2, 128, 3000), torch.tensor([3000, 3000]), torch.tensor([0.0, 30.0]))
        logits.sum().backward()
    made = plan(recipe_of(trains=trains, parallel={"recompute": 1} if again else None), SMALL, 1, MACHINES["h100"])
    # of a causal row the counter sees the half that lies in the future too
    future = (3 + again) * SMALL.decoder.layers * 4 * SMALL.decoder.width * 1500 * 750
    # and what recomputes stops before a layer's last product, which nothing backward needs
    assert made.operations == pytest.approx(counter.get_total_flops() - future, rel=0.07 if again else 0.03)


@pytest.mark.parametrize("again", [0, 1])
def test_operations_of_captions_are_those_that_pytorch_counts(monkeypatch, again):
    """Two windows of half a minute, each with a caption and letters; then the same of a plan that assumes them."""
    sizes = {"width": 192, "layers": 2, "heads": 4, "feed_forward": 512, "positions": 400}
    recipe = recipe_of(
        captioner=sizes,
        objective={"transcript": 1.0},
        rows={"tokens": 2000, "longest": 30.0},
        parallel={"recompute": 1} if again else None,
    )
    torch.manual_seed(0)
    captioner = Captioner(recipe.captioner, SMALL.decoder.vocabulary, SMALL.encoder.width)
    learner = Learner(Flamingo(SMALL), None, recipe.objective, captioner)
    if again:
        recompute(learner)
    ids = [1] * 250
    talk = pack([Tree(ids, list(range(250)), ids, 0, [250])] * 2)
    sound = Sound(torch.randn(2, 128, 3000), torch.tensor([3000, 3000]), torch.zeros(2), torch.arange(2))
    batch = Batch((sound,), (1, 1), talk, audio_seconds=60.0, spoken=([1, 2], [3]))
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        sum(learner(batch).values()).backward()
    future = (3 + again) * 2 * sizes["layers"] * 4 * sizes["width"] * 250 * 125
    counted = operations_of(batch, SMALL, recipe.parts, recipe.captioner)
    if not again:
        assert counted == pytest.approx(counter.get_total_flops() - future, rel=0.03)
    for share, value in (("FILLED", 1.0), ("SOUND", 0.75)):
        monkeypatch.setattr(room, share, value)
    made = plan(recipe, SMALL, 1, MACHINES["h100"])
    # and what recomputes stops before a layer's last product, as above
    assert made.operations == pytest.approx(counter.get_total_flops() - future, rel=0.07 if again else 0.03)


def test_a_plan_by_hand(monkeypatch):
    """Two GPUs with weights in shards, of a machine of round numbers."""
    monkeypatch.setattr(room, "EFFICIENCY", 0.5)
    machine = Machine(flops=1e9, memory=1e9, link=1e6, network=1.0)
    alone = plan(recipe_of(accumulate=4), SMALL, 1, machine)
    two = plan(recipe_of(accumulate=4, parallel={}), SMALL, 2, machine)
    count = parameters(SMALL).total
    assert alone.operations == two.operations
    assert alone.seconds == pytest.approx(alone.operations / 0.5e9)
    assert two.compute == pytest.approx(alone.compute / 2)
    assert alone.exchange == 0
    assert two.exchange == pytest.approx(max(0.0, 2 * 8 * count / 1e6 - two.compute))
    assert alone.memory["weights, gradients, moments"] == 16 * count
    assert two.memory["weights, gradients, moments"] == 8 * count
    assert two.audio_seconds == pytest.approx(4 * 0.8 * 0.95 * 60)
    assert two.gpu_hours(10) == pytest.approx(2 * 10 / (two.audio_seconds / two.seconds))


def test_sequences_in_parts_take_less_memory_and_more_wire():
    recipe = load_config(Recipe, RECIPES / "4-midtrain-long.yaml")
    config = preset("af-next")
    made = {
        parts: plan(recipe.model_copy(update={"parallel": degrees}), config, 128, MACHINES["h100"])
        for parts, degrees in ((8, recipe.parallel), (1, recipe.parallel.model_copy(update={"ulysses": 1, "ring": 1})))
    }
    for part in ("layers of the decoder", "scores"):
        assert made[8].memory[part] == pytest.approx(made[1].memory[part] / 8)
    assert made[8].exchange > made[1].exchange == 0


def test_every_stage_fits_128_h100():
    stages = list(map(str, sorted(RECIPES.glob("*.yaml"))))
    done = CliRunner().invoke(app, ["train", *stages, "--plan", "--json"])
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert len(lines) == len(stages) >= 6
    for told in map(json.loads, lines):
        assert sum(told["memory"].values()) < MACHINES["h100"].memory
        assert 0.1 < told["seconds"] < 60


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["steps=2"], "no recipe, only steps=2; expected a YAML file before the changes"),
        (["{first}", "none.yaml"], "none.yaml: no such recipe; give the path of a YAML file"),
        (
            ["{first}", "{first}", "--out", "here"],
            "one --out for 2 recipes; leave it out: each run has a folder in out/",
        ),
        (["{first}", "stepz=2"], "stepz"),
    ],
)
def test_a_mistake_in_any_recipe_is_told_before_the_first_run(words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = str(RECIPES.parent / "nano/1-listen.yaml")
    done = CliRunner().invoke(app, ["train", *(word.format(first=first) for word in words)])
    assert done.exit_code == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_planned_is_told():
    with pytest.raises(ParallelError, match="a product of 6"):
        plan(recipe_of(parallel={"shard": 4}), SMALL, 6, MACHINES["h100"])
    scenes = load_config(Recipe, RECIPES.parent / "nano/9-polish.yaml")
    with pytest.raises(RecipeError, match="expected one that learns from rows"):
        plan(scenes, SMALL, 1, MACHINES["h100"])
    done = CliRunner().invoke(
        app, ["train", str(RECIPES / "4-midtrain-long.yaml"), "parallel={}", "accumulate=128", "--plan"]
    )
    assert "DOES NOT FIT" not in done.stdout
    done = CliRunner().invoke(app, ["train", str(RECIPES / "3-midtrain-skills.yaml"), "parallel=null", "--plan"])
    assert "DOES NOT FIT" in done.stdout


def test_a_meter_tells_the_share_of_the_peak(monkeypatch):
    """Three batches of 5 operations in two seconds, of a device that could do ten a second."""
    clock = iter([102.0, 102.0])
    monkeypatch.setattr(meter.time, "monotonic", lambda: next(clock))
    talk = pack([Tree([1, 2, 3], [0, 1, 2], [2, 3, IGNORED], 0, [3])])
    batch = Batch((), (), talk, audio_seconds=4.0, lost=("row 7",))
    watch = meter.Meter(lambda _: 5.0, peak=10.0, started=100.0)
    watch.add([batch, batch], {})
    watch.add([batch], {"skipped": 1.0})
    told = watch.read()
    assert told["mfu"] == pytest.approx(15 / 2 / 10)
    assert told["audio_per_second"] == 6.0
    assert told["tokens_per_second"] == 4.5
    assert (told["skipped_steps"], told["lost_rows"]) == (1, 3)
