"""Shares of classes that an imperfect classifier counted, corrected with an audited sample.

Two situations, and two estimators:

- The audited items are a random part of the very items counted (``audit="within"``). What share of each *predicted*
  class is truly what was known from the audit: double sampling (Tenenbein, JASA 65 (1970) 1350-1361), the maximum
  likelihood estimate and the narrower one.
- They come from elsewhere: another month, the whole company while one stage is counted (``audit="separate"``). Shares
  differ, but how the classifier errs on a *true* class is taken to be the same: the confusion matrix is inverted,
  and where that leaves 0…1, the constrained maximum likelihood takes over (Buonaccorsi, Measurement Error, 2010,
  chapter 3; for two classes Rogan and Gladen, American Journal of Epidemiology 107 (1978) 71-76).

The doubt of the audit and that of the counts both go in: seeded draws from the Dirichlet posterior of each, with one
pseudo-observation spread over each row, and the interval holds the middle ``confidence`` of the corrected draws.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from headwater.science.bounds import Array, two_sided_z
from headwater.science.results import Estimate, NoVerdict, Result

Audit = Literal["separate", "within"]

ITERATIONS = 400
DRAWS = 2000
SEED = 20_260_101
# Below this a confusion matrix says next to nothing about the true class: its rows are alike.
LEAST_SINGULAR_VALUE = 1e-6
ASSUMPTIONS: dict[Audit, str] = {
    "within": "the audited items are a random part of the items counted",
    "separate": "the classifier errs on each true class as it did in the audit",
}


def corrected_shares(
    observed_counts: npt.ArrayLike,
    confusion: npt.ArrayLike,
    *,
    audit: Audit = "separate",
    confidence: float = 0.95,
    draws: int = DRAWS,
    seed: int = SEED,
) -> list[Result]:
    """True share, in 0…1, of each of k classes, in the order given.

    ``observed_counts`` (k) are items by predicted class; ``confusion`` (k, k) counts audited items, truth in rows and
    prediction in columns. For causes, of which an item may have several, call it once a cause with the two classes
    "has it" and "has it not". A class that no audited item truly has gets ``NoVerdict``; the others are estimated as
    if its share were nothing.
    """
    two_sided_z(confidence)
    counted, audited = _checked(observed_counts, confusion)
    n = round(float(counted.sum()))
    if n == 0 or audited.sum() == 0:
        message = "Nothing has been counted." if n == 0 else "Nothing has been audited."
        return [NoVerdict("no_answers" if n == 0 else "not_audited", message, n)] * counted.size
    known = audited.sum(axis=1) > 0
    table = audited[known]
    if audit == "separate" and not _informative(table):
        message = "The classifier's errors leave nothing to tell the classes apart by."
        return [NoVerdict("uninformative", message, n)] * counted.size
    random = np.random.default_rng(seed)
    estimate = _double_sampling if audit == "within" else _inverted
    shares = estimate(counted[None], _point(table, audit)[None])[0]
    drawn = estimate(_dirichlet(np.tile(counted, (draws, 1)), random), _drawn(table, audit, draws, random))
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=0)
    name = f"corrected for the classifier's confusion ({round(float(audited.sum()))} audited, {audit})"
    found = iter(
        Estimate(float(share), float(min(a, share)), float(max(b, share)), n, name, (ASSUMPTIONS[audit],), confidence)
        for share, a, b in zip(shares, low, high, strict=True)
    )
    missing = NoVerdict("not_audited", "No audited item truly belongs to this class.", n)
    return [next(found) if there else missing for there in known]


def tells_apart(confusion: npt.ArrayLike, *, confidence: float = 0.99) -> bool:
    """Whether what a classifier says depends on the truth beyond doubt.

    Pearson's chi-squared test of independence over the audited classes of ``confusion`` (k, k), truth in rows. Where
    it does not, correcting shares with this confusion would only turn noise into figures.
    """
    table = np.asarray(confusion, dtype=float)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(table.shape) < 2:
        return False
    return bool(stats.chi2_contingency(table, correction=False).pvalue < 1 - confidence)


def _checked(observed_counts: npt.ArrayLike, confusion: npt.ArrayLike) -> tuple[Array, Array]:
    counted, audited = np.asarray(observed_counts, dtype=float), np.asarray(confusion, dtype=float)
    if counted.ndim != 1 or counted.size < 2 or audited.shape != (counted.size, counted.size):
        raise ValueError(f"k counts and a k by k confusion, k at least 2: not {counted.shape} and {audited.shape}")
    for array in (counted, audited):
        if not np.all(np.isfinite(array)) or np.any(array < 0):
            raise ValueError("counts must be finite and not negative")
    return counted, audited


def _informative(table: Array) -> bool:
    rows = table / table.sum(axis=1, keepdims=True)
    return bool(np.linalg.svd(rows, compute_uv=False)[-1] > LEAST_SINGULAR_VALUE)


def _point(table: Array, audit: Audit) -> Array:
    """The audit as chances: of the prediction given the truth (rows), or of the truth given it (columns)."""
    if audit == "separate":
        return np.asarray(table / table.sum(axis=1, keepdims=True))
    totals = table.sum(axis=0)
    overall = table.sum(axis=1, keepdims=True) / table.sum()
    return np.where(totals > 0, table / np.where(totals > 0, totals, 1), overall)


def _drawn(table: Array, audit: Audit, draws: int, random: np.random.Generator) -> Array:
    if audit == "separate":
        return _dirichlet(np.tile(table, (draws, 1, 1)), random)
    columns = _dirichlet(np.tile(table.T, (draws, 1, 1)), random)
    return np.swapaxes(columns, 1, 2)


def _dirichlet(observed: Array, random: np.random.Generator) -> Array:
    """One draw of shares a row, along the last axis."""
    gamma = random.standard_gamma(observed + 1 / observed.shape[-1])
    return np.asarray(gamma / np.maximum(gamma.sum(axis=-1, keepdims=True), np.finfo(float).tiny))


def _double_sampling(counted: Array, truth_given_prediction: Array) -> Array:
    predicted = counted / counted.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("dij,dj->di", truth_given_prediction, predicted))


def _inverted(counted: Array, prediction_given_truth: Array) -> Array:
    """Shares that make the counts most likely: the inverse where it is one, else expectation-maximisation."""
    predicted = counted / counted.sum(axis=1, keepdims=True)
    turned = np.swapaxes(prediction_given_truth, 1, 2)
    shares = np.einsum("dij,dj->di", np.linalg.pinv(turned), predicted)
    outside = (shares.min(axis=1) < 0) | (shares.shape[1] < predicted.shape[1])
    if outside.any():
        shares[outside] = _most_likely(predicted[outside], prediction_given_truth[outside], shares[outside])
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _most_likely(predicted: Array, prediction_given_truth: Array, start: Array) -> Array:
    shares = np.maximum(start, 1e-3)
    shares /= shares.sum(axis=1, keepdims=True)
    for _ in range(ITERATIONS):
        expected = np.einsum("di,dij->dj", shares, prediction_given_truth)
        weights = np.divide(predicted, expected, out=np.zeros_like(predicted), where=expected > 0)
        updated = shares * np.einsum("dij,dj->di", prediction_given_truth, weights)
        settled = np.abs(updated - shares).max() < 1e-7
        shares = updated
        if settled:
            break
    return shares
