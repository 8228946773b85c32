"""Every text of a survey with the place where it stands: for translation, for comparing versions, for the check."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from headwater.listening.surveys.document import Document, Language, Question, Texts

Part = Literal["title", "intro", "thanks", "privacy", "text", "help", "low", "high", "point", "option", "row"]


@dataclass(frozen=True, slots=True)
class Text:
    """Words by language and where they stand: ``page`` or ``question`` (neither: the whole survey), and ``item``,
    the point, option or row."""

    part: Part
    words: Texts
    page: str = ""
    question: str = ""
    item: str = ""


@dataclass(frozen=True, slots=True)
class Translation:
    """How far a language is: ``done`` of ``total`` texts, and those that miss it."""

    language: str
    total: int
    missing: tuple[Text, ...]

    @property
    def done(self) -> int:
        return self.total - len(self.missing)


def texts(document: Document) -> Iterator[Text]:
    """Every text that somebody wrote in some language, in the order of the survey."""
    for text in _all(document):
        if any(words.strip() for words in text.words.values()):
            yield text


def translations(document: Document) -> list[Translation]:
    """How far each language is, the first language first."""
    found = list(texts(document))
    return [
        Translation(language, len(found), tuple(one for one in found if not one.words.get(language, "").strip()))
        for language in document.languages
    ]


def place(document: Document, text: Text) -> str:
    """Where a text stands, in words: "Question 2, answer 1"."""
    if text.question:
        number = number_of(document, text.question)
        where = _("Question %d") % number
        return f"{where}, {part_name(text.part)}" + (f" ({text.item})" if text.item else "")
    if text.page:
        return _("Page %d, title") % ([page.id for page in document.pages].index(text.page) + 1)
    return part_name(text.part).capitalize()


def place_of(document: Document, question: str = "", page: str = "") -> str:
    """A question or page by its number, in words; "" for the survey as a whole."""
    if question:
        return _("Question %d") % number_of(document, question)
    pages = [one.id for one in document.pages]
    return _("Page %d") % (pages.index(page) + 1) if page in pages else ""


def number_of(document: Document, question_id: str) -> int:
    """The number a question has for people, from 1; 0 when there is no such question."""
    for number, one in enumerate(document.questions, start=1):
        if one.id == question_id:
            return number
    return 0


def short(document: Document, question: Question, language: Language | None = None, length: int = 60) -> str:
    """A question in one line: its number and its first words."""
    words = document.in_language(question.text, language or document.languages[0]) or _("not worded yet")
    words = " ".join(words.split())
    return f"{number_of(document, question.id)}. {words if len(words) <= length else words[: length - 1] + '…'}"


def part_name(part: Part) -> str:
    """What a part of a survey is called on a page."""
    return {
        "title": _("title"),
        "intro": _("introduction"),
        "thanks": _("thanks"),
        "privacy": _("privacy text"),
        "text": _("wording"),
        "help": _("help"),
        "low": _("label of the low end"),
        "high": _("label of the high end"),
        "point": _("label of a point"),
        "option": _("answer"),
        "row": _("row"),
    }[part]


def _all(document: Document) -> Iterator[Text]:
    yield Text("title", document.title)
    yield Text("intro", document.intro)
    for page in document.pages:
        yield Text("title", page.title, page=page.id)
        for question in page.questions:
            yield from _of_question(question)
    yield Text("thanks", document.thanks)
    yield Text("privacy", document.privacy)


def _of_question(question: Question) -> Iterator[Text]:
    yield Text("text", question.text, question=question.id)
    yield Text("help", question.help, question=question.id)
    yield Text("low", question.low, question=question.id)
    yield Text("high", question.high, question=question.id)
    for point, words in question.points.items():
        yield Text("point", words, question=question.id, item=point)
    for option in question.options:
        yield Text("option", option.text, question=question.id, item=option.id)
    for row in question.rows:
        yield Text("row", row.text, question=question.id, item=row.id)
