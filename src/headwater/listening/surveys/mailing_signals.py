"""What the record is told of an asking: an event ``invited`` or ``reminded``, as any survey tool sends it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pyarrow as pa

from headwater.listening import direct, inbox
from headwater.listening.direct import SignalIn
from headwater.listening.pipeline import Run
from headwater.listening.surveys.audience import first_metric

if TYPE_CHECKING:
    from headwater.listening.models import Invitation
    from headwater.listening.surveys.document import Document


@dataclass(frozen=True, slots=True)
class Asked:
    """An invitation that has just been sent, or a reminder of it."""

    invitation: Invitation
    document: Document
    is_reminder: bool = False


def told(asked: Sequence[Asked], now: datetime, zone: str) -> None:
    """Put the events of these askings into the inbox, in the current transaction.

    Of an anonymous survey they name neither customer nor response, and no time but the day.
    """
    by_source: dict[str, list[SignalIn]] = defaultdict(list)
    for one in asked:
        by_source[one.invitation.survey.source].append(_event(one, now, zone))
    tables = []
    for source, events in by_source.items():
        signals, _refused = direct.through_pipeline(list(enumerate(events)), source, now, zone, Run())
        if signals is not None:
            tables.append(signals.drop_columns(["row"]))
    if tables:
        inbox.put(pa.concat_tables(tables, promote_options="permissive"))


def _event(one: Asked, now: datetime, zone: str) -> SignalIn:
    row, event = one.invitation, "reminded" if one.is_reminder else "invited"
    named = not one.document.anonymous
    metric = first_metric(one.document)
    attributes = {name: str(value)[:500] for name, value in row.attributes.items()} if named else {}
    attributes["survey"] = row.survey.name
    if metric is not None:
        attributes["metric"] = metric[0]
    if row.mailing is not None:
        attributes["wave"] = str(row.mailing.wave)
    values: dict[str, Any] = {
        "record_id": f"{event}:{row.asking if named else uuid4()}:{row.reminders}",
        "kind": "event",
        "event": event,
        "occurred_at": now.astimezone(UTC) if named else noon(now, zone),
        "channel": row.mailing.channel if row.mailing is not None else "email",
        "attributes": attributes,
    }
    if named:
        values |= {"customer_id": row.customer_id, "response_id": row.response_id}
    return SignalIn(**values)


def noon(now: datetime, zone: str) -> datetime:
    """Noon of the day in the company's time zone: a time that says no more than the day."""
    local = now.astimezone(ZoneInfo(zone))
    return datetime.combine(local.date(), time(12), ZoneInfo(zone)).astimezone(UTC)
