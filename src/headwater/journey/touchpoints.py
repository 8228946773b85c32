"""Touchpoints that nothing shows: those without data in the last 90 days, and those without a filter to find any."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from django.utils import timezone

from headwater.journey import queries
from headwater.journey.taxonomy import Touchpoint
from headwater.metrics.store import company_record
from headwater.record.filters import Filter, parse
from headwater.record.questions import Sums

DAYS = 90
"""How long a touchpoint may be silent before it is suggested to retire it."""

Why = Literal["no_filter", "silent", ""]


@dataclass(frozen=True, slots=True)
class TouchpointUse:
    """A touchpoint in use, how many signals it had in the last 90 days (None: no filter), where it stands."""

    touchpoint: Touchpoint
    stage: str
    moment: str
    signals: int | None

    @property
    def why(self) -> Why:
        """Why it is suggested to retire it: nobody can know anything of it, or nothing came; "" when it lives."""
        if self.signals is None:
            return "no_filter"
        return "silent" if self.signals == 0 else ""


@dataclass(frozen=True, slots=True)
class TouchpointList:
    """Every touchpoint in use, those suggested to retire first; ``signals`` of the whole record in the same time.

    Where nothing at all came in that time, silence says nothing and no touchpoint is suggested for it.
    """

    uses: tuple[TouchpointUse, ...]
    retired: tuple[Touchpoint, ...]
    signals: int

    @property
    def suggested(self) -> tuple[TouchpointUse, ...]:
        """Those that nobody can know anything of, or that were silent while others were not."""
        return tuple(use for use in self.uses if use.why == "no_filter" or (use.why and self.signals))


def touchpoint_list(*, edited: bool, today: date | None = None) -> TouchpointList:
    """The touchpoints as published, or (``edited``) as the draft has them, with what the record holds of each.

    Filters name neither identities nor words (a rule of the taxonomy), so that a count singles nobody out.
    """
    since = (today or timezone.localdate()) - timedelta(days=DAYS - 1)
    taxonomy = queries.edited() if edited else queries.taxonomy()
    uses = []
    for touchpoint in taxonomy.touchpoints:
        if touchpoint.retired:
            continue
        stage, moment = taxonomy.stage(touchpoint.stage), taxonomy.moment(touchpoint.moment or "")
        signals = _signals(parse(touchpoint.where), since) if touchpoint.where else None
        uses.append(TouchpointUse(touchpoint, stage.name if stage else "", moment.name if moment else "", signals))
    uses.sort(key=lambda use: ("no_filter", "silent", "").index(use.why))
    retired = tuple(touchpoint for touchpoint in taxonomy.touchpoints if touchpoint.retired)
    return TouchpointList(tuple(uses), retired, _signals(None, since))


def _signals(where: Filter | None, since: date) -> int:
    """How many signals match since that day."""
    return sum(row.n for row in company_record().ask(Sums(where=where, since=since)).rows)
