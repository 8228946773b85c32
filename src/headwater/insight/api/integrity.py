"""Score integrity for programs: what hangs on a score, and how many stand out. Never who."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from headwater.base.accounts import person
from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.insight.api.figures import Figure, figure
from headwater.insight.integrity import integrity
from headwater.insight.integrity_incentives import Incentive, incentives_of, review_incentive, review_of, reviews_of
from headwater.insight.integrity_wording import integrity_sentence, reasons, why_not

router = Router(tags=["insight"])


class IncentiveShown(Schema):
    """``hangs``: something depends on the score; nothing does; null where nobody has said."""

    title: str
    words: str
    hangs: bool | None


class IncentiveFinding(Schema):
    finding: Literal["nothing", "hangs", "stays"]
    words: str = Field(min_length=1, max_length=1000)


class IncentiveReviewed(IncentiveFinding):
    at: datetime


class BranchShown(Schema):
    branch: str
    response_rate: Figure
    top_share: Figure
    stands_out: bool
    reasons: list[str]


class IntegrityAnswer(Schema):
    """Agents are a number: whose pattern it is reaches that colleague and their manager, on pages only."""

    metric: str
    sentence: str
    incentives: list[IncentiveShown]
    examined: bool
    since: date | None
    until: date | None
    agents_judged: int
    agents_standing_out: int
    why_not: str
    branches: list[BranchShown]
    unnamed_branches: int


@router.get("/integrity/{metric}", response={200: IntegrityAnswer, **REFUSALS}, operation_id="get_integrity")
def get_integrity(request: HttpRequest, metric: str) -> dict[str, Any]:
    """Return what hangs on a score and how many agents stand out; no colleague is named."""
    found = integrity(person(request), metric)
    known = incentives_of(metric)
    return {
        "metric": found.metric.name,
        "sentence": integrity_sentence(found, known),
        "incentives": [_incentive(one) for one in known],
        "examined": review_of(metric) is not None,
        "since": found.agents.since,
        "until": found.agents.until,
        "agents_judged": found.agents.tested,
        "agents_standing_out": len(found.agents.standing_out),
        "why_not": why_not(found.agents.verdict),
        "branches": [
            {
                "branch": one.name,
                "response_rate": figure(one.response_rate),
                "top_share": figure(one.top_share),
                "stands_out": one.stands_out,
                "reasons": reasons(one) if one.stands_out else [],
            }
            for one in found.named_branches
        ],
        "unnamed_branches": found.unnamed_branches,
    }


@router.get(
    "/integrity/{metric}/incentive",
    response={200: list[IncentiveReviewed], **REFUSALS},
    operation_id="list_incentive_reviews",
)
def list_incentive_reviews(request: HttpRequest, metric: str) -> list[dict[str, Any]]:
    """Return everything that was found to hang on a score, the newest first."""
    require(request.user, "view", "integrity")
    return [{"finding": row.finding, "words": row.words, "at": row.at} for row in reviews_of(metric)]


@router.post(
    "/integrity/{metric}/incentive",
    response={200: IncentiveReviewed, **REFUSALS},
    operation_id="review_incentive",
)
def post_incentive_review(request: HttpRequest, metric: str, given: IncentiveFinding) -> dict[str, Any]:
    """Write down what hangs on a score."""
    row = review_incentive(person(request), metric, given.finding, given.words)
    return {"finding": row.finding, "words": row.words, "at": row.at}


def _incentive(one: Incentive) -> dict[str, Any]:
    return {"title": one.title, "words": one.words, "hangs": one.hangs}
