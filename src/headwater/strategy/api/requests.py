"""Requests for programs: file one, read where it starts, correct it, link it or decline it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from headwater.base.permissions import allows, require
from headwater.base.problems import REFUSALS
from headwater.strategy import requests as services
from headwater.strategy.models import Request
from headwater.strategy.request_words import Guess
from headwater.strategy.trace_wording import trace_sentence
from headwater.strategy.tracing import Share, Trace

router = Router(tags=["requests"])
MAX_ID = 2**63 - 1


class NewRequest(Schema):
    """``sent`` makes sending the same request twice harmless: the second answers with the first."""

    text: str = Field(min_length=services.SHORTEST, max_length=services.LONGEST)
    sent: uuid.UUID | None = None


class GuessOut(Schema):
    """``confidence`` is 0…1; ``why`` is ``words``, ``named`` or ``person``."""

    id: str
    name: str
    confidence: float
    why: Literal["words", "named", "person"]


class ShareOut(Schema):
    """A share in 0…1 with its 95 % interval; null where there is no verdict."""

    value: float | None
    low: float | None
    high: float | None
    n: int


class CauseOut(Schema):
    id: str
    name: str
    demand: str
    share: ShareOut
    said: int
    happened: int
    change: str
    departments: list[str]


class KindOut(Schema):
    kind: str
    n: int
    share: ShareOut


class TraceOut(Schema):
    """``basis``: what the shares are shares of, contacts or complaints. ``cost`` of the contacts begun upstream, for
    those who may see finance's figures."""

    basis: Literal["contacts", "complaints", "nothing"]
    sentence: str
    where: str
    since: str
    until: str
    total: int
    upstream: ShareOut
    kinds: list[KindOut]
    causes: list[CauseOut]
    cost: float | None
    cost_unit: str


class RequestOut(Schema):
    id: int
    text: str
    state: Literal["filed", "answered", "linked", "declined"]
    filed_at: datetime
    filed_by: str
    all_contacts: bool
    causes: list[GuessOut]
    stages: list[GuessOut]
    departments: list[GuessOut]
    trace: TraceOut | None
    outcome: str
    reason: str


class Requests(Schema):
    rows: list[RequestOut]
    more: bool


class RequestAsked(Schema):
    page: int = Field(1, ge=1, le=10_000)


class RequestCorrection(Schema):
    """What a request is really about, as ids of the journey."""

    causes: list[str] = Field(default_factory=list, max_length=50)
    stages: list[str] = Field(default_factory=list, max_length=20)
    departments: list[str] = Field(default_factory=list, max_length=50)
    all_contacts: bool = False


class Link(Schema):
    outcome: str = Field(max_length=60)


class Decline(Schema):
    reason: str = Field(max_length=services.REASON_LENGTH)


PAGE = 50


@router.post("/requests", response={201: RequestOut, **REFUSALS}, operation_id="file_request")
def file_request(request: HttpRequest, new: NewRequest) -> tuple[int, dict[str, Any]]:
    """File a request; its answer is there within seconds."""
    person: Any = request.user
    return 201, _request(person, services.file_request(person, new.text, sent=new.sent))


@router.get("/requests", response={200: Requests, **REFUSALS}, operation_id="list_requests")
def list_requests(request: HttpRequest, asked: Query[RequestAsked]) -> dict[str, Any]:
    """List the requests this person may see, newest first, a page at a time."""
    person: Any = request.user
    require(person, "view", "requests", words_of="own")
    start = (asked.page - 1) * PAGE
    rows = list(services.requests_of(person)[start : start + PAGE + 1])
    return {"rows": [_request(person, row) for row in rows[:PAGE]], "more": len(rows) > PAGE}


@router.get("/requests/{int:request_id}", response={200: RequestOut, **REFUSALS}, operation_id="get_request")
def get_request(request: HttpRequest, request_id: int) -> dict[str, Any]:
    """Return one request with its answer."""
    person: Any = request.user
    return _request(person, services.request_of(person, min(request_id, MAX_ID)))


@router.put("/requests/{int:request_id}/about", response={200: RequestOut, **REFUSALS}, operation_id="correct_request")
def correct_request(request: HttpRequest, request_id: int, about: RequestCorrection) -> dict[str, Any]:
    """Say what a request is really about; it is traced again."""
    person: Any = request.user
    return _request(person, services.correct_request(person, min(request_id, MAX_ID), **about.dict()))


@router.put("/requests/{int:request_id}/outcome", response={200: RequestOut, **REFUSALS}, operation_id="link_request")
def link_request(request: HttpRequest, request_id: int, link: Link) -> dict[str, Any]:
    """Make a request part of an outcome of the published strategy."""
    person: Any = request.user
    return _request(person, services.link_request(person, min(request_id, MAX_ID), link.outcome))


@router.put(
    "/requests/{int:request_id}/decline", response={200: RequestOut, **REFUSALS}, operation_id="decline_request"
)
def decline_request(request: HttpRequest, request_id: int, why: Decline) -> dict[str, Any]:
    """Decline a request with the reason."""
    person: Any = request.user
    return _request(person, services.decline_request(person, min(request_id, MAX_ID), why.reason))


def _request(person: Any, row: Request) -> dict[str, Any]:
    about, trace = services.understanding_of(row), services.trace_of(row)
    return {
        "id": row.pk,
        "text": row.text,
        "state": row.state,
        "filed_at": row.filed_at,
        "filed_by": row.filed_by_name,
        "all_contacts": about.all_contacts,
        "causes": [_guess(one) for one in about.causes],
        "stages": [_guess(one) for one in about.stages],
        "departments": [_guess(one) for one in about.departments],
        "trace": _trace(trace, allows(person, "view", "finance")) if trace else None,
        "outcome": row.outcome,
        "reason": row.reason,
    }


def _guess(one: Guess) -> dict[str, Any]:
    return {"id": one.id, "name": one.name, "confidence": one.confidence, "why": one.why}


def _trace(trace: Trace, with_cost: bool) -> dict[str, Any]:
    return {
        "basis": trace.basis,
        "sentence": trace_sentence(trace),
        "where": trace.where,
        "since": trace.since,
        "until": trace.until,
        "total": trace.total,
        "upstream": _share(trace.upstream),
        "kinds": [{"kind": one.kind, "n": one.n, "share": _share(one.share)} for one in trace.kinds],
        "causes": [
            {
                **{name: getattr(one, name) for name in ("id", "name", "demand", "said", "happened", "change")},
                "share": _share(one.share),
                "departments": list(one.departments),
            }
            for one in trace.causes
        ],
        "cost": trace.cost.total if trace.cost and with_cost else None,
        "cost_unit": trace.cost.unit if trace.cost and with_cost else "",
    }


def _share(share: Share) -> dict[str, Any]:
    return {"value": share.value, "low": share.low, "high": share.high, "n": share.n}
