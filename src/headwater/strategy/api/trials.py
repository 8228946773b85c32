"""Trials of drafts for programs: start one, read what it found, close it, keep what changed."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from ninja import Field, Router, Schema

from headwater.base.permissions import allows, require
from headwater.base.problems import REFUSALS
from headwater.science.results import Estimate
from headwater.strategy import trials as services
from headwater.strategy.models import Trial
from headwater.strategy.trial_results import AudienceResult, Scale, results

router = Router(tags=["trials"])
MAX_ID = 2**63 - 1
Audience = Literal["customers", "employees"]


class NewTrial(Schema):
    """``moment`` is needed for guideposts."""

    kind: Literal["mission", "outcomes", "guideposts"]
    moment: str = Field("", max_length=60)
    closes_on: date
    most: int = Field(200, ge=1, le=services.MOST_ANSWERS)
    audiences: list[Audience] = Field(["customers", "employees"], min_length=1, max_length=2)


class ScaleOut(Schema):
    """The share who said 4 or 5 of 5 with its 95 % interval; null while there are too few answers."""

    name: str
    share: float | None
    low: float | None
    high: float | None
    n: int


class AudienceOut(Schema):
    """Words and link are null for those who do not edit the strategy."""

    audience: Audience
    n: int
    scales: list[ScaleOut]
    promises: list[str] | None
    changes: list[str] | None
    link: str | None


class TrialOut(Schema):
    id: int
    kind: str
    title: str
    lines: list[str]
    closes_on: date
    open: bool
    note: str
    changed_lines: list[str]
    audiences: list[AudienceOut]


class NoteBody(Schema):
    note: str = Field(max_length=services.NOTE_LENGTH)


@router.get("/strategy/trials", response={200: list[TrialOut], **REFUSALS}, operation_id="list_trials")
def list_trials(request: HttpRequest) -> list[dict[str, Any]]:
    """List the last hundred trials, newest first."""
    require(request.user, "view", "strategy")
    return [_trial(request, trial) for trial in services.trials()[:100]]


@router.post("/strategy/trials", response={201: TrialOut, **REFUSALS}, operation_id="start_trial")
def start_trial(request: HttpRequest, new: NewTrial) -> tuple[int, dict[str, Any]]:
    """Try a draft with people; the same text that is being tried already is not tried twice."""
    person: Any = request.user
    given = new.dict()
    return 201, _trial(request, services.start_trial(person, given.pop("kind"), **given))


@router.get("/strategy/trials/{int:trial_id}", response={200: TrialOut, **REFUSALS}, operation_id="get_trial")
def get_trial(request: HttpRequest, trial_id: int) -> dict[str, Any]:
    """Return what a trial found."""
    require(request.user, "view", "strategy")
    return _trial(request, services.trial_of(min(trial_id, MAX_ID)))


@router.post("/strategy/trials/{int:trial_id}/close", response={200: TrialOut, **REFUSALS}, operation_id="close_trial")
def close_trial(request: HttpRequest, trial_id: int) -> dict[str, Any]:
    """End a trial before its day."""
    person: Any = request.user
    return _trial(request, services.close_trial(person, min(trial_id, MAX_ID)))


@router.put("/strategy/trials/{int:trial_id}/change", response={200: TrialOut, **REFUSALS}, operation_id="keep_change")
def keep_change(request: HttpRequest, trial_id: int, body: NoteBody) -> dict[str, Any]:
    """Keep what changed after a trial."""
    person: Any = request.user
    return _trial(request, services.keep_change(person, min(trial_id, MAX_ID), body.note))


def _trial(request: HttpRequest, trial: Trial) -> dict[str, Any]:
    edits = allows(request.user, "edit", "strategy")
    links = {link.audience: settings.PUBLIC_URL + reverse("try", args=[link.token]) for link in trial.links.all()}
    return {
        "id": trial.pk,
        "kind": trial.kind,
        "title": trial.title,
        "lines": trial.lines,
        "closes_on": trial.closes_on,
        "open": services.is_open(trial),
        "note": trial.note,
        "changed_lines": trial.changed_lines,
        "audiences": [_audience(one, links[one.audience], edits=edits) for one in results(trial)],
    }


def _audience(found: AudienceResult, link: str, *, edits: bool) -> dict[str, Any]:
    return {
        "audience": found.audience,
        "n": found.n,
        "scales": [_scale(scale) for scale in found.scales],
        "promises": list(found.promises) if edits else None,
        "changes": list(found.changes) if edits else None,
        "link": link if edits else None,
    }


def _scale(scale: Scale) -> dict[str, Any]:
    known = scale.result if isinstance(scale.result, Estimate) else None
    return {
        "name": scale.name,
        "share": known.estimate if known else None,
        "low": known.low if known else None,
        "high": known.high if known else None,
        "n": scale.result.n,
    }
