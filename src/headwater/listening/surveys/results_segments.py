"""One question of a survey by segment, over time, and in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
from django.utils.translation import gettext as _

from headwater.base.permissions import allows, require
from headwater.base.refusals import NotFound, Refused
from headwater.listening.models import SurveyVersion
from headwater.listening.surveys import queries
from headwater.listening.surveys.results import View, document_of_all
from headwater.listening.surveys.results_counts import (
    WAVE,
    Measured,
    attribute_of,
    choosing,
    counts_of,
    first_day,
    measured,
)
from headwater.listening.surveys.results_protection import SMALLEST, shown_groups
from headwater.metrics import rules
from headwater.metrics.access import IDENTITIES, require_askable
from headwater.metrics.comparisons import Compared, compare_groups
from headwater.metrics.estimates import sums_of
from headwater.metrics.store import company_record
from headwater.record.filters import Filter, equals, every
from headwater.record.questions import CustomerAttributes, Signal, Sums, SumsRow, Verbatims

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.base.models import Person
    from headwater.listening.models import Survey
    from headwater.listening.surveys.document import Document, Question
    from headwater.science.bounds import Array
    from headwater.science.results import Result

MOST_OFFERED: Final = 12
MOST_WEEKS: Final = 26
"""So many weeks a trend shows by week; a longer one is shown by month."""
VERSION: Final = "attribute:survey_version"
PLAIN: Final = ("channel", "language", VERSION, WAVE)


@dataclass(frozen=True, slots=True)
class Segments:
    """A score by the values of one dimension, each against the rest. ``hidden`` groups of an anonymous survey are left
    out, with what would give them away."""

    by: str
    compared: Compared
    hidden: int


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The answers of one week or month to one wording."""

    start: date
    wording: int
    result: Result
    n: int


@dataclass(frozen=True, slots=True)
class Trend:
    """A score over time. ``breaks`` are the days on which its wording changed: figures before and after are answers to
    different questions."""

    period: str
    points: tuple[TrendPoint, ...]
    breaks: tuple[tuple[date, int], ...]


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was said in words: how often about which cause, and the newest words where the reader may read them."""

    n: int
    causes: tuple[tuple[str, int, Result], ...]
    newest: tuple[Signal, ...]
    where: str


def scale_of(document: Document, key: str) -> Measured:
    """The scale of this key (``question`` or ``question:row``). Refuses (404) one that there is not."""
    for one in measured(document):
        if one.key == key:
            return one
    message = _("This survey measures nothing called “%(key)s”. It measures: %(keys)s.")
    keys = ", ".join(one.key for one in measured(document))
    raise NotFound("survey.no_such_scale", message % {"key": key[:80], "keys": keys or "–"}, "question")


def filter_of(survey: Survey, key: str, wave: str = "") -> Filter:
    """The signals that answer this question."""
    found = every(
        equals("source", survey.source), equals("attribute:question", key), equals(WAVE, wave) if wave else None
    )
    assert found is not None  # noqa: S101  (there are two parts at least)
    return found


def dimensions(survey: Survey, document: Document) -> tuple[str, ...]:
    """What a survey's answers can be looked at by: what was chosen, what is known of customers and links, and how and
    when they came."""
    names = [attribute_of(question) for question in choosing(document)]
    names += [str(one.level) for one in company_record().ask(CustomerAttributes(MOST_OFFERED)) if one.level]
    names += [name for link in survey.links.all() for name in link.attributes]
    offered = tuple(f"attribute:{name}" for name in dict.fromkeys(names))
    return (*offered[:MOST_OFFERED], *PLAIN)


def check_dimension(person: Person | None, survey: Survey, document: Document, by: str) -> None:
    """Refuse a dimension that singles out a person, whoever asks, and one that this person may not ask."""
    if not (by.startswith("attribute:") or by in PLAIN or by == "stage"):
        message = _(
            "A survey's answers are not grouped by “%(by)s”; choose channel, language, stage or attribute:NAME."
        )
        raise Refused("survey.dimension", message % {"by": by[:80]}, "by")
    if document.anonymous and by.removeprefix("attribute:") in IDENTITIES:
        message = _("This survey is anonymous: its answers are not grouped by “%s”.")
        raise Refused("survey.anonymous", message % by[:80], "by", status=403)
    require_askable(person, (by,), None)


def segments(person: Person | None, survey: Survey, key: str, by: str, view: View) -> Segments:
    """A score by segment, every segment against all others, false discoveries held at 5 %."""
    require(person, "view", "figures")
    document = document_of_all(survey)
    one = scale_of(document, key)
    check_dimension(person, survey, document, by)
    require_all_waves(document, view)
    where = filter_of(survey, key, view.wave)
    found = compare_groups(one.definition.name, by, where=where, since=first_day(survey), disclosed=True)
    if not document.anonymous:
        return Segments(by, found, 0)
    shown = shown_groups({group.value: group.n for group in found.groups})
    kept = tuple(group for group in found.groups if group.value in shown)
    return Segments(by, Compared(found.definition, by, kept), len(found.groups) - len(kept))


def require_all_waves(document: Document, view: View) -> None:
    """Refuse to split one wave of an anonymous survey: a group hidden there could be worked out from the others."""
    if document.anonymous and view.wave:
        message = _("In an anonymous survey segments are shown over all waves together. Take the wave away.")
        raise Refused("survey.anonymous_waves", message, "wave", status=403)


def trend(person: Person | None, survey: Survey, key: str, view: View) -> Trend:
    """A score over time, apart for each wording it was asked in."""
    require(person, "view", "figures")
    document = document_of_all(survey)
    one = scale_of(document, key)
    require_all_waves(document, view)
    wording = wordings(survey, one.question.id)
    where = every(filter_of(survey, key, view.wave))
    since = first_day(survey)
    rows = sums_of(Sums(("week", VERSION, "bucket"), where, since, metric=one.definition.name, disclosed=True))
    period = _period(rows, one.definition.minimum_base)
    groups: dict[tuple[str, int], list[int]] = {}
    for place, row in enumerate(rows):
        era = wording.get(row.group[VERSION] or "", 0)
        groups.setdefault((_start(row.group["week"] or "", period), era), []).append(place)
    sums = _by_place(rows)
    folded = rules.Cells(
        tuple((start, str(era)) for start, era in groups),
        {name: np.array([sums[name][places].sum(axis=0) for places in groups.values()]) for name in rules.FIELDS},
    )
    results = rules.results(one.definition, folded) if groups else []
    bases = rules.base_sizes(one.definition, folded) if groups else []
    points = [
        TrendPoint(date.fromisoformat(start), era, result, n)
        for (start, era), result, n in zip(groups, results, bases, strict=True)
    ]
    if document.anonymous:
        shown = shown_groups({(point.start, point.wording): point.n for point in points})
        points = [point for point in points if (point.start, point.wording) in shown]
    return Trend(period, tuple(sorted(points, key=lambda p: (p.start, p.wording))), breaks(survey, one.question.id))


def _period(weeks: Sequence[SumsRow], enough: int) -> str:
    """By week where not too many weeks have enough answers each, else by month."""
    known = {row.group["week"] for row in weeks}
    few = sum(row.scored for row in weeks) < enough * len(known)
    return "month" if few or len(known) > MOST_WEEKS else "week"


def _start(week: str, period: str) -> str:
    """The first day of the period that most of a week lies in."""
    return week if period == "week" else f"{date.fromisoformat(week) + timedelta(days=3):%Y-%m}-01"


def _by_place(rows: Sequence[SumsRow]) -> dict[str, Array]:
    """Sums by (row, customer bucket), each bucket in its own place, so that rows can be added up."""
    sums = {name: np.zeros((len(rows), rules.BUCKETS)) for name in rules.FIELDS}
    for place, row in enumerate(rows):
        bucket = int(row.group["bucket"] or 0)
        for name, array in sums.items():
            array[place, bucket] = getattr(row, name)
    return sums


def wordings(survey: Survey, question_id: str) -> dict[str, int]:
    """Which wording of a question each version asks: 0 for the first, one more with each change of its words, its
    scale, its labels or its options."""
    found: dict[str, int] = {}
    last: Question | None = None
    number = -1
    for row in _published(survey):
        question = queries.document_of(row).question(question_id)
        if question is not None and (last is None or _said(question) != _said(last)):
            number, last = number + 1, question
        found[str(row.version)] = max(number, 0)
    return found


def breaks(survey: Survey, question_id: str) -> tuple[tuple[date, int], ...]:
    """The days on which a version with another wording of the question was published, and its number."""
    of_version = wordings(survey, question_id)
    found: list[tuple[date, int]] = []
    before = 0
    for row in _published(survey):
        now = of_version[str(row.version)]
        if now != before and row.published_at and row.version:
            found.append((row.published_at.date(), row.version))
        before = now
    return tuple(found)


def _published(survey: Survey) -> list[SurveyVersion]:
    return list(SurveyVersion.objects.filter(survey=survey, version__isnull=False).order_by("version"))


def _said(question: Question) -> tuple[object, ...]:
    """What an answer answers: not where it stands, nor when it is shown."""
    return question.text, question.help, question.scale, question.low, question.high, question.points, question.options


def spoken(person: Person | None, survey: Survey, key: str, view: View, *, newest: int = 3) -> Spoken:
    """What was said in answer to a question: how much, about which causes, and the newest words."""
    require(person, "view", "figures")
    document = document_of_all(survey)
    where = filter_of(survey, key, view.wave)
    counts = counts_of(survey, document)
    whole = (counts.of_waves([view.wave]) if view.wave else counts).worded(key)
    n, since = round(float(whole.sum())), first_day(survey)
    if document.anonymous and n < SMALLEST:
        return Spoken(n, (), (), str(where))
    rows = sums_of(Sums(("cause", "bucket"), where, since, disclosed=True))
    named: dict[str, np.ndarray] = {}
    for row in rows:
        if row.group["cause"]:
            array = named.setdefault(row.group["cause"], np.zeros(rules.BUCKETS))
            array[int(row.group["bucket"] or 0)] += row.n
    shares = rules.shares(np.array(list(named.values())).reshape(-1, rules.BUCKETS), np.tile(whole, (len(named), 1)))
    causes = sorted(
        (
            (cause, round(float(array.sum())), share)
            for (cause, array), share in zip(named.items(), shares, strict=True)
        ),
        key=lambda one: (-one[1], one[0]),
    )
    if document.anonymous:
        causes = [one for one in causes if one[1] >= SMALLEST]
    if document.anonymous and view.wave:  # the words of a wave are not shown apart, nor can they be asked for
        return Spoken(n, tuple(causes), (), str(filter_of(survey, key)))
    words: tuple[Signal, ...] = ()
    if newest and allows(person, "view", "verbatims"):
        words = company_record().ask(Verbatims(where=where, since=since, limit=newest)).rows
    return Spoken(n, tuple(causes), words, str(where))
