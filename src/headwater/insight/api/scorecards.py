"""The two scorecards, for programs."""

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema

from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.insight.api.causes import Asked
from headwater.insight.api.figures import Figure, figure
from headwater.insight.scorecards import OwnNumber, Scorecards, scorecards
from headwater.metrics.access import require_askable

router = Router(tags=["insight"])


class Own(Schema):
    """What a function sees of itself at a stage; ``reference`` is what its state is judged against."""

    stage: str
    function: str
    reliability: Figure | None
    complaints: Figure
    negatives: int
    reference: float
    state: Literal["green", "red", "unclear", "unknown"]


class ScorecardRow(Schema):
    """``hides``: what the silo view hides at this stage; empty where it hides nothing."""

    stage: str
    name: str
    score: Figure
    state: Literal["green", "red", "unclear", "unknown"]
    negative: Figure
    reliability: Figure | None
    hides: Literal["hidden", "perhaps", ""]
    leaders: dict[str, str]
    functions: list[Own]


class FunctionRow(Schema):
    name: str
    reliability: Figure | None
    complaints: Figure
    negatives: int
    stages: list[Own]


class ScorecardsAnswer(Schema):
    """``average``: the score over all stages; ``usual_complaints``: the share that functions are held against."""

    metric: str
    average: Figure
    usual_complaints: float
    usual_reliability: float | None
    stages: list[ScorecardRow]
    functions: list[FunctionRow]


@router.get("/scorecards", response={200: ScorecardsAnswer, **REFUSALS}, operation_id="get_scorecards")
def get_scorecards(request: HttpRequest, asked: Query[Asked]) -> dict[str, Any]:
    """Return the scorecards across the experience and down the silo."""
    require(request.user, "view", "figures")
    selection = asked.selection()
    require_askable(request.user, (), selection.filter())
    return as_json(scorecards(selection))


def as_json(found: Scorecards) -> dict[str, Any]:
    return {
        "metric": found.metric.name,
        "average": figure(found.average),
        "usual_complaints": found.usual_complaints,
        "usual_reliability": found.usual_reliability,
        "stages": [
            {
                "stage": row.stage.id,
                "name": row.stage.name,
                "score": figure(row.score),
                "state": row.state,
                "negative": figure(row.negative),
                "reliability": figure(row.reliability) if row.reliability else None,
                "hides": row.hides,
                "leaders": {moment.id: leader.name for moment, leader in row.leaders},
                "functions": [_own(row.stage.id, one) for one in row.functions],
            }
            for row in found.stages
        ],
        "functions": [
            {
                "name": row.name,
                "reliability": figure(row.measured) if row.measured else None,
                "complaints": figure(row.complaints),
                "negatives": row.negatives,
                "stages": [_own(stage.id, one) for stage, one in row.stages],
            }
            for row in found.functions
        ],
    }


def _own(stage: str, own: OwnNumber) -> dict[str, Any]:
    return {
        "stage": stage,
        "function": own.function,
        "reliability": figure(own.measured) if own.measured else None,
        "complaints": figure(own.complaints),
        "negatives": own.negatives,
        "reference": own.reference,
        "state": own.state,
    }
