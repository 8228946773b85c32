"""What pages and the API ask about connections."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from headwater.base.models import Job, Person
from headwater.base.permissions import require
from headwater.base.refusals import NotFound
from headwater.listening.connections.services import TASK
from headwater.listening.models import Connection, ConnectionRun

RUNS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Summary:
    """A connection with its latest run and all rows of the runs that are kept."""

    connection: Connection
    last: ConnectionRun | None


def connections(person: Person | None) -> list[Summary]:
    """Every connection by name, each with its latest run."""
    require(person, "view", "connections")
    found = list(Connection.objects.select_related("source", "owner"))
    latest: dict[int, ConnectionRun] = {}
    newest = ConnectionRun.objects.filter(connection__in=found).order_by("connection_id", "-pk")
    for run in newest.select_related("arrival").iterator():
        latest.setdefault(run.connection_id, run)
    return [Summary(one, latest.get(one.pk)) for one in found]


def connection_of(person: Person | None, name: str) -> Connection:
    """One connection. Raises NotFound."""
    require(person, "view", "connections")
    found = Connection.objects.select_related("source", "owner").filter(name=name).first()
    if found is None:
        raise NotFound("no_such_connection", _("There is no connection “%s”.") % name[:60], "name")
    return found


def runs_of(person: Person | None, connection: Connection, limit: int = RUNS_SHOWN) -> list[ConnectionRun]:
    """The latest runs, newest first."""
    require(person, "view", "connections")
    return list(ConnectionRun.objects.filter(connection=connection).select_related("arrival", "person")[:limit])


def job_of(connection: Connection) -> Job | None:
    """The job that runs or waits to run this connection now."""
    going = Job.objects.filter(unique_key=f"{TASK}:{connection.pk}", state__in=(Job.State.RUNNING, Job.State.WAITING))
    return going.order_by("state", "-pk").first()
