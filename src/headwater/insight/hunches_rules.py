"""When a hunch came true: pure rules over intervals and days."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

import headwater.science as hs
from headwater.science.results import Estimate, NoVerdict, Result

Comparison = Literal["higher", "lower", "differs"]
Verdict = Literal["true", "false", "cannot_tell"]

PATIENCE: Final = timedelta(days=45)
"""How long after its day a hunch waits for a record that does not reach it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the record says to a hunch: both figures, how far they lie apart, and the verdict."""

    verdict: Verdict
    first: Result
    second: Result
    gap: Result


def answer(comparison: Comparison, at_least: float, first: Result, second: Result) -> Answer:
    """Judge a claim that ``first`` is higher or lower than ``second``, or differs, by ``at_least`` or more."""
    gap = _gap(first, second)
    return Answer(judge(comparison, at_least, gap), first, second, gap)


def judge(comparison: Comparison, at_least: float, gap: Result) -> Verdict:
    """True where the whole interval of the gap bears the claim out, false where none of it does, else nobody can tell.

    A claim of "higher" without a margin is false where the gap is surely below 0, and open to doubt where it may be 0.
    """
    if isinstance(gap, NoVerdict):
        return "cannot_tell"
    low, high = (-gap.high, -gap.low) if comparison == "lower" else (gap.low, gap.high)
    if comparison == "differs":
        if (low > 0 or high < 0) and min(abs(low), abs(high)) >= at_least:
            return "true"
        return "false" if max(abs(low), abs(high)) < at_least else "cannot_tell"
    if low > 0 and low >= at_least:
        return "true"
    return "false" if high < at_least or (at_least == 0 and high <= 0) else "cannot_tell"


def is_due(judge_on: date, until: date, today: date, last_day: date | None) -> bool:
    """Whether a hunch can be answered: its day has come and the record reaches the end of its time, or has had its
    patience."""
    if today < judge_on or last_day is None:
        return False
    return last_day >= until or today >= judge_on + PATIENCE


def before(since: date, until: date) -> tuple[date, date]:
    """The days of the same number just before these."""
    length = (until - since).days + 1
    return since - timedelta(days=length), since - timedelta(days=1)


def _gap(first: Result, second: Result) -> Result:
    if isinstance(first, NoVerdict):
        return first
    if isinstance(second, NoVerdict):
        return second
    return hs.difference(first, second) if isinstance(second, Estimate) else second
