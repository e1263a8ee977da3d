"""Questions about several recordings."""

from afnext.scenes.wordings.patterns import Form, form

FORMS: dict[str, Form] = {
    "which_clip with": form(
        "name",
        "in which [recording|one of the recordings] <hear> {x}?",
        "[which|which one] of the recordings [holds|has|contains] {x}?",
        "one [recording|of them] holds {x}. which [is it|one]?",
        "[say|tell me|find out] in which recording you [can |]hear {x}.",
    ),
    "which_clip without": form(
        "name",
        "in which [recording|one of the recordings] do you not hear {x}?",
        "[which|which one] of the recordings does not [hold|have|contain] {x}?",
        "all [recordings|of them] but one hold {x}. which does not?",
        "[say|tell me|find out] in which recording you do not hear {x}.",
    ),
    "count_clips": form(
        "number",
        "in how many of the recordings <hear> {x}?",
        "how many [of the |]recordings [hold|have|contain] {x}?",
        "count the recordings [in which you hear|that hold|with] {x}.",
        "[say|tell me|find out] in how many recordings you [can |]hear {x}.",
    ),
    "clip_most": form(
        "name",
        "in which [recording|of the recordings] <hear> {x} most often?",
        "[which|which one] of the recordings holds {x} most often?",
        "[say|tell me|find out] in which recording you hear {x} most often.",
        "count how often you hear {x} in each recording: in which is it most often?",
    ),
    "clip_soonest": form(
        "name",
        "in which [recording|of the recordings] <hear> {x} soonest after the beginning?",
        "[which|which one] of the recordings has {x} soonest after its beginning?",
        "[say|tell me|find out] in which recording you hear {x} soonest[| after its beginning].",
        "each recording holds {x}. in which does it come soonest after the beginning?",
    ),
    "clip_said": form(
        "name",
        'in which [recording|of the recordings] does someone say "{q}"?',
        'in which [recording|of the recordings] [is|do you hear] "{q}"[| said]?',
        '[someone|somebody] says "{q}" in one of the recordings. which [is it|one]?',
        '[say|tell me|find out] in which recording "{q}" is said.',
    ),
    "clip_topic": form(
        "name",
        "[which|which one] of the recordings is about {about}?",
        "in which [recording|of the recordings] do they talk about {about}?",
        "[say|tell me|find out] which recording is about {about}.",
        "one of the recordings is about {about}. which [is it|one]?",
    ),
    "clip_speed fastest": form(
        "name",
        "in which [recording|of the recordings] is the music [fastest|the fastest]?",
        "[which|which one] of the recordings has the fastest music?",
        "[say|tell me|find out] which recording has the fastest music.",
        "compare the tempo of the recordings. which is [the |]fastest?",
    ),
    "clip_speed slowest": form(
        "name",
        "in which [recording|of the recordings] is the music [slowest|the slowest]?",
        "[which|which one] of the recordings has the slowest music?",
        "[say|tell me|find out] which recording has the slowest music.",
        "compare the tempo of the recordings. which is [the |]slowest?",
    ),
    "clip_speaker": form(
        "yes",
        "does the same [person|speaker] speak in both recordings?",
        "is it the same [person|speaker|voice] in [both|the two] recordings?",
        "[say|tell me|decide] whether both recordings are of the same [person|speaker|voice].",
        "two recordings of a voice: [is it the same|of the same] person?",
    ),
    "same_order": form(
        "yes",
        "do both recordings hold the same sounds in the same order?",
        "is the order of the sounds the same in both recordings?",
        "[say|tell me|decide] whether the two recordings hold the same sounds in the same order.",
        "compare the recordings: is the order [of what you hear |]the same?",
    ),
    "what_changed": form(
        "name",
        "the second recording differs from the first in one thing. [what is it|in what]?",
        "what [is different|has changed] in the second recording[| compared with the first]?",
        "compare the recordings: in what does the second differ from the first?",
        "[say|tell me|find out] in what the second recording differs from the first.",
    ),
}  # fmt: skip
