"""Plans with others: a trip, a meeting, a surprise party, a concert."""

from collections.abc import Callable, Sequence

from afnext.scenes.scene import Manner
from afnext.scenes.talks.grammar import spell
from afnext.scenes.talks.lexicon import CITIES, COUNTS, MEN, SMALL_PRICES, SPOTS, SURNAMES, WOMEN
from afnext.scenes.talks.pen import Pen
from afnext.scenes.talks.subjects import steps

Step = Callable[[], None]

GROUPS = (
    *(
        "choir",
        "tennis club",
        "chess club",
        "cousins",
        "hiking club",
        "old school class",
        "swimming team",
        "neighbours",
    ),
    *("theatre group", "book club", "cycling club", "orchestra", "dance class", "photo club", "students", "colleagues"),
)
VEHICLES = ("the train", "the bus", "the plane", "the ferry", "the car", "the night train", "the minibus")
BEDS = (
    *("a small hotel", "a hostel", "a camp site", "a farm house", "an old castle", "a house boat", "a mountain hut"),
    *("a flat by the sea", "a youth hotel", "a guest house"),
)
TRIP_THINGS = (
    *("the tent", "the camera", "the maps", "the first aid kit", "the card games", "the guitar", "the big umbrella"),
    *("the speakers", "the coffee maker", "the sun cream", "the frying pan", "the blankets", "the radio"),
)
TRAVEL_REASONS = (
    *(
        "it is much cheaper",
        "it is faster",
        "we can sleep on the way",
        "it is better for the climate",
        "i get sick easily",
    ),
    *("there is more room for the bags", "it is more fun", "the view is so nice"),
)
HOTEL_TROUBLE = (
    *("the room smelled of smoke", "the shower was cold", "the bed was broken", "there were ants in the kitchen"),
    *("the window did not close", "the music played all night", "the towels were dirty", "the breakfast was stale"),
    *("the walls were thin as paper", "somebody lost our bags"),
)


def run(pen: Pen, some: Sequence[Step], last: Sequence[Step] = ()) -> None:
    """All of ``some`` in a random order, then ``last``; each is a beat."""
    pen.beat()
    for step in (*pen.shuffled(some), *last):
        step()
        pen.beat()


def trip(pen: Pen) -> None:
    """Planning a trip."""
    thing = pen.title(GROUPS, "the trip with the {}", "the trip")
    a = pen.other()
    b = pen.other(a)
    city = pen.draw(CITIES)
    asked = pen.ask(
        b,
        a,
        "(tell me, |so, |)(where does {thing} go|where are you going on {thing})( this year| this time|)?",
        brief="where does {thing} go?",
        thing=thing,
    )
    told = pen.say(
        a,
        "(we are going|it goes|we want to go|this time we go) to {city}(, i have never been there|, everybody voted "
        "for "
        "it|, i am looking forward to it|, it is my favourite place|)",
        brief="to {city}",
        solo="{thing} (goes|will go) to {city}(, everybody voted for it|, i have never been there|)",
        emotion=pen.pick(("happy", "neutral")),
        thing=thing,
        city=city,
    )
    pen.fact("place", f"the destination of {thing}", city, a, asked, told)

    def bed() -> None:
        asked = pen.ask(b, a, "(and |)where (will we|do we|are we going to) (sleep|stay)( this time|)?")
        x = pen.draw(BEDS)
        told = pen.say(
            a,
            "(we booked|i found|there is|we have) {x}(, it looks nice|, it is not expensive|, right in the middle of "
            "everything|, and there is room for all|)",
            solo="we (will stay|sleep) in {x}(, it looks nice|, it is not expensive|)",
            x=x,
        )
        pen.fact("place", f"the place to sleep on {thing}", x, a, asked, told)

    def nights() -> None:
        asked = pen.ask(b, a, "(and |)(how long|how many nights) (will we be|are we|do we stay) (away|there)?")
        x = f"{pen.draw(COUNTS)} nights"
        told = pen.say(a, "(we stay|we booked|it is) {x}(, that is enough|, as usual|, more is too expensive|)", x=x)
        pen.fact("number", f"the length of {thing}", x, a, asked, told)

    def ride() -> None:
        steps.decided(
            pen,
            a,
            f"the way to travel on {thing}",
            options=VEHICLES,
            question="(how do we get there|how shall we travel), (with|by taking) {x} or (with|by taking) {y}?",
            because=TRAVEL_REASONS,
            final="we (will |)take {x}",
        )

    run(
        pen,
        (
            lambda: steps.agreed(pen, a, thing) if pen.chance(0.6) else steps.announced(pen, a, thing),
            lambda: steps.place(pen, pen.other(a), thing),
            lambda: steps.price(pen, a, f"the price of {thing}", what="the trip"),
            lambda: steps.shared_out(pen, a, thing, TRIP_THINGS),
            lambda: steps.sarcasm(
                pen, pen.other(), f"the truth about the hotel before {thing}", "hotel", HOTEL_TROUBLE
            ),
            bed,
            nights,
            ride,
        ),
        (lambda: steps.moved(pen, a, thing),),
    )


SUBJECTS = (
    *("the budget", "the new website", "the summer concert", "the parking rules", "the kitchen", "the heating bill"),
    *("the open day", "the holiday calendar", "the school garden", "the annual report", "the bicycle room"),
    *("the new printer", "the office move", "the safety rules", "the christmas market", "the bus line"),
)
PAPERS = (
    *("the old contract", "the list of members", "the floor plan", "the price list", "the photos", "the report"),
    *("the calendar", "the letter from the city", "the drawings", "the keys of the hall", "the laptop", "the receipts"),
)
ROOMS = (
    *(
        "the small office",
        "the cellar",
        "the big hall",
        "the canteen",
        "the attic",
        "the reading room",
        "the garden house",
    ),
    *("the blue room", "the meeting room upstairs", "the gym", "the music room"),
)
MEETING_TROUBLE = (
    *("nobody had read the papers", "the boss fell asleep", "it took the whole afternoon", "everybody shouted"),
    *("we decided nothing at all", "the coffee was cold", "the projector broke", "most of the people left early"),
)


def meeting(pen: Pen) -> None:
    """Choosing a day for a meeting."""
    thing = pen.title(SUBJECTS, "the meeting about {}", "the meeting")
    a = pen.other()
    b = pen.other(a)
    who = pen.draw(SURNAMES)
    title = pen.pick(("mister", "missus", "doctor"))
    asked = pen.ask(
        b,
        a,
        "(so, |tell me, |)who (leads|runs|is in charge of) {thing}( this time|)?",
        brief="who leads {thing}?",
        thing=thing,
    )
    told = pen.say(
        a,
        "(that is|it is|they asked|i asked|it will be) {x}( from the first floor| again| from the other office|)",
        brief="{x}",
        solo="(listen, |)(it is {x} who leads {thing}|{thing} is in the hands of {x})( again| this time|)",
        x=f"{title} {who}",
        thing=thing,
    )
    pen.fact("name", f"the person who leads {thing}", f"{title} {who}", a, asked, told)

    def length() -> None:
        asked = pen.ask(b, a, "(and |)how long will (it|{short}) (take|be)?")
        x = f"{pen.pick(('forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'))} minutes"
        told = pen.say(
            a,
            "(not more than|about|exactly|i asked for) {x}(, i hope|, that must be enough|, with a break|)",
            solo="it will (take|be) (about|exactly|not more than) {x}",
            x=x,
        )
        pen.fact("number", f"the length of {thing}", x, a, asked, told)

    def guests() -> None:
        asked = pen.ask(b, a, "how many people (will come|are coming|did you invite)( to {short}|)?")
        x = f"{pen.draw(COUNTS)} people"
        told = pen.say(
            a, "(there are|we will be|i invited|we expect) {x}(, all from our house|, without the guests|)", x=x
        )
        pen.fact("number", f"the number of people at {thing}", x, a, asked, told)

    run(
        pen,
        (
            lambda: steps.agreed(pen, a, thing),
            lambda: steps.announced(pen, a, thing, "time") if pen.chance(0.5) else steps.agreed(pen, b, thing, "time"),
            lambda: steps.place(pen, pen.other(a), thing, ROOMS, at="in"),
            lambda: steps.shared_out(pen, a, thing, PAPERS),
            lambda: steps.sarcasm(
                pen, pen.other(a), f"the truth about the meeting before {thing}", "meeting", MEETING_TROUBLE
            ),
            length,
            guests,
        ),
        (lambda: steps.moved(pen, a, thing, pen.pick(("day", "time"))),),
    )


GIFTS = (
    *(
        "a watch",
        "a telescope",
        "a bicycle helmet",
        "a cook book",
        "a guitar",
        "a tea pot",
        "a painting",
        "a warm coat",
    ),
    *("a chess set", "a sewing machine", "a camera", "a pair of boots", "a garden chair", "a balloon ride", "a puzzle"),
)
DISHES = (
    *(
        "the potato salad",
        "the chocolate cake",
        "the lemonade",
        "the fruit salad",
        "the cheese plate",
        "the sandwiches",
    ),
    *("the tomato soup", "the apple pie", "the olives", "the ice cream", "the bread", "the balloons", "the candles"),
    *("the music", "the paper plates"),
)
GIFT_REASONS = (
    *("it is useful", "the old things are broken", "it is more fun", "i saw it in a shop today", "we can afford it"),
    *("nobody else will think of it", "it lasts longer"),
)
EXCUSES = (
    *("we go to the cinema", "we need help with the car", "we want to show the new garden", "there is a concert"),
    *("we have lost the dog", "we are looking at a flat", "we go for a walk by the lake"),
)


def party(pen: Pen) -> None:
    """A surprise party, which is best not talked about aloud."""
    name = pen.title((*MEN, *WOMEN), "the surprise party for {}", "the party")
    guest = name.rpartition(" ")[2]
    a = pen.other()
    b = pen.other(a)
    x = pen.draw(GIFTS)
    secret: Manner = pen.pick(("whispered", "plain"))
    asked = pen.ask(
        b,
        a,
        "(so, |quickly, |tell me, |)what (do|will|shall) we give {guest} at the (surprise |)party?",
        brief="what do we give {guest}?",
        guest=guest,
    )
    told = pen.say(
        a,
        "(i bought|we got|i ordered|we have) {x}(, but do not tell anybody|, it is hidden in my car|, and now be quiet "
        "about it|, everybody paid a little|)",
        brief="{x}",
        solo="there is a surprise party for {guest}, (and |)we got {x}(, it is hidden in my car|, do not tell "
        "anybody|)",
        manner=secret,
        x=x,
        guest=guest,
    )
    pen.fact("plan", f"the present at {name}", x, a, asked, told)

    def excuse() -> None:
        asked = pen.ask(b, a, "(but |and |)what do we tell {guest}( until then| on that day|)?", guest=guest)
        x = pen.draw(EXCUSES)
        told = pen.say(
            a,
            "(we say|i will say|we just say) that {x}(, that is believable|, and not a word more|)",
            solo="(remember, |)we tell {guest} that {x}",
            manner=secret,
            x=x,
            guest=guest,
        )
        pen.fact("plan", f"the excuse before {name}", x, a, asked, told)

    def age() -> None:
        asked = pen.ask(b, a, "how old (will {guest} be|is {guest} now)?", guest=guest)
        x = spell(int(pen.rng.integers(21, 90)))
        told = pen.say(
            a,
            "{guest} (is going to be|will be|turns) {x}(, can you believe it|, believe it or not|)",
            x=x,
            guest=guest,
        )
        pen.fact("number", f"the age that {guest} reaches at {name}", x, a, asked, told)

    def gift() -> None:
        steps.decided(
            pen,
            b,
            f"the second present at {name}",
            options=GIFTS,
            question="(there is money left for a second present|we could buy a second present). {x} or {y}?",
            because=GIFT_REASONS,
            final="(the second present is|we also buy) {x}",
        )

    run(
        pen,
        (
            lambda: steps.agreed(pen, a, name),
            lambda: steps.announced(pen, a, name, "time"),
            lambda: steps.place(pen, pen.other(a), name),
            lambda: steps.shared_out(pen, a, name, DISHES),
            excuse,
            age,
            gift,
        ),
        (lambda: steps.moved(pen, a, name, pen.pick(("day", "time"))),),
    )


BANDS = (
    *(
        "the silver foxes",
        "the night owls",
        "the broken strings",
        "the rolling hills",
        "the paper moons",
        "the wild geese",
    ),
    *(
        "the iron ladies",
        "the lost boys",
        "the velvet dogs",
        "the morning birds",
        "the happy farmers",
        "the cold rivers",
    ),
    *("the golden apples", "the empty pockets", "the last trains"),
)
CONCERT_TROUBLE = (
    *(
        "the singer was sick",
        "we could not see anything",
        "the sound was terrible",
        "somebody spilled juice on my coat",
    ),
    *("it rained through the roof", "they only played their new songs"),
    *("the doors opened too late", "the drummer was asleep", "the seats were wet"),
)
SEAT_REASONS = (
    *(
        "we can hear better there",
        "it is cheaper",
        "i can not stand so long",
        "my back hurts",
        "we see more from there",
    ),
    *("it is closer to the door", "it is quieter"),
)
SEATS = ("the balcony", "the front row", "the standing area", "the back row", "the side seats", "the box")


def concert(pen: Pen) -> None:
    """Tickets for a concert."""
    thing = pen.title(BANDS, "the concert of {}", "the concert")
    a = pen.other()
    b = pen.other(a)
    x = pen.draw(SPOTS[1:])
    asked = pen.ask(
        b,
        a,
        "(hey, |tell me, |so, |)where is {thing}( going to be|)?",
        brief="where is {thing}?",
        thing=thing,
    )
    told = pen.say(
        a,
        "(it is|they play|they are playing) at {x}(, outside|, like last summer|, and it is almost sold out|)",
        brief="at {x}",
        solo="(listen, |guess what, |){thing} is at {x}(, and it is almost sold out|, like last summer|)",
        emotion=pen.pick(("happy", "neutral")),
        x=x,
        thing=thing,
    )
    pen.fact("place", f"the place of {thing}", x, a, asked, told)

    def row() -> None:
        asked = pen.ask(b, a, "(and |)which row (do we have|are we in|is on the tickets)?")
        x = f"row {spell(int(pen.rng.integers(2, 40)))}"
        told = pen.say(
            a,
            "(we are in|it says|the tickets say|we got) {x}(, not bad|, so bring your glasses|, next to the door|)",
            x=x,
        )
        pen.fact("number", f"the row at {thing}", x, a, asked, told)

    def holder() -> None:
        c = pen.other(a)
        asked = pen.ask(b, a, "(and |)who (has|keeps) the tickets( now|)?") if c != a else None
        name = pen.draw((*MEN, *WOMEN))
        told = pen.say(
            a,
            "(i gave them to|i left them with|you get them from) {x}(, so nobody loses them|, just ask|)",
            solo="(the tickets are with|i left the tickets with|you get the tickets from) {x}(, so nobody loses them|)",
            x=name,
        )
        pen.fact("name", f"the person who has the tickets for {thing}", name, a, asked, told)

    run(
        pen,
        (
            lambda: steps.announced(pen, a, thing) if pen.chance(0.7) else steps.agreed(pen, a, thing),
            lambda: steps.announced(pen, a, thing, "time"),
            lambda: steps.price(pen, a, f"the price of a ticket for {thing}", prices=SMALL_PRICES, what="a ticket"),
            lambda: steps.place(pen, b, thing, SPOTS),
            lambda: steps.sarcasm(
                pen, pen.other(a), f"the truth about the concert before {thing}", "concert", CONCERT_TROUBLE
            ),
            lambda: steps.decided(
                pen,
                b,
                f"the part of the hall for {thing}",
                options=SEATS,
                question="(where do we sit|which part shall we book), {x} or {y}?",
                because=SEAT_REASONS,
                final="we (take|book) {x}",
            ),
            row,
            holder,
        ),
        (lambda: steps.moved(pen, a, thing, pen.pick(("day", "time"))),),
    )
