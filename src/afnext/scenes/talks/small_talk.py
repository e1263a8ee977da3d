"""What is said in between, whatever the topic: forms of grammar.py. Nothing of it is asked about."""

from afnext.scenes.scene import Emotion

BACK_CHANNELS = "(uh huh|right|yeah|okay|i see|sure|aha|yes|oh|oh really|true|exactly|of course|good|really|got it|wow)"
TAILS = (
    "and (after that|later|then) we (could|should) (all |)(go for a walk|sit down|have a drink|go out) and (just |)"
    "(talk about everything|enjoy the evening)",
    "(which|and that) reminds me of (something funny|a story) that (my uncle|our neighbour|my old boss) (always "
    "told us|"
    "told me) when",
    "and (i was thinking|i keep thinking) that (maybe|perhaps) (somebody|we) (should|could) also (look into|think "
    "about) "
    "the other",
    "because (you know how it is|as you know), (people|they) never (read|answer) their (messages|letters) and in "
    "the end",
    "and (by the way|actually) (my mother|my aunt|the neighbour) (said|told me) that (her friend|her cousin) had "
    "(exactly "
    "|)the same",
)
"""How a turn wanders off, before it is cut short."""
CUTS: tuple[tuple[str, Emotion], ...] = (
    ("(sorry|wait|hold on|excuse me), (let me|i have to|i want to) (write|note) (that|this) down", "neutral"),
    ("(sorry|wait|hold on), (there is somebody at the door|the phone is ringing|i need a pen)", "neutral"),
    ("(yes, yes|okay, okay|all right), (that is enough|we understand|i get it)(, thank you|)", "angry"),
    ("(stop|please), (we have no time for that|not that story again|let us go on)", "angry"),
    ("(oh|sorry), (before i forget|quickly), (that is good to know|that helps me a lot)", "happy"),
)
"""How it is cut short."""
AFTER_CUT = (
    "(okay|sure|of course|no problem)(, go on|, take your time|)",
    "(sorry|fine|all right)(, you are right|, i talk too much|)",
    "(as i said|anyway), (that is all|so much for that)",
)
REACTIONS: tuple[tuple[str, Emotion], ...] = (
    ("(okay|good|great|perfect|fine)(, thank you|, thanks|)", "neutral"),
    ("(that sounds|sounds) (good|great|fine|lovely)( to me|)", "happy"),
    ("(all right|good), (i will remember that|i wrote it down|that is clear)", "neutral"),
    ("(oh|ah), (i see|i did not know that|that is new to me)", "neutral"),
    ("(yes|right), (that makes sense|why not|i agree)", "neutral"),
    ("(wonderful|excellent|lovely)(, i am so happy|, i like that|)", "happy"),
)
ASLEEP = "(the baby|the dog|my little brother|my daughter) is (asleep|sleeping)"
HUSH = f"(please |)(be quiet|not so loud|keep your voice down|let us whisper), {ASLEEP}"
HUSH_ALONE = f"i have to (whisper|speak quietly) (now|here), {ASLEEP}"
NOISE = "(it is|the street is|the music is) (so|very|really) loud( here|), can you (still |)hear me?"
NOISE_ALONE = "it is (so|very) loud (here|on this street|in this bar), i have to (shout|speak up)"
LINKS = (
    "by the way, ",
    "before i forget, ",
    "(oh, and |)(something|and something) else, ",
    "(oh, |)another thing, ",
    "(anyway, |so, |well, )",
)
"""From one topic to the next."""
HELLO = (
    "(hello|hi|good morning|good evening), (this is|it is) {name}"
    "(. can you hear me?|. is this a good moment?|.|. how are you?)"
)
HELLO_TWO = (
    "(hello|hi|good to hear you|oh, hello), {name}. (i am fine|very well|not bad|all good)(, thank you|, thanks|)"
)
HELLO_MORE = (
    "(and |)(hello|hi|good morning|good evening)(| everybody), (it is {name}|this is {name}|{name} here|here is {name})"
)
HELLO_ALONE = "(hello|hi|good morning|good evening), (this is|it is) {name}(. i hope you are well|. i have some news|)"
"""Who speaks, at the beginning of a recording."""
