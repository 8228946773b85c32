"""What the editor's forms show: words by language, answers, rows, scales, branching as selects, places of the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from headwater.journey.queries import taxonomy
from headwater.listening.forms.surveys import language_name
from headwater.listening.surveys import conditions
from headwater.listening.surveys.differences import kind_name
from headwater.listening.surveys.document import SCALES, Document, direction
from headwater.listening.surveys.texts import number_of, short

if TYPE_CHECKING:
    from headwater.listening.surveys.conditions import Asked
    from headwater.listening.surveys.document import Condition, Page, Question, Rule, Texts

KINDS = ("nps", "csat", "ces", "rating", "single", "multiple", "matrix", "open", "statement", "consent")
BLANK_LINES = 2
SCALES_OFFERED = ("1-5", "1-7", "1-10", "0-10", "1-3", "1-4")


@dataclass(frozen=True, slots=True)
class LanguageField:
    """The words of one text in one language."""

    code: str
    name: str
    direction: str
    words: str
    missing: bool
    placeholder: str


@dataclass(frozen=True, slots=True)
class WordsField:
    """One text in every language of the survey, side by side. ``menu``: earlier answers can be inserted."""

    name: str
    label: str
    languages: tuple[LanguageField, ...]
    rows: int = 2
    menu: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One answer of a choice, or one row of a matrix. ``act`` names it to the buttons that move it."""

    name: str
    number: int
    id: str
    field: WordsField
    act: str
    first: bool
    last: bool
    place: str = ""
    place_name: str = ""


@dataclass(frozen=True, slots=True)
class ConditionField:
    """One condition as selects: the earlier answer, the test, the values to tick."""

    name: str
    key: str = ""
    test: str = ""
    tests: tuple[tuple[str, str], ...] = ()
    values: tuple[tuple[str, str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class RuleField:
    """A rule as selects: its conditions and one more to fill in."""

    prefix: str
    match: str
    conditions: tuple[ConditionField, ...]

    @property
    def several(self) -> bool:
        return len(self.conditions) > 1


@dataclass(frozen=True, slots=True)
class JumpField:
    """Where to go after a page, and when."""

    name: str
    to: str
    rule: RuleField


@dataclass(frozen=True, slots=True)
class OutlineQuestion:
    """A question as the outline shows it."""

    id: str
    key: str
    number: int
    label: str
    kind: str
    note: str
    first: bool
    last: bool


@dataclass(frozen=True, slots=True)
class OutlinePage:
    """A page as the outline shows it."""

    id: str
    key: str
    number: int
    title: str
    note: str
    questions: tuple[OutlineQuestion, ...]


def kinds() -> list[tuple[str, str]]:
    """Every kind of question with its name."""
    return [(kind, kind_name(kind)) for kind in KINDS]


def words(document: Document, name: str, label: str, texts: Texts, *, rows: int = 2, menu: bool = False) -> WordsField:
    """One text as a field for each language."""
    lead = texts.get(document.languages[0], "")
    fields = tuple(
        LanguageField(
            code,
            language_name(code),
            direction(code),
            texts.get(code, ""),
            bool(lead) and not texts.get(code),
            lead[:80],
        )
        for code in document.languages
    )
    return WordsField(name, label, fields, rows, menu)


def question_words(document: Document, question: Question) -> list[WordsField]:
    """The wording of a question and its help."""
    return [
        words(document, "text", _("Wording"), question.text, rows=3, menu=True),
        words(document, "help", _("Help below it (optional)"), question.help),
    ]


def scale_words(document: Document, question: Question) -> tuple[list[WordsField], list[WordsField]]:
    """The labels of both ends, and of each point."""
    low, high = question.bounds
    ends = [
        words(document, "low", _("Label of the low end, %d") % low, question.low, rows=1),
        words(document, "high", _("Label of the high end, %d") % high, question.high, rows=1),
    ]
    each = [
        words(document, f"point:{n}", _("Point %d") % n, question.points.get(str(n), {}), rows=1)
        for n in range(low, high + 1)
    ]
    return ends, each


def scales(question: Question) -> list[tuple[str, str]]:
    """The scales to choose from; one alone where the kind has only its own, none where it has no scale."""
    if question.kind not in SCALES:
        return []
    own = question.scale or SCALES[question.kind]
    if question.kind in ("nps", "ces"):
        return [("", own)]
    return [(one, _("%(low)s to %(high)s") % dict(zip(("low", "high"), one.split("-"), strict=True)))
            for one in dict.fromkeys((*SCALES_OFFERED, own))]  # fmt: skip


def options(document: Document, question: Question) -> list[Line]:
    """The answers of a choice, and empty lines for more."""
    lines = [(one.id, one.text, "") for one in question.options]
    return _lines(document, "option", _("Answer %d"), lines)


def rows(document: Document, question: Question) -> list[Line]:
    """The rows of a matrix, and empty lines for more."""
    lines = [(one.id, one.text, place_value(one.stage, one.moment)) for one in question.rows]
    return _lines(document, "row", _("Row %d"), lines)


def rule(document: Document, rule: Rule | None, prefix: str, *, one_more: bool = True) -> RuleField:
    """A rule as selects, with an empty condition at the end."""
    given = rule.conditions if rule else ()
    fields = [condition(document, f"{prefix}:{number}", one) for number, one in enumerate(given)]
    if one_more:
        fields.append(ConditionField(f"{prefix}:{len(fields)}"))
    return RuleField(prefix, rule.match if rule else "all", tuple(fields))


def condition(document: Document, name: str, given: Condition) -> ConditionField:
    """One condition as selects; empty where its question is no more."""
    key = f"{given.question}:{given.row}" if given.row else given.question
    return condition_of(document, name, key, given.test, given.values)


def condition_of(
    document: Document, name: str, key: str, test: str = "", values: tuple[str, ...] = ()
) -> ConditionField:
    """A condition on the answer that ``key`` names: its tests, and its values to tick."""
    question = document.question(key.partition(":")[0])
    if question is None:
        return ConditionField(name)
    known = conditions.values(document, question) if question.kind != "open" else []
    ticks = tuple((value, label, value in values) for value, label in known)
    return ConditionField(name, key, test, tuple(conditions.tests(question)), ticks)


def jumps(document: Document, page: Page) -> list[JumpField]:
    """Where to go after a page, and an empty line for more."""
    fields = [
        JumpField(f"jump:{number}", one.to, rule(document, one.when, f"jump:{number}"))
        for number, one in enumerate(page.jumps)
    ]
    number = len(fields)
    return [*fields, JumpField(f"jump:{number}", "", rule(document, None, f"jump:{number}"))]


def targets(document: Document, page: Page) -> list[tuple[str, str]]:
    """Where a page can lead: later pages, or the end."""
    found = []
    for number, one in enumerate(document.pages, start=1):
        if number > document.pages.index(page) + 1:
            title = document.in_language(one.title, document.languages[0])
            found.append((one.id, f"{_('Page %d') % number}{f' · {title}' if title else ''}"))
    return [*found, ("end", _("the end of the survey"))]


def pipes(document: Document, before: str | None, attributes: list[str]) -> list[tuple[str, str]]:
    """What can be inserted into words before this question: earlier answers, and what is known of the customer."""
    found = [
        (f"{{{{{one.question.id}|…}}}}", one.label) for one in conditions.askable(document, before) if one.row is None
    ]
    known = [] if document.anonymous else attributes
    return [*found, *((f"{{{{{one}|…}}}}", _("Customer: %s") % one) for one in known)]


def places() -> list[dict[str, object]]:
    """Every stage with its moments, as groups of a select; a value is ``stage|moment``."""
    known = taxonomy()
    groups: list[dict[str, object]] = []
    for stage in known.stages:
        choices = [(place_value(stage.id, ""), _("%s, as a whole") % stage.name)]
        choices += [(place_value(stage.id, one.id), one.name) for one in known.moments_of(stage.id)]
        groups.append({"name": stage.name, "choices": choices})
    return groups


def place_value(stage: str, moment: str) -> str:
    """The value of a stage and moment in the select of places; "" for none."""
    return f"{stage}|{moment}" if stage or moment else ""


def outline(document: Document) -> list[OutlinePage]:
    """Pages and questions as the editor lists them."""
    total = len(document.questions)
    pages = []
    for number, page in enumerate(document.pages, start=1):
        notes = [_("shown if …")] if page.show_if else []
        notes += [_("branches")] if page.jumps else []
        asked = tuple(_outlined(document, one, total) for one in page.questions)
        title = document.in_language(page.title, document.languages[0])
        pages.append(OutlinePage(page.id, f"page:{page.id}", number, title, " · ".join(notes), asked))
    return pages


def askable_keys(asked: list[Asked]) -> list[dict[str, str]]:
    """Earlier answers as a select offers them."""
    return [{"key": one.key, "label": one.label} for one in asked]


def _outlined(document: Document, question: Question, total: int) -> OutlineQuestion:
    number = number_of(document, question.id)
    notes = [_("required")] if question.required else []
    notes += [_("shown if …")] if question.show_if else []
    kind, key = kind_name(question.kind), f"question:{question.id}"
    pages = document.pages
    is_first = number == 1 and question in pages[0].questions
    is_last = number == total and question in pages[-1].questions
    return OutlineQuestion(
        question.id, key, number, short(document, question), kind, " · ".join(notes), is_first, is_last
    )


def _lines(document: Document, name: str, label: str, given: list[tuple[str, Texts, str]]) -> list[Line]:
    blank: list[tuple[str, Texts, str]] = [("", {}, "")] * BLANK_LINES
    count = len(given)
    return [
        Line(
            f"{name}:{at}",
            at + 1,
            id,
            words(document, f"{name}:{at}:text", label % (at + 1), text, rows=1),
            f"{name}:{at}",
            at == 0,
            at >= count - 1,
            place,
            f"{name}:{at}:place",
        )
        for at, (id, text, place) in enumerate([*given, *blank])
    ]
