"""Figures as people read them, in the reader's locale, and where they stand on a drawn scale.

Units: ``share`` is 0…1, ``%`` is 0…100, ``nps`` is −100…100, ``rating`` is on its own scale, ``ratio`` is how many of
one thing for another, ``count`` is whole.
"""

import math

from django.utils.formats import number_format
from django.utils.translation import gettext as _

THIN = "\N{NARROW NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
DOMAINS = {"share": (0.0, 1.0), "%": (0.0, 100.0), "nps": (-100.0, 100.0), "rating": (1.0, 5.0)}
DECIMALS = {"share": 0, "%": 0, "nps": 0, "rating": 2, "ratio": 2, "count": 0}


def number(value: object) -> float | None:
    """A finite number, or None for what is missing or is none."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        read = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return read if math.isfinite(read) else None


def digits(value: float, unit: str = "") -> str:
    """The number alone, in the reader's locale, with a real minus sign; an NPS carries its sign."""
    if unit == "share":
        value *= 100
    decimals = DECIMALS.get(unit, 0 if value == round(value) else 1)
    if unit in ("share", "%") and 0 < abs(value) < 9.95 and abs(value) != round(abs(value)):
        decimals = 1
    rounded = round(value, decimals) + 0.0
    text = number_format(abs(rounded), decimals, force_grouping=True)
    sign = MINUS if rounded < 0 else "+" if unit == "nps" and rounded > 0 else ""
    return f"{sign}{text}"


def measure(value: object, unit: str = "") -> str:
    """A figure with its unit; a dash where there is none."""
    read = number(value)
    if read is None:
        return "\N{EN DASH}" if value in (None, "") else str(value)
    text = digits(read, unit)
    return f"{text}{THIN}%" if unit in ("share", "%") else text


def interval(low: object, high: object, unit: str = "") -> str:
    """``58 to 64``, without the unit; empty when either end is missing."""
    first, last = number(low), number(high)
    if first is None or last is None:
        return ""
    return _("%(low)s to %(high)s") % {"low": digits(first, unit), "high": digits(last, unit)}


def base_size(n: object) -> str:
    """``n = 1,204``."""
    return f"n{THIN}={THIN}{measure(n, 'count')}"


def count_of(done: object, total: object) -> str:
    """``1,200 of 4,000``."""
    return _("%(done)s of %(total)s") % {"done": measure(done or 0, "count"), "total": measure(total, "count")}


def domain(start: object, end: object, unit: str = "") -> tuple[float, float]:
    """The ends of a drawn scale: as given, else those of the unit."""
    first, last = DOMAINS.get(unit, (0.0, 100.0))
    low, high = number(start), number(end)
    return (first if low is None else low, last if high is None else high)


def percent(value: float, ends: tuple[float, float]) -> float:
    """Where a value stands between the ends, 0…100; what lies outside is drawn at the end."""
    span = ends[1] - ends[0]
    return min(max((value - ends[0]) / span * 100, 0.0), 100.0) if span else 0.0


def whisker(
    estimate: object, low: object, high: object, ends: tuple[float, float], target: object = ""
) -> dict[str, str] | None:
    """Positions of a whisker in per cent of its width. None without an estimate and both ends of its interval."""
    middle, first, last, aim = number(estimate), number(low), number(high), number(target)
    if middle is None or first is None or last is None:
        return None
    left, right = percent(first, ends), percent(last, ends)
    return {
        "estimate": f"{percent(middle, ends):.2f}%",
        "low": f"{left:.2f}%",
        "width": f"{right - left:.2f}%",
        "target": "" if aim is None else f"{percent(aim, ends):.2f}%",
    }


def bar(estimate: object, low: object, high: object, end: float) -> dict[str, str] | None:
    """Lengths of a bar from 0: sure up to the interval's low end, unsure from there to its high end.

    Without an interval the whole estimate is drawn as sure. None without an estimate.
    """
    middle = number(estimate)
    if middle is None:
        return None
    first, last = number(low), number(high)
    sure = percent(middle if first is None else first, (0.0, end))
    until = percent(middle if last is None else last, (0.0, end))
    return {"sure": f"{sure:.2f}%", "unsure": f"{max(until - sure, 0.0):.2f}%"}
