"""Mail: written with the change, sent by the queue, kept until it left."""

from datetime import timedelta
from itertools import pairwise
from threading import Event
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone

from headwater.base import outbox, worker
from headwater.base.models import HistoryEntry, Job, OutboxMail, Person
from headwater.base.permissions import NotAllowed
from headwater.base.queue import JobContext
from headwater.base.refusals import Conflict, Refused
from tests.base.conftest import ClientMaker, PersonMaker

pytestmark = pytest.mark.django_db


class BrokenBackend(BaseEmailBackend):
    def send_messages(self, messages: Any) -> int:
        raise ConnectionRefusedError("mail.example.com refused the connection")


@pytest.fixture
def server(settings: Any) -> list[Any]:
    """A mail server that takes everything."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    return mail.outbox


@pytest.fixture
def broken_server(settings: Any) -> None:
    settings.EMAIL_BACKEND = "tests.base.test_outbox.BrokenBackend"


@pytest.fixture
def no_server(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = ""


def put(**fields: str) -> OutboxMail:
    return outbox.put_mail(**{"to": "a@example.com", "subject": "Hello", "text": "Words", **fields})


def test_a_mail_leaves_once_with_its_words(server: list[Any]) -> None:
    row = put(html="<p>Words</p>")
    worker.run_due()
    worker.run_due()
    (sent,) = server
    assert (sent.to, sent.subject, sent.body) == (["a@example.com"], "Hello", "Words")
    assert sent.alternatives[0][1] == "text/html"
    row.refresh_from_db()
    assert row.state == "sent"
    assert row.sent_at is not None


def test_a_mail_of_a_change_that_was_undone_is_never_sent(server: list[Any]) -> None:
    def undone() -> None:
        with transaction.atomic():
            put()
            raise KeyError

    with pytest.raises(KeyError):
        undone()
    worker.run_due()
    assert server == []
    assert not OutboxMail.objects.exists()


def test_many_mails_need_one_job(server: list[Any]) -> None:
    for _mail in range(20):
        put()
    assert Job.objects.count() == 1
    worker.run_due()
    assert len(server) == 20


def test_without_a_mail_server_mails_stay(no_server: None) -> None:
    put()
    worker.run_due()
    assert OutboxMail.objects.get().state == "waiting"
    assert OutboxMail.objects.get().failures == 0


def test_a_mail_that_fails_is_tried_later_and_given_up_in_the_end(broken_server: None) -> None:
    put()
    now = timezone.now()
    tries = []
    while (row := OutboxMail.objects.get()).state == "waiting":
        now = max(now, row.next_try_at)
        context = JobContext(0, 0, Event())
        context.progress = lambda *_args: None  # type: ignore[method-assign]  no job behind it
        assert outbox.send_due(context, now=now) == 0
        tries.append(now)
    assert row.state == "failed"
    assert "refused the connection" in row.error
    assert len(tries) == outbox.MAX_FAILURES
    pauses = [after - before for before, after in pairwise(tries)]
    assert pauses[0] >= timedelta(minutes=1)
    assert pauses == sorted(pauses)


def test_one_broken_address_does_not_hold_up_the_others(server: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    put(to="bad@example.com")
    put(to="good@example.com")
    send = mail.EmailMultiAlternatives.send

    def picky(self: Any, *args: Any, **kwargs: Any) -> int:
        if self.to == ["bad@example.com"]:
            raise OSError("no such mailbox")
        return int(send(self, *args, **kwargs))

    monkeypatch.setattr(outbox.EmailMultiAlternatives, "send", picky)
    worker.run_due()
    assert [sent.to for sent in server] == [["good@example.com"]]


@pytest.mark.parametrize("to", ["", "nobody", "a@example.com\nBcc: b@example.com", "a@example.com, b@example.com"])
def test_what_is_no_address_is_refused_when_it_is_put(to: str) -> None:
    with pytest.raises(Refused, match="no e-mail address"):
        put(to=to)


def test_a_subject_cannot_begin_another_header(server: list[Any]) -> None:
    put(subject="Hello\r\nBcc: b@example.com")
    worker.run_due()
    assert server[0].subject == "Hello Bcc: b@example.com"


def test_a_mail_that_is_too_long_is_refused() -> None:
    with pytest.raises(Refused, match="million"):
        put(text="x" * 1_000_001)


def test_a_mail_that_was_given_up_can_be_sent_again(administrator: Person, server: list[Any]) -> None:
    row = put()
    OutboxMail.objects.update(state="failed", failures=8)
    outbox.retry_mail(administrator, row)
    worker.run_due()
    assert len(server) == 1
    assert HistoryEntry.objects.get().code == "mail.retried"
    with pytest.raises(Conflict):
        outbox.retry_mail(administrator, row)


def test_only_administrators_read_and_retry_the_outbox(
    role: str, make_person: PersonMaker, browser_of: ClientMaker
) -> None:
    person, row = make_person(role), put()
    OutboxMail.objects.update(state="failed")
    browser = browser_of(person)
    allowed = role == "administrator"
    assert browser.get("/outbox").status_code == (200 if allowed else 403)
    assert browser.post(f"/outbox/{row.pk}/retry").status_code == (302 if allowed else 403)
    if not allowed:
        with pytest.raises(NotAllowed):
            outbox.retry_mail(person, row)


def test_the_page_says_when_no_mail_leaves(administrator: Person, browser_of: ClientMaker, no_server: None) -> None:
    put()
    page = browser_of(administrator).get("/outbox").content.decode()
    assert "No mail leaves this installation yet" in page
    assert "HEADWATER_SMTP_URL" in page
