"""Mails that came back: reports are read from files, a pipe or a mailbox, and end what cannot arrive.

A report that is read twice counts once: what it says is noted with the invitation.
"""

from __future__ import annotations

import imaplib
import mailbox
import ssl
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import OutboxMail
from headwater.base.permissions import require
from headwater.base.refusals import Refused
from headwater.listening.models import Addressee, Contact, Invitation
from headwater.listening.surveys import contacts
from headwater.listening.surveys.bounce_rules import MOST_BYTES, report_of
from headwater.listening.surveys.tokens import hashed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from django.db.models import QuerySet

    from headwater.base.models import Person
    from headwater.listening.surveys.bounce_rules import Report

TASK: Final = "listening.read_bounces"
AT_ONCE: Final = 500
"""Messages of the mailbox that one job reads; the next one reads on."""
TIMEOUT: Final = 30.0
State = Invitation.State


@dataclass(slots=True)
class Read:
    """What messages were: ``hard`` and ``soft`` ones came back, ``known`` were read before, ``other`` report nothing
    of an invitation."""

    hard: int = 0
    soft: int = 0
    known: int = 0
    other: int = 0


def read(person: Person | None, messages: Iterable[bytes]) -> Read:
    """Read messages as they came: reports of invitations count, whatever else there is changes nothing."""
    require(person, "send", "surveys")
    found = Read()
    for content in messages:
        report = report_of(content)
        became = _note(report) if report is not None else "other"
        setattr(found, became, getattr(found, became) + 1)
    if found.hard or found.soft:
        record_history(person, "mailing.bounced", "addressees", {"hard": found.hard, "soft": found.soft})
    return found


def _note(report: Report) -> str:
    """Note one report, in the customer's turn."""
    row = Invitation.objects.filter(token_hash=hashed(report.token)).first()
    if row is None or not row.customer_id:
        return "other"
    with transaction.atomic():
        contacts.take_turns([row.customer_id])
        row = Invitation.objects.select_for_update().get(pk=row.pk)
        if row.bounce and (row.bounce == report.status or not report.is_hard):
            return "known"
        Invitation.objects.filter(pk=row.pk).update(bounce=report.status)
        if not report.is_hard:
            _of_mail(row).update(soft_bounces=F("soft_bounces") + 1)
            return "soft"
        _of_mail(row).update(bounced_at=timezone.now())
        _end(row)
    return "hard"


def _of_mail(row: Invitation) -> QuerySet[Addressee]:
    """The customer's address, unless it was changed since the mail left."""
    sent_to = OutboxMail.objects.filter(about=f"invitation:{row.pk}").values("to")
    return Addressee.objects.filter(customer_id=row.customer_id, email__in=sent_to)


def _end(row: Invitation) -> None:
    """Nothing more is sent; who was never reached does not count as asked."""
    Invitation.objects.filter(pk=row.pk).update(due_at=None)
    if not row.reminders and Invitation.objects.filter(pk=row.pk, state=State.SENT).update(state=State.FAILED):
        Contact.objects.filter(asking=row.asking).delete()


# --- where reports are read from


def messages_of(path: Path) -> Iterator[bytes]:
    """The messages of an mbox, of a file with one message, or of every file of a folder (a maildir among them)."""
    if path.is_dir():
        for one in sorted(path.rglob("*")):
            if one.is_file() and not one.is_symlink():
                yield from messages_of(one)
        return
    try:
        with path.open("rb") as file:
            first = file.read(5)
            if first != b"From ":
                yield first + file.read(MOST_BYTES)
                return
        box = mailbox.mbox(path, create=False)
        for key in box.iterkeys():
            yield box.get_bytes(key)
    except OSError as error:
        raise Refused("bounces.unreadable", _("%(path)s cannot be read: %(error)s") % {
            "path": path, "error": error.strerror or error}, "path") from error  # fmt: skip


def read_mailbox() -> Read:
    """Read what is unseen in the mailbox of ``HEADWATER_BOUNCES``, and mark it as seen; nothing is deleted.

    A message is marked once it is noted, so that a kill between the two reads it again, which counts nothing twice.
    """
    total = Read()
    with _opened(settings.BOUNCES_MAILBOX) as box:
        _typ, found = box.uid("search", "UNSEEN")
        for uid in (found[0] or b"").split()[:AT_ONCE]:
            _typ, answer = box.uid("fetch", uid.decode(), f"(BODY.PEEK[]<0.{MOST_BYTES}>)")
            content = next((part[1] for part in answer if isinstance(part, tuple)), b"")
            one = read(None, [content])
            for name in ("hard", "soft", "known", "other"):
                setattr(total, name, getattr(total, name) + getattr(one, name))
            box.uid("store", uid.decode(), "+FLAGS", r"(\Seen)")
    return total


@contextmanager
def _opened(url: str) -> Iterator[imaplib.IMAP4]:
    """A folder of a mailbox, ``imaps://user:password@host:993/INBOX``; ``imap`` begins in the open and turns to TLS."""
    parts = urlsplit(url)
    host, folder = parts.hostname or "", unquote(parts.path.strip("/")) or "INBOX"
    box: imaplib.IMAP4
    try:
        if parts.scheme == "imaps":
            box = imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=ssl.create_default_context(), timeout=TIMEOUT)
        else:
            box = imaplib.IMAP4(host, parts.port or 143, timeout=TIMEOUT)
            if "tls=0" not in parts.query:
                box.starttls(ssl.create_default_context())
    except (OSError, imaplib.IMAP4.error) as error:
        raise Refused("bounces.unreachable", _("The mailbox at %(host)s is away: %(error)s") % {
            "host": host, "error": error}) from error  # fmt: skip
    try:
        box.login(unquote(parts.username or ""), unquote(parts.password or ""))
        quoted = folder.replace("\\", "\\\\").replace('"', '\\"')
        if box.select(f'"{quoted}"')[0] != "OK":
            raise Refused("bounces.folder", _("The mailbox has no folder “%s”.") % folder)
        yield box
    except imaplib.IMAP4.error as error:
        raise Refused("bounces.refused", _("The mailbox at %(host)s refused: %(error)s") % {
            "host": host, "error": error}) from error  # fmt: skip
    except OSError as error:
        raise Refused("bounces.unreachable", _("The mailbox at %(host)s is away: %(error)s") % {
            "host": host, "error": error}) from error  # fmt: skip
    finally:
        box.shutdown()
