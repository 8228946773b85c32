"""Webhooks in: a signed message is answered once its rows are durable, and counts once however often it comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.listening import importing, inbox, mapping, services
from headwater.listening.connections.credentials import credentials_of
from headwater.listening.connections.options import WebhookOptions, read_options
from headwater.listening.connections.paging_rules import found
from headwater.listening.connections.reading import rows_of
from headwater.listening.connections.running import first_time
from headwater.listening.connections.runs import NOT_MAPPED
from headwater.listening.connections.shaping import as_mapped
from headwater.listening.connections.signatures import Forged, verified
from headwater.listening.models import (
    Connection,
    ConnectionRun,
    Import,
    ImportState,
    SetAsideRow,
    SetAsideState,
    WebhookMessage,
)
from headwater.listening.pipeline import Run, SetAside
from headwater.listening.readers.records import DECODER, exploded, flattened
from headwater.listening.readers.rows import Rows, joined

MAX_BODY = 1 << 20
MAX_RECORDS = 1_000
MESSAGES_KEPT = timedelta(days=30)
NOTED_EVERY = timedelta(seconds=10)
"""How often a refused message is written down: strangers must not be able to keep the database busy."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message: its rows are durable; `repeated` when it had come before."""

    rows: int
    set_aside: int
    repeated: bool = False


def receive(name: str, headers: Mapping[str, str], body: bytes) -> Taken:
    """Take a message for the connection of this name; durable when it returns. Raises Refused, Forged (401)."""
    connection = Connection.objects.select_related("source").filter(name=name, kind=Connection.Kind.WEBHOOK).first()
    if connection is None:
        raise NotFound("no_such_webhook", _("Nothing is received at this address."))
    options = read_options(connection.kind, connection.options)
    secret = credentials_of(connection).get("secret", "")
    if not isinstance(options, WebhookOptions) or not secret:
        raise NotFound("no_such_webhook", _("Nothing is received at this address."))
    try:
        message = verified(options, secret, headers, body, datetime.now(UTC))
    except Forged as forged:
        _note_refusal(connection, forged.message)
        raise
    if connection.state == Connection.State.PAUSED:
        raise Conflict("connection_rests", _("This connection is paused; send it again later."))
    services.refuse_sample()
    used = mapping.from_yaml(connection.source.mapping) if connection.source.mapping else None
    rows, unreadable = _rows(options, body, used.file.explode if used else None)
    rows = joined(as_mapped(rows, used)) if used else rows
    try:
        return _keep(connection, message.message_id, used, rows, unreadable)
    except (OSError, OperationalError) as error:
        if not importing.is_disk_full(error):
            raise
        raise Refused("disk_full", _("The disk is full; nothing of this was received."), status=429) from error


def _note_refusal(connection: Connection, why: str) -> None:
    now = timezone.now()
    rested = Q(refused_at=None) | Q(refused_at__lt=now - NOTED_EVERY)
    Connection.objects.filter(rested, pk=connection.pk).update(refused_at=now, refused_because=why[:300])


def _rows(options: WebhookOptions, body: bytes, explode: mapping.Explode | None) -> tuple[Rows, list[SetAside]]:
    """The records of a message as rows, and what cannot be read as a record, to be set aside."""
    try:
        document = DECODER.decode(body.decode("utf-8-sig").strip())
        listed = found(document, options.records) if options.records else document
    except (ValueError, RecursionError):
        shown = {"message": body[: importing.MAX_CELL_KEPT].decode("utf-8", "replace")}
        return rows_of([], 1), [SetAside(1, "bad_json", _("The message is not JSON."), "", dict(shown))]
    if listed is None:
        why = _("The message has nothing at “%s”.") % options.records
        return rows_of([], 1), [SetAside(1, "no_records", why, "", _values(document))]
    records: list[Any] = listed if isinstance(listed, list) else [listed]
    if len(records) > MAX_RECORDS:
        raise Refused("too_many_rows", _("A message has at most %(most)d records, not %(sent)d.") % {
            "most": MAX_RECORDS, "sent": len(records)}, status=413)  # fmt: skip
    good = [row for one in records if isinstance(one, dict) for row in exploded(one, explode)]
    aside = [
        SetAside(number, "bad_json", _("Record %d is not a JSON object.") % number, "", _values(one))
        for number, one in enumerate(records, start=1)
        if not isinstance(one, dict)
    ]
    return rows_of(good, 1), aside


def _values(document: Any) -> dict[str, str | None]:
    return flattened(document if isinstance(document, dict) else {"record": document})


def _keep(
    connection: Connection, message_id: str, used: mapping.Mapping | None, rows: Rows, unreadable: list[SetAside]
) -> Taken:
    """Keep a message and the id it is known by, in one transaction; the same id again changes nothing."""
    signals, aside, tally = None, list(unreadable), Run()
    if used is None:
        why = _("The connection has no mapping yet.")
        aside += [
            SetAside(int(number), NOT_MAPPED, why, "", dict(values))
            for number, values in zip(rows.numbers, rows.table.to_pylist(), strict=True)
        ]
        contexts = []
    else:
        contexts = importing.contexts_for(used, connection.source.name, timezone.now())
        signals, wrong = importing.through_pipeline(rows, contexts, tally)
        aside += wrong
    try:
        with inbox.turn(), transaction.atomic():
            WebhookMessage.objects.create(connection=connection, message_id=message_id)
            run = _run_of_today(connection)
            fresh = first_time(connection, aside)
            arrival = run.arrival
            if arrival is None:
                raise LookupError(f"run {run.pk} of a webhook has no import")
            importing.keep_chunk(arrival, arrival.chunks, rows, signals, fresh, 0, tally)
            Import.objects.filter(pk=arrival.pk).update(state=ImportState.RECEIVED, finished_at=None)
            inbox.finish_if_empty(arrival.pk)
            ConnectionRun.objects.filter(pk=run.pk).update(
                rows=F("rows") + len(rows.numbers) + len(unreadable), set_aside=F("set_aside") + len(fresh),
                finished_at=timezone.now(),
            )  # fmt: skip
    except IntegrityError:
        if WebhookMessage.objects.filter(connection=connection, message_id=message_id).exists():
            return Taken(0, 0, repeated=True)
        raise
    return Taken(len(rows.numbers) + len(unreadable), len(fresh))


def _run_of_today(connection: Connection) -> ConnectionRun:
    """The run that holds today's messages, with its import, held for this transaction."""
    day = timezone.now().date()
    run, made = ConnectionRun.objects.get_or_create(
        connection=connection, day=day, defaults={"state": ConnectionRun.State.DONE}
    )
    if made:
        run.arrival = Import.objects.create(
            source=connection.source,
            file_name=f"{connection.name} {day.isoformat()}",
            mapping=connection.source.mapping,
            state=ImportState.RECEIVED,
        )
        run.save(update_fields=["arrival"])
    run = ConnectionRun.objects.select_for_update().get(pk=run.pk)
    # Read again under the lock: another message may have added to its counts.
    run.arrival = Import.objects.select_for_update().get(run=run)
    return run


def take_waiting(connection: Connection) -> int:
    """Send again what came before the connection had a mapping; returns how many rows are taken now."""
    waiting = SetAsideRow.objects.filter(arrival__run__connection=connection, code=NOT_MAPPED, state=SetAsideState.OPEN)
    taken = 0
    for arrival in Import.objects.filter(pk__in=waiting.values("arrival")):
        with inbox.turn(), transaction.atomic():
            rows = list(waiting.filter(arrival=arrival).select_for_update()[:10_000])
            arrival.mapping = connection.source.mapping
            arrival.save(update_fields=["mapping"])
            importing.resend(arrival, rows, {row.pk: {} for row in rows})
            Import.objects.filter(pk=arrival.pk).update(state=ImportState.RECEIVED)
            inbox.finish_if_empty(arrival.pk)
            taken += sum(row.state == SetAsideState.RESENT for row in rows)
    return taken


def forget_old_messages() -> int:
    """Forget ids of messages that no sender repeats any more."""
    gone, _kinds = WebhookMessage.objects.filter(received_at__lt=timezone.now() - MESSAGES_KEPT).delete()
    return gone
