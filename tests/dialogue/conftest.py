"""A tokenizer trained once for all tests of this room."""

from pathlib import Path

import pytest
from hypothesis import settings

from afnext.dialogue.tokenizer import Tokenizer, build_tokenizer

# The same examples each time, and no clock: a busy machine must not fail a test.
settings.register_profile("steady", deadline=None, derandomize=True, max_examples=100)
settings.load_profile("steady")

WORDS = [
    "What happens in this recording, and when? Answer with times.",
    "dog barking <t>1.2-2.0</t>; a man speaking <t>3.1-5.0</t>; piano <t>6.0-9.5</t>",
    "I hear dog barking (<t>1.2-2.0</t>), then dog barking (<t>5.0-5.8</t>). That makes 2.\n\n2\n\n",
    "How many times does the dog bark? Which instrument plays first? What is said?",
    "You are a multimodal assistant for language and audio. user assistant system\n",
    "Qu'est-ce qui se passe ? Ein Hund bellt. 犬が吠える。 🎻 don't they're",
    "one\n\ntwo\n\nthree\n\nfour\n\n",
] * 3


@pytest.fixture(scope="session")
def tokenizer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    build_tokenizer(WORDS, 400, folder)
    return folder


@pytest.fixture(scope="session")
def tokenizer(tokenizer_folder: Path) -> Tokenizer:
    return Tokenizer.load(tokenizer_folder)
