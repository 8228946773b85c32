"""A small picture of this room that is no estimate: how often, by week.

Drawn as plain SVG, because it comes with each change of a form: a fragment carries no specification of a chart.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from headwater.record.questions.patterns import Week


@dataclass(frozen=True, slots=True)
class Bar:
    """A week (its Monday) with its count; ``x``, ``y``, ``width`` and ``height`` in per cent of the picture."""

    week: date
    n: int
    x: str
    y: str
    width: str
    height: str


def week_bars(weeks: Iterable[Week], since: date, until: date) -> tuple[Bar, ...]:
    """A bar for each week between two days, also for those without any."""
    counts = {one.week: one.n for one in weeks}
    first = since - timedelta(days=since.weekday())
    days = [first + timedelta(weeks=number) for number in range((until - first).days // 7 + 1)]
    highest = max((counts.get(day, 0) for day in days), default=0) or 1
    step = 100 / len(days)
    bars = []
    for place, day in enumerate(days):
        n = counts.get(day, 0)
        height = 100 * n / highest
        shape = (place * step + step * 0.06, 100 - height, step * 0.88, height)
        bars.append(Bar(day, n, *(f"{one:.2f}%" for one in shape)))
    return tuple(bars)
