"""One figure and its interval at a time: NPS, shares, rates, means and ratios.

Shares are in 0…1, the NPS in -1…1. Every function answers an ``Estimate``, or a ``NoVerdict`` where the data cannot
carry one. For thousands of groups at once see :mod:`headwater.science.bounds`.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from headwater.science import bounds
from headwater.science.bounds import Array, NpsMethod
from headwater.science.results import Estimate, NoVerdict, Result

INDEPENDENT = "each observation is independent of the others"
CLUSTERED = "clusters are independent of each other; observations inside one may depend on each other"
POISSON = "events happen independently at one constant rate"


def nps(
    promoters: int, passives: int, detractors: int, *, method: NpsMethod = "score", confidence: float = 0.95
) -> Result:
    """Net Promoter Score in -1…1: share of promoters less share of detractors.

    ``score`` is the Tango / May-Johnson interval; ``adjusted_wald`` the one that can be explained on a napkin
    (sources at :func:`headwater.science.bounds.nps_bounds`). Worst-case coverage at n = 10 is .914 for the score
    interval against .400 for plain Wald.
    """
    low, high = bounds.nps_bounds(promoters, passives, detractors, method=method, confidence=confidence)
    n = int(promoters + passives + detractors)
    if n == 0:
        return NoVerdict("no_answers", "Nobody has answered yet.")
    estimate = (promoters - detractors) / n
    name = "Tango score interval" if method == "score" else "adjusted Wald interval (+¾, 1½, ¾)"
    return Estimate(estimate, float(low), float(high), n, name, (INDEPENDENT,), confidence)


def proportion(
    successes: int, n: int, *, method: Literal["wilson", "exact"] = "wilson", confidence: float = 0.95
) -> Result:
    """Share in 0…1 with Wilson's score interval, or the ``exact`` one of Clopper and Pearson, which is wider."""
    return proportions([successes], [n], method=method, confidence=confidence)[0]


def proportions(
    successes: Sequence[int],
    n: Sequence[int],
    *,
    method: Literal["wilson", "exact"] = "wilson",
    confidence: float = 0.95,
) -> tuple[Result, ...]:
    """:func:`proportion` of many groups at once, entry by entry: hundreds take hardly longer than one."""
    if method not in ("wilson", "exact"):
        raise ValueError(f"unknown method {method!r}: it is wilson or exact")
    bound = bounds.proportion_bounds if method == "wilson" else bounds.exact_proportion_bounds
    low, high = bound(successes, n, confidence=confidence)
    name = "Wilson score interval" if method == "wilson" else "Clopper-Pearson exact interval"
    nothing = NoVerdict("no_answers", "There is nothing to take a share of.")
    return tuple(
        Estimate(hits / tries, float(lower), float(upper), tries, name, (INDEPENDENT,), confidence)
        if tries
        else nothing
        for hits, tries, lower, upper in zip(successes, n, low, high, strict=True)
    )


def rate(events: int, exposure: float, *, confidence: float = 0.95) -> Result:
    """Events per unit of ``exposure`` (customers, days, orders) with the exact Poisson interval; n counts events."""
    low, high = bounds.rate_bounds(events, exposure, confidence=confidence)
    if exposure == 0:
        return NoVerdict("no_exposure", "There is no exposure to count events against.", events)
    return Estimate(
        events / exposure, float(low), float(high), events, "exact Poisson interval", (POISSON,), confidence
    )


def clustered_mean(
    sums: npt.ArrayLike,
    counts: npt.ArrayLike,
    *,
    confidence: float = 0.95,
    limits: tuple[float, float] | None = None,
) -> Result:
    """Mean of observations that come in clusters, such as a customer's several answers.

    ``sums`` and ``counts`` have one entry a cluster (customer bucket). The standard error is linearised and t has
    clusters - 1 degrees of freedom. ``limits`` are the ends of the scale: the interval stays inside them, and where
    every observation is the same it is as wide as one unseen other answer allows (Wilson's bound on the share of
    clusters that would differ); without ``limits`` such data get a ``NoVerdict``.
    """
    totals, sizes = np.asarray(sums, float), np.asarray(counts, float)
    n = round(float(sizes.sum()))
    clusters = int((sizes > 0).sum())
    if clusters < 2:
        return _too_few_clusters(clusters, n)
    mean, low, high, error = (float(value) for value in bounds.ratio_bounds(totals, sizes, confidence=confidence))
    name = f"linearised standard error over {clusters} clusters, t with {clusters - 1} degrees of freedom"
    if error <= 1e-12 * max(abs(mean), 1.0):
        if limits is None:
            return NoVerdict("no_spread", f"All {n} observations are the same, so their spread is unknown.", n)
        low, high = unanimous_bounds(mean, clusters, limits, confidence=confidence)
        name = f"no spread seen in {clusters} clusters: Wilson bound on the share that differs"
    if limits is not None:
        low, high = max(low, limits[0]), min(high, limits[1])
    return Estimate(mean, low, high, n, name, (CLUSTERED,), confidence)


def unanimous_bounds(
    mean: float, clusters: int, limits: tuple[float, float], *, confidence: float = 0.95
) -> tuple[float, float]:
    """Bounds of a mean when all clusters agree: up to Wilson's bound of them could sit at either end of the scale."""
    unseen = float(bounds.proportion_bounds(0, clusters, confidence=confidence)[1])
    return mean - unseen * (mean - limits[0]), mean + unseen * (limits[1] - mean)


def ratio(numerators: npt.ArrayLike, denominators: npt.ArrayLike, *, confidence: float = 0.95) -> Result:
    """Ratio of sums over clusters, such as contacts per customer; n is the sum of the denominators.

    One entry a cluster; source at :func:`headwater.science.bounds.ratio_bounds`.
    """
    top, base = np.asarray(numerators, float), np.asarray(denominators, float)
    clusters = int(((base > 0) | (top != 0)).sum())
    n = round(float(base.sum()))
    if clusters < 2 or n == 0:
        return _too_few_clusters(clusters, n)
    value, low, high, error = (float(part) for part in bounds.ratio_bounds(top, base, confidence=confidence))
    if error <= 1e-12 * max(abs(value), 1.0):
        return NoVerdict("no_spread", f"All {clusters} clusters have the same ratio, so its spread is unknown.", n)
    name = f"linearised standard error over {clusters} clusters, t with {clusters - 1} degrees of freedom"
    return Estimate(value, low, high, n, name, (CLUSTERED,), confidence)


def _too_few_clusters(clusters: int, n: int) -> NoVerdict:
    if clusters == 0 or n == 0:
        return NoVerdict("no_answers", "There are no observations.", n)
    return NoVerdict("one_cluster", f"All {n} observations are in one cluster, so their spread is unknown.", n)


def difference(first: Estimate, second: Estimate) -> Estimate:
    """``first`` less ``second``, two estimates of one kind from independent groups; n is the smaller base.

    The interval recovers each side's variance from its own bounds (MOVER: Zou and Donner, Statistics in Medicine 27
    (2008) 1693-1702). With Wilson intervals it is Newcombe's hybrid score interval (1998, method 10); with score
    intervals of the NPS it keeps their coverage near the ends of the scale.
    """
    if first.confidence != second.confidence:
        raise ValueError(f"intervals differ in confidence: {first.confidence} and {second.confidence}")
    gap = first.estimate - second.estimate
    below = np.hypot(first.estimate - first.low, second.high - second.estimate)
    above = np.hypot(first.high - first.estimate, second.estimate - second.low)
    assumptions = tuple(dict.fromkeys((*first.assumptions, *second.assumptions, "the two groups are independent")))
    n = min(first.n, second.n)
    return Estimate(
        gap, gap - float(below), gap + float(above), n, "MOVER of the two intervals", assumptions, first.confidence
    )


__all__ = ["Array", "clustered_mean", "difference", "nps", "proportion", "rate", "ratio", "unanimous_bounds"]
