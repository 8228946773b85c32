"""A mailing asks whom it drew, once, in their own hours, and stops when it should."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
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
