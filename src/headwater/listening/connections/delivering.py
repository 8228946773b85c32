"""Sends deliveries of webhooks: signed, tried again over three days, each try in the log."""

from __future__ import annotations

import random
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from standardwebhooks.webhooks import Webhook

from headwater.base.outbox import put_mail
from headwater.base.queue import JobContext, enqueue
from headwater.base.refusals import Refused
from headwater.listening.connections.failing import responsible
from headwater.listening.connections.hooks import TASK
from headwater.listening.connections.http import Answer, Session
from headwater.listening.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from headwater.listening.personal import crypto

PAUSES = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds after each failed try, as Standard Webhooks recommends: ten tries over a little more than three days."""
JITTER = 0.2
SECONDS_A_TRY = 15
SECONDS_A_JOB = 20.0
AT_ONCE = 200
MAX_ANSWER = 1 << 20
SHOWN = 2_000
DISABLED_AFTER = timedelta(days=5)
KEPT = timedelta(days=30)
HIDDEN_HEADERS = {"set-cookie", "authorization", "proxy-authenticate", "www-authenticate"}

State = WebhookDelivery.State


def send_due(context: JobContext, *, now: datetime | None = None) -> int:
    """Send what is due, for some seconds; returns how many were delivered. What is left goes into another job."""
    begun = time.monotonic()
    due = WebhookDelivery.objects.filter(
        state=State.WAITING, next_try_at__lte=now or timezone.now(), endpoint__state=WebhookEndpoint.State.ACTIVE
    )
    waiting = list(due.select_related("endpoint", "endpoint__owner").order_by("pk")[: AT_ONCE + 1])
    failing: set[int] = set()
    delivered = 0
    for number, delivery in enumerate(waiting[:AT_ONCE], start=1):
        # One endpoint that does not answer must not keep the others waiting: its other messages come later.
        if delivery.endpoint_id in failing:
            continue
        if time.monotonic() - begun > SECONDS_A_JOB:
            break
        if try_once(delivery, now=now):
            delivered += 1
        else:
            failing.add(delivery.endpoint_id)
        context.progress(number, len(waiting))
    if due.exists():
        wait = timedelta(seconds=PAUSES[0]) if not delivered else timedelta()
        enqueue(TASK, {}, unique_key=TASK, run_at=timezone.now() + wait)
    return delivered


def try_once(delivery: WebhookDelivery, *, now: datetime | None = None) -> bool:
    """Send one delivery and write down what came back; False when it has to be tried again or is given up."""
    begun = time.monotonic()
    moment = now or timezone.now()
    answer, error, head = _sent(delivery, moment)
    well = answer is not None and 200 <= answer.status < 300
    with transaction.atomic():
        mine = WebhookDelivery.objects.select_for_update().filter(pk=delivery.pk, attempts=delivery.attempts).first()
        if mine is None or mine.state == State.DELIVERED:
            return well
        WebhookAttempt.objects.create(
            delivery=mine,
            milliseconds=int(1000 * (time.monotonic() - begun)),
            status=answer.status if answer else None,
            error=error[:500],
            request_head=head,
            response_head=_head_of(answer) if answer else "",
        )
        mine.attempts += 1
        if well:
            mine.state, mine.delivered_at = State.DELIVERED, moment
        elif mine.attempts > len(PAUSES):
            mine.state = State.FAILED
        else:
            pause = PAUSES[mine.attempts - 1] * (1 + random.uniform(0, JITTER))  # noqa: S311 spreads the load
            mine.next_try_at = moment + timedelta(seconds=pause)
        mine.save(update_fields=["state", "delivered_at", "attempts", "next_try_at"])
        _judge(mine.endpoint_id, well, answer, error, moment)
    return well


def _sent(delivery: WebhookDelivery, moment: datetime) -> tuple[Answer | None, str, str]:
    """The answer, or why there is none, and the head of what was sent."""
    endpoint = delivery.endpoint
    head = f"POST {endpoint.url}\nwebhook-id: {delivery.message_id}"
    try:
        secret = crypto.decrypt(bytes(endpoint.secret)).decode()
        # The package takes a naive time for one of UTC.
        signature = Webhook(secret).sign(delivery.message_id, moment.replace(tzinfo=None), delivery.payload)
        stamp = str(int(moment.timestamp()))
        headers = {
            "Content-Type": "application/json",
            "webhook-id": delivery.message_id,
            "webhook-timestamp": stamp,
            "webhook-signature": signature,
        }
        head += f"\nwebhook-timestamp: {stamp}\nwebhook-signature: {signature}\nContent-Type: application/json"
        session = Session(seconds=SECONDS_A_TRY, most_bytes=MAX_ANSWER)
        try:
            return session.post(endpoint.url, headers=headers, body=delivery.payload.encode()), "", head
        finally:
            session.close()
    except Refused as refused:
        return None, refused.message, head


def _head_of(answer: Answer) -> str:
    """Status, headers and the first lines of an answer; cookies and the like are left out."""
    lines = [f"{name}: {value}" for name, value in answer.headers.items() if name.lower() not in HIDDEN_HEADERS]
    body = answer.body[:500].decode("utf-8", "replace").replace("\x00", "")
    return "\n".join([f"HTTP {answer.status}", *lines[:30], "", body])[:SHOWN]


def _judge(pk: int, well: bool, answer: Answer | None, error: str, now: datetime) -> None:
    """Whether an endpoint still answers; one that has not for days, or says that it is gone (410), is switched off."""
    endpoint = WebhookEndpoint.objects.select_for_update().get(pk=pk)
    if well:
        if endpoint.failing_since is not None:
            endpoint.failing_since, endpoint.last_error = None, ""
            endpoint.save(update_fields=["failing_since", "last_error"])
        return
    endpoint.failing_since = endpoint.failing_since or now
    said = error or (_("it answered %d") % answer.status if answer else "")
    endpoint.last_error = said[:500]
    gone = answer is not None and answer.status == 410
    if endpoint.state == WebhookEndpoint.State.ACTIVE and (gone or now - endpoint.failing_since >= DISABLED_AFTER):
        endpoint.state = WebhookEndpoint.State.DISABLED
        _tell(endpoint)
    endpoint.save(update_fields=["failing_since", "last_error", "state"])


def _tell(endpoint: WebhookEndpoint) -> None:
    text = _(
        "“%(title)s” has not taken a message since %(since)s, so it is switched off. The last time: %(why)s.\n\nSwitch "
        "it on again when it answers; messages of the last 30 days can then be sent again:\n\n%(address)s"
    )
    data = {
        "title": endpoint.title,
        "since": f"{endpoint.failing_since:%Y-%m-%d %H:%M} UTC",
        "why": endpoint.last_error,
        "address": f"{settings.PUBLIC_URL}/webhooks/{endpoint.pk}",
    }
    for person in responsible(endpoint.owner):
        put_mail(person.email, _("The webhook “%s” is switched off") % endpoint.title, text % data)


def forget_old() -> int:
    """Forget deliveries that are over for a month."""
    over = WebhookDelivery.objects.exclude(state=State.WAITING)
    gone, _kinds = over.filter(created_at__lt=timezone.now() - KEPT).delete()
    return gone
