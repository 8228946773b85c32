"""Metrics of a weighted sample: linearised standard error, effective sample size, then the usual score interval."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from headwater.science import bounds
from headwater.science.bounds import Array
from headwater.science.pictures import Picture
from headwater.science.results import Estimate, NoVerdict, Result, plot

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

    def plot(self, label: str = "") -> Picture:
        """The weighted figure with its interval."""
        return plot({label: self.result})


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
        return _unknown(int(values.size))
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


def weighted_mean(
    values: npt.ArrayLike,
    weights: npt.ArrayLike,
    *,
    clusters: npt.ArrayLike | None = None,
    strata: npt.ArrayLike | None = None,
    population: npt.ArrayLike | None = None,
    confidence: float = 0.95,
) -> Weighted:
    """Weighted mean in the unit of ``values``, with the linearised standard error (R survey's ``svymean``).

    One entry a row: the ``strata`` sampled from separately, and the ``population`` of each row's stratum in clusters
    (or rows without clusters), where the sample is a large part of it. t has clusters less strata degrees of freedom.
    """
    value, weight = _checked(values, weights)
    n = int(value.size)
    design = _Design.read(value, clusters, strata, population)
    degrees = design.degrees if n else 0
    if degrees < 1:
        return _unknown(n)
    mean = float(np.average(value, weights=weight))
    error = design.error(weight * (value - mean) / weight.sum())
    simple = _simple_variance(value, weight)
    if population is not None:
        simple *= max(1 - n / float(weight.sum()), 0.0)
    if error <= 1e-12 * max(abs(mean), 1.0):
        reason = NoVerdict("no_spread", f"All {n} values are the same, so their spread is unknown.", n)
        return Weighted(reason, error, float("nan"), float("nan"))
    half = float(bounds.two_sided_t(confidence, degrees)) * error
    effect = error**2 / simple if simple > 0 else float("nan")
    name = f"weighted mean, linearised standard error, t with {degrees} degrees of freedom"
    result = Estimate(mean, mean - half, mean + half, n, name, (WEIGHTS_KNOWN,), confidence)
    return Weighted(result, error, effect, n / effect)


def weighted_proportion(
    hits: npt.ArrayLike,
    weights: npt.ArrayLike,
    *,
    clusters: npt.ArrayLike | None = None,
    method: Literal["beta", "logit"] = "beta",
    confidence: float = 0.95,
) -> Weighted:
    """Weighted share in 0…1 of rows that are 1 and not 0.

    ``beta`` is Clopper and Pearson's interval at the effective sample size (Korn and Graubard 1998), which serves
    shares near 0 and 1; ``logit`` a t interval of the log odds. Both as R survey's ``svyciprop``.
    """
    value, weight = _checked(hits, weights)
    if not np.all(np.isin(value, (0, 1))):
        raise ValueError("hits of a weighted share are 1 and 0")
    if method not in ("beta", "logit"):
        raise ValueError(f"unknown method {method!r}: it is beta or logit")
    n = int(value.size)
    error, degrees = linearised_error(value, weight, clusters) if n else (0.0, 0)
    if degrees < 1:
        return _unknown(n)
    share = float(np.average(value, weights=weight))
    alike = error == 0
    effect = (
        n / effective_sample_size(_by_cluster(weight, clusters))
        if alike
        else error**2 / _simple_variance(value, weight)
    )
    quantile = float(bounds.two_sided_t(confidence, degrees))
    if method == "beta" or alike:
        known = n / effect if alike else share * (1 - share) / error**2
        known *= (float(bounds.two_sided_t(confidence, n - 1)) / quantile) ** 2 if n > 1 else 1.0
        low, high = (float(end) for end in bounds.exact_proportion_bounds(share * known, known, confidence=confidence))
        name = f"Korn-Graubard interval at the effective sample size ({known:.0f} of {n})"
    else:
        odds, half = np.log(share / (1 - share)), quantile * error / (share * (1 - share))
        low, high = (float(1 / (1 + np.exp(-end))) for end in (odds - half, odds + half))
        name = f"interval of the log odds, t with {degrees} degrees of freedom"
    result = Estimate(share, min(low, share), max(high, share), n, name, (WEIGHTS_KNOWN,), confidence)
    return Weighted(result, error, effect, n / effect)


def _unknown(n: int) -> Weighted:
    nan = float("nan")
    message = f"{n} answers in fewer than two clusters do not show a spread."
    return Weighted(NoVerdict("one_cluster", message, n), nan, nan, nan)


@dataclass(frozen=True, slots=True, eq=False)
class _Design:
    """Which cluster and stratum a row is in, each numbered from 0, and the share of a stratum's clusters seen."""

    cluster: npt.NDArray[np.intp]
    stratum_of_cluster: npt.NDArray[np.intp]
    unseen: Array

    @classmethod
    def read(
        cls,
        values: Array,
        clusters: npt.ArrayLike | None,
        strata: npt.ArrayLike | None,
        population: npt.ArrayLike | None,
    ) -> "_Design":
        rows = np.arange(values.size)
        layer = (
            np.zeros(values.size, np.intp) if strata is None else np.unique(np.asarray(strata), return_inverse=True)[1]
        )
        named = rows if clusters is None else np.unique(np.asarray(clusters), return_inverse=True)[1]
        # The same name in two strata is two clusters.
        _, first, cluster = np.unique(layer * (rows.size + 1) + named, return_index=True, return_inverse=True)
        stratum = layer[first]
        size = np.bincount(stratum)
        if population is None:
            return cls(cluster, stratum, np.ones(size.size))
        whole = np.zeros(size.size)
        whole[layer] = np.asarray(population, float)
        if np.any(whole < size):
            raise ValueError("a stratum's population is smaller than what was sampled from it")
        return cls(cluster, stratum, 1 - size / whole)

    @property
    def degrees(self) -> int:
        return int(self.stratum_of_cluster.size - self.unseen.size) if self.stratum_of_cluster.size else 0

    def error(self, residuals: Array) -> float:
        """Standard error of a total from the rows' linearised residuals; a stratum with one cluster adds nothing."""
        totals = np.bincount(self.cluster, weights=residuals)
        size = np.bincount(self.stratum_of_cluster).astype(float)
        mean = np.bincount(self.stratum_of_cluster, weights=totals) / size
        squares = np.bincount(self.stratum_of_cluster, weights=(totals - mean[self.stratum_of_cluster]) ** 2)
        return float(np.sqrt((self.unseen * size / np.maximum(size - 1, 1) * squares).sum()))


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
