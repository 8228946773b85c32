"""Employees beside customers: the page, and the same as a file."""

import csv
import io
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from headwater.base.accounts import person
from headwater.base.charts import Point, Row, interval_rank, trend
from headwater.base.charts.frame import Meaning
from headwater.base.permissions import allows, require
from headwater.base.refusals import Refused
from headwater.insight.employees import MEASURES, Employees, employees
from headwater.insight.employees_wording import (
    employees_note,
    employees_sentence,
    employees_table,
    lag_words,
    measure_name,
    measure_unit,
    month_name,
    question_name,
    slope_words,
)
from headwater.listening.downloads import escaped
from headwater.listening.employee_questions import PULSE
from headwater.metrics.queries import unit_of
from headwater.science import Estimate, Result

MEANING: dict[str, Meaning] = {"health": "us", "enps": "us", "burnout": "harm"}
RATIO_UNITS = {"leavers": "share"}
SHADES = 5


@require_GET
def employees_page(request: HttpRequest) -> HttpResponse:
    """Each team's score with its interval, over time, beside what its customers say."""
    me = person(request)
    require(me, "view", "employee_signals", words_of="own")
    found = _found(request)
    rights = {
        "may_read": allows(me, "read", "employee_signals"),
        "may_import": allows(me, "import", "employee_signals"),
        "may_manage": allows(me, "manage", "employee_signals"),
    }
    if found is None:
        return render(request, "insight/employees.html", {"found": None, **rights})
    return render(request, "insight/employees.html", _shown(found) | rights)


@require_GET
def employees_file(request: HttpRequest) -> HttpResponse:
    """The month as CSV, with what this person may see and nothing else; cells like formulas are made harmless."""
    require(person(request), "view", "employee_signals", words_of="own")
    found = _found(request)
    out = io.StringIO()
    writer = csv.writer(out)
    for cells in employees_table(found) if found else []:
        writer.writerow([escaped(cell) for cell in cells])
    answer = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="employees.csv"'
    return answer


def _found(request: HttpRequest) -> Employees | None:
    given = request.GET
    month = _month(given.get("month", ""))
    return employees(person(request), month=month, measure=given.get("measure", ""), unit=given.get("unit", ""))


def _month(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(f"{text}-01" if len(text) == 7 else text)
    except ValueError as error:
        message = _("“%s” is no month. Write it as year and month, for example 2026-05.") % text[:40]
        raise Refused("bad_month", message, "month") from error


def _shown(found: Employees) -> dict[str, Any]:
    return {
        "found": found,
        "sentence": employees_sentence(found),
        "note": employees_note(found),
        "month": month_name(found),
        "measures": [(name, measure_name(name)) for name in MEASURES],
        "measure_name": measure_name(found.measure),
        "unit": measure_unit(found.measure),
        "customer_metric": found.beside.metric.title,
        "teams_chart": _teams(found),
        "trend_chart": _trend(found),
        "customers_chart": _customers(found),
        "teams": [_row(team, found) for team in found.teams],
        "lags": [
            (lag_words(lag), one, slope_words(slope, found.beside))
            for lag, one, slope in zip(
                found.beside.lags.lags, found.beside.lags.results, found.beside.slopes.results, strict=True
            )
        ],
        "several": any(isinstance(one, Estimate) for one in found.beside.slopes.results),
        "heads": [question_name(one) for one in found.questions],
        "heat": [
            (team, [_heat(question, result) for question, result in team.items])
            for team in found.teams
            if any(isinstance(result, Estimate) for _question, result in team.items)
        ],
        "amount_heads": [question_name(one) for one in found.amounts],
        "amount_rows": [
            (team, [(question_name(name), result, RATIO_UNITS.get(name, "ratio")) for name, result in team.amounts])
            for team in found.teams
            if any(isinstance(result, Estimate) for _name, result in team.amounts)
        ],
    }


def _row(team: Any, found: Employees) -> dict[str, Any]:
    cells = [(measure_name(name), team.scores[name], measure_unit(name)) for name in MEASURES]
    return {"team": team, "cells": cells, "here": team.unit.id == found.unit.id}


def _heat(question: str, result: Result) -> dict[str, Any]:
    """A cell of the heat table: the answer in 0…100 and how good it is, in steps."""
    if not isinstance(result, Estimate):
        return {"question": question_name(question), "why": result.message, "step": 0}
    scale = 10.0 if question == "enps" else 1.0
    good = result.estimate * scale / 100
    if question in PULSE and PULSE[question].worse:
        good = 1 - good
    step = min(SHADES, int(good * SHADES) + 1)
    mean, low, high = (scale * one for one in (result.estimate, result.low, result.high))
    shown = {"mean": mean, "low": low, "high": high, "n": result.n}
    return {"question": question_name(question), "shown": shown, "step": step}


def _teams(found: Employees) -> dict[str, Any] | None:
    rows = []
    for team in found.teams[1:]:
        result = team.scores[found.measure]
        if isinstance(result, Estimate):
            bounds = result.estimate, result.low, result.high
            rows.append(Row(team.unit.name, *bounds, n=result.n, href=_address(found, team.unit.id)))
    if not rows:
        return None
    whole = found.whole.scores[found.measure]
    return interval_rank(
        rows,
        description=_("%(measure)s by department, with 95 %% intervals") % {"measure": measure_name(found.measure)},
        unit=measure_unit(found.measure),
        heading=_("Department"),
        meaning=MEANING[found.measure],
        reference=whole.estimate if isinstance(whole, Estimate) else None,
        ascending=found.measure == "burnout",
    )


def _address(found: Employees, unit: str) -> str:
    return f"/employees?unit={unit}&measure={found.measure}&month={found.month:%Y-%m}"


def _trend(found: Employees) -> dict[str, Any] | None:
    points = [_point(one.month, one.result) for one in found.trend]
    if sum(point.estimate is not None for point in points) < 2:
        return None
    said = _("%(measure)s of %(unit)s by month") % {"measure": measure_name(found.measure), "unit": found.unit.name}
    return trend(points, description=said, unit=measure_unit(found.measure), meaning=MEANING[found.measure], height=150)


def _customers(found: Employees) -> dict[str, Any] | None:
    points = [_point(one.month, one.result) for one in found.beside.customers]
    if sum(point.estimate is not None for point in points) < 2:
        return None
    said = _("What customers say of the stages that %s contributes to") % found.unit.name
    return trend(points, description=said, unit=unit_of(found.beside.metric), meaning="customer", height=150)


def _point(at: date, result: Result) -> Point:
    if isinstance(result, Estimate):
        return Point(at, result.estimate, result.low, result.high, n=result.n)
    return Point(at, None)
