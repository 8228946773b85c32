"""What people do with webhooks out: name who is told, see the log, send again, test, rest, remove."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.queue import enqueue
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.listening.connections import hooks
from headwater.listening.connections.credentials import new_secret
from headwater.listening.connections.http import require_address
from headwater.listening.models import WebhookDelivery, WebhookEndpoint
from headwater.listening.personal import crypto

MAX_ENDPOINTS = 100
MAX_REPLAYED = 10_000
State = WebhookEndpoint.State


def create(person: Person | None, *, title: str, url: str, events: Sequence[str]) -> tuple[WebhookEndpoint, str]:
    """Make an endpoint; returns it with its secret, which is shown this once. Raises Refused."""
    require(person, "manage", "connections")
    title, chosen = _checked(title, url, events)
    if WebhookEndpoint.objects.count() >= MAX_ENDPOINTS:
        raise Refused("too_many_endpoints", _("There are %d endpoints already.") % MAX_ENDPOINTS)
    secret = new_secret()
    with transaction.atomic():
        made = WebhookEndpoint.objects.create(
            title=title, url=url, events=chosen, secret=crypto.encrypt(secret.encode()), owner=person
        )
        _record(person, "webhook.made", made)
    return made, secret


def change(person: Person | None, endpoint: WebhookEndpoint, *, title: str, url: str, events: Sequence[str]) -> None:
    """Change the name, the address and the events of an endpoint. Raises Refused."""
    require(person, "manage", "connections")
    title, chosen = _checked(title, url, events)
    with transaction.atomic():
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(title=title, url=url, events=chosen)
        endpoint.refresh_from_db()
        _record(person, "webhook.changed", endpoint)


def replace_secret(person: Person | None, endpoint: WebhookEndpoint) -> str:
    """Replace the secret; the old one signs nothing any more. Returned this once."""
    require(person, "manage", "connections")
    secret = new_secret()
    with transaction.atomic():
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(secret=crypto.encrypt(secret.encode()))
        _record(person, "webhook.secret_replaced", endpoint)
    return secret


def set_state(person: Person | None, endpoint: WebhookEndpoint, *, active: bool) -> None:
    """Let an endpoint rest, or switch it on again; what waited meanwhile is sent then."""
    require(person, "manage", "connections")
    with transaction.atomic():
        state = State.ACTIVE if active else State.PAUSED
        changed = WebhookEndpoint.objects.filter(pk=endpoint.pk).exclude(state=state)
        if changed.update(state=state, failing_since=None, last_error=""):
            _record(person, "webhook.started" if active else "webhook.paused", endpoint)
            enqueue(hooks.TASK, {}, unique_key=hooks.TASK)


def remove(person: Person | None, endpoint: WebhookEndpoint) -> None:
    """Remove an endpoint with its log."""
    require(person, "manage", "connections")
    with transaction.atomic():
        _record(person, "webhook.removed", endpoint)
        WebhookEndpoint.objects.filter(pk=endpoint.pk).delete()


def send_test(person: Person | None, endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Send a message that tells nothing, to see whether it arrives."""
    require(person, "manage", "connections")
    if endpoint.state != State.ACTIVE:
        raise Conflict("webhook_rests", _("“%s” rests: switch it on first.") % endpoint.title)
    with transaction.atomic():
        return hooks.put(endpoint, hooks.TEST, {"endpoint": endpoint.pk, "message": "Hello from Headwater."})


def replay(person: Person | None, endpoint: WebhookEndpoint, chosen: QuerySet[WebhookDelivery]) -> int:
    """Send deliveries again, with the ids they had, so that a receiver that took one knows it. Returns how many."""
    require(person, "manage", "connections")
    with transaction.atomic():
        keys = list(chosen.filter(endpoint=endpoint).order_by("pk").values_list("pk", flat=True)[: MAX_REPLAYED + 1])
        if len(keys) > MAX_REPLAYED:
            raise Refused("too_many_deliveries", _("Send at most %d messages again at once; choose a shorter time.") %
                          MAX_REPLAYED, "since")  # fmt: skip
        now = timezone.now()
        sent = WebhookDelivery.objects.filter(pk__in=keys).update(
            state=WebhookDelivery.State.WAITING, attempts=0, next_try_at=now, delivered_at=None
        )
        if sent:
            record_history(person, "webhook.replayed", f"webhook:{endpoint.pk}", {"title": endpoint.title, "n": sent})
            enqueue(hooks.TASK, {}, unique_key=hooks.TASK)
    return sent


def replay_range(
    person: Person | None, endpoint: WebhookEndpoint, since: datetime, until: datetime, *, failed_only: bool = True
) -> int:
    """Send the messages of a time again: those that were given up, or all of them."""
    chosen = WebhookDelivery.objects.filter(created_at__gte=since, created_at__lte=until)
    return replay(person, endpoint, chosen.filter(state=WebhookDelivery.State.FAILED) if failed_only else chosen)


def clear() -> None:
    """Forget endpoints and their log: the sample company ends. The caller holds the transaction."""
    WebhookEndpoint.objects.all().delete()


# --- what pages and the API ask


def endpoints(person: Person | None) -> list[WebhookEndpoint]:
    """Every endpoint with `delivered`, `waiting` and `failed`, how many messages of the last month."""
    require(person, "view", "connections")
    return list(WebhookEndpoint.objects.annotate(**_counts()).select_related("owner"))


def endpoint_of(person: Person | None, pk: int) -> WebhookEndpoint:
    """One endpoint, with its counts. Raises NotFound."""
    require(person, "view", "connections")
    found = WebhookEndpoint.objects.annotate(**_counts()).select_related("owner").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_webhook", _("There is no webhook %d.") % pk)
    return found


def deliveries(person: Person | None, endpoint: WebhookEndpoint, state: str = "") -> QuerySet[WebhookDelivery]:
    """The messages of an endpoint, the latest first."""
    require(person, "view", "connections")
    found = WebhookDelivery.objects.filter(endpoint=endpoint)
    return found.filter(state=state) if state else found


def delivery_of(person: Person | None, endpoint: WebhookEndpoint, pk: int) -> WebhookDelivery:
    """One message with its tries. Raises NotFound."""
    found = deliveries(person, endpoint).filter(pk=pk).prefetch_related("tries").first()
    if found is None:
        raise NotFound("no_such_delivery", _("There is no message %d of this webhook.") % pk)
    return found


def _counts() -> dict[str, Count]:
    states = WebhookDelivery.State.values
    return {state: Count("deliveries", filter=Q(deliveries__state=state)) for state in states}


def _checked(title: str, url: str, events: Sequence[str]) -> tuple[str, list[str]]:
    title = " ".join(title.split())
    if not 0 < len(title) <= 120:
        raise Refused("title_missing", _("Write a name of at most 120 characters."), "title")
    chosen = sorted(set(events))
    unknown = sorted(set(chosen) - set(hooks.events()))
    if unknown or not chosen:
        message = _("Choose events among %s.")
        raise Refused("bad_events", message % ", ".join(hooks.events()), "events")
    if len(url) > 1_000:
        raise Refused("bad_address", _("An address has at most 1,000 characters."), "url")
    require_address(url)
    return title, chosen


def _record(person: Person | None, code: str, endpoint: WebhookEndpoint) -> None:
    record_history(person, code, f"webhook:{endpoint.pk}", {"title": endpoint.title})
