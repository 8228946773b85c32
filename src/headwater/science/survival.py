"""How long customers stay when some have not left yet: Kaplan-Meier curves, their differences, hazard ratios.

Leaving out those who are still here, or taking today for the day they left, makes every figure of churn wrong. The
product-limit estimate uses each customer for as long as they were seen (Kaplan and Meier, JASA 53 (1958) 457-481).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from headwater.science.bounds import Array, two_sided_z
from headwater.science.pictures import Picture, Point, bands
from headwater.science.results import Estimate, NoVerdict, Result

ASSUMPTIONS = (
    "customers still here when last seen would leave like those who are followed longer",
    "customers are independent of each other",
)
FEWEST_LEFT = 5


@dataclass(frozen=True, slots=True, eq=False)
class SurvivalCurve:
    """Share still here at each of ``times`` (k; when somebody left), with its log-log interval.

    Arrays of shape (k): ``at_risk`` and ``left`` count customers, ``error`` is Greenwood's standard error.
    """

    times: Array
    at_risk: Array
    left: Array
    share: Array
    low: Array
    high: Array
    error: Array
    last_seen: float
    n: int
    confidence: float = 0.95

    def at(self, time: float) -> Result:
        """Share still here after ``time``."""
        if time > self.last_seen:
            message = f"Nobody was followed for {time:g}; the longest was {self.last_seen:g}."
            return NoVerdict("beyond_data", message, self.n)
        place = int(np.searchsorted(self.times, time, side="right")) - 1
        if place < 0:
            return NoVerdict("nobody_left", f"Nobody had left by {time:g}.", self.n)
        share, low, high = (float(part[place]) for part in (self.share, self.low, self.high))
        return Estimate(share, low, high, self.n, "Kaplan-Meier, log-log interval", ASSUMPTIONS, self.confidence)

    def median(self) -> Result:
        """Time after which half have left; its interval is where the curve's band crosses one half (Brookmeyer and
        Crowley, Biometrics 38 (1982) 29-41). An end that is not reached yet is infinite."""

        def first(values: Array) -> float:
            below = np.flatnonzero(values <= 0.5 + 1e-12)
            return float(self.times[below[0]]) if below.size else float("inf")

        middle = first(self.share)
        if not np.isfinite(middle):
            return NoVerdict("not_reached", "More than half are still here.", self.n)
        name = "Kaplan-Meier median, Brookmeyer-Crowley interval"
        return Estimate(middle, first(self.low), first(self.high), self.n, name, ASSUMPTIONS, self.confidence)

    def mean_until(self, horizon: float) -> Result:
        """Mean time here within the first ``horizon`` (restricted mean: the area under the curve)."""
        if not 0 < horizon <= self.last_seen:
            message = (
                f"The mean until {horizon:g} needs somebody followed that long; the longest was {self.last_seen:g}."
            )
            return NoVerdict("beyond_data", message, self.n)
        inside = self.times < horizon
        edges = np.concatenate([[0.0], self.times[inside], [horizon]])
        heights = np.concatenate([[1.0], self.share[inside]])
        area = heights * np.diff(edges)
        after = np.cumsum(area[::-1])[::-1][1:]
        staying = self.at_risk[inside] - self.left[inside]
        terms = np.where(staying > 0, self.left[inside] / (self.at_risk[inside] * np.maximum(staying, 1)), 0.0)
        error = float(np.sqrt((after**2 * terms).sum()))
        z = two_sided_z(self.confidence)
        mean = float(area.sum())
        low, high = max(mean - z * error, 0.0), min(mean + z * error, horizon)
        return Estimate(mean, low, high, self.n, f"restricted mean until {horizon:g}", ASSUMPTIONS, self.confidence)

    def plot(self) -> Picture:
        """The curve in the band of its interval."""
        return curves({"": self})


def kaplan_meier(
    durations: npt.ArrayLike, left: npt.ArrayLike, *, counts: npt.ArrayLike | None = None, confidence: float = 0.95
) -> SurvivalCurve | NoVerdict:
    """Curve from how long each customer was seen (``durations``) and whether they then ``left`` (1) or not yet (0).

    One row a customer, or equal rows once with ``counts``. The interval is that of log(-log S), which stays inside
    0…1 (R survival's ``conf.type="log-log"``).
    """
    seen, gone = np.asarray(durations, float), np.asarray(left, float)
    weight = np.ones_like(seen) if counts is None else np.asarray(counts, float)
    if seen.ndim != 1 or not seen.shape == gone.shape == weight.shape:
        raise ValueError(f"one duration, state and count a customer: {seen.shape}, {gone.shape}, {weight.shape}")
    if not np.all(np.isfinite(seen)) or np.any(seen < 0) or not np.all(np.isin(gone, (0, 1))) or np.any(weight < 0):
        raise ValueError("durations must be finite and not negative, and states 1 (left) or 0 (still here)")
    n = round(float(weight.sum()))
    total_left = float((weight * gone).sum())
    if total_left < FEWEST_LEFT:
        message = f"{total_left:.0f} of {n} customers have left: too few to draw how they leave."
        return NoVerdict("few_left", message, n)
    times, at_risk, events = _table(seen, gone, weight)
    return _curve(times, at_risk, events, float(seen.max()), n, confidence)


def _table(seen: Array, gone: Array, weight: Array) -> tuple[Array, Array, Array]:
    """When somebody left, how many were there just before, how many left."""
    times, place = np.unique(seen, return_inverse=True)
    events = np.bincount(place, weights=weight * gone)
    at_risk = np.cumsum(np.bincount(place, weights=weight)[::-1])[::-1]
    some = events > 0
    return times[some].astype(float), at_risk[some].astype(float), events[some].astype(float)


def _curve(times: Array, at_risk: Array, left: Array, last_seen: float, n: int, confidence: float) -> SurvivalCurve:
    share: Array = np.cumprod(1 - left / at_risk).astype(float)
    staying = at_risk - left
    terms = np.cumsum(np.where(staying > 0, left / (at_risk * np.maximum(staying, 1e-300)), np.inf))
    error = np.where(share > 0, share * np.sqrt(np.where(np.isfinite(terms), terms, 0)), 0.0)
    inner = (share > 0) & (share < 1)
    logs = np.log(np.where(inner, share, 0.5))
    reach = two_sided_z(confidence) * np.sqrt(np.where(inner, terms, 0.0)) / np.abs(logs)
    low = np.where(inner, np.exp(logs * np.exp(reach)), np.nan)
    high = np.where(inner, np.exp(logs * np.exp(-reach)), np.nan)
    # Once all have left the band has no end of its own; the last one that had stands in.
    high = np.where(share == 0, np.where(np.any(inner), np.nanmin(np.append(high, np.inf)), 1.0), high)
    low = np.where(share == 0, 0.0, low)
    return SurvivalCurve(times, at_risk, left, share, low, high, np.asarray(error), last_seen, n, confidence)


def curves(groups: Mapping[str, SurvivalCurve]) -> Picture:
    """Several groups' curves in one picture."""
    points = [Point(0.0, 1.0, 1.0, 1.0, name) for name in groups]
    for name, one in groups.items():
        rows = zip(one.times, one.share, one.low, one.high, strict=True)
        points += [Point(float(t), float(s), float(a), float(b), name) for t, s, a, b in rows]
    said = "Share of customers still here"
    return bands(points, description=said, x_title="time", y_title="still here", steps=True)


def log_rank(groups: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]]) -> float | NoVerdict:
    """p-value that all groups leave alike: (durations, left) by group (Mantel 1966; Peto and Peto 1972)."""
    seen = [np.asarray(durations, float) for durations, _ in groups.values()]
    gone = [np.asarray(left, float) for _, left in groups.values()]
    if len(groups) < 2 or any(part.size == 0 for part in seen):
        return NoVerdict(
            "no_contrast", "A comparison needs two groups with customers.", sum(part.size for part in seen)
        )
    times = np.unique(np.concatenate(seen)[np.concatenate(gone) == 1])
    if not times.size:
        return NoVerdict("few_left", "Nobody has left.", sum(part.size for part in seen))
    at_risk = np.array([part.size - np.searchsorted(np.sort(part), times) for part in seen], dtype=float)
    left = np.array(
        [[((durations == t) & (state == 1)).sum() for t in times] for durations, state in zip(seen, gone, strict=True)],
        dtype=float,
    )
    everyone, leaving = at_risk.sum(axis=0), left.sum(axis=0)
    surprise = (left - at_risk * leaving / everyone).sum(axis=1)[:-1]
    share = at_risk / everyone
    scale = leaving * (everyone - leaving) / np.maximum(everyone - 1, 1)
    variance = (np.eye(len(groups))[:, :, None] * share[:, None] - share[:, None] * share[None]) @ scale
    statistic = surprise @ np.linalg.pinv(variance[:-1, :-1]) @ surprise
    return float(special.chdtrc(len(groups) - 1, statistic))


def hazard_ratios(
    durations: npt.ArrayLike, left: npt.ArrayLike, covariates: Mapping[str, npt.ArrayLike], *, confidence: float = 0.95
) -> dict[str, Estimate] | NoVerdict:
    """How many times faster customers leave per unit of each covariate: Cox regression, Efron's ties.

    *Assumes* that the ratio is the same however long they have been here. Source: Cox, JRSS B 34 (1972) 187-220;
    computed by statsmodels.
    """
    from statsmodels.duration.hazard_regression import PHReg

    seen, gone = np.asarray(durations, float), np.asarray(left, float)
    design = np.column_stack([np.asarray(column, float) for column in (covariates[name] for name in covariates)])
    n, events = len(seen), int(gone.sum())
    if events < FEWEST_LEFT * design.shape[1]:
        message = f"{events} customers have left; {design.shape[1]} covariates need {FEWEST_LEFT} each."
        return NoVerdict("few_left", message, n)
    if np.linalg.matrix_rank(np.column_stack([np.ones(n), design])) <= design.shape[1]:
        return NoVerdict("collinear", "A covariate is constant or follows from the others.", n)
    fitted = PHReg(seen, design, status=gone, ties="efron").fit()
    z = two_sided_z(confidence)
    assumptions = (*ASSUMPTIONS, "the ratio is the same however long customers have been here")
    return {
        name: Estimate(
            float(np.exp(b)),
            float(np.exp(b - z * e)),
            float(np.exp(b + z * e)),
            n,
            "Cox regression",
            assumptions,
            confidence,
        )
        for name, b, e in zip(covariates, fitted.params, fitted.bse, strict=True)
    }
