"""What a visitor posted, read and checked: pure rules. Whatever a stranger sends becomes answers, or an error in words.

Fields are named ``q.ID``, ``q.ID.ROW`` for the lines of a matrix, and ``q.ID.other`` for words beside a choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from headwater.listening.surveys.branching import OTHER, is_answered
from headwater.listening.surveys.document import SCORED, Document, Page, Question

Posted = Mapping[str, Sequence[str]]
MOST_OTHER: Final = 200
"""Characters of the words beside a choice."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why an answer cannot be taken: a code of `answer_words`, with the numbers its sentence names."""

    code: str
    most: int = 0
    given: int = 0


Errors = dict[str, Wrong]


def field_name(question_id: str, part: str = "") -> str:
    """The name of a question's field in the form."""
    return f"q.{question_id}.{part}" if part else f"q.{question_id}"


def check_answers(page: Page, posted: Posted, document: Document) -> tuple[dict[str, Any], Errors]:
    """The answers to the questions of a page, and what is wrong with them by field.

    ``page`` has the questions that were shown. A question without an answer is not among the answers. Words that are
    too long are, so that the visitor need not type them again: nothing may be stored while there is an error.
    """
    answers: dict[str, Any] = {}
    errors: Errors = {}
    for question in page.questions:
        value, wrong = _READERS[question.kind](question, posted)
        errors |= wrong
        if is_answered(value):
            answers[question.id] = value
        elif question.required and not wrong:
            errors[_first_field(question)] = Wrong("required")
    return answers, errors


def _first_field(question: Question) -> str:
    rows = question.rows if question.kind == "matrix" else ()
    return field_name(question.id, rows[0].id if rows else "")


def _one(posted: Posted, name: str) -> str:
    """The last value of a field, as browsers and Django take it, without what no text has."""
    values = posted.get(name) or [""]
    return values[-1].replace("\x00", "").replace("\r\n", "\n").strip()


def _score(question: Question, posted: Posted, part: str = "") -> tuple[int | None, Errors]:
    name = field_name(question.id, part)
    text = _one(posted, name)
    if not text:
        return None, {}
    low, high = question.bounds
    if text.isascii() and text.isdigit() and len(text) <= 3 and low <= int(text) <= high:
        return int(text), {}
    return None, {name: Wrong("not_offered")}


def _matrix(question: Question, posted: Posted) -> tuple[dict[str, int], Errors]:
    found: dict[str, int] = {}
    errors: Errors = {}
    for row in question.rows:
        value, wrong = _score(question, posted, row.id)
        errors |= wrong
        if value is not None:
            found[row.id] = value
        elif question.required and not wrong:
            errors[field_name(question.id, row.id)] = Wrong("required")
    return found, errors


def _single(question: Question, posted: Posted) -> tuple[Any, Errors]:
    name = field_name(question.id)
    chosen = _one(posted, name)
    if not chosen:
        return None, {}
    if chosen not in _offered(question):
        return None, {name: Wrong("not_offered")}
    return _beside(question, chosen, chosen == OTHER, posted)


def _multiple(question: Question, posted: Posted) -> tuple[Any, Errors]:
    name = field_name(question.id)
    chosen = set(posted.get(name) or ()) - {""}
    offered = _offered(question)
    if not chosen <= set(offered):
        return None, {name: Wrong("not_offered")}
    ids = [one for one in offered if one in chosen]
    return _beside(question, ids, OTHER in ids, posted)


def _offered(question: Question) -> list[str]:
    ids = [one.id for one in question.options]
    return [*ids, OTHER] if question.other and OTHER not in ids else ids


def _beside(question: Question, chosen: Any, is_other: bool, posted: Posted) -> tuple[Any, Errors]:
    """A choice with the words given for "other"; words without that choice are no answer."""
    if not (question.other and is_other):
        return chosen, {}
    name = field_name(question.id, OTHER)
    words = _one(posted, name)
    wrong = {name: Wrong("too_long", MOST_OTHER, len(words))} if len(words) > MOST_OTHER else {}
    return ({"choice": chosen, "other": words} if words else chosen), wrong


def _open(question: Question, posted: Posted) -> tuple[str, Errors]:
    name = field_name(question.id)
    words = _one(posted, name)
    if len(words) > question.most_characters:
        return words, {name: Wrong("too_long", question.most_characters, len(words))}
    return words, {}


def _consent(question: Question, posted: Posted) -> tuple[bool | None, Errors]:
    """A box that was shown and not ticked says no; where it is required, only a yes is an answer."""
    given = _one(posted, field_name(question.id)) == "yes"
    return (None if question.required and not given else given), {}


def _statement(question: Question, posted: Posted) -> tuple[None, Errors]:
    return None, {}


_READERS: Final[dict[str, Any]] = {
    **dict.fromkeys(SCORED, _score),
    "matrix": _matrix,
    "single": _single,
    "multiple": _multiple,
    "open": _open,
    "consent": _consent,
    "statement": _statement,
}
