"""What drives an outcome, for programs."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from pydantic import StringConstraints

from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.insight.api.causes import Asked
from headwater.insight.api.figures import Figure, figure
from headwater.insight.drivers import Analysis, DriversAsked, analyse
from headwater.insight.drivers_columns import Form, Kind, Outcome, Taken
from headwater.insight.drivers_rows import DriverRow, Quadrant
from headwater.insight.drivers_segments import SegmentDrivers, by_segment
from headwater.metrics.access import require_askable
from headwater.science.results import Estimate

router = Router(tags=["insight"])


class DriversQuery(Asked):
    """``outcome`` and ``driver`` are ids as the answer lists them (the outcome ``again``: whether customers bought
    again; the driver ``number:NAME``: any attribute that is a number); ``complete``: only responses that give every
    driver; ``by``: a dimension to compare segments of."""

    outcome: str = Field("", max_length=300)
    form: Form = "score"
    driver: list[Annotated[str, StringConstraints(max_length=300)]] = Field(default_factory=list, max_length=30)
    complete: bool = False
    by: str = Field("", max_length=200)


class DriverOutcome(Schema):
    id: str
    name: str
    metric: str
    question: str | None
    answers: int


class DriverAsymmetry(Schema):
    """In units of the outcome, against a middling rating; ``verdict`` is decided by the interval of the sum."""

    penalty: Figure
    reward: Figure
    sum: Figure
    verdict: str | None


class DriverFigures(Schema):
    """``importance`` in units of R²; ``performance`` in 0…1; ``worse`` and ``better``: the mean outcome where it went
    badly and where it went well; ``answered``: the share of responses that give it."""

    id: str
    name: str
    kind: Kind
    place: Quadrant
    importance: Figure
    weight: Figure
    performance: Figure
    worse: Figure
    better: Figure
    difference: Figure
    answered: float
    asymmetry: DriverAsymmetry | None


class DriverSegmentFigures(Schema):
    """``difference``: the importance here less that among all others; ``adjusted_p`` over all segments and drivers."""

    driver: str
    importance: Figure
    difference: Figure
    adjusted_p: float | None


class DriverSegment(Schema):
    value: str
    responses: int
    drivers: list[DriverSegmentFigures]
    why_not: str


class DriverLeftOut(Schema):
    id: str
    name: str
    reason: str


class DriversAnswer(Schema):
    """``why_not`` says why there is no verdict; ``outcome`` is null where nothing is scored at all. ``mcfadden``: of a
    yes or no, importances are shares of McFadden's R², which ``r_squared`` is then."""

    outcome: DriverOutcome | None
    form: Taken
    mcfadden: bool
    responses: int
    fewest_in_a_pair: int
    complete: bool
    r_squared: Figure
    average: Figure
    drivers: list[DriverFigures]
    left_out: list[DriverLeftOut]
    segments: list[DriverSegment]
    outcomes: list[DriverOutcome]
    method: str
    assumptions: list[str]
    why_not: str


@router.get("/drivers", response={200: DriversAnswer, **REFUSALS}, operation_id="get_drivers")
def get_drivers(request: HttpRequest, asked: Query[DriversQuery]) -> dict[str, Any]:
    """Return what an outcome goes together with: importance, performance, asymmetry, by segment."""
    require(request.user, "view", "figures")
    selection = asked.selection()
    named = [f"attribute:{one.partition(':')[2]}" for one in asked.driver if one.startswith("number:")]
    require_askable(request.user, [*named, *([asked.by] if asked.by else [])], selection.filter())
    chosen = DriversAsked(asked.outcome, asked.form, tuple(asked.driver), asked.complete, asked.by)
    analysis = analyse(selection, chosen)
    if analysis is None:
        return _nothing(asked.form, asked.complete)
    return as_json(analysis, by_segment(selection, analysis, asked.by) if asked.by else ())


def as_json(analysis: Analysis, segments: tuple[SegmentDrivers, ...]) -> dict[str, Any]:
    return {
        "outcome": _outcome(analysis.outcome),
        "form": analysis.form,
        "mcfadden": analysis.mcfadden,
        "responses": analysis.responses,
        "fewest_in_a_pair": analysis.fewest,
        "complete": analysis.complete,
        "r_squared": figure(analysis.r_squared),
        "average": figure(analysis.average),
        "drivers": [_driver(row) for row in analysis.rows],
        "left_out": [
            {"id": one.candidate.id, "name": one.candidate.name, "reason": one.reason} for one in analysis.left_out
        ],
        "segments": [_segment(one) for one in segments],
        "outcomes": [_outcome(one) for one in analysis.choices],
        "method": analysis.method,
        "assumptions": list(analysis.assumptions),
        "why_not": analysis.refused.message if analysis.refused else "",
    }


def _nothing(form: Form, complete: bool) -> dict[str, Any]:
    empty: dict[str, Any] = {name: [] for name in ("drivers", "left_out", "segments", "outcomes", "assumptions")}
    why_not = "No question has been answered with a score."
    counts = {"responses": 0, "fewest_in_a_pair": 0, "r_squared": {}, "average": {}}
    said = {"outcome": None, "form": form, "complete": complete, "mcfadden": False, "method": "", "why_not": why_not}
    return said | counts | empty


def _outcome(rating: Outcome) -> dict[str, Any]:
    return {
        "id": rating.id,
        "name": rating.name,
        "metric": rating.metric,
        "question": rating.question,
        "answers": rating.responses,
    }


def _driver(row: DriverRow) -> dict[str, Any]:
    found = {name: figure(getattr(row, name)) for name in ("importance", "weight", "performance", "worse", "better")}
    asymmetry = None
    if row.asymmetry is not None:
        asymmetry = {
            "penalty": figure(row.asymmetry.penalty),
            "reward": figure(row.asymmetry.reward),
            "sum": figure(row.asymmetry.asymmetry),
            "verdict": row.asymmetry.kind,
        }
    return {
        "id": row.candidate.id,
        "name": row.candidate.name,
        "kind": row.candidate.kind,
        "place": row.quadrant,
        **found,
        "difference": figure(row.effect),
        "answered": row.answered,
        "asymmetry": asymmetry,
    }


def _segment(one: SegmentDrivers) -> dict[str, Any]:
    return {
        "value": one.value,
        "responses": one.responses,
        "drivers": [
            {
                "driver": weight.driver,
                "importance": figure(weight.importance),
                "difference": figure(weight.difference),
                "adjusted_p": weight.adjusted_p if isinstance(weight.difference, Estimate) else None,
            }
            for weight in one.weights
        ],
        "why_not": one.refused.message if one.refused else "",
    }
