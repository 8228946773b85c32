"""Sets of days, as they stand in the log: ``19000..19003,19010``, in days since 1970."""

from collections.abc import Iterable
from datetime import date, timedelta

EPOCH = date(1970, 1, 1)


def encode(days: Iterable[int]) -> str:
    """Ranges, in order."""
    ranges: list[list[int]] = []
    for day in sorted(set(days)):
        if ranges and ranges[-1][1] == day - 1:
            ranges[-1][1] = day
        else:
            ranges.append([day, day])
    return ",".join(str(low) if low == high else f"{low}..{high}" for low, high in ranges)


def decode(text: str) -> frozenset[int]:
    """The inverse of :func:`encode`."""
    days: set[int] = set()
    for part in filter(None, text.split(",")):
        low, _, high = part.partition("..")
        days.update(range(int(low), int(high or low) + 1))
    return frozenset(days)


def to_date(day: int) -> date:
    return EPOCH + timedelta(days=day)


def of_date(day: date) -> int:
    return (day - EPOCH).days
