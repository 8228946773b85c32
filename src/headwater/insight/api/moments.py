"""The ranking of moments, for programs."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.insight.api.causes import Asked
from headwater.insight.api.figures import Figure, figure
from headwater.insight.moments import MomentRanking, moment_ranking
from headwater.journey.moments import leaders
from headwater.metrics.access import require_askable

router = Router(tags=["insight"])


class RankedMoment(Schema):
    """``goes_wrong`` is a share of customers; ``effect`` and ``weight`` are in the unit of the outcome; ``places`` the
    first and last rank between which it stands, null where it cannot be ranked; ``first`` the chance of rank 1."""

    moment: str
    name: str
    stage: str
    chosen: bool
    leader: str | None
    customers: int
    traced: int
    hurt: int
    goes_wrong: Figure
    effect: Figure
    score: Figure
    weight: Figure
    reliability: Figure | None
    first: float
    places: list[int] | None


class Ranking(Schema):
    """``contenders``: how far down the list the first could be."""

    outcome: str
    score_metric: str
    customers: int
    contenders: int
    comments: int
    comments_with_a_moment: int
    rows: list[RankedMoment]


@router.get("/moments", response={200: Ranking, **REFUSALS}, operation_id="rank_moments")
def rank_moments(request: HttpRequest, asked: Query[Asked]) -> dict[str, Any]:
    """Rank the moments by the points of the outcome that go with them going wrong."""
    require(request.user, "view", "figures")
    selection = asked.selection()
    require_askable(request.user, (), selection.filter())
    return as_json(moment_ranking(selection))


def as_json(found: MomentRanking) -> dict[str, Any]:
    led = leaders()
    return {
        "outcome": found.outcome.name,
        "score_metric": found.metric.name,
        "customers": found.customers,
        "contenders": found.contenders,
        "comments": found.with_words,
        "comments_with_a_moment": found.labelled,
        "rows": [
            {
                "moment": row.moment.id,
                "name": row.moment.name,
                "stage": row.moment.stage,
                "chosen": row.moment.truth,
                "leader": led[row.moment.id].name if row.moment.id in led else None,
                "customers": row.customers,
                "traced": row.traced,
                "hurt": row.hurt,
                "goes_wrong": figure(row.goes_wrong),
                "effect": figure(row.effect),
                "score": figure(row.score),
                "weight": figure(row.weight),
                "reliability": figure(row.reliability.result) if row.reliability else None,
                "first": row.first,
                "places": list(row.places) if row.places else None,
            }
            for row in found.rows
        ],
    }
