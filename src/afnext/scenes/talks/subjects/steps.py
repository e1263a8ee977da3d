"""Steps that many topics share: agreeing on a day, a time, a place or a price, sharing out, deciding, sarcasm.

A step writes lines, states its facts and leaves the beat open. ``thing`` is the full title of what the talk is about,
so that facts of two talks are never about the same.
"""

from collections.abc import Sequence

from afnext.scenes.scene import Emotion
from afnext.scenes.talks.lexicon import CAUSES, DAYS, MEN, PRICES, REASONS, SPOTS, TIMES, WOMEN
from afnext.scenes.talks.pen import Pen

WHEN: dict[str, tuple[Sequence[str], str, str, str]] = {
    "day": (
        DAYS,
        "on {x}",
        "(and |so |okay, |)(what|which) day (is|was) {short}( again|)?",
        "(do you know|have you heard|did they say) (what|which) day {short} is?",
    ),
    "time": (
        TIMES,
        "at {x}",
        "(and |so |okay, |)(what time does {short} start|what time is {short}|at what time is {short})?",
        "(do you know|have you heard|did they say) (what time|when) {short} starts?",
    ),
}
ANNOUNCED = (
    "(it is|it will be|that is|they said it is) {at}(, as always|, like last year|, if i am not mistaken|)",
    "{short} is {at}(, you can write that down|, that is for sure|, do not forget it|)",
    "(well, |oh, |)i (checked|looked) (this morning|yesterday|again), (it is|{short} is) {at}",
    "{at}(, for sure|, they told me|, i have it here in my calendar|)",
)
ALONE = (
    "{short} (is|will be) {at}(, please write that down|, do not forget|)",
    "(now, |)about the {unit}, {short} is {at}(, i checked it again this morning|, as they told me|)",
    "(listen, |well, |)(they told me|i was told|i found out) that {short} is {at}",
)


def announced(pen: Pen, a: int, thing: str, unit: str = "day") -> None:
    """Somebody asks for the day or the time, and ``a`` knows."""
    words, at = WHEN[unit][:2]
    b = pen.other(a)
    asked = pen.ask(b, a, pen.pick(WHEN[unit][2:]))
    value = pen.draw(words)
    told = pen.say(a, pen.pick(ANNOUNCED), solo=pen.pick(ALONE), at=at.format(x=value), unit=unit)
    pen.fact("time", f"the {unit} of {thing}", value, a, asked, told)
    if pen.chance(0.3):
        repeated(pen, b, a, at.format(x=value))


def repeated(pen: Pen, b: int, a: int, what: str) -> None:
    """``b`` says it again to be sure."""
    if pen.solo or pen.brief:
        return
    pen.say(b, "({what}|so {what}|okay, {what})(, right|, did i get that|)?", what=what, steady=True)
    pen.say(a, "(yes|exactly|right|that is right)(, {what}|)", what=what, steady=True)


def agreed(pen: Pen, a: int, thing: str, unit: str = "day") -> None:
    """``a`` proposes a day or a time, which may not suit another."""
    words, at = WHEN[unit][:2]
    b = pen.other(a)
    about, first = f"the {unit} of {thing}", pen.draw(words)
    slot = at.format(x=first)
    one = pen.say(
        a,
        "(let us|i would|i want to|shall we) (say|take|try) {x} for {short}(, what do you think|, is that good for "
        "you|)?",
        solo="(at first |first )(i thought|we said|i wanted to have) {short} (should be |)(would be |){at}",
        x=first,
        at=slot,
    )
    if not pen.chance(0.55):
        two = pen.say(
            b,
            "({x}|yes, {x}|{x}, yes that) (is fine for me|is good|works for me|suits me)(, i will be there|, i am "
            "free|)",
            solo="and {x} it (is|will be)(, everybody agreed|, that suits all of us|)",
            x=first,
            steady=True,
        )
        pen.fact("decision", about, first, b, one, two)
        return
    last = pen.draw(words)
    two = pen.say(
        b,
        "(no, |oh, |sorry, |)(i can not|that does not work for me|that is bad for me), {why}. "
        "(can we|could we|why do we not) (take|make it|do) {x}( instead|)?",
        solo="but {why}, so (we changed it|i asked for another {unit}|it had to move)",
        why=pen.draw(REASONS),
        x=last,
        unit=unit,
    )
    three = pen.say(
        a,
        "(fine|all right|okay|no problem), (then |)(let us say |we take |make it |){x}( it is|, good|, then|)",
        solo="(now it is {at}|{short} is now {at}|so in the end it is {at})",
        x=last,
        at=at.format(x=last),
        steady=True,
    )
    pen.fact("change of mind", about, last, a, one, two, three, before=first)
    pen.react(a, b)


def moved(pen: Pen, a: int, thing: str, unit: str = "day") -> None:
    """The day or the time is another than it was; nothing if none was set."""
    about = f"the {unit} of {thing}"
    before = pen.known(about)
    if before is None:
        return
    words, at = WHEN[unit][:2]
    b, value = pen.other(a), pen.draw(words)
    one = pen.say(
        a,
        "(listen|wait|oh no|i just see|sorry), {short} is not {old}( any more|)(, {why}|). (they moved it|it was "
        "moved|it had to be moved)( now|)",
        solo="(wait, i just see that|oh, i just got a message,|oh no,) {short} is not {old}( any more|)(, {why}|)",
        old=at.format(x=before),
        why=pen.draw(CAUSES),
        steady=True,
    )
    asked = pen.ask(b, a, "(oh|really|no)(, then when|, when is it then|, and what is the new {unit})?", unit=unit)
    two = pen.say(
        a,
        "(it is|we take|they said) {x}( instead|)( now|)",
        solo="(the new {unit} is|we have to take|it is now) {x}",
        x=value,
        unit=unit,
        steady=True,
    )
    pen.fact("change of mind", about, value, a, one, asked, two, before=before)
    pen.react(a)


def place(pen: Pen, a: int, thing: str, spots: Sequence[str] = SPOTS, *, at: str = "at", meet: str = "meet") -> None:
    """Where they meet; perhaps somebody would have preferred another place."""
    b, about = pen.other(a), f"the place where they {meet} for {thing}"
    first = pen.draw(spots)
    asked = pen.ask(b, a, "(and |so |)where (do|shall|will|should) we {meet}( for that|)( then|)?", meet=meet)
    one = pen.say(
        a,
        "(let us|we can|we could|i would) {meet} {at} {x}(, it is easy to find|, everybody knows it|, it is close "
        "to my house|)",
        solo="(we|all of us) {meet} {at} {x}(, it is easy to find|, everybody knows it|)",
        x=first,
        at=at,
        meet=meet,
    )
    if pen.chance(0.6):
        pen.fact("place", about, first, a, asked, one)
        if pen.chance(0.4):
            repeated(pen, b, a, f"{at} {first}")
        return
    last = pen.draw(spots)
    two = pen.say(
        b,
        "(hm, |well, |no, |)(it is always crowded there|that is too far for me|i do not like it there|there is no "
        "parking). "
        "(what about|how about|why not) {x}?",
        solo="(no, wait, that is too far for some of us|no, it is too crowded there|hm, no, there is no parking)",
        x=last,
    )
    three = pen.say(
        a,
        "(fine|good idea|all right|okay|even better), {x}( then|, that is better|, then|)",
        solo="let us (say|take) {x}( instead|)",
        x=last,
        steady=True,
    )
    pen.fact("change of mind", about, last, a, asked, one, two, three, before=first)


def price(
    pen: Pen, a: int, about: str, *, unit: str = "dollars", prices: Sequence[str] = PRICES, what: str = "it"
) -> None:
    """What something costs."""
    b, value = pen.other(a), f"{pen.draw(prices)} {unit}"
    asked = pen.ask(b, a, "(and |)(how much|what) (does|did|will) {what} cost( us|)?", what=what)
    told = pen.say(
        a,
        "(it is|that is|they want|we pay|it costs) {x}(, which is fair|, i find that a lot|, all together|, and "
        "that is cheap|)",
        solo="{what} costs {x}(, which is fair|, i find that a lot|, and that is cheap|)",
        what=what,
        x=value,
    )
    pen.fact("number", about, value, a, asked, told)
    pen.react(a)


def shared_out(pen: Pen, a: int, thing: str, items: Sequence[str], most: int = 3) -> None:
    """Some of the others say what they will bring, and somebody may think again."""
    if pen.solo:
        people = [(0, pen.draw((*MEN, *WOMEN))) for _ in range(pen.pick((1, 2)))]
    else:
        others = [who for who in range(len(pen.cast)) if who != a]
        people = [(who, pen.name(who)) for who in pen.shuffled(others)[:most]]
    for who, name in people:
        item, about = pen.draw(items), f"the thing that {name} brings to {thing}"
        asked = pen.ask(
            a,
            who,
            "(what can you bring|what will you bring|can you bring something|what would you like to bring)( to "
            "{short}|)?",
            named=True,
        )
        told = pen.say(
            who,
            "(sure, |yes, |of course, |well, |)i (will|can|could) (bring|take) {x}(, i have it at home|, i like "
            "making that|, if "
            "that is all right|)",
            solo="{name} (brings|will bring) {x}(, that is settled|, as always|)",
            name=name,
            x=item,
        )
        if not pen.chance(0.3):
            pen.fact("plan", about, item, who, asked, told)
            continue
        last = pen.draw(items)
        again = pen.say(
            who,
            "(no, wait|actually|on second thought|hm, no), (i will not bring {x}|not {x}), (i would rather bring|i "
            "will bring|"
            "i take) {y}",
            solo="(no, wait|no, sorry), (not {x}|that was before), {name} (brings|will bring) {y}",
            name=name,
            x=item,
            y=last,
            steady=True,
        )
        pen.fact("change of mind", about, last, who, asked, told, again, before=item)


def decided(
    pen: Pen, a: int, about: str, *, options: Sequence[str], question: str, because: Sequence[str], final: str
) -> None:
    """Two ways, some who are for one of them, and what they do in the end.

    Args:
        pen: writes it.
        a: who asks.
        about: what is decided.
        options: words to draw the two from.
        question: with ``{x}`` and ``{y}``.
        because: reasons that may be given for either.
        final: how it is settled, with ``{x}``.
    """
    x, y = pen.draw(options), pen.draw(options)
    lines: list[int | None] = [
        pen.say(a, question, solo="we (had to choose|could choose) between {x} and {y}", x=x, y=y)
    ]
    others = pen.shuffled([who for who in range(len(pen.cast)) if who != a])[:3] or [0]
    votes = [pen.pick((x, y)) for _ in others]
    chosen = max((x, y), key=votes.count)
    for who, vote in zip(others, votes, strict=True):
        lines.append(
            pen.say(
                who,
                "(i am for|i would take|i would like|i prefer|let us take) {x}(, {why}|)",
                solo="(i was for|i wanted|i prefer) {x}, {why}",
                x=vote,
                why=pen.draw(because),
            )
        )
    lines.append(
        pen.say(
            a,
            f"(okay|good|all right|fine)(, that is settled|), {final}",
            solo=f"so (in the end |){final}",
            x=chosen,
            steady=True,
        )
    )
    pen.fact("decision", about, chosen, a, *lines)


PRAISES = (
    "what a (wonderful|lovely|beautiful|perfect|great|fantastic) {noun}",
    "that was (really |)the (best|nicest|finest) {noun} (of my life|of all times|i have ever seen)",
    "(i have never|never have i) seen such a (wonderful|lovely|perfect|great) {noun}",
    "(i am so|we are so|i was so) (lucky|happy|pleased) with this (wonderful|lovely|perfect) {noun}",
)


def sarcasm(pen: Pen, a: int, about: str, noun: str, complaints: Sequence[str]) -> None:
    """``a`` praises the ``noun`` in words, and what ``a`` tells of it says the opposite."""
    from_the_start = pen.chance(0.5)
    truth, other = pen.draw(complaints), pen.draw(complaints)
    praise = pen.form(pen.pick(PRAISES), noun=noun)
    mood: Emotion = pen.pick(("angry", "neutral"))
    b = pen.other(a)
    pen.ask(b, a, "(and |so |)how was the {noun}( last time| the other day|)?", noun=noun)
    if from_the_start:
        one = pen.say(a, "(oh, |well, |){praise}", praise=praise, emotion=mood, steady=True)
        two = pen.say(a, "{x}(, and| and) {y}", x=truth, y=other)
    else:
        two = pen.say(a, "(well, |imagine, |just listen, |){x}(, and| and) {y}", x=truth, y=other)
        one = pen.say(a, "(so yes, |really, |oh yes, |){praise}", praise=praise, emotion=mood, steady=True)
    if not pen.solo:
        pen.say(
            b,
            "(oh no|oh dear|poor you)(, i am sorry|, that sounds bad|, so you did not like it|)",
            emotion="sad",
            steady=True,
        )
    pen.fact("sarcasm", about, truth, a, one, two, before=praise)
