"""What days are full of: the weather, a match, a school project, a new job."""

from afnext.scenes.talks.grammar import spell
from afnext.scenes.talks.lexicon import CITIES, COLOURS, COUNTS, MEN, SMALL_PRICES, SPOTS, SURNAMES, WOMEN
from afnext.scenes.talks.pen import Pen
from afnext.scenes.talks.subjects import steps
from afnext.scenes.talks.subjects.plans import run

OUTINGS = (
    *("picnic", "garden party", "camping weekend", "boat race", "open air cinema", "flea market", "bicycle tour"),
    *("mountain hike", "beach day", "wedding", "street festival", "school fair", "horse race", "fishing trip"),
)
BAD_WEATHER = (
    *("it rained all morning", "the wind blew the tent away", "my shoes are full of water", "the road was under water"),
    *("there was ice on the path", "the umbrella broke", "we could not see our own feet", "lightning hit the old tree"),
    *("the fog never lifted", "hail broke the windows"),
)
SHELTERS = (
    *(
        "the barn",
        "the tennis hall",
        "the fire station",
        "the old factory",
        "the gym",
        "the greenhouse",
        "the riding hall",
    ),
    *("the cellar of the church", "the canteen", "the garage of my aunt"),
)
WARM_THINGS = (
    *(
        "the warm blankets",
        "the rubber boots",
        "the big tent",
        "the hot tea",
        "the dry socks",
        "the rain coats",
        "the lamps",
    ),
    *("the soup", "the old towels", "the heater"),
)


def weather(pen: Pen) -> None:
    """Bad weather, and what becomes of a plan."""
    thing = pen.title(OUTINGS, "the {}", "the {}")
    a = pen.other()
    b = pen.other(a)
    x = pen.draw(SHELTERS)
    asked = pen.ask(
        b,
        a,
        "(look at this rain|what a storm|this weather is awful), where (do we go with|do we put) {thing}( now|)?",
        brief="where is {thing} now?",
        thing=thing,
    )
    told = pen.say(
        a,
        "(we move it|we go|they moved it|everybody goes) to {x}(, at least it is dry there|, until it stops|, like "
        "last year|)",
        brief="in {x}",
        solo="(it is raining again|this weather is awful), so {thing} (moves|goes|was moved) to {x}(, at least it "
        "is dry there|)",
        thing=thing,
        x=x,
    )
    pen.fact("plan", f"the shelter for {thing}", x, a, asked, told)

    def cold() -> None:
        asked = pen.ask(b, a, "(and |)how (cold|warm) (will it be|is it going to be)( out there|)?")
        x = f"{spell(int(pen.rng.integers(3, 19)))} degrees"
        told = pen.say(
            a,
            "(they say|the radio says|i heard|not more than) {x}(, and wind from the sea|, so dress well|, no sun|)",
            x=x,
        )
        pen.fact("number", f"the temperature at {thing}", x, a, asked, told)

    def sun() -> None:
        asked = pen.ask(b, a, "(and |)when (will it stop|does the rain stop|will the sun be back)( at last|)?")
        x = pen.draw(steps.WHEN["day"][0])
        told = pen.say(
            a,
            "(it stops|the sun comes back|they promise sun) on {x}(, so they say|, if we are lucky|, not before|)",
            x=x,
        )
        pen.fact("time", f"the day when the rain stops after {thing}", x, a, asked, told)

    def snow() -> None:
        asked = pen.ask(b, a, "(and |)where is it (better|dry|sunny)?")
        x = pen.draw(CITIES)
        told = pen.say(
            a, "(my sister says|i heard|they say) it is (sunny|warm|lovely) in {x}(, of all places|, as always|)", x=x
        )
        pen.fact("place", f"the place with better weather than at {thing}", x, a, asked, told)

    run(
        pen,
        (
            lambda: steps.sarcasm(pen, b, f"the truth about the weather before {thing}", "weather", BAD_WEATHER),
            lambda: steps.agreed(pen, a, thing, pen.pick(("day", "time"))),
            lambda: steps.shared_out(pen, a, thing, WARM_THINGS),
            cold,
            sun,
            snow,
        ),
        (lambda: steps.moved(pen, a, thing, pen.pick(("day", "time"))),),
    )


TEAMS = (
    *("the lions", "the tigers", "the eagles", "the sharks", "the bears", "the wolves", "the falcons", "the dragons"),
    *("the giants", "the pirates", "the rockets", "the bulls", "the hornets", "the panthers", "the badgers"),
)
BAD_MATCH = (
    *("we lost the ball all the time", "the referee was blind", "our captain fell asleep", "the grass was a swamp"),
    *("most of the crowd went home early", "we scored against ourselves", "it was boring to the end"),
    *("they laughed at us", "our goalkeeper was looking at the birds"),
)
MATCH_THINGS = (
    *("the flags", "the drums", "the oranges", "the water bottles", "the balls", "the first aid kit", "the shirts"),
    *("the trumpet", "the sandwiches", "the gloves"),
)


def match(pen: Pen) -> None:
    """How a match ended."""
    thing = pen.title(TEAMS, "the match against {}", "the next match")
    a = pen.other()
    b = pen.other(a)
    ours, theirs = (int(goals) for goals in pen.rng.choice(10, 2, replace=False))
    won = ours > theirs
    x = f"{spell(ours)} to {spell(theirs)}"
    asked = pen.ask(
        b,
        a,
        "(so, |hey, |tell me, |)how (did {thing} end|was {thing})(, what was the score|)?",
        brief="how did {thing} end?",
        thing=thing,
    )
    told = pen.say(
        a,
        f"(we {'won' if won else 'lost'}|it was|it ended|believe me, it ended) {{x}}"
        + (
            "(, what a day|, and we sang all night|, we were so good|)"
            if won
            else "(, it hurts|, and i want to forget it|, what a shame|)"
        ),
        brief="{x}",
        solo=f"we {'won' if won else 'lost'} {{thing}}, {{x}}(, can you believe it|)",
        emotion=pen.pick(("happy", "happy", "neutral")) if won else pen.pick(("sad", "angry", "neutral")),
        manner="shouted" if won and pen.chance(0.3) else None,
        thing=thing,
        x=x,
    )
    pen.fact("number", f"the score of {thing}", x, a, asked, told)

    def scorer() -> None:
        asked = pen.ask(b, a, "(and |)who (scored|shot the best goal|was the best player|was the hero)?")
        x = pen.draw((*MEN, *WOMEN))
        told = pen.say(
            a,
            "(the hero was|the best was|it was|you will not believe it,) {x}(, as always|, with the left foot|, "
            "again|)",
            x=x,
        )
        pen.fact("name", f"the best player of {thing}", x, a, asked, told)

    def minute() -> None:
        asked = pen.ask(b, a, "(and |)when did (the last goal fall|the last goal come)?")
        x = f"minute {spell(int(pen.rng.integers(46, 90)))}"
        told = pen.say(
            a, "(the last goal fell in|it came in|it was in) {x}(, so late|, i was so nervous|, out of nothing|)", x=x
        )
        pen.fact("time", f"the time of the last goal of {thing}", x, a, asked, told)

    def crowd() -> None:
        asked = pen.ask(b, a, "(and |)how many people (were there|came to see it|watched it)?")
        x = f"{spell(10 * int(pen.rng.integers(5, 99)))} people"
        told = pen.say(
            a,
            "(there were|i counted|they say there were) {x}(, in this weather|, more than ever|, even the mayor|)",
            x=x,
        )
        pen.fact("number", f"the crowd at {thing}", x, a, asked, told)

    after = f"the match after {thing}"

    run(
        pen,
        (
            lambda: steps.announced(pen, a, after) if pen.chance(0.5) else steps.agreed(pen, a, after),
            lambda: steps.announced(pen, a, after, "time"),
            lambda: steps.place(pen, b, after, SPOTS),
            lambda: steps.sarcasm(pen, b, f"the truth about the match before {thing}", "match", BAD_MATCH),
            lambda: steps.shared_out(pen, a, after, MATCH_THINGS),
            scorer,
            minute,
            crowd,
        ),
        (lambda: steps.moved(pen, a, after, pen.pick(("day", "time"))),),
    )


STUDIES = (
    *(
        "rivers",
        "volcanoes",
        "whales",
        "the moon",
        "bridges",
        "bees",
        "the middle ages",
        "forests",
        "trains",
        "spiders",
    ),
    *("deserts", "electricity", "old castles", "penguins", "the human heart", "clouds", "chocolate"),
)
TASKS = (
    *("the maps", "the drawings", "the introduction", "the photographs", "the model", "the interviews", "the summary"),
    *("the poster", "the spelling", "the tables", "the experiment", "the title page", "the sources"),
)
FORMS = ("a poster", "a film", "a talk", "a play", "a radio show", "a model", "a small book", "a song", "a quiz")
FORM_REASONS = (
    *(
        "it is less work",
        "the teacher likes that",
        "it is more fun",
        "we did the other last year",
        "everybody can help",
    ),
    *("we have all we need for it", "nobody else does it"),
)
BAD_SCHOOL = (
    *(
        "the computer ate our work",
        "nobody had learned anything",
        "the teacher threw it away",
        "the glue would not dry",
    ),
    *("we had the wrong book", "the cat walked over the poster", "everybody copied from us"),
)


def project(pen: Pen) -> None:
    """A project for school."""
    thing = pen.title(STUDIES, "the project about {}", "the project")
    a = pen.other()
    b = pen.other(a)
    x = pen.draw(FORMS)
    asked = pen.ask(
        b,
        a,
        "(so, |hey, |okay, |)what (do we make|are we making|shall we make) for {thing}?",
        brief="what do we make for {thing}?",
        thing=thing,
    )
    told = pen.say(
        a,
        "(the teacher wants|we make|it has to be|i signed us up for) {x}(, just like last year|, and it counts a lot|)",
        brief="{x}",
        solo="for {thing} (the teacher wants|we make|i am making) {x}(, and it counts a lot|)",
        thing=thing,
        x=x,
    )
    pen.fact("plan", f"the form of {thing}", x, a, asked, told)

    def tasks() -> None:
        others = pen.shuffled([who for who in range(len(pen.cast)) if who != a])[:3] or [a]
        for who in others:
            name = pen.name(who) if not pen.solo else pen.draw((*MEN, *WOMEN))
            task, about = pen.draw(TASKS), f"the task of {name} in {thing}"
            asked = pen.ask(
                a,
                who,
                "(what will you do|what would you like to do|which part do you take)( for {short}|)?",
                named=True,
            )
            told = pen.say(
                who,
                "(i will do|i take|i can do|i would like to do) {x}(, that is easy for me|, if nobody minds|, i "
                "started already|)",
                solo="{name} (does|will do|takes) {x}(, that is settled|)",
                name=name,
                x=task,
            )
            if pen.chance(0.75):
                pen.fact("plan", about, task, who, asked, told)
                continue
            new = pen.draw(TASKS)
            again = pen.say(
                who,
                "(no, wait|hm, no|actually), (i would rather do|i will take|give me) {y}(, and somebody else does "
                "{x}|)",
                solo="(no, wait|hm, no), {name} (does|will take) {y}",
                name=name,
                x=task,
                y=new,
                steady=True,
            )
            pen.fact("change of mind", about, new, who, asked, told, again, before=task)

    def pages() -> None:
        asked = pen.ask(b, a, "(and |)how (long|many pages) (must it be|should it be|do we need)?")
        x = f"{pen.draw(COUNTS)} pages"
        told = pen.say(
            a, "(we need|it has to be|not less than) {x}(, with pictures|, without the cover|, printed|)", x=x
        )
        pen.fact("number", f"the length of {thing}", x, a, asked, told)

    def teacher() -> None:
        asked = pen.ask(b, a, "(and |)who (gives the marks|is the teacher|reads it in the end)?")
        x = f"{pen.pick(('mister', 'missus'))} {pen.draw(SURNAMES)}"
        told = pen.say(
            a, "(it is|that is|we have) {x}(, so no mistakes please|, who is very strict|, the new teacher|)", x=x
        )
        pen.fact("name", f"the teacher for {thing}", x, a, asked, told)

    run(
        pen,
        (
            lambda: steps.agreed(pen, a, thing, "day") if pen.chance(0.5) else steps.announced(pen, a, thing),
            lambda: steps.place(pen, b, thing),
            lambda: steps.sarcasm(pen, b, f"the truth about the lesson before {thing}", "lesson", BAD_SCHOOL),
            lambda: steps.decided(
                pen,
                b,
                f"the cover of {thing}",
                options=COLOURS,
                question="(which colour for the cover|what colour do we take for the cover), {x} or {y}?",
                because=FORM_REASONS,
                final="the cover will be {x}",
            ),
            tasks,
            pages,
            teacher,
        ),
        (lambda: steps.moved(pen, a, thing),),
    )


EMPLOYERS = (
    *("bakery", "zoo", "hospital", "book shop", "airport", "museum", "flower shop", "radio station", "theatre", "bank"),
    *("school kitchen", "ice cream shop", "fire station", "hotel", "post office", "circus"),
)
DUTIES = (
    *(
        "washing dishes",
        "feeding the animals",
        "answering the phone",
        "carrying boxes",
        "cleaning windows",
        "selling tickets",
    ),
    *(
        "sorting letters",
        "writing reports",
        "driving the van",
        "watering the plants",
        "making coffee",
        "reading stories",
    ),
)
BAD_JOB = (
    *("i cleaned toilets all day", "nobody said hello", "the boss forgot my name", "they gave me the night shift"),
    *("my chair broke", "there was no lunch break", "i burned my hand", "the computer was older than me"),
)


def job(pen: Pen) -> None:
    """A new job."""
    thing = pen.title(EMPLOYERS, "the job at the {}", "the first day")
    a = pen.other()
    b = pen.other(a)
    x = pen.draw(DUTIES)
    asked = pen.ask(
        b,
        a,
        "(so, |hey, |tell me, |)(what will you be doing in|what do they want you to do in|what is your task in) "
        "{thing}?",
        brief="what do you do in {thing}?",
        thing=thing,
    )
    told = pen.say(
        a,
        "(it is mostly|i will be|they want me to start with) {x}(, which i like|, and nothing else|, not very "
        "exciting|)",
        brief="{x}",
        solo="(i got|guess what, i got|they gave me) {thing}. it is mostly {x}(, which i like|, and nothing else|)",
        emotion=pen.pick(("happy", "neutral", "afraid")),
        thing=thing,
        x=x,
    )
    pen.fact("plan", f"the work in {thing}", x, a, asked, told)

    def boss() -> None:
        asked = pen.ask(b, a, "(and |)(who is your boss|who will be your boss|whom do you work for)?")
        x = f"{pen.pick(('mister', 'missus'))} {pen.draw(SURNAMES)}"
        told = pen.say(a, "(my boss is|it is|i work for) {x}(, very nice|, who never smiles|, the owner|)", x=x)
        pen.fact("name", f"the boss in {thing}", x, a, asked, told)

    def hours() -> None:
        asked = pen.ask(b, a, "(and |)how many hours (is it|do you work)( a week|)?")
        x = f"{spell(int(pen.rng.integers(8, 40)))} hours"
        told = pen.say(
            a, "(it is|i work|they gave me) {x} a week(, not more|, in the beginning|, all in the mornings|)", x=x
        )
        pen.fact("number", f"the hours of {thing}", x, a, asked, told)

    def pay() -> None:
        asked = pen.ask(b, a, "(and |)(how much|what) do they pay( you|)?")
        x = f"{pen.draw(SMALL_PRICES)} {pen.pick(('dollars', 'euros', 'pounds'))}"
        told = pen.say(
            a, "(i get|they pay|it is) {x} an hour(, which is fine|, more than before|, not a fortune|)", x=x
        )
        pen.fact("number", f"the pay in {thing}", x, a, asked, told)

    def leave() -> None:
        steps.decided(
            pen,
            a,
            f"the way to get to {thing}",
            options=("the bus", "the bicycle", "the tram", "the car", "the train", "the scooter", "the boat"),
            question="(how do i get there every morning|what is the best way there), {x} or {y}?",
            because=(
                "it is faster",
                "it is cheaper",
                "you can read on the way",
                "it keeps you fit",
                "the other is always late",
            ),
            final="i take {x}",
        )

    run(
        pen,
        (
            lambda: steps.announced(pen, a, f"the first day of {thing}"),
            lambda: steps.announced(pen, a, f"the first day of {thing}", "time"),
            pay,
            lambda: steps.sarcasm(pen, a, f"the truth about the job before {thing}", "job", BAD_JOB),
            boss,
            hours,
            leave,
        ),
        (lambda: steps.moved(pen, a, f"the first day of {thing}", pen.pick(("day", "time"))),),
    )
