"""Edits of a survey as pure functions: an old document in, a new one out, or a refusal that says why not."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, TypeVar

from django.utils.translation import gettext as _

from headwater.base.refusals import NotFound, Refused
from headwater.listening.surveys import defaults
from headwater.listening.surveys.document import END, Document, Jump, Kind, Language, Page, Question, Rule
from headwater.listening.surveys.exchange import read, written

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

P = TypeVar("P", Page, Question)
ID_LENGTH = 40
FORBIDDEN = "survey.branching_forbids"
"""The code of a move that branching forbids."""
TEXTS = frozenset({"title", "intro", "thanks", "privacy", "text", "help", "low", "high"})
"""What holds words by language."""


def add_page(document: Document) -> tuple[Document, str]:
    """The survey with an empty page at the end, and the page's id."""
    page = Page(id=free_id("p", {page.id for page in document.pages}))
    return _with(document, (*document.pages, page)), page.id


def add_question(document: Document, kind: Kind, page_id: str) -> tuple[Document, str]:
    """The survey with a new question of this kind at the end of a page, and the question's id."""
    page = page_of(document, page_id)
    id = free_id("q", {one.id for one in document.questions})
    content = defaults.question(kind, id, document.languages[0])
    question = Question.model_validate(content)
    return _with_page(document, _asking(page, (*page.questions, question))), id


def change_question(document: Document, question: Question) -> Document:
    """The survey with a question replaced by this one of the same id."""
    page = page_with(document, question.id)
    return _with_page(document, _asking(page, [question if one.id == question.id else one for one in page.questions]))


def change_page(document: Document, page: Page) -> Document:
    """The survey with a page replaced by this one of the same id."""
    page_of(document, page.id)
    return _with_page(document, page)


def change_settings(document: Document, values: dict[str, Any]) -> Document:
    """The survey with words and settings of the whole: ``title``, ``intro``, ``thanks``, ``privacy``, ``anonymous``…"""
    return read({**written(document), **values})


def move_page(document: Document, page_id: str, by: int) -> Document:
    """The survey with a page some places later, or earlier by a negative number. Refuses what branching forbids."""
    page = page_of(document, page_id)
    return _moved(document, _shifted(document.pages, page, by))


def move_question(document: Document, question_id: str, by: int) -> Document:
    """The survey with a question one place later (``by`` 1) or earlier (−1), across pages."""
    page = page_with(document, question_id)
    question = next(one for one in page.questions if one.id == question_id)
    place = page.questions.index(question)
    if 0 <= place + by < len(page.questions):
        inside = _asking(page, _shifted(page.questions, question, by))
        return _moved(document, [inside if one.id == page.id else one for one in document.pages])
    at = document.pages.index(page)
    target = at + (1 if by > 0 else -1)
    if not 0 <= target < len(document.pages):
        return document
    return place_question(document, question_id, document.pages[target].id, 0 if by > 0 else len(document.questions))


def place_question(document: Document, question_id: str, page_id: str, index: int) -> Document:
    """The survey with a question at this place (from 0) of a page."""
    old, target = page_with(document, question_id), page_of(document, page_id)
    question = next(one for one in old.questions if one.id == question_id)
    pages = []
    for page in document.pages:
        asked = [one for one in page.questions if one.id != question_id]
        if page.id == target.id:
            asked.insert(max(0, index), question)
        pages.append(_asking(page, asked))
    return _moved(document, pages)


def duplicate_question(document: Document, question_id: str) -> tuple[Document, str]:
    """The survey with a copy of a question right after it, and the copy's id."""
    page = page_with(document, question_id)
    id = free_id("q", {one.id for one in document.questions})
    asked: list[Question] = []
    for one in page.questions:
        asked.append(one)
        if one.id == question_id:
            asked.append(one.model_copy(update={"id": id, "attribute": None}))
    return _with_page(document, _asking(page, asked)), id


def duplicate_page(document: Document, page_id: str) -> tuple[Document, str]:
    """The survey with a copy of a page after it. Its branching within the page follows the copies."""
    page = page_of(document, page_id)
    taken = {one.id for one in document.questions}
    renamed: dict[str, str] = {}
    for one in page.questions:
        renamed[one.id] = free_id("q", taken | set(renamed.values()))
    copies = [
        one.model_copy(update={"id": renamed[one.id], "attribute": None, "show_if": _renamed(one.show_if, renamed)})
        for one in page.questions
    ]
    id = free_id("p", {one.id for one in document.pages})
    copy = _asking(page, copies).model_copy(update={"id": id, "jumps": ()})
    pages = [part for one in document.pages for part in ((one, copy) if one.id == page_id else (one,))]
    return _with(document, pages), id


def remove_question(document: Document, question_id: str) -> Document:
    """The survey without a question, and without the conditions that ask for its answer."""
    page = page_with(document, question_id)
    rest = _asking(page, [one for one in page.questions if one.id != question_id])
    return _without_answers(_pages_with(document, rest), document, {question_id}, set())


def remove_page(document: Document, page_id: str) -> Document:
    """The survey without a page, its questions, the conditions that ask for their answers, and jumps to it."""
    page = page_of(document, page_id)
    rest = [one for one in document.pages if one.id != page_id]
    return _without_answers(rest, document, {one.id for one in page.questions}, {page_id})


def dependents(document: Document, question_ids: Collection[str]) -> list[str]:
    """Ids of the pages and questions whose branching asks for one of these answers."""
    found = []
    for page in document.pages:
        rules = [page.show_if, *(jump.when for jump in page.jumps)]
        if any(_asks(rule, question_ids) for rule in rules):
            found.append(page.id)
        found += [one.id for one in page.questions if _asks(one.show_if, question_ids)]
    return found


def add_language(document: Document, language: str) -> Document:
    """The survey with one more language, its words still to be translated. A known language changes nothing."""
    if language in document.languages:
        return document
    return change_settings(document, {"languages": [*document.languages, language]})


def remove_language(document: Document, language: Language) -> Document:
    """The survey without a language and all words in it. Refuses the first language, which every text has."""
    if language == document.languages[0]:
        message = _("%s is the language every text has. Make another language the first before you take it out.")
        raise Refused("survey.first_language", message % language, "language")
    content = _without_language(written(document), language)
    content["languages"] = [one for one in document.languages if one != language]
    return read(content)


def lead_language(document: Document, language: Language) -> Document:
    """The survey with this language as the first: the one that stands in where a translation is missing."""
    if language not in document.languages:
        raise NotFound("survey.no_language", _("The survey has no words in %s.") % language, "language")
    rest = [one for one in document.languages if one != language]
    return change_settings(document, {"languages": [language, *rest]})


def page_of(document: Document, page_id: str) -> Page:
    """The page of this id. Raises NotFound."""
    for page in document.pages:
        if page.id == page_id:
            return page
    raise NotFound("survey.no_page", _("The survey has no page “%s” any more. Reload the page.") % page_id)


def page_with(document: Document, question_id: str) -> Page:
    """The page that asks a question. Raises NotFound."""
    for page in document.pages:
        if any(one.id == question_id for one in page.questions):
            return page
    message = _("The survey has no question “%s” any more. Reload the page.")
    raise NotFound("survey.no_question", message % question_id)


def question_of(document: Document, question_id: str) -> Question:
    """The question of this id. Raises NotFound."""
    page = page_with(document, question_id)
    return next(one for one in page.questions if one.id == question_id)


def free_id(base: str, taken: Collection[str]) -> str:
    """The first of base1, base2 … that is not taken."""
    number = 1
    while f"{base}{number}" in taken:
        number += 1
    return f"{base}{number}"


def id_from(words: str, taken: Collection[str], base: str = "o") -> str:
    """An id made from words, such as an option's; a counted one where they hold no Latin letters."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[: ID_LENGTH - 4].strip("_")
    if not slug or not slug[0].isalpha():
        return free_id(base, taken)
    return slug if slug not in taken else free_id(f"{slug}_", taken)


def _with(document: Document, pages: Iterable[Page]) -> Document:
    return read(written(document.model_copy(update={"pages": tuple(pages)})))


def _pages_with(document: Document, page: Page) -> list[Page]:
    return [page if one.id == page.id else one for one in document.pages]


def _with_page(document: Document, page: Page) -> Document:
    return _with(document, _pages_with(document, page))


def _asking(page: Page, questions: Iterable[Question]) -> Page:
    return page.model_copy(update={"questions": tuple(questions)})


def _shifted(parts: tuple[P, ...], part: P, by: int) -> list[P]:
    order = [one for one in parts if one is not part]
    order.insert(max(0, min(len(order), parts.index(part) + by)), part)
    return order


def _moved(document: Document, pages: Iterable[Page]) -> Document:
    """The survey in its new order, unless a rule would then ask for a later answer or a jump lead backwards."""
    try:
        return _with(document, pages)
    except Refused as refused:
        message = _("It cannot stand there: %s. Change the branching first.")
        raise Refused(FORBIDDEN, message % refused.message.split(": ", 1)[-1].rstrip(".")) from refused


def _asks(rule: Rule | None, question_ids: Collection[str]) -> bool:
    return rule is not None and any(one.question in question_ids for one in rule.conditions)


def _renamed(rule: Rule | None, renamed: dict[str, str]) -> Rule | None:
    if rule is None:
        return None
    conditions = [
        one.model_copy(update={"question": renamed.get(one.question, one.question)}) for one in rule.conditions
    ]
    return rule.model_copy(update={"conditions": tuple(conditions)})


def _without(rule: Rule | None, questions: Collection[str]) -> Rule | None:
    if rule is None:
        return None
    conditions = tuple(one for one in rule.conditions if one.question not in questions)
    return rule.model_copy(update={"conditions": conditions}) if conditions else None


def _without_answers(
    pages: Iterable[Page], document: Document, questions: Collection[str], gone: Collection[str]
) -> Document:
    kept = []
    for page in pages:
        jumps: list[Jump] = []
        for jump in page.jumps:
            when = _without(jump.when, questions)
            if when is not None and (jump.to == END or jump.to not in gone):
                jumps.append(jump.model_copy(update={"when": when}))
        asked = tuple(one.model_copy(update={"show_if": _without(one.show_if, questions)}) for one in page.questions)
        show_if = _without(page.show_if, questions)
        kept.append(page.model_copy(update={"questions": asked, "show_if": show_if, "jumps": tuple(jumps)}))
    return _with(document, kept)


def _without_language(part: Any, language: str) -> Any:
    """Plain data without the words in one language."""
    if isinstance(part, list):
        return [_without_language(one, language) for one in part]
    if not isinstance(part, dict):
        return part
    kept = {}
    for key, value in part.items():
        if key in TEXTS:
            kept[key] = {known: words for known, words in value.items() if known != language}
        elif key == "points":
            kept[key] = {point: {k: w for k, w in words.items() if k != language} for point, words in value.items()}
        else:
            kept[key] = _without_language(value, language)
    return kept
