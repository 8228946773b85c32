"""Employees' figures and signals, for programs: the same gate as the page."""

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from headwater.base.accounts import person
from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.base.refusals import NotFound
from headwater.insight.api.figures import Figure, figure
from headwater.insight.employees import Employees, Measure, employees
from headwater.listening import employee_signals
from headwater.listening.employee_signals import MAX_SENT, SentSignal

router = Router(tags=["employees"])


class EmployeesAsked(Schema):
    """A published month (any day of it), a measure, and a department by its number; by default the latest, the health
    score and the company."""

    month: date | None = None
    measure: Measure = "health"
    unit: Annotated[str, Field(max_length=20)] = ""


class EmployeeTeam(Schema):
    """A department as published. Figures that are withheld have no number, not even of people."""

    unit: str
    name: str
    depth: int
    health: Figure
    enps: Figure
    burnout: Figure
    questions: dict[str, Figure]
    amounts: dict[str, Figure]


class EmployeePointOut(Schema):
    month: date
    employees: Figure


class CustomerPointOut(Schema):
    month: date
    customers: Figure


class EmployeeLag(Schema):
    """``correlation`` of this unit's score with its customers' so many months later; ``slope``: by how much customers'
    score is higher where departments' is 10 points higher. Both say what moves together, not what causes what."""

    months_later: int
    correlation: Figure
    slope: Figure


class EmployeesAnswer(Schema):
    month: date
    months: list[date]
    unit: str
    measure: Measure
    teams: list[EmployeeTeam]
    trend: list[EmployeePointOut]
    customer_metric: str
    customers: list[CustomerPointOut]
    moves_together: list[EmployeeLag]
    comments: list[str]


class EmployeeSignalIn(Schema):
    """One answer (``question``, ``score``, ``respondent``), amount (``question``, ``score``, ``people``) or comment."""

    department: Annotated[str, Field(min_length=1, max_length=120)]
    month: date
    question: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,59})?$")] = ""
    score: Annotated[float, Field(allow_inf_nan=False)] | None = None
    scale: tuple[float, float] | None = None
    respondent: Annotated[str, Field(max_length=500)] = ""
    people: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    comment: Annotated[str, Field(max_length=5_000)] = ""


class EmployeeSignalsIn(Schema):
    source: Annotated[str, Field(min_length=1, max_length=80)]
    signals: Annotated[list[EmployeeSignalIn], Field(min_length=1, max_length=MAX_SENT)]


class EmployeeRowLeftOut(Schema):
    index: int
    code: str
    message: str


class EmployeeSignalsOut(Schema):
    """New or changed signals, those known already, and rows that were left out."""

    received: int
    repeated: int
    left_out: list[EmployeeRowLeftOut]


@router.get("/employees", response={200: EmployeesAnswer, **REFUSALS}, operation_id="get_employees")
def get_employees(request: HttpRequest, asked: Query[EmployeesAsked]) -> dict[str, Any]:
    """Return a published month as the caller may see it, beside what customers say."""
    me = person(request)
    require(me, "view", "employee_signals", words_of="own")
    found = employees(me, month=asked.month, measure=asked.measure, unit=asked.unit)
    if found is None:
        raise NotFound("nothing_published", "Nothing is published of employees' signals yet.")
    return as_json(found)


@router.post("/employees/signals", response={200: EmployeeSignalsOut, **REFUSALS}, operation_id="post_employee_signals")
def post_employee_signals(request: HttpRequest, body: EmployeeSignalsIn) -> dict[str, Any]:
    """Receive employees' signals into their guarded table; sent again they count once. Respondents are not kept."""
    me = person(request)
    require(me, "import", "employee_signals")
    sent = [SentSignal(**one.model_dump()) for one in body.signals]
    arrived = employee_signals.receive(me, body.source, sent)
    left = [{"index": one.row, "code": one.code, "message": one.message} for one in arrived.left_out]
    return {"received": arrived.signals, "repeated": arrived.repeated, "left_out": left}


def as_json(found: Employees) -> dict[str, Any]:
    lags = zip(found.beside.lags.lags, found.beside.lags.results, found.beside.slopes.results, strict=True)
    return {
        "month": found.month,
        "months": list(found.months),
        "unit": found.unit.id,
        "measure": found.measure,
        "teams": [
            {
                "unit": team.unit.id,
                "name": team.unit.name,
                "depth": team.depth,
                **{name: figure(result) for name, result in team.scores.items()},
                "questions": {name: figure(result) for name, result in team.items},
                "amounts": {name: figure(result) for name, result in team.amounts},
            }
            for team in found.teams
        ],
        "trend": [{"month": one.month, "employees": figure(one.result)} for one in found.trend],
        "customer_metric": found.beside.metric.name,
        "customers": [{"month": one.month, "customers": figure(one.result)} for one in found.beside.customers],
        "moves_together": [
            {"months_later": lag, "correlation": figure(one), "slope": figure(slope)} for lag, one, slope in lags
        ],
        "comments": list(found.words),
    }
