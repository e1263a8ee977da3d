"""Things to see to: a phone number, a delivery, a used bicycle, the doctor."""

from afnext.scenes.talks.grammar import digits, spell
from afnext.scenes.talks.lexicon import COUNTS, MEN, PRICES, STREETS, SURNAMES, TIMES, WOMEN
from afnext.scenes.talks.pen import Pen
from afnext.scenes.talks.subjects import steps
from afnext.scenes.talks.subjects.plans import run

TRADES = (
    *(
        "plumber",
        "dentist",
        "landlord",
        "piano teacher",
        "electrician",
        "gardener",
        "hairdresser",
        "painter",
        "carpenter",
    ),
    *("babysitter", "language teacher", "tax adviser", "driving school", "locksmith", "tailor", "window cleaner"),
)
BAD_WORK = (
    *("the pipe is leaking again", "the bill was twice as high", "everything is dirty now", "the door does not close"),
    *("they forgot their tools", "the wall has a hole", "nobody answered for days", "the lamp fell down"),
)


def number(pen: Pen) -> None:
    """Somebody needs a phone number."""
    thing = pen.title(TRADES, "the {}", "the visit")
    a = pen.other()
    b = pen.other(a)
    _number(pen, a, b, thing)

    def name() -> None:
        asked = pen.ask(
            b, a, "(and |)(what is the name of {thing}|who do i ask for|what is the name there)?", thing=thing
        )
        x = f"{pen.pick(('mister', 'missus'))} {pen.draw(SURNAMES)}"
        told = pen.say(
            a,
            "(ask for|the name is|that would be|you want) {x}(, very friendly|, and say hello from me|, the owner|)",
            x=x,
        )
        pen.fact("name", f"the name of {thing}", x, a, asked, told)

    def street() -> None:
        asked = pen.ask(b, a, "(and |)where is that( exactly|)?")
        x = pen.draw(STREETS)
        told = pen.say(
            a,
            "(the office is|it is|they are) in {x}(, next to a garage|, on the first floor|, there is a big sign|)",
            solo="(the office is|you find them) in {x}(, next to a garage|, on the first floor|)",
            x=x,
        )
        pen.fact("place", f"the street of {thing}", x, a, asked, told)

    def until() -> None:
        asked = pen.ask(b, a, "until (when|what time) can i call( there|)?")
        x = pen.draw(TIMES)
        told = pen.say(
            a,
            "(they answer|somebody is there|you can call) until {x}(, but not at lunch|, after that nobody is there|)",
            x=x,
        )
        pen.fact("time", f"the time until which {thing} answers the phone", x, a, asked, told)

    visit = f"the visit of {thing}"
    run(
        pen,
        (
            name,
            street,
            until,
            lambda: steps.agreed(pen, b, visit),
            lambda: steps.announced(pen, a, visit, "time"),
            lambda: steps.price(pen, a, f"the price of an hour with {thing}", what="an hour of work"),
            lambda: steps.sarcasm(pen, pen.other(a), f"the truth about the work before {visit}", "job", BAD_WORK),
        ),
        (lambda: steps.moved(pen, b, visit),),
    )


def _number(pen: Pen, a: int, b: int, thing: str) -> None:
    """The number is given, said again, and perhaps corrected."""
    about, value = f"the phone number of {thing}", digits(pen.rng, int(pen.rng.integers(5, 9)))
    asked = pen.ask(
        b,
        a,
        "(do you have|can you give me|could i have|can i have) the (phone |)number of {thing}(, please|)?",
        brief="the number of {thing}?",
        thing=thing,
    )
    said = pen.say(
        a,
        "(sure, |yes, |of course, |wait, here it is, |okay, )(it is|the number is|write this down,|here you are,) {x}",
        brief="{x}",
        solo="(the number of {thing} is|here is the number of {thing},|call {thing}, the number is) {x}",
        thing=thing,
        x=_grouped(pen, value),
        steady=True,
    )
    if pen.solo or pen.brief:
        pen.fact("number", about, value, a, asked, said)
        return
    if pen.chance(0.6):
        again = pen.say(
            b, "(okay, |so |let me repeat, |){x}(, right|, thank you|)?", x=_grouped(pen, value), steady=True
        )
        pen.say(a, "(exactly|right|yes|yes, that is it)", steady=True)
        pen.fact("number", about, value, a, asked, said, again)
        return
    words = value.split()
    place = int(pen.rng.integers(len(words)))
    near = words[max(place - 1, 0) : place + 2]
    while words[place] in near:
        words[place] = digits(pen.rng, 1)
    mended = " ".join(words)
    heard = pen.say(b, "{x}(, right|, is that it|)?", x=_grouped(pen, value), steady=True)
    last = pen.say(
        a,
        "(no, sorry|wait, no|oh, my mistake), (it is|that was the old number, now it is|i read it wrong, it is) {x}",
        x=_grouped(pen, mended),
        steady=True,
    )
    pen.fact("number", about, mended, a, asked, said, heard, last, before=value)


def _grouped(pen: Pen, value: str) -> str:
    """Digits in groups of two or three, as people say them."""
    words, groups = value.split(), list[str]()
    while words:
        size = 3 if len(words) in (3, 6) or (len(words) > 4 and pen.chance(0.5)) else 2
        groups.append(" ".join(words[:size]))
        words = words[size:]
    return ", ".join(groups)


PARCELS = (
    *("sofa", "washing machine", "new bed", "bookshelf", "piano", "fridge", "big mirror", "desk", "carpet", "aquarium"),
    *("garden table", "oven", "wardrobe", "television", "dishwasher", "rocking chair", "lamp"),
)
WAYS_IN = (
    *(
        "the back door",
        "the garage",
        "the cellar",
        "the balcony",
        "the garden gate",
        "the big window",
        "the side entrance",
    ),
)
DAMAGE = (
    *(
        "a leg was broken",
        "it had a scratch on the front",
        "they left it in the rain",
        "most of the screws were missing",
    ),
    *("the box was empty", "it was the wrong size", "the driver shouted at us", "nobody rang the bell"),
)
WAY_REASONS = (
    "the stairs are too narrow",
    "that door is wider",
    "the lift is out of order",
    "there is no step",
    "it is closer",
)


def delivery(pen: Pen) -> None:
    """Something large will be delivered."""
    thing = pen.title(PARCELS, "the delivery of the {}", "the delivery")
    item = thing.removeprefix("the delivery of ")
    a = pen.other()
    b = pen.other(a)
    shop = f"{pen.draw(SURNAMES)} and {pen.pick(('sons', 'brothers', 'daughters', 'partners'))}"
    asked = pen.ask(
        b,
        a,
        "(so, |hey, |tell me, |)who (delivers|brings|will bring) {item}( to us|)?",
        brief="who brings {item}?",
        item=item,
    )
    told = pen.say(
        a,
        "(it is|they are called|the company is|somebody from) {x}(, the people with the big vans|, again|, as always|)",
        brief="{x}",
        solo="(listen, |)(the company that brings {item} is|{item} is brought by|{item} comes from) {x}",
        item=item,
        x=shop,
    )
    pen.fact("name", f"the company for {thing}", shop, a, asked, told)

    def order() -> None:
        asked = pen.ask(b, a, "(and |)what is the order number(, in case they ask|)?")
        x = digits(pen.rng, int(pen.rng.integers(3, 6)))
        told = pen.say(
            a,
            "(the order number is|it is|here it says|wait, i have it, it is) {x}(, please write it down|, on the "
            "first page|)",
            solo="the order number is {x}(, please write it down|, it is on the first page|)",
            x=x,
        )
        pen.fact("number", f"the order number of {thing}", x, a, asked, told)
        if pen.chance(0.4):
            steps.repeated(pen, b, a, x)

    def home() -> None:
        c = pen.other(a)
        asked = pen.ask(c, a, "(but |and |)who (will be|is) at home( then| to open the door|)?")
        x = pen.draw((*MEN, *WOMEN))
        told = pen.say(
            a,
            "(i asked {x} to be there|{x} will be there|{x} promised to wait|that is {x})(, with a key|, all day|)",
            solo="(i asked {x} to be there|{x} will be at home|{x} promised to wait)(, with a key|, all day|)",
            x=x,
        )
        pen.fact("name", f"the person who is at home for {thing}", x, a, asked, told)

    def address() -> None:
        street, house = pen.draw(STREETS), spell(int(pen.rng.integers(2, 99)))
        asked = pen.ask(b, a, "(and |)(which address did you give them|where do they bring it|where does it go)?")
        told = pen.say(
            a,
            "(to|i told them) {street}, number {house}(, around the corner|, not to our old house|)",
            solo="they bring it to {street}, number {house}(, around the corner|)",
            street=street,
            house=house,
        )
        pen.fact("place", f"the street of {thing}", street, a, asked, told)
        pen.fact("number", f"the house number of {thing}", house, a, asked, told)

    run(
        pen,
        (
            lambda: steps.announced(pen, a, thing) if pen.chance(0.5) else steps.agreed(pen, a, thing),
            lambda: steps.announced(pen, a, thing, "time"),
            lambda: steps.price(pen, a, f"the price of {thing}", what="the delivery"),
            lambda: steps.sarcasm(pen, pen.other(), f"the truth about the service before {thing}", "service", DAMAGE),
            lambda: steps.decided(
                pen,
                b,
                f"the way into the house for {thing}",
                options=WAYS_IN,
                question="(how do we get it in|where do they carry it in), through {x} or through {y}?",
                because=WAY_REASONS,
                final="(they come|it goes) through {x}",
            ),
            order,
            home,
            address,
        ),
        (lambda: steps.moved(pen, a, thing, pen.pick(("day", "time"))),),
    )


OFFERS = (
    *("mountain bike", "racing bike", "city bike", "folding bike", "cargo bike", "electric bike", "old motorbike"),
    *("scooter", "touring bike", "tandem", "bike for children", "bike from the army"),
)
SELLERS = ("neighbour", "teacher", "postman", "nurse", "student", "baker", "policeman", "gardener", "mechanic", "cook")
PARTS = (
    *(
        "the brakes",
        "the saddle",
        "the chain",
        "the front light",
        "the pedals",
        "the bell",
        "the back wheel",
        "the lock",
    ),
    *("the handlebars", "the tyres"),
)
BAD_RIDE = (
    *(
        "the chain fell off on the first hill",
        "the brakes did not work",
        "the saddle came loose",
        "i had to push it home",
    ),
    *("the light went out in the tunnel", "a pedal broke", "it makes a terrible noise", "there was rust everywhere"),
)


def bike(pen: Pen) -> None:
    """Buying something used to ride on."""
    thing = pen.title(OFFERS, "the {}", "the test ride")
    a = pen.other()
    b = pen.other(a)
    _bargain(pen, a, b, thing)

    def owner() -> None:
        asked = pen.ask(b, a, "(and |)(who had it before|whose was it before|who rode it before you)?")
        x = f"a {pen.draw(SELLERS)}"
        told = pen.say(
            a,
            "(it belonged to|it was the bike of|i bought it from) {x}(, who took good care of it|, who hardly used "
            "it|)",
            x=x,
        )
        pen.fact("name", f"the owner of {thing} before", x, a, asked, told)

    def age() -> None:
        asked = pen.ask(b, a, "(and |)how old is (it|the bike)( really|)?")
        x = f"{pen.draw(COUNTS)} years"
        told = pen.say(
            a,
            "it is {x} old(, but you do not see it|, and it never broke down|, i still have the receipt|)",
            x=x,
        )
        pen.fact("number", f"the age of {thing}", x, a, asked, told)

    def mended() -> None:
        asked = pen.ask(b, a, "(is there anything to repair|is anything broken|what has to be repaired)?")
        x = pen.draw(PARTS)
        told = pen.say(
            a,
            "(i will repair|i still have to change|i am going to repair) {x}( before you come|)(, the rest is fine|)",
            x=x,
        )
        pen.fact("plan", f"the part of {thing} to be repaired", x, a, asked, told)

    run(
        pen,
        (
            lambda: steps.agreed(pen, b, f"the test ride on {thing}"),
            lambda: steps.place(pen, a, f"the test ride on {thing}"),
            lambda: steps.sarcasm(pen, b, f"the truth about the bike before {thing}", "bike", BAD_RIDE),
            owner,
            age,
            mended,
        ),
        (lambda: steps.moved(pen, b, f"the test ride on {thing}"),),
    )


def _bargain(pen: Pen, a: int, b: int, thing: str) -> None:
    """The price, and what is made of it."""
    about, unit = f"the price of {thing}", pen.pick(("dollars", "euros", "pounds"))
    place = int(pen.rng.integers(8, len(PRICES)))
    first, last = (f"{PRICES[at]} {unit}" for at in (place, place - int(pen.rng.integers(1, 5))))
    asked = pen.ask(
        b,
        a,
        "(i am calling about|i read about|i would like to see) {thing}. (how much is it|what does it cost|what do "
        "you want "
        "for it)?",
        brief="how much is {thing}?",
        thing=thing,
    )
    one = pen.say(
        a,
        "(it is|i want|i would like|i thought of) {x}(, that is a fair price|, with the lock|, and it is worth it|)",
        brief="{x}",
        solo="(i am selling|i want to sell) {thing}, (it costs|the price is|i want) {x}(, with the lock|)",
        thing=thing,
        x=first,
    )
    if pen.brief or pen.chance(0.3):
        pen.fact("number", about, first, a, asked, one)
        return
    two = pen.say(
        b,
        "(hm, |oh, |well, )(that is too much for me|that is a lot|i can not pay so much). (would you take|what "
        "about|i can "
        "give you) {x}(?|, today?|, in cash?)",
        solo="(somebody found that too much|my brother says nobody pays that|that was yesterday)",
        x=last,
        steady=True,
    )
    three = pen.say(
        a,
        "(all right|okay|fine|deal), {x}(, but only for you|, because it is you|, if you come soon|, and it is yours|)",
        solo="so (now |)(it costs|i want|the price is) {x}",
        x=last,
    )
    pen.fact("change of mind", about, last, a, asked, one, two, three, before=first)


PAINS = (
    *("my back", "my knee", "my left ear", "my right shoulder", "my stomach", "my neck", "my foot", "my elbow"),
    *("my left hand", "my throat", "my right eye"),
)
REMEDIES = (
    *(
        "hot tea",
        "cold water",
        "warm socks",
        "long walks",
        "a week in bed",
        "garlic soup",
        "a hot bath",
        "ginger and honey",
    ),
    *("fresh air", "no coffee", "a heating pad"),
)
WARDS = (
    *("the blue door", "the last door on the left", "the first floor", "the new building", "the door behind the lift"),
    *("the cellar", "the house across the yard", "the door with the star"),
)
BAD_CARE = (
    *("i waited all morning", "nobody knew my name", "they gave me the wrong pills", "the chair fell apart"),
    *("they lost my papers", "it hurt for days", "the nurse laughed at me", "the light went out"),
)


def doctor(pen: Pen) -> None:
    """An appointment with a doctor."""
    thing = pen.title(SURNAMES, "the appointment with doctor {}", "the appointment")
    a = pen.other()
    b = pen.other(a)
    x = pen.draw(PAINS)
    asked = pen.ask(
        b,
        a,
        "(so |)what is {thing} (about|for)( again|, if i may ask|)?",
        brief="what is {thing} for?",
        thing=thing,
    )
    told = pen.say(
        a,
        "(it is about|it is because of|they want to look at) {x}(, it hurts at night|, it is not better at all|, "
        "unfortunately|)",
        brief="{x}",
        solo="(listen, |hello, |)(i am calling about {thing}. |)(it is|{thing} is) (about|because of) {x}",
        emotion=pen.pick(("sad", "neutral", "afraid")),
        thing=thing,
        x=x,
    )
    pen.fact("plan", f"the reason for {thing}", x, a, asked, told)

    def room() -> None:
        asked = pen.ask(b, a, "(and |)where (exactly |)(do you have to go|is it)( in the hospital|)?")
        x = pen.draw(WARDS)
        told = pen.say(
            a, "(it is|they said|i have to go to) {x}(, next to the stairs|, as always|, they told me|)", x=x
        )
        pen.fact("place", f"the way in to {thing}", x, a, asked, told)

    def driver() -> None:
        c = pen.other(a)
        asked = pen.ask(c, a, "(and |)who (drives|takes) you (there|to the doctor)?")
        x = pen.draw((*MEN, *WOMEN))
        told = pen.say(
            a, "{x} (drives me|takes me there|will take me)(, (in the old car|as always|that is settled)|)", x=x
        )
        pen.fact("name", f"the driver to {thing}", x, a, asked, told)

    def pills() -> None:
        unit = pen.pick(("pills", "drops"))
        asked = pen.ask(b, a, f"how many {unit} do you take( every day|)?")
        x = f"{pen.draw(COUNTS)} {unit}"
        told = pen.say(a, "(i take|they gave me|it is) {x} (a day|every day|every night)(, and they taste awful|)", x=x)
        pen.fact("number", f"the medicine before {thing}", x, a, asked, told)

    def advice() -> None:
        steps.decided(
            pen,
            a,
            f"the remedy until {thing}",
            options=REMEDIES,
            question="(what helps until then|what should i try first), {x} or {y}?",
            because=(
                "it helped my aunt",
                "it can not do harm",
                "everybody says so",
                "the other thing costs too much",
                "i tried it",
            ),
            final="i will try {x}",
        )

    run(
        pen,
        (
            lambda: steps.agreed(pen, a, thing) if pen.chance(0.5) else steps.announced(pen, a, thing),
            lambda: steps.announced(pen, a, thing, "time"),
            lambda: steps.sarcasm(pen, a, f"the truth about the hospital before {thing}", "hospital", BAD_CARE),
            room,
            driver,
            pills,
            advice,
        ),
        (lambda: steps.moved(pen, a, thing, pen.pick(("day", "time"))),),
    )
