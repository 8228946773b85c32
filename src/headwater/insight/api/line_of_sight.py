"""Departments' lines of sight, for programs."""

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.insight.api.figures import Figure, figure
from headwater.insight.line_of_sight import Change, Doing, LineOfSight, Sighted, line_of_sight, sighted

router = Router(tags=["insight"])
DepartmentId = Annotated[int, Field(ge=1, le=2**31 - 1)]


class DoingRow(Schema):
    """What the department does at a moment; the figures are of the last twelve months."""

    moment: str
    name: str
    stage: str
    does: str
    leader: str | None
    customers: int
    goes_wrong: Figure | None
    score: Figure | None
    reliability: Figure | None


class CauseShare(Schema):
    cause: str
    name: str
    share_negative: Figure


class ChangeRow(Schema):
    """A share of the month beside that of the month before; ``direction`` is empty where it may be chance."""

    kind: Literal["stage", "cause", "moment"]
    id: str
    name: str
    now: Figure
    before: Figure
    difference: Figure
    direction: Literal["worse", "better", ""]


class OutcomeRow(Schema):
    name: str
    href: str
    note: str


class Sight(Schema):
    department: int
    name: str
    month: date | None
    doings: list[DoingRow]
    causes: list[CauseShare]
    changes: list[ChangeRow]
    words: list[str]
    outcomes: list[OutcomeRow]


class SightedRow(Schema):
    """``moments`` where the department says what it does, ``causes`` that it can change; both 0: no line of sight."""

    department: int
    name: str
    moments: int
    causes: int


class MonthAsked(Schema):
    month: date | None = None


@router.get("/line-of-sight", response={200: list[SightedRow], **REFUSALS}, operation_id="list_lines_of_sight")
def list_lines_of_sight(request: HttpRequest) -> list[dict[str, Any]]:
    """List every department with how far it sees."""
    require(request.user, "view", "figures")
    return [_sighted(row) for row in sighted()]


@router.get(
    "/departments/{department_id}/line-of-sight",
    response={200: Sight, **REFUSALS},
    operation_id="get_line_of_sight",
)
def get_line_of_sight(request: HttpRequest, department_id: DepartmentId, asked: Query[MonthAsked]) -> dict[str, Any]:
    """Return how a department's work reaches the customer, and what changed since the month before."""
    require(request.user, "view", "figures")
    person: Any = request.user
    return as_json(line_of_sight(person, department_id, asked.month))


def as_json(found: LineOfSight) -> dict[str, Any]:
    return {
        "department": found.department.pk,
        "name": found.department.name,
        "month": found.month,
        "doings": [_doing(one) for one in found.doings],
        "causes": [
            {"cause": row.cause.id, "name": row.cause.name, "share_negative": figure(row.share)} for row in found.causes
        ],
        "changes": [_change(one) for one in found.changes],
        "words": [row.text or "" for row in found.words],
        "outcomes": [{"name": one.name, "href": one.href, "note": one.note} for one in found.outcomes],
    }


def _doing(one: Doing) -> dict[str, Any]:
    row = one.figures
    return {
        "moment": one.moment.id,
        "name": one.moment.name,
        "stage": one.moment.stage,
        "does": one.does,
        "leader": one.leader.name if one.leader else None,
        "customers": row.customers if row else 0,
        "goes_wrong": figure(row.goes_wrong) if row else None,
        "score": figure(row.score) if row else None,
        "reliability": figure(row.reliability.result) if row and row.reliability else None,
    }


def _change(one: Change) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "id": one.id,
        "name": one.name,
        "now": figure(one.now),
        "before": figure(one.before),
        "difference": figure(one.comparison.difference),
        "direction": one.direction,
    }


def _sighted(row: Sighted) -> dict[str, Any]:
    return {
        "department": row.department.pk,
        "name": row.department.name,
        "moments": row.moments,
        "causes": row.causes,
    }
