"""Finance's figures, for programs."""

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from headwater.base.accounts import person
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.base.refusals import Refused
from headwater.insight import finance
from headwater.insight.finance import MAX_CHANNEL, MAX_SOURCE, Entry
from headwater.insight.finance_rules import MOST_DAYS, MOST_EVENTS, Amount, Definition

router = Router(tags=["finance"])
FinanceKey = Literal["cost_per_contact", "margin", "discount", "horizon", "active", "lost", "referral"]


class FinanceEntryAnswer(Schema):
    """A figure or definition in force. Money is in ``currency`` of the answer, a discount a share a year, a horizon
    years. ``edition`` grows with each change: send it back as ``seen``. ``signed_at`` is null until finance signs."""

    key: FinanceKey
    channel: str
    edition: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    basis: str = ""
    events: list[str] = Field(default_factory=list)
    days: int | None = None
    source: str
    stated_on: date
    owner: str
    signed_by: str
    signed_at: datetime | None


class FinanceAnswer(Schema):
    """What is in force; ``missing`` names what nobody has entered."""

    currency: str
    entries: list[FinanceEntryAnswer]
    missing: list[FinanceKey]


class FinanceEntered(Schema):
    """What to enter: ``value``, ``low``, ``high`` (and ``basis`` of a margin), or ``events`` and ``days``."""

    seen: int = Field(0, ge=0, lt=2**31)
    channel: str = Field("", max_length=MAX_CHANNEL)
    value: float | None = Field(None, allow_inf_nan=False)
    low: float | None = Field(None, allow_inf_nan=False)
    high: float | None = Field(None, allow_inf_nan=False)
    basis: str = Field("", max_length=20)
    events: list[str] = Field(default_factory=list, max_length=MOST_EVENTS)
    days: int | None = Field(None, ge=1, le=MOST_DAYS)
    source: str = Field(max_length=MAX_SOURCE)
    stated_on: date | None = None
    owner: int | None = Field(None, ge=1, lt=2**63)


class FinanceSeen(Schema):
    """Which edition is meant."""

    seen: int = Field(ge=1, lt=2**31)
    channel: str = Field("", max_length=MAX_CHANNEL)


@router.get("/finance", response={200: FinanceAnswer, **REFUSALS}, operation_id="get_finance")
def get_finance(request: HttpRequest) -> dict[str, Any]:
    """Return finance's figures in force, with their ends, sources and signatures."""
    require(request.user, "view", "finance")
    found = finance.figures()
    entries = [as_json(one) for one in found.entries]
    return {"currency": found.currency, "entries": entries, "missing": list(found.missing)}


@router.put("/finance/{key}", response={200: FinanceEntryAnswer, **REFUSALS}, operation_id="enter_finance")
def enter_finance(request: HttpRequest, key: FinanceKey, given: FinanceEntered) -> dict[str, Any]:
    """Enter a figure or definition; a change withdraws its signature."""
    values = given.dict()
    owner = values.pop("owner")
    values["owner"] = _person(owner) if owner else None
    entry = finance.enter(person(request), key, values, seen=given.seen, channel=given.channel)
    return as_json(entry)


@router.post("/finance/{key}/signature", response={200: FinanceEntryAnswer, **REFUSALS}, operation_id="sign_finance")
def sign_finance(request: HttpRequest, key: FinanceKey, given: FinanceSeen) -> dict[str, Any]:
    """Sign what is in force, as it was when its edition was read."""
    return as_json(finance.sign(person(request), key, seen=given.seen, channel=given.channel))


@router.delete("/finance/{key}", response={204: None, **REFUSALS}, operation_id="remove_finance")
def remove_finance(request: HttpRequest, key: FinanceKey, given: Query[FinanceSeen]) -> tuple[int, None]:
    """Take a figure out of force; its editions stay readable."""
    finance.remove(person(request), key, seen=given.seen, channel=given.channel)
    return 204, None


def as_json(entry: Entry) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if isinstance(entry.content, Amount):
        content = {name: getattr(entry.content, name) for name in ("value", "low", "high", "basis")}
    elif isinstance(entry.content, Definition):
        content = {"events": list(entry.content.events), "days": entry.content.days}
    names = ("key", "channel", "edition", "source", "stated_on", "owner", "signed_by", "signed_at")
    return {**content, **{name: getattr(entry, name) for name in names}}


def _person(key: int) -> Person:
    found = Person.objects.filter(pk=key, is_active=True).first()
    if found is None:
        raise Refused("finance.owner", f"There is no person {key} who could answer for it.", "owner")
    return found
