"""Interval bounds for many groups at once: arrays in, arrays of the same shape out.

Each function takes one entry a group and answers ``(low, high)``. Groups without observations get ``nan``; the scalar
functions of :mod:`headwater.science.intervals` turn those into a ``NoVerdict``.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Bounds = tuple[Array, Array]
NpsMethod = Literal["score", "adjusted_wald"]

# Halving the search space [-1, 1] this often leaves less than 1e-15 of it.
BISECTIONS = 52


def two_sided_z(confidence: float) -> float:
    """The standard normal quantile that leaves ``1 - confidence`` in both tails together."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence!r}")
    return float(special.ndtri(0.5 + confidence / 2))


def two_sided_t(confidence: float, degrees: npt.ArrayLike) -> Array:
    """Student's t quantile for each entry of ``degrees`` of freedom; ``nan`` where there are none."""
    two_sided_z(confidence)
    freedom = np.asarray(degrees, dtype=float)
    quantile = special.stdtrit(np.where(freedom > 0, freedom, 1.0), 0.5 + confidence / 2)
    return np.where(freedom > 0, quantile, np.nan)


def counts(*values: npt.ArrayLike) -> tuple[Array, ...]:
    """Broadcast counts to one shape; a negative or infinite one is an error of the caller."""
    arrays = np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in values))
    for array in arrays:
        if not np.all(np.isfinite(array)) or np.any(array < 0):
            raise ValueError(f"counts must be finite and not negative, not {array.tolist()!r}")
    return tuple(np.array(array) for array in arrays)


def nps_bounds(
    promoters: npt.ArrayLike,
    passives: npt.ArrayLike,
    detractors: npt.ArrayLike,
    *,
    method: NpsMethod = "score",
    confidence: float = 0.95,
) -> Bounds:
    """Bounds of the Net Promoter Score, as a difference of shares in -1…1.

    ``score`` inverts the score test of a difference of two paired shares: Tango, Statistics in Medicine 17 (1998)
    891-908; the same as May and Johnson (1997), and Rocks' "iterative" interval for the NPS (2016).
    ``adjusted_wald`` adds ¾, 1½ and ¾ observations to promoters, passives and detractors (Rocks 2016), clipped to
    -1…1. Counts may be fractions: effective counts of a weighted sample.
    """
    if method not in ("score", "adjusted_wald"):
        raise ValueError(f"unknown method {method!r}: it is score or adjusted_wald")
    top, middle, low = counts(promoters, passives, detractors)
    z = two_sided_z(confidence)
    bounds = _nps_score(top, middle, low, z) if method == "score" else _nps_adjusted_wald(top, middle, low, z)
    empty = top + middle + low == 0
    return np.where(empty, np.nan, bounds[0]), np.where(empty, np.nan, bounds[1])


def _nps_adjusted_wald(top: Array, middle: Array, low: Array, z: float) -> Bounds:
    n = top + middle + low + 3
    centre = (top - low) / n
    half = z * np.sqrt(np.maximum((top + low + 1.5) / n - centre**2, 0) / n)
    return np.clip(centre - half, -1, 1), np.clip(centre + half, -1, 1)


def _nps_score(top: Array, middle: Array, low: Array, z: float) -> Bounds:
    n = np.where(top + middle + low > 0, top + middle + low, 1.0)
    observed = (top - low) / n

    def rejected(difference: Array) -> Flags:
        """Whether the score test rejects a true difference, with the variance that the data would have under it."""
        linear = -top - low + (2 * n - top + low) * difference
        constant = -low * difference * (1 - difference)
        root = np.sqrt(np.maximum(linear**2 - 8 * n * constant, 0))
        # Of the two forms of a quadratic's root, the one that does not subtract nearly equal numbers.
        stable = np.where(linear + root > 0, linear + root, 1.0)
        share = np.where(linear > 0, -2 * constant / stable, (root - linear) / (4 * n))
        variance = np.maximum(2 * share + difference * (1 - difference), 0)
        rejects: Flags = n * (observed - difference) ** 2 > z**2 * variance
        return rejects

    return _edge(observed, -np.ones_like(n), rejected), _edge(observed, np.ones_like(n), rejected)


def _edge(inside: Array, outside: Array, rejected: Callable[[Array], Flags]) -> Array:
    """The last value that is not rejected on the way from ``inside`` to ``outside``, by bisection."""
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        outer = rejected(middle)
        outside = np.where(outer, middle, outside)
        inside = np.where(outer, inside, middle)
    return inside


def proportion_bounds(successes: npt.ArrayLike, n: npt.ArrayLike, *, confidence: float = 0.95) -> Bounds:
    """Wilson's score interval of a share in 0…1 (Wilson 1927; Newcombe, Statistics in Medicine 17 (1998), method 3)."""
    hits, tries = counts(successes, n)
    if np.any(hits > tries):
        raise ValueError(f"more successes than tries: {hits.tolist()!r} of {tries.tolist()!r}")
    z = two_sided_z(confidence)
    known = np.where(tries > 0, tries, np.nan)
    share = hits / known
    centre = (share + z**2 / (2 * known)) / (1 + z**2 / known)
    half = z / (1 + z**2 / known) * np.sqrt(share * (1 - share) / known + z**2 / (4 * known**2))
    low = np.where(hits == 0, np.where(tries > 0, 0.0, np.nan), np.maximum(centre - half, 0))
    high = np.where(hits == tries, np.where(tries > 0, 1.0, np.nan), np.minimum(centre + half, 1))
    return low, high


def exact_proportion_bounds(successes: npt.ArrayLike, n: npt.ArrayLike, *, confidence: float = 0.95) -> Bounds:
    """Clopper and Pearson's interval of a share in 0…1: never too narrow, often too wide (Biometrika 26 (1934))."""
    hits, tries = counts(successes, n)
    if np.any(hits > tries):
        raise ValueError(f"more successes than tries: {hits.tolist()!r} of {tries.tolist()!r}")
    two_sided_z(confidence)
    tail = (1 - confidence) / 2
    some, rest = np.maximum(hits, 1e-9), np.maximum(tries - hits, 1e-9)
    low = np.where(hits == 0, 0.0, special.betaincinv(some, tries - hits + 1, tail))
    high = np.where(hits == tries, 1.0, special.betaincinv(hits + 1, rest, 1 - tail))
    return np.where(tries > 0, low, np.nan), np.where(tries > 0, high, np.nan)


def rate_bounds(events: npt.ArrayLike, exposure: npt.ArrayLike, *, confidence: float = 0.95) -> Bounds:
    """Exact Poisson interval of events per unit of exposure (Garwood, Biometrika 28 (1936) 437-442)."""
    seen, base = counts(events, exposure)
    two_sided_z(confidence)
    tail = (1 - confidence) / 2
    known = np.where(base > 0, base, np.nan)
    low = np.where(seen > 0, special.gammaincinv(np.where(seen > 0, seen, 1.0), tail), 0.0)
    return low / known, special.gammainccinv(seen + 1, tail) / known


def ratio_bounds(
    numerators: npt.ArrayLike, denominators: npt.ArrayLike, *, confidence: float = 0.95
) -> tuple[Array, Array, Array, Array]:
    """Ratios of sums over clusters, with linearised standard errors.

    ``numerators`` and ``denominators`` have the shape (groups, clusters). Answers four arrays with one entry a group:
    ratio, low, high, standard error. Clusters with nothing in numerator and denominator do not count; one with a
    numerator alone does (a customer bucket with contacts and without orders). The residual of cluster b is
    ``numerator_b - ratio * denominator_b``, its variance is estimated with k / (k - 1) for k clusters, and t has
    k - 1 degrees of freedom (Cochran, Sampling Techniques, 3rd ed. 1977, section 6.3 and 9A; R survey's svyratio).
    ``nan`` bounds where a group has fewer than two clusters.
    """
    top, base = np.broadcast_arrays(np.asarray(numerators, float), np.asarray(denominators, float))
    if not (np.all(np.isfinite(top)) and np.all(np.isfinite(base))) or np.any(base < 0):
        raise ValueError("numerators and denominators must be finite, and denominators not negative")
    used = (base > 0) | (top != 0)
    clusters = used.sum(axis=-1)
    total = base.sum(axis=-1)
    known = np.where(total > 0, total, np.nan)
    ratio = np.where(used, top, 0).sum(axis=-1) / known
    residuals = np.where(used, top - ratio[..., None] * base, 0)
    spread = clusters / np.where(clusters > 1, clusters - 1, np.nan) * (residuals**2).sum(axis=-1)
    error = np.sqrt(spread) / known
    half = two_sided_t(confidence, clusters - 1) * error
    return ratio, ratio - half, ratio + half, error
