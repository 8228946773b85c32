"""Mail as rows: written in the transaction that causes it, sent by the queue, tried again when it fails."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from smtplib import SMTPRecipientsRefused
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import OutboxMail, Person
from headwater.base.permissions import require
from headwater.base.queue import JobContext, back_off, enqueue
from headwater.base.refusals import Conflict, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.core.mail.backends.base import BaseEmailBackend

MAX_FAILURES: Final = 8
SUBJECT_LENGTH: Final = 200
TEXT_LENGTH: Final = 1_000_000
BATCH: Final = 50
"""How many mails of the bulk lane leave before others have their turn."""

State = OutboxMail.State
Lane = OutboxMail.Lane
_given_up: dict[str, str] = {}
_last_looks: dict[str, str] = {}


def is_configured() -> bool:
    """Say whether mail can leave this installation (``HEADWATER_SMTP_URL`` is set)."""
    return bool(settings.EMAIL_HOST) or "smtp" not in settings.EMAIL_BACKEND


def on_given_up(kind: str, function: str) -> None:
    """Have ``function(number)``, a dotted name, called when a mail about ``kind:number`` is given up for good.

    It runs in the transaction that gives the mail up. A room registers in its ``apps.py``.
    """
    _given_up[kind] = function


def on_leaving(kind: str, function: str) -> None:
    """Have ``function(number)``, a dotted name, called just before a mail about ``kind:number`` leaves.

    It returns why the mail is not to leave any more, in words that the outbox shows, or nothing. It runs in a
    transaction of its own, in which the mail is dropped with what it writes. A room registers in its ``apps.py``.
    """
    _last_looks[kind] = function


def put_mail(
    to: str,
    subject: str,
    text: str,
    html: str | None = None,
    *,
    lane: str = Lane.DIRECT,
    sender: str = "",
    reply_to: str = "",
    return_path: str = "",
    headers: Mapping[str, str] | None = None,
    about: str = "",
) -> OutboxMail:
    """Put a mail into the outbox, in the current transaction if there is one; it leaves when that is committed.

    Args:
        lane: ``bulk`` for many at once: they leave in batches, no faster than ``settings.BULK_MAILS_A_MINUTE``, and
            nobody's own mail waits for them. Once sent, their words are let go of.
        sender: who it is from, as ``Name <address>``; by default the installation.
        return_path: the address that a server reports to what it could not deliver.
        headers: further ones, such as ``List-Unsubscribe``.
        about: what it is part of, as ``kind:number``; see :func:`on_given_up` and :func:`on_leaving`.
    """
    try:
        validate_email(to)
    except ValidationError:
        message = _("“%s” is no e-mail address. Write it as name@example.com.")
        raise Refused("mail_address", message % to, "to") from None
    if len(text) + len(html or "") > TEXT_LENGTH:
        raise Refused("mail_too_long", _("The mail is longer than a million characters. Send a link instead."), "text")
    # A line break in a header would begin one of the sender's own.
    given = {name: " ".join(value.split()) for name, value in (headers or {}).items()}
    with transaction.atomic():
        mail = OutboxMail.objects.create(
            to=to, subject=" ".join(subject.split())[:SUBJECT_LENGTH], text=text, html=html or "", lane=lane,
            sender=" ".join(sender.split()), reply_to=reply_to, return_path=return_path, headers=given, about=about,
        )  # fmt: skip
        _ask_to_send(lane)
    return mail


def _ask_to_send(lane: str) -> None:
    name = "base.send_bulk_mail" if lane == Lane.BULK else "base.send_mail"
    enqueue(name, {}, unique_key=name)


def retry_mail(person: Person | None, mail: OutboxMail) -> None:
    """Try a mail again that was given up."""
    require(person, "manage", "outbox")
    with transaction.atomic():
        failed = OutboxMail.objects.filter(pk=mail.pk, state=State.FAILED)
        if not failed.update(state=State.WAITING, failures=0, next_try_at=timezone.now()):
            raise Conflict("mail_not_failed", _("This mail was not given up: it waits or was sent."))
        _ask_to_send(mail.lane)
        record_history(person, "mail.retried", f"mail:{mail.pk}", {"to": mail.to})


def send_due(context: JobContext, *, lane: str = Lane.DIRECT, now: datetime | None = None) -> int:
    """Send what is due in a lane and return how many mails left. Without a mail server all stay where they are."""
    if not is_configured():
        return 0
    now = now or timezone.now()
    waiting = OutboxMail.objects.filter(lane=lane, state=State.WAITING, next_try_at__lte=now)
    due = list(waiting.order_by("id")[: _most_now(lane, now)])
    if not due:
        return 0
    sent = 0
    connection = get_connection()
    try:
        # One connection for all of them; a server that is away is found out once.
        unreachable = _opened(connection)
        for number, mail in enumerate(due, start=1):
            sent += not _failed(mail, now, unreachable) if unreachable else _send(mail, now, connection)
            context.progress(number, len(due))
    finally:
        _close(connection)
    # What was dropped at the last moment made room, too.
    went = len(due) - waiting.filter(pk__in=[mail.pk for mail in due]).count()
    if lane == Lane.BULK and went and waiting.exists() and _most_now(lane, now):
        _ask_to_send(lane)
    return sent


def _most_now(lane: str, now: datetime) -> int:
    """How many may leave at once: of many, a batch, and no more a minute than is allowed."""
    if lane == Lane.DIRECT:
        return 500
    lately = OutboxMail.objects.filter(lane=lane, state=State.SENT, sent_at__gt=now - timedelta(minutes=1)).count()
    return max(0, min(BATCH, settings.BULK_MAILS_A_MINUTE - lately))


def _opened(connection: BaseEmailBackend) -> Exception | None:
    try:
        connection.open()
    except Exception as error:  # whatever keeps the server away, the mails must stay
        return error
    return None


def _close(connection: BaseEmailBackend) -> None:
    with suppress(Exception):  # a connection that broke cannot be closed, and need not be
        connection.close()


def _message(mail: OutboxMail, connection: BaseEmailBackend) -> EmailMultiAlternatives:
    sender = mail.sender or settings.DEFAULT_FROM_EMAIL
    # The same message id at every try lets a receiver recognise a repeat after a kill between send and commit.
    headers = {**mail.headers, "Message-ID": f"<outbox-{mail.pk}-{int(mail.created_at.timestamp())}@headwater>"}
    if mail.return_path:
        headers["From"] = sender
    message = EmailMultiAlternatives(
        mail.subject, mail.text, mail.return_path or sender, [mail.to], connection=connection, headers=headers,
        reply_to=[mail.reply_to] if mail.reply_to else None,
    )  # fmt: skip
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    return message


def _send(mail: OutboxMail, now: datetime, connection: BaseEmailBackend) -> bool:
    try:
        if _is_dropped(mail):
            return False
        _message(mail, connection).send()
    except Exception as error:  # whatever a mail server answers, the mail must stay
        _close(connection)
        return not _failed(mail, now, error)
    done: dict[str, Any] = {"state": State.SENT, "sent_at": now, "error": ""}
    if mail.lane == Lane.BULK:
        done |= {"text": "", "html": "", "headers": {}}
    OutboxMail.objects.filter(pk=mail.pk, state=State.WAITING).update(**done)
    return True


def _is_dropped(mail: OutboxMail) -> bool:
    """Whether something that happened since the mail was written forbids it; then it stays as a line without words."""
    kind, _colon, number = mail.about.partition(":")
    if kind not in _last_looks:
        return False
    with transaction.atomic():
        why = import_string(_last_looks[kind])(number)
        if not why:
            return False
        waiting = OutboxMail.objects.filter(pk=mail.pk, state=State.WAITING)
        waiting.update(state=State.DROPPED, error=why, text="", html="", headers={})
    return True


def _failed(mail: OutboxMail, now: datetime, error: Exception) -> bool:
    """Note a failure; the mail is tried again later, unless the server will have none of it or it failed too often."""
    failures = mail.failures + 1
    over = failures >= MAX_FAILURES or _is_final(error)
    next_try = now + max(timedelta(minutes=1), 30 * back_off(failures))
    kept = {"failures": failures, "error": str(error)[:1000], "next_try_at": next_try}
    with transaction.atomic():
        waiting = OutboxMail.objects.filter(pk=mail.pk, state=State.WAITING)
        changed = waiting.update(state=State.FAILED if over else State.WAITING, **kept)
        kind, _colon, number = mail.about.partition(":")
        if over and changed and kind in _given_up:
            import_string(_given_up[kind])(number)
    return True


def _is_final(error: Exception) -> bool:
    """Whether the server refused this address for good (a reply of 500 and above, RFC 5321 4.2.1)."""
    if not isinstance(error, SMTPRecipientsRefused) or not error.recipients:
        return False
    return all(code >= 500 for code, _words in error.recipients.values())
