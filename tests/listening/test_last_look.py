"""A mail that waits in the outbox leaves only where nothing that happened since it was written forbids it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from headwater.base import outbox, worker
from headwater.base.models import Company, OutboxMail, Person
from headwater.listening.models import Addressee, Contact, Invitation, Mailing, Survey
from headwater.listening.personal import consent, holding_off
from headwater.listening.surveys import mailing_work, mailings, unsubscribe
from headwater.listening.surveys.invitations import given_up, token_of
from tests.listening.mail_sink import Sink, a_survey, sink, some_addressees
from tests.listening.test_mailings import started

__all__ = ["sink"]

MailState = OutboxMail.State


@pytest.fixture
def written(ours: Company, sink: Sink) -> Mailing:
    """Two mails that wait in the outbox: of c0, to whom something happens, and of c1."""
    some_addressees(2)
    mailing = started(a_survey())
    mailing_work.work()
    assert OutboxMail.objects.filter(state=MailState.WAITING).count() == 2
    assert not sink.mails
    return mailing


def leave(what: unsubscribe.What) -> Callable[[Mailing], object]:
    return lambda mailing: unsubscribe.leave(token_of(theirs().asking), what)


def withdrawn(mailing: Mailing) -> None:
    said = consent.Given("c0", "any", "survey", False, timezone.now())
    consent.record_consent(None, [said], origin="the desk")


def changed(**fields: Any) -> Callable[[Mailing], object]:
    return lambda mailing: Invitation.objects.filter(customer_id="c0").update(**fields)


def theirs() -> Invitation:
    return Invitation.objects.get(customer_id="c0")


def mail_of(customer: str) -> OutboxMail:
    return OutboxMail.objects.get(to=f"{customer}@example.com")


TO_ONE: dict[str, tuple[Callable[[Mailing], object], str, str]] = {
    "unsubscribed from this survey": (leave("survey"), "declined", "wants no more"),
    "unsubscribed from mail": (leave("email"), "withdrawn", "said no"),
    "unsubscribed from all": (leave("all"), "withdrawn", "said no"),
    "took back consent elsewhere": (withdrawn, "withdrawn", "said no"),
    "was erased": (lambda mailing: holding_off.hold_off(["c0"]), "withdrawn", "said no"),
    "answered meanwhile": (changed(state="spent"), "spent", "has answered"),
    "too late": (changed(expires_at=timezone.now() - timedelta(days=1)), "withdrawn", "time to answer"),
    "came back": (
        lambda mailing: Addressee.objects.filter(customer_id="c0").update(bounced_at=timezone.now()),
        "withdrawn", "takes no mail",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TO_ONE)
def test_who_says_no_in_time_gets_no_mail(written: Mailing, sink: Sink, case: str) -> None:
    happens, state, said = TO_ONE[case]
    happens(written)
    worker.run_due()
    assert [one["To"] for one in sink.mails] == ["c1@example.com"]
    mail = mail_of("c0")
    assert (mail.state, mail.text, mail.html, mail.headers) == (MailState.DROPPED, "", "", {})
    assert said in mail.error
    assert theirs().state == state
    assert set(Contact.objects.values_list("customer_id", flat=True)) == {"c1"}  # they count as not asked


def closed(mailing: Mailing) -> None:
    Survey.objects.filter(pk=mailing.survey_id).update(closed_at=timezone.now())


@pytest.mark.parametrize("stops", [closed, lambda mailing: mailings.cancel(None, mailing)], ids=["closed", "cancelled"])
def test_what_was_stopped_sends_nothing_more(written: Mailing, sink: Sink, stops: Callable[[Mailing], object]) -> None:
    stops(written)
    worker.run_due()
    assert not sink.mails
    assert set(OutboxMail.objects.values_list("state", flat=True)) == {MailState.DROPPED}
    assert not Contact.objects.exists()
    assert sum(mailings.progress_of(Mailing.objects.get(pk=written.pk)).left_out.values()) == 2


def test_a_paused_mailing_takes_its_mails_back_and_writes_them_again(written: Mailing, sink: Sink) -> None:
    mailings.pause(None, written)
    worker.run_due()
    assert not sink.mails
    assert set(Invitation.objects.values_list("state", flat=True)) == {"planned"}
    assert not Contact.objects.exists()
    mailings.resume(None, written)
    for _round in range(2):
        worker.run_due()
    assert sorted(one["To"] for one in sink.mails) == ["c0@example.com", "c1@example.com"]
    assert set(Invitation.objects.values_list("state", flat=True)) == {"sent"}
    assert Contact.objects.count() == 2


def test_a_reminder_that_is_not_sent_leaves_the_asking_as_it_was(written: Mailing, sink: Sink) -> None:
    worker.run_due()
    Invitation.objects.filter(customer_id="c0").update(reminders=1, reminded_at=timezone.now())
    asking = theirs().asking
    Contact.objects.create(customer_id="c0", asking=asking, channel="email", is_reminder=True, at=timezone.now())
    outbox.put_mail("c0@example.com", "A reminder", "…", lane="bulk", about=f"invitation:{theirs().pk}")
    Invitation.objects.filter(customer_id="c0").update(state="spent")
    worker.run_due()
    assert len(sink.mails) == 2
    assert theirs().reminders == 0
    assert [one.is_reminder for one in Contact.objects.filter(customer_id="c0")] == [False]


def test_a_mail_of_an_invitation_that_is_gone_does_not_leave(written: Mailing, sink: Sink) -> None:
    Invitation.objects.filter(customer_id="c0").delete()
    outbox.put_mail("x@example.com", "Lost", "…", lane="bulk", about="invitation:no number")
    worker.run_due()
    assert [one["To"] for one in sink.mails] == ["c1@example.com"]
    assert mail_of("c0").state == mail_of("x").state == MailState.DROPPED


def test_the_outbox_says_why(written: Mailing, sink: Sink, client: Client) -> None:
    withdrawn(written)
    worker.run_due()
    client.force_login(Person.objects.create(email="a@example.com", name="A", roles=["administrator"]))
    page = client.get("/outbox").content.decode()
    assert "Not sent" in page
    assert "The customer said no to surveys." in page


def test_what_cannot_be_decided_is_tried_again(written: Mailing, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(number: str) -> str:
        raise RuntimeError("the database is away")

    monkeypatch.setattr("headwater.listening.surveys.last_look.why_not", broken)
    worker.run_due()
    assert not sink.mails
    assert set(OutboxMail.objects.values_list("state", "failures")) == {(MailState.WAITING, 1)}


def test_a_mail_that_was_given_up_leaves_when_an_administrator_tries_it_again(written: Mailing, sink: Sink) -> None:
    OutboxMail.objects.filter(to="c0@example.com").update(state=MailState.FAILED)
    given_up(str(theirs().pk))
    assert (theirs().state, Contact.objects.filter(customer_id="c0").count()) == ("failed", 0)
    outbox.retry_mail(None, mail_of("c0"))
    worker.run_due()
    assert len(sink.mails) == 2
    assert (theirs().state, Contact.objects.filter(customer_id="c0").count()) == ("sent", 1)


def test_a_mail_to_an_address_that_takes_none_is_dropped_and_says_so(written: Mailing, sink: Sink) -> None:
    changed(state="failed", bounce="5.1.1")(written)
    worker.run_due()
    assert [one["To"] for one in sink.mails] == ["c1@example.com"]
    assert "takes no mail" in mail_of("c0").error
