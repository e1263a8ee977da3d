"""How questions are put: patterns of the grammar for every form of every skill."""

from afnext.scenes.asking.wordings import clips, music, order, people, sounds, speech, talk
from afnext.scenes.asking.wordings.patterns import Form

FORMS: dict[str, Form] = {
    **sounds.FORMS,
    **order.FORMS,
    **speech.FORMS,
    **people.FORMS,
    **talk.FORMS,
    **music.FORMS,
    **clips.FORMS,
}
"""By form. A skill of one form has its name; one of several adds a word or two."""
