"""Who answered, and metrics weighted to the customer base, for programs."""

from __future__ import annotations

from datetime import date
from math import isfinite
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from headwater.base.accounts import person
from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.insight import response_wording as wording
from headwater.insight.api.causes import Asked
from headwater.insight.api.figures import Figure, figure
from headwater.insight.response import Response, response
from headwater.insight.weighting import WeightedMetric, weighted
from headwater.insight.weighting_margins import LONGEST, Margin, margins_in_force, state_margin
from headwater.metrics.access import require_askable

router = Router(tags=["insight"])


class ResponseAsked(Asked):
    """``by``: a dimension of the invitations; without it the best known attribute of customers."""

    by: str = Field("", max_length=80)


class ResponseSegment(Schema):
    """``against_rest``: the rate less that of all others; ``found``: they differ, all segments compared."""

    segment: str
    asked: int
    answered: int
    rate: Figure
    against_rest: Figure
    found: bool
    silent: bool


class ResponseAnswer(Schema):
    by: str
    sentence: str
    asked: int
    answered: int
    unnamed: int
    young: int
    until: date | None
    rate: Figure
    representativity: Figure
    largest_bias: Figure
    segments: list[ResponseSegment]
    warnings: list[str]


class WeightedAsked(Asked):
    """``attribute`` may be given up to three times; without it the best known attributes of customers are taken."""

    attribute: list[str] = Field(default_factory=list, max_length=3)


class WeightedLevel(Schema):
    """Shares of customers and answers; ``pull``: by how much this level's weight moves the whole."""

    attribute: str
    level: str
    base: float
    answered: float
    n: int
    value: float | None
    pull: float


class WeightedAnswer(Schema):
    metric: str
    sentence: str
    raw: Figure
    weighted: Figure
    shift: Figure
    effective_n: float | None
    design_effect: float | None
    smallest_weight: float | None
    largest_weight: float | None
    without_level: int
    levels: list[WeightedLevel]
    warnings: list[str]
    assumption: str


class MarginLevel(Schema):
    level: str = Field(min_length=1, max_length=120)
    customers: float = Field(ge=0, le=1e12)


class MarginShown(Schema):
    """``stated``: an analyst said so; else it is how the record's customers are spread."""

    attribute: str
    levels: list[MarginLevel]
    unknown: int
    stated: bool
    source: str
    stated_on: date | None


class MarginStated(Schema):
    attribute: str = Field(min_length=1, max_length=LONGEST)
    levels: list[MarginLevel] = Field(min_length=2, max_length=40)
    source: str = Field(min_length=1, max_length=300)
    stated_on: date


@router.get("/response", response={200: ResponseAnswer, **REFUSALS}, operation_id="get_response")
def get_response(request: HttpRequest, asked: Query[ResponseAsked]) -> dict[str, Any]:
    """Return who of those invited answered, by segment."""
    require(request.user, "view", "figures")
    selection = asked.selection()
    require_askable(request.user, (asked.by,), selection.filter())
    return _response(response(selection, asked.by))


@router.get("/response/weighted/{metric}", response={200: WeightedAnswer, **REFUSALS}, operation_id="get_weighted")
def get_weighted(request: HttpRequest, metric: str, asked: Query[WeightedAsked]) -> dict[str, Any]:
    """Return a metric as answered and as weighted to the customer base."""
    require(request.user, "view", "figures")
    selection = asked.selection()
    require_askable(request.user, [f"attribute:{name}" for name in asked.attribute], selection.filter())
    return _weighted(weighted(metric, selection, asked.attribute or None))


@router.get("/response/base", response={200: list[MarginShown], **REFUSALS}, operation_id="get_customer_base")
def get_customer_base(request: HttpRequest) -> list[dict[str, Any]]:
    """Return how the customer base is spread, attribute by attribute."""
    require(request.user, "view", "figures")
    return [_margin(margin) for margin in margins_in_force()]


@router.post("/response/base", response={200: MarginShown, **REFUSALS}, operation_id="state_customer_base")
def state_customer_base(request: HttpRequest, given: MarginStated) -> dict[str, Any]:
    """State how the customer base is spread over one attribute; the same twice counts once."""
    levels = {row.level: row.customers for row in given.levels}
    row = state_margin(
        person(request),
        given.attribute,
        levels,
        source=given.source,
        stated_on=given.stated_on,
    )
    return _margin(Margin(row.attribute, row.levels, stated=row))


def _response(found: Response) -> dict[str, Any]:
    return {
        "by": found.dimension,
        "sentence": wording.response_sentence(found),
        **{name: getattr(found, name) for name in ("asked", "answered", "unnamed", "young", "until")},
        "rate": figure(found.overall),
        "representativity": figure(found.representativity),
        "largest_bias": figure(found.largest_bias),
        "segments": [
            {
                "segment": row.segment,
                "asked": row.asked,
                "answered": row.answered,
                "rate": figure(row.rate),
                "against_rest": figure(row.gap),
                "found": row.found,
                "silent": row.silent,
            }
            for row in found.rows
        ],
        "warnings": wording.silence(found),
    }


def _weighted(found: WeightedMetric) -> dict[str, Any]:
    return {
        "metric": found.definition.name,
        "sentence": wording.weighted_sentence(found),
        "raw": figure(found.raw),
        "weighted": figure(found.weighted),
        "shift": figure(found.shift),
        "effective_n": _finite(found.effective_n),
        "design_effect": _finite(found.design_effect),
        "smallest_weight": _finite(found.smallest),
        "largest_weight": _finite(found.largest),
        "without_level": found.without_level,
        "levels": [
            {
                **{name: getattr(pull, name) for name in ("attribute", "level", "base", "answered", "n", "pull")},
                "value": _finite(pull.value),
            }
            for pull in found.pulls
        ],
        "warnings": wording.warnings(found),
        "assumption": wording.assumption(),
    }


def _margin(margin: Margin) -> dict[str, Any]:
    stated = margin.stated
    return {
        "attribute": margin.attribute,
        "levels": [{"level": level, "customers": value} for level, value in margin.levels.items()],
        "unknown": margin.unknown,
        "stated": stated is not None,
        "source": stated.source if stated else "",
        "stated_on": stated.stated_on if stated else None,
    }


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
