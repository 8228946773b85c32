"""A survey as data: pages of questions in one or several languages. What is stored, exchanged as a file, and rendered.

Everything here is frozen and checked when it is read; `Document.model_validate` raises pydantic's `ValidationError`.
Words are given by language (BCP 47); the first of `languages` is the one that every text has.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

MOST_PAGES, MOST_QUESTIONS, MOST_OPTIONS, MOST_LANGUAGES = 50, 100, 100, 30

Kind = Literal["nps", "csat", "ces", "rating", "single", "multiple", "matrix", "open", "statement", "consent"]
SCORED: frozenset[str] = frozenset({"nps", "csat", "ces", "rating"})
"""Kinds whose answer is one number on a scale; the kind is the metric of the signal."""
SCALES: dict[str, str] = {"nps": "0-10", "csat": "1-5", "ces": "1-7", "rating": "1-5", "matrix": "1-5"}
"""The scale of a kind where the question names none."""
RIGHT_TO_LEFT: frozenset[str] = frozenset({"ar", "fa", "he", "ur", "yi", "ps", "sd", "ug", "dv", "ckb"})
END = "end"
RESERVED = frozenset({"question", "survey", "survey_version", "wave", "complete", "moment", "metric", "score"})
"""Attributes that answers bear with a meaning of their own."""

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
Words = Annotated[str, Field(max_length=2_000)]
Texts = dict[Language, Words]
Short = Annotated[str, Field(max_length=200)]
Logo = Annotated[str, Field(pattern=r"^([0-9a-f]{32}-[1-9][0-9]{0,3}x[1-9][0-9]{0,3}\.(png|jpg))?$")]


class Part(BaseModel):
    """Whatever a survey is made of: unknown names are refused, nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Option(Part):
    """One of the answers to choose from."""

    id: Id
    text: Texts


class Row(Part):
    """One line of a matrix: rated on the question's scale, at a stage and moment of its own."""

    id: Id
    text: Texts
    stage: Short = ""
    moment: Short = ""


class Condition(Part):
    """Whether an earlier answer is such. `values` are option ids, or numbers written as text for scores.

    `answered` and `skipped` need no values; `at_least` and `at_most` compare a score with the one value given. For a
    matrix, `row` says which line.
    """

    question: Id
    row: Id | None = None
    test: Literal["one_of", "none_of", "at_least", "at_most", "answered", "skipped"]
    values: tuple[Short, ...] = ()


class Rule(Part):
    """Conditions that must hold together; `match` says whether all of them or any one of them is enough."""

    match: Literal["all", "any"] = "all"
    conditions: Annotated[tuple[Condition, ...], Field(min_length=1, max_length=20)]


class Jump(Part):
    """Where to go after a page when the rule holds: a later page, or `end`. The first that holds counts."""

    when: Rule
    to: Short


class Question(Part):
    """One question. `text` may pipe earlier answers and customer attributes: ``{{q1|your order}}``, the words after
    the bar standing in where there is no value.

    `scale` is "lowest-highest"; `low`, `high` and `points` (by number) label it. `other` adds a free answer to
    choices. `attribute` names what a choice is called among a signal's attributes (by default the question's id).
    """

    id: Id
    kind: Kind
    text: Texts
    help: Texts = {}
    required: bool = False
    scale: Annotated[str, Field(pattern=r"^\d{1,2}-\d{1,2}$")] | None = None
    low: Texts = {}
    high: Texts = {}
    points: dict[Short, Texts] = {}
    options: Annotated[tuple[Option, ...], Field(max_length=MOST_OPTIONS)] = ()
    rows: Annotated[tuple[Row, ...], Field(max_length=MOST_OPTIONS)] = ()
    other: bool = False
    most_characters: Annotated[int, Field(ge=1, le=10_000)] = 2_000
    attribute: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_ ]{0,59}$")] | None = None
    stage: Short = ""
    moment: Short = ""
    show_if: Rule | None = None

    @property
    def bounds(self) -> tuple[int, int]:
        """Lowest and highest number of the scale; raises KeyError for a kind that has none."""
        low, high = (self.scale or SCALES[self.kind]).split("-")
        return int(low), int(high)


class Page(Part):
    """What is shown, and saved, at once."""

    id: Id
    title: Texts = {}
    questions: tuple[Question, ...] = ()
    show_if: Rule | None = None
    jumps: Annotated[tuple[Jump, ...], Field(max_length=20)] = ()


class Brand(Part):
    """How pages and mails look: a company's name, one colour (checked for contrast when drawn), the name of a logo that
    is kept here (``logos.keep``)."""

    name: Short = ""
    colour: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] | None = None
    logo: Logo = ""


class Document(Part):
    """A whole survey. `anonymous`: no link between a person and an answer is ever stored."""

    schema_version: Literal[1] = Field(1, alias="schema")
    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=MOST_LANGUAGES)] = ("en",)
    title: Texts
    intro: Texts = {}
    thanks: Texts = {}
    privacy: Texts = {}
    anonymous: bool = False
    brand: Brand = Brand()
    pages: Annotated[tuple[Page, ...], Field(max_length=MOST_PAGES)] = ()

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @property
    def questions(self) -> tuple[Question, ...]:
        """Every question, in order."""
        return tuple(question for page in self.pages for question in page.questions)

    def question(self, id: str) -> Question | None:
        """The question of this id; None when there is none."""
        return next((one for one in self.questions if one.id == id), None)

    def in_language(self, texts: Texts, language: str) -> str:
        """The words in this language, else in its main language, else in the survey's first; "" when there are none."""
        for one in (language, language.split("-")[0], self.languages[0]):
            if texts.get(one):
                return texts[one]
        return ""

    @model_validator(mode="after")
    def _is_whole(self) -> Document:
        ids = [one.id for one in self.questions]
        _once("question", ids)
        _once("page", [page.id for page in self.pages])
        if len(ids) > MOST_QUESTIONS:
            raise ValueError(f"{len(ids)} questions; a survey has at most {MOST_QUESTIONS}")
        for question in self.questions:
            _check_question(question)
        _check_rules(self)
        return self


def direction(language: str) -> Literal["ltr", "rtl"]:
    """Which way the language is written."""
    return "rtl" if language.split("-")[0] in RIGHT_TO_LEFT else "ltr"


def _once(what: str, ids: list[str]) -> None:
    twice = [id for id, times in Counter(ids).items() if times > 1]
    if twice:
        raise ValueError(f"the {what} id {twice[0]!r} is used twice")


def _check_question(question: Question) -> None:
    _once(f"option of {question.id}", [one.id for one in question.options])
    _once(f"row of {question.id}", [one.id for one in question.rows])
    name = question.attribute or question.id
    if question.kind in ("single", "multiple", "consent") and name in RESERVED:
        raise ValueError(
            f"question {question.id!r}: every answer bears {name!r} with another meaning; name an attribute"
        )
    if question.kind in SCALES:
        low, high = question.bounds
        if not low < high:
            raise ValueError(f"question {question.id!r}: the scale {low}-{high} has no room")


def _check_rules(document: Document) -> None:
    """A rule looks back only, so that no page can wait for a later one; a jump leads forward only."""
    before: set[str] = set()
    order = {page.id: place for place, page in enumerate(document.pages)}
    for place, page in enumerate(document.pages):
        _looks_back(f"page {page.id!r}", page.show_if, before)
        for question in page.questions:
            _looks_back(f"question {question.id!r}", question.show_if, before)
            before.add(question.id)
        for jump in page.jumps:
            _looks_back(f"a jump of page {page.id!r}", jump.when, before)
            if jump.to != END and order.get(jump.to, -1) <= place:
                raise ValueError(f"page {page.id!r} jumps to {jump.to!r}, which is no later page")


def _looks_back(what: str, rule: Rule | None, before: set[str]) -> None:
    for condition in rule.conditions if rule else ():
        if condition.question not in before:
            raise ValueError(f"{what} depends on {condition.question!r}, which is no earlier question")
