"""What the queue does with connections: read one, start those that are due, forget what is over."""

from __future__ import annotations

import time

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.queue import JobCancelled, JobContext
from headwater.listening.connections import delivering, receiving, services
from headwater.listening.connections.running import run_connection
from headwater.listening.connections.runs import RunEnded, cut_off
from headwater.listening.models import Connection, ConnectionRun

NAP = 0.25


def run_job(context: JobContext, pk: int) -> None:
    """Read a connection, unless it rests or is gone; live progress goes to the job."""
    connection = Connection.objects.select_related("source", "owner").filter(pk=pk).first()
    if connection is None or connection.state != Connection.State.ACTIVE:
        return

    def report(run: ConnectionRun) -> None:
        context.progress(run.rows, 0, ngettext("%s row read", "%s rows read", run.rows) % f"{run.rows:,}")

    def pause(seconds: float) -> None:
        """Wait as the other side asks, and end when the worker does."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            context.progress(0, 0)
            time.sleep(min(NAP, left))

    try:
        run_connection(connection, report=report, pause=pause)
    except RunEnded:
        return
    except JobCancelled:
        with transaction.atomic():
            cut_off(connection, _("A person stopped the run."))
        raise


def start_due() -> None:
    services.start_due()
    receiving.forget_old_messages()
    delivering.forget_old()
