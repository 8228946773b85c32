"""A survey as people read it: its questions in words, with what each can be answered and when it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from headwater.listening.surveys.conditions import in_words, jump_in_words, values
from headwater.listening.surveys.differences import kind_name
from headwater.listening.surveys.texts import number_of

if TYPE_CHECKING:
    from headwater.listening.surveys.document import Document, Page, Question


@dataclass(frozen=True, slots=True)
class QuestionRead:
    """One question in words."""

    question: Question
    number: int
    words: str
    help: str
    kind: str
    answers: tuple[str, ...]
    rows: tuple[str, ...]
    shown_if: str


@dataclass(frozen=True, slots=True)
class PageRead:
    """One page in words."""

    page: Page
    number: int
    title: str
    shown_if: str
    questions: tuple[QuestionRead, ...]
    jumps: tuple[str, ...]


def wording_of(document: Document, language: str) -> tuple[PageRead, ...]:
    """The survey in words; where a translation is missing the first language stands in."""
    return tuple(
        PageRead(
            page,
            number,
            document.in_language(page.title, language),
            in_words(document, page.show_if) if page.show_if else "",
            tuple(_question(document, one, language) for one in page.questions),
            tuple(jump_in_words(document, one) for one in page.jumps),
        )
        for number, page in enumerate(document.pages, start=1)
    )


def _question(document: Document, question: Question, language: str) -> QuestionRead:
    answers = tuple(words for _value, words in values(document, question, language)) if _has_answers(question) else ()
    if question.low or question.high:
        low, high = document.in_language(question.low, language), document.in_language(question.high, language)
        ends = question.bounds
        answers = (f"{ends[0]} · {low}" if low else str(ends[0]), f"{ends[1]} · {high}" if high else str(ends[1]))
    return QuestionRead(
        question,
        number_of(document, question.id),
        document.in_language(question.text, language),
        document.in_language(question.help, language),
        kind_name(question.kind),
        answers,
        tuple(document.in_language(row.text, language) for row in question.rows),
        in_words(document, question.show_if) if question.show_if else "",
    )


def _has_answers(question: Question) -> bool:
    return question.kind not in ("open", "statement", "consent")
