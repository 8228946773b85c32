"""How long after an event customers still contact because of it: excess by lag, and the window that holds it.

A lag window that is too short misses contacts, one that is too long counts those that would have come anyway. So the
window is read from the data: at each lag after the event the rate of contacts is compared with that of days
without the event, and the window reaches to the last lag at which the excess stands out from chance.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from headwater.science.bounds import Array, two_sided_t
from headwater.science.multiplicity import benjamini_hochberg
from headwater.science.pictures import Picture, Point, bands
from headwater.science.results import Estimate, NoVerdict, Result

FEWEST_BUCKETS = 10
FALSE_DISCOVERIES = 0.05
# So many lags without an excess end the window; a weekend may lie between an event and the call.
PATIENCE = 2
ASSUMPTIONS = (
    "without the event these customers would contact as on their days without it",
    "customers in different buckets are independent",
)


@dataclass(frozen=True, slots=True)
class LagProfile:
    """Excess rate at each lag, and the window chosen from it.

    ``window`` is the last lag that belongs to it (0: the day of the event only), or why there is none; ``inside``
    is the share of all excess contacts that fall within the window.
    """

    excess: tuple[Result, ...]
    adjusted_p: tuple[float, ...]
    window: int | NoVerdict
    inside: Result
    baseline: Result

    def plot(self) -> Picture:
        """Excess rate by lag in the band of its interval."""
        points = [
            Point(lag, one.estimate, one.low, one.high)
            for lag, one in enumerate(self.excess)
            if isinstance(one, Estimate)
        ]
        said = "Excess rate by days since the event"
        return bands(points, description=said, x_title="days since", y_title="excess rate", reference=0.0)


def lag_profile(
    events: npt.ArrayLike,
    at_risk: npt.ArrayLike,
    baseline_events: npt.ArrayLike,
    baseline_at_risk: npt.ArrayLike,
    *,
    confidence: float = 0.95,
) -> LagProfile | NoVerdict:
    """Excess of ``events`` (lags, buckets) per customer-day ``at_risk`` (lags, buckets) over the baseline (buckets).

    The baseline are the contacts and customer-days outside every such time, of the same customers where possible. Each
    excess is a difference of ratios, linearised over the customer buckets; the test is one-sided, with
    Benjamini-Hochberg over the lags at 5 %.
    """
    seen, days = np.asarray(events, float), np.asarray(at_risk, float)
    base_seen, base_days = np.asarray(baseline_events, float), np.asarray(baseline_at_risk, float)
    if seen.ndim != 2 or seen.shape != days.shape or not base_seen.shape == base_days.shape == seen.shape[1:]:
        raise ValueError(f"(lags, buckets) and (buckets): not {seen.shape}, {days.shape}, {base_seen.shape}")
    for part in (seen, days, base_seen, base_days):
        if not np.all(np.isfinite(part)) or np.any(part < 0):
            raise ValueError("counts must be finite and not negative")
    n = round(float(seen.sum()))
    used = (days.sum(axis=0) > 0) | (base_days > 0)
    buckets = int(used.sum())
    if buckets < FEWEST_BUCKETS:
        return NoVerdict("few_buckets", f"Customers in {buckets} buckets are too few to see a lag.", n)
    if base_days.sum() == 0 or days.sum() == 0:
        return NoVerdict("no_contrast", "There are no days with, or none without, the event to compare.", n)
    return _profile(seen[:, used], days[:, used], base_seen[used], base_days[used], n, confidence)


def _profile(seen: Array, days: Array, base_seen: Array, base_days: Array, n: int, confidence: float) -> LagProfile:
    buckets = len(base_seen)
    base = base_seen.sum() / base_days.sum()
    base_influence = (base_seen - base * base_days) / base_days.sum()
    exposure = np.maximum(days.sum(axis=1, keepdims=True), 1e-300)
    excess = seen.sum(axis=1) / exposure[:, 0] - base
    influence = (seen - (excess + base)[:, None] * days) / exposure - base_influence
    error = _error(influence)
    known = (days.sum(axis=1) > 0) & (error > 0)
    p_values = np.where(known, special.stdtr(buckets - 1, -excess / np.where(known, error, 1.0)), np.nan)
    adjusted = benjamini_hochberg(p_values)
    quantile = float(two_sided_t(confidence, buckets - 1))
    name = f"difference of rates, linearised over {buckets} customer buckets"

    def answer(value: float, doubt: float, base_size: int) -> Estimate:
        low, high = value - quantile * doubt, value + quantile * doubt
        return Estimate(float(value), float(low), float(high), base_size, name, ASSUMPTIONS, confidence)

    rows: tuple[Result, ...] = tuple(
        answer(excess[lag], error[lag], round(float(seen[lag].sum())))
        if known[lag]
        else NoVerdict("no_answers", "Nobody was at risk at this lag, or nothing varies.", 0)
        for lag in range(len(seen))
    )
    window = _window(adjusted, n)
    gained = seen - base * days - base_influence * days.sum(axis=1, keepdims=True)
    inside = _inside(gained, seen - base * days, window, n, quantile, confidence)
    return LagProfile(
        rows, tuple(adjusted.tolist()), window, inside, answer(float(base), float(_error(base_influence)), n)
    )


def _window(adjusted: Array, n: int) -> int | NoVerdict:
    """The last lag with an excess before a pause of more than ``PATIENCE`` lags without."""
    found = np.flatnonzero(adjusted <= FALSE_DISCOVERIES)
    if not found.size:
        return NoVerdict("no_excess", "At no lag do customers contact more than on other days.", n)
    pauses = np.flatnonzero(np.diff(found) > PATIENCE + 1)
    return int(found[pauses[0]] if pauses.size else found[-1])


def _inside(
    influence: Array, gained: Array, window: int | NoVerdict, n: int, quantile: float, confidence: float
) -> Result:
    if isinstance(window, NoVerdict):
        return window
    total, part = gained.sum(), gained[: window + 1].sum()
    if total <= 0:
        return NoVerdict("no_excess", "Over all lags together there is no excess.", n)
    share = part / total
    doubt = _error((influence[: window + 1].sum(axis=0) - share * influence.sum(axis=0)) / total)
    low, high = share - quantile * doubt, share + quantile * doubt
    name = "share of the excess within the window, linearised over customer buckets"
    return Estimate(float(share), float(low), float(high), n, name, ASSUMPTIONS, confidence)


def _error(influence: Array) -> Array:
    """Standard error from influences by bucket along the last axis."""
    buckets = influence.shape[-1]
    centred = influence - influence.mean(axis=-1, keepdims=True)
    return np.asarray(np.sqrt(buckets / (buckets - 1) * (centred**2).sum(axis=-1)))
