"""Small rows with real sound files, and nano's tokenizer."""

import json

import numpy as np
import pytest
import soundfile

from afnext.dialogue.tokenizer import Tokenizer
from afnext.inference.folder import find_folder

RATE = 16_000


@pytest.fixture(scope="session")
def tokenizer():
    return Tokenizer.load(find_folder("nano"))


@pytest.fixture
def write_rows(tmp_path):
    """Write a file of rows, each about a tone of so many seconds (None: about nothing); gives its path."""

    def write(seconds, name="rows.jsonl", answer="It hums."):
        lines = []
        for number, length in enumerate(seconds):
            row = {"audio": [], "question": f"What is {number}?", "answer": answer}
            if length is not None:
                row["audio"] = f"{name}-{number}.wav"
                tone = 0.3 * np.sin(2 * np.pi * (200 + 10 * number) * np.arange(round(length * RATE)) / RATE)
                soundfile.write(tmp_path / row["audio"], tone, RATE)
            lines.append(json.dumps(row))
        (tmp_path / name).write_text("\n".join(lines) + "\n")
        return tmp_path / name

    return write
