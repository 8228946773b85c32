"""One's own hunches, for one's own programs; of others there is only the crowd's picture."""

from __future__ import annotations

from datetime import date, datetime
from math import isfinite
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Path, Router, Schema

import headwater.science as hs
from headwater.base.accounts import person
from headwater.base.problems import REFUSALS
from headwater.insight import hunches
from headwater.insight.api.figures import Figure, figure
from headwater.insight.hunches_calibration import crowd, own_calibration
from headwater.insight.hunches_wording import claim_sentence, verdict_words
from headwater.insight.models import Hunch
from headwater.science.results import NoVerdict

router = Router(tags=["insight"])
Pk = Annotated[int, Path(ge=1, le=2**62)]


class HunchClaim(Schema):
    """``at_least`` is in the metric's unit: shares in 0…1. ``other`` counts where ``against`` is ``group``."""

    metric: str = Field(max_length=40)
    where: str = Field("", max_length=2000)
    against: Literal["rest", "group", "before"]
    other: str = Field("", max_length=2000)
    comparison: Literal["higher", "lower", "differs"]
    at_least: float = Field(0, ge=0)
    since: date
    until: date
    judge_on: date


class HunchWritten(HunchClaim):
    probability: int = Field(ge=1, le=99)
    words: str = Field("", max_length=600)


class HunchShown(HunchWritten):
    id: int
    claim: str
    state: str
    answer: str
    evidence: dict[str, Any]
    written_at: datetime
    settled_at: datetime | None


class CalibrationBin(Schema):
    low: float
    high: float
    said: float
    came_true: Figure


class CalibrationShown(Schema):
    """The Brier score is 0 at best; 0.25 is what "50 %" always gets. ``bias`` above 0: surer than right."""

    n: int
    people: int | None = None
    brier: Figure
    bias: Figure
    skill: float | None
    bins: list[CalibrationBin]
    why_not: str = ""


@router.get("/hunches", response={200: list[HunchShown], **REFUSALS}, operation_id="list_hunches")
def list_hunches(request: HttpRequest) -> list[dict[str, Any]]:
    """Return one's own hunches, the newest first."""
    return [_shown(one) for one in hunches.hunches_of(person(request))]


@router.post("/hunches", response={200: HunchShown, **REFUSALS}, operation_id="write_hunch")
def write_hunch(request: HttpRequest, given: HunchWritten) -> dict[str, Any]:
    """Write a hunch down; the same one twice is one."""
    claim = hunches.Claim(**{name: getattr(given, name) for name in hunches.Claim.__slots__})
    return _shown(hunches.write_hunch(person(request), claim, given.probability, given.words))


@router.get("/hunches/calibration", response={200: CalibrationShown, **REFUSALS}, operation_id="own_calibration")
def get_own_calibration(request: HttpRequest) -> dict[str, Any]:
    """Return how one's own probabilities compare with what happened."""
    return _calibration(own_calibration(person(request)))


@router.get("/hunches/crowd", response={200: CalibrationShown, **REFUSALS}, operation_id="crowd_calibration")
def get_crowd(request: HttpRequest) -> dict[str, Any]:
    """Return the crowd's picture, from eight people up."""
    found = crowd(person(request))
    if found is None:
        return _calibration(NoVerdict("few_people", "Fewer than eight people have an answered hunch."))
    shown = _calibration(found.found)
    shown["bins"] = [shown["bins"][number] for number in found.shown]
    return {**shown, "people": found.people}


@router.get("/hunches/{hunch_id}", response={200: HunchShown, **REFUSALS}, operation_id="get_hunch")
def get_hunch(request: HttpRequest, hunch_id: Pk) -> dict[str, Any]:
    """Return one hunch of one's own."""
    return _shown(hunches.hunch_of(person(request), hunch_id))


@router.post("/hunches/{hunch_id}/withdraw", response={200: HunchShown, **REFUSALS}, operation_id="withdraw_hunch")
def withdraw_hunch(request: HttpRequest, hunch_id: Pk) -> dict[str, Any]:
    """Take a hunch back before it is answered."""
    return _shown(hunches.withdraw_hunch(person(request), hunch_id))


def _shown(one: Hunch) -> dict[str, Any]:
    claim = hunches.claim_of(one)
    return {
        **{name: getattr(claim, name) for name in hunches.Claim.__slots__},
        **{name: getattr(one, name) for name in ("probability", "words", "state", "evidence")},
        **{name: getattr(one, name) for name in ("written_at", "settled_at")},
        "id": one.pk,
        "claim": claim_sentence(claim),
        "answer": verdict_words(one),
    }


def _calibration(found: hs.Calibration | NoVerdict) -> dict[str, Any]:
    if isinstance(found, NoVerdict):
        nothing = figure(found)
        return {"n": found.n, "brier": nothing, "bias": nothing, "skill": None, "bins": [], "why_not": found.message}
    return {
        "n": found.n,
        "brier": figure(found.score),
        "bias": figure(found.bias),
        "skill": found.skill if isfinite(found.skill) else None,
        "bins": [
            {"low": one.low, "high": one.high, "said": one.said, "came_true": figure(one.happened)}
            for one in found.bins
        ],
    }
