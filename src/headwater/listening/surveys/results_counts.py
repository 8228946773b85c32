"""A survey's counts as the record gave them, read by question: scores by bucket, choices by bucket, words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
from django.db.models import Min
from django.utils.translation import gettext as _

from headwater.listening.models import SurveyVersion
from headwater.listening.surveys.branching import OTHER
from headwater.metrics import rules
from headwater.metrics.definitions import METRICS
from headwater.metrics.store import company_record
from headwater.record.questions.surveys import CHOICES, RESPONSES, SCORES, WORDS, AnswerCounts, SurveyAnswers

if TYPE_CHECKING:
    from headwater.listening.models import Survey
    from headwater.listening.surveys.document import Document, Question
    from headwater.metrics.definitions import MetricDefinition
    from headwater.science.bounds import Array, Flags

WAVE: Final = "attribute:wave"
MATRIX_METRIC: Final = "rating"
CHOSEN: Final = re.compile(r"[a-z0-9_]+")
"""An option's id; several that were chosen stand beside each other in one attribute."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What is measured on one scale: a question, or one row of a matrix. ``key`` is what its signals name."""

    question: Question
    key: str
    row: str = ""

    @property
    def definition(self) -> MetricDefinition:
        """The metric of its scores."""
        return METRICS[MATRIX_METRIC if self.question.kind == "matrix" else self.question.kind]


def measured(document: Document) -> tuple[Measured, ...]:
    """Everything that has a scale, in the order it is asked."""
    found: list[Measured] = []
    for question in document.questions:
        if question.kind == "matrix":
            found += [Measured(question, f"{question.id}:{row.id}", row.id) for row in question.rows]
        elif question.kind in METRICS:
            found.append(Measured(question, question.id))
    return tuple(found)


def choosing(document: Document) -> tuple[Question, ...]:
    """The questions that offer options, in the order they are asked."""
    return tuple(one for one in document.questions if one.kind in ("single", "multiple"))


def attribute_of(question: Question) -> str:
    """What a choice is called among a signal's attributes."""
    return question.attribute or question.id


def option_names(document: Document, question: Question, chosen: Iterable[str] = ()) -> tuple[tuple[str, str], ...]:
    """Each option's id and words as it is offered, then those that only earlier versions offered."""
    named = {option.id: document.in_language(option.text, document.languages[0]) for option in question.options}
    if question.other:
        named[OTHER] = _("Something else")
    return tuple((named | {id: id for id in chosen if id not in named}).items())


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """The counts of one survey; ``waves`` are the values of the one dimension, each its own mask of rows."""

    found: AnswerCounts
    shown: Flags

    @property
    def waves(self) -> dict[str, int]:
        """Responses by wave, those that name none left out; in the order of their numbers."""
        mine = self.found.part == RESPONSES
        dimension = self.found.by[0]
        counted = {
            value: int(self.found.n[mine & (dimension.places == place)].sum())
            for place, value in enumerate(dimension.values)
            if value
        }
        ordered = sorted(counted, key=lambda name: (not name.isdecimal(), int(name) if name.isdecimal() else 0, name))
        return {name: counted[name] for name in ordered if counted[name]}

    def of_waves(self, waves: Iterable[str]) -> Counts:
        """The same counts of these waves alone."""
        wanted = set(waves)
        dimension = self.found.by[0]
        places = [place for place, value in enumerate(dimension.values) if value in wanted]
        return Counts(self.found, np.isin(dimension.places, places))

    @property
    def responses(self) -> int:
        """How many responses."""
        return int(self.found.n[self._rows(RESPONSES)].sum())

    def words(self, key: str) -> int:
        """How many answers in words to a question."""
        return round(float(self.worded(key).sum()))

    def worded(self, key: str) -> Array:
        """Answers in words to a question, by customer bucket."""
        return self._by_bucket(self._rows(WORDS, key))

    def scores(self, one: Measured) -> Mapping[float, Array]:
        """Answers by score, each an array by customer bucket."""
        rows = self._rows(SCORES, one.key)
        found: dict[float, Array] = {}
        for score in np.unique(self.found.score[rows]).tolist():
            found[score] = self._by_bucket(rows & (self.found.score == score))
        return found

    def choices(self, question: Question) -> tuple[Mapping[str, Array], Array]:
        """Responses by option, and those that chose any, by customer bucket; one that chose two is in both."""
        rows = self._rows(CHOICES, attribute_of(question))
        offered = [option.id for option in question.options] + ([OTHER] if question.other else [])
        found = {option: np.zeros(rules.BUCKETS) for option in offered}
        anything = np.zeros(rules.BUCKETS)
        for place in np.unique(self.found.value.places[rows]).tolist():
            here = self._by_bucket(rows & (self.found.value.places == place))
            anything += here
            for option in set(CHOSEN.findall(self.found.value.values[place] or "")):
                found[option] = found.get(option, np.zeros(rules.BUCKETS)) + here
        return found, anything

    def _rows(self, part: int, key: str | None = None) -> Flags:
        rows: Flags = self.shown & (self.found.part == part)
        if key is None:
            return rows
        named = self.found.key.values
        return np.asarray(rows & (self.found.key.places == (named.index(key) if key in named else -1)))

    def _by_bucket(self, rows: Flags) -> Array:
        return np.bincount(self.found.bucket[rows], self.found.n[rows], rules.BUCKETS).astype(float)


def first_day(survey: Survey) -> date | None:
    """A day before which nobody can have answered: before it was first published, in any time zone."""
    first = SurveyVersion.objects.filter(survey=survey).aggregate(first=Min("published_at"))["first"]
    return first.date() - timedelta(days=1) if first else None


def counts_of(survey: Survey, document: Document) -> Counts:
    """All that was answered, of every wave."""
    attributes = tuple(dict.fromkeys(attribute_of(question) for question in choosing(document)))
    found = company_record().ask(SurveyAnswers(survey.source, attributes, (WAVE,), since=first_day(survey)))
    return Counts(found, np.ones(len(found.n), dtype=bool))


def cells(definition: MetricDefinition, scores: Mapping[float, Array]) -> rules.Cells:
    """Answers by score and bucket as the sums that a metric's result is made of."""
    nothing = np.zeros(rules.BUCKETS)
    values = list(scores)
    band = definition.band_many(np.array(values)) if values else np.array([])
    sums = {
        "n": sum(scores.values(), nothing),
        "scored": sum(scores.values(), nothing),
        "score_sum": sum((score * counts for score, counts in scores.items()), nothing),
        "low": sum((scores[score] for score, one in zip(values, band, strict=True) if one < 0), nothing),
        "top": sum((scores[score] for score, one in zip(values, band, strict=True) if one > 0), nothing),
        "negative": nothing,
    }
    return rules.Cells(((),), {name: array.reshape(1, -1) for name, array in sums.items()})
