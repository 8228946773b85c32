"""What people do with connections: make, change, test, map, start, pause, run now, remove."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.company import ensure_company
from headwater.base.history import record_history
from headwater.base.models import Job, Person
from headwater.base.permissions import require
from headwater.base.queue import enqueue
from headwater.base.refusals import Conflict, Refused
from headwater.listening import mapping as mappings
from headwater.listening import services as imports
from headwater.listening.connections import looking, receiving
from headwater.listening.connections.credentials import sealed
from headwater.listening.connections.folder import folder_of
from headwater.listening.connections.options import FolderOptions, read_options
from headwater.listening.connections.running import mapping_of, require_repeatable
from headwater.listening.connections.runs import cut_off
from headwater.listening.connections.schedule_rules import Schedule, next_run, read_schedule
from headwater.listening.models import Connection, Source

TASK = "listening.run_connection"
MAX_CONNECTIONS = 500
RESERVED = {"new"}
FOLDER_SCHEDULE = Schedule(every="minutes", n=1)
State, Kind = Connection.State, Connection.Kind


def create(
    person: Person | None,
    *,
    name: str,
    kind: str,
    options: dict[str, Any],
    credentials: Mapping[str, str] | None = None,
    schedule: dict[str, Any] | None = None,
) -> Connection:
    """Make a connection; nothing is fetched until it has a mapping and is started. Raises Refused."""
    require(person, "manage", "connections")
    imports.refuse_sample()
    ensure_company()
    if kind not in Kind.values:
        raise Refused("bad_kind", _("There is no kind of connection “%(kind)s”; there is %(kinds)s.") % {
            "kind": kind[:40], "kinds": ", ".join(Kind.values)}, "kind")  # fmt: skip
    slug = imports.source_name(name)[:60].strip("-_")
    if slug in RESERVED:
        raise Refused("bad_name", _("“%s” is the address of a page; choose another name.") % slug, "name")
    checked = read_options(kind, options)
    planned = read_schedule(schedule or (FOLDER_SCHEDULE.model_dump() if kind == Kind.FOLDER else {}))
    if Connection.objects.count() >= MAX_CONNECTIONS:
        raise Refused("too_many_connections", _("There are %d connections already.") % MAX_CONNECTIONS)
    if isinstance(checked, FolderOptions):
        folder_of(slug, checked)
    try:
        with transaction.atomic():
            source, _made = Source.objects.get_or_create(name=slug)
            made = Connection.objects.create(
                name=slug,
                kind=kind,
                source=source,
                options=checked.model_dump(mode="json"),
                credentials=sealed(kind, credentials or {}),
                schedule=planned.model_dump(),
                owner=person,
            )
            _record(person, "connection.made", made)
    except IntegrityError:
        raise Conflict("connection_exists", _("There is a connection “%s” already.") % slug, "name") from None
    return made


def change(
    person: Person | None,
    connection: Connection,
    *,
    edition: int | None,
    options: dict[str, Any] | None = None,
    credentials: Mapping[str, str] | None = None,
    schedule: dict[str, Any] | None = None,
) -> Connection:
    """Change how a connection is reached and when. Read from the beginning after its options changed: what is known
    counts once. A credential that is not given stays. Raises Refused, Conflict where someone else changed it."""
    require(person, "manage", "connections")
    with transaction.atomic():
        kept = _locked(connection, edition)
        if options is not None:
            plain = read_options(kept.kind, options).model_dump(mode="json")
            if plain != kept.options:
                kept.options, kept.position = plain, {}
                cut_off(kept, _("The connection was changed."))
        if credentials:
            kept.credentials = sealed(kept.kind, credentials, kept.credentials)
        if schedule is not None:
            kept.schedule = read_schedule(schedule).model_dump()
            kept.next_run_at = planned_run(kept)
        kept.edition += 1
        kept.save()
        _record(person, "connection.changed", kept)
    return kept


def keep_mapping(person: Person | None, connection: Connection, text: str) -> None:
    """Keep the mapping of a connection; its next run uses it. Raises Refused."""
    require(person, "manage", "connections")
    used = mappings.from_yaml(text).model_copy(update={"source": connection.source.name})
    if connection.kind != Kind.FOLDER:
        require_repeatable(used)
    with transaction.atomic():
        imports.keep_mapping(used, person)
    connection.source.refresh_from_db()
    receiving.take_waiting(connection)


def start(person: Person | None, connection: Connection) -> None:
    """Have a connection run from now on, at once for the first time. Raises Refused where it has no mapping."""
    require(person, "manage", "connections")
    imports.refuse_sample()
    if connection.kind != Kind.FOLDER:
        mapping_of(connection)
    with transaction.atomic():
        kept = _locked(connection, None)
        if kept.state == State.ACTIVE:
            return
        kept.state, kept.failures, kept.last_error, kept.told = State.ACTIVE, 0, "", False
        kept.next_run_at = planned_run(kept)
        kept.edition += 1
        kept.save()
        _record(person, "connection.started", kept)
        if kept.kind != Kind.WEBHOOK:
            _enqueue(kept, person)


def pause(person: Person | None, connection: Connection) -> None:
    """Let a connection rest; a run under way ends after the batch it is at."""
    require(person, "manage", "connections")
    with transaction.atomic():
        kept = _locked(connection, None)
        if kept.state != State.ACTIVE:
            return
        kept.state, kept.next_run_at = State.PAUSED, None
        kept.edition += 1
        kept.save()
        cut_off(kept, _("The connection was paused."))
        _record(person, "connection.paused", kept)


def run_now(person: Person | None, connection: Connection) -> Job:
    """Ask for a run at once; one at a time. Returns the job, whose progress a page may show."""
    require(person, "manage", "connections")
    imports.refuse_sample()
    if connection.kind == Kind.WEBHOOK:
        raise Refused("not_fetched", _("A webhook is not fetched from: it sends by itself."))
    if connection.state != State.ACTIVE:
        raise Conflict("connection_rests", _("%s rests: start it first.") % connection.name)
    return _enqueue(connection, person)


def remove(person: Person | None, connection: Connection) -> None:
    """Remove a connection with its credentials. What it brought stays, with its source and its imports."""
    require(person, "manage", "connections")
    with transaction.atomic():
        kept = _locked(connection, None)
        cut_off(kept, _("The connection was removed."))
        _record(person, "connection.removed", kept)
        kept.delete()


def look(person: Person | None, connection: Connection, text: str = "", ready: str = "") -> looking.Look:
    """Read the first rows now, and what a mapping makes of them: the one given as YAML, the ready one named, the one
    kept, or a proposed one."""
    require(person, "manage", "connections")
    return looking.look(connection, mappings.from_yaml(text) if text.strip() else None, ready)


def start_due() -> int:
    """Put every connection whose time has come into the queue; returns how many."""
    now = timezone.now()
    started = 0
    due = Connection.objects.filter(state=State.ACTIVE, next_run_at__lte=now).exclude(kind=Kind.WEBHOOK)
    for connection in due:
        with transaction.atomic():
            mine = Connection.objects.filter(pk=connection.pk, next_run_at=connection.next_run_at, state=State.ACTIVE)
            # The run plans the next one when it ends; this is for the case that it never does.
            if mine.update(next_run_at=planned_run(connection)):
                _enqueue(connection, None)
                started += 1
    return started


def clear() -> None:
    """Forget every connection: the sample company ends. The caller holds the transaction."""
    Connection.objects.all().delete()


def planned_run(connection: Connection) -> Any:
    """When a connection that is active runs next; None when only a person starts it."""
    if connection.state != State.ACTIVE or connection.kind == Kind.WEBHOOK:
        return None
    return next_run(read_schedule(connection.schedule), timezone.now(), ensure_company().time_zone)


def _enqueue(connection: Connection, person: Person | None) -> Job:
    return enqueue(TASK, {"connection": connection.pk}, unique_key=f"{TASK}:{connection.pk}", requested_by=person)


def _locked(connection: Connection, edition: int | None) -> Connection:
    """The connection as it is now, held for this transaction. Raises Conflict."""
    kept = Connection.objects.select_for_update().select_related("source").filter(pk=connection.pk).first()
    if kept is None or (edition is not None and kept.edition != edition):
        message = _("%s was changed by someone else in the meantime. Load the page again and repeat your change.")
        raise Conflict("connection_changed", message % connection.name)
    return kept


def _record(person: Person | None, code: str, connection: Connection) -> None:
    data = {"name": connection.name, "kind": connection.kind}
    record_history(person, code, f"connection:{connection.name}", data)
