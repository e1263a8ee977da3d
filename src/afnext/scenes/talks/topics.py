"""What people talk about: a written grammar of topics, and the scripts that it gives.

A topic is a function that writes with a :class:`~afnext.scenes.talks.pen.Pen`; those of one family stand in one file of
``subjects``. No two talks of a scene are about the same thing, so that whatever is asked about has one answer.
"""

from collections.abc import Callable, Sequence

import numpy as np

from afnext.base.errors import SceneError
from afnext.scenes.talks.pen import Pen
from afnext.scenes.talks.script import Person, Script
from afnext.scenes.talks.small_talk import HELLO, HELLO_ALONE, HELLO_MORE, HELLO_TWO
from afnext.scenes.talks.subjects import days, errands, home, plans

TOPICS: dict[str, Callable[[Pen], None]] = {
    "planning a trip": plans.trip,
    "choosing a day for a meeting": plans.meeting,
    "a surprise party": plans.party,
    "tickets for a concert": plans.concert,
    "a phone number": errands.number,
    "a delivery": errands.delivery,
    "buying a used bike": errands.bike,
    "a doctor's appointment": errands.doctor,
    "ordering food": home.food,
    "a recipe": home.recipe,
    "something lost": home.lost,
    "a flat to let": home.flat,
    "the weather": days.weather,
    "a match": days.match,
    "a school project": days.project,
    "a new job": days.job,
}
MOST_SPEAKERS = 5


def write_script(
    topic: str,
    cast: Sequence[Person],
    rng: np.random.Generator,
    used: set[str] | None = None,
    *,
    brief: bool = False,
    linked: bool = False,
    greeted: bool = False,
) -> Script:
    """A talk of ``cast`` about ``topic``, about one to two minutes long; one person gives a speech.

    Args:
        topic: one of ``TOPICS``.
        cast: one to five people with different names.
        rng: of everything random.
        used: titles of earlier talks of the scene; this one's is added.
        brief: as short as can be, for a recording of some seconds.
        linked: whether a talk went before, to which the first words may refer.
        greeted: whether they first say who they are.

    Raises:
        SceneError: no such topic, too many or too few people, or two of one name.
    """
    if topic not in TOPICS:
        raise SceneError(f"topic {topic!r}", expected=f"one of {', '.join(TOPICS)}")
    names = [person.name for person in cast]
    if not 1 <= len(names) <= MOST_SPEAKERS or len(set(names)) < len(names):
        raise SceneError(
            f"a talk of {', '.join(names) or 'nobody'}", expected=f"1 to {MOST_SPEAKERS} people with different names"
        )
    pen = Pen(rng, cast, used, brief=brief, linked=linked)
    if greeted:
        greet(pen)
    TOPICS[topic](pen)
    return pen.script(topic)


def greet(pen: Pen) -> None:
    """The beginning of a recording: people say who they are."""
    first = pen.other()
    hello = pen.say(first, HELLO, solo=HELLO_ALONE, brief=HELLO_MORE, name=pen.name(first), steady=True)
    who = "the speaker" if pen.solo else "the person who speaks first"
    pen.fact("name", f"the name of {who}", pen.name(first), first, hello)
    others = pen.shuffled([other for other in range(len(pen.cast)) if other != first])
    if len(others) == 1:
        pen.say(others[0], HELLO_TWO, name=pen.name(first), steady=True)
    for other in others if len(others) > 1 else ():
        pen.say(other, HELLO_MORE, name=pen.name(other), steady=True)
    pen.beat()
