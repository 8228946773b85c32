"""The API for connections: make, change, look, start, pause, run, remove. Credentials are never answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, cast

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from headwater.base.models import Person
from headwater.base.problems import REFUSALS
from headwater.listening.connections import queries, services
from headwater.listening.connections.credentials import names_of, with_own_secret
from headwater.listening.connections.options import read_options
from headwater.listening.models import Connection, ConnectionRun

router = Router(tags=["connections"])

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
Credentials = Annotated[dict[str, Annotated[str, Field(max_length=20_000)]], Field(max_length=5)]
Options = Annotated[dict[str, Any], Field(max_length=40)]


class ScheduleData(Schema):
    """When it runs: every n minutes or hours, daily at a time of the company's zone, or only when told to."""

    every: Literal["manual", "minutes", "hours", "day"] = "manual"
    n: Annotated[int, Field(ge=1, le=1440)] = 15
    at: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = "06:00"


class ConnectionIn(Schema):
    """A new connection. What `options` and `credentials` hold depends on the kind; docs/use/connections.md says it."""

    name: Name
    kind: Literal["database", "rest", "webhook", "folder"]
    options: Options = {}
    credentials: Credentials = {}
    schedule: ScheduleData | None = None


class ConnectionChange(Schema):
    """What changes; what is left out stays. `edition` is the one that was read."""

    edition: Annotated[int, Field(ge=0, le=2**31 - 1)]
    options: Options | None = None
    credentials: Credentials = {}
    schedule: ScheduleData | None = None


class ConnectionMapping(Schema):
    """A mapping as YAML, in the grammar of every mapping."""

    mapping: Annotated[str, Field(min_length=1, max_length=200_000)]


class ConnectionRunOut(Schema):
    """One run and what it brought; `import_id` leads to the counts of its import."""

    id: int
    state: str
    rows: int
    set_aside: int
    note: str
    import_id: int | None
    started_at: datetime
    finished_at: datetime | None


class ConnectionOut(Schema):
    """A connection and how it stands. `credentials` are the names of those that are kept."""

    name: str
    kind: str
    source: str
    state: str
    options: dict[str, Any]
    credentials: list[str]
    schedule: dict[str, Any]
    has_mapping: bool
    failures: int
    last_error: str
    next_run_at: datetime | None
    edition: int
    secret: str | None = None
    """Of a webhook whose secret was made here: shown this once."""


class ConnectionLook(Schema):
    """The first rows as they came, a mapping for them, and the signals it makes of them."""

    rows: list[dict[str, Any]]
    mapping: str | None
    unsure: list[str]
    signals: int
    set_aside: list[str]


class ConnectionLooked(Schema):
    """Which mapping to try: as YAML, a ready one by name, or neither: the one kept, or a proposed one."""

    mapping: Annotated[str, Field(max_length=200_000)] = ""
    ready: Annotated[str, Field(max_length=80)] = ""


@router.get("/connections", response={200: list[ConnectionOut], **REFUSALS}, summary="List connections")
def list_connections(request: HttpRequest) -> list[ConnectionOut]:
    """Every connection by name."""
    return [_out(one.connection) for one in queries.connections(_person(request))]


@router.post("/connections", response={201: ConnectionOut, **REFUSALS}, summary="Make a connection")
def make_connection(request: HttpRequest, body: ConnectionIn) -> tuple[int, ConnectionOut]:
    """It fetches nothing until it has a mapping and is started."""
    credentials, secret = with_own_secret(read_options(body.kind, body.options), body.credentials)
    made = services.create(
        _person(request),
        name=body.name,
        kind=body.kind,
        options=body.options,
        credentials=credentials,
        schedule=body.schedule.model_dump() if body.schedule else None,
    )
    return 201, _out(made, secret)


@router.get("/connections/{name}", response={200: ConnectionOut, **REFUSALS}, summary="Get a connection")
def get_connection(request: HttpRequest, name: Name) -> ConnectionOut:
    """How it stands."""
    return _out(_found(request, name))


@router.patch("/connections/{name}", response={200: ConnectionOut, **REFUSALS}, summary="Change a connection")
def change_connection(request: HttpRequest, name: Name, body: ConnectionChange) -> ConnectionOut:
    """Other options have it read from the beginning; what is known counts once."""
    changed = services.change(
        _person(request),
        _found(request, name),
        edition=body.edition,
        options=body.options,
        credentials=body.credentials,
        schedule=body.schedule.model_dump() if body.schedule else None,
    )
    return _out(changed)


@router.delete("/connections/{name}", response={204: None, **REFUSALS}, summary="Remove a connection")
def remove_connection(request: HttpRequest, name: Name) -> tuple[int, None]:
    """What it brought stays."""
    services.remove(_person(request), _found(request, name))
    return 204, None


@router.post("/connections/{name}/look", response={200: ConnectionLook, **REFUSALS}, summary="Look at first rows")
def look_at_connection(request: HttpRequest, name: Name, body: ConnectionLooked) -> ConnectionLook:
    """Fetch the first rows now; nothing is kept."""
    look = services.look(_person(request), _found(request, name), body.mapping, body.ready)
    return ConnectionLook(
        rows=[dict(row) for row in look.rows],
        mapping=look.mapping.to_yaml() if look.mapping else None,
        unsure=[one.reason for one in look.unsure],
        signals=len(look.preview.signals),
        set_aside=[one.message for one in look.preview.set_aside],
    )


@router.put("/connections/{name}/mapping", response={200: ConnectionOut, **REFUSALS}, summary="Keep its mapping")
def keep_connection_mapping(request: HttpRequest, name: Name, body: ConnectionMapping) -> ConnectionOut:
    """The mapping its next run uses; it needs a `record_id`."""
    found = _found(request, name)
    services.keep_mapping(_person(request), found, body.mapping)
    return _out(found)


@router.post("/connections/{name}/start", response={200: ConnectionOut, **REFUSALS}, summary="Start a connection")
def start_connection(request: HttpRequest, name: Name) -> ConnectionOut:
    """It runs at once, then as its schedule says."""
    services.start(_person(request), _found(request, name))
    return _out(_found(request, name))


@router.post("/connections/{name}/pause", response={200: ConnectionOut, **REFUSALS}, summary="Pause a connection")
def pause_connection(request: HttpRequest, name: Name) -> ConnectionOut:
    """A run under way ends after the batch it is at."""
    services.pause(_person(request), _found(request, name))
    return _out(_found(request, name))


@router.post("/connections/{name}/run", response={202: ConnectionOut, **REFUSALS}, summary="Run a connection now")
def run_now(request: HttpRequest, name: Name) -> tuple[int, ConnectionOut]:
    """One run at a time; its runs say how it went."""
    services.run_now(_person(request), _found(request, name))
    return 202, _out(_found(request, name))


@router.get("/connections/{name}/runs", response={200: list[ConnectionRunOut], **REFUSALS}, summary="List its runs")
def list_runs(request: HttpRequest, name: Name) -> list[ConnectionRunOut]:
    """The latest runs, newest first."""
    return [_run(one) for one in queries.runs_of(_person(request), _found(request, name))]


def _person(request: HttpRequest) -> Person:
    """Who calls: the API's sign-in lets nobody else through."""
    return cast("Person", request.user)


def _found(request: HttpRequest, name: str) -> Connection:
    return queries.connection_of(_person(request), name)


def _out(one: Connection, secret: str = "") -> ConnectionOut:
    return ConnectionOut(
        name=one.name,
        kind=one.kind,
        source=one.source.name,
        state=one.state,
        options=one.options,
        credentials=list(names_of(one)),
        schedule=one.schedule,
        has_mapping=bool(one.source.mapping),
        failures=one.failures,
        last_error=one.last_error,
        next_run_at=one.next_run_at,
        edition=one.edition,
        secret=secret or None,
    )


def _run(one: ConnectionRun) -> ConnectionRunOut:
    return ConnectionRunOut(
        id=one.pk,
        state=one.state,
        rows=one.rows,
        set_aside=one.set_aside,
        note=one.note,
        import_id=one.arrival.pk if one.arrival else None,
        started_at=one.started_at,
        finished_at=one.finished_at,
    )
