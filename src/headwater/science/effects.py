"""What something does to customers when nobody was assigned to it: doubly robust effects.

Those to whom a thing happened differ from the others before it happened. Two models speak to that: the chance that it
happens to a customer (propensity), and the outcome to expect. The augmented inverse-probability-weighted estimate is
right if either model is (Robins, Rotnitzky and Zhao, JASA 89 (1994) 846-866; Bang and Robins, Biometrics 61 (2005)
962-972), and its influence function gives the standard error.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from headwater.science.bounds import Array, two_sided_t, two_sided_z
from headwater.science.pictures import Picture
from headwater.science.regression import cell_fit, inverse_link
from headwater.science.results import Estimate, NoVerdict, Result, plot

Among = Literal["everyone", "affected"]
Family = Literal["linear", "logistic"]

FEWEST = 20
# Customers whose chance is nearer to 0 or 1 than this have no counterpart on the other side.
NO_COUNTERPART = 0.01
MOST_WITHOUT_COUNTERPART = 0.2
ASSUMPTIONS = (
    "customers with equal confounders have equal chances of being affected; nothing unseen brings both",
    "every customer could have been affected or spared",
    "one of the two models, of the chance and of the outcome, is right",
)


@dataclass(frozen=True, slots=True)
class Effect:
    """An adjusted effect, and what speaks for trusting it.

    ``result`` is the doubly robust estimate; ``weighted`` (propensity alone), ``standardised`` (outcome model alone)
    and ``crude`` (no adjustment) stand beside it. ``imbalance`` are the largest standardised differences in a
    confounder before and after weighting; ``without_counterpart`` the share of customers whose chance is below 1 or
    above 99 %. Among the affected it is the share of them whose chance is above 99 %: those who could hardly have been
    affected count next to nothing there, and need no counterpart.
    """

    result: Result
    weighted: Result
    standardised: float
    crude: float
    mean_affected: float
    mean_spared: float
    affected: int
    n: int
    imbalance: tuple[float, float]
    without_counterpart: float

    def plot(self) -> Picture:
        """The doubly robust and the weighted effect."""
        return plot({"doubly robust": self.result, "weighted": self.weighted}, reference=0.0)


def doubly_robust(
    outcome: npt.ArrayLike,
    affected: npt.ArrayLike,
    confounders: npt.ArrayLike,
    *,
    counts: npt.ArrayLike | None = None,
    clusters: npt.ArrayLike | None = None,
    interactions: Sequence[int] = (),
    family: Family = "linear",
    among: Among = "everyone",
    confidence: float = 0.95,
) -> Effect | NoVerdict:
    """Mean of ``outcome`` if affected less that if spared, in units of the outcome.

    Rows are customers: ``outcome`` (rows), ``affected`` (rows; 0 or 1), ``confounders`` (rows, p), known before and
    without a constant column. Equal rows may be given once with ``counts`` and the mean of their outcomes; the interval
    then needs ``clusters`` (rows; customer buckets). ``interactions`` are columns of the confounders on which the
    effect may depend. ``family`` "logistic" is for outcomes in 0…1, such as having left. ``among`` "affected" answers
    what it did to those to whom it happened, which is the figure to multiply with their number.
    """
    data = _checked(outcome, affected, confounders, counts, clusters)
    refusal = _refusal(data, counts is not None and clusters is None)
    if refusal is not None:
        return refusal
    chance = _chances(data)
    if isinstance(chance, NoVerdict):
        return chance
    if_affected, if_spared = _expected(data, interactions, family) or (None, None)
    if if_affected is None or if_spared is None:
        return NoVerdict("separated", "The outcome is the same for all of a group, so it cannot be modelled.", data.n)
    lonely = _without_counterpart(data, chance, among)
    if lonely > MOST_WITHOUT_COUNTERPART:
        message = f"{lonely:.0%} of the customers have no counterpart: affected and spared differ too much to compare."
        return NoVerdict("no_overlap", message, data.n)
    score = _scores(data, chance, if_affected, if_spared, among)
    over = data.a if among == "affected" else np.ones_like(data.a)
    standardised = float(np.average(if_affected - if_spared, weights=data.w * over))
    return Effect(
        _interval(data, score, "augmented inverse-probability weighting, influence-function SE", confidence),
        _weighted(data, chance, among, confidence),
        standardised,
        data.mean(1) - data.mean(0),
        data.mean(1),
        data.mean(0),
        round(float((data.w * data.a).sum())),
        data.n,
        _imbalance(data, chance, among),
        lonely,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Data:
    y: Array
    a: Array
    x: Array
    w: Array
    cluster: npt.NDArray[np.intp] | None

    @property
    def n(self) -> int:
        return round(float(self.w.sum()))

    def mean(self, side: int) -> float:
        return float(np.average(self.y, weights=self.w * (self.a == side)))

    def with_constant(self, *more: Array) -> Array:
        return np.column_stack([np.ones(len(self.y)), *more, self.x])


def _checked(
    outcome: npt.ArrayLike,
    affected: npt.ArrayLike,
    confounders: npt.ArrayLike,
    counts: npt.ArrayLike | None,
    clusters: npt.ArrayLike | None,
) -> _Data:
    y, a, x = np.asarray(outcome, float), np.asarray(affected, float), np.asarray(confounders, float)
    x = x.reshape(len(y), -1) if x.ndim < 2 else x
    w = np.ones(len(y)) if counts is None else np.asarray(counts, float)
    cluster = None if clusters is None else np.unique(np.asarray(clusters), return_inverse=True)[1]
    if not y.shape == a.shape == w.shape == x.shape[:1] or (cluster is not None and cluster.shape != y.shape):
        raise ValueError(f"one outcome, state, count and cluster a row: {y.shape}, {a.shape}, {w.shape}, {x.shape}")
    if not all(np.all(np.isfinite(part)) for part in (y, a, x, w)) or np.any(w < 0) or not np.all(np.isin(a, (0, 1))):
        raise ValueError("values must be finite, counts not negative, and affected 0 or 1; leave out rows with gaps")
    spread = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return _Data(y, a, x[:, spread > 0], w, cluster)


def _refusal(data: _Data, no_spread: bool) -> NoVerdict | None:
    if no_spread:
        raise ValueError("rows with counts have no interval without clusters: give the customer bucket of each row")
    few = min(float((data.w * data.a).sum()), float((data.w * (1 - data.a)).sum())) if data.y.size else 0.0
    if few < FEWEST:
        message = f"Only {few:.0f} customers on one side; a comparison needs {FEWEST} affected and {FEWEST} spared."
        return NoVerdict("few_customers", message, data.n)
    if data.cluster is not None and np.unique(data.cluster).size < 10:
        return NoVerdict("few_buckets", "An interval needs customers in at least 10 buckets.", data.n)
    return None


def _chances(data: _Data) -> Array | NoVerdict:
    design = data.with_constant()
    fitted = cell_fit(design, data.w, data.w * data.a, "logit")
    if isinstance(fitted, NoVerdict):
        message = "Some confounders decide by themselves who is affected, or repeat each other."
        return NoVerdict("no_overlap" if fitted.code == "separated" else fitted.code, message, data.n)
    return inverse_link(design @ fitted, "logit")


def _without_counterpart(data: _Data, chance: Array, among: Among) -> float:
    certain = chance > 1 - NO_COUNTERPART
    if among == "affected":
        return float(np.average(certain, weights=data.w * data.a))
    return float(np.average((chance < NO_COUNTERPART) | certain, weights=data.w))


def _expected(data: _Data, interactions: Sequence[int], family: Family) -> tuple[Array, Array] | None:
    """Expected outcome of each row if affected and if spared."""

    def design(state: Array) -> Array:
        return data.with_constant(state, *(state * data.x[:, place] for place in interactions))

    seen = design(data.a)
    if family == "logistic":
        fitted = cell_fit(seen, data.w, data.w * data.y, "logit")
        if isinstance(fitted, NoVerdict):
            return None
        one, none = (inverse_link(design(np.full(len(data.y), side)) @ fitted, "logit") for side in (1.0, 0.0))
        return one, none
    root = np.sqrt(data.w)
    fitted = np.linalg.lstsq(seen * root[:, None], data.y * root, rcond=None)[0].astype(float)
    return design(np.ones(len(data.y))) @ fitted, design(np.zeros(len(data.y))) @ fitted


def _scores(data: _Data, chance: Array, if_affected: Array, if_spared: Array, among: Among) -> Array:
    """The uncentred influence of each row; their weighted mean is the estimate."""
    if among == "affected":
        share = np.average(data.a, weights=data.w)
        left = data.y - if_spared
        odds = chance / (1 - chance)
        raw = (data.a - (1 - data.a) * odds) * left / share
        estimate = np.average(raw, weights=data.w)
        return np.asarray(raw - data.a * estimate / share + estimate)
    gained = data.a / chance * (data.y - if_affected) - (1 - data.a) / (1 - chance) * (data.y - if_spared)
    return np.asarray(if_affected - if_spared + gained)


def _interval(data: _Data, score: Array, name: str, confidence: float) -> Estimate:
    total = data.w.sum()
    estimate = float(np.average(score, weights=data.w))
    influence = data.w * (score - estimate) / total
    if data.cluster is None:
        parts, quantile = influence, two_sided_z(confidence)
    else:
        parts = np.bincount(data.cluster, weights=influence)
        quantile = float(two_sided_t(confidence, parts.size - 1))
    error = float(np.sqrt(parts.size / (parts.size - 1) * (parts**2).sum()))
    return Estimate(
        estimate, estimate - quantile * error, estimate + quantile * error, data.n, name, ASSUMPTIONS, confidence
    )


def _balancing(data: _Data, chance: Array, among: Among) -> Array:
    if among == "affected":
        return np.asarray(data.w * np.where(data.a == 1, 1.0, chance / (1 - chance)))
    return np.asarray(data.w * np.where(data.a == 1, 1 / chance, 1 / (1 - chance)))


def _weighted(data: _Data, chance: Array, among: Among, confidence: float) -> Estimate:
    """Difference of weighted means, the weights taken as known (which makes the interval a little too wide)."""
    weight = _balancing(data, chance, among) / data.w.clip(1e-300)
    score = np.zeros_like(data.y)
    for side, sign in ((1, 1), (0, -1)):
        part = weight * (data.a == side)
        mean = np.average(data.y, weights=part * data.w)
        score += sign * (mean + part * (data.y - mean) / np.average(part, weights=data.w))
    return _interval(data, score, "inverse-probability weighting, weights taken as known", confidence)


def _imbalance(data: _Data, chance: Array, among: Among) -> tuple[float, float]:
    if not data.x.size:
        return 0.0, 0.0

    def largest(weights: Array) -> float:
        one, none = (np.average(data.x, axis=0, weights=weights * (data.a == side)) for side in (1, 0))
        return float(np.abs(one - none).max())

    return largest(data.w), largest(_balancing(data, chance, among))
