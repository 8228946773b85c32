"""What differs between two versions of a survey, for people to read before they publish and when they compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from django.utils.translation import gettext as _

from headwater.listening.surveys.conditions import in_words, jump_in_words
from headwater.listening.surveys.texts import Text, part_name, short, texts

if TYPE_CHECKING:
    from headwater.listening.surveys.document import Document, Page, Question, Rule

What = Literal["survey", "page", "question"]
Change = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One thing before and after, both in words; empty where there was or is none."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """The survey as a whole, one page or one question: new, gone, or changed in these fields."""

    what: What
    id: str
    name: str
    change: Change
    fields: tuple[FieldDifference, ...] = ()


def differences(before: Document, after: Document) -> tuple[Difference, ...]:
    """What publishing `after` in place of `before` changes, in the order of `after`; what is gone comes last."""
    found = [_changed("survey", "", _("The survey"), _of_survey(before), _of_survey(after))]
    old_pages, old = {one.id: one for one in before.pages}, {one.id: one for one in before.questions}
    lasting = {one.id: short(after, one, length=30) for one in after.questions if one.id in old}
    for number, page in enumerate(after.pages, start=1):
        name = _("Page %d") % number
        if page.id in old_pages:
            old_page = _of_page(before, old_pages[page.id], lasting)
            found.append(_changed("page", page.id, name, old_page, _of_page(after, page, lasting)))
        else:
            found.append(Difference("page", page.id, name, "added"))
        found += [_of_question_in(before, after, one, old.get(one.id)) for one in page.questions]
    new_pages, new = {one.id for one in after.pages}, {one.id for one in after.questions}
    for number, page in enumerate(before.pages, start=1):
        if page.id not in new_pages:
            found.append(Difference("page", page.id, _("Page %d") % number, "removed"))
    gone = [one for one in before.questions if one.id not in new]
    found += [Difference("question", one.id, short(before, one), "removed") for one in gone]
    return tuple(one for one in found if one is not None)


def _of_question_in(before: Document, after: Document, question: Question, old: Question | None) -> Difference | None:
    name = short(after, question)
    if old is None:
        return Difference("question", question.id, name, "added")
    return _changed("question", question.id, name, _of_question(before, old), _of_question(after, question))


def _changed(what: What, id: str, name: str, before: dict[str, str], after: dict[str, str]) -> Difference | None:
    names = dict.fromkeys([*after, *before])
    fields = tuple(
        FieldDifference(one, before.get(one, ""), after.get(one, ""))
        for one in names
        if before.get(one, "") != after.get(one, "")
    )
    return Difference(what, id, name, "changed", fields) if fields else None


def _of_survey(document: Document) -> dict[str, str]:
    found = _words(document, [one for one in texts(document) if not one.question and not one.page])
    found[_("languages")] = ", ".join(document.languages)
    found[_("anonymous")] = _yes(document.anonymous)
    found[_("brand")] = ", ".join(part for part in (document.brand.name, document.brand.colour) if part)
    return found


def _of_page(document: Document, page: Page, lasting: dict[str, str]) -> dict[str, str]:
    """A page's fields; its order is that of the questions there are before and after, by the words they have now."""
    found = _words(document, [one for one in texts(document) if one.page == page.id])
    order = [lasting[one.id].split(". ", 1)[-1] for one in page.questions if one.id in lasting]
    found[_("order of questions")] = ", ".join(order)
    found[_("shown if")] = _rule(document, page.show_if)
    found[_("afterwards")] = " ".join(jump_in_words(document, one) for one in page.jumps)
    return found


def _of_question(document: Document, question: Question) -> dict[str, str]:
    found = _words(document, [one for one in texts(document) if one.question == question.id])
    found[_("kind")] = kind_name(question.kind)
    found[_("required")] = _yes(question.required)
    found[_("scale")] = question.scale or ""
    found[_("free answer")] = _yes(question.other)
    found[_("stage and moment")] = " · ".join(one for one in (question.stage, question.moment) if one)
    rows = [f"{one.id}: {one.stage} {one.moment}".strip() for one in question.rows if one.stage or one.moment]
    found[_("stage and moment of rows")] = ", ".join(rows)
    order = [one.id for one in question.options] + [one.id for one in question.rows]
    found[_("order of answers")] = ", ".join(order)
    found[_("attribute")] = question.attribute or ""
    found[_("most characters")] = str(question.most_characters) if question.kind == "open" else ""
    found[_("shown if")] = _rule(document, question.show_if)
    return found


def kind_name(kind: str) -> str:
    """What a kind of question is called on a page."""
    return {
        "nps": _("NPS: recommendation, 0 to 10"),
        "csat": _("CSAT: satisfaction, 1 to 5"),
        "ces": _("CES 2.0: ease, 1 to 7"),
        "rating": _("Rating"),
        "single": _("One choice"),
        "multiple": _("Several choices"),
        "matrix": _("Matrix: several rows on one scale"),
        "open": _("Open question"),
        "statement": _("Statement, nothing to answer"),
        "consent": _("Consent"),
    }[kind]


def _words(document: Document, found: list[Text]) -> dict[str, str]:
    several = len(document.languages) > 1
    words = {}
    for text in found:
        name = part_name(text.part) + (f" {text.item}" if text.item else "")
        for language in document.languages:
            words[f"{name} ({language})" if several else name] = text.words.get(language, "")
    return words


def _rule(document: Document, rule: Rule | None) -> str:
    return in_words(document, rule) if rule else ""


def _yes(on: bool) -> str:
    return _("yes") if on else _("no")
