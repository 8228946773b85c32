"""Webhooks out: what happened, written as deliveries in the transaction that causes it, and sent by the queue.

Payloads name things by their ids and addresses and hold no personal data beyond ids: who is told must ask for more,
and is then asked who he is.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from headwater.base.queue import enqueue
from headwater.listening.models import WebhookDelivery, WebhookEndpoint

if TYPE_CHECKING:
    import pyarrow as pa
    from django.utils.functional import _StrPromise

TASK = "listening.send_webhooks"
TEST = "webhook.test"
MAX_PAYLOAD = 20_000
MOST_IDS = 100

_events: dict[str, _StrPromise | str] = {}


def register_event(name: str, meaning: _StrPromise | str) -> None:
    """Make an event known under its name, `thing.past_tense`, with one sentence of what it means."""
    _events[name] = meaning


def events() -> dict[str, str]:
    """Every event that an endpoint may want, with what it means."""
    return {name: str(meaning) for name, meaning in sorted(_events.items())}


def is_wanted(event_type: str) -> bool:
    """Whether anyone listens: cheap, for whoever would have to gather the data first."""
    return any(event_type in one for one in _active().values_list("events", flat=True))


def emit(event_type: str, data: dict[str, Any]) -> int:
    """Write a delivery for each endpoint that wants the event, in the current transaction; returns how many.

    `data` is JSON of ids, counts and addresses. Raises ValueError for an event nobody registered, or for too much data:
    both are mistakes in code.
    """
    if event_type not in _events:
        raise ValueError(f"register the event {event_type!r} with its meaning first")
    endpoints = [one for one in _active() if event_type in one.events]
    for endpoint in endpoints:
        put(endpoint, event_type, data)
    return len(endpoints)


def put(endpoint: WebhookEndpoint, event_type: str, data: dict[str, Any]) -> WebhookDelivery:
    """Write one delivery and have it sent when the transaction is committed."""
    at = timezone.now().isoformat(timespec="milliseconds")
    payload = json.dumps({"type": event_type, "timestamp": at, "data": data}, ensure_ascii=False)
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"{event_type}: a payload has at most {MAX_PAYLOAD} characters, not {len(payload)}")
    delivery = WebhookDelivery.objects.create(
        endpoint=endpoint, message_id=f"msg_{uuid.uuid4().hex}", event=event_type, payload=payload
    )
    enqueue(TASK, {}, unique_key=TASK)
    return delivery


def address(path: str) -> str:
    """The whole address of a page, for payloads."""
    return f"{settings.PUBLIC_URL}{path}"


def signals_received(rows: pa.Table) -> None:
    """Tell that signals are new in the record: how many by source and kind, and the ids of the first hundred."""
    if not len(rows):
        return
    counted = rows.group_by(["source", "kind"]).aggregate([("record_id", "count")]).to_pylist()
    first = rows.select(["source", "record_id"]).slice(0, MOST_IDS).to_pylist()
    by_source = [{"source": one["source"], "kind": one["kind"], "count": one["record_id_count"]} for one in counted]
    emit(
        "signals.received",
        {
            "count": len(rows),
            "by_source": by_source[:MOST_IDS],
            "first": _short(first),
            "all_named": len(rows) <= MOST_IDS,
        },
    )


def _short(first: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many ids as fit into a payload."""
    while len(json.dumps(first)) > MAX_PAYLOAD // 2:
        first = first[: len(first) // 2]
    return first


def _active() -> Any:
    return WebhookEndpoint.objects.filter(state=WebhookEndpoint.State.ACTIVE)


register_event(
    "signals.received", _("Signals are new in the record: how many by source and kind, and their first ids.")
)
register_event(
    "alert.raised", _("Something rises that chance does not explain: the alert’s id, cause, stage and address.")
)
register_event("survey.completed", _("Someone answered a survey that is not anonymous: its name, and the answer’s id."))
