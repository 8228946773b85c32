"""A mailing asks whom it drew, once, in their own hours, and stops when it should."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from headwater.base import worker
from headwater.base.models import Company, OutboxMail, Person
from headwater.base.outbox import Lane
from headwater.base.refusals import Refused
from headwater.listening import inbox
from headwater.listening.models import Addressee, Contact, Invitation, Mailing, Survey
from headwater.listening.surveys import draws, invitations, mailings
from headwater.metrics.store import company_record
from headwater.record.questions import Invited
from tests.listening.mail_sink import Sink, a_document, a_survey, sink, some_addressees, token_in

__all__ = ["sink"]

ANYTIME: dict[str, Any] = {"days": [0, 1, 2, 3, 4, 5, 6], "opens": 0, "closes": 24}
State = Invitation.State


def started(survey: Survey, channel: str = "email", **plan: Any) -> Mailing:
    """A mailing that began, with everything drawn that will be."""
    mailing = mailings.create(None, survey, plan={"window": ANYTIME, **plan}, channel=channel)
    mailings.start(None, mailing)
    draws.draw(None, mailing.pk)
    mailing.refresh_from_db()
    return mailing


def states(mailing: Mailing) -> dict[str, int]:
    return dict(mailings.progress_of(mailing).states)


def test_everybody_with_an_address_is_asked_once_by_the_queue(ours: Company, sink: Sink) -> None:
    survey = a_survey()
    some_addressees(120)
    Addressee.objects.create(customer_id="silent")
    mailing = mailings.create(None, survey, plan={"window": ANYTIME, "reminders": 0})
    mailings.start(None, mailing)
    for _round in range(3):
        worker.run_due()
    assert len(sink.mails) == 120
    assert {one["To"] for one in sink.mails} == {f"c{n}@example.com" for n in range(120)}
    assert len({token_in(one) for one in sink.mails}) == 120
    mailing.refresh_from_db()
    assert (states(mailing), mailing.state) == ({"sent": 120}, Mailing.State.DONE)
    assert Contact.objects.count() == 120
    inbox.flush()
    (row,) = company_record().ask(Invited(("attribute:survey", "attribute:metric")))
    assert (row.asked, dict(row.group)) == (120, {"attribute:survey": survey.name, "attribute:metric": "nps"})
    assert not OutboxMail.objects.filter(lane=Lane.BULK).exclude(text="").exists()


def test_the_pages_of_a_mailing(ours: Company, client: Client) -> None:
    survey = a_survey()
    some_addressees(3)
    sender = Person.objects.create(email="s@example.com", name="S", roles=["cx_team"])
    client.force_login(sender)
    assert client.get(f"/surveys/{survey.name}/send").status_code == 200
    made = client.post(f"/surveys/{survey.name}/send", {"title": "First", "channel": "email"})
    page = client.get(made.url)
    assert page.status_code == 200
    assert "would ask 3 customers" in page.content.decode()
    for path in ("/surveys/contact-limits", "/addressees", f"{made.url}/mail", f"{made.url}/progress"):
        assert client.get(path).status_code == 200, path
    assert "3 customers" in client.get(f"{made.url}/count").content.decode()
    plan = {
        "seen": "0", "sample": "random", "size": "2", "weekdays": ["0", "6"], "opens": "0", "closes": "24",
        "reminders": "0", "reminder_days": "5", "open_days": "9", "customers": "", "signals": "", "subject_en": "Hi",
    }  # fmt: skip
    assert client.post(made.url, plan).status_code == 302
    mailing = Mailing.objects.get()
    kept = mailings.plan_of(mailing)
    assert (kept.sample.size, kept.window.days, kept.wording["en"].subject) == (2, (0, 6), "Hi")
    again = client.post(made.url, plan)
    assert again.status_code == 409
    wrong = client.post(made.url, {**plan, "seen": "1", "customers": "plan ="})
    assert wrong.status_code == 400
    assert client.post(f"{made.url}/start", {"seen": "1"}).status_code == 302
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.RUNNING
