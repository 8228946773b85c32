"""The word lists of the check, ready to search with: one set a language."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any

import yaml

LANGUAGES_READ = ("en", "de", "es", "fr", "pt")


@cache
def lists(language: str) -> dict[str, Any]:
    """The lists of a language; empty for one that is not read."""
    return _all().get(language.split("-")[0], {})


@cache
def pattern(name: str, language: str, *, whole: bool = False) -> re.Pattern[str] | None:
    """A list as a pattern of whole words; with ``whole`` it has to match the whole text. None where there is none."""
    found: Any = lists(language)
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    if found is None:
        return None
    text = "|".join(found) if isinstance(found, list) else str(found)
    return re.compile(rf"^\W*(?:{text})\W*$" if whole else rf"(?<!\w)(?:{text})(?!\w)", re.IGNORECASE)


def phrases(name: str, words: str, language: str) -> str:
    """The first phrase of a list in these words, as it stands there; "" where there is none."""
    looked = pattern(name, language)
    match = looked.search(_plain(words)) if looked else None
    return words[match.start() : match.end()] if match else ""


def is_whole(name: str, words: str, language: str) -> bool:
    """Whether these words are nothing but one of a list's phrases."""
    looked = pattern(name, language, whole=True)
    return looked is not None and looked.match(_plain(words.strip())) is not None


def without_apart(words: str, language: str) -> str:
    """The words with what looks like a finding and is none blanked out, at the same places."""
    looked = pattern("apart", language)
    return looked.sub(lambda match: "·" * len(match.group(0)), _plain(words)) if looked else words


def _plain(words: str) -> str:
    """Apostrophes as the lists have them; every character stays at its place."""
    return words.replace("’", "'").replace("‘", "'")


@cache
def _all() -> dict[str, dict[str, Any]]:
    text = resources.files("headwater.listening.surveys").joinpath("check_words.yaml").read_text("utf-8")
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return loaded
