"""How easy a text is to read, by the standard formulas, and the words that outsiders would not understand.

Flesch reading ease (Flesch 1948), Flesch-Kincaid grade (Kincaid and others 1975) and LIX (Björnsson 1968), from the
counts of the package ``readability``. The first two are made for English; LIX counts letters and serves most languages.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import readability
import yaml
from readability.langdata import LANGDATA

from headwater.strategy.check.english import sentences

JARGON_FILE = Path(__file__).parent / "words" / "jargon.yaml"
_syllables: Callable[[str], int] = LANGDATA["en"]["syllables"]
_TOKEN = re.compile(r"\w+(?:['’-]\w+)*|[.!?,;:%]")
_NOT_A_WORD = re.compile(r"^[\d.,%]+$")


@dataclass(frozen=True, slots=True)
class ReadingEase:
    """``flesch``: 0 (hard) … 100 (easy); ``grade``: years of school; ``lix``: 20 (easy) … 60 (hard)."""

    flesch: float
    grade: float
    lix: float
    words: int
    longest: str
    longest_words: int


def reading_ease(text: str) -> ReadingEase | None:
    """The figures of a text; None when it has no words."""
    parts = sentences(text)
    counts = [(len(_words(part)), part) for part in parts]
    total = sum(count for count, _ in counts)
    if not total:
        return None
    lines = [_words(part) for part in parts if _words(part)]
    measured: Any = readability.getmeasures([" ".join(line) + " ." for line in lines], lang="en")
    per_sentence = total / len(lines)
    # The package finds no syllable in "the"; every word has one.
    per_word = sum(max(1, _syllables(word)) for line in lines for word in line) / total
    longest_words, longest = max(counts)
    return ReadingEase(
        flesch=206.835 - 1.015 * per_sentence - 84.6 * per_word,
        grade=0.39 * per_sentence + 11.8 * per_word - 15.59,
        lix=float(measured["readability grades"]["LIX"]),
        words=total,
        longest=longest,
        longest_words=longest_words,
    )


@dataclass(frozen=True, slots=True)
class JargonWord:
    """A word as it stands in the text, and a plain way to say it."""

    word: str
    plain: str


def jargon_in(text: str) -> list[JargonWord]:
    """The jargon of an English text, each word once, in the order of the list."""
    found = []
    for pattern, plain in _jargon():
        match = pattern.search(text)
        if match:
            found.append(JargonWord(match[0], plain))
    return found


@cache
def _jargon() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Abbreviations match as they are written, other words in either case."""
    listed: dict[str, str] = yaml.safe_load(JARGON_FILE.read_text())
    return tuple(
        (re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])", 0 if word.isupper() else re.IGNORECASE), plain)
        for word, plain in listed.items()
    )


def _words(text: str) -> list[str]:
    return [token for token in _TOKEN.findall(text) if token[0].isalnum() and not _NOT_A_WORD.match(token)]
