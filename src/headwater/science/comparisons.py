"""Many groups or periods compared at once, and two rates."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import special

from headwater.science.bounds import two_sided_z
from headwater.science.intervals import POISSON, difference
from headwater.science.multiplicity import benjamini_hochberg
from headwater.science.pictures import Picture
from headwater.science.results import Estimate, NoVerdict, Result, plot

FALSE_DISCOVERIES = 0.05


@dataclass(frozen=True, slots=True)
class Comparison:
    """One group against another: ``difference`` is first less second; ``found`` after false-discovery control."""

    name: str
    difference: Result
    p_value: float
    adjusted_p: float
    found: bool

    def plot(self) -> Picture:
        """The difference with its interval, against none."""
        return plot({self.name: self.difference}, reference=0.0)


def p_value_of(gap: Estimate) -> float:
    """Two-sided p-value of no difference that agrees with the interval: below 0.05 where 95 % leave out 0.

    The half of the interval that reaches towards 0 is taken as that many normal standard errors.
    """
    if gap.estimate == 0:
        return 1.0
    side = gap.estimate - gap.low if gap.estimate > 0 else gap.high - gap.estimate
    if side <= 0:
        return 0.0
    return float(2 * special.ndtr(-abs(gap.estimate) / side * two_sided_z(gap.confidence)))


def compare(pairs: Iterable[tuple[str, Result, Result]], *, q: float = FALSE_DISCOVERIES) -> tuple[Comparison, ...]:
    """Differences of named pairs of independent results of one kind, in the order given.

    ``found`` holds the expected share of false findings among all that are found at ``q`` (Benjamini-Hochberg). A pair
    without a verdict on either side is shown and does not count as a comparison.
    """
    if not 0 < q < 1:
        raise ValueError(f"the share of false discoveries lies between 0 and 1, not {q!r}")
    named = list(pairs)
    gaps = [_gap(first, second) for _, first, second in named]
    p_values = np.array([p_value_of(gap) if isinstance(gap, Estimate) else np.nan for gap in gaps])
    adjusted = benjamini_hochberg(p_values)
    return tuple(
        Comparison(name, gap, float(p), float(a), bool(a <= q))
        for (name, _, _), gap, p, a in zip(named, gaps, p_values, adjusted, strict=True)
    )


def _gap(first: Result, second: Result) -> Result:
    if isinstance(first, NoVerdict):
        return first
    return second if isinstance(second, NoVerdict) else difference(first, second)


@dataclass(frozen=True, slots=True)
class RateRatio:
    """How many times more often, with the exact p-value that it is as often."""

    result: Result
    p_value: float

    def plot(self, label: str = "") -> Picture:
        """The ratio with its interval, against equal rates."""
        return plot({label: self.result}, reference=1.0)


def rate_ratio(
    first_events: int, first_exposure: float, second_events: int, second_exposure: float, *, confidence: float = 0.95
) -> RateRatio | NoVerdict:
    """Ratio of two Poisson rates with the exact interval, given all events (R's ``poisson.test``).

    Of the events together the first have a binomial share; its Clopper-Pearson interval is turned into a ratio
    (Przyborowski and Wilenski, Biometrika 31 (1940) 313-323).
    """
    from scipy.stats import binomtest  # slow to import, and seldom needed

    if min(first_events, second_events) < 0 or min(first_exposure, second_exposure) < 0:
        raise ValueError("events and exposures must not be negative")
    n = first_events + second_events
    if first_exposure == 0 or second_exposure == 0:
        return NoVerdict("no_exposure", "There is no exposure to count events against.", n)
    if second_events == 0:
        return NoVerdict("no_events", "Without events on the other side there is no ratio.", n)
    odds = second_exposure / first_exposure
    tail = (1 - confidence) / 2
    low = float(special.betaincinv(first_events, second_events + 1, tail)) if first_events else 0.0
    high = float(special.betaincinv(first_events + 1, second_events, 1 - tail))
    two_sided_z(confidence)
    share = first_exposure / (first_exposure + second_exposure)
    p_value = float(binomtest(first_events, n, share).pvalue)
    ends = (first_events / second_events * odds, low / (1 - low) * odds, high / (1 - high) * odds)
    return RateRatio(Estimate(*ends, n, "exact ratio of Poisson rates", (POISSON,), confidence), p_value)
