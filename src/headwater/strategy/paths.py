"""The path to a target, and whether a reading is on it: pure rules, told from the interval and never from the point."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Code = Literal["on_path", "off_path", "cannot_tell", "no_interval", "no_path", "no_reading"]
Direction = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class Path:
    """From ``baseline`` on ``start`` to ``target`` on ``end``: a straight line, or the steps in between.

    ``steps`` are days with the value that should be reached from then on; with none the path is a straight line.
    """

    start: date
    baseline: float
    end: date
    target: float
    steps: tuple[tuple[date, float], ...] | None = None

    def on(self, day: date) -> float | None:
        """What the figure should be on a day; None before the path begins."""
        if day < self.start:
            return None
        if day >= self.end:
            return self.target
        if self.steps is None:
            done = (day - self.start) / (self.end - self.start)
            return self.baseline + (self.target - self.baseline) * done
        return next((value for since, value in reversed(self.steps) if since <= day), self.baseline)

    def over(self, first: date, last: date) -> float | None:
        """What the figure of a period should be: the mean of the path over its days; None before the path begins."""
        days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
        values = [value for day in days if (value := self.on(day)) is not None]
        return sum(values) / len(values) if values else None

    def corners(self) -> list[tuple[date, float]]:
        """The points that a drawing joins by lines."""
        points = [(self.start, self.baseline)]
        for since, value in self.steps or ():
            points += [(since, points[-1][1]), (since, value)]
        if self.steps is not None:
            points.append((self.end, points[-1][1]))
        return [*points, (self.end, self.target)]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a reading stands, and what the path asked of its period (None without a path)."""

    code: Code
    expected: float | None = None


def standing(
    low: float | None, high: float | None, expected: float | None, direction: Direction, *, read: bool = True
) -> Standing:
    """On the path when the whole interval is at least as good as the path, off it when all of it is worse.

    An interval that holds the path's value inside cannot tell; a figure without an interval cannot either.
    """
    if not read:
        return Standing("no_reading", expected)
    if expected is None:
        return Standing("no_path")
    if low is None or high is None:
        return Standing("no_interval", expected)
    worst, best = (low, high) if direction == "higher" else (-high, -low)
    asked = expected if direction == "higher" else -expected
    if worst >= asked:
        return Standing("on_path", expected)
    return Standing("off_path" if best < asked else "cannot_tell", expected)
