"""The strategy check and the decision test for programs."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.strategy import checking, deciding

router = Router(tags=["strategy"])
SLUG = r"^[a-z][a-z0-9_]{1,59}$"


class WhichStrategy(Schema):
    """``of`` is ``draft`` or ``published``; without it the draft is checked, where there is one you may read."""

    of: Literal["", "draft", "published"] = ""


class FindingOut(Schema):
    """``severity`` ``note`` does not fail the rule. ``suggestion`` is a whole wording, or empty."""

    place_kind: str
    place_id: str
    place: str
    evidence: str
    mend: str
    severity: Literal["mend", "note"]
    suggestion: str
    href: str


class VerdictOut(Schema):
    rule: str
    title: str
    asks: str
    why: str
    how_to_mend: str
    state: Literal["met", "not_met", "cannot_say"]
    reason: str
    findings: list[FindingOut]


class CheckOut(Schema):
    """``met`` of ``rules`` rules: a count, nothing finer. ``checked`` says which strategy that was."""

    checked: Literal["draft", "published"]
    sentence: str
    met: int
    rules: int
    verdicts: list[VerdictOut]


class CellOut(Schema):
    department: str
    outcome: str
    moment: str
    does: str


class MatrixOut(Schema):
    """``cells`` are contributions of departments to outcomes; ``blank`` are departments without any."""

    departments: list[str]
    outcomes: list[str]
    cells: list[CellOut]
    blank: list[str]


class WordingOut(Schema):
    text: str


class ReasonOut(Schema):
    code: str
    message: str


class TestedOut(Schema):
    kind: Literal["measure", "pin"]
    id: str
    name: str
    where: str
    owner: str
    reasons: list[ReasonOut]


class DecisionTestOut(Schema):
    """``failing`` of ``tested`` measures and pinned charts."""

    tested: int
    failing: list[TestedOut]


class Reason(Schema):
    reason: str = Field(min_length=1, max_length=300)


@router.get("/strategy/check", response={200: CheckOut, **REFUSALS}, operation_id="check_strategy")
def get_check(request: HttpRequest, asked: Query[WhichStrategy]) -> dict[str, Any]:
    """Hold the strategy against ten rules; each finding has its place, its evidence and how to mend it."""
    person: Any = request.user
    page = checking.check_page(person, asked.of)
    return checking.as_json(page)


@router.get("/strategy/check/departments", response={200: MatrixOut, **REFUSALS}, operation_id="departments_outcomes")
def get_matrix(request: HttpRequest, asked: Query[WhichStrategy]) -> dict[str, Any]:
    """Which department contributes what to which outcome."""
    person: Any = request.user
    page, lines = checking.departments_and_outcomes(person, asked.of)
    outcomes = [outcome.id for outcome in page.facts.strategy.outcomes]
    cells = [
        {"department": line.department.name, "outcome": outcome, "moment": one.moment, "does": one.does}
        for line in lines
        for outcome, cell in zip(outcomes, line.cells, strict=True)
        for one in cell
    ]
    blank = [line.department.name for line in lines if line.is_blank]
    return {
        "departments": [line.department.name for line in lines],
        "outcomes": outcomes,
        "cells": cells,
        "blank": blank,
    }


@router.post(
    "/strategy/check/outcomes/{outcome_id}/take",
    response={200: WordingOut, **REFUSALS},
    operation_id="take_over_wording",
)
def take_over(request: HttpRequest, outcome_id: str) -> dict[str, str]:
    """Write the wording that the check proposes for an outcome into the draft."""
    person: Any = request.user
    return {"text": checking.take_over(person, outcome_id)}


@router.get("/decision-test", response={200: DecisionTestOut, **REFUSALS}, operation_id="decision_test")
def get_decision_test(request: HttpRequest) -> dict[str, Any]:
    """Measures, and charts on the boards you see, that inform no decision, each with the reasons."""
    person: Any = request.user
    require(person, "view", "measures")
    page = deciding.test_page(person)
    return {"tested": page.tested, "failing": [row.tested for row in page.failing]}


@router.post("/decision-test/measures/{slug}/stop", response={204: None, **REFUSALS}, operation_id="stop_measure")
def stop_measure(request: HttpRequest, slug: str, given: Reason) -> tuple[int, None]:
    """Stop a measure that informs no decision, with the reason; its readings stay."""
    person: Any = request.user
    deciding.stop_measure(person, slug, given.reason)
    return 204, None
