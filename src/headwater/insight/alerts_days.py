"""Which days are watched: those that are over, once there are more than the weeks that a rise is noticed against."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.utils import timezone

from headwater.base.company import company
from headwater.metrics.store import company_record
from headwater.record.questions import Span
from headwater.science.detection import HISTORY_PERIODS, PAUSE_PERIODS

WEEK: Final = 7
FIRST_DAYS: Final = (HISTORY_PERIODS + PAUSE_PERIODS) * WEEK
"""Days of history before the first that can be noticed."""
WINDOW: Final = FIRST_DAYS + 366


def last_closed_day() -> date | None:
    """The last day of the record that is over in the company's time zone; None while there is none."""
    ours = company()
    yesterday = timezone.localdate(timezone=ZoneInfo(ours.time_zone if ours else "UTC")) - timedelta(days=1)
    newest: date | None = company_record().ask(Span()).last_day
    return min(newest, yesterday) if newest is not None else None


def first_day(until: date) -> date | None:
    """The first day of what is watched up to a day; None where the record is shorter than the history a watch needs."""
    oldest: date | None = company_record().ask(Span()).first_day
    if oldest is None or (until - oldest).days < FIRST_DAYS:
        return None
    return max(oldest, until - timedelta(days=WINDOW - 1))


def are_enough() -> bool:
    """Whether the record is long enough to be watched."""
    until = last_closed_day()
    return until is not None and first_day(until) is not None
