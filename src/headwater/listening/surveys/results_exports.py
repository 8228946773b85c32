"""A survey's figures and answers as rows of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.permissions import require
from headwater.base.refusals import Refused
from headwater.listening.surveys import queries
from headwater.metrics.store import company_record
from headwater.record.questions import SurveySignals
from headwater.science.results import Estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headwater.base.models import Person
    from headwater.listening.surveys.results import Compared, Results
    from headwater.listening.surveys.results_choices import ChoiceSegments
    from headwater.science.results import Result

FIGURES: Final = (
    "question", "kind", "item", "text", "measure", "estimate", "low", "high", "n",
    "before", "difference", "difference_low", "difference_high", "adjusted_p",
)  # fmt: skip
CHOICES: Final = (
    "by", "segment", "option", "text", "share", "low", "high", "chosen", "answered",
    "difference", "difference_low", "difference_high", "adjusted_p",
)  # fmt: skip
COLUMNS: Final = (
    "response_id", "customer_id", "occurred_at", "question", "metric", "score", "text", "channel", "language",
)  # fmt: skip
AT_ONCE: Final = 20_000


def figures(found: Results) -> Iterator[list[Any]]:
    """One row for each scale, option and step of the funnel, after a row of names."""
    yield list(FIGURES)
    for step in found.funnel.steps:
        if step.n is not None and found.funnel.asked:
            row = ["", "funnel", step.step, "", "share of the step before", *_ends(step.share)]
            yield [*row, step.n, *_compared(None)]
    for one in found.questions:
        for score in one.scores:
            row = [one.id, one.question.kind, score.of.row, score.text, score.of.definition.name]
            yield [*row, *_ends(score.result), score.n, *_compared(score.compared)]
        for option in one.options:
            row = [one.id, one.question.kind, option.id, option.text, "share", *_ends(option.share)]
            yield [*row, option.n, *_compared(option.compared)]
        if one.words:
            yield [one.id, one.question.kind, "", one.text, "words", "", "", "", one.words, *_compared(None)]


def choices(found: ChoiceSegments, name_of: Callable[[str | None], str]) -> Iterator[list[Any]]:
    """One row for each segment and option of a choice question, after a row of names."""
    yield list(CHOICES)
    texts = dict(found.options)
    for group in found.groups:
        for one in group.shares:
            p = "" if one.adjusted_p is None else one.adjusted_p
            row = [found.by, name_of(group.value), one.option, texts[one.option], *_ends(one.share), one.n, group.n]
            yield [*row, *_ends(one.difference), p]


def _ends(result: Result | None) -> list[Any]:
    return [result.estimate, result.low, result.high] if isinstance(result, Estimate) else ["", "", ""]


def _compared(one: Compared | None) -> list[Any]:
    if one is None:
        return [""] * 5
    before = one.before.estimate if isinstance(one.before, Estimate) else ""
    return [before, *_ends(one.difference), "" if one.adjusted_p is None else one.adjusted_p]


def responses(person: Person | None, name: str) -> Iterator[list[str]]:
    """Every answer, one row a signal, after a row of names; what was chosen stands in the last column.

    Refuses whoever may not export signals, and an anonymous survey: row by row its answers could be put beside people.
    """
    require(person, "export", "signals")
    survey = queries.survey_of(person, name)
    _row, document = queries.published(survey)
    if document.anonymous:
        message = _("“%s” is anonymous: its answers are not exported one by one. Take the figures instead.")
        raise Refused("survey.anonymous", message % survey.title, status=403)
    with transaction.atomic():
        record_history(person, "survey.answers_exported", f"survey:{survey.name}", {"survey": survey.title})
    return _rows(survey.source)


def _rows(source: str) -> Iterator[list[str]]:
    yield [*COLUMNS, "attributes"]
    after: int | None = None
    while page := company_record().ask_once(SurveySignals(source, after, AT_ONCE)):
        for one in page:
            values = {
                **{name: getattr(one, name, None) for name in COLUMNS},
                "question": one.attributes.get("question"),
            }
            shared = "; ".join(f"{key}={value}" for key, value in sorted(one.attributes.items()) if key != "question")
            yield [*("" if values[column] is None else str(values[column]) for column in COLUMNS), shared]
        after = page[-1].signal_key
