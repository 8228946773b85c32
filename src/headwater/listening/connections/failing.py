"""What follows a run that failed: the next try comes later, and after some in a row someone is told, once."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.company import ensure_company
from headwater.base.models import Person
from headwater.base.outbox import put_mail
from headwater.listening.connections.runs import RunEnded, end_run
from headwater.listening.connections.schedule_rules import next_run, read_schedule
from headwater.listening.models import Connection, ConnectionRun

TELL_AFTER = 3
"""Failures in a row before a mail: a machine that restarts is nobody's concern."""


def failed(run: ConnectionRun, why: str) -> None:
    """Keep a failure with its run and its connection, plan the next try, and tell the owner when it is time."""
    with transaction.atomic():
        if not end_run(run, ConnectionRun.State.FAILED, why):
            raise RunEnded
        connection = Connection.objects.select_for_update().get(pk=run.connection_id)
        connection.failures += 1
        connection.last_error = why[:2_000]
        connection.next_run_at = next_run(
            read_schedule(connection.schedule),
            timezone.now(),
            ensure_company().time_zone,
            failures=connection.failures,
        )
        if connection.failures >= TELL_AFTER and not connection.told:
            subject = _("%s does not bring anything any more") % connection.name
            text = _(
                "The connection “%(name)s” failed %(failures)d times in a row. The last time:\n\n%(why)s\n\n"
                "It is tried again, ever more rarely. Nothing is lost: it goes on where it was.\n\n%(address)s"
            )
            _tell(connection, subject, text % {**_named(connection), "why": why})
            connection.told = True
        connection.save(update_fields=["failures", "last_error", "next_run_at", "told"])


def recovered(connection: Connection) -> None:
    """Forget failures; who was told of them is told that they are over. The caller saves, in its transaction."""
    if connection.told:
        text = _(
            "The connection “%(name)s” works again after %(failures)d failures. It went on where it was.\n\n%(address)s"
        )
        _tell(connection, _("%s works again") % connection.name, text % _named(connection))
    connection.failures, connection.last_error, connection.told = 0, "", False


def _named(connection: Connection) -> dict[str, Any]:
    address = f"{settings.PUBLIC_URL}/connections/{connection.name}"
    return {"name": connection.name, "failures": connection.failures, "address": address}


def responsible(owner: Person | None) -> QuerySet[Person]:
    """Who is told: the owner, or where the owner is gone whoever administers."""
    active = Person.objects.filter(is_active=True)
    if owner is not None and owner.is_active:
        return active.filter(pk=owner.pk)
    chosen = [one.pk for one in active if one.has_role("administrator")]
    return active.filter(pk__in=chosen)


def _tell(connection: Connection, subject: str, text: str) -> None:
    for person in responsible(connection.owner):
        put_mail(person.email, subject, text)
