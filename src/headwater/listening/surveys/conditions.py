"""Branching in words: what a rule asks of earlier answers, as people read it and as they choose it from lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from headwater.listening.surveys.document import END, SCORED
from headwater.listening.surveys.texts import short

if TYPE_CHECKING:
    from headwater.listening.surveys.document import Condition, Document, Jump, Question, Rule

COMPARED = ("at_least", "at_most")
BARE = ("answered", "skipped")


@dataclass(frozen=True, slots=True)
class Asked:
    """One earlier question, or one row of an earlier matrix, that branching can ask for."""

    key: str
    label: str
    question: Question
    row: str | None = None


def askable(document: Document, before: str | None) -> list[Asked]:
    """The answers that branching can ask for at this question; with None at the end of the survey."""
    found: list[Asked] = []
    for question in document.questions:
        if question.id == before:
            break
        if question.kind == "statement":
            continue
        label = short(document, question)
        if question.kind == "matrix":
            for row in question.rows:
                words = document.in_language(row.text, document.languages[0])
                found.append(Asked(f"{question.id}:{row.id}", f"{label} · {words}", question, row.id))
        else:
            found.append(Asked(question.id, label, question))
    return found


def tests(question: Question) -> list[tuple[str, str]]:
    """The tests that make sense for a question's answers, with their words."""
    bare = [("answered", _("was answered")), ("skipped", _("was skipped"))]
    one_of = [("one_of", _("is one of")), ("none_of", _("is none of"))]
    if question.kind == "open":
        return bare
    if question.kind in SCORED or question.kind == "matrix":
        return [("at_most", _("is at most")), ("at_least", _("is at least")), *one_of, *bare]
    return [*one_of, *bare]


def values(document: Document, question: Question, language: str | None = None) -> list[tuple[str, str]]:
    """The answers a question can have, with their words, in the survey's first language where none is named."""
    language = language or document.languages[0]
    if question.kind in SCORED or question.kind == "matrix":
        low, high = question.bounds
        return [(str(number), _point(document, question, number, language)) for number in range(low, high + 1)]
    if question.kind == "consent":
        return [("true", _("agreed")), ("false", _("not agreed"))]
    found = [(one.id, document.in_language(one.text, language) or one.id) for one in question.options]
    return [*found, ("other", _("Other"))] if question.other else found


def in_words(document: Document, rule: Rule) -> str:
    """The rule as a clause: "1. How likely… is at most 6 and 2. Solved? is one of No"."""
    joint = f" {_('and')} " if rule.match == "all" else f" {_('or')} "
    return joint.join(_condition(document, one) for one in rule.conditions)


def jump_in_words(document: Document, jump: Jump) -> str:
    """A jump as a sentence."""
    if jump.to == END:
        return _("If %s, end the survey.") % in_words(document, jump.when)
    number = [page.id for page in document.pages].index(jump.to) + 1
    return _("If %(rule)s, go to page %(page)d.") % {"rule": in_words(document, jump.when), "page": number}


def _condition(document: Document, condition: Condition) -> str:
    question = document.question(condition.question)
    if question is None:
        return condition.question
    name = f"“{short(document, question, length=40)}”"
    row = next((one for one in question.rows if one.id == condition.row), None)
    if row is not None:
        name += f" ({document.in_language(row.text, document.languages[0])})"
    test = dict(tests(question)).get(condition.test, condition.test)
    if condition.test in BARE:
        return f"{name} {test}"
    known = dict(values(document, question))
    said = [known.get(value, value) for value in condition.values]
    joint = f" {_('or')} "
    return f"{name} {test} {joint.join(said)}"


def _point(document: Document, question: Question, number: int, language: str) -> str:
    words = document.in_language(question.points.get(str(number), {}), language)
    return f"{number} · {words}" if words else str(number)
