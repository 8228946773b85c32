"""The API for reaching customers: addresses, contact limits, mailings of a survey and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router, Schema
from pydantic import Field

from headwater.base.accounts import person
from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.listening.models import ContactLimits, Mailing
from headwater.listening.surveys import (
    addressees,
    audience,
    contacts,
    mailing_wording,
    mailings,
    personal_links,
    queries,
)
from headwater.listening.surveys.mailing_rules import Plan
from headwater.science.results import NoVerdict

router = Router(tags=["surveys"])

Name = Annotated[str, Path(max_length=60, pattern=r"^[-a-zA-Z0-9_]+$")]
Short = Annotated[str, Field(max_length=500)]
Small = Annotated[int, Field(ge=0, le=400)]
Pk = Annotated[int, Field(ge=1, le=2**63 - 1)]
Act = Literal["start", "pause", "resume", "cancel", "test"]


class AddresseeIn(Schema):
    """Where a customer is reached."""

    customer_id: Short
    email: Short = ""
    name: Short = ""
    language: Short = ""
    time_zone: Short = ""


class AddresseesIn(Schema):
    """Addresses; of two about a customer the later counts."""

    addressees: Annotated[list[AddresseeIn], Field(max_length=addressees.MOST_AT_ONCE)]


class WrongAddressee(Schema):
    """A row that was not taken, counted from 1, and why."""

    row: int
    message: str


class AddresseesReceived(Schema):
    """What became of the rows."""

    added: int
    changed: int
    same: int
    refused: int
    wrong: list[WrongAddressee]


class AddresseeCounts(Schema):
    """How many customers can be reached; never their addresses."""

    customers: int
    with_email: int
    languages: dict[str, int]
    time_zones: dict[str, int]


class LimitsData(Schema):
    """How often a customer may be asked, over all surveys and channels; see docs/use/sending.md."""

    rest_days: Small
    most_a_quarter: Small
    reminder_days: Small
    most_reminders: Small
    edition: Annotated[int, Field(ge=0, le=2**31 - 1)]


class MailingIn(Schema):
    """A new mailing, as a draft."""

    title: Annotated[str, Field(max_length=200)] = ""
    channel: Literal["email", "link"] = "email"
    wave: Annotated[int, Field(ge=1, le=10_000)] | None = None
    plan: Plan = Plan()


class MailingChange(Schema):
    """A mailing's plan, whole; `edition` is the one that was read."""

    plan: Plan
    title: Annotated[str, Field(max_length=200)] | None = None
    wave: Annotated[int, Field(ge=1, le=10_000)] | None = None
    edition: Annotated[int, Field(ge=0, le=2**31 - 1)]


class MailingOut(Schema):
    """A mailing and how far it came. `states` counts its invitations; `left_out` customers, by reason."""

    id: int
    survey: str
    title: str
    wave: int
    channel: str
    state: str
    reason: str
    plan: dict[str, Any]
    edition: int
    trigger: int | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    invitations: int
    states: dict[str, int]
    sent: int
    answered: int
    reminded: int
    left_out: dict[str, int]


class MailingPreview(Schema):
    """What starting the mailing now would do. `exact` is false where an audience is too large to count addresses."""

    customers: int
    with_address: int
    exact: bool
    wanted: int | None
    invited: int
    left_out: dict[str, int]
    by_segment: dict[str, int]
    first: datetime | None
    last: datetime | None
    complete: bool


class SampleAsked(Schema):
    """``half_width``: of the interval wanted, in the unit of the survey's first metric."""

    half_width: Annotated[float, Field(ge=audience.NARROWEST, le=audience.WIDEST)]


class SampleSuggested(Schema):
    """How many to ask. `no_verdict` says why there is no figure."""

    metric: str | None = None
    answers: int | None = None
    ask: int | None = None
    population: int | None = None
    half_width: float | None = None
    attainable: bool | None = None
    words: str
    no_verdict: str | None = None


@router.get("/addressees", response={200: AddresseeCounts, **REFUSALS}, summary="How many customers can be reached")
def addressee_counts(request: HttpRequest) -> dict[str, Any]:
    found = addressees.counts(person(request))
    return {
        "customers": found.customers, "with_email": found.with_email,
        "languages": dict(found.languages), "time_zones": dict(found.time_zones),
    }  # fmt: skip


@router.post("/addressees", response={200: AddresseesReceived, **REFUSALS}, summary="Bring in addresses")
def receive_addressees(request: HttpRequest, data: AddresseesIn) -> Any:
    return addressees.receive(person(request), [row.dict() for row in data.addressees])


@router.get("/contact-limits", response={200: LimitsData, **REFUSALS}, summary="How often a customer may be asked")
def contact_limits(request: HttpRequest) -> ContactLimits:
    require(person(request), "view", "surveys")
    return contacts.limits()


@router.put("/contact-limits", response={200: LimitsData, **REFUSALS}, summary="Change the contact limits")
def change_contact_limits(request: HttpRequest, data: LimitsData) -> ContactLimits:
    return contacts.change_limits(person(request), data.dict(exclude={"edition"}), edition=data.edition)


@router.get("/surveys/{name}/mailings", response={200: list[MailingOut], **REFUSALS}, summary="Mailings of a survey")
def survey_mailings(request: HttpRequest, name: Name) -> list[dict[str, Any]]:
    who = person(request)
    return [_out(one) for one in mailings.mailings_of(who, queries.survey_of(who, name))]


@router.post("/surveys/{name}/mailings", response={200: MailingOut, **REFUSALS}, summary="Begin a mailing, as a draft")
def create_mailing(request: HttpRequest, name: Name, data: MailingIn) -> dict[str, Any]:
    who = person(request)
    survey = queries.survey_of(who, name)
    plan = data.plan.model_dump(mode="json")
    return _out(mailings.create(who, survey, data.title, plan, channel=data.channel, wave=data.wave))


@router.get("/surveys/{name}/mailings/{mailing_id}", response={200: MailingOut, **REFUSALS}, summary="One mailing")
def one_mailing(request: HttpRequest, name: Name, mailing_id: Pk) -> dict[str, Any]:
    return _out(_found(request, name, mailing_id))


@router.put("/surveys/{name}/mailings/{mailing_id}", response={200: MailingOut, **REFUSALS}, summary="Change a mailing")
def change_mailing(request: HttpRequest, name: Name, mailing_id: Pk, data: MailingChange) -> dict[str, Any]:
    found = _found(request, name, mailing_id)
    plan = data.plan.model_dump(mode="json")
    return _out(
        mailings.change(person(request), found, plan, title=data.title, wave=data.wave, edition=data.edition)
    )  # fmt: skip


@router.get(
    "/surveys/{name}/mailings/{mailing_id}/preview", response={200: MailingPreview, **REFUSALS},
    summary="Whom a mailing would ask, and who is left out and why",
)  # fmt: skip
def preview_mailing(request: HttpRequest, name: Name, mailing_id: Pk) -> dict[str, Any]:
    found = mailings.preview(person(request), _found(request, name, mailing_id))
    return {
        "customers": found.size.customers, "with_address": found.size.with_address, "exact": found.size.exact,
        "wanted": found.wanted, "invited": found.invited, "left_out": dict(found.left_out),
        "by_segment": dict(found.by_stratum), "first": found.first, "last": found.last, "complete": found.complete,
    }  # fmt: skip


@router.get(
    "/surveys/{name}/sample-size", response={200: SampleSuggested, **REFUSALS},
    summary="How many to ask for an interval",
)  # fmt: skip
def sample_size(request: HttpRequest, name: Name, asked: Query[SampleAsked]) -> dict[str, Any]:
    survey = queries.survey_of(person(request), name)
    _version, document = queries.latest(survey)
    size = audience.size_of(Plan().audience)
    metric = audience.first_metric(document)
    found = audience.suggested(survey, document, asked.half_width, size.with_address)
    words = mailing_wording.suggested_sentence(found, metric[0] if metric else "")
    if isinstance(found, NoVerdict):
        return {"words": words, "no_verdict": found.code}
    return {
        "metric": metric[0] if metric else None, "answers": found.answers, "ask": found.ask, "words": words,
        "population": found.population, "half_width": found.half_width, "attainable": found.attainable,
    }  # fmt: skip


@router.post(
    "/surveys/{name}/mailings/{mailing_id}/links.csv", response={200: None, **REFUSALS},
    summary="Personal links as CSV, to be handed over elsewhere; whoever is in it is asked by it",
)  # fmt: skip
def mailing_links(request: HttpRequest, name: Name, mailing_id: Pk) -> HttpResponse:
    file = personal_links.export(person(request), _found(request, name, mailing_id))
    return HttpResponse(file, content_type="text/csv; charset=utf-8")


@router.post(
    "/surveys/{name}/mailings/{mailing_id}/{action}", response={200: MailingOut, **REFUSALS},
    summary="Start, pause, let go on, cancel, or send a test to oneself",
)  # fmt: skip
def act_on_mailing(request: HttpRequest, name: Name, mailing_id: Pk, action: Act) -> dict[str, Any]:
    who, found = person(request), _found(request, name, mailing_id)
    if action == "test":
        mailings.send_test(who, found)
        return _out(found)
    acts = {"start": mailings.start, "pause": mailings.pause, "resume": mailings.resume, "cancel": mailings.cancel}
    return _out(acts[action](who, found))  # type: ignore[operator]


def _found(request: HttpRequest, name: str, mailing_id: int) -> Mailing:
    who = person(request)
    return mailings.mailing_of(who, queries.survey_of(who, name), mailing_id)


def _out(row: Mailing) -> dict[str, Any]:
    progress = mailings.progress_of(row)
    names = ("id", "title", "wave", "channel", "state", "reason", "plan", "edition", "trigger", "created_at")
    shown = {name: getattr(row, name) for name in (*names, "started_at", "ended_at")}
    counted = ("invitations", "sent", "answered", "reminded")
    return {
        **shown,
        "survey": row.survey.name,
        **{name: getattr(progress, name) for name in counted},
        "states": dict(progress.states),
        "left_out": dict(progress.left_out),
    }
