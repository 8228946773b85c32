"""Metrics for programs."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.metrics.access import require_askable
from headwater.metrics.definitions import METRICS
from headwater.metrics.estimates import estimate, read_filter

router = Router(tags=["metrics"])


class Scale(Schema):
    """The scale people answer on, with the end of its low range and the start of its top range."""

    low: float
    high: float
    low_max: float
    top_min: float


class MetricDescription(Schema):
    """What a metric asks and how it is computed; ``highest`` is null where it has no upper end."""

    name: str
    title: str
    question: str
    computation: str
    moves: str
    unit: str
    lowest: float
    highest: float | None
    better: str
    scale: Scale | None
    population: list[str]
    interval: str
    confidence: float
    minimum_base: int


class Row(Schema):
    """One group in the metric's own unit; without a verdict the three figures are null and the reason is given."""

    group: dict[str, str | None]
    estimate: float | None
    low: float | None
    high: float | None
    n: int
    no_verdict: str | None = None


class MetricAnswer(Schema):
    metric: str
    definition: MetricDescription
    rows: list[Row]


class MetricAsked(Schema):
    """``by`` may be given more than once; both days are included."""

    by: list[str] = Field(default_factory=list, max_length=10)
    where: str | None = Field(None, max_length=2000)
    since: date | None = None
    until: date | None = None


@router.get("/metrics", response={200: list[MetricDescription], **REFUSALS}, operation_id="list_metrics")
def list_metrics(request: HttpRequest) -> list[dict[str, Any]]:
    """List every metric with its definition."""
    require(request.user, "view", "figures")
    return [definition.as_json() for definition in METRICS.values()]


@router.get(
    "/metrics/{name}", response={200: MetricAnswer, **REFUSALS}, exclude_unset=True, operation_id="estimate_metric"
)
def get_metric(request: HttpRequest, name: str, asked: Query[MetricAsked]) -> dict[str, Any]:
    """Estimate a metric by group, each with its interval and base size."""
    require(request.user, "view", "figures")
    require_askable(request.user, asked.by, read_filter(asked.where))
    return estimate(name, by=asked.by, where=asked.where, since=asked.since, until=asked.until).as_json()
