"""Metrics for programs."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from headwater.base.accounts import person
from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.metrics.access import require_askable
from headwater.metrics.cards import MOST_WORDS, Card, card_of, write_card
from headwater.metrics.comparisons import GroupComparison, compare_groups
from headwater.metrics.definitions import METRICS
from headwater.metrics.estimates import estimate, read_filter
from headwater.metrics.rules import why_not
from headwater.metrics.weighting import Chosen, beside, weighted
from headwater.science.results import Estimate, Result

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
    action: str
    unit: str
    lowest: float
    highest: float | None
    better: str
    scale: Scale | None
    population: list[str]
    interval: str
    confidence: float
    minimum_base: int


class MetricFigure(Schema):
    """In the metric's own unit; null where there is no verdict, and ``why_not`` says why."""

    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    why_not: str = ""


class WeightedRow(Schema):
    """The group weighted to the customer base: ``effective_n`` plain answers would know as much as its ``n``."""

    estimate: float | None
    low: float | None
    high: float | None
    n: int
    effective_n: float | None
    design_effect: float | None
    no_verdict: str | None = None


class Row(Schema):
    """One group in the metric's own unit; without a verdict the three figures are null and the reason is given."""

    group: dict[str, str | None]
    estimate: float | None
    low: float | None
    high: float | None
    n: int
    no_verdict: str | None = None
    weighted: WeightedRow | None = None


class Weights(Schema):
    """What the answers were weighted by, what that changes, and what it takes for granted."""

    attributes: list[str]
    sentence: str
    shift: MetricFigure
    warnings: list[str]
    assumption: str


class MetricAnswer(Schema):
    metric: str
    definition: MetricDescription
    rows: list[Row]
    weights: Weights | None = None


class MetricAsked(Schema):
    """``by`` may be given more than once; both days are included. ``weights=base`` puts beside each figure the one
    weighted to the customer base, by one dimension at most."""

    by: list[str] = Field(default_factory=list, max_length=10)
    where: str | None = Field(None, max_length=2000)
    since: date | None = None
    until: date | None = None
    weights: Literal["base"] | None = None


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
    chosen: Chosen = {"where": asked.where, "since": asked.since, "until": asked.until}
    answer = estimate(name, by=asked.by, **chosen)
    return answer.as_json() if asked.weights is None else beside(answer, weighted(name, tuple(asked.by), **chosen))


class ComparedGroup(Schema):
    """``rest`` is everybody else, ``difference`` the group less the rest. ``place`` counts from the best, and lies
    between ``best`` and ``worst``; null below the minimum base."""

    value: str | None
    result: MetricFigure
    rest: MetricFigure
    difference: MetricFigure
    adjusted_p: float | None
    differs: bool
    ranked: bool
    place: int | None
    best: int | None
    worst: int | None


class ComparedGroups(Schema):
    metric: str
    by: str
    groups: list[ComparedGroup]


class GroupsAsked(Schema):
    """``by``: the dimension whose groups are compared; both days are included."""

    by: str = Field(min_length=1, max_length=200)
    where: str | None = Field(None, max_length=2000)
    since: date | None = None
    until: date | None = None


class CardAnswer(Schema):
    """Who answers for a metric (a person's id), and what a leader does when it moves. ``edition`` is 0 before the
    first; ``own_words`` is false where the definition's words stand."""

    metric: str
    owner: int | None
    action: str
    edition: int
    own_words: bool


class CardGiven(Schema):
    """``seen`` is the edition that was read."""

    owner: int | None = Field(None, ge=1, le=2**63 - 1)
    action: str = Field("", max_length=MOST_WORDS)
    seen: int = Field(ge=0, le=2**31 - 1)


@router.get("/metrics/{name}/groups", response={200: ComparedGroups, **REFUSALS}, operation_id="compare_metric_groups")
def get_groups(request: HttpRequest, name: str, asked: Query[GroupsAsked]) -> dict[str, Any]:
    """Compare each group of a dimension with everybody else, false discoveries held at 5 %."""
    require(request.user, "view", "figures")
    require_askable(request.user, [asked.by], read_filter(asked.where))
    found = compare_groups(name, asked.by, where=asked.where, since=asked.since, until=asked.until)
    return {"metric": name, "by": asked.by, "groups": [_compared(one) for one in found.groups]}


@router.get("/metrics/{name}/card", response={200: CardAnswer, **REFUSALS}, operation_id="get_metric_card")
def get_card(request: HttpRequest, name: str) -> dict[str, Any]:
    """Return who answers for a metric, and what a leader does when it moves."""
    require(request.user, "view", "measures")
    return _card(card_of(name))


@router.put("/metrics/{name}/card", response={200: CardAnswer, **REFUSALS}, operation_id="write_metric_card")
def put_card(request: HttpRequest, name: str, given: CardGiven) -> dict[str, Any]:
    """Say who answers for a metric, and what a leader does when it moves."""
    return _card(write_card(person(request), name, owner=given.owner, action=given.action, seen=given.seen))


def _card(card: Card) -> dict[str, Any]:
    owner = card.owner.pk if card.owner else None
    kept = {name: getattr(card, name) for name in ("metric", "action", "edition", "own_words")}
    return {**kept, "owner": owner}


def _compared(one: GroupComparison) -> dict[str, Any]:
    rank = one.rank
    return {
        "value": one.value,
        "result": _figure(one.result),
        "rest": _figure(one.rest),
        "difference": _figure(one.difference),
        "adjusted_p": one.adjusted_p,
        "differs": one.found,
        "ranked": one.ranked,
        "place": rank.place if rank else None,
        "best": rank.best if rank else None,
        "worst": rank.worst if rank else None,
    }


def _figure(result: Result) -> dict[str, Any]:
    if isinstance(result, Estimate):
        return {name: getattr(result, name) for name in ("estimate", "low", "high", "n")}
    return {"why_not": why_not(result), "n": result.n}
