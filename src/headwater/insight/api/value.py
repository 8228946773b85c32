"""What a cause, a moment or all failures are worth, for programs."""

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.base.refusals import Refused
from headwater.insight.api.causes import Asked
from headwater.insight.api.figures import Figure, figure
from headwater.insight.value import Value, value_of
from headwater.insight.value_rules import REVENUE, SERVICE, Factor
from headwater.insight.value_wording import assumptions
from headwater.metrics.access import require_askable
from headwater.science.results import NoVerdict

router = Router(tags=["value"])
NAME = r"^[A-Za-z0-9_-]*$"


class ValueAsked(Asked):
    """A cause, or a moment and whether it ``went`` wrong or right; neither: every failure that events show.

    ``leaving`` (a probability), ``margin`` (a customer and year), ``years``, ``contacts`` and ``cost`` set an
    assumption, which is then taken as known; only the three that matter most can be set."""

    cause: str = Field("", max_length=60, pattern=NAME)
    moment: str = Field("", max_length=60, pattern=NAME)
    went: Literal["wrong", "right"] = "wrong"
    adjust: str | None = Field(None, max_length=60, pattern=r"^[A-Za-z0-9_ .-]*$")
    leaving: float | None = Field(None, ge=-1, le=1)
    margin: float | None = Field(None, ge=0, le=1e9)
    years: float | None = Field(None, ge=0, le=30)
    contacts: float | None = Field(None, ge=0, le=1e12)
    cost: float | None = Field(None, ge=0, le=1e6)


class ValueFactor(Schema):
    factor: str
    figure: Figure


class ValueSlider(Schema):
    """An assumption that matters: what the total is with it at either end of its interval."""

    factor: str
    estimate: float
    low: float
    high: float
    set_to: float | None
    at_low: float
    at_high: float


class ValueAnswer(Schema):
    """Money is in ``currency``. ``leaving`` is the extra probability that each of those affected leaves within
    ``days``; ``spending`` what each bought more or less in them. ``unsigned``: figures without a signature."""

    kind: str
    id: str
    name: str
    gain: bool
    currency: str
    days: int
    affected: int
    compared: int
    customers: int
    buy_again: int
    leaving: Figure
    spending: Figure
    referring: Figure
    orders: int
    stake: Figure
    revenue: Figure
    contact_cost: Figure
    total: Figure
    factors: list[ValueFactor]
    sliders: list[ValueSlider]
    assumptions: list[str]
    unsigned: list[str]
    adjusted: str


@router.get("/value", response={200: ValueAnswer, **REFUSALS}, operation_id="get_value")
def get_value(request: HttpRequest, asked: Query[ValueAsked]) -> dict[str, Any]:
    """Return what is at risk (or kept), with its interval, factors and assumptions."""
    require(request.user, "view", "figures")
    require(request.user, "view", "finance")
    selection = asked.selection()
    require_askable(request.user, (f"attribute:{asked.adjust}",) if asked.adjust else (), selection.filter())
    factors: tuple[Factor, ...] = (*REVENUE, *SERVICE)
    chosen = {one: value for one in factors if (value := getattr(asked, one, None)) is not None}
    found = value_of(
        selection,
        cause=asked.cause,
        moment=asked.moment,
        gain=asked.went == "right",
        adjust=asked.adjust,
        chosen=chosen,
    )
    if isinstance(found, NoVerdict):
        raise Refused(f"value.{found.code}", found.message, status=409)
    return as_json(found)


def as_json(found: Value) -> dict[str, Any]:
    parts = (found.money.revenue, found.money.service)
    return {
        "kind": found.subject.kind,
        "id": found.subject.id,
        "name": found.subject.name,
        "gain": found.subject.gain,
        "currency": found.finance.currency,
        "days": found.days,
        "affected": found.affected,
        "compared": found.compared,
        "customers": found.returning.customers,
        "buy_again": found.returning.again,
        "orders": found.orders,
        "revenue": figure(found.money.revenue.result),
        "contact_cost": figure(found.money.service.result),
        "total": figure(found.money.total),
        "factors": [
            {"factor": name, "figure": figure(result)} for part in parts for name, result in part.factors.items()
        ],
        "sliders": [
            {name: getattr(one, name) for name in ("factor", "estimate", "low", "high", "at_low", "at_high")}
            | {"set_to": one.value}
            for one in found.money.sliders
        ],
        "assumptions": list(assumptions(found)),
        "unsigned": [f"{one.key}:{one.channel}" if one.channel else one.key for one in found.finance.unsigned],
        "adjusted": found.adjusted,
        **{name: figure(getattr(found, name)) for name in ("leaving", "spending", "referring", "stake")},
    }
