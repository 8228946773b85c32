"""A customer says, by the link of a mail, that they want no more of this survey, or none at all; and takes it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.refusals import NotFound
from headwater.listening.models import Invitation
from headwater.listening.personal import consent
from headwater.listening.personal.consent_rules import ANY_CHANNEL
from headwater.listening.surveys import contacts, queries
from headwater.listening.surveys.tokens import hashed

if TYPE_CHECKING:
    from headwater.listening.surveys.document import Document

What = Literal["survey", "email", "all"]
CHANNELS: dict[str, str] = {"email": "email", "all": ANY_CHANNEL}
"""The channel of which consent is withdrawn."""
State = Invitation.State


@dataclass(frozen=True, slots=True)
class Standing:
    """Whose link it is, and what they want no more: this survey, surveys by e-mail, any survey."""

    invitation: Invitation
    document: Document
    survey: bool
    email: bool
    all: bool

    @property
    def anything(self) -> bool:
        """Whether they want less than everything."""
        return self.survey or self.email or self.all


def standing(token: str) -> Standing:
    """What the customer whose link this is said until now. Raises NotFound for a link that nobody was sent."""
    invitation = Invitation.objects.select_related("survey").filter(token_hash=hashed(token)).first()
    if invitation is None or not invitation.customer_id:
        raise NotFound("unsubscribe.unknown", _("This link is not known here. It may have been cut short."))
    customer = invitation.customer_id
    _version, document = queries.published(invitation.survey)
    said, _ledger = consent.standing_of(None, customer)
    withdrawn = {one.channel for one in said if one.purpose == contacts.PURPOSE and one.state == "withdrawn"}
    return Standing(
        invitation, document,
        survey=Invitation.objects.filter(survey=invitation.survey, customer_id=customer, declined=True).exists(),
        email="email" in withdrawn and ANY_CHANNEL not in withdrawn,
        all=ANY_CHANNEL in withdrawn,
    )  # fmt: skip


def leave(token: str, what: What) -> Standing:
    """Ask this customer no more: for this survey, by e-mail, or at all. Saying it twice changes nothing."""
    found = standing(token)
    now, customer = timezone.now(), found.invitation.customer_id
    with transaction.atomic():
        contacts.take_turns([customer])
        if what == "survey":
            theirs = Invitation.objects.filter(survey=found.invitation.survey, customer_id=customer)
            theirs.update(declined=True)
            theirs.filter(state__in=(State.PLANNED, State.SENT)).update(state=State.DECLINED, due_at=None)
        elif not getattr(found, what):
            said = consent.Given(customer, CHANNELS[what], contacts.PURPOSE, False, now)
            consent.record_consent(None, [said], origin=_("the customer, by the link in a mail"))
    return standing(token)


def come_back(token: str) -> Standing:
    """Take back all that was said by such a link."""
    found = standing(token)
    now, customer = timezone.now(), found.invitation.customer_id
    with transaction.atomic():
        contacts.take_turns([customer])
        theirs = Invitation.objects.filter(survey=found.invitation.survey, customer_id=customer)
        theirs.update(declined=False)
        declined = theirs.filter(state=State.DECLINED)
        declined.filter(sent_at__isnull=True).update(state=State.WITHDRAWN)
        declined.filter(sent_at__isnull=False).update(state=State.SENT)
        said = [
            consent.Given(customer, channel, contacts.PURPOSE, True, now)
            for name, channel in CHANNELS.items()
            if getattr(found, name)
        ]
        if said:
            consent.record_consent(None, said, origin=_("the customer, by the link in a mail"))
    return standing(token)
