"""The fixed words of an answering page, in the visitor's language rather than the installation's.

A survey may ask in languages that the product itself has no translation for, so that gettext's catalogues, which
follow the reader, do not serve here. Where a language is missing, the words are English.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

from headwater.listening.surveys.document import direction

FILE: Final = Path(__file__).with_name("answer_words.json")
NATIVE: Final = {
    "ar": "العربية", "cs": "Čeština", "da": "Dansk", "de": "Deutsch", "el": "Ελληνικά", "en": "English",
    "es": "Español", "fa": "فارسی", "fi": "Suomi", "fr": "Français", "he": "עברית", "hi": "हिन्दी", "hu": "Magyar",
    "it": "Italiano", "ja": "日本語", "ko": "한국어", "nb": "Norsk", "nl": "Nederlands", "no": "Norsk", "pl": "Polski",
    "pt": "Português", "ro": "Română", "ru": "Русский", "sv": "Svenska", "tr": "Türkçe", "uk": "Українська",
    "ur": "اردو", "vi": "Tiếng Việt", "zh": "中文",
}  # fmt: skip
"""What languages call themselves: a visitor looks for their own."""


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = json.loads(FILE.read_text("utf-8"))
    return words


def words_of(language: str) -> dict[str, str]:
    """Every fixed word by its code."""
    catalogue = _catalogue()
    return catalogue.get(language) or catalogue.get(language.split("-")[0]) or catalogue["en"]


def spoken(language: str) -> str:
    """The language that the fixed words are in when this one is asked for: itself, or English."""
    return language if language.split("-")[0] in _catalogue() else "en"


def name_of(language: str) -> str:
    """What a language calls itself, else its code."""
    return NATIVE.get(language) or NATIVE.get(language.split("-")[0]) or language


def is_mirrored(language: str) -> bool:
    """Whether the fixed words run from right to left."""
    return direction(spoken(language)) == "rtl"
