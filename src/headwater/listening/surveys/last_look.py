"""The last look at an invitation's mail, just before it leaves the outbox: what happened since may forbid it.

The customer unsubscribed, took back consent, was erased or has answered; the survey closed; the mailing was stopped.
Then nobody was asked by this mail: the contact limits forget it, and its mailing counts it as left out. Of a mailing
that is paused the mail is taken back, and written again once the mailing goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.listening.models import Contact, Invitation, Mailing
from headwater.listening.surveys import contacts, invitations
from headwater.listening.surveys.mailings import locked

if TYPE_CHECKING:
    from datetime import datetime

State = Invitation.State
REASONS: Final = {
    "declined": gettext_lazy("The customer wants no more of this survey."),
    "unwilling": gettext_lazy("The customer said no to surveys."),
    "answered": gettext_lazy("The customer has answered."),
    "expired": gettext_lazy("The time to answer is over."),
    "closed": gettext_lazy("The survey is closed."),
    "cancelled": gettext_lazy("The mailing was cancelled."),
    "paused": gettext_lazy("The mailing is paused; the mail is written again once it goes on."),
    "undeliverable": gettext_lazy("The address takes no mail."),
}
OF_STATE: Final = {
    State.DECLINED: "declined", State.SPENT: "answered", State.EXPIRED: "expired", State.FAILED: "undeliverable",
}  # fmt: skip


def why_not(number: str) -> str:
    """Why the mail about this invitation is not to leave, having noted it; empty where it may. In a transaction."""
    known = (
        Invitation.objects.filter(pk=int(number) if number.isdecimal() else 0)
        .values_list("customer_id", "mailing_id")
        .first()
    )
    if known is None:
        return _("The invitation is gone.")
    customer, mailing_id = known
    # The order in which whoever sends takes them: the mailing, the customer's turn, the invitation.
    mailing = locked(Mailing(pk=mailing_id)) if mailing_id else None
    contacts.take_turns([customer])
    row = Invitation.objects.select_for_update(of=("self",)).select_related("survey").filter(pk=number).first()
    if row is None:
        return _("The invitation is gone.")
    if row.state == State.FAILED and not row.bounce and not row.reminders:
        # It was given up, and an administrator has it tried again.
        row.state = State.SENT
    reason = _reason(row, mailing, timezone.now())
    if not reason and row.state == State.SENT:
        _ask_again(row)
    if reason:
        _note(row, mailing, reason)
    return str(REASONS[reason]) if reason else ""


def _ask_again(row: Invitation) -> None:
    """Count the customer as asked once more where the mail had been given up."""
    if Invitation.objects.filter(pk=row.pk, state=State.FAILED).update(state=State.SENT):
        contacts.note({row.customer_id: row.asking}, row.survey, contacts.EMAIL, timezone.now())


def _reason(row: Invitation, mailing: Mailing | None, now: datetime) -> str:
    if row.state != State.SENT:
        return OF_STATE.get(State(row.state), "cancelled")
    if row.expires_at is not None and row.expires_at <= now:
        return "expired"
    if row.survey.closed_at or row.survey.archived_at:
        return "closed"
    if mailing is not None and mailing.state == Mailing.State.CANCELLED:
        return "cancelled"
    forbidden = contacts.forbids(row.customer_id, row.survey, now)
    if forbidden:
        return forbidden
    return "paused" if mailing is not None and mailing.state == Mailing.State.PAUSED else ""


def _note(row: Invitation, mailing: Mailing | None, reason: str) -> None:
    """The customer was not asked, or not reminded, by this mail."""
    is_reminder = row.reminders > 0
    theirs = Contact.objects.filter(asking=row.asking, is_reminder=is_reminder).order_by("-at")[:1]
    Contact.objects.filter(pk__in=list(theirs.values_list("pk", flat=True))).delete()
    again = timezone.now() if reason == "paused" else None
    changed: dict[str, object] = {"due_at": again}
    if is_reminder:
        changed["reminders"] = row.reminders - 1
    elif row.state == State.SENT:
        changed |= {"state": State.PLANNED if again else State.WITHDRAWN, "sent_at": None, "expires_at": None}
        if mailing is not None and not again:
            invitations.count_left_out(mailing, {"do_not_ask" if reason == "unwilling" else reason: 1})
    Invitation.objects.filter(pk=row.pk).update(**changed)
