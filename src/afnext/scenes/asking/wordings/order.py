"""Questions about what comes when."""

from afnext.scenes.asking.wordings.patterns import Form, form

FORMS: dict[str, Form] = {
    "order_first": form(
        "name",
        "which [comes|is|starts|begins] first, {x} or {y}?",
        "[what|which] [do you|can you] hear first, {x} or {y}?",
        "which of these [starts|begins|comes|is heard] first: {x} or {y}?",
        "of {x} and {y}, [which|what] [comes|is heard|starts] first?",
        "[say|tell me|decide] which you hear first: {x} or {y}.",
    ),
    "order_first of all": form(
        "name",
        "what [do you hear|is heard|can be heard|comes] first[| of all]?",
        "what is the first [thing|sound] [you hear|to be heard|in the <audio>]?",
        "[which|what] sound [starts|opens|begins] the <audio>?",
        "[name|tell me] the first [thing|sound] [you hear|of the <audio>|that is heard].",
        "with [what|which sound] does the <audio> [begin|start|open]?",
    ),
    "order_last": form(
        "name",
        "which [starts|begins] last, {x} or {y}?",
        "which of these [starts|begins] last: {x} or {y}?",
        "of {x} and {y}, [which|what] starts last?",
        "[say|tell me|decide] which starts last: {x} or {y}.",
        "[what|which] [do you|can you] hear starting last, {x} or {y}?",
    ),
    "order_last of all": form(
        "name",
        "what [sound |thing |]starts last[| of all]?",
        "what is the last [thing|sound] [to start|to begin][| in the <audio>]?",
        "[name|tell me] the last [thing|sound] that [starts|begins][| in the <audio>].",
        "which [sound|thing] [starts|begins] last[| in the <audio>| of all]?",
    ),
    "order_list": form(
        "list",
        "in [what|which] order do you hear these: {list}?",
        "put these in the order in which [they are heard|you hear them]: {list}.",
        "[sort|order|arrange] these by when they [start|begin]: {list}.",
        "which comes when? [give|tell me|write down] the order of {list}.",
        "[these are heard|here is what is heard], in another order: {list}. what is the [right|true] order?",
    ),
    "before_after before": form(
        "name",
        "what [do you hear|comes|is heard|can be heard] [right|just|directly|immediately] before {x}?",
        "what is the last [thing|sound] [you hear|to be heard|that comes] before {x}?",
        "[which|what] sound [comes|is heard] [right|just|directly] before {x}?",
        "[name|tell me] what [you hear|comes|is heard] [right|just|directly] before {x}.",
    ),
    "before_after after": form(
        "name",
        "what [do you hear|comes|is heard|can be heard] [right|just|directly|immediately] after {x}?",
        "what is the next [thing|sound] [you hear|to be heard|that comes] after {x}?",
        "[which|what] sound [comes|is heard] [right|just|directly] after {x}?",
        "[name|tell me] what [you hear|comes|is heard] [right|just|directly] after {x}.",
    ),
    "after_nth before": form(
        "name",
        "what [do you hear|comes|is heard] [right|just|directly] before you hear {x} for the {n} time?",
        "you hear {x} several times. what [comes|is heard|do you hear] [right|just] before the {n}[| of them| time]?",
        "[name|tell me] what [comes|is heard] [right|just] before you hear {x} for the {n} time.",
        "[which|what] sound [comes|is heard] [right|just|directly] before you hear {x} for the {n} time?",
    ),
    "after_nth after": form(
        "name",
        "what [do you hear|comes|is heard] [right|just|directly] after you hear {x} for the {n} time?",
        "you hear {x} several times. what [comes|is heard|do you hear] [right|just] after the {n}[| of them| time]?",
        "[name|tell me] what [comes|is heard] [right|just] after you hear {x} for the {n} time.",
        "[which|what] sound [comes|is heard] [right|just|directly] after you hear {x} for the {n} time?",
    ),
    "nth": form(
        "name",
        "what is the {n} [thing|sound] [you hear|to be heard|that starts|in the <audio>]?",
        "[which|what] [sound|thing] is the {n} to [start|begin|be heard]?",
        "[name|tell me] the {n} [sound|thing] [you hear|that starts|of the <audio>].",
        "[count|go by|counting] the sounds by their starts[:|;] what is the {n}?",
    ),
    "between": form(
        "name",
        "what [do you hear|is heard|can be heard|comes|lies] between {x} and {y}?",
        "[which|what] sound [comes|is heard|lies] between {x} and {y}?",
        "after {x} and before {y}, that is between the two, what [do you hear|is heard]?",
        "[name|tell me] what [you hear|is heard|lies] between {x} and {y}.",
    ),
}  # fmt: skip
