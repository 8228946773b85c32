"""A survey as the answer to an event-pattern moment: each firing asks one customer, under the same limits as a mailing.

A standing mailing of the survey holds how they are asked: hours, wording, reminders. It begins with the first firing,
and is changed, paused and cancelled like any other.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.company import company
from headwater.listening.models import Addressee, Invitation, Mailing, Survey
from headwater.listening.surveys import audience, queries
from headwater.listening.surveys.invitations import count_left_out, invited
from headwater.listening.surveys.mailing_rules import Plan, next_open, zone_of

if TYPE_CHECKING:
    from headwater.journey.models import Firing

State = Mailing.State


def offered() -> list[tuple[str, str]]:
    """The surveys that a trigger may ask with: those that take answers."""
    rows = Survey.objects.filter(closed_at=None, archived_at=None, versions__state="published").distinct()
    return [(row.name, row.title) for row in rows]


def on_firing(firing: Firing) -> None:
    """Invite the customer of a firing, once; in the transaction that marks it as answered.

    It waits as long as the trigger says, and for the customer's hours. Without an address, or while the mailing rests,
    nobody is asked; the mailing counts them.
    """
    trigger = firing.trigger
    survey = Survey.objects.filter(name=trigger.target).first()
    if survey is None or queries.state_of(survey) != "open":
        return
    mailing = _standing(survey, trigger.pk, trigger.name)
    plan = Plan.model_validate(mailing.plan)
    addressee = Addressee.objects.filter(customer_id=firing.customer_id).exclude(email="").first()
    reason = "no_address" if addressee is None else "" if mailing.state == State.RUNNING else "not_asked"
    if reason or addressee is None:
        count_left_out(mailing, {reason: 1})
        return
    _version, document = queries.published(survey)
    ours = company()
    due = max(timezone.now(), firing.occurred_at + timedelta(hours=trigger.delay_hours))
    known = audience.attributes_of([firing.customer_id], plan.copied).get(firing.customer_id, {})
    invitation = invited(
        survey, document, firing.customer_id, mailing=mailing, once=False, firing=firing.pk,
        due_at=next_open(plan.window, due, zone_of(addressee.time_zone, ours.time_zone if ours else "UTC")),
        language=addressee.language, attributes=dict(known), stratum=known.get(plan.segment, "")[:200],
    )  # fmt: skip
    Invitation.objects.bulk_create([invitation], ignore_conflicts=True)


def _standing(survey: Survey, trigger: int, name: str) -> Mailing:
    """The mailing that holds this trigger's invitations, locked; it runs from its first firing on."""
    theirs = Mailing.objects.select_for_update().filter(survey=survey, trigger=trigger)
    found = theirs.exclude(state=State.CANCELLED).order_by("pk").first() or theirs.order_by("-pk").first()
    if found is not None:
        return found
    now = timezone.now()
    wave = Mailing.objects.filter(survey=survey).aggregate(last=Max("wave"))["last"] or 1
    return Mailing.objects.create(
        survey=survey, title=_("At the moment “%s”") % name, wave=wave, plan=Plan().model_dump(mode="json"),
        trigger=trigger, state=State.RUNNING, started_at=now, planned_at=now,
    )  # fmt: skip
