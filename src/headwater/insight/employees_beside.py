"""Employees' scores beside those of customers at the stages a department contributes to: do they move together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from django.utils.translation import gettext as _

from headwater import science
from headwater.base.departments import below
from headwater.base.models import Department
from headwater.insight.forest import stage_metric
from headwater.insight.selection import Selection
from headwater.journey.queries import taxonomy
from headwater.metrics.definitions import MetricDefinition
from headwater.metrics.estimates import estimate
from headwater.metrics.store import company_record
from headwater.record.filters import Among, Filter, Term, parse
from headwater.record.questions import Sums, SumsRow
from headwater.record.questions.employees import ROOT
from headwater.science import Estimate, NoVerdict, Result, Together

FEWEST_SCORES = 10
"""A month in which fewer customers scored a department's stages is left out of what is compared."""


@dataclass(frozen=True, slots=True)
class CustomerPoint:
    """What customers said of a unit's stages in a month."""

    month: date
    result: Result


@dataclass(frozen=True, slots=True)
class Beside:
    """A unit's score beside that of customers. ``lags`` are of this unit, ``slopes`` within all departments together:
    by how much customers' score is higher where employees' is 10 points higher."""

    metric: MetricDefinition
    stages: tuple[str, ...]
    customers: tuple[CustomerPoint, ...]
    lags: Together
    slopes: Together


def beside(unit: str, months: Sequence[date], scores: Mapping[str, Mapping[date, Result]]) -> Beside:
    """Hold a unit's scores by month against its customers'. ``scores`` are those of every unit in reach."""
    metric, known = stage_metric(Selection()), taxonomy()
    names = {stage.id: stage.name for stage in known.stages}
    stages = {one: stages_of(one) for one in (unit, *(one for one in scores if one != ROOT))}
    rows = _by_month(metric, months)
    grid = _grid(months)
    own = _series(scores.get(unit, {}), grid)
    customers = _customers(rows, metric, stages[unit], grid)
    leaves = [one for one in scores if one != ROOT and stages[one] and _has_stages_itself(one)]
    return Beside(
        metric,
        tuple(names[one] for one in stages[unit] if one in names),
        _points(metric, stages[unit], months),
        science.moves_together(own, customers),
        science.panel(
            np.array([_series(scores[one], grid) for one in leaves]).reshape(-1, len(grid)) / 10,
            np.array([_customers(rows, metric, stages[one], grid) for one in leaves]).reshape(-1, len(grid)),
        ),
    )


def stages_of(unit: str) -> tuple[str, ...]:
    """The stages that a unit and those below it contribute to; of the company, all."""
    known = taxonomy()
    if unit == ROOT:
        return tuple(stage.id for stage in known.stages)
    rows = {row.pk: row for row in Department.objects.all()}
    inside = below({pk: row.parent_id for pk, row in rows.items()}, [int(unit)]) & set(rows) if unit.isdigit() else ()
    ours = {name for pk in inside for name in rows[pk].pack_departments}
    return tuple(stage.id for stage in known.stages if ours & set(known.departments_of(stage.id)))


def _has_stages_itself(unit: str) -> bool:
    return Department.objects.filter(pk=int(unit)).exclude(pack_departments=[]).exists() if unit.isdigit() else False


def _grid(months: Sequence[date]) -> list[date]:
    """Every calendar month from the first to the last."""
    found = [months[0]] if months else []
    while found and found[-1] < months[-1]:
        found.append((found[-1] + timedelta(days=31)).replace(day=1))
    return found


def _series(results: Mapping[date, Result], grid: Iterable[date]) -> list[float]:
    found = (results.get(month) for month in grid)
    return [one.estimate if isinstance(one, Estimate) else float("nan") for one in found]


def _by_month(metric: MetricDefinition, months: Sequence[date]) -> tuple[SumsRow, ...]:
    if not months:
        return ()
    scored = metric.name if metric.scored else None
    end = (months[-1] + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return company_record().ask(Sums(("stage", "month"), None, months[0], end, scored)).rows


def _customers(
    rows: Iterable[SumsRow], metric: MetricDefinition, stages: Sequence[str], grid: Sequence[date]
) -> list[float]:
    """The metric's point by month over some stages, in the metric's own unit; nan where too few scored."""
    sums = {month.isoformat(): [0.0, 0.0] for month in grid}
    for row in rows:
        month = row.group["month"]
        if row.group["stage"] in stages and month in sums:
            top, base = {
                "nps": (100.0 * (row.top - row.low), row.scored),
                "share": (row.top, row.scored) if metric.scored else (row.negative, row.n),
            }.get(metric.kind, (row.score_sum, row.scored))
            sums[month][0] += top
            sums[month][1] += base
    return [top / base if base >= FEWEST_SCORES else float("nan") for top, base in sums.values()]


def _points(metric: MetricDefinition, stages: Sequence[str], months: Sequence[date]) -> tuple[CustomerPoint, ...]:
    if not months or not stages:
        return ()
    end = (months[-1] + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    where = Filter(Among(Term("text", "stage"), tuple(stages))) if stages else parse("stage is not null")
    answer = estimate(metric.name, by=("month",), where=where, since=months[0], until=end)
    return tuple(
        CustomerPoint(date.fromisoformat(row.group["month"]), row.result if row.ranked else _few(row.n))
        for row in answer.rows
        if row.group["month"]
    )


def _few(n: int) -> NoVerdict:
    return NoVerdict("small_base", _("Too few customers scored it."), n)
