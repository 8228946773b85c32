"""English sentences taken apart: words, their kind, numbers and time limits. Nothing here decides anything."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

WordKind = Literal["function", "people", "vague", "behaviour", "thing", "either", "other"]
WORDS_FILE = Path(__file__).parent / "words" / "english.yaml"
VAGUE = ("vague_verbs", "vague_nouns", "vague_adjectives", "vague_adverbs")

#: Below this share of English function words a text of some length is taken to be in another language.
ENGLISH_SHARE = 0.2
SHORTEST_JUDGED = 4

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", re.UNICODE)
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”’)]*\s+(?=[\"“‘(]?[A-Z0-9ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝ¿¡])|\n+")
_ABBREVIATION = re.compile(r"\b(e\.g|i\.e|approx|no|vs|st|mr|mrs|ms|dr|incl)\.$", re.IGNORECASE)

_SMALL = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|"
    "nineteen"
)
_LARGE = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|dozen"
_NUMBER = rf"(?:\d[\d.,]*\d|\d|(?:{_LARGE})(?:-\w+)?|{_SMALL})"
_UNIT = r"(?:seconds?|minutes?|hours?|days?|nights?|weeks?|months?|quarters?|years?)"
_WORKING = r"(?:working |business |calendar |full )?"
_DAYPART = "day|morning|evening|night|afternoon|hour|week|month|call|visit|conversation"
_LEAD = r"within|in|after|under|below|before|every|for|than|to|of|by|until|last(?:s|ed)?"
_AHEAD = "ahead|earlier|before|later|after|in advance|beforehand|or less"
_SPAN = "second|minute|hour|day|week|fortnight|month|year"
_PART_OF_YEAR = (
    "january|february|march|april|may|june|july|august|september|october|november|december|monday|tuesday|wednesday|"
    "thursday|friday|saturday|sunday|noon|midnight|spring|summer|autumn|winter|christmas|easter|q[1-4]|tomorrow|"
    "evening|lunch"
)
_EDGE = "(?:end of|start of|early|mid|late|next)"
_YEAR = r"(?:19|20)\d\d"
_SHARES = "half|twice|double|halve[sd]?|a third|two thirds|a quarter|a fifth|a tenth"
_TIME_LIMITS = (
    rf"(?:{_LEAD}) (?:the |an? |one |{_NUMBER} ?){_WORKING}(?:same )?{_UNIT}",
    rf"(?:the |that )?(?:same|next|following|very) {_WORKING}(?:{_DAYPART})",
    r"on the (?:spot|day|date|first (?:call|try|attempt|contact|visit))|at (?:once|the latest)|overnight",
    rf"an? {_WORKING}(?:{_SPAN}) (?:{_AHEAD})",
    rf"(?:by|until|before|till|from|in|since) (?:the )?(?:{_EDGE} )?(?:{_PART_OF_YEAR})",
    rf"(?:by|before|until) (?:the )?end of (?:the |this |next )?(?:day|week|month|quarter|year|{_YEAR})",
    r"(?:by the end of |in |end of )?year (?:one|two|three|[123])",
    rf"one {_WORKING}{_UNIT}|first {_WORKING}(?:minute|hour|day|week|month|year|call|try|visit)",
)

_YEAR_ALONE = re.compile(rf"\b{_YEAR}\b(?!\s?(?:%|per ?cent|euros?|dollars?|customers?|calls?))")
_QUANTITY = re.compile(
    rf"\b{_NUMBER}\b|\b(?:{_SHARES})\b|\bone (?:\w+ )?(?:in|of|out of) (?:{_NUMBER})\b"
    r"|\b(?:one|an?) (?:percentage )?(?:percent|point|euro|dollar|pound|cent)\b",
    re.IGNORECASE,
)
_TIME_LIMIT = re.compile("|".join(rf"\b(?:{pattern})\b" for pattern in _TIME_LIMITS), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The word lists of one language; ``idioms`` are fixed turns of praise."""

    function: frozenset[str]
    people: frozenset[str]
    vague: frozenset[str]
    behaviours: frozenset[str]
    things: frozenset[str]
    openers: frozenset[str]
    idioms: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it stands, and its kind."""

    text: str
    kind: WordKind


@cache
def lexicon() -> Lexicon:
    """The English word lists, read once."""
    lists: dict[str, Any] = yaml.safe_load(WORDS_FILE.read_text())

    def words(*names: str) -> frozenset[str]:
        return frozenset(word for name in names for word in lists[name].split())

    idioms = re.compile(r"\b(?:" + "|".join(f"(?:{idiom})" for idiom in lists["idioms"]) + r")(?!\w)", re.IGNORECASE)
    return Lexicon(
        words("function"),
        words("people"),
        words(*VAGUE),
        words("behaviours"),
        words("things"),
        words("situation_openers"),
        idioms,
    )


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order, without empty ones; line breaks end a sentence."""
    found: list[str] = []
    for part in _SENTENCE_END.split(text.replace("’", "'")):
        part = part.strip(" \t-•*")
        if found and _ABBREVIATION.search(found[-1]):
            found[-1] = f"{found[-1]} {part}"
        elif part:
            found.append(part)
    return found


def word_texts(text: str) -> list[str]:
    """The words of a text in lower case, numbers left out."""
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


def reads_as_english(text: str) -> bool | None:
    """Whether a text is English, by its share of function words; None when it is too short to say."""
    words = word_texts(text)
    if len(words) < SHORTEST_JUDGED:
        return None
    known = lexicon().function | lexicon().people
    return sum(any(form in known for form in base_forms(word)) for word in words) / len(words) >= ENGLISH_SHARE


def words_of(text: str, own: frozenset[str] = frozenset()) -> list[Word]:
    """The words of an English text with their kinds; ``own`` are further words that count as things."""
    return [Word(word, _kind(word, own)) for word in word_texts(text)]


def without_idioms(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without its fixed turns of praise, and those turns as they stood."""
    found: list[str] = []

    def taken(match: re.Match[str]) -> str:
        found.append(match[0])
        return " ; "

    return lexicon().idioms.sub(taken, text.replace("’", "'")), tuple(found)


def quantities(text: str) -> list[str]:
    """Numbers that count something: years that stand alone are left out."""
    return [match[0] for match in _QUANTITY.finditer(_YEAR_ALONE.sub(" ", text))]


def time_limits(text: str) -> list[str]:
    """The words that set a time: ``within two days``, ``the same day``, ``by December``. A year alone is none."""
    return [match[0] for match in _TIME_LIMIT.finditer(text)]


def dates(text: str) -> list[str]:
    """The words that set a date: a time limit or a year."""
    return [*time_limits(text), *(match[0] for match in re.finditer(rf"\b{_YEAR}\b", text))]


@cache
def base_forms(word: str) -> tuple[str, ...]:
    """The word and what it may be a form of: plural, past, ``-ing``, possessive."""
    return tuple(dict.fromkeys(_base_forms(word)))


def _base_forms(word: str) -> Iterator[str]:
    yield word
    stem = word.removesuffix("'s").removesuffix("'")
    yield stem
    if stem.endswith("ies"):
        yield stem[:-3] + "y"
    if stem.endswith("es"):
        yield stem[:-2]
    if stem.endswith("s") and not stem.endswith("ss"):
        yield stem[:-1]
    if stem.endswith("ied"):
        yield stem[:-3] + "y"
    for ending in ("ed", "ing", "er", "est"):
        if stem.endswith(ending) and len(stem) > len(ending) + 2:
            root = stem[: -len(ending)]
            yield root
            yield root + "e"
            if len(root) > 2 and root[-1] == root[-2]:
                yield root[:-1]
    if stem.endswith("ly") and len(stem) > 4:
        yield stem[:-2]


def _kind(word: str, own: frozenset[str]) -> WordKind:
    lists, forms = lexicon(), base_forms(word)

    def among(words: frozenset[str]) -> bool:
        return any(form in words for form in forms)

    if word in lists.function:
        return "function"
    vague = among(lists.vague)
    if among(own):
        return "thing"
    if among(lists.people):
        return "people"
    if vague and (among(lists.behaviours) or among(lists.things)):
        return "either"
    if vague:
        return "vague"
    if among(lists.behaviours):
        return "behaviour"
    if among(lists.things):
        return "thing"
    if "-" in word and all(_kind(part, own) in ("vague", "people", "function", "either") for part in word.split("-")):
        return "vague"
    return "other"
