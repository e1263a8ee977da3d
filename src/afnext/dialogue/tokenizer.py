"""Text to token ids and back, by the ``tokenizers`` library, from a folder's ``tokenizer.json``.

Control tokens (turns, audio slots, end of text) are reached by their ids alone. ``Tokenizer.encode`` spells them out as
ordinary text, so that somebody who types ``<|im_end|>`` or ``<sound>`` cannot end a turn or open an audio slot.
"""

import codecs
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import AddedToken, Regex, decoders, models, normalizers, pre_tokenizers, trainers

from afnext.base.errors import CheckpointError
from afnext.base.files import write_json, write_text

END_OF_TEXT = "<|endoftext|>"
TURN_START = "<|im_start|>"
TURN_END = "<|im_end|>"
SOUND = "<sound>"
SOUND_START = "<|sound_bos|>"
SOUND_END = "<|sound_eos|>"
CONTROL = (END_OF_TEXT, TURN_START, TURN_END, SOUND, SOUND_START, SOUND_END)

MARKS = ("<t>", "</t>", "<think>", "</think>")
"""One token each in tokenizers of our own making; text all the same, which a model writes and a person may type."""

# Qwen2's pre-tokenisation, joined by "or".
_SPLIT = "|".join(
    [
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)",  # contractions
        r"[^\r\n\p{L}\p{N}]?\p{L}+",  # a word, with the one character before it
        r"\p{N}",  # a single digit
        r" ?[^\s\p{L}\p{N}]+[\r\n]*",  # punctuation
        r"\s*[\r\n]+",  # line ends
        r"\s+(?!\S)|\s+",  # blanks
    ]
)


class Tokenizer:
    """A byte-level tokenizer of a checkpoint folder.

    Attributes:
        vocab_size: one more than the highest id.
        end_of_text, turn_start, turn_end, sound: ids of the control tokens; ``end_of_text`` is also the padding.
        sound_start, sound_end: ids of the boundary tokens, or None in a vocabulary without them (Audio Flamingo 3).
    """

    def __init__(self, core: tokenizers.Tokenizer, name: str = "tokenizer") -> None:
        known = {token: index for token in CONTROL if (index := core.token_to_id(token)) is not None}
        missing = [token for token in (END_OF_TEXT, TURN_START, TURN_END, SOUND) if token not in known]
        if missing:
            raise CheckpointError(
                f"{name} lacks {', '.join(missing)}",
                expected="the control tokens of an Audio Flamingo tokenizer",
                do="take tokenizer.json from the same release as the weights",
            )
        # Some releases list <sound> as an ordinary added token; only special ones can be spelt out as text.
        core.add_special_tokens([AddedToken(token, normalized=False) for token in known])
        core.encode_special_tokens = True
        self._core = core
        self._name = name
        self._bytes = _bytes_of_tokens(core, name)
        self._control = frozenset(i for i, token in core.get_added_tokens_decoder().items() if token.special)
        self.vocab_size: int = max(self._bytes) + 1
        self.end_of_text: int = known[END_OF_TEXT]
        self.turn_start: int = known[TURN_START]
        self.turn_end: int = known[TURN_END]
        self.sound: int = known[SOUND]
        self.sound_start: int | None = known.get(SOUND_START)
        self.sound_end: int | None = known.get(SOUND_END)

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> "Tokenizer":
        """Read ``tokenizer.json`` in ``folder``.

        Raises:
            CheckpointError: the file is missing, is not a tokenizer, is not byte-level, or lacks a control token.
        """
        file = Path(folder) / "tokenizer.json"
        if not file.is_file():
            raise CheckpointError(
                f"{folder} holds no tokenizer.json",
                expected="a checkpoint folder",
                do="download the tokenizer files too, or run: afnext convert",
            )
        try:
            core = tokenizers.Tokenizer.from_file(str(file))
        except Exception as error:  # the library raises bare Exception for anything it cannot read
            raise CheckpointError(f"{file}: {error}", expected="a file of the tokenizers library") from error
        return cls(core, str(file))

    def __reduce__(self) -> tuple[Any, ...]:
        # A bare pickle of the library's object forgets encode_special_tokens, and with it the guard.
        return _unpickled, (self._core.to_str(), self._name)

    def encode(self, text: str) -> list[int]:
        """Ids of ``text`` as somebody's words: what looks like a control token in it stays ordinary text."""
        ids: list[int] = self._core.encode(text, add_special_tokens=False).ids
        return ids

    def encode_from(self, prefix: str, text: str) -> tuple[list[int], int]:
        """Ids of ``prefix + text`` in one piece, and the index of the first token that lies wholly in ``text``."""
        encoding = self._core.encode(prefix + text, add_special_tokens=False)
        starts = (start for start, _ in encoding.offsets)
        first = next((i for i, start in enumerate(starts) if start >= len(prefix)), len(encoding.ids))
        return encoding.ids, first

    def decode(self, ids: Iterable[int], *, control: bool = False) -> str:
        """Text of ``ids``, control tokens only if ``control``. Broken UTF-8 becomes U+FFFD, an unknown id nothing."""
        return b"".join(self.bytes_of(i, control=control) for i in ids).decode("utf-8", "replace")

    def bytes_of(self, token: int, *, control: bool = False) -> bytes:
        """The bytes that one id stands for: none for an unknown id, or for a control token unless ``control``."""
        if token in self._control and not control:
            return b""
        return self._bytes.get(token, b"")

    def is_control(self, token: int) -> bool:
        """Whether ``token`` is one that text can never spell."""
        return token in self._control

    def id_of(self, token: str) -> int | None:
        """The id of one token by its name, or None."""
        found: int | None = self._core.token_to_id(token)
        return found


def _unpickled(content: str, name: str) -> Tokenizer:
    return Tokenizer(tokenizers.Tokenizer.from_str(content), name)


class StreamDecoder:
    """Ids in as they are generated, text out as soon as its characters are whole.

    >>> decoder = StreamDecoder(tokenizer)          # doctest: +SKIP
    >>> text = "".join(decoder.feed(i) for i in ids) + decoder.flush()          # doctest: +SKIP
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, *ids: int) -> str:
        """The text that ``ids`` complete: maybe none, never half a character."""
        return self._decoder.decode(b"".join(map(self._tokenizer.bytes_of, ids)))

    def flush(self) -> str:
        """What is left when the stream ends: nothing, or U+FFFD for a character that was never finished."""
        return self._decoder.decode(b"", final=True)


def build_tokenizer(texts: Iterable[str], vocab_size: int, folder: str | os.PathLike[str]) -> Tokenizer:
    """Train a small byte-level BPE tokenizer on ``texts`` and write it into ``folder``, as ``transformers`` reads too.

    The ids run: 256 bytes, merges, control tokens, marks; ``vocab_size`` in all, or fewer where the texts yield no
    more merges. The same texts give the same file.

    Raises:
        CheckpointError: ``vocab_size`` has no room for the bytes and the added tokens.
    """
    added = len(CONTROL) + len(MARKS)
    if vocab_size < 256 + added:
        raise CheckpointError(
            f"a vocabulary of {vocab_size}", expected=f"{256 + added} or more: every byte, control token and mark"
        )
    core = tokenizers.Tokenizer(models.BPE())
    core.normalizer = normalizers.NFC()
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - added,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    core.train_from_iterator(_without_added(texts), trainer)
    core.add_special_tokens([AddedToken(token, normalized=False) for token in CONTROL])
    core.add_tokens([AddedToken(mark, normalized=False) for mark in MARKS])

    target = Path(folder)
    write_text(target / "tokenizer.json", core.to_str(pretty=False) + "\n")
    roles = {"eos_token": TURN_END, "pad_token": END_OF_TEXT, "unk_token": END_OF_TEXT}
    settings = {
        "tokenizer_class": "Qwen2Tokenizer",
        "add_prefix_space": False,
        "bos_token": None,
        **roles,
        "extra_special_tokens": [token for token in CONTROL if token not in roles.values()],
        "clean_up_tokenization_spaces": False,
        "model_max_length": 65536,
    }
    write_json(target / "tokenizer_config.json", settings)
    return Tokenizer.load(target)


def _without_added(texts: Iterable[str]) -> Iterator[str]:
    """Pieces of ``texts`` between added tokens, which are never pieced together from merges."""
    cut = re.compile("|".join(map(re.escape, CONTROL + MARKS)))
    for text in texts:
        yield from filter(None, cut.split(text))


def _bytes_of_tokens(core: tokenizers.Tokenizer, name: str) -> dict[int, bytes]:
    """Each id's bytes. A byte-level vocabulary writes every byte as one printable character (GPT-2's table)."""
    if not isinstance(core.decoder, decoders.ByteLevel):
        raise CheckpointError(
            f"{name} is not byte-level",
            expected="a Qwen2 tokenizer",
            do="take tokenizer.json from the release of the weights",
        )
    table = {chr(code): bytes([byte]) for byte, code in _byte_characters().items()}
    vocabulary: dict[str, int] = core.get_vocab(with_added_tokens=True)
    spelled: dict[int, bytes] = {}
    for token, index in vocabulary.items():
        try:
            spelled[index] = b"".join(table[character] for character in token)
        except KeyError:  # an added token may hold any character
            spelled[index] = token.encode()
    return spelled


def _byte_characters() -> dict[int, int]:
    """Byte -> code point: itself where that prints, else the next free one from 256 on."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    hidden = [byte for byte in range(256) if byte not in printable]
    return {byte: byte for byte in printable} | {byte: 256 + i for i, byte in enumerate(hidden)}
