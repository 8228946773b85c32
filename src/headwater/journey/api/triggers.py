"""Triggers, what they found, reliability standards and breaches for programs."""

from datetime import UTC, date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from headwater.base.permissions import allows, require
from headwater.base.problems import REFUSALS
from headwater.journey import firings, standard_edits, standards, triggers
from headwater.journey.models import Firing, Standard, Trigger
from headwater.journey.seen import MAX_LENGTH
from headwater.journey.trigger_rules import Rule, in_words, read_rule
from headwater.science import Estimate, Result

router = Router(tags=["triggers"])
SEEN = "What was read as `seen`; refused (409) when someone else changed it since, by name of what changed."


class TriggerIn(Schema):
    """A trigger as it is made or changed."""

    name: str = Field(max_length=80)
    description: str = Field("", max_length=600)
    stage: str = Field("", max_length=60)
    moment: str = Field("", max_length=60)
    action: Literal["case", "thank_you", "recognition", "survey"] = "case"
    target: str = Field("", max_length=80, description="Which survey, by its name, where the action is one.")
    delay_hours: int = Field(0, ge=0, le=8_760, description="How long after the firing the survey is sent.")
    grace_days: int = Field(7, ge=0, le=365)
    wait_hours: int = Field(0, ge=0, le=336)
    rule: Rule
    seen: str | None = Field(None, max_length=MAX_LENGTH, description=SEEN)


class RuleIn(Schema):
    """A rule to look at."""

    rule: Rule
    wait_hours: int = Field(0, ge=0, le=336)


class TriggerOut(Schema):
    """A trigger, with its rule as a document and in words."""

    id: int
    name: str
    description: str
    stage: str
    moment: str
    action: str
    target: str
    delay_hours: int
    grace_days: int
    wait_hours: int
    state: str
    edition: int
    seen: str
    activated_at: datetime | None
    rule: dict[str, Any]
    words: str
    findings: dict[str, int]


class WeekOut(Schema):
    week: date
    n: int


class FoundOut(Schema):
    """An occurrence; without ids for those who may not see customers."""

    at: datetime
    customer_id: str | None
    subject_id: str | None


class PreviewOut(Schema):
    """When a rule would have fired between two days (UTC), with examples, newest first."""

    since: date
    until: date
    total: int
    units: int
    words: str
    weeks: list[WeekOut]
    examples: list[FoundOut]


class FiringOut(Schema):
    id: int
    trigger: int
    occurrence: str
    occurred_at: datetime
    state: str
    customer_id: str | None
    subject_id: str | None
    answered_at: datetime | None
    contradicted_at: datetime | None


class FiringsOut(Schema):
    total: int
    rows: list[FiringOut]


def _out(trigger: Trigger, counts: dict[int, dict[str, int]]) -> dict[str, Any]:
    names = ("id", "name", "description", "stage", "moment", "action", "target", "delay_hours", "grace_days")
    shown = {name: getattr(trigger, name) for name in (*names, "wait_hours", "state", "edition")}
    shown["seen"] = triggers.fingerprint_of(trigger)
    more = {"activated_at": trigger.activated_at, "rule": trigger.rule, "words": in_words(read_rule(trigger.rule))}
    return {**shown, **more, "findings": counts.get(trigger.pk, dict.fromkeys(Firing.State.values, 0))}


def _one(trigger: Trigger) -> dict[str, Any]:
    return _out(trigger, firings.counts([trigger]))


def _values(given: TriggerIn) -> dict[str, Any]:
    return given.dict(exclude={"seen"})


@router.get("/triggers", response={200: list[TriggerOut], **REFUSALS}, summary="The triggers")
def list_triggers(request: HttpRequest) -> list[dict[str, Any]]:
    """Every trigger with its rule, its state and how much it found."""
    found, counts = triggers.triggers(request.user), firings.counts()  # type: ignore[arg-type]
    return [_out(one, counts) for one in found]


@router.post("/triggers", response={201: TriggerOut, **REFUSALS}, summary="Make a trigger")
def create_trigger(request: HttpRequest, given: TriggerIn) -> tuple[int, dict[str, Any]]:
    """Make a draft trigger; activate it to let it act."""
    return 201, _one(triggers.create_trigger(request.user, _values(given)))  # type: ignore[arg-type]


@router.post("/triggers/preview", response={200: PreviewOut, **REFUSALS}, summary="Preview a rule")
def preview_rule(request: HttpRequest, given: RuleIn) -> dict[str, Any]:
    """When the rule would have fired in the last 13 weeks of the record."""
    rule = given.rule
    found = triggers.preview(request.user, rule, wait_hours=given.wait_hours)  # type: ignore[arg-type]
    knows = found.may_see_customers
    return {
        "since": found.since,
        "until": found.until,
        "total": found.firings.total,
        "units": found.firings.units,
        "words": in_words(rule),
        "weeks": [{"week": one.week, "n": one.n} for one in found.firings.weeks],
        "examples": [
            {
                "at": one.at.replace(tzinfo=UTC),
                "customer_id": one.customer_id if knows else None,
                "subject_id": one.subject_id if knows else None,
            }
            for one in found.firings.rows
        ],
    }


class FiringsAsked(Schema):
    trigger: int | None = Field(None, ge=1, le=2**31 - 1)
    state: Literal["", "waiting", "answered", "withdrawn", "history"] = ""
    page: int = Field(1, ge=1, le=100_000)


@router.get("/triggers/firings", response={200: FiringsOut, **REFUSALS}, summary="What triggers found")
def list_firings(request: HttpRequest, asked: Query[FiringsAsked]) -> dict[str, Any]:
    """Findings, newest first, 50 a page; customers' ids only for those who may see customers."""
    who: Any = request.user
    require(who, "view", "triggers")
    trigger = triggers.trigger_of(who, asked.trigger) if asked.trigger is not None else None
    page, rows = firings.firings(who, trigger=trigger, state=asked.state, number=asked.page)
    return {"total": page.paginator.count, "rows": [_firing(one) for one in rows]}


def _firing(one: firings.ShownFiring) -> dict[str, Any]:
    firing = one.firing
    return {
        "id": firing.pk,
        "trigger": firing.trigger.pk,
        "occurrence": firing.occurrence,
        "occurred_at": firing.occurred_at,
        "state": firing.state,
        "customer_id": one.customer_id or None,
        "subject_id": one.subject_id or None,
        "answered_at": firing.answered_at,
        "contradicted_at": firing.contradicted_at,
    }


@router.post("/triggers/firings/{firing_id}/answer", response={200: FiringOut, **REFUSALS}, summary="Answer a finding")
def answer_firing(request: HttpRequest, firing_id: int, answered: bool = True) -> dict[str, Any]:
    """Say that a waiting finding was answered; ``answered=false`` takes that back."""
    who: Any = request.user
    return _firing(firings.shown(who, [triggers.answer_firing(who, firing_id, answered=answered)])[0])


@router.get("/triggers/{trigger_id}", response={200: TriggerOut, **REFUSALS}, summary="One trigger")
def get_trigger(request: HttpRequest, trigger_id: int) -> dict[str, Any]:
    """One trigger with its rule."""
    return _one(triggers.trigger_of(request.user, trigger_id))  # type: ignore[arg-type]


@router.put("/triggers/{trigger_id}", response={200: TriggerOut, **REFUSALS}, summary="Change a trigger")
def change_trigger(request: HttpRequest, trigger_id: int, given: TriggerIn) -> dict[str, Any]:
    """Change a trigger; another rule is a new edition."""
    who: Any = request.user
    return _one(triggers.change_trigger(who, trigger_id, _values(given), seen=given.seen))


@router.post(
    "/triggers/{trigger_id}/{action}", response={200: TriggerOut, **REFUSALS}, summary="Activate, pause, retire"
)
def change_state(
    request: HttpRequest, trigger_id: int, action: Literal["activate", "pause", "retire"]
) -> dict[str, Any]:
    """Let a trigger act from now on, rest, or end."""
    acts = {
        "activate": triggers.activate_trigger,
        "pause": triggers.pause_trigger,
        "retire": triggers.retire_trigger,
    }
    return _one(acts[action](request.user, trigger_id))  # type: ignore[arg-type]


# --- reliability


class KeptShare(Schema):
    """A share, 0…1, with its interval; without a verdict the figures are null and the reason is given."""

    estimate: float | None
    low: float | None
    high: float | None
    n: int
    no_verdict: str | None = None


class StandardIn(Schema):
    """A reliability standard as it is set or changed."""

    name: str = Field(max_length=80)
    description: str = Field("", max_length=600)
    moment: str = Field(max_length=60)
    method: Literal["kept", "right", "series"]
    definition: standards.Definition = Field(default_factory=standards.Definition)
    departments: list[str] = Field(default_factory=list, max_length=40)
    giver: str = Field("", max_length=60)
    taker: str = Field("", max_length=60)
    target: float | None = Field(None, gt=0, le=1)
    seen: str | None = Field(None, max_length=MAX_LENGTH, description=SEEN)


class StandardOut(Schema):
    id: int
    name: str
    description: str
    moment: str
    method: str
    definition: dict[str, Any]
    departments: list[str]
    giver: str
    taker: str
    target: float | None
    retired: bool
    seen: str


class ReliabilityOut(Schema):
    """How often it went right at a moment; by department where departments answer for it."""

    moment: str
    kept: int
    due: int
    share: KeptShare
    departments: dict[str, KeptShare]
    standards: dict[int, KeptShare]


class BreachOut(Schema):
    """A broken promise; without ids for those who may not see customers. ``received_at``: kept after all, too late."""

    standard: int
    customer_id: str | None
    subject_id: str | None
    promised_at: datetime
    deadline: datetime
    received_at: datetime | None
    told_at: datetime | None
    hours_overdue: float


class BreachesOut(Schema):
    open: int
    closed: int
    at: datetime
    rows: list[BreachOut]


class PointIn(Schema):
    day: date
    happened: int = Field(ge=0, le=10**12)
    went_right: int = Field(ge=0, le=10**12)
    department: str = Field("", max_length=60)


class ImportedOut(Schema):
    days: int


class Days(Schema):
    since: date | None = None
    until: date | None = None


def share(result: Result) -> dict[str, Any]:
    """A result as the API gives it."""
    if isinstance(result, Estimate):
        return {"estimate": result.estimate, "low": result.low, "high": result.high, "n": result.n}
    return {"estimate": None, "low": None, "high": None, "n": result.n, "no_verdict": result.message}


def _standard(one: Standard) -> dict[str, Any]:
    shown = {name: getattr(one, name) for name in StandardOut.model_fields if name != "seen"}
    return {**shown, "seen": standard_edits.fingerprint_of(one)}


@router.get("/standards", response={200: list[StandardOut], **REFUSALS}, summary="The reliability standards")
def list_standards(request: HttpRequest) -> list[dict[str, Any]]:
    """Every standard, those that are retired too."""
    return [_standard(one) for one in standard_edits.all_standards(request.user)]  # type: ignore[arg-type]


@router.post("/standards", response={201: StandardOut, **REFUSALS}, summary="Set a standard")
def create_standard(request: HttpRequest, given: StandardIn) -> tuple[int, dict[str, Any]]:
    """Set what should happen at a moment."""
    return 201, _standard(standard_edits.create_standard(request.user, _given(given)))  # type: ignore[arg-type]


@router.put("/standards/{standard_id}", response={200: StandardOut, **REFUSALS}, summary="Change a standard")
def change_standard(request: HttpRequest, standard_id: int, given: StandardIn) -> dict[str, Any]:
    """Change a standard; its figures change for the past too."""
    who: Any = request.user
    return _standard(standard_edits.change_standard(who, standard_id, _given(given), seen=given.seen))


def _given(given: StandardIn) -> dict[str, Any]:
    return given.dict(exclude={"seen"})


@router.delete("/standards/{standard_id}", response={200: StandardOut, **REFUSALS}, summary="Retire a standard")
def retire_standard(request: HttpRequest, standard_id: int) -> dict[str, Any]:
    """Stop measuring by a standard; it stays readable."""
    return _standard(standard_edits.retire_standard(request.user, standard_id))  # type: ignore[arg-type]


@router.post("/standards/{standard_id}/series", response={200: ImportedOut, **REFUSALS}, summary="Import a series")
def import_series(request: HttpRequest, standard_id: int, points: list[PointIn]) -> dict[str, Any]:
    """Put days into a series, over those that are there."""
    who: Any = request.user
    rows = (standard_edits.Point(**one.dict()) for one in points)
    return {"days": standard_edits.import_series(who, standard_id, rows)}


@router.get("/reliability", response={200: list[ReliabilityOut], **REFUSALS}, summary="Reliability of the moments")
def get_reliability(request: HttpRequest, asked: Query[Days]) -> list[dict[str, Any]]:
    """How often what should happen did, by moment and department; days are those of the deadlines."""
    require(request.user, "view", "triggers")
    return [
        {
            "moment": moment,
            "kept": one.kept,
            "due": one.due,
            "share": share(one.result),
            "departments": {name: share(result) for name, result in one.by_department.items()},
            "standards": {reading.standard.pk: share(reading.result) for reading in one.readings},
        }
        for moment, one in sorted(standards.reliability(None, asked.since, asked.until).items())
    ]


@router.get("/breaches", response={200: BreachesOut, **REFUSALS}, summary="Promises broken now")
def list_breaches(request: HttpRequest) -> dict[str, Any]:
    """Broken promises of the last 30 days, open ones first, the longest overdue first."""
    require(request.user, "view", "triggers")
    knows = allows(request.user, "view", "customers")
    found = standards.breaches()
    rows = [
        {
            "standard": one.standard.pk,
            "customer_id": one.breach.customer_id if knows else None,
            "subject_id": one.breach.subject_id if knows else None,
            **{name: _utc(getattr(one.breach, name)) for name in ("promised_at", "deadline", "received_at", "told_at")},
            "hours_overdue": round(one.hours, 2),
        }
        for one in found.rows
    ]
    return {"open": found.open, "closed": found.closed, "at": _utc(found.at), "rows": rows}


def _utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.replace(tzinfo=UTC)
