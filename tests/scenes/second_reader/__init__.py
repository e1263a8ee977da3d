"""A second reader of the truth: answers a question from scenes' JSON and the question's words alone.

It shares no code with what asks: it knows what the words mean, looks everything up in the plain JSON, and raises
:class:`~second_reader.truth.DoubtError` where the truth leaves more than one answer. One function a skill, by name.
"""

from second_reader import clips, music, plain, sounds, speech, talk
from second_reader.truth import Asked, World, only

ROOMS = (plain, sounds, speech, talk, music)


def answer(skill, text, truths, known):
    """The answer to ``text``, without the letter of an option.

    Args:
        skill: which skill asks.
        text: the question, options included.
        truths: the JSON of each scene.
        known: every label that there is.
    """
    worlds = [World(truth) for truth in truths]
    labels = {*known, *(event["label"] for world in worlds for event in world.every)}
    asked = Asked(text, labels)
    if hasattr(clips, skill) and len(worlds) > 1:
        return getattr(clips, skill)(worlds, asked)
    name = "needle" if skill.startswith("fact_") and skill != "fact_when" else skill
    read = next(getattr(room, name) for room in ROOMS if hasattr(room, name))
    return read(only(worlds), asked)
