"""What the queue does for mailings that run: sends what is due, sees whether enough answered, ends what is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.history import record_history
from headwater.listening.models import Invitation, Mailing
from headwater.listening.surveys import audience, invitations, queries
from headwater.listening.surveys.mailing_rules import full_segments, is_narrow_enough, is_time_to_look
from headwater.listening.surveys.mailings import locked, plan_of
from headwater.metrics.estimates import estimate
from headwater.record.filters import equals, every
from headwater.science.results import NoVerdict

if TYPE_CHECKING:
    from headwater.base.queue import JobContext
    from headwater.science.results import Result

State = Mailing.State


def work(context: JobContext | None = None) -> None:
    """Send what is due, and end what is over. Called by the queue."""
    for mailing in Mailing.objects.filter(state=State.RUNNING).select_related("survey"):
        watch(mailing)
    invitations.send_due(context)
    for mailing in Mailing.objects.filter(state=State.RUNNING, trigger=None, channel="email"):
        _end_if_done(mailing)


def watch(mailing: Mailing) -> None:
    """See whether enough have answered: in a segment with a quota, or for the interval that is wanted."""
    plan = plan_of(mailing)
    if not plan.quotas and plan.stop_width is None:
        return
    answered = invitations.spent_by_stratum(mailing)
    full = full_segments(plan.quotas, answered)
    total = sum(answered.values())
    if full:
        with transaction.atomic():
            invitations.withdraw(locked(mailing), Q(stratum__in=full), "quota_full")
    if plan.quotas and full == set(plan.quotas) and mailing.planned_at is not None:
        _end(mailing, _("Every segment has the answers that were wanted."))
    elif plan.stop_width is not None and is_time_to_look(total, mailing.looked_at):
        Mailing.objects.filter(pk=mailing.pk).update(looked_at=total)
        if is_narrow_enough(figure_of(mailing), plan.stop_width):
            _end(mailing, ngettext("The interval is narrow enough after %d answer.", "The interval is narrow enough "
                                   "after %d answers.", total) % total)  # fmt: skip


def figure_of(mailing: Mailing) -> Result:
    """The survey's first metric, of the wave that this mailing belongs to."""
    _version, document = queries.published(mailing.survey)
    found = audience.first_metric(document)
    if found is None:
        return NoVerdict("no_score", _("This survey has no scored question."))
    metric, question = found
    where = every(
        equals("source", mailing.survey.source),
        equals("attribute:question", question),
        equals("attribute:wave", str(mailing.wave)),
    )
    # Nobody is shown this figure: it says whether to go on asking, of an anonymous survey too.
    return estimate(metric, where=where, disclosed=True).rows[0].result


def _end_if_done(mailing: Mailing) -> None:
    waiting = Q(state=Invitation.State.PLANNED) | Q(due_at__isnull=False)
    if mailing.planned_at is not None and not mailing.invitations.filter(waiting).exists():
        _end(mailing, _("Everybody who could be asked was asked."))


def _end(mailing: Mailing, why: str) -> None:
    with transaction.atomic():
        row = locked(mailing)
        if row.state != State.RUNNING:
            return
        invitations.withdraw(row, Q(), "enough")
        row.state, row.reason, row.ended_at = State.DONE, why[:500], timezone.now()
        row.save(update_fields=["state", "reason", "ended_at"])
        data = {"survey": row.survey.title, "mailing": row.title, "why": why}
        record_history(None, "mailing.ended", f"survey:{row.survey.name}", data)
