"""Customers as assets, for programs."""

from datetime import date
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema

from headwater.base.permissions import allows, require
from headwater.base.problems import REFUSALS
from headwater.base.refusals import Refused
from headwater.insight.api.figures import Figure, figure
from headwater.insight.assets import CustomerAssets, Every, Ledger, Reason, customer_assets
from headwater.metrics.access import require_askable
from headwater.record.questions import MOVEMENTS, Movement
from headwater.science.results import NoVerdict, Result

router = Router(tags=["value"])


class AssetsAsked(Schema):
    """``end``: the last day of the period shown in full, by default the latest; ``by``: an attribute of customers."""

    every: Literal["month", "quarter"] = "quarter"
    end: date | None = None
    by: str = Field("", max_length=60, pattern=r"^[A-Za-z0-9_ .-]*$")


class AssetMovement(Schema):
    """Customers of one movement, and what they were worth (in the company's currency) at both ends of the period."""

    movement: Literal["gained", "won_back", "lost", "growing", "shrinking", "steady"]
    customers: int
    gave_notice: int
    before: Figure
    after: Figure


class AssetPeriod(Schema):
    """``opening`` + gained + won back − lost = ``closing``."""

    start: date
    end: date
    opening: int
    closing: int
    share_lost: Figure
    movements: list[AssetMovement]


class AssetSegment(Schema):
    segment: str | None
    period: AssetPeriod


class AssetReason(Schema):
    """Lost customers for whom this went wrong last; an empty ``id``: nothing that the record knows of."""

    id: str
    name: str
    customers: int
    share: Figure
    worth: Figure


class AssetsAnswer(Schema):
    """``signed`` says whether finance has signed who counts as an active and as a lost customer."""

    currency: str
    active: list[str]
    lost_days: int
    leaving: list[str]
    signed: bool
    periods: list[AssetPeriod]
    current: AssetPeriod
    segments: list[AssetSegment]
    reasons: list[AssetReason]
    stages: list[AssetReason]


@router.get("/assets", response={200: AssetsAnswer, **REFUSALS}, operation_id="get_assets")
def get_assets(request: HttpRequest, asked: Query[AssetsAsked]) -> dict[str, Any]:
    """Return the customers gained, lost, won back, growing and shrinking, by period, segment, reason and stage."""
    require(request.user, "view", "figures")
    if asked.by:
        require_askable(request.user, (f"attribute:{asked.by}",), None)
    every: Every = asked.every
    found = customer_assets(every=every, end=asked.end, by=asked.by)
    if isinstance(found, NoVerdict):
        raise Refused(f"assets.{found.code}", found.message, status=409)
    return as_json(found, money=allows(request.user, "view", "finance"))


def as_json(found: CustomerAssets, *, money: bool) -> dict[str, Any]:
    """``money``: what customers are worth too, for those who may see finance's figures."""
    return {
        "currency": found.finance.currency,
        "active": list(found.custom.active),
        "lost_days": found.custom.lost_days,
        "leaving": list(found.custom.leaving),
        "signed": not found.finance.unsigned_of("active", "lost"),
        "periods": [_period(one, money) for one in found.periods],
        "current": _period(found.current, money),
        "segments": [{"segment": one.segment, "period": _period(one.ledger, money)} for one in found.segments],
        "reasons": [_reason(one, money) for one in found.reasons],
        "stages": [_reason(one, money) for one in found.stages],
    }


def _period(ledger: Ledger, money: bool) -> dict[str, Any]:
    return {
        "start": ledger.start,
        "end": ledger.end,
        "opening": ledger.opening,
        "closing": ledger.closing,
        "share_lost": figure(ledger.share_lost),
        "movements": [_movement(ledger, one, money) for one in MOVEMENTS],
    }


def _movement(ledger: Ledger, movement: Movement, money: bool) -> dict[str, Any]:
    one = ledger.movements[movement]
    return {
        "movement": movement,
        "customers": one.n,
        "gave_notice": one.noticed,
        "before": _worth(one.before, money),
        "after": _worth(one.after, money),
    }


def _reason(one: Reason, money: bool) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "customers": one.n,
        "share": figure(one.share),
        "worth": _worth(one.worth, money),
    }


def _worth(result: Result, money: bool) -> dict[str, Any]:
    hidden = NoVerdict("not_allowed", _("What customers are worth is for those who may see finance’s figures."))
    return figure(result if money else hidden)
