"""How far those who were asked came: planned, sent, opened, begun, answered; and where the others were lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from django.db.models import Count, Q

import headwater.science as hs
from headwater.listening.models import Invitation, SurveyResponse

if TYPE_CHECKING:
    from headwater.listening.models import Survey, SurveyLink
    from headwater.science.results import Result

Step = Literal["planned", "sent", "opened", "begun", "answered"]
Loss = Literal["failed", "declined", "expired", "withdrawn"]
State = Invitation.State
LEFT: Final = Q(sent_at__isnull=False) | Q(state__in=(State.SENT, State.SPENT, State.DECLINED))
"""Invitations that left the house."""


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """How many came so far, and which share of those of the step before that is known. ``n`` is None where there is
    nothing to count: an anonymous survey keeps neither who opened nor who began it, and a link that was opened and not
    answered through says nothing, since programs that check mails open links too."""

    step: Step
    n: int | None
    share: Result | None = None


@dataclass(frozen=True, slots=True)
class LinkCounts:
    """One open link: responses begun through it, completed, and left unfinished. How many saw it, nobody knows."""

    link: SurveyLink
    begun: int
    completed: int
    partial: int

    @property
    def share(self) -> Result:
        """Which share of those who began completed."""
        return hs.proportion(self.completed, self.begun)


@dataclass(frozen=True, slots=True)
class Funnel:
    """What became of everybody who was asked by invitation; ``rate`` is answered of sent."""

    steps: tuple[FunnelStep, ...]
    losses: tuple[tuple[Loss, int], ...]
    rate: Result
    partial: int
    waiting: int

    @property
    def asked(self) -> int:
        """How many invitations there are."""
        return self.steps[0].n or 0

    def step(self, step: Step) -> FunnelStep:
        """One step by its name."""
        return next(one for one in self.steps if one.step == step)


def funnel(survey: Survey, *, anonymous: bool, waves: tuple[str, ...] = ()) -> Funnel:
    """Count the invitations of a survey, of some waves where named, by how far they came."""
    of_waves = Q(mailing__wave__in=[int(wave) for wave in waves if wave.isdecimal()]) if waves else Q()
    mine = Invitation.objects.filter(of_waves, survey=survey)
    counted = mine.aggregate(
        planned=Count("pk"),
        sent=Count("pk", filter=LEFT),
        opened=Count("pk", filter=Q(opened_at__isnull=False)),
        answered=Count("pk", filter=Q(state=State.SPENT)),
        waiting=Count("pk", filter=Q(state__in=(State.PLANNED, State.SENT))),
        **{loss: Count("pk", filter=Q(state=loss)) for loss in ("failed", "declined", "expired", "withdrawn")},
    )
    begun, partial = None, 0
    if not anonymous:
        replies = SurveyResponse.objects.filter(invitation__in=mine)
        seen = replies.aggregate(begun=Count("pk"), partial=Count("pk", filter=Q(state=SurveyResponse.State.PARTIAL)))
        begun, partial = max(seen["begun"], counted["answered"]), seen["partial"]
    opened = counted["opened"] if begun is not None and counted["opened"] > begun else None
    steps = _steps(counted["planned"], counted["sent"], opened, begun, counted["answered"])
    losses: tuple[Loss, ...] = ("failed", "declined", "expired", "withdrawn")
    rate = hs.proportion(min(counted["answered"], counted["sent"]), counted["sent"])
    return Funnel(steps, tuple((loss, counted[loss]) for loss in losses), rate, partial, counted["waiting"])


def _steps(planned: int, sent: int, opened: int | None, begun: int | None, answered: int) -> tuple[FunnelStep, ...]:
    steps, before = [FunnelStep("planned", planned)], planned
    following: tuple[tuple[Step, int | None], ...] = (
        ("sent", sent),
        ("opened", opened),
        ("begun", begun),
        ("answered", answered),
    )
    for step, n in following:
        if n is None:
            steps.append(FunnelStep(step, None))
            continue
        steps.append(FunnelStep(step, n, hs.proportion(min(n, before), before)))
        before = n
    return tuple(steps)


def link_counts(survey: Survey) -> list[LinkCounts]:
    """Every open link of a survey with what came through it, newest first."""
    done, partial = Q(state=SurveyResponse.State.COMPLETE), Q(state=SurveyResponse.State.PARTIAL)
    found = {
        link: counts
        for link, *counts in SurveyResponse.objects.filter(survey=survey, link__isnull=False)
        .values_list("link")
        .annotate(begun=Count("pk"), completed=Count("pk", filter=done), partial=Count("pk", filter=partial))
        .order_by()
    }
    return [LinkCounts(link, *found.get(link.pk, (0, 0, 0))) for link in survey.links.all()]
