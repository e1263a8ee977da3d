"""Questions about what a talk establishes, its topics, and where in it things lie."""

from afnext.scenes.asking.wordings.patterns import Form, form

_FACT = (
    "what is {about}[| in the end| as they put it| according to the speakers]?",
    "[say|tell me|find out] what {about} is[| in the end| according to the speakers].",
    "what [do the speakers say|does the <talk> say|do you learn] about {about}: what is it?",
    "[as|so far as] [the speakers|they] [say|settle it], what is {about}?",
    "[give|name|write down] {about}[| as it is told| as it stands in the end].",
)

FORMS: dict[str, Form] = {
    **{f"fact {kind}": form("name", *_FACT) for kind in ("name", "number", "time", "place", "plan", "decision")},
    "mind before": form(
        "name",
        "[someone|somebody] changes their mind about {about}. what was it [before|at first|to be at first]?",
        "before [anyone|someone] changed their mind, what was {about}[| to be| going to be]?",
        "what was {about} [at first|to be at first|before it was changed]?",
        "[say|tell me] what {about} was [at first|before it was changed].",
    ),
    "mind after": form(
        "name",
        "[someone|somebody] changes their mind about {about}. what is it [afterwards|in the end|then]?",
        "once they have changed their mind, what is {about} in the end?",
        "what is {about} [in the end|after it was changed|after the change]?",
        "[say|tell me] what {about} is [in the end|after the change].",
    ),
    "changes": form(
        "yes",
        "does [anyone|anybody|a speaker] change their mind about {about}?",
        "is there a change of mind about {about}?",
        "[say|tell me] whether [anyone|somebody|a speaker] changes their mind about {about}.",
        "is {about} changed [in the course of the <talk>|later on|after it was settled]?",
    ),
    "settles": form(
        "name",
        "[who|which speaker] [says|settles] what {about} is, counted by when they are first heard?",
        "number the speakers as they are first heard. which of them [says|settles] what {about} is?",
        "[who|which speaker] [says|settles] what {about} is: the first[| to be heard], the second, or another?",
        "[say|tell me] which speaker [names|settles] {about}, in the order in which they are first heard.",
    ),
    "sarcasm": form(
        "yes",
        "[someone|somebody] says \"{q}\". do they mean it?",
        "is \"{q}\" meant [as it is said|seriously|in earnest]?",
        "[say|tell me] whether \"{q}\" is meant [seriously|in earnest|as it is said].",
        "does the one who says \"{q}\" [mean it|speak in earnest]?",
    ),
    "mocker": form(
        "name",
        "[who|which speaker] says something that is not meant, counted by when they are first heard?",
        "number the speakers as they are first heard. which of them is sarcastic?",
        "[who|which speaker] is [sarcastic|not serious]: the first[| to be heard], the second, or another?",
        "[say|tell me] which speaker is sarcastic, in the order in which they are first heard.",
    ),
    "topic": form(
        "name",
        "what [is the <talk> about|do they talk about|is talked about]?",
        "what is the [topic|subject] of [the <talk>|what is said]?",
        "[name|tell me|sum up] the [topic|subject] of the <talk>[| in a few words].",
        "[about what|on what subject] do [they|the speakers] [talk|speak]?",
    ),
    "topic nth": form(
        "name",
        "several [talks|conversations] are heard. what is the {n} about?",
        "what is the [topic|subject] of the {n} <talk>?",
        "[name|tell me] the {n} [topic|subject] that is talked about.",
        "[about what|on what subject] is the {n} <talk>?",
    ),
    "topic_order": form(
        "text",
        "in [what|which] order are these [topics|subjects] talked about: {list}?",
        "put these [topics|subjects] in the order in which they are talked about: {list}.",
        "[sort|order|arrange] these [topics|subjects] by when they come up: {list}.",
        "they talk about {list}, in another order. [what|which] is the [right|true] one?",
    ),
    "topic_when": form(
        "span",
        "<time of> do they talk about {about}?",
        "<find> the <talk> about {about}.",
        "<name> the [time|start and end] of the <talk> about {about}.",
        "from when to when is {about} [the topic|the subject|talked about]?",
    ),
    "summary": form(
        "text",
        "[which|what] is the right summary of {talk}?",
        "[how|in which way] is {talk} summed up rightly?",
        "[which|what] [sums up {talk}|is true of {talk}]?",
        "[choose|find|pick] the right summary of {talk}.",
        "[what|which of these] [do the speakers|do they] [say|agree on] in {talk}?",
    ),
    "position fact": form(
        "name",
        "in which third of the <audio> do you learn {about}?",
        "[where|in what part] of the <audio>, the first, middle or last third, is {about} [told|settled]?",
        "[say|tell me] in which third of the <audio> {about} is [told|settled]: the first, the middle or the last.",
        "is {about} [told|settled] in the first, the middle or the last third of the <audio>?",
    ),
    "fact_when": form(
        "span",
        "<time of> do you learn {about}?",
        "<time of> does [anyone|a speaker|somebody] say what {about} is?",
        "<find> the [words|utterance] from which you learn {about}.",
        "<name> the [time|start and end] of the [words from|utterance from] which you learn {about}.",
    ),
}  # fmt: skip
