"""What can be asked about scenes: one function a skill, from the facts to drafts of questions beyond doubt."""

from collections.abc import Callable, Iterator

import numpy as np

from afnext.scenes.asking.skills import (
    alike,
    clips,
    counting,
    events,
    form,
    level,
    manner,
    music,
    order,
    people,
    space,
    speech,
    talk,
    timing,
    topics,
    tune,
    turns,
)
from afnext.scenes.asking.skills.draft import Draft
from afnext.scenes.asking.skills.facts import Facts

Ask = Callable[[Facts, np.random.Generator], Iterator[Draft]]

FIRST: dict[str, Ask] = {
    "events": events.events,
    "when": timing.when,
    "count": counting.count,
    "order_first": order.order_first,
    "order_list": order.order_list,
    "instrument": music.instrument,
    "transcript": speech.transcript,
    "timed_transcript": speech.timed_transcript,
    "duration": timing.duration,
    "before_after": order.before_after,
    "presence": events.presence,
    "speaker": speech.speaker,
    "caption": events.caption,
}
"""What nano was trained on, in the order in which one generator asks. Each of these drafts one question or none."""

OF_ALL: dict[str, Ask] = {
    # sounds and phrases: what, in which order, how many, how long, how loud, where
    "overlap": events.overlap,
    "at_time": events.at_time,
    "background": events.background,
    "order_last": order.order_last,
    "after_nth": order.after_nth,
    "nth": order.nth,
    "between": order.between,
    "count_before": counting.count_before,
    "count_compare": counting.count_compare,
    "count_between": counting.count_between,
    "count_instruments": counting.count_labels,
    "gap": timing.gap,
    "longest": timing.longest,
    "longer": timing.longer,
    "loudest": level.loudest,
    "louder": level.louder,
    "position": topics.position,
    "place": space.place,
    "channel": space.channel,
    "pitch": tune.pitch,
    "count_notes": tune.count_notes,
    # speech: the words
    "edge_words": speech.edge_words,
    "said_when": speech.said_when,
    "said_next": speech.said_next,
    "word_when": speech.word_when,
    "count_word": speech.count_word,
    "count_words": speech.count_words,
}
"""The others. Each has a generator of its own, and drafts all it can."""

OF_SCAPES: dict[str, Ask] = {"nearing": space.nearing, "nearest": space.nearest}
"""Those that only sources of known distance give."""

OF_TALKS: dict[str, Ask] = {
    # who says something, how, and to whom
    "count_speakers": people.count_speakers,
    "who_said": people.who_said,
    "same_speaker": people.same_speaker,
    "target_transcript": people.target_transcript,
    "talks_most": people.talks_most,
    "count_turns": people.count_turns,
    "said_by": people.said_by,
    "interruption": turns.interruption,
    "interrupter": turns.interrupter,
    "back_channel": turns.back_channel,
    "response": turns.response,
    "manner": manner.manner,
    "emotion": manner.emotion,
    "emotion_flip": manner.emotion_flip,
    "said_how": manner.said_how,
    "said_feeling": manner.said_feeling,
    "count_manner": manner.count_manner,
    # what a talk establishes, and where
    **{f"fact_{kind}": talk.needle(kind) for kind in talk.NEEDLES},
    "mind": talk.mind,
    "changes": talk.changes,
    "settles": talk.settles,
    "sarcasm": talk.sarcasm,
    "mocker": talk.mocker,
    "topic": topics.topic,
    "topic_order": topics.topic_order,
    "topic_when": topics.topic_when,
    "summary": topics.summary,
    "fact_when": topics.fact_when,
}
"""Those that only conversations and speeches give."""

OF_MUSIC: dict[str, Ask] = {
    "key": music.key,
    "metre": music.metre,
    "tempo": music.tempo,
    "tempo_change": music.tempo_change,
    "tempo_when": music.tempo_when,
    "instrument_entry": music.instrument_entry,
    "count_parts": music.count_parts,
    "section_order": form.section_order,
    "section_return": form.section_return,
    "section_at": form.section_at,
    "count_sections": form.count_sections,
    "count_bars": form.count_bars,
    "count_beats": form.count_beats,
    "chord": tune.chord,
    "progression": tune.progression,
    "lyrics": tune.lyrics,
    "dynamics": form.dynamics,
    "crescendo": form.crescendo,
}
"""Those that only pieces give: key, time, form, harmony, instruments."""

ASK: dict[str, Ask] = FIRST | OF_ALL | OF_SCAPES | OF_TALKS | OF_MUSIC

ASK_CLIPS: dict[str, clips.AskClips] = {
    "which_clip": clips.which_clip,
    "count_clips": clips.count_clips,
    "clip_most": clips.clip_most,
    "clip_soonest": clips.clip_soonest,
    "clip_said": clips.clip_said,
    "clip_topic": clips.clip_topic,
    "clip_faster": clips.clip_faster,
    "clip_speaker": clips.clip_speaker,
    "same_order": alike.same_order,
    "what_changed": alike.what_changed,
}
"""About several recordings at once."""
