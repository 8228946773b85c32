"""Connections in sentences: what their pages say first."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.listening.connections.looking import Look
from headwater.listening.models import Connection, ConnectionRun

SHOWN = ("occurred_at", "text", "score", "metric", "event", "sentiment", "customer_id", "subject_id", "record_id")
"""Fields of a signal as a preview shows them."""


def overview(connections: Sequence[Connection]) -> str:
    """What the list says first: how many bring signals, and what waits for someone."""
    if not connections:
        return _("No other system is connected yet.")
    if not any(one.state == Connection.State.ACTIVE for one in connections):
        return _("Every connection rests: nothing arrives by itself.")
    active = sum(one.state == Connection.State.ACTIVE for one in connections)
    failing = [one for one in connections if one.failures]
    text = ngettext("%d connection brings signals", "%d connections bring signals", active) % active
    if not failing:
        return f"{text}."
    if len(failing) == 1:
        return _("%(text)s; %(name)s fails.") % {"text": text, "name": failing[0].name}
    return _("%(text)s; %(failing)d of them fail.") % {"text": text, "failing": len(failing)}


def sentence(connection: Connection, last: ConnectionRun | None) -> str:
    """What the page of a connection says first."""
    if connection.failures:
        times = ngettext("%d time", "%d times in a row", connection.failures) % connection.failures
        return _("%(name)s failed %(times)s.") % {"name": connection.name, "times": times}
    if connection.state == Connection.State.DRAFT:
        return _("%s waits for its mapping.") % connection.name
    if connection.state == Connection.State.PAUSED:
        return _("%s rests.") % connection.name
    if last is None:
        return _("%s is ready; nothing has come yet.") % connection.name
    if last.state == ConnectionRun.State.RUNNING:
        return _("%s is being read.") % connection.name
    rows = ngettext("%s row", "%s rows", last.rows) % f"{last.rows:,}"
    if last.day:
        return _("%(name)s sent %(rows)s on its last day.") % {"name": connection.name, "rows": rows}
    return _("%(name)s brought %(rows)s the last time.") % {"name": connection.name, "rows": rows}


def where(connection: Connection) -> str:
    """Where a connection leads, in one line and without anything secret."""
    options = connection.options
    if connection.kind == Connection.Kind.DATABASE:
        place = "/".join(filter(None, (options.get("host"), options.get("database"))))
        return f"{options.get('engine')} · {place}"
    if connection.kind == Connection.Kind.REST:
        return str(options.get("url", "")).partition("?")[0]
    if connection.kind == Connection.Kind.FOLDER:
        return str(options.get("path") or f"watch/{connection.name}")
    return _("signed as %s") % (options.get("header") or "Standard Webhooks")


def heads(look: Look | None) -> list[str]:
    """The fields that any signal of a preview has."""
    if look is None:
        return []
    return [name for name in SHOWN if any(row.get(name) is not None for row in look.preview.signals)]
