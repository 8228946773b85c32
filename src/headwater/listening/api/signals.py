"""The API for signals: `POST /signals` and what became of imports."""

from datetime import datetime
from typing import Annotated, Any, Literal, cast

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field, WithJsonSchema

from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.listening import queries, services
from headwater.listening.direct import SignalIn
from headwater.listening.models import Import
from headwater.listening.ready import ready_mappings

router = Router(tags=["signals"])

AnySignal = Annotated[dict[str, Any], WithJsonSchema(SignalIn.model_json_schema())]


class SignalsIn(Schema):
    """One to a thousand signals of one source. Each row is judged by itself: one bad row does not stop the others."""

    source: str = Field(min_length=1, max_length=80, description="Where they come from, a name you choose.")
    signals: Annotated[list[AnySignal], Field(min_length=1, max_length=services.MAX_SIGNALS)]


class RowOut(Schema):
    """What became of one row: `received` means it is durable and counts once; `refused` says why not."""

    index: int
    state: str
    record_id: str | None = None
    code: str | None = None
    message: str | None = None


class SignalsOut(Schema):
    received: int
    refused: int
    rows: list[RowOut]


class ImportOut(Schema):
    """One file and what became of its rows."""

    id: int
    source: str
    file: str
    state: str
    reason: str
    rows_read: int
    accepted: int
    repeated: int
    revised: int
    set_aside: int
    reasons: dict[str, int]
    started_at: datetime
    finished_at: datetime | None


class ReadyMappingOut(Schema):
    """A mapping that comes with Headwater. `proven`: tested on real exports, or on files after the documentation."""

    name: str
    title: str
    maker: str
    source: str
    proven: Literal["real", "documentation"]
    documentation: str
    note: str


@router.post("/signals", response={200: SignalsOut, **REFUSALS}, summary="Send signals")
def post_signals(request: HttpRequest, body: SignalsIn) -> SignalsOut:
    """Receive signals durably. They are in the record within two seconds; the same `record_id` counts once."""
    results = services.receive_signals(body.signals, source=body.source, person=_person(request))
    received = sum(one.state == "received" for one in results)
    rows = [
        RowOut(index=one.index, state=one.state, record_id=one.record_id, code=one.code, message=one.message)
        for one in results
    ]
    return SignalsOut(received=received, refused=len(results) - received, rows=rows)


@router.get("/imports", response={200: list[ImportOut], **REFUSALS}, summary="List imports")
def list_imports(
    request: HttpRequest,
    limit: Annotated[int, Field(ge=1, le=200)] = 50,
    before: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None,
) -> list[ImportOut]:
    """The latest imports first; `before` is the id to go on from."""
    return [_import_out(one) for one in queries.imports(_person(request), limit=limit, before=before)]


@router.get("/ready-mappings", response={200: list[ReadyMappingOut], **REFUSALS}, summary="List ready mappings")
def list_ready_mappings(request: HttpRequest) -> list[ReadyMappingOut]:
    """The well-known tools whose exports are recognised and read without a mapping of one's own."""
    require(_person(request), "import", "signals")
    return [
        ReadyMappingOut(
            name=one.name,
            title=one.title,
            maker=one.maker,
            source=one.source,
            proven=one.proven,
            documentation=one.documentation,
            note=one.note,
        )
        for one in ready_mappings()
    ]


@router.get("/imports/{import_id}", response={200: ImportOut, **REFUSALS}, summary="Get one import")
def get_import(request: HttpRequest, import_id: Annotated[int, Field(ge=1, le=2**63 - 1)]) -> ImportOut:
    """One import with its counts, also while it runs."""
    return _import_out(queries.import_of(_person(request), import_id))


def _person(request: HttpRequest) -> Person:
    """Who calls: the API's sign-in lets nobody else through."""
    return cast("Person", request.user)


def _import_out(one: Import) -> ImportOut:
    return ImportOut(
        id=one.pk,
        source=one.source.name,
        file=one.file_name,
        state=one.state,
        reason=one.reason,
        rows_read=one.rows_read,
        accepted=one.accepted,
        repeated=one.repeated,
        revised=one.revised,
        set_aside=one.set_aside,
        reasons=one.reasons,
        started_at=one.started_at,
        finished_at=one.finished_at,
    )
