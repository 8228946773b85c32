"""Metrics of a weighted sample: linearised standard error, effective sample size, then the usual score interval."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from headwater.science import bounds
from headwater.science.bounds import Array
from headwater.science.results import Estimate, NoVerdict, Result

WEIGHTS_KNOWN = "weights are the inverse chances of being in the sample, taken as known"


@dataclass(frozen=True, slots=True)
class Weighted:
    """A weighted figure with what the weights cost.

    ``design_effect`` is its variance divided by that of a simple random sample of the same size, and
    ``effective_n`` the size of the simple random sample that would know as much. Both are ``nan`` without a verdict.
    """

    result: Result
    standard_error: float
    design_effect: float
    effective_n: float


def weighted_nps(
    scores: npt.ArrayLike,
    weights: npt.ArrayLike,
    *,
    clusters: npt.ArrayLike | None = None,
    confidence: float = 0.95,
) -> Weighted:
    """Weighted NPS in -1…1; ``scores`` are 1 (promoter), 0 and -1, with one positive weight each.

    The standard error is the with-replacement Taylor linearisation (Binder 1983; R survey's ``svymean``), over
    ``clusters`` where given. The interval is the score interval at the effective sample size (Kott and Liu 2009);
    with clusters that size is cut down further by (z / t)² for the few degrees of freedom (Korn and Graubard, Survey
    Methodology 24 (1998) 193-201). Equal weights give exactly :func:`headwater.science.nps`.
    Where all answers are the same, Kish's effective size of the weights stands in for the unseen spread.
    """
    values, weight = _checked(scores, weights)
    if not np.all(np.isin(values, (-1, 0, 1))):
        raise ValueError("scores of a weighted NPS are 1 (promoter), 0 (passive) and -1 (detractor)")
    error, degrees = linearised_error(values, weight, clusters) if values.size else (0.0, 0)
    if degrees < 1:
        nan = float("nan")
        message = f"{values.size} answers in fewer than two clusters do not show a spread."
        return Weighted(NoVerdict("one_cluster", message, int(values.size)), nan, nan, nan)
    shares = np.array([weight[values == side].sum() for side in (1, 0, -1)]) / weight.sum()
    estimate = float(shares[0] - shares[2])
    if error > 0:
        effect = error**2 / _simple_variance(values, weight)
    else:
        effect = values.size / effective_sample_size(_by_cluster(weight, clusters))
    known = values.size / effect
    small = 1.0 if clusters is None else bounds.two_sided_z(confidence) / bounds.two_sided_t(confidence, degrees)
    low, high = bounds.nps_bounds(*(shares * known * small**2), confidence=confidence)
    name = f"Tango score interval at the effective sample size ({known:.0f} of {values.size})"
    result = Estimate(estimate, float(low), float(high), int(values.size), name, (WEIGHTS_KNOWN,), confidence)
    return Weighted(result, error, effect, known)


def linearised_error(values: Array, weights: Array, clusters: npt.ArrayLike | None = None) -> tuple[float, int]:
    """Standard error of a weighted mean, with its degrees of freedom (clusters - 1); ``nan`` without any."""
    mean = float(np.average(values, weights=weights))
    residuals = _by_cluster(weights * (values - mean) / weights.sum(), clusters)
    degrees = residuals.size - 1
    if degrees < 1:
        return float("nan"), degrees
    return float(np.sqrt(residuals.size / degrees * (residuals**2).sum())), degrees


def effective_sample_size(weights: npt.ArrayLike) -> float:
    """Kish's (Σw)² / Σw²: what unequal weights alone leave of the sample (Kish, Survey Sampling 1965)."""
    weight = np.asarray(weights, dtype=float)
    return float(weight.sum() ** 2 / (weight**2).sum())


def _by_cluster(values: Array, clusters: npt.ArrayLike | None) -> Array:
    """Sums by cluster; without clusters each value is its own."""
    if clusters is None:
        return values
    names, places = np.unique(np.asarray(clusters), return_inverse=True)
    return np.bincount(places, weights=values, minlength=names.size).astype(float)


def _simple_variance(values: Array, weights: Array) -> float:
    """Variance of the mean of a simple random sample of this size from the weighted distribution."""
    n = values.size
    spread = np.average((values - np.average(values, weights=weights)) ** 2, weights=weights)
    return float(spread / (n - 1))


def _checked(scores: npt.ArrayLike, weights: npt.ArrayLike) -> tuple[Array, Array]:
    values, weight = np.asarray(scores, dtype=float), np.asarray(weights, dtype=float)
    if values.ndim != 1 or values.shape != weight.shape:
        raise ValueError(f"one weight a score: {values.shape} scores and {weight.shape} weights")
    if not (np.all(np.isfinite(values)) and np.all(np.isfinite(weight)) and np.all(weight > 0)):
        raise ValueError("scores must be finite, and weights finite and positive")
    return values, weight
