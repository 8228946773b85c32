"""Personal data for programs: consent, one customer's copy, erasure, what was taken out, how long it is kept."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from headwater.base.accounts import person
from headwater.base.problems import REFUSALS
from headwater.listening.models import ErasureRequest
from headwater.listening.personal import consent, erasing, exporting, holding_off, overview, retention

router = Router(tags=["personal data"])

Purpose = Literal["survey", "research", "contact"]
Channel = Literal["any", "email", "link", "web", "phone", "sms", "post"]


class ConsentIn(Schema):
    """One thing that a customer said. The same line sent twice counts once."""

    customer_id: str = Field(min_length=1, max_length=500)
    purpose: Purpose
    channel: Channel = "any"
    is_given: bool
    at: datetime = Field(description="When it was said, with its offset; not in the future.")
    wording: str = Field("", max_length=200, description="The wording and its version.")


class ConsentsIn(Schema):
    """Up to 1,000 lines for the ledger."""

    origin: str = Field("api", min_length=1, max_length=80)
    lines: list[ConsentIn] = Field(min_length=1, max_length=1_000)


class ConsentWritten(Schema):
    """How many lines are new."""

    written: int


class ConsentState(Schema):
    """What counts for a purpose over a channel, and since when."""

    purpose: str
    channel: str
    state: Literal["given", "withdrawn", "unknown"]
    since: datetime | None


class MayAskOut(Schema):
    """Whether the customer may be asked; else why not."""

    may_ask: bool
    reason: str | None


class CustomerAsked(Schema):
    customer_id: str = Field(min_length=1, max_length=500)


class MayAskAsked(CustomerAsked):
    purpose: Purpose = "survey"
    channel: Channel = "email"


class ErasureStep(Schema):
    """A step that is done, and how much it took out."""

    name: Literal["record", "tables", "files"]
    count: int


class ErasureOut(Schema):
    """How far an erasure is: ``done`` only when the old files are gone."""

    id: int
    state: Literal["waiting", "running", "done", "failed"]
    steps: list[ErasureStep]
    error: str
    requested_at: datetime
    finished_at: datetime | None


class HeldOff(Schema):
    """Ids of erased customers that are refused on arrival."""

    held_off: int


class LetBackIn(CustomerAsked):
    reason: str = Field(min_length=1, max_length=holding_off.LONGEST_REASON, description="Without the customer's id.")


class TakenOut(Schema):
    """Pieces of personal data taken out of words in the last 30 days, by kind."""

    counts: dict[str, int]


class RetentionOut(Schema):
    """How long signals, or their words, are kept; empty: any source or kind. ``over`` would go now."""

    what: Literal["signals", "words"]
    source: str
    kind: str
    days: int
    over: int


@router.post("/consent", response={200: ConsentWritten, **REFUSALS}, operation_id="record_consent")
def record_consent(request: HttpRequest, sent: ConsentsIn) -> dict[str, int]:
    """Add what customers said to the ledger of consent."""
    given = [
        consent.Given(one.customer_id, one.channel, one.purpose, one.is_given, consent.with_offset(one.at), one.wording)
        for one in sent.lines
    ]
    return {"written": consent.record_consent(person(request), given, origin=sent.origin)}


@router.get("/consent", response={200: list[ConsentState], **REFUSALS}, operation_id="get_consent")
def get_consent(request: HttpRequest, asked: Query[CustomerAsked]) -> list[dict[str, Any]]:
    """Return what one customer allows, as it stands."""
    standing, _ledger = consent.standing_of(person(request), asked.customer_id)
    return [
        {"purpose": one.purpose, "channel": one.channel, "state": one.state, "since": one.last.at if one.last else None}
        for one in standing
    ]


@router.get("/consent/may-ask", response={200: MayAskOut, **REFUSALS}, operation_id="may_ask")
def may_ask(request: HttpRequest, asked: Query[MayAskAsked]) -> dict[str, Any]:
    """Say whether a customer may be asked, by the ledger and the rules."""
    reason = consent.may_ask_one(person(request), asked.customer_id, channel=asked.channel, purpose=asked.purpose)
    return {"may_ask": reason is None, "reason": reason}


@router.post("/erasures", response={202: ErasureOut, **REFUSALS}, operation_id="erase_customer")
def erase_customer(request: HttpRequest, asked: CustomerAsked) -> tuple[int, ErasureRequest]:
    """Ask for a customer to be erased everywhere; asked twice, it is the same request."""
    return 202, erasing.ask_erasure(person(request), asked.customer_id)


@router.get("/erasures/{erasure_id}", response={200: ErasureOut, **REFUSALS}, operation_id="get_erasure")
def get_erasure(request: HttpRequest, erasure_id: int) -> ErasureRequest:
    """Return how far an erasure is."""
    return erasing.request_of(person(request), erasure_id)


@router.get("/erased-customers", response={200: HeldOff, **REFUSALS}, operation_id="count_erased_customers")
def count_erased(request: HttpRequest) -> dict[str, int]:
    """Return how many erased ids are refused on arrival."""
    return {"held_off": overview.overview(person(request)).held_off}


@router.post("/erased-customers/let-back", response={204: None, **REFUSALS}, operation_id="let_customer_back")
def let_back(request: HttpRequest, asked: LetBackIn) -> tuple[int, None]:
    """Take an erased customer off the list of those who are refused on arrival; the history says who did it and why."""
    holding_off.let_back(person(request), asked.customer_id, asked.reason)
    return 204, None


@router.post("/customer-export", response={200: Any, **REFUSALS}, operation_id="export_customer")
def export_customer(request: HttpRequest, asked: CustomerAsked) -> HttpResponse:
    """Return everything that is kept of one customer as JSON; the history says that it was taken."""
    document = exporting.export_document(person(request), asked.customer_id)
    return HttpResponse(document, content_type="application/json", headers={"Cache-Control": "no-store"})


@router.get("/redactions", response={200: TakenOut, **REFUSALS}, operation_id="get_redactions")
def get_redactions(request: HttpRequest) -> dict[str, Any]:
    """Return how many pieces of personal data were taken out in the last 30 days, by kind."""
    return {"counts": {kind: count for kind, _name, count in overview.overview(person(request)).taken_out}}


@router.get("/retention", response={200: list[RetentionOut], **REFUSALS}, operation_id="get_retention")
def get_retention(request: HttpRequest) -> list[dict[str, Any]]:
    """Return how long signals and words are kept, and how many are over their time."""
    return [
        {
            "what": one.rule.what,
            "source": one.rule.source,
            "kind": one.rule.kind,
            "days": one.rule.days,
            "over": one.signals,
        }
        for one in retention.preview(person(request))
    ]
