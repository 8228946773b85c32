"""How long answering takes, in minutes: reading at the language's usual speed, and deciding by kind of question.

Reading: adults read non-fiction silently at 238 words a minute in English (Brysbaert 2019, Journal of Memory and
Language 109, a meta-analysis of 190 studies); other languages relative to it by Trauzettel-Klosinski and Dietz 2012
(Investigative Ophthalmology & Visual Science 53, Table 2; Chinese and Japanese by characters). Answering: 2.5 seconds
to choose on a scale or among options and mark it, as much again for each further row, half a second for each answer
beyond five that is looked through, and 40 seconds to write an open answer, which few do at length: the order of
magnitude that Callegaro, Lozar Manfreda and Vehovar 2015 ("Web Survey Methodology", section 2.3) give for web surveys.

An estimate before the first answers; once there are some, the median of the real times says more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headwater.listening.surveys.document import Document, Language, Question, Texts

WORDS_A_MINUTE: Mapping[str, int] = {
    "en": 238, "de": 187, "es": 228, "fr": 204, "pt": 189, "it": 196, "nl": 211, "pl": 174, "sv": 208, "fi": 168,
    "ru": 192, "tr": 173, "ar": 144, "he": 195,
}  # fmt: skip
CHARACTERS_A_MINUTE: Mapping[str, int] = {"zh": 266, "ja": 373}
UNKNOWN = 190
CHOOSE, LOOK, WRITE, OTHER, USUAL = 2.5, 0.5, 40.0, 5.0, 5
SPREAD = 1.6
"""Slow readers take this many times as long as the middle ones, quick ones as many times less."""


@dataclass(frozen=True, slots=True)
class Length:
    """Minutes for somebody in the middle, and the range of most people. Every question is counted as if shown."""

    estimate: float
    low: float
    high: float
    questions: int


def minutes(document: Document, language: Language) -> Length:
    """How long answering takes somebody who sees every question, with the range of most people."""
    seconds = _reading(document, language, document.intro, document.privacy)
    for page in document.pages:
        seconds += _reading(document, language, page.title)
        seconds += sum(_answering(document, one, language) for one in page.questions)
    estimate = seconds / 60
    asked = sum(one.kind != "statement" for one in document.questions)
    return Length(estimate, estimate / SPREAD, estimate * SPREAD, asked)


def _answering(document: Document, question: Question, language: Language) -> float:
    words = [question.text, question.help, question.low, question.high, *question.points.values()]
    words += [one.text for one in question.options] + [one.text for one in question.rows]
    seconds = _reading(document, language, *words)
    if question.kind == "statement":
        return seconds
    if question.kind == "open":
        return seconds + WRITE
    if question.kind == "matrix":
        return seconds + CHOOSE * max(1, len(question.rows))
    beyond = max(0, len(question.options) - USUAL) * LOOK
    return seconds + CHOOSE + beyond + (OTHER if question.other else 0)


def _reading(document: Document, language: Language, *texts: Texts) -> float:
    main = language.split("-")[0]
    seconds = 0.0
    for one in texts:
        words = document.in_language(one, language)
        if main in CHARACTERS_A_MINUTE:
            seconds += 60 * len(re.sub(r"\s", "", words)) / CHARACTERS_A_MINUTE[main]
        else:
            seconds += 60 * len(words.split()) / WORDS_A_MINUTE.get(main, UNKNOWN)
    return seconds
