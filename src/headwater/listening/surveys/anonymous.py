"""Anonymous answers are let go in groups, shuffled: what became durable with a spent invitation does not say which.

An answer is held from the moment it is acknowledged. It is let go with all others of its survey once there are enough
of them, or once its day is over: then those of a group appear in one transaction, in an order drawn by lot.
"""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

import pyarrow as pa
from django.db import transaction
from django.db.models import Count, Q

from headwater.listening import inbox
from headwater.listening.connections import hooks
from headwater.listening.models import HeldAnswer, SurveyResponse
from headwater.listening.surveys import due
from headwater.listening.surveys.keeping import now
from headwater.listening.surveys.results_protection import SMALLEST

if TYPE_CHECKING:
    from collections.abc import Iterable

ENOUGH: Final = 10
"""Answers of one survey that are let go before their day is over."""
MOST_AT_ONCE: Final = 2_000
READY: Final = Q(is_due=False, fault="")
"""Held answers that are signals already."""


def let_go(at: datetime | None = None) -> int:
    """Let go of what is due, and return how many answers that was. Any number may run at once."""
    today = now(at).day
    due.make_signals()
    waiting = HeldAnswer.objects.filter(READY).values("survey").annotate(n=Count("pk")).order_by()
    ready = [row for row in waiting if row["n"] >= ENOUGH or _may_end_with_its_day(row["survey"], today)]
    return sum(_let_go(row["survey"], today, bool(row["n"] >= ENOUGH)) for row in ready)


def _may_end_with_its_day(survey: int, today: date) -> bool:
    """Whether something is of earlier days, and enough of the survey would be in the record for any page to show."""
    over = HeldAnswer.objects.filter(READY, survey=survey, day__lt=today).count()
    counted = (SurveyResponse.State.COMPLETE, SurveyResponse.State.PARTIAL)
    there = SurveyResponse.objects.filter(survey=survey, state__in=counted).count() if 0 < over < SMALLEST else 0
    return over > 0 and over + there >= SMALLEST


def _let_go(survey: int, today: date, is_enough: bool) -> int:
    """One group of a survey: everything where there is enough, else what is of earlier days."""
    with inbox.turn(), transaction.atomic():
        chosen = (
            HeldAnswer.objects.select_for_update(of=("self",)).select_related("survey").filter(READY, survey=survey)
        )
        if not is_enough:
            chosen = chosen.filter(day__lt=today)
        # By their random numbers, then by lot: the order they lie in is the order they came in.
        held = list(chosen.order_by("pk")[:MOST_AT_ONCE])
        secrets.SystemRandom().shuffle(held)
        if held:
            SurveyResponse.objects.bulk_create(_responses(held))
            signals = [inbox.unpack(one.signals) for one in held]
            inbox.put(marked(pa.concat_tables(signals, promote_options="permissive")))
            _tell(held)
            HeldAnswer.objects.filter(pk__in=[one.pk for one in held]).delete()
    return len(held)


def marked(signals: pa.Table) -> pa.Table:
    """Signals as the record keeps anonymous answers: it tells nobody what may single one out (`record.views`)."""
    unmarked = signals.select([name for name in signals.column_names if name != "anonymous"])
    return unmarked.append_column("anonymous", pa.repeat(True, len(signals)))


def _responses(held: Iterable[HeldAnswer]) -> list[SurveyResponse]:
    return [
        SurveyResponse(
            id=one.pk,
            survey_id=one.survey_id,
            version_id=one.version_id,
            link_id=one.link_id,
            language=one.language,
            state=one.state,
            day=one.day,
        )
        for one in held
    ]


def _tell(held: Iterable[HeldAnswer]) -> None:
    """Other systems hear that there are answers, not which."""
    complete = [one for one in held if one.state == SurveyResponse.State.COMPLETE]
    if complete and hooks.is_wanted(due.COMPLETED):
        for one in complete:
            hooks.emit(due.COMPLETED, {"survey": one.survey.name})
