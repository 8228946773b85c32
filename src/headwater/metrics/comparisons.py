"""Groups of a metric against the rest, and a period against the one before: differences with what chance could make.

A group's rest is everybody else; all groups are tested at once, so their p-values are adjusted (Benjamini-Hochberg).
Groups below the minimum base are shown and neither tested nor ranked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from django.utils.translation import gettext as _

import headwater.science as hs
from headwater.base.refusals import Refused
from headwater.metrics import rules
from headwater.metrics.definitions import MetricDefinition
from headwater.metrics.estimates import check_asked, definition_of, population_of, read_filter, sums_of
from headwater.record.filters import Filter, every
from headwater.record.questions import Sums, SumsRow
from headwater.science.bounds import Array
from headwater.science.results import Estimate, NoVerdict, Result

MOST_GROUPS: Final = 200
COMPARED: Final = frozenset(["nps", "share", "mean"])
"""Kinds of metrics whose groups have a rest; a count and a rate per customer have none."""


@dataclass(frozen=True, slots=True)
class GroupComparison:
    """One group: its figure, that of everybody else, their difference and its adjusted p-value.

    ``rank``: between which places it may stand among the groups that are ranked, the best first.
    """

    value: str | None
    result: Result
    rest: Result
    difference: Result
    adjusted_p: float | None
    found: bool
    n: int
    ranked: bool
    rank: hs.Rank | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """The groups of one dimension, ranked ones first, the best on top."""

    definition: MetricDefinition
    by: str
    groups: tuple[GroupComparison, ...]

    @property
    def ranked(self) -> tuple[GroupComparison, ...]:
        return tuple(group for group in self.groups if group.ranked)

    @property
    def could_be_first(self) -> tuple[GroupComparison, ...]:
        """The groups that leave room for being the best."""
        return tuple(group for group in self.ranked if group.rank is not None and group.rank.could_be_first)

    @property
    def found(self) -> tuple[GroupComparison, ...]:
        """The groups that differ from the rest by more than chance could make, false discoveries held at 5 %."""
        return tuple(group for group in self.groups if group.found)


def compare_groups(
    name: str,
    by: str,
    *,
    where: str | Filter | None = None,
    since: date | None = None,
    until: date | None = None,
    disclosed: bool = False,
) -> Compared:
    """Compare each group of a dimension with everybody else. Refuses what :func:`estimates.estimate` refuses.

    ``disclosed``: anonymous answers are grouped by what tells them apart too, by a caller who leaves small groups out.
    """
    definition = definition_of(name)
    check_asked((by,), where, since, until)
    if definition.kind not in COMPARED:
        message = _("%(metric)s is not compared between groups; compare a score or a share.")
        raise Refused("not_compared", message % {"metric": definition.title}, "metric")
    population = every(population_of(definition), read_filter(where))
    metric = definition.name if definition.scored else None
    asked = Sums(
        (by, "bucket"), population, since, until, metric, limit=MOST_GROUPS * rules.BUCKETS, disclosed=disclosed
    )
    values, groups = _by_bucket(sums_of(asked), by)
    if len(values) > MOST_GROUPS:
        message = _("%(by)s makes more than %(most)d groups; add a filter or choose a coarser dimension.")
        raise Refused("too_many_groups", message % {"by": by, "most": MOST_GROUPS}, "by")
    _none, whole = _by_bucket(sums_of(Sums(("bucket",), population, since, until, metric, disclosed=disclosed)), None)
    rest = {field: whole[field] - sums for field, sums in groups.items()}
    figures = [rules.results(definition, rules.Cells(tuple((v,) for v in values), part)) for part in (groups, rest)]
    return Compared(definition, by, _compared(definition, values, figures[0], figures[1]))


def _by_bucket(rows: Sequence[SumsRow], by: str | None) -> tuple[list[str | None], dict[str, Array]]:
    """Sums by (group, bucket), each bucket in its own place, so that the rest is the whole less the group."""
    values = list(dict.fromkeys(row.group[by] if by else None for row in rows))
    place = {value: index for index, value in enumerate(values)}
    sums = {field: np.zeros((len(values), rules.BUCKETS)) for field in rules.FIELDS}
    for row in rows:
        index, bucket = place[row.group[by] if by else None], int(row.group["bucket"] or 0)
        for field, array in sums.items():
            array[index, bucket] += getattr(row, field)
    return values, sums


def _compared(
    definition: MetricDefinition, values: Sequence[str | None], own: Sequence[Result], rest: Sequence[Result]
) -> tuple[GroupComparison, ...]:
    ranked = [rules.is_ranked(definition, result) for result in own]
    small = NoVerdict("few_answers", _("fewer than %d answers") % definition.minimum_base)
    pairs = [
        (str(place), one if big else small, other)
        for place, (one, other, big) in enumerate(zip(own, rest, ranked, strict=True))
    ]
    tested = hs.compare(pairs)
    places = hs.ranks(
        {str(place): one for place, one in enumerate(own) if ranked[place]}, ascending=definition.better == "lower"
    )
    by_place = {int(rank.name): rank for rank in places}
    found = [
        GroupComparison(
            value,
            own[place],
            rest[place],
            tested[place].difference,
            None if np.isnan(tested[place].adjusted_p) else tested[place].adjusted_p,
            tested[place].found,
            own[place].n,
            ranked[place],
            by_place.get(place),
        )
        for place, value in enumerate(values)
    ]
    return tuple(sorted(found, key=lambda one: (one.rank.place if one.rank else len(values) + 1, -one.n)))


@dataclass(frozen=True, slots=True)
class Change:
    """A period against the one before it: both figures, their difference, and the days of each."""

    now: Result
    before: Result
    difference: Result
    days: tuple[date, date]
    days_before: tuple[date, date]

    @property
    def direction(self) -> str:
        """``up``, ``down``, or nothing where the interval leaves it open."""
        if not isinstance(self.difference, Estimate) or self.difference.low <= 0 <= self.difference.high:
            return ""
        return "up" if self.difference.estimate > 0 else "down"


def change(now: Result, before: Result, days: tuple[date, date], days_before: tuple[date, date]) -> Change:
    """How far one period lies from the other; no verdict where either has none."""
    if isinstance(now, NoVerdict):
        return Change(now, before, now, days, days_before)
    if isinstance(before, NoVerdict):
        return Change(now, before, before, days, days_before)
    return Change(now, before, hs.difference(now, before), days, days_before)


def period_before(since: date, until: date) -> tuple[date, date] | None:
    """The days just before, as many; None before the calendar begins."""
    days = (until - since).days + 1
    if since.toordinal() <= days:
        return None
    return since - timedelta(days=days), since - timedelta(days=1)
