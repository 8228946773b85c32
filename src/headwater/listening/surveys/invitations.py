"""Invitations: drawn for a mailing, sent when they are due, reminded, expired. Whatever is killed here goes on later.

One transaction holds all that belongs to an asking: the turn of the customer, the decision, the contact, the mail, and
the event for the record. So nobody is asked twice, and nobody is noted who was not asked.
"""

from __future__ import annotations

import base64
import hmac
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from headwater.base.company import company
from headwater.base.models import OutboxMail
from headwater.base.outbox import Lane, is_configured, put_mail
from headwater.listening import inbox
from headwater.listening.models import Addressee, Contact, Invitation, Mailing
from headwater.listening.surveys import audience, contacts, mail, queries
from headwater.listening.surveys.contact_rules import Allowed, Denied
from headwater.listening.surveys.mailing_rules import Plan, next_open, zone_of
from headwater.listening.surveys.mailing_signals import Asked, told
from headwater.listening.surveys.tokens import BYTES, hashed

if TYPE_CHECKING:
    from headwater.base.queue import JobContext
    from headwater.listening.models import Survey
    from headwater.listening.surveys.document import Document

BATCH: Final = 100
State = Invitation.State


def token_of(asking: UUID) -> str:
    """The token of an invitation: made from its asking and this installation's key, so that only its hash is stored."""
    key = f"invitation:{settings.SECRET_KEY}".encode()
    return base64.urlsafe_b64encode(hmac.digest(key, asking.bytes, "sha256")[:BYTES]).decode()


def invited(survey: Survey, document: Document, customer_id: str, **others: Any) -> Invitation:
    """An invitation, not saved yet. Of an anonymous survey it bears nothing that an answer could be told by."""
    asking = uuid4()
    attributes = others.pop("attributes", {})
    return Invitation(
        survey=survey,
        customer_id=customer_id,
        asking=asking,
        token_hash=hashed(token_of(asking)),
        response_id="" if document.anonymous else str(uuid4()),
        attributes={} if document.anonymous else attributes,
        **others,
    )


# --- sent


@dataclass(slots=True)
class _Batch:
    """What one transaction has to do, gathered before it writes."""

    now: datetime
    addressees: Mapping[str, Addressee]
    zone: str
    plans: dict[int, Plan] = field(default_factory=dict)
    left_out: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    asked: list[Asked] = field(default_factory=list)

    def plan_of(self, mailing: Mailing) -> Plan:
        if mailing.pk not in self.plans:
            self.plans[mailing.pk] = Plan.model_validate(mailing.plan)
        return self.plans[mailing.pk]


def send_due(context: JobContext | None = None, *, now: datetime | None = None) -> int:
    """Send every invitation and reminder that is due; returns how many mails were written."""
    if not is_configured():
        return 0  # nobody counts as asked by a mail that cannot leave
    now, sent, done = now or timezone.now(), 0, 0
    due = Invitation.objects.filter(
        state__in=(State.PLANNED, State.SENT), due_at__lte=now, mailing__state=Mailing.State.RUNNING,
        mailing__channel="email", survey__closed_at=None, survey__archived_at=None,
    )  # fmt: skip
    total = due.count()
    # No more than leaves soon is written at once: what waits in the outbox would arrive when the hours are over.
    while _outbox_has_room() and (pks := list(due.order_by("due_at", "pk").values_list("pk", flat=True)[:BATCH])):
        sent += _send_batch(pks, now)
        done += len(pks)
        if context is not None:
            context.progress(done, max(total, done))
    Invitation.objects.filter(state=State.SENT, expires_at__lte=now).update(state=State.EXPIRED, due_at=None)
    return sent


def _outbox_has_room() -> bool:
    waiting = OutboxMail.objects.filter(lane=Lane.BULK, state=OutboxMail.State.WAITING).count()
    return waiting < 2 * settings.BULK_MAILS_A_MINUTE


def _send_batch(pks: Sequence[int], now: datetime) -> int:
    ours = company()
    with inbox.turn(), transaction.atomic():
        # A mailing that is paused or cancelled meanwhile waits for this batch, or the batch for it.
        known = list(Invitation.objects.filter(pk__in=pks).values_list("mailing_id", "customer_id"))
        theirs = {mailing for mailing, _customer in known}
        running = Mailing.objects.select_for_update().filter(pk__in=theirs, state=Mailing.State.RUNNING)
        mailings = {row.pk: row for row in running.order_by("pk")}
        # Turns before invitations, as whoever leaves by a mail's link takes them: neither waits for the other for ever.
        contacts.take_turns([customer for _mailing, customer in known])
        rows = list(
            Invitation.objects.select_for_update(of=("self",))
            .filter(pk__in=pks, due_at__lte=now, mailing__in=list(mailings), state__in=(State.PLANNED, State.SENT))
            .select_related("survey")
            .order_by("pk")
        )
        batch = _Batch(
            now, audience.addressees_of([row.customer_id for row in rows]), ours.time_zone if ours else "UTC"
        )
        for row in rows:
            row.mailing = mailings[row.mailing_id or 0]
        ready = [row for row in rows if _is_ready(row, batch)]
        for survey, some in _by(ready, lambda row: row.survey):
            for is_reminder, group in _by(some, lambda row: row.state == State.SENT):
                _decide(survey, group, batch, is_reminder=is_reminder)
        told(batch.asked, now, batch.zone)
        for pk, reasons in batch.left_out.items():
            count_left_out(mailings[pk], reasons)
    return len(batch.asked)


def _by(rows: Iterable[Invitation], key: Any) -> list[tuple[Any, list[Invitation]]]:
    found: dict[Any, list[Invitation]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return list(found.items())


def _is_ready(row: Invitation, batch: _Batch) -> bool:
    """Whether it can be sent now: there is an address, and the customer's window is open; else what becomes of it."""
    assert row.mailing is not None  # noqa: S101 (chosen by its mailing)
    addressee = batch.addressees.get(row.customer_id)
    if addressee is None:
        if row.state == State.PLANNED:
            batch.left_out[row.mailing.pk]["no_address"] += 1
        _update(row, due_at=None, **({"state": State.WITHDRAWN} if row.state == State.PLANNED else {}))
        return False
    if row.state == State.SENT and row.expires_at and row.expires_at <= batch.now:
        _update(row, due_at=None, state=State.EXPIRED)
        return False
    opens = next_open(batch.plan_of(row.mailing).window, batch.now, zone_of(addressee.time_zone, batch.zone))
    if opens > batch.now:
        _update(row, due_at=opens)
        return False
    return True


def _decide(survey: Survey, rows: list[Invitation], batch: _Batch, *, is_reminder: bool) -> None:
    """Ask, or remind, those who may be; the others are withdrawn, or not reminded."""
    _version, document = queries.published(survey)
    asked: dict[str, UUID] = {}
    answers = contacts.decide(
        [row.customer_id for row in rows], survey, "email", batch.now,
        remind={row.customer_id: row.asking for row in rows} if is_reminder else None,
    )  # fmt: skip
    for row in rows:
        answer = answers[row.customer_id]
        if row.customer_id in asked:
            answer = Denied("resting")  # twice in one batch: one by a moment, one by a mailing
        if isinstance(answer, Allowed):
            asked[row.customer_id] = row.asking
            _send(row, document, batch, is_reminder=is_reminder)
        else:
            _denied(row, answer, batch, is_reminder=is_reminder)
    contacts.note(asked, survey, "email", batch.now, reminder=is_reminder)


def _denied(row: Invitation, answer: Denied, batch: _Batch, *, is_reminder: bool) -> None:
    if is_reminder:
        _update(row, due_at=answer.until if answer.reason == "too_soon" else None)
        return
    batch.left_out[row.mailing_id or 0][answer.reason] += 1
    _update(row, state=State.WITHDRAWN, due_at=None)


def _send(row: Invitation, document: Document, batch: _Batch, *, is_reminder: bool) -> None:
    assert row.mailing is not None  # noqa: S101 (chosen by its mailing)
    plan, addressee = batch.plan_of(row.mailing), batch.addressees[row.customer_id]
    token = token_of(row.asking)
    composed = mail.compose(
        mail.Letter(
            document, plan.wording, plan.sender, row.language or addressee.language, addressee.name, token,
            row.attributes, is_reminder,
        )
    )  # fmt: skip
    put_mail(
        addressee.email, composed.subject, composed.text, composed.html, lane=Lane.BULK, sender=composed.sender,
        reply_to=composed.reply_to, return_path=composed.return_path, headers=composed.headers,
        about=f"invitation:{row.pk}",
    )  # fmt: skip
    # A key that was changed since makes another token: the one that is sent is the one that opens.
    changed: dict[str, Any] = {"token_hash": hashed(token)}
    reminders = row.reminders
    if is_reminder:
        reminders += 1
        changed |= {"reminders": reminders, "reminded_at": batch.now}
    else:
        changed |= {
            "state": State.SENT,
            "sent_at": batch.now,
            "expires_at": batch.now + timedelta(days=plan.open_days),
        }
    zone = zone_of(addressee.time_zone, batch.zone)
    again = next_open(plan.window, batch.now + timedelta(days=plan.reminder_days), zone)
    _update(row, due_at=again if reminders < plan.reminders else None, **changed)
    batch.asked.append(Asked(row, document, is_reminder))


def _update(row: Invitation, **changed: Any) -> None:
    Invitation.objects.filter(pk=row.pk).update(**changed)


def count_left_out(mailing: Mailing, reasons: Mapping[str, int]) -> None:
    """Add to how many were left out, by reason. The mailing is locked by the caller."""
    counts = dict(mailing.counts)
    left_out: Counter[str] = Counter(counts.get("left_out", {}))
    left_out.update(reasons)
    mailing.counts = {**counts, "left_out": dict(left_out)}
    Mailing.objects.filter(pk=mailing.pk).update(counts=mailing.counts)


def given_up(number: str) -> None:
    """A mail server will have none of an invitation's mail: it failed, and the customer was not asked by it."""
    row = Invitation.objects.filter(pk=number, state=State.SENT, reminders=0).first() if number.isdigit() else None
    if row is not None:
        _update(row, state=State.FAILED, due_at=None)
        Contact.objects.filter(asking=row.asking).delete()
    elif number.isdigit():
        Invitation.objects.filter(pk=number, state=State.SENT).update(due_at=None)


def withdraw(mailing: Mailing, which: Q, reason: str) -> int:
    """Take back invitations that were not sent yet; those who were asked are reminded no more. Mailing locked."""
    planned = Invitation.objects.filter(which, mailing=mailing, state=State.PLANNED)
    taken_back = planned.update(state=State.WITHDRAWN, due_at=None)
    Invitation.objects.filter(which, mailing=mailing, state=State.SENT).update(due_at=None)
    if taken_back:
        count_left_out(mailing, {reason: taken_back})
    return taken_back


def spent_by_stratum(mailing: Mailing) -> dict[str, int]:
    """How many answered, by stratum."""
    rows = Invitation.objects.filter(mailing=mailing, state=State.SPENT).values_list("stratum", flat=True)
    return dict(Counter(rows))
