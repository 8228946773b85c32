"""Personal links that somebody else hands over: by SMS, letter, another mail program. Downloading them asks."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.company import company
from headwater.base.history import record_history
from headwater.base.permissions import require
from headwater.base.refusals import Refused
from headwater.listening import inbox
from headwater.listening.downloads import escaped
from headwater.listening.models import Invitation, Mailing
from headwater.listening.surveys import answering, audience, contacts, invitations, queries
from headwater.listening.surveys.contact_rules import Allowed
from headwater.listening.surveys.mailing_signals import Asked, told
from headwater.listening.surveys.mailings import locked, plan_of, require_state

if TYPE_CHECKING:
    from headwater.base.models import Person

State = Mailing.State


def export(person: Person | None, mailing: Mailing) -> str:
    """Ask the drawn customers by a link that somebody else hands over: a CSV of customer_id, name, language, link.

    Each download asks those that were not asked yet, under the same limits; who was downloaded before stands in it
    again with the same link, and is not asked again.
    """
    require(person, "send", "surveys")
    require(person, "export", "customers")
    if mailing.channel != "link":
        raise Refused("mailing.not_by_link", _("“%s” asks by e-mail; its links are in the mails.") % mailing.title)
    now = timezone.now()
    with inbox.turn(), transaction.atomic():
        row = locked(mailing)
        require_state(row, State.RUNNING)
        _ask_by_link(row, now)
        asked = list(row.invitations.filter(state=Invitation.State.SENT).order_by("pk"))
        data = {"survey": row.survey.title, "mailing": row.title, "links": len(asked)}
        record_history(person, "mailing.links_exported", f"survey:{row.survey.name}", data)
    known = audience.addressees_of([one.customer_id for one in asked])
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(["customer_id", "name", "language", "link"])
    for one in asked:
        link = answering.address(invitations.token_of(one.asking))
        name = known[one.customer_id].name if one.customer_id in known else ""
        lines.writerow([escaped(one.customer_id), escaped(name), escaped(one.language), link])
    return "\ufeff" + out.getvalue()


def _ask_by_link(row: Mailing, now: datetime) -> None:
    plan = plan_of(row)
    _version, document = queries.published(row.survey)
    planned = list(row.invitations.filter(state=Invitation.State.PLANNED).select_related("survey"))
    customers = [one.customer_id for one in planned]
    contacts.take_turns(customers)
    answers = contacts.decide(customers, row.survey, row.channel, now)
    yes = [one for one in planned if isinstance(answers[one.customer_id], Allowed)]
    expires = now + timedelta(days=plan.open_days)
    Invitation.objects.filter(pk__in=[one.pk for one in yes]).update(
        state=Invitation.State.SENT, sent_at=now, due_at=None, expires_at=expires
    )
    contacts.note({one.customer_id: one.asking for one in yes}, row.survey, row.channel, now)
    for one in yes:
        one.mailing = row
    ours = company()
    told([Asked(one, document) for one in yes], now, ours.time_zone if ours else "UTC")
    for one in planned:
        answer = answers[one.customer_id]
        if not isinstance(answer, Allowed):
            Invitation.objects.filter(pk=one.pk).update(state=Invitation.State.WITHDRAWN, due_at=None)
            invitations.count_left_out(row, {answer.reason: 1})
