"""Whether two monthly series move together, at once or some months apart; never whether one causes the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atanh, sqrt, tanh

import numpy as np
import numpy.typing as npt

from headwater.science.bounds import Array, Flags, two_sided_t, two_sided_z
from headwater.science.pictures import Picture, Span, whiskers
from headwater.science.results import Estimate, NoVerdict, Result

FEWEST_PAIRS = 12
FEWEST_UNITS = 6
LAGS = (0, 1, 2, 3)
ALL_LAGS = "the intervals of all lags hold together (Bonferroni)"
NO_CAUSE = "moving together is not causing: something else may move both"


@dataclass(frozen=True, slots=True)
class Together:
    """The association at each lag: the first series in a month, the second ``lag`` months later."""

    lags: tuple[int, ...]
    results: tuple[Result, ...]

    @property
    def strongest(self) -> tuple[int, Estimate] | None:
        """The lag whose interval lies farthest from 0, of those that do not hold it; None where all do."""
        sure = [
            (lag, one)
            for lag, one in zip(self.lags, self.results, strict=True)
            if isinstance(one, Estimate) and (one.low > 0 or one.high < 0)
        ]
        return max(sure, key=lambda pair: abs(pair[1].estimate) / (pair[1].high - pair[1].low), default=None)

    def plot(self) -> Picture:
        """The association by lag, with its interval."""
        spans = [
            Span(f"{lag} months", one.estimate, one.low, one.high, one.n)
            if isinstance(one, Estimate)
            else Span(f"{lag} months", n=one.n, words=one.message)
            for lag, one in zip(self.lags, self.results, strict=True)
        ]
        return whiskers(spans, description="Association by lag, intervals that hold together", reference=0.0)


def moves_together(
    first: npt.ArrayLike, second: npt.ArrayLike, *, lags: Sequence[int] = LAGS, confidence: float = 0.95
) -> Together:
    """Correlation in -1…1 of two monthly series without their straight trends, ``second`` later by each lag.

    Series have one value a month, ``nan`` where there is none. Fisher's z with the number of pairs cut down for what
    neighbouring months share, (1 - ab) / (1 + ab) of them with a and b the series' lag-1 autocorrelations (Bartlett
    1935; Quenouille 1952). Fewer than 12 pairs answer ``few_months``. Bonferroni over the lags.
    """
    one, other = (np.asarray(series, float) for series in (first, second))
    if one.ndim != 1 or one.shape != other.shape:
        raise ValueError(f"two series of the same months, not of shapes {one.shape} and {other.shape}")
    level = 1 - (1 - confidence) / len(lags)
    return Together(tuple(lags), tuple(_correlation(*_shifted(one, other, lag), level) for lag in lags))


def panel(
    first: npt.ArrayLike, second: npt.ArrayLike, *, lags: Sequence[int] = LAGS, confidence: float = 0.95
) -> Together:
    """By how much ``second`` is higher where ``first`` is higher by 1, within units (units, months) over time.

    What is always so of a unit, and what is so of all units in a month (season, trend), is taken out first; ``nan``
    where there is no value. The larger of the standard errors by unit and by month (CR1: what customers of one unit
    say is often said of others too), t with as many degrees of freedom as the fewer of the two less 1, Bonferroni over
    the lags (Cameron and Miller, Journal of Human Resources 50 (2015) 317-372). Fewer than 6 units or 12 months answer
    ``few_units`` or ``few_months``. With few units the interval is too narrow by a little.
    """
    one, other = (np.asarray(series, float) for series in (first, second))
    if one.ndim != 2 or one.shape != other.shape:
        raise ValueError(f"two tables of the same units and months, not of shapes {one.shape} and {other.shape}")
    level = 1 - (1 - confidence) / len(lags)
    return Together(tuple(lags), tuple(_slope(*_shifted(one, other, lag), level) for lag in lags))


def _shifted(first: Array, second: Array, lag: int) -> tuple[Array, Array]:
    """Values of the same place, with ``nan`` in both where one has none."""
    months = first.shape[-1]
    one, other = first[..., : months - lag], second[..., lag:]
    there = np.isfinite(one) & np.isfinite(other)
    return np.where(there, one, np.nan), np.where(there, other, np.nan)


def _correlation(first: Array, second: Array, level: float) -> Result:
    there = np.isfinite(first)
    pairs = int(there.sum())
    if pairs < FEWEST_PAIRS:
        return NoVerdict("few_months", f"{pairs} months in common are fewer than {FEWEST_PAIRS}.", pairs)
    months = np.arange(first.size)[there].astype(float)
    one, other = (_without_trend(series[there], months) for series in (first, second))
    if min(one.std(), other.std()) < 1e-12:
        return NoVerdict("no_spread", "One of the two never departs from its trend.", pairs)
    found = float(np.clip(np.corrcoef(one, other)[0, 1], -0.9999, 0.9999))
    shared = max(_neighbours(one) * _neighbours(other), 0.0)
    effective = pairs * (1 - shared) / (1 + shared) - 2  # two trends were taken out
    if effective <= 5:
        return NoVerdict("few_months", f"{pairs} months say too little: each is much like the one before.", pairs)
    reach = two_sided_z(level) / sqrt(effective - 3)
    low, high = tanh(atanh(found) - reach), tanh(atanh(found) + reach)
    method = "correlation without straight trends, Fisher's z"
    return Estimate(found, low, high, pairs, method, (ALL_LAGS, NO_CAUSE), level)


def _slope(first: Array, second: Array, level: float) -> Result:
    there = np.isfinite(first)
    n, units = int(there.sum()), np.flatnonzero(there.sum(axis=1) > 1)
    if units.size < FEWEST_UNITS:
        return NoVerdict("few_units", f"{units.size} departments are fewer than {FEWEST_UNITS}.", n)
    if int((there.sum(axis=0) > 1).sum()) < FEWEST_PAIRS:
        return NoVerdict("few_months", f"Departments share fewer than {FEWEST_PAIRS} months.", n)
    one, other = (_within(series[units], there[units]) for series in (first, second))
    spread = float((one**2).sum())
    if spread < 1e-9:
        return NoVerdict("no_spread", "Departments do not differ over time.", n)
    found = float((one * other).sum() / spread)
    scores = one * (other - found * one)
    months = int((there[units].sum(axis=0) > 0).sum())
    error = max(_clustered(scores.sum(axis=1), units.size), _clustered(scores.sum(axis=0), months)) / spread
    reach = float(two_sided_t(level, np.asarray(min(units.size, months) - 1))) * error
    method = f"difference within {units.size} departments and {months} months, the larger standard error of the two"
    return Estimate(found, found - reach, found + reach, n, method, (ALL_LAGS, NO_CAUSE), level)


def _clustered(sums: Array, clusters: int) -> float:
    """Root of the summed squares over clusters, with the usual factor for few of them (CR1)."""
    return sqrt(clusters / (clusters - 1) * float((sums**2).sum()))


def _within(values: Array, there: Flags) -> Array:
    """Values less the means of their unit and month, 0 where there are none: alternating until both are gone."""
    left = np.where(there, values, 0.0)
    rows, columns = np.maximum(there.sum(axis=1, keepdims=True), 1), np.maximum(there.sum(axis=0, keepdims=True), 1)
    for _ in range(200):
        left = np.where(there, left - left.sum(axis=1, keepdims=True) / rows, 0.0)
        means = left.sum(axis=0, keepdims=True) / columns
        left = np.where(there, left - means, 0.0)
        if np.abs(means).max() < 1e-10:
            break
    return np.asarray(left)


def _without_trend(values: Array, months: Array) -> Array:
    design = np.column_stack([np.ones_like(months), months - months.mean()])
    return np.asarray(values - design @ np.linalg.lstsq(design, values, rcond=None)[0])


def _neighbours(values: Array) -> float:
    """Lag-1 autocorrelation."""
    return float((values[1:] * values[:-1]).sum() / (values**2).sum())
