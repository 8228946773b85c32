"""Branching that cannot work: conditions no answer can meet, and what depends on what is never asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from headwater.listening.surveys.conditions import COMPARED, in_words, values
from headwater.listening.surveys.document import SCORED
from headwater.listening.surveys.findings import Finding, Known, Mend

if TYPE_CHECKING:
    from headwater.listening.surveys.document import Condition, Document, Question, Rule

Allowed = frozenset[str] | None
"""The single answers that meet a condition; None where any answer, several or none may meet it."""


def findings(document: Document, _known: Known) -> Iterator[Finding]:
    """Rules that never hold, with all that hangs on them."""
    never: set[str] = set()
    for page in document.pages:
        page_never = page.show_if is not None and not _can_hold(document, page.show_if, never)
        if page_never and page.show_if:
            yield _dead(document, page.show_if, page=page.id)
        for question in page.questions:
            dead = question.show_if is not None and not _can_hold(document, question.show_if, never)
            if dead and question.show_if:
                mend = Mend(_("Always show it"), _shown(document, question))
                yield _dead(document, question.show_if, question=question.id, mend=mend)
            if dead or page_never:
                never.add(question.id)
        for number, jump in enumerate(page.jumps):
            if not _can_hold(document, jump.when, never):
                yield _dead(document, jump.when, page=page.id, item=f"jump{number}")


def allowed(document: Document, condition: Condition) -> Allowed:
    """The single answers that meet a condition."""
    question = document.question(condition.question)
    if question is None:
        return frozenset()
    if condition.test == "skipped":
        return None
    known = frozenset(value for value, _label in values(document, question))
    if condition.test == "answered" or question.kind == "open":
        return None
    if condition.row is not None and all(row.id != condition.row for row in question.rows):
        return frozenset()
    if condition.test in COMPARED:
        return _compared(condition, known)
    named = frozenset(condition.values)
    return known & named if condition.test == "one_of" else known - named


def _compared(condition: Condition, known: frozenset[str]) -> Allowed:
    limit = next(iter(condition.values), "")
    if not limit.isdecimal():
        return frozenset()
    at_least = condition.test == "at_least"
    return frozenset(one for one in known if (int(one) >= int(limit) if at_least else int(one) <= int(limit)))


def _can_hold(document: Document, rule: Rule, never: set[str]) -> bool:
    each = [_possible(document, one, never) for one in rule.conditions]
    if rule.match == "any":
        return any(each)
    return all(each) and not _contradicts(document, rule)


def _possible(document: Document, condition: Condition, never: set[str]) -> bool:
    if condition.question in never:
        return condition.test in ("skipped", "none_of")
    found = allowed(document, condition)
    return found is None or bool(found)


def _contradicts(document: Document, rule: Rule) -> bool:
    """Whether no single answer meets all conditions on the same question; several choices never contradict."""
    left: dict[tuple[str, str | None], frozenset[str]] = {}
    skipped: dict[str, set[str]] = defaultdict(set)
    for one in rule.conditions:
        question = document.question(one.question)
        skipped[one.question].add(one.test)
        found = allowed(document, one)
        if question is None or found is None or not _has_one_answer(question):
            continue
        key = (one.question, one.row)
        left[key] = left[key] & found if key in left else found
    return any(not one for one in left.values()) or any({"answered", "skipped"} <= one for one in skipped.values())


def _has_one_answer(question: Question) -> bool:
    return question.kind in SCORED or question.kind in ("single", "matrix", "consent")


def _shown(document: Document, question: Question) -> Document:
    pages = tuple(
        page.model_copy(
            update={
                "questions": tuple(
                    one.model_copy(update={"show_if": None}) if one.id == question.id else one for one in page.questions
                )
            }
        )
        for page in document.pages
    )
    return document.model_copy(update={"pages": pages})


def _dead(
    document: Document, rule: Rule, *, page: str = "", question: str = "", item: str = "", mend: Mend | None = None
) -> Finding:
    why = _("No answer can make this true, so that nobody will ever get there. Choose other answers, or take it out.")
    said = in_words(document, rule)
    return Finding("dead_branch", "error", why, page=page, question=question, item=item, words=said, phrase=said,
                   mend=mend)  # fmt: skip
