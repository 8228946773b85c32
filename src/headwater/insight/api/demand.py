"""The demand for contact, for programs."""

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.insight.api.causes import Asked
from headwater.insight.demand import Demand, demand
from headwater.insight.demand_kinds import Kind
from headwater.insight.demand_wording import words_sentence
from headwater.insight.first_contact import CHOICES, REPEAT_DAYS
from headwater.insight.happened import Happened, Outcome, happened
from headwater.insight.unsolved import Reason, WhyUnsolved, why_unsolved
from headwater.insight.unsolved_words import Spoken, WhyInWords
from headwater.metrics.access import require_askable
from headwater.science.results import Estimate, Result

router = Router(tags=["insight"])


class DemandShare(Schema):
    """A share in 0…1 with its 95 % interval; null where there is no verdict, and ``why_not`` says why."""

    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    method: str = ""
    why_not: str = ""


class DemandKind(Schema):
    """``contacts`` and ``counted`` as labelled; ``share`` corrected for the classifier's errors where audited."""

    kind: Kind
    contacts: int
    share: DemandShare
    counted: DemandShare


class DemandCause(Schema):
    cause: str
    name: str
    demand: str
    contacts: float
    share: DemandShare
    first_contact: DemandShare
    departments: list[str]


class DemandPlace(Schema):
    departments: list[str]
    contacts: float
    share: DemandShare


class DemandReason(Schema):
    """Why contacts were not solved: what the source says (attribute ``unsolved_reason``), or ``not_said``."""

    reason: Reason
    contacts: int
    share: DemandShare


class DemandSpoken(Schema):
    """Why contacts were not solved as customers' words say where the source does not; ``corrected`` for misreading."""

    reason: Spoken
    contacts: int
    share: DemandShare
    corrected: DemandShare


class DemandWords(Schema):
    """``read`` of the contacts without a reason; on ``checked`` with one, words that are sure were right so often.
    Where the two contradict each other (``trusted`` false) the words are not to be used."""

    sentence: str
    read: int
    checked: int
    right: DemandShare
    trusted: bool
    reasons: list[DemandSpoken]


class DemandStage(Schema):
    stage: str
    contacts: int
    failure: DemandShare


class DemandPoint(Schema):
    start: date
    contacts: int
    failure: DemandShare


class DemandAnswer(Schema):
    """``causes`` and ``places`` share a contact with several failures out, so that they add up to their kind."""

    contacts: int
    kinds: list[DemandKind]
    causes: list[DemandCause]
    places: list[DemandPlace]
    stages: list[DemandStage]
    period: str
    trend: list[DemandPoint]
    corrected: bool
    days: int
    first_contact_resolution: DemandShare
    repeated: DemandShare
    unsolved: list[DemandReason]
    unsolved_in_words: DemandWords | None


class DemandAsked(Asked):
    """``days``: within how many a further contact about the same cause says that the first did not solve it."""

    days: int = Field(REPEAT_DAYS, ge=min(CHOICES), le=max(CHOICES))


class HappenedAsked(Asked):
    """``adjust``: an attribute of customers to compare within, beside the month."""

    outcome: Outcome = "contact"
    adjust: str | None = Field(None, max_length=60, pattern=r"^[A-Za-z][A-Za-z0-9_ .-]*$")


class HappenedRow(Schema):
    """``extra``: outcomes that each customer-month in which it happened brought beyond the base."""

    cause: str
    name: str
    customers: int
    part: DemandShare
    outcomes: DemandShare
    extra: DemandShare
    spoke_up: DemandShare
    silent: int
    departments: list[str]


class HappenedAnswer(Schema):
    """``parts`` and ``unattributed`` add up to all outcomes."""

    outcome: Outcome
    n: int
    since: date | None
    until: date | None
    rows: list[HappenedRow]
    total: DemandShare
    unattributed: DemandShare
    too_rare: list[str]
    assumptions: list[str]


@router.get("/demand/happened", response={200: HappenedAnswer, **REFUSALS}, operation_id="get_happened")
def get_happened(request: HttpRequest, asked: Query[HappenedAsked]) -> dict[str, Any]:
    """Return how many contacts or low scores followed from causes that events show."""
    require(request.user, "view", "figures")
    selection = asked.selection()
    by = (f"attribute:{asked.adjust}",) if asked.adjust else ()
    require_askable(request.user, by, selection.filter())
    return _happened(happened(selection, outcome=asked.outcome, adjust=asked.adjust))


def _happened(found: Happened) -> dict[str, Any]:
    return {
        **{name: getattr(found, name) for name in ("outcome", "n", "since", "until")},
        "rows": [
            {
                "cause": row.cause.id,
                "name": row.cause.name,
                "customers": row.customers,
                "silent": row.silent,
                "departments": list(row.departments),
                **{name: _share(getattr(row, name)) for name in ("part", "outcomes", "extra", "spoke_up")},
            }
            for row in found.rows
        ],
        "total": _share(found.total),
        "unattributed": _share(found.unattributed),
        "too_rare": [cause.id for cause in found.too_rare],
        "assumptions": list(found.total.assumptions) if isinstance(found.total, Estimate) else [],
    }


@router.get("/demand", response={200: DemandAnswer, **REFUSALS}, operation_id="get_demand")
def get_demand(request: HttpRequest, asked: Query[DemandAsked]) -> dict[str, Any]:
    """Return how many contacts an upstream failure made necessary, by cause, place, stage and time."""
    require(request.user, "view", "figures")
    selection = asked.selection()
    require_askable(request.user, (), selection.filter())
    return as_json(demand(selection, days=asked.days), why_unsolved(selection, days=asked.days))


def as_json(found: Demand, unsolved: WhyUnsolved | None) -> dict[str, Any]:
    return {
        "contacts": found.contacts,
        "kinds": [
            {"kind": row.kind, "contacts": row.n, "share": _share(row.share), "counted": _share(row.counted)}
            for row in found.kinds
        ],
        "causes": [
            {
                "cause": row.cause.id,
                "name": row.cause.name,
                "demand": row.cause.demand,
                "contacts": row.contacts,
                "share": _share(row.share),
                "first_contact": _share(row.first_contact),
                "departments": list(row.departments),
            }
            for row in found.causes
        ],
        "places": [
            {"departments": list(row.departments), "contacts": row.contacts, "share": _share(row.share)}
            for row in found.places
        ],
        "stages": [{"stage": row.stage, "contacts": row.n, "failure": _share(row.share)} for row in found.stages],
        "period": found.period,
        "trend": [{"start": row.start, "contacts": row.n, "failure": _share(row.share)} for row in found.trend],
        "corrected": found.corrected,
        "days": found.answered.days,
        "first_contact_resolution": _share(found.answered.solved),
        "repeated": _share(found.answered.repeated),
        "unsolved": [
            {"reason": one.reason, "contacts": one.n, "share": _share(one.share)}
            for one in (unsolved.reasons if unsolved else ())
        ],
        "unsolved_in_words": _words(unsolved.words) if unsolved and unsolved.words else None,
    }


def _words(found: WhyInWords) -> dict[str, Any]:
    return {
        "sentence": words_sentence(found),
        **{name: getattr(found, name) for name in ("read", "checked", "trusted")},
        "right": _share(found.right),
        "reasons": [
            {"reason": one.reason, "contacts": one.n, "share": _share(one.share), "corrected": _share(one.corrected)}
            for one in found.reasons
        ],
    }


def _share(result: Result) -> dict[str, Any]:
    if isinstance(result, Estimate):
        return {name: getattr(result, name) for name in ("estimate", "low", "high", "n", "method")}
    return {"why_not": result.message, "n": result.n}
