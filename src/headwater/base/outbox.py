"""Mail as rows: written in the transaction that causes it, sent by the queue, tried again when it fails."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import OutboxMail, Person
from headwater.base.permissions import require
from headwater.base.queue import JobContext, back_off, enqueue
from headwater.base.refusals import Conflict, Refused

if TYPE_CHECKING:
    from datetime import datetime

MAX_FAILURES: Final = 8
SUBJECT_LENGTH: Final = 200
TEXT_LENGTH: Final = 1_000_000

State = OutboxMail.State


def is_configured() -> bool:
    """Say whether mail can leave this installation (``HEADWATER_SMTP_URL`` is set)."""
    return bool(settings.EMAIL_HOST) or "smtp" not in settings.EMAIL_BACKEND


def put_mail(to: str, subject: str, text: str, html: str | None = None) -> OutboxMail:
    """Put a mail into the outbox, in the current transaction if there is one; it leaves when that is committed."""
    try:
        validate_email(to)
    except ValidationError:
        message = _("“%s” is no e-mail address. Write it as name@example.com.")
        raise Refused("mail_address", message % to, "to") from None
    if len(text) + len(html or "") > TEXT_LENGTH:
        raise Refused("mail_too_long", _("The mail is longer than a million characters. Send a link instead."), "text")
    with transaction.atomic():
        # A line break in a subject would begin a header of the sender's own.
        mail = OutboxMail.objects.create(
            to=to, subject=" ".join(subject.split())[:SUBJECT_LENGTH], text=text, html=html or ""
        )
        enqueue("base.send_mail", {}, unique_key="base.send_mail")
    return mail


def retry_mail(person: Person | None, mail: OutboxMail) -> None:
    """Try a mail again that was given up."""
    require(person, "manage", "outbox")
    with transaction.atomic():
        failed = OutboxMail.objects.filter(pk=mail.pk, state=State.FAILED)
        if not failed.update(state=State.WAITING, failures=0, next_try_at=timezone.now()):
            raise Conflict("mail_not_failed", _("This mail was not given up: it waits or was sent."))
        enqueue("base.send_mail", {}, unique_key="base.send_mail")
        record_history(person, "mail.retried", f"mail:{mail.pk}", {"to": mail.to})


def send_due(context: JobContext, *, now: datetime | None = None) -> int:
    """Send what is due and return how many mails left. Without a mail server all stay where they are."""
    if not is_configured():
        return 0
    now = now or timezone.now()
    due = list(OutboxMail.objects.filter(state=State.WAITING, next_try_at__lte=now).order_by("id")[:500])
    sent = 0
    for number, mail in enumerate(due, start=1):
        sent += _send(mail, now)
        context.progress(number, len(due))
    return sent


def _send(mail: OutboxMail, now: datetime) -> bool:
    message = EmailMultiAlternatives(mail.subject, mail.text, settings.DEFAULT_FROM_EMAIL, [mail.to])
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    # The same message id at every try lets a receiver recognise a repeat after a kill between send and commit.
    message.extra_headers["Message-ID"] = f"<outbox-{mail.pk}-{int(mail.created_at.timestamp())}@headwater>"
    waiting = OutboxMail.objects.filter(pk=mail.pk, state=State.WAITING)
    try:
        message.send()
    except Exception as error:  # whatever a mail server answers, the mail must stay
        failures = mail.failures + 1
        state = State.FAILED if failures >= MAX_FAILURES else State.WAITING
        next_try = now + max(timedelta(minutes=1), 30 * back_off(failures))
        waiting.update(failures=failures, error=str(error)[:1000], state=state, next_try_at=next_try)
        return False
    waiting.update(state=State.SENT, sent_at=now, error="")
    return True
