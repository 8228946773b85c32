"""The river, for programs."""

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema

from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.insight.api.causes import Asked
from headwater.insight.api.figures import Figure, figure
from headwater.insight.demand_kinds import Kind
from headwater.insight.river import Evidence, River, Symptom, Width, river
from headwater.insight.river_happened import river_happened
from headwater.metrics.access import require_askable

router = Router(tags=["insight"])


class RiverAsked(Asked):
    """``width``: what customers did (each once), customers (each once), or money at finance's prices.
    ``evidence``: causes as customers said them, or as events show that they had happened (then always ``acts``)."""

    width: Width = "acts"
    evidence: Evidence = "said"


class RiverFlow(Schema):
    """``stage`` is null where none is known."""

    stage: str | None
    symptom: Symptom
    value: float


class RiverStream(Schema):
    """What flows from one beginning; ``cause`` is null for what began in no failure upstream, or none that is known."""

    kind: Kind
    cause: str | None
    name: str
    departments: list[str]
    value: float
    share: Figure
    flows: list[RiverFlow]


class RiverFewer(Schema):
    """Fewer acts than otherwise came after a cause: not among the streams, which cannot be less than nothing."""

    cause: str
    symptom: Symptom
    excess: Figure


class RiverAnswer(Schema):
    """``streams`` add up to ``total``; ``failure`` is the share of contacts that began in failures upstream.
    ``departures``: who counts as having left, as finance signed it or as the customers' table says."""

    width: Width
    evidence: Evidence
    currency: str
    total: Figure
    failure: Figure
    places: list[list[str]]
    streams: list[RiverStream]
    unpriced: list[Symptom]
    assumptions: list[str]
    departures: Literal["finance", "customers"]
    fewer: list[RiverFewer]


@router.get("/river", response={200: RiverAnswer, **REFUSALS}, operation_id="get_river")
def get_river(request: HttpRequest, asked: Query[RiverAsked]) -> dict[str, Any]:
    """Return where contacts, low scores and departures began, by cause, stage and symptom."""
    require(request.user, "view", "figures")
    selection = asked.selection()
    require_askable(request.user, (), selection.filter())
    if asked.width == "money":
        require(request.user, "view", "finance")
    happened = asked.evidence == "happened"
    return _as_json(river_happened(selection) if happened else river(selection, width=asked.width))


def _as_json(found: River) -> dict[str, Any]:
    return {
        "width": found.width,
        "evidence": found.evidence,
        "currency": found.currency,
        "total": figure(found.total),
        "failure": figure(found.contacts.kind("failure").share),
        "places": [list(place.departments) for place in found.contacts.beginnings],
        "streams": [
            {
                "kind": stream.kind,
                "cause": stream.cause.id if stream.cause else None,
                "name": stream.cause.name if stream.cause else stream.kind,
                "departments": list(stream.departments),
                "value": stream.value,
                "share": figure(stream.share),
                "flows": [
                    {"stage": stage or None, "symptom": symptom, "value": value}
                    for (stage, symptom), value in stream.flows.items()
                ],
            }
            for stream in found.streams
        ],
        "unpriced": list(found.unpriced),
        "assumptions": list(found.assumptions),
        "departures": "finance" if found.lost else "customers",
        "fewer": [{"cause": one.cause.id, "symptom": one.symptom, "excess": figure(one.excess)} for one in found.fewer],
    }
