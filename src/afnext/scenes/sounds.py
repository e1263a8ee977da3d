"""Sounds that a listener would name, made by formula: no recording, no licence, and no two alike."""

from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from afnext.base.errors import SceneError
from afnext.scenes.kinds import alarms, animals, household, impacts, machines, people, vehicles, weather
from afnext.scenes.kinds.wave import Array
from afnext.scenes.trim import trim
from afnext.scenes.worlds import Dice, World

Family = Literal["animals", "weather", "vehicles", "household", "alarms", "impacts", "machines", "people"]


class Recipe(NamedTuple):
    """One kind of sound: what a listener calls it, its family (the file that holds it), and how it is made."""

    label: str
    family: Family
    make: Callable[[Dice], Array]


# To add a sound: a function from dice to samples in its family's file, and one line at the end of this table.
# Pauses within a sound stay below half a second, so that it is heard as one event. No label stands within another.
# The order counts: banks draw their seeds from a label's place and a model's tag head is numbered by it.
RECIPES: dict[str, Recipe] = {
    "dog_bark": Recipe("dog barking", "animals", animals.dog),
    "cat_meow": Recipe("cat meowing", "animals", animals.cat),
    "cow_moo": Recipe("cow mooing", "animals", animals.cow),
    "bird_chirp": Recipe("bird chirping", "animals", animals.bird),
    "crickets": Recipe("crickets", "animals", animals.crickets),
    "telephone_ring": Recipe("telephone ringing", "alarms", alarms.telephone),
    "alarm_beep": Recipe("alarm clock beeping", "alarms", alarms.alarm),
    "siren": Recipe("siren", "alarms", alarms.siren),
    "car_horn": Recipe("car horn", "vehicles", vehicles.horn),
    "bell": Recipe("church bell", "alarms", alarms.bell),
    "whistling": Recipe("person whistling", "people", people.whistling),
    "footsteps": Recipe("footsteps", "people", people.footsteps),
    "knocking": Recipe("knocking on a door", "impacts", impacts.knocking),
    "clapping": Recipe("hands clapping", "people", people.clapping),
    "typing": Recipe("typing on a keyboard", "household", household.typing),
    "clock_tick": Recipe("clock ticking", "household", household.ticking),
    "glass_break": Recipe("glass breaking", "impacts", impacts.glass),
    "rain": Recipe("rain", "weather", weather.rain),
    "wind": Recipe("wind", "weather", weather.wind),
    "thunder": Recipe("thunder", "weather", weather.thunder),
    "water_drip": Recipe("water dripping", "household", household.dripping),
    "engine": Recipe("engine running", "vehicles", vehicles.engine),
    "helicopter": Recipe("helicopter", "vehicles", vehicles.helicopter),
    "gunshot": Recipe("gunshot", "impacts", impacts.gunshot),
    "sheep_bleat": Recipe("sheep bleating", "animals", animals.sheep),
    "rooster_crow": Recipe("rooster crowing", "animals", animals.rooster),
    "frog_croak": Recipe("frog croaking", "animals", animals.frog),
    "owl_hoot": Recipe("owl hooting", "animals", animals.owl),
    "horse_gallop": Recipe("horse galloping", "animals", animals.gallop),
    "bee_buzz": Recipe("bee buzzing", "animals", animals.bee),
    "duck_quack": Recipe("duck quacking", "animals", animals.duck),
    "pig_grunt": Recipe("pig grunting", "animals", animals.pig),
    "hail": Recipe("hail", "weather", weather.hail),
    "waves": Recipe("waves on a shore", "weather", weather.waves),
    "stream": Recipe("stream flowing", "weather", weather.stream),
    "fire": Recipe("fire crackling", "weather", weather.fire),
    "motorcycle": Recipe("motorcycle", "vehicles", vehicles.motorcycle),
    "train_pass": Recipe("train passing", "vehicles", vehicles.train),
    "train_horn": Recipe("train horn", "vehicles", vehicles.train_horn),
    "bicycle_bell": Recipe("bicycle bell", "vehicles", vehicles.bicycle),
    "airplane": Recipe("airplane", "vehicles", vehicles.airplane),
    "car_pass": Recipe("car passing", "vehicles", vehicles.car_pass),
    "truck_reverse": Recipe("truck reversing", "vehicles", vehicles.reversing),
    "vacuum": Recipe("vacuum cleaner", "household", household.vacuum),
    "hair_dryer": Recipe("hair dryer", "household", household.hair_dryer),
    "blender": Recipe("blender", "household", household.blender),
    "toilet_flush": Recipe("toilet flushing", "household", household.toilet),
    "tap": Recipe("tap running", "household", household.tap),
    "door_creak": Recipe("door creaking", "household", household.creak),
    "kettle": Recipe("kettle whistling", "household", household.kettle),
    "zipper": Recipe("zipper", "household", household.zipper),
    "microwave_beep": Recipe("microwave beeping", "household", household.microwave),
    "smoke_alarm": Recipe("smoke alarm", "alarms", alarms.smoke_alarm),
    "fire_bell": Recipe("fire alarm bell", "alarms", alarms.fire_bell),
    "foghorn": Recipe("foghorn", "alarms", alarms.foghorn),
    "buzzer": Recipe("buzzer", "alarms", alarms.buzzer),
    "doorbell": Recipe("doorbell", "alarms", alarms.doorbell),
    "hammer": Recipe("hammer hitting a nail", "impacts", impacts.hammer),
    "wood_chop": Recipe("axe chopping wood", "impacts", impacts.chop),
    "ball_bounce": Recipe("ball bouncing", "impacts", impacts.ball),
    "glass_clink": Recipe("glasses clinking", "impacts", impacts.clink),
    "explosion": Recipe("explosion", "impacts", impacts.explosion),
    "gong": Recipe("gong", "impacts", impacts.gong),
    "door_slam": Recipe("door slamming", "impacts", impacts.slam),
    "coin_drop": Recipe("coin dropping", "impacts", impacts.coin),
    "drill": Recipe("electric drill", "machines", machines.drill),
    "saw": Recipe("sawing wood", "machines", machines.saw),
    "printer": Recipe("printer", "machines", machines.printer),
    "sewing_machine": Recipe("sewing machine", "machines", machines.sewing),
    "camera": Recipe("camera shutter", "machines", machines.camera),
    "lawn_mower": Recipe("lawn mower", "machines", machines.mower),
    "jackhammer": Recipe("jackhammer", "machines", machines.jackhammer),
    "cough": Recipe("person coughing", "people", people.coughing),
    "sneeze": Recipe("person sneezing", "people", people.sneezing),
    "snore": Recipe("person snoring", "people", people.snoring),
    "laugh": Recipe("person laughing", "people", people.laughing),
    "baby_cry": Recipe("baby crying", "people", people.baby),
    "applause": Recipe("crowd applauding", "people", people.applause),
    "breathing": Recipe("person breathing", "people", people.breathing),
    "referee_whistle": Recipe("referee blowing a whistle", "people", people.referee),
    "finger_snap": Recipe("fingers snapping", "people", people.snapping),
    "heartbeat": Recipe("heartbeat", "people", people.heartbeat),
    "sob": Recipe("person sobbing", "people", people.sobbing),
    "scream": Recipe("person screaming", "people", people.screaming),
}
KINDS: dict[str, str] = {kind: recipe.label for kind, recipe in RECIPES.items()}
FAMILIES: dict[Family, tuple[str, ...]] = {
    family: tuple(recipe.label for recipe in RECIPES.values() if recipe.family == family) for family in get_args(Family)
}
"""The labels of each family."""


def make(kind: str, world: World, rng: np.random.Generator) -> NDArray[np.float32]:
    """One sound [n] of this kind, 16 kHz mono, peak 1, from its onset to where it falls below -40 dB: 0.1 to 6 s.

    Raises:
        SceneError: the kind is not one of ``KINDS``.
    """
    if kind not in RECIPES:
        raise SceneError(f"sound {kind!r}", expected=f"one of {', '.join(RECIPES)}")
    return trim(RECIPES[kind].make(Dice(world, rng)))
