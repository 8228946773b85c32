"""The roadmap for programs: the phases, their evidence and their plans."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.base.refusals import NotFound
from headwater.strategy import roadmap as services

router = Router(tags=["roadmap"])


class EvidenceOut(Schema):
    """``met`` is null where nothing can be said yet; ``faded``: met in an earlier month and not now."""

    criterion: str
    title: str
    met: bool | None
    shown: str
    faded: bool


class PhaseOut(Schema):
    key: str
    title: str
    state: Literal["met", "here", "ahead"]
    evidence: list[EvidenceOut]
    starts: date | None
    ends: date | None
    owner: int | None
    late: bool
    edition: int


class RoadmapOut(Schema):
    """``maturity``: how many phases are met one after the other from the first, 0 to 5."""

    maturity: int
    phases: list[PhaseOut]


class PlanBody(Schema):
    """Only the fields that are sent are set; ``owner`` is a person's id."""

    starts: date | None = None
    ends: date | None = None
    owner: int | None = Field(None, ge=1, le=2**63 - 1)
    seen: int | None = Field(None, ge=0, le=2**31 - 1)


@router.get("/strategy/roadmap", response={200: RoadmapOut, **REFUSALS}, operation_id="get_roadmap")
def get_roadmap(request: HttpRequest) -> dict[str, Any]:
    """Return the roadmap as the record shows it now."""
    require(request.user, "view", "strategy")
    return _roadmap()


@router.patch("/strategy/roadmap/{slug:key}", response={200: RoadmapOut, **REFUSALS}, operation_id="plan_phase")
def plan_phase(request: HttpRequest, key: str, body: PlanBody) -> dict[str, Any]:
    """Plan a phase."""
    person: Any = request.user
    given = body.dict(exclude_unset=True, exclude={"seen"})
    if given.get("owner") is not None:
        owner = Person.objects.filter(pk=given["owner"]).first()
        if owner is None:
            raise NotFound("person_unknown", f"Nobody here has the number {given['owner']}.", "owner")
        given["owner"] = owner
    services.plan_phase(person, key, given, seen=body.seen)
    return _roadmap()


def _roadmap() -> dict[str, Any]:
    found = services.roadmap()
    return {"maturity": found.maturity, "phases": [_phase(one) for one in found.phases]}


def _phase(one: services.PlannedPhase) -> dict[str, Any]:
    return {
        "key": one.standing.phase.key,
        "title": str(one.standing.phase.title),
        "state": one.standing.state,
        "evidence": [
            {
                "criterion": evidence.criterion.key,
                "title": str(evidence.criterion.title),
                "met": evidence.judged.met,
                "shown": evidence.judged.shown,
                "faded": evidence.faded,
            }
            for evidence in one.standing.evidence
        ],
        "starts": one.plan.starts,
        "ends": one.plan.ends,
        "owner": one.plan.owner.pk if one.plan.owner else None,
        "late": one.is_late,
        "edition": one.plan.edition,
    }
