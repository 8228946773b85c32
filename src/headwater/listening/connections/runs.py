"""The runs of a connection as rows: at most one under way, ended once, the latest kept."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.models import Person
from headwater.listening import importing, inbox, services
from headwater.listening.models import Connection, ConnectionRun, Import, ImportState

State = ConnectionRun.State
RUNS_KEPT = 200
NOT_MAPPED = "no_mapping"
"""Set aside because the connection has no mapping yet."""


class RunEnded(Exception):
    """Someone paused, changed or removed the connection, or another worker took the run over: keep nothing more."""


def begin(connection: Connection, person: Person | None) -> ConnectionRun:
    """Begin a run; one that was cut off is ended, what it kept stays. Raises Refused for the sample company."""
    services.refuse_sample()
    with transaction.atomic():
        cut_off(connection, _("The run was cut off; the next one went on from there."))
        return ConnectionRun.objects.create(connection=connection, person=person)


def cut_off(connection: Connection, note: str) -> None:
    """End the run under way, if there is one: its worker keeps nothing more. In the current transaction."""
    for run in ConnectionRun.objects.select_for_update().filter(connection=connection, state=State.RUNNING):
        end_run(run, State.CUT_OFF, note)


def end_run(run: ConnectionRun, state: State, note: str = "") -> bool:
    """End a run that is under way, and its import. False when it was ended already. In the current transaction."""
    said = {"note": importing.storable(note)[:2_000]} if note else {}
    ended = ConnectionRun.objects.filter(pk=run.pk, state=State.RUNNING).update(
        state=state, finished_at=timezone.now(), **said
    )
    arrival = Import.objects.filter(run=run, state=ImportState.READING).first() if ended else None
    if arrival is not None:
        importing.end_import(arrival, ImportState.RECEIVED, note if state != State.DONE else "")
        inbox.finish_if_empty(arrival.pk)
    return bool(ended)


def forget_old_runs(connection: Connection, run: ConnectionRun) -> None:
    """Keep the latest runs, and of those that brought nothing only the last; imports stay where they are."""
    earlier = ConnectionRun.objects.filter(connection=connection, pk__lt=run.pk)
    earlier.filter(state=State.DONE, rows=0, note="").delete()
    oldest = earlier.order_by("-pk").values_list("pk", flat=True)[RUNS_KEPT - 1 : RUNS_KEPT]
    if oldest:
        ConnectionRun.objects.filter(connection=connection, pk__lte=oldest[0]).delete()
