"""One run of a connection: fetch, take through the pipeline, keep in the inbox, move its position on.

Rows, set-aside rows, counts and the position are one transaction, fenced by the run: whatever ends a run in the middle,
the next one goes on after the last batch that was kept, and a worker that was only slow keeps nothing any more.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.company import ensure_company
from headwater.base.models import Person
from headwater.base.refusals import Refused
from headwater.listening import importing, inbox, mapping
from headwater.listening.connections import failing
from headwater.listening.connections.credentials import credentials_of
from headwater.listening.connections.database import DatabaseReader
from headwater.listening.connections.options import AnyOptions, DatabaseOptions, RestOptions, read_options
from headwater.listening.connections.reading import ComesLater, Fetched, LiveReader, Pause
from headwater.listening.connections.runs import RunEnded, begin, end_run, forget_old_runs
from headwater.listening.connections.schedule_rules import next_run, read_schedule
from headwater.listening.connections.shaping import as_mapped
from headwater.listening.models import Connection, ConnectionRun, Import, ImportState, KnownRefusal
from headwater.listening.pipeline import Context, Run, SetAside
from headwater.listening.readers.rows import joined

Report = Callable[[ConnectionRun], None]
State = ConnectionRun.State

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Going:
    """A run under way."""

    run: ConnectionRun
    connection: Connection
    used: mapping.Mapping
    contexts: list[Context]
    tally: Run
    arrival: Import | None = None


def run_connection(
    connection: Connection, *, person: Person | None = None, report: Report | None = None, pause: Pause | None = None
) -> ConnectionRun:
    """Read a connection on from its position. A failure is kept with the run, told to the owner, and not raised.

    Raises RunEnded, and whatever `report` and `pause` raise to end the run where nothing is half done.
    """
    if connection.kind == Connection.Kind.FOLDER:
        from headwater.listening.connections.folder import read_folder

        return read_folder(connection, person)
    run = begin(connection, person)
    try:
        going = _going(run, connection)
        reader = open_reader(connection, read_options(connection.kind, connection.options), going.used, pause)
        try:
            for fetched in reader.batches(dict(connection.position)):
                keep(going, fetched)
                if report:
                    report(run)
                if inbox.waiting() >= importing.BACKLOG:
                    inbox.flush()
        finally:
            reader.close()
    except ComesLater as later:
        close_well(run, note=later.why, at=later)
    except Refused as refused:
        failing.failed(run, refused.message)
    except (RunEnded, IntegrityError) as error:
        raise RunEnded from error
    except (OSError, ValueError, ArithmeticError, LookupError, TypeError) as error:
        # The other side's doing or a fault of ours: either way the owner is told, and the schedule tries again.
        logger.exception("connection %s failed", connection.name)
        failing.failed(run, _("Something unexpected: %s. The log of the server says more.") % type(error).__name__)
    else:
        close_well(run)
    inbox.flush()
    run.refresh_from_db()
    return run


def open_reader(
    connection: Connection, options: AnyOptions, used: mapping.Mapping, pause: Pause | None = None
) -> LiveReader:
    """The reader of a connection that is fetched from. Raises Refused."""
    secrets = credentials_of(connection)
    if isinstance(options, DatabaseOptions):
        return DatabaseReader(options, secrets)
    if isinstance(options, RestOptions):
        from headwater.listening.connections.rest import RestReader

        return RestReader(options, secrets, wanted=used.columns, explode=used.file.explode, pause=pause)
    raise Refused("not_fetched", _("A %s is not fetched from: it sends by itself.") % connection.get_kind_display())


def close_well(run: ConnectionRun, *, note: str = "", at: ComesLater | None = None) -> None:
    """End a run that came as far as it could: plan the next, tell who was told of failures, forget old runs."""
    with transaction.atomic():
        if not end_run(run, State.DONE, note):
            raise RunEnded
        connection = Connection.objects.select_for_update().get(pk=run.connection_id)
        planned = next_run(read_schedule(connection.schedule), timezone.now(), ensure_company().time_zone)
        connection.next_run_at = max(planned, at.at) if planned and at else at.at if at else planned
        failing.recovered(connection)
        connection.save(update_fields=["next_run_at", "failures", "last_error", "told"])
        forget_old_runs(connection, run)


# --- keeping


def _going(run: ConnectionRun, connection: Connection) -> _Going:
    used = mapping_of(connection)
    contexts = importing.contexts_for(used, connection.source.name, run.started_at)
    return _Going(run, connection, used, contexts, Run())


def mapping_of(connection: Connection) -> mapping.Mapping:
    """The mapping kept for the connection's source. Raises Refused where there is none that can be run again."""
    if not connection.source.mapping:
        raise Refused("no_mapping", _("%s has no mapping yet: look at its first rows and keep one.") % connection.name)
    used = mapping.from_yaml(connection.source.mapping)
    require_repeatable(used)
    return used


def require_repeatable(used: mapping.Mapping) -> None:
    """Refuse a mapping without ids: rows that are fetched again must be known again."""
    if used.sql is not None:
        raise Refused("mapping_of_files", _("This mapping reads several files by its own SQL; a connection has none."))
    if used.thread is not None and not used.file.explode:
        raise Refused(
            "thread_over_rows",
            _("Messages of a conversation may come in different runs; fetch conversations that hold their messages."),
            "mapping",
        )
    if any("record_id" not in emit.fields for emit in used.emit):
        raise Refused(
            "no_record_id",
            _("Say which column is the record’s id: rows that are fetched or sent again count once by it."),
            "mapping",
        )


def keep(going: _Going, fetched: Fetched) -> None:
    """Keep a batch with the position after it, in one transaction."""
    rows = joined(as_mapped(fetched.rows, going.used))
    signals, aside = importing.through_pipeline(rows, going.contexts, going.tally)
    with inbox.turn(), transaction.atomic():
        mine = ConnectionRun.objects.filter(pk=going.run.pk, state=State.RUNNING)
        if not mine.update(rows=F("rows") + len(fetched.rows.numbers)):
            raise RunEnded
        fresh = first_time(going.connection, aside)
        if len(fetched.rows.numbers):
            arrival = going.arrival or _new_import(going)
            importing.keep_chunk(arrival, arrival.chunks, rows, signals, fresh, 0, going.tally)
            arrival.columns = list(dict.fromkeys([*arrival.columns, *rows.table.column_names]))
            arrival.save(update_fields=["columns"])
            going.arrival = arrival
        mine.update(set_aside=F("set_aside") + len(fresh))
        Connection.objects.filter(pk=going.connection.pk).update(position=fetched.position)
    going.run.rows += len(fetched.rows.numbers)


def _new_import(going: _Going) -> Import:
    arrival = Import.objects.create(
        source=going.connection.source,
        file_name=going.connection.name,
        mapping=going.used.to_yaml(),
        person=going.run.person,
        state=ImportState.READING,
    )
    ConnectionRun.objects.filter(pk=going.run.pk).update(arrival=arrival)
    return arrival


def first_time(connection: Connection, aside: list[SetAside]) -> list[SetAside]:
    """The rows that this connection has not set aside before, unchanged. In the current transaction."""
    digests = {_digest(one): one for one in aside}
    if not digests:
        return []
    known = set(
        KnownRefusal.objects.filter(connection=connection, digest__in=list(digests)).values_list("digest", flat=True)
    )
    fresh = {digest: one for digest, one in digests.items() if digest not in known}
    KnownRefusal.objects.bulk_create([KnownRefusal(connection=connection, digest=digest) for digest in fresh])
    return list(fresh.values())


def _digest(one: SetAside) -> str:
    text = json.dumps([one.code, one.column, sorted((key, value) for key, value in one.values.items())])
    return blake2b(text.encode(), digest_size=16).hexdigest()
