"""The roadmap: where the programme stands by evidence, when people plan each phase, and what fades."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.permissions import require
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.strategy import phase_facts
from headwater.strategy.models import PhaseEvidence, PhasePlan
from headwater.strategy.phases import BY_KEY, CRITERIA, PhaseStanding, maturity, standings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from headwater.base.models import Person

PLANNED = ("starts", "ends", "owner")


@dataclass(frozen=True, slots=True)
class Plan:
    """When people plan to be in a phase, and who leads it."""

    starts: date | None = None
    ends: date | None = None
    owner: Person | None = None
    edition: int = 0

    def is_late(self, today: date) -> bool:
        return self.ends is not None and self.ends < today


@dataclass(frozen=True, slots=True)
class PlannedPhase:
    """A phase with its evidence, its plan, and whether its planned end has passed unmet."""

    standing: PhaseStanding
    plan: Plan
    is_late: bool


@dataclass(frozen=True, slots=True)
class Roadmap:
    """The five phases, left to right, and how many are met one after the other."""

    phases: tuple[PlannedPhase, ...]
    maturity: int

    @property
    def here(self) -> PlannedPhase | None:
        """The phase the programme stands in; None once all are met."""
        return next((one for one in self.phases if one.standing.state == "here"), None)

    @property
    def faded(self) -> tuple[tuple[PlannedPhase, str], ...]:
        """What was met in an earlier month and is not now."""
        return tuple((one, str(faded.criterion.title)) for one in self.phases for faded in one.standing.faded)


def roadmap() -> Roadmap:
    """Read the roadmap from the record and the rooms, as they are now."""
    today = timezone.localdate()
    plans = {row.phase: row for row in PhasePlan.objects.select_related("owner")}
    found = standings(phase_facts.facts(), met_before(today))
    phases = tuple(_planned(standing, plans.get(standing.phase.key), today) for standing in found)
    return Roadmap(phases, maturity(found))


def met_before(today: date) -> dict[str, bool]:
    """Which criteria were met in any month before this one."""
    rows = PhaseEvidence.objects.filter(month__lt=today.replace(day=1), met=True)
    return dict.fromkeys(rows.values_list("criterion", flat=True).distinct(), True)


def months(criterion: str) -> tuple[tuple[date, bool | None], ...]:
    """Whether a criterion was met, month by month, oldest first."""
    if criterion not in CRITERIA:
        raise NotFound("criterion_unknown", _("There is no evidence “%s” on the roadmap.") % criterion[:60])
    return tuple(PhaseEvidence.objects.filter(criterion=criterion).values_list("month", "met"))


def keep_month() -> int:
    """Keep what the evidence is this month; the last look in a month stands for it. Returns how many were kept.

    What faded since an earlier month is written into the history once a month.
    """
    today, now = timezone.localdate(), timezone.now()
    month = today.replace(day=1)
    found = standings(phase_facts.facts(), met_before(today))
    with transaction.atomic():
        was = dict(PhaseEvidence.objects.filter(month=month).values_list("criterion", "met"))
        for standing in found:
            for one in standing.evidence:
                values = {"met": one.judged.met, "shown": one.judged.shown[:300], "at": now}
                PhaseEvidence.objects.update_or_create(month=month, criterion=one.criterion.key, defaults=values)
                if one.faded and was.get(one.criterion.key, True) is True:
                    data = {"title": str(one.criterion.title), "phase": str(standing.phase.title)}
                    record_history(None, "roadmap.faded", f"phase:{standing.phase.key}", data)
    return len(CRITERIA)


def plan_phase(person: Person | None, key: str, values: Mapping[str, Any], *, seen: int | None = None) -> Plan:
    """Set when a phase is planned (``starts``, ``ends``) and who leads it (``owner``)."""
    require(person, "edit", "strategy")
    phase = BY_KEY.get(key)
    if phase is None:
        keys = ", ".join(BY_KEY)
        raise NotFound("phase_unknown", _("There is no phase “%(key)s”: %(keys)s.") % {"key": key[:40], "keys": keys})
    if unknown := set(values) - set(PLANNED):
        raise ValueError(f"a phase has no plan for {sorted(unknown)}")
    with transaction.atomic():
        row, _made = PhasePlan.objects.select_for_update().get_or_create(phase=key)
        given = {name: value for name, value in values.items() if getattr(row, name) != value}
        if not given:
            return _plan(row)
        if seen is not None and seen != row.edition:
            raise Conflict("phase_changed", _("Someone else planned this phase meanwhile. Reload the page."))
        for name, value in given.items():
            setattr(row, name, value)
        if row.starts and row.ends and row.ends < row.starts:
            message = _("The phase would end (%(ends)s) before it starts (%(starts)s).")
            raise Refused("phase_dates", message % {"ends": row.ends, "starts": row.starts}, "ends")
        if row.owner is not None and not row.owner.is_active:
            raise Refused("owner_closed", _("The account of %s is closed.") % row.owner.name, "owner")
        row.edition += 1
        row.save()
        data = {"phase": str(phase.title), "starts": str(row.starts or "–"), "ends": str(row.ends or "–")}
        record_history(person, "roadmap.planned", f"phase:{key}", data)
    return _plan(row)


def clear() -> None:
    """Forget plans and months; run when the sample company is cleared."""
    PhasePlan.objects.all().delete()
    PhaseEvidence.objects.all().delete()


def _planned(standing: PhaseStanding, row: PhasePlan | None, today: date) -> PlannedPhase:
    plan = _plan(row) if row is not None else Plan()
    return PlannedPhase(standing, plan, standing.state != "met" and plan.is_late(today))


def _plan(row: PhasePlan) -> Plan:
    return Plan(row.starts, row.ends, row.owner, row.edition)
