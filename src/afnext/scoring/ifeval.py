"""IFEval, VoiceBench's part with instructions whose following can be checked: 25 checks, strict and loose.

Source: google-research ``instruction_following_eval``, as vendored in MatthewCYM/VoiceBench (5338154). *Loose* tries
eight forms of a response: with and without its first line, its last line, and its asterisks. Kept on purpose: keywords
are regular expressions; an instruction whose language cannot be told counts as followed. Not kept: where an argument
is missing the script draws one at random; here the row is refused. Language is told by langdetect, seeded, so that it
is the same every time.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from afnext.base.errors import ScoreError
from afnext.base.packages import package
from afnext.scoring.mark import Mark, Row, predicted, take
from afnext.scoring.said import said
from afnext.scoring.sentences import count_sentences
from afnext.scoring.treebank import treebank_words

Arguments = Mapping[str, Any]
ANSWERS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")


def _compare(count: int, relation: str, threshold: float) -> bool:
    if relation not in ("less than", "at least"):
        raise ScoreError(f"the relation {relation!r}", expected="less than or at least")
    return count < threshold if relation == "less than" else count >= threshold


def _counted(counter: Callable[[str], int], number: str, relation: str = "relation") -> "Check":
    return lambda said, given: _compare(counter(said), given[relation], given[number])


def _found(pattern: str, text: str) -> bool:
    """Whether ``pattern`` is found; one that is no regular expression is looked for as it stands."""
    try:
        return re.search(pattern, text, re.IGNORECASE) is not None
    except re.error:
        return pattern.lower() in text.lower()


def _times(pattern: str, text: str) -> int:
    try:
        return len(re.findall(pattern, text, re.IGNORECASE))
    except re.error:
        return text.lower().count(pattern.lower())


def _bullets(said: str) -> int:
    stars = re.findall(r"^\s*\*[^\*].*$", said, re.MULTILINE)
    return len(stars) + len(re.findall(r"^\s*-.*$", said, re.MULTILINE))


def _highlights(said: str) -> int:
    single = sum(bool(part.strip("*").strip()) for part in re.findall(r"\*[^\n\*]*\*", said))
    double = re.findall(r"\*\*[^\n\*]*\*\*", said)
    return single + sum(bool(part.removeprefix("**").removesuffix("**").strip()) for part in double)


def _paragraphs(said: str, given: Arguments) -> bool:
    parts = [bool(part.strip()) for part in re.split(r"\s?\*\*\*\s?", said)]
    return all(parts[1:-1]) and sum(parts) == given["num_paragraphs"]


def _first_word(said: str, given: Arguments) -> bool:
    parts = said.split("\n\n")
    count, number = sum(bool(part.strip()) for part in parts), given["nth_paragraph"]
    if number > count or not (paragraph := parts[number - 1].strip()):
        return False
    word = paragraph.split()[0].lstrip("'").lstrip('"')
    first = re.split(r"[.,?!'\"]", word)[0].lower()
    return bool(count == given["num_paragraphs"] and first == given["first_word"].lower())


def _postscript(said: str, given: Arguments) -> bool:
    marker = given["postscript_marker"].strip()
    patterns = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
    return _found(patterns.get(marker, marker.lower()), said.lower())


def _json(said: str) -> bool:
    text = said.strip()
    for fence in ("```json", "```Json", "```JSON", "```"):
        text = text.removeprefix(fence)
    try:
        json.loads(text.removesuffix("```").strip())
    except (ValueError, RecursionError):
        return False
    return True


def _two(said: str) -> bool:
    parts = said.split("******")
    if not all(part.strip() for part in parts[1:-1]):
        return False
    kept = [part.strip() for part in parts if part.strip()]
    return len(kept) == 2 and kept[0] != kept[1]


def _title(said: str) -> bool:
    return any(title.lstrip("<").rstrip(">").strip() for title in re.findall(r"<<[^\n]+>>", said))


def _is_language(said: str, language: str) -> bool:
    langdetect = package("langdetect", "evaluate")
    langdetect.DetectorFactory.seed = 0
    try:
        return bool(langdetect.detect(said) == language)
    except langdetect.LangDetectException:
        return True


def _quoted(said: str) -> bool:
    text = said.strip()
    return len(text) > 1 and text[0] == text[-1] == '"'


Check = Callable[[str, Arguments], bool]

CHECKS: Mapping[str, Check] = {
    "keywords:existence": lambda said, given: all(_found(word, said) for word in given["keywords"]),
    "keywords:frequency": lambda said, given: _compare(
        _times(given["keyword"].strip(), said), given["relation"], given["frequency"]
    ),
    "keywords:forbidden_words": lambda said, given: (
        not any(_found(rf"\b{word}\b", said) for word in given["forbidden_words"])
    ),
    "keywords:letter_frequency": lambda said, given: _compare(
        Counter(said.lower())[given["letter"].strip().lower()], given["let_relation"], given["let_frequency"]
    ),
    "language:response_language": lambda said, given: _is_language(said, given["language"]),
    "length_constraints:number_sentences": _counted(count_sentences, "num_sentences"),
    "length_constraints:number_paragraphs": _paragraphs,
    "length_constraints:number_words": _counted(lambda said: len(re.findall(r"\w+", said)), "num_words"),
    "length_constraints:nth_paragraph_first_word": _first_word,
    "detectable_content:number_placeholders": lambda said, given: (
        len(re.findall(r"\[.*?\]", said)) >= given["num_placeholders"]
    ),
    "detectable_content:postscript": _postscript,
    "detectable_format:number_bullet_lists": lambda said, given: _bullets(said) == given["num_bullets"],
    "detectable_format:constrained_response": lambda said, _: any(answer in said for answer in ANSWERS),
    "detectable_format:number_highlighted_sections": lambda said, given: _highlights(said) >= given["num_highlights"],
    "detectable_format:multiple_sections": lambda said, given: (
        len(re.split(rf"\s?{given['section_spliter'].strip()}\s?\d+\s?", said)) - 1 >= given["num_sections"]
    ),
    "detectable_format:json_format": lambda said, _: _json(said),
    "detectable_format:title": lambda said, _: _title(said),
    "combination:two_responses": lambda said, _: _two(said),
    "combination:repeat_prompt": lambda said, given: (
        said.strip().lower().startswith(given["prompt_to_repeat"].strip().lower())
    ),
    "startend:end_checker": lambda said, given: (
        said.strip().strip('"').lower().endswith(given["end_phrase"].strip().lower())
    ),
    "startend:quotation": lambda said, _: _quoted(said),
    "change_case:capital_word_frequency": _counted(
        lambda said: sum(word.isupper() for word in treebank_words(said)), "capital_frequency", "capital_relation"
    ),
    "change_case:english_capital": lambda said, _: said.isupper() and _is_language(said, "en"),
    "change_case:english_lowercase": lambda said, _: said.islower() and _is_language(said, "en"),
    "punctuation:no_comma": lambda said, _: "," not in said,
}
"""The 25 instruction ids."""


@dataclass(frozen=True, slots=True)
class Followed:
    """Whether each instruction of a prompt is followed, by the response as it is and by its best form."""

    strict: tuple[bool, ...]
    loose: tuple[bool, ...]


def follow(response: str, instructions: Sequence[str], arguments: Sequence[Arguments]) -> Followed:
    """Check a response against its instructions; an empty one follows none.

    Raises:
        ScoreError: an unknown instruction, or an argument missing or of the wrong kind.
        MissingToolError: langdetect is not installed, and a language is asked for.
    """
    forms = _forms(response)
    pairs = list(zip(instructions, arguments, strict=False))
    strict = tuple(_follows(response, name, given) for name, given in pairs)
    loose = tuple(any(_follows(form, name, given) for form in forms) for name, given in pairs)
    return Followed(strict, loose)


def rates(followed: Sequence[Followed]) -> dict[str, float]:
    """The four rates and ``final``, their mean: what VoiceBench reports, from 0 to 1."""
    found: dict[str, float] = {}
    for kind in ("strict", "loose"):
        lists = [getattr(one, kind) for one in followed]
        count = sum(map(len, lists))
        found[f"{kind}-prompt"] = sum(map(all, lists)) / len(lists) if lists else 0.0
        found[f"{kind}-instruction"] = sum(map(sum, lists)) / count if count else 0.0
    return {**found, "final": sum(found.values()) / 4}


def mark(row: Row) -> Mark:
    """Fields: ``instruction_id_list``, ``kwargs`` (one each), ``response``.

    Verdict: ``{"strict", "loose"}``, lists of true and false; the score is whether all are followed strictly.
    """
    names, given = take(row, "instruction_id_list"), take(row, "kwargs")
    if not (isinstance(names, list) and isinstance(given, list) and len(names) == len(given)):
        raise ScoreError("instruction_id_list and kwargs that do not match", expected="two lists of one length")
    value, missing = predicted(row, "response", "prediction", "model_output", "output")
    response = said(value)
    if response.startswith(("<1>", "<2>", "<3>")):
        response = response[3:].strip()
    if response.endswith("<|user|>"):
        response = response[:-8].strip()
    arguments = [{key: item for key, item in (one or {}).items() if item} for one in given]
    found = follow(response, [str(name) for name in names], arguments)
    return Mark({"strict": list(found.strict), "loose": list(found.loose)}, float(all(found.strict)), missing=missing)


def _follows(response: str, name: str, given: Arguments) -> bool:
    check = CHECKS.get(name)
    if check is None:
        raise ScoreError(f"the instruction {name!r}", expected="one of the 25 of IFEval")
    try:
        return bool(response.strip()) and check(response, given)
    except (KeyError, TypeError, AttributeError, re.error) as error:
        raise ScoreError(
            f"{name} with {json.dumps(given, default=str)}", expected=f"its arguments ({error})"
        ) from error


def _forms(response: str) -> list[str]:
    lines = response.split("\n")
    cut = ["\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1])]
    return [form for part in (response, *cut) for form in (part, part.replace("*", ""))]
