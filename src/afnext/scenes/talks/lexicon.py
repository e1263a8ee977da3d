"""Words that topics choose from: people, days, times, places, prices, reasons. Synthesisers say them well."""

from afnext.scenes.talks.grammar import spell

MEN = (
    *("ben", "tom", "peter", "paul", "david", "oliver", "martin", "simon", "daniel", "robert", "victor", "george"),
    *("henry", "leo", "oscar", "philip", "samuel", "walter", "adam", "eric", "thomas", "andrew", "patrick", "anthony"),
)
WOMEN = (
    *("anna", "maria", "susan", "emma", "laura", "julia", "helen", "kate", "lucy", "nina", "olivia", "rosa", "sarah"),
    *("sophie", "clara", "diana", "emily", "irene", "jane", "martha", "vera", "monica", "barbara", "amanda"),
)
SURNAMES = (
    *("miller", "baker", "taylor", "wilson", "harris", "cooper", "parker", "morgan", "turner", "watson", "fisher"),
    *("carter", "bennett", "foster", "hughes", "palmer", "sanders", "wagner", "newman", "murphy"),
)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOURS = tuple(spell(hour) for hour in range(1, 13))
TIMES = (
    *HOURS[5:],
    *(f"half past {hour}" for hour in HOURS),
    *(f"quarter past {hour}" for hour in HOURS),
    *(f"quarter to {hour}" for hour in HOURS),
    *(f"{hour} {minute}" for hour in HOURS[6:] for minute in ("ten", "twenty", "forty", "fifty")),
)
PRICES = tuple(spell(price) for price in (*range(15, 100, 5), *range(110, 400, 10)))
SMALL_PRICES = tuple(spell(price) for price in range(6, 40))
COUNTS = tuple(spell(count) for count in range(3, 13))
MINUTES = tuple(spell(minutes) for minutes in (5, 8, 10, 12, 15, 18, 20, 25, 30, 35, 40, 45, 50))
CITIES = (
    *("lisbon", "madrid", "vienna", "berlin", "london", "paris", "rome", "athens", "dublin", "boston", "chicago"),
    *("toronto", "denver", "geneva", "warsaw", "prague", "milan", "venice", "naples", "oslo", "helsinki", "hamburg"),
    *("munich", "seattle", "dallas", "montreal", "brussels", "amsterdam", "florence", "sydney"),
)
SPOTS = (
    *("the train station", "the library", "the old bridge", "the market", "the post office", "the museum"),
    *("the bakery", "the town hall", "the swimming pool", "the bus stop", "the church", "the hotel", "the fountain"),
    *("the cinema", "the park gate", "the school", "the flower shop", "the pharmacy", "the harbor", "the coffee shop"),
)
STREETS = (
    *("oak street", "garden street", "river road", "mill lane", "king street", "station road", "bridge street"),
    *("park avenue", "hill road", "rose lane", "church street", "market street", "lake road", "castle street"),
    *("forest road", "london road", "windmill lane", "harbor street"),
)
COLOURS = ("red", "blue", "green", "yellow", "black", "white", "silver", "brown", "orange", "purple", "grey")
REASONS = (
    *(
        "i have to work",
        "i have a lesson",
        "my car is in the garage",
        "my sister is visiting",
        "i have to see the dentist",
    ),
    *("the children are at home", "i have to help my mother", "we have guests", "i am on the night shift"),
    *("my band plays", "i have an exam", "the plumber is coming", "i promised to paint the kitchen"),
    *("my son has a football game", "i have to fetch my daughter", "our cat is at the vet", "i have choir"),
)
CAUSES = (
    *("the hall is taken", "somebody is ill", "there is a strike", "the road is closed", "they changed the plan"),
    *("the boss is away", "the heating is broken", "there was a mistake in the calendar", "the others can not come"),
    *("they need more time", "the room is being painted", "there is a holiday"),
)
