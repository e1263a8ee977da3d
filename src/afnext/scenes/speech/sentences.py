"""What the voices say: a closed vocabulary of a hundred words that sound unlike one another, in a written grammar."""

import numpy as np

# Word classes. No homophones of the numbers (to, for, won, ate), few rhymes, no plural beside its singular.
CLASSES: dict[str, tuple[str, ...]] = {
    "name": ("peter", "maria", "oliver", "susan", "thomas", "jennifer", "victor", "emily"),
    "past": ("opened", "found", "carried", "painted", "forgot", "washed", "broke", "wanted"),
    "order": ("bring", "take", "watch", "remember", "hide", "follow"),
    "colour": ("red", "blue", "green", "yellow", "black", "orange", "purple", "silver"),
    "quality": ("big", "heavy", "empty", "beautiful", "dirty", "expensive"),
    "object": (
        *(
            "window",
            "table",
            "bicycle",
            "camera",
            "umbrella",
            "hammer",
            "pencil",
            "basket",
            "guitar",
            "flower",
            "bottle",
        ),
        *("telephone", "elephant", "carpet", "newspaper", "sandwich", "potato", "mirror", "rabbit", "horse"),
    ),
    "near": ("in", "behind", "under", "near"),
    "place": ("kitchen", "garden", "river", "station", "office", "mountain", "school", "hospital", "market", "bridge"),
    "day": ("today", "tomorrow", "yesterday", "tonight", "sunday"),
    "number": ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twenty"),
    "vehicle": ("train", "bus", "doctor"),
}
# A sentence is one of these; a word in angle brackets stands for its class. Drawn with the weight before it.
GRAMMAR: tuple[tuple[int, str], ...] = (
    (4, "<name> <past> the <colour> <object>"),
    (5, "<name> <past> the <colour> <object> <day>"),
    (4, "<name> <past> my <quality> <object> <near> the <place>"),
    (4, "please <order> the <colour> <object> <day>"),
    (4, "please <order> my <object> <near> the <place>"),
    (3, "<order> <number> <colour> <object> boxes"),
    (3, "where is the <quality> <colour> <object>"),
    (3, "why is my <object> <near> the <place>"),
    (4, "the <vehicle> leaves the <place> at <number> <day>"),
    (3, "call <name> at <number> <day>"),
    (3, "<name> and <name> have <number> <object> boxes"),
    (3, "room <number> <number> is <near> the <place>"),
    (2, "my number is <number> <number> <number> <number>"),
)
FIXED_WORDS = sorted({word for _, form in GRAMMAR for word in form.split() if not word.startswith("<")})
VOCABULARY: tuple[str, ...] = tuple(sorted({*FIXED_WORDS, *(word for words in CLASSES.values() for word in words)}))


def sentence(rng: np.random.Generator) -> str:
    """A sentence of four to eight words of ``VOCABULARY``, lower case, single spaces, no punctuation."""
    weights = np.array([weight for weight, _ in GRAMMAR], float)
    form = GRAMMAR[int(rng.choice(len(GRAMMAR), p=weights / weights.sum()))][1]
    words: list[str] = []
    for slot in form.split():
        choices = CLASSES[slot[1:-1]] if slot.startswith("<") else (slot,)
        # A number may be said twice in a row, nothing else is: nobody's "peter and peter" would be believed.
        fresh = [word for word in choices if slot == "<number>" or word not in words or len(choices) == 1]
        words.append(fresh[int(rng.integers(len(fresh)))])
    return " ".join(words)


def count_sentences() -> int:
    """How many different sentences the grammar allows, repeated names left aside."""
    total = 0
    for _, form in GRAMMAR:
        ways = 1
        for slot in form.split():
            ways *= len(CLASSES[slot[1:-1]]) if slot.startswith("<") else 1
        total += ways
    return total
