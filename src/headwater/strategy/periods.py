"""The periods that readings are taken of: calendar months, or weeks from Monday."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Every = Literal["month", "week"]


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A month or week, both days included."""

    first: date
    last: date

    @property
    def middle(self) -> date:
        """Where a reading of the whole period stands in time."""
        return self.first + (self.last - self.first) / 2


def period_of(day: date, every: str) -> Period:
    """The period that holds a day."""
    if every == "week":
        first = day - timedelta(days=day.weekday())
        return Period(first, first + timedelta(days=6))
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def before(period: Period, every: str) -> Period:
    """The period before this one."""
    return period_of(period.first - timedelta(days=1), every)


def over(every: str, today: date) -> Iterator[Period]:
    """The periods that are over, the latest first, without end."""
    period = before(period_of(today, every), every)
    while True:
        yield period
        period = before(period, every)
