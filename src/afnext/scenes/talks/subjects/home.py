"""At home and at table: a meal in a restaurant, a recipe, something lost, a flat to let."""

from afnext.scenes.talks.grammar import spell
from afnext.scenes.talks.lexicon import COUNTS, MEN, MINUTES, SMALL_PRICES, SPOTS, STREETS, SURNAMES, TIMES, WOMEN
from afnext.scenes.talks.pen import Pen
from afnext.scenes.talks.subjects import steps
from afnext.scenes.talks.subjects.plans import run

KITCHENS = (
    *("italian", "greek", "indian", "spanish", "japanese", "french", "turkish", "mexican", "russian", "korean", "thai"),
    *("portuguese", "vegetarian", "lebanese", "hungarian"),
)
MEALS = (
    *(
        "the tomato soup",
        "the grilled fish",
        "the lamb",
        "the noodles",
        "the mushroom pie",
        "the bean stew",
        "the omelette",
    ),
    *(
        "the chicken",
        "the rice with peas",
        "the spinach",
        "the onion soup",
        "the pancakes",
        "the salmon",
        "the dumplings",
    ),
    *("the cheese plate", "the pumpkin curry", "the lentils", "the roast beef"),
)
DRINKS = (
    *(
        "a glass of water",
        "an apple juice",
        "a black tea",
        "a coffee",
        "a lemonade",
        "a beer",
        "a glass of wine",
        "a hot milk",
    ),
    *("a mint tea", "an orange juice", "a cup of cocoa"),
)
BAD_MEAL = (
    *(
        "the soup was cold",
        "the waiter was rude",
        "there was a hair in the rice",
        "the fish smelled",
        "the bread was hard",
    ),
    *("we waited for ages", "the bill was wrong", "the table was sticky", "the music was much too loud"),
)


def food(pen: Pen) -> None:
    """Ordering food."""
    thing = pen.title(KITCHENS, "the {} restaurant", "the table")
    waiter = pen.other()
    guests = [who for who in pen.shuffled(range(len(pen.cast))) if who != waiter] or [0, 0]
    people = [(who, pen.draw((*MEN, *WOMEN)) if pen.solo else pen.name(who)) for who in guests]
    for place, (who, name) in enumerate(people):
        dish, about = pen.draw(MEALS), f"the dish that {name} orders at {thing}"
        asked = pen.ask(
            waiter,
            who,
            "(welcome to|this is) {thing}. (what would you like|what can i bring you|are you ready to order|have "
            "you decided)?"
            if place == 0
            else "(and you|and for you|and what would you like|what about you)?",
            brief="what would you like from {thing}?",
            named=True,
            thing=thing,
        )
        told = pen.say(
            who,
            "(i would like|i will have|i will take|for me|please bring me) {x}(, please|, without salt|, and bread "
            "with it|)",
            brief="{x}, please",
            solo="{name} (would like|will have|takes) {x} {there}",
            name=name,
            there=f"from {thing}" if place == 0 else "",
            x=dish,
        )
        if pen.brief or pen.chance(0.65):
            pen.fact("decision", about, dish, who, asked, told)
        else:
            new = pen.draw(MEALS)
            why = pen.say(
                waiter,
                "(i am sorry|oh|sorry), {x} (is finished|is sold out|is not on the card today)",
                solo="(oh no|wait), {x} (is finished|is sold out|is not on the card today)",
                x=dish,
                steady=True,
            )
            again = pen.say(
                who,
                "(then |all right, |oh, then )(i will take|i would like|give me|please bring me) {x}( instead|)",
                solo="(then |so ){name} (takes|will have) {x}( instead|)",
                name=name,
                x=new,
                steady=True,
            )
            pen.fact("change of mind", about, new, who, asked, told, why, again, before=dish)
        pen.beat()

    def drink(who: int, name: str) -> None:
        asked = pen.ask(
            waiter, who, "(what would you like to drink|would you like something to drink|and to drink)?", named=True
        )
        x = pen.draw(DRINKS)
        told = pen.say(
            who,
            "({x}, please|i would like {x}|just {x}|i will have {x})(, with ice|, and quickly please|)",
            solo="{name} (drinks|would like) {x}",
            name=name,
            x=x,
        )
        pen.fact("decision", f"the drink that {name} orders at {thing}", x, who, asked, told)

    def bill() -> None:
        about = f"the bill at {thing}"
        steps.price(
            pen, waiter, about, unit=pen.pick(("dollars", "euros", "pounds")), prices=SMALL_PRICES, what="all of it"
        )

    def payer() -> None:
        who, _ = pen.pick(people)
        x = pen.draw((*MEN, *WOMEN))
        asked = pen.ask(waiter, who, "(and |)who (pays|is paying|gets the bill)( tonight| today|)?")
        told = pen.say(
            who,
            "(it is on {x}|{x} will pay|please send the bill to {x}|{x} has invited us)( today|)",
            x=x,
        )
        pen.fact("name", f"the person who pays at {thing}", x, who, asked, told)

    def wait() -> None:
        who, _ = pen.pick(people)
        asked = pen.ask(who, waiter, "how long (will it take|do we have to wait)?")
        x = f"{pen.draw(MINUTES)} minutes"
        told = pen.say(
            waiter, "(about|it takes|not more than|it will be) {x}(, the kitchen is busy|, i am afraid|)", x=x
        )
        pen.fact("time", f"the wait for the food at {thing}", x, waiter, asked, told)

    run(
        pen,
        (
            *(lambda who=who, name=name: drink(who, name) for who, name in people[:2]),
            lambda: steps.sarcasm(
                pen, people[-1][0], f"the truth about the last evening at {thing}", "evening", BAD_MEAL
            ),
            bill,
            payer,
            wait,
        ),
    )


CAKES = (
    *(
        "carrot cake",
        "pumpkin soup",
        "potato pancakes",
        "lemon cake",
        "apple pie",
        "cheese cake",
        "fish stew",
        "nut bread",
    ),
    *("plum cake", "bean soup", "rice pudding", "walnut biscuits", "cherry cake", "vegetable lasagna", "onion pie"),
)
GOODS = (
    *("eggs", "carrots", "lemons", "onions", "apples", "potatoes", "tomatoes", "spoons of sugar", "spoons of butter"),
    *("cups of flour", "cups of milk", "spoons of honey", "cloves of garlic", "spoons of oil", "pears", "walnuts"),
)
SPICES = (
    *(
        "cinnamon",
        "ginger",
        "black pepper",
        "nutmeg",
        "vanilla",
        "parsley",
        "rosemary",
        "mustard",
        "lemon peel",
        "mint",
    ),
    *("cardamom", "bay leaves"),
)
SPICE_REASONS = (
    *("it smells wonderful", "my grandmother did it like that", "the children like it", "we have enough of it at home"),
    *("the other spoils the taste", "it is good for you"),
)
BAD_CAKE = (
    *("it was black as coal", "the middle was still raw", "i took salt for sugar", "the dog would not eat it"),
    *("it stuck to the pan", "the kitchen was full of smoke", "everybody was ill after it", "it was hard as a stone"),
)


def recipe(pen: Pen) -> None:
    """How to cook or bake something."""
    thing = pen.title(CAKES, "the {}", "it")
    a = pen.other()
    b = pen.other(a)
    _amount(pen, a, b, thing, first=True)

    def oven() -> None:
        asked = pen.ask(b, a, "(and |)(how hot should the oven be|what about the oven|how hot do i make the oven)?")
        x = f"{spell(10 * int(pen.rng.integers(14, 24)))} degrees"
        told = pen.say(
            a, "(i set it to|make it|the oven should be at) {x}(, not more|, from above and below|, with the fan|)", x=x
        )
        pen.fact("number", f"the heat for {thing}", x, a, asked, told)

    def minutes() -> None:
        about = f"the time that {thing} needs"
        asked = pen.ask(b, a, "(and |)how long does it (take|cook|need)?")
        x = f"{pen.draw(MINUTES)} minutes"
        one = pen.say(
            a, "(give it|it takes|it needs|leave it for) {x}(, and do not open the door|, on a low flame|)", x=x
        )
        if pen.chance(0.6):
            pen.fact("time", about, x, a, asked, one)
            return
        y = f"{pen.draw(MINUTES)} minutes"
        two = pen.say(
            a,
            "(no, wait|hm, no|oh no), (that is for|that was for|i mixed that up with) the (bread|pizza|big pan), "
            "(it needs|"
            "give it) {y}",
            y=y,
            steady=True,
        )
        pen.fact("change of mind", about, y, a, asked, one, two, before=x)

    def spice() -> None:
        steps.decided(
            pen,
            b,
            f"the spice for {thing}",
            options=SPICES,
            question="(and what gives it the taste|which spice is better|what do we put in), {x} or {y}?",
            because=SPICE_REASONS,
            final="(we take|it gets|we put in) {x}",
        )

    def teacher() -> None:
        asked = pen.ask(b, a, "(and |)who (gave you the recipe|taught you that|is the recipe from)?")
        x = pen.draw((*MEN, *WOMEN))
        told = pen.say(
            a,
            "(i have it from|the recipe is from|i learned it from) {x}(, my old neighbour|, who is a real cook|, "
            "years ago|)",
            x=x,
        )
        pen.fact("name", f"the person who gave the recipe for {thing}", x, a, asked, told)

    run(
        pen,
        (
            lambda: _amount(pen, a, b, thing),
            lambda: _amount(pen, a, b, thing),
            lambda: steps.sarcasm(pen, b, f"the truth about the last try at {thing}", "meal", BAD_CAKE),
            oven,
            minutes,
            spice,
            teacher,
        ),
    )


def _amount(pen: Pen, a: int, b: int, thing: str, *, first: bool = False) -> None:
    """How much of something goes into it."""
    goods, count = pen.draw(GOODS), pen.draw(COUNTS)
    asked = pen.ask(
        b,
        a,
        "(tell me, |so, |hey, |)how many {goods} (go into|do i need for|are there in) {thing}?"
        if first
        else "(and |)how many {goods}( do i need| go in|)?",
        brief="how many {goods} for {thing}?",
        goods=goods,
        thing=thing,
    )
    told = pen.say(
        a,
        "(you need|take|i always take|it says) {x} {goods}(, not too small|, all at room temperature|, well mixed|, "
        "the "
        "fresh kind|)",
        brief="{x}",
        solo="(for {thing} |)(you need|take|i always take) {x} {goods}(, all at room temperature|, well mixed|)"
        if not first
        else "for {thing} (you need|take|i always take) {x} {goods}(, all at room temperature|, well mixed|)",
        x=count,
        goods=goods,
        thing=thing,
    )
    pen.fact("number", f"the number of {goods} in {thing}", count, a, asked, told)


LOST = (
    *(
        "car keys",
        "wallet",
        "glasses",
        "passport",
        "phone",
        "umbrella",
        "wedding ring",
        "library card",
        "gloves",
        "hat",
    ),
    *("train ticket", "bank card", "scarf", "watch", "note book", "sun glasses", "garage key"),
)
CORNERS = (
    *(
        "the kitchen table",
        "the bathroom shelf",
        "the sofa",
        "the window sill",
        "the piano",
        "the fridge",
        "the coat rack",
    ),
    *("the bookshelf", "the washing machine", "the old chair", "the desk", "the garden bench", "the shoe box"),
)
HIDING = ("on", "behind", "next to", "under")
REWARDS = ("a cake", "a big hug", "a box of chocolates", "a free dinner", "a bottle of wine", "a cinema ticket")
BAD_LUCK = (
    *(
        "the car broke down",
        "it started to rain",
        "the bus drove past me",
        "i stepped into a puddle",
        "i missed the train",
    ),
    *("my phone was empty", "the lift got stuck", "my shoe came apart"),
)


def lost(pen: Pen) -> None:
    """Something is lost, and found again."""
    thing = pen.title(LOST, "the {}", "it")
    a = pen.other()
    b = pen.other(a)
    seen = f"{pen.pick(HIDING)} {pen.draw(CORNERS)}"
    one = pen.say(
        a,
        "(oh no, |help, |has anybody seen {thing}? |)(i can not find|i have lost|i am looking for) {thing}. (i saw "
        "it last|i "
        "put it|i left it) {x}( this morning| last night|)",
        brief="i lost {thing}, last seen {x}",
        solo="(i can not find|i have lost|i am looking for) {thing}. (i saw it last|i put it|i left it) {x}",
        emotion=pen.pick(("afraid", "sad", "angry", "neutral")),
        thing=thing,
        x=seen,
        steady=True,
    )
    pen.fact("place", f"the place where {thing} was last seen", seen, a, one)

    def call() -> None:
        asked = pen.ask(b, a, "(and |)(did you call anybody|whom did you ask|who could have it)?")
        x = pen.draw((*MEN, *WOMEN))
        told = pen.say(a, "(i called|i asked|i wrote to) {x}(, who was here too|, but there was no answer|)", x=x)
        pen.fact("name", f"the person who was asked about {thing}", x, a, asked, told)

    def need() -> None:
        asked = pen.ask(b, a, "(and |)(when|until when) do you need it( again|)?")
        x = pen.draw(TIMES)
        told = pen.say(a, "(i have to leave|i need it|i must be gone) (at|by) {x}(, so hurry|, it is urgent|)", x=x)
        pen.fact("time", f"the time when {thing} is needed", x, a, asked, told)

    def search() -> None:
        steps.decided(
            pen,
            b,
            f"the place to look for {thing} first",
            options=SPOTS,
            question="(where do we look first|where could it be), at {x} or at {y}?",
            because=(
                "you were there yesterday",
                "it is on the way",
                "they are still open",
                "you had it there",
                "people are honest there",
            ),
            final="we (look|ask) at {x} first",
        )

    def found() -> None:
        c = pen.other(a)
        x = f"{pen.pick(HIDING)} {pen.draw(CORNERS)}"
        one = pen.say(
            c,
            "(wait|look|hey|stop), (here it is|i found it|i have it|i see it), (it is|it was|it lies) {x}",
            solo="(wait|oh), (here it is|i found it|i see it), (it is|it was) {x}( all the time|)",
            emotion="happy",
            manner="shouted" if pen.chance(0.3) else None,
            x=x,
        )
        if not pen.solo:
            pen.say(
                a, "(oh, |)(thank you|you are wonderful|what a relief|finally)(, thank you so much|)", emotion="happy"
            )
        pen.fact("place", f"the place where {thing} was found", x, c, one)

    def reward() -> None:
        x = pen.draw(REWARDS)
        one = pen.say(
            a,
            "(whoever finds it|the person who finds it) gets {x}(, i promise|, and i mean it|)",
            x=x,
        )
        pen.fact("plan", f"the reward for {thing}", x, a, one)

    run(
        pen,
        (
            lambda: steps.sarcasm(pen, a, f"the truth about the day before {thing} was lost", "day", BAD_LUCK),
            call,
            need,
            search,
            reward,
        ),
        (found,),
    )


FURNITURE_REASONS = (
    *(
        "it is brighter",
        "it is closer to work",
        "i like the view",
        "the kitchen is bigger there",
        "the other is too loud",
    ),
    *("there is a balcony", "the neighbours are nice"),
)
BAD_FLAT = (
    *("the ceiling was wet", "there was no heating", "the stairs were full of rubbish", "the windows did not open"),
    *("the tap was dripping all day", "there were mice in the kitchen", "the neighbour played the drums"),
)
FURNITURE = (
    *(
        "the lamps",
        "the curtains",
        "the kitchen",
        "the big wardrobe",
        "the carpet",
        "the washing machine",
        "the mirrors",
    ),
    *("the garden chairs", "the bookshelves", "the blue sofa"),
)


def flat(pen: Pen) -> None:
    """A flat to let."""
    thing = pen.title(STREETS, "the flat in {}", "the viewing")
    a = pen.other()
    b = pen.other(a)
    rent, unit = pen.pick(range(45, 95)), pen.pick(("dollars", "euros", "pounds"))
    x = f"{spell(10 * rent)} {unit}"
    asked = pen.ask(
        b,
        a,
        "(so, |tell me, |hey, |)(what is the rent of|how much is the rent for|what do they want for) {thing}?",
        brief="the rent for {thing}?",
        thing=thing,
    )
    told = pen.say(
        a,
        "(it is|they want|it costs) {x} (a month|every month)(, with heating|, which is not bad|, without water|)",
        brief="{x}",
        solo="(i looked at|i saw) {thing}( today| yesterday|). (it is|it costs) {x} (a month|every month)",
        thing=thing,
        x=x,
    )
    pen.fact("number", f"the rent of {thing}", x, a, asked, told)

    def rooms() -> None:
        asked = pen.ask(b, a, "(and |)how many rooms (does it have|are there|has it got)?")
        x = f"{pen.draw(COUNTS[:5])} rooms"
        told = pen.say(
            a, "(it has|there are|i counted) {x}(, and a balcony|, and a small kitchen|, all quite large|)", x=x
        )
        pen.fact("number", f"the number of rooms of {thing}", x, a, asked, told)

    def floor() -> None:
        c = pen.other(a)
        asked = pen.ask(c, a, "(and |)(who shows it|who is the landlord|whom do we have to call)?")
        x = f"{pen.pick(('mister', 'missus'))} {pen.draw(SURNAMES)}"
        told = pen.say(
            a, "(that is|it belongs to|we have to ask for) {x}(, from the ground floor|, who is very kind|)", x=x
        )
        pen.fact("name", f"the landlord of {thing}", x, a, asked, told)

    def near() -> None:
        asked = pen.ask(b, a, "(and |)(what is near it|what is around there|what is in the same street)?")
        x = pen.draw(SPOTS)
        told = pen.say(
            a, "(it is right next to|it is opposite|you can see) {x}(, so that is handy|, and it is quiet|)", x=x
        )
        pen.fact("place", f"the neighbourhood of {thing}", x, a, asked, told)

    def keeps() -> None:
        asked = pen.ask(b, a, "(and |)(what stays in the flat|what can we keep|what do they leave there)?")
        x = pen.draw(FURNITURE)
        told = pen.say(
            a, "(they leave us|we can keep|they do not take) {x}(, for nothing|, if we want|, the rest goes|)", x=x
        )
        pen.fact("plan", f"the thing that stays in {thing}", x, a, asked, told)

    def taken() -> None:
        other = pen.draw([f"the flat in {street}" for street in STREETS])
        chosen = pen.pick((thing, other))
        one = pen.say(
            b,
            "(so |and now, |)(which do we take|what do we do), {x} or {y}?",
            solo="(we have to choose|it is hard to choose) between {x} and {y}",
            x=thing,
            y=other,
        )
        two = pen.say(
            pen.other(b),
            "(i am for|let us take|i want|i prefer) {x}, {why}",
            solo="(i am for|i prefer) {x}, {why}",
            x=chosen,
            why=pen.draw(FURNITURE_REASONS),
        )
        three = pen.say(b, "(okay|good|fine), (then |)we take {x}", solo="so we take {x}", x=chosen, steady=True)
        pen.fact("decision", f"the choice between {thing} and another", chosen, b, one, two, three)

    run(
        pen,
        (
            lambda: (
                steps.agreed(pen, b, f"the viewing of {thing}")
                if pen.chance(0.5)
                else steps.announced(pen, a, f"the viewing of {thing}")
            ),
            lambda: steps.announced(pen, a, f"the viewing of {thing}", "time"),
            lambda: steps.sarcasm(pen, pen.other(), f"the truth about the place before {thing}", "place", BAD_FLAT),
            rooms,
            floor,
            near,
            keeps,
        ),
        (lambda: steps.moved(pen, a, f"the viewing of {thing}"), taken),
    )
