"""An answering page as a visitor sees it: a document's page put into words, fields and errors, then drawn.

Nothing is stored here, so that the editor previews with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.template.loader import render_to_string

from headwater.listening.surveys.answer_words import name_of, spoken, words_of
from headwater.listening.surveys.branching import OTHER, piped, previous_page, visible
from headwater.listening.surveys.document import END, SCORED, Document, Page, Question, Row, Texts, direction
from headwater.listening.surveys.logo_files import Shown, shown
from headwater.listening.surveys.posted import MOST_OTHER, Errors, Wrong, field_name

if TYPE_CHECKING:
    from headwater.listening.surveys.visits import Visit

LOGO_WIDTH, LOGO_HEIGHT = 240, 64
"""The box that a logo is drawn in, in CSS pixels."""
WIDEST_AS_NUMBERS: Final = 11
"""Points of a scale that lie beside each other; a longer one is a list."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One box or button of a question."""

    id: str
    value: str
    text: str
    is_chosen: bool
    is_other: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One question to be answered with one control: a question, or a row of a matrix."""

    name: str
    text: str
    choices: tuple[Choice, ...]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One question of the page. ``lines`` are its groups of choices, several in a matrix; ``value`` its words."""

    id: str
    kind: str
    name: str
    text: str
    help: str
    is_required: bool
    lines: tuple[Line, ...] = ()
    low: str = ""
    high: str = ""
    is_scale: bool = False
    is_labelled: bool = False
    value: str = ""
    most: int = 0
    other: str = ""
    other_name: str = ""
    error: str = ""
    other_error: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything that the page's template says."""

    language: str
    direction: str
    words: Mapping[str, str]
    title: str
    intro: str
    privacy: str
    brand: str
    colour: str
    page_id: str
    page_title: str
    fields: tuple[Field, ...]
    number: int
    total: int
    is_first: bool
    is_last: bool
    is_anonymous: bool
    is_named: bool = False
    is_begun: bool = False
    has_back: bool = False
    action: str = ""
    resume: str = ""
    logo: Shown | None = None
    errors: tuple[tuple[str, str, str], ...] = ()
    languages: tuple[tuple[str, str, str, bool], ...] = ()
    step: str = ""
    shown: tuple[str, ...] = field(default=())


def page_asked(
    document: Document,
    page: Page,
    way: list[Page],
    language: str,
    answers: Mapping[str, Any],
    *,
    attributes: Mapping[str, str] | None = None,
    errors: Errors | None = None,
    **others: Any,
) -> Asked:
    """A page of the visitor's way, with what was answered and what is wrong with it."""
    words, wrong = words_of(language), errors or {}
    put = _Put(document, language, answers, attributes or {})
    fields = tuple(_field(question, put, answers.get(question.id), wrong, words) for question in page.questions)
    number = next((place for place, one in enumerate(way, 1) if one.id == page.id), 1)
    return Asked(
        language=language,
        direction=direction(language),
        words=words,
        title=put(document.title),
        intro=put(document.intro),
        privacy=put(document.privacy),
        brand=document.brand.name,
        logo=_logo(document),
        colour=(document.brand.colour or "").lstrip("#").lower(),
        page_id=page.id,
        page_title=put(page.title),
        fields=fields,
        number=number,
        total=max(len(way), number),
        is_first=previous_page(document, page.id, answers) is None,
        is_last=number >= len(way),
        is_anonymous=document.anonymous,
        has_back=previous_page(document, page.id, answers) is not None,
        errors=_summary(fields),
        languages=tuple((one, name_of(one), direction(one), one == language) for one in document.languages),
        step=words["step"].format(page=number, pages=max(len(way), number)),
        shown=tuple(question.id for question in page.questions),
        **others,
    )


def draw(asked: Asked) -> str:
    """The page as HTML."""
    context = {
        "asked": asked,
        "words": asked.words,
        "language": asked.language,
        "direction": asked.direction,
        "brand": asked.brand,
        "logo": asked.logo,
        "title": asked.title,
        "colour": asked.colour,
    }
    return render_to_string("listening/answer/page.html", context)


def draw_message(words: Mapping[str, str], text: str, document: Document | None, language: str, **others: Any) -> str:
    """A page that only says something: thanks, or why nothing can be answered here."""
    shown = language if document else spoken(language)
    colour = (document.brand.colour or "").lstrip("#").lower() if document else ""
    context = {
        "words": words,
        "text": text,
        "language": shown,
        "direction": direction(shown),
        "brand": document.brand.name if document else "",
        "logo": _logo(document) if document else None,
        "title": document.in_language(document.title, language) if document else "",
        "colour": colour,
        **others,
    }
    return render_to_string("listening/answer/message.html", context)


def _logo(document: Document) -> Shown | None:
    return shown(document.brand.logo, LOGO_WIDTH, LOGO_HEIGHT)


def thanks(document: Document, language: str, answers: Mapping[str, Any], attributes: Mapping[str, str]) -> str:
    """What the survey says at its end, "" where it says nothing of its own."""
    return _Put(document, language, answers, attributes)(document.thanks)


def of_visit(
    found: Visit, page: Page, answers: Mapping[str, Any], errors: Errors | None = None, **others: Any
) -> Asked:
    """The page of a visit, as far as the visitor has come."""
    return page_asked(
        found.document,
        page,
        found.way(),
        found.language,
        answers,
        attributes=found.attributes,
        errors=errors,
        is_named=found.invitation is not None and not found.document.anonymous,
        action=f"/s/{found.token}/{page.id}",
        **others,
    )


@dataclass(frozen=True, slots=True)
class _Put:
    """Texts in the visitor's language with earlier answers in them; plain, for the template escapes them."""

    document: Document
    language: str
    answers: Mapping[str, Any]
    attributes: Mapping[str, str]

    def __call__(self, texts: Texts) -> str:
        text = self.document.in_language(texts, self.language)
        if "{{" not in text:
            return text
        return piped(text, self.answers, self.attributes, document=self.document, language=self.language)


def _field(question: Question, put: _Put, value: Any, wrong: Errors, words: Mapping[str, str]) -> Field:
    name = field_name(question.id)
    other_name = field_name(question.id, OTHER)
    lines = _lines(question, put, value, wrong, words)
    is_scale = question.kind in SCORED or question.kind == "matrix"
    return Field(
        id=question.id,
        kind=question.kind,
        name=name,
        text=put(question.text),
        help=put(question.help),
        is_required=question.required,
        lines=lines,
        low=put(question.low),
        high=put(question.high),
        is_scale=is_scale,
        is_labelled=is_scale and (bool(question.points) or _points(question) > WIDEST_AS_NUMBERS),
        value=value if question.kind == "open" and isinstance(value, str) else "",
        most=question.most_characters if question.kind == "open" else MOST_OTHER,
        other=str(value.get("other") or "") if isinstance(value, Mapping) and question.kind != "matrix" else "",
        other_name=other_name if question.other else "",
        error=_said(wrong.get(name), words),
        other_error=_said(wrong.get(other_name), words),
    )


def _points(question: Question) -> int:
    low, high = question.bounds
    return high - low + 1


def _lines(question: Question, put: _Put, value: Any, wrong: Errors, words: Mapping[str, str]) -> tuple[Line, ...]:
    name = field_name(question.id)
    if question.kind in SCORED:
        return (Line(name, put(question.text), _scale(question, put, value, name), _said(wrong.get(name), words)),)
    if question.kind == "matrix":
        given = value if isinstance(value, Mapping) else {}
        return tuple(_row(question, row, put, given.get(row.id), wrong, words) for row in question.rows)
    if question.kind in ("single", "multiple"):
        chosen = _chosen(value)
        choices = [Choice(f"{name}.{one.id}", one.id, put(one.text), one.id in chosen) for one in question.options]
        if question.other and all(one.id != OTHER for one in question.options):
            choices.append(Choice(f"{name}.choice.other", OTHER, words["other_choice"], OTHER in chosen, is_other=True))
        return (Line(name, put(question.text), tuple(choices), _said(wrong.get(name), words)),)
    if question.kind == "consent":
        return (Line(name, put(question.text), (Choice(name, "yes", put(question.text), value is True),)),)
    return ()


def _row(question: Question, row: Row, put: _Put, value: Any, wrong: Errors, words: Mapping[str, str]) -> Line:
    name = field_name(question.id, row.id)
    return Line(name, put(row.text), _scale(question, put, value, name), _said(wrong.get(name), words))


def _scale(question: Question, put: _Put, value: Any, name: str) -> tuple[Choice, ...]:
    low, high = question.bounds
    return tuple(
        Choice(f"{name}.{point}", str(point), put(question.points.get(str(point), {})), value == point)
        for point in range(low, high + 1)
    )


def _chosen(value: Any) -> set[str]:
    chosen = value.get("choice") if isinstance(value, Mapping) else value
    return set(chosen) if isinstance(chosen, list) else {chosen} if isinstance(chosen, str) else set()


def _said(wrong: Wrong | None, words: Mapping[str, str]) -> str:
    return words[f"{wrong.code}_error"].format(most=wrong.most, given=wrong.given) if wrong else ""


def _summary(fields: tuple[Field, ...]) -> tuple[tuple[str, str, str], ...]:
    """What is wrong with the page: where to go, the question, what to do."""
    found = []
    for one in fields:
        found += [(line.choices[0].id, line.text, line.error) for line in one.lines if line.error and line.choices]
        if one.error and not any(line.error for line in one.lines):
            found.append((one.lines[0].choices[0].id if one.lines else one.name, one.text, one.error))
        if one.other_error:
            found.append((one.other_name, one.text, one.other_error))
    return tuple(found)


def preview_page(document: Document, page_id: str, language: str, answers: Mapping[str, Any]) -> str:
    """Any page of any document as visitors would see it; ``end`` is the last. Nothing is stored, nothing can be sent.

    A page that is not on the way of these answers is shown with all its questions.
    """
    way = visible(document, answers)
    if page_id == END:
        words = words_of(language)
        text = thanks(document, language, answers, {}) or words["thanks"]
        return draw_message(words, text, document, language, note=words["thanks_closed"])
    page = next((one for one in (*way, *document.pages) if one.id == page_id), None)
    if page is None:
        return draw_message(words_of(language), words_of(language)["not_found"], document, language)
    return draw(page_asked(document, page, way, language, answers))
