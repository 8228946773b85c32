"""What is wrong with the answers offered: scales, options, what is required, and what need not be asked at all."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from headwater.listening.surveys import defaults
from headwater.listening.surveys.check_texts import LANGUAGES_READ, is_whole, phrases
from headwater.listening.surveys.editing import change_question
from headwater.listening.surveys.findings import Finding, Known, Mend
from headwater.listening.surveys.texts import Text, texts

if TYPE_CHECKING:
    from headwater.listening.surveys.document import Document, Question

SCALED = ("nps", "csat", "ces", "rating", "matrix")
MOST_ROWS = 8
_NUMBER = r"(\d+(?:[.,]\d+)?)"
JOINERS = "\ufe0f\u200d"
RANGE = re.compile(rf"{_NUMBER}\s*(?:-|–|—|to|bis|a|à|até|hasta)\s*{_NUMBER}", re.IGNORECASE)


def findings(document: Document, known: Known) -> Iterator[Finding]:
    """Of each question's answers."""
    for question in document.questions:
        yield from _scale(document, question)
        yield from _choices(document, question)
        yield from _required(document, question)
        yield from _known(document, question, known)
        yield from _measure(document, question)
    for text in texts(document):
        yield from _pictures(document, text)


def _scale(document: Document, question: Question) -> Iterator[Finding]:
    if question.kind not in SCALED:
        return
    language = document.languages[0]
    if question.kind == "matrix" and not question.rows:
        why = _("A matrix without rows asks nothing. Add a row for each thing to be rated.")
        yield Finding("no_rows", "error", why, question=question.id)
    if question.kind == "matrix" and len(question.rows) > MOST_ROWS:
        why = _("%d rows on one scale: from about the eighth on people tick the same column down. Ask fewer, or split.")
        yield Finding("long_matrix", "note", why % len(question.rows), question=question.id)
    labelled = [point for point, words in question.points.items() if document.in_language(words, language)]
    if not labelled and not (
        document.in_language(question.low, language) and document.in_language(question.high, language)
    ):
        given = defaults.labels(question.kind, language) if _is_usual(question) else None
        mend = _mend(document, question, given, _("Label it as usual")) if given else None
        why = _("The scale has no labels at its ends: nobody knows which number is good. Label both ends, best every "
                "point.")  # fmt: skip
        yield Finding("scale_without_labels", "warning", why, question=question.id, mend=mend)
    yield from _balance(document, question)


def _is_usual(question: Question) -> bool:
    return (
        question.bounds in ((1, 5), (1, 7), (0, 10))
        and (question.kind != "matrix" or question.bounds == (1, 5))
        and (question.kind in ("nps", "ces") or question.bounds == (1, 5))
    )


def _balance(document: Document, question: Question) -> Iterator[Finding]:
    for language in document.languages:
        labels = [words[language] for words in question.points.values() if words.get(language)]
        good = sum(is_whole("positive", one, language) for one in labels)
        bad = sum(is_whole("negative", one, language) for one in labels)
        if len(labels) < 3 or good + bad < len(labels) - 1 or good == bad:
            continue
        why = _("%(good)d of the labels are on the good side and %(bad)d on the bad one: such a scale brings out "
                "better or worse answers by itself. Give both sides the same number.")  # fmt: skip
        given = None
        if _is_usual(question) and question.kind not in ("nps", "ces"):
            given = defaults.labels(question.kind, language)
        mend = _mend(document, question, given, _("Label it as usual")) if given else None
        said = " · ".join(labels)
        yield Finding("unbalanced_scale", "warning", why % {"good": good, "bad": bad}, question=question.id,
                      language=language, words=said, phrase=said, mend=mend)  # fmt: skip


def _choices(document: Document, question: Question) -> Iterator[Finding]:
    if question.kind not in ("single", "multiple"):
        return
    if len(question.options) < 2:
        why = _("A choice needs two answers at least. Add them, or make it a consent or an open question.")
        yield Finding("too_few_answers", "error", why, question=question.id)
        return
    for language in document.languages:
        words = [one.text.get(language, "") for one in question.options]
        yield from _overlap(question, [one for one in words if one], language)
    language = document.languages[0]
    words = [document.in_language(one.text, language) for one in question.options]
    if question.other or language.split("-")[0] not in LANGUAGES_READ or _is_complete(words, language):
        return
    why = _("Somebody to whom none of these applies has to give a false answer or leave. Offer “Other”, or an answer "
            "such as “None of these”.")  # fmt: skip
    mend = _mend(document, question, {"other": True}, _("Offer “Other”"))
    yield Finding("no_way_out", "warning", why, question=question.id, mend=mend)


def _is_complete(words: list[str], language: str) -> bool:
    """Whether a way out is offered already, or the answers are amounts or times, which leave none out."""
    if any(is_whole("way_out", one, language) for one in words):
        return True
    measured = sum(
        bool(RANGE.search(one) or re.search(r"\d", one) or phrases("frequency", one, language)) for one in words
    )
    return measured >= len(words) - 1


def _overlap(question: Question, words: list[str], language: str) -> Iterator[Finding]:
    twice = [one for one, times in Counter(" ".join(one.split()).casefold() for one in words).items() if times > 1]
    if twice:
        shown = next(one for one in words if " ".join(one.split()).casefold() == twice[0])
        why = _("The same answer is offered twice, so that neither can be counted.")
        yield Finding("same_answer_twice", "warning", why, question=question.id, language=language, words=shown,
                      phrase=shown)  # fmt: skip
    spans: list[tuple[float, float, str]] = []
    for one in words:
        if match := RANGE.search(one):
            low, high = (float(number.replace(",", ".")) for number in match.groups())
            spans.append((low, high, one))
    for first, second in pairwise(sorted(spans)):
        if second[0] <= first[1] and question.kind == "single":
            said = f"{first[2]} · {second[2]}"
            why = _("These two overlap: somebody in both has to guess. Let the next one begin where the one before "
                    "ends.")  # fmt: skip
            yield Finding("overlapping_answers", "warning", why, question=question.id, language=language, words=said,
                          phrase=said)  # fmt: skip
            return


def _required(document: Document, question: Question) -> Iterator[Finding]:
    if not question.required:
        return
    for language in document.languages:
        words = question.text.get(language, "")
        phrase = phrases("sensitive", words, language)
        offered = [one.text.get(language, "") for one in question.options]
        if phrase and not any(is_whole("way_out", one, language) for one in offered):
            why = _("A sensitive question that must be answered: many will leave, others will say something untrue. "
                    "Let it be skipped, or take it out.")  # fmt: skip
            mend = _mend(document, question, {"required": False}, _("Let it be skipped"))
            yield Finding("required_sensitive", "warning", why, question=question.id, language=language, words=words,
                          phrase=phrase, mend=mend)  # fmt: skip


def _known(document: Document, question: Question, known: Known) -> Iterator[Finding]:
    if document.anonymous or question.kind in ("statement", "consent"):
        return
    for language in document.languages:
        words = question.text.get(language, "")
        for fact, where in known.facts.items():
            phrase = phrases(f"known.{fact}", words, language)
            if phrase:
                yield _asks_known(question, language, words, phrase, where)
        for name in sorted(known.attributes):
            plain = re.escape(name.replace("_", " "))
            match = re.search(rf"(?<!\w)(?:your|ihr\w*|su|votre|seu|sua) {plain}(?!\w)", words, re.IGNORECASE)
            if match and len(name) > 2:
                yield _asks_known(question, language, words, match.group(0), name)


def _asks_known(question: Question, language: str, words: str, phrase: str, where: str) -> Finding:
    why = _("The record knows this of everybody who is invited (%s), and more reliably. Take the question out: it "
            "comes with the answer by itself.")  # fmt: skip
    return Finding("asks_what_is_known", "warning", why % where, question=question.id, language=language, words=words,
                   phrase=phrase)  # fmt: skip


def _measure(document: Document, question: Question) -> Iterator[Finding]:
    """NPS is of the whole relationship; satisfaction, effort and ease are of a stage or moment."""
    for language in document.languages:
        words = question.text.get(language, "")
        moment, whole = phrases("moment", words, language), phrases("whole", words, language)
        if question.kind == "nps" and (moment or question.moment or question.stage):
            why = _("Recommendation is asked of a customer's whole relationship; of one moment ask for satisfaction "
                    "(CSAT) or ease (CES). A delivery can be poor and the company still be recommended.")  # fmt: skip
            yield Finding("nps_of_a_moment", "warning", why, question=question.id, language=language, words=words,
                          phrase=moment)  # fmt: skip
            return
        if question.kind == "csat" and whole and not moment and not (question.moment or question.stage):
            why = _("Satisfaction is asked of one moment that the customer just went through; of the whole "
                    "relationship ask for recommendation (NPS). What one is satisfied with in general nobody can "
                    "mend.")  # fmt: skip
            yield Finding("satisfaction_of_the_whole", "warning", why, question=question.id, language=language,
                          words=words, phrase=whole)  # fmt: skip


def _pictures(document: Document, text: Text) -> Iterator[Finding]:
    if text.part in ("thanks", "privacy"):
        return
    for language, words in text.words.items():
        found = [one for one in words if _is_picture(one)]
        if not found:
            continue
        why = _("A picture or colour says which answer is wanted, and is not read the same by everybody. Use words.")
        bare = " ".join("".join(one for one in words if not _is_picture(one)).split())
        question = document.question(text.question) if text.question else None
        mend = None
        if question is not None and bare:
            changed = replaced(question, text, language, bare)
            mend = Mend(bare, change_question(document, changed))
        yield Finding("emoji", "warning", why, page=text.page, question=text.question, item=f"{text.part}{text.item}",
                      language=language, words=words, phrase="".join(dict.fromkeys(found)), mend=mend)  # fmt: skip


def replaced(question: Question, text: Text, language: str, words: str) -> Question:
    """The question with other words in one of its texts."""
    new = {**text.words, language: words}
    if text.part == "point":
        return question.model_copy(update={"points": {**question.points, text.item: new}})
    if text.part in ("option", "row"):
        field = f"{text.part}s"
        lines = [
            one.model_copy(update={"text": new}) if one.id == text.item else one for one in getattr(question, field)
        ]
        return question.model_copy(update={field: tuple(lines)})
    return question.model_copy(update={text.part: new})


def _is_picture(character: str) -> bool:
    """Whether it is an emoji, one of their skin tones, or what joins them."""
    if character in JOINERS or 0x1F3FB <= ord(character) <= 0x1F3FF:
        return True
    return unicodedata.category(character) == "So" and character not in "©®™°"


def _mend(document: Document, question: Question, update: dict[str, Any], words: str) -> Mend:
    changed = question.model_copy(update=update)
    return Mend(words, change_question(document, changed))
