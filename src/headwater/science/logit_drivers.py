"""Key drivers of a yes or no, by how much each adds to the fit of a logistic regression.

McFadden's R² (1 - log-likelihood / that of no drivers) is shared among the drivers as their mean contribution over
every order of entry: general dominance (Azen and Traxel, Journal of Educational and Behavioral Statistics 34 (2009)
319-347). Its 2^k fits need the rows, or the counts of equal ones; for many rows with many drivers take
:func:`headwater.science.drivers` on the 0/1 outcome, which needs one pass.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from headwater.science.bounds import Array, two_sided_t
from headwater.science.drivers import ASSUMPTIONS, FEWEST_BUCKETS, Driver, Drivers
from headwater.science.regression import cell_fit, inverse_link
from headwater.science.results import Estimate, NoVerdict
from headwater.science.shapley import shapley

MOST_DRIVERS = 10
"""All sets of so many drivers are fitted, 2^10."""


def logit_drivers(
    outcome: npt.ArrayLike,
    columns: Mapping[str, npt.ArrayLike],
    *,
    buckets: npt.ArrayLike | None = None,
    counts: npt.ArrayLike | None = None,
    confidence: float = 0.95,
) -> Drivers | NoVerdict:
    """Shares of McFadden's R² for ``outcome`` (rows; 0 or 1) among ``columns`` (a mapping or data frame, (rows) each).

    Equal rows may be given once with ``counts``. The interval linearises the shares: at its maximum a log-likelihood
    moves with a row's weight by the row's own part of it, so the influence of each customer bucket is known from the
    fits themselves. Without ``buckets`` every row is a customer. Rows with gaps are an error: leave them out.
    """
    y = np.asarray(outcome, dtype=float)
    x = np.column_stack([np.asarray(columns[name], dtype=float) for name in columns])
    weight = np.ones_like(y) if counts is None else np.asarray(counts, dtype=float)
    place = np.arange(y.size) if buckets is None else np.unique(np.asarray(buckets), return_inverse=True)[1]
    if y.ndim != 1 or not y.shape == weight.shape == place.shape == x.shape[:1]:
        raise ValueError(f"one outcome, count and bucket a row: {y.shape}, {weight.shape}, {x.shape}")
    if not np.all(np.isfinite(x)) or not np.all(np.isin(y, (0, 1))) or np.any(weight < 0):
        raise ValueError("the outcome is 0 or 1, and drivers are finite; leave out rows with gaps")
    names = [str(name) for name in columns]
    refusal = _refusal(y, x, weight, place, names)
    if refusal is not None:
        return refusal
    fits = _fits(y, x, weight, place)
    return fits if isinstance(fits, NoVerdict) else _answer(fits, x, weight, names, confidence)


def _refusal(y: Array, x: Array, weight: Array, place: npt.NDArray[np.intp], names: list[str]) -> NoVerdict | None:
    n = round(float(weight.sum()))
    if len(names) > MOST_DRIVERS:
        raise ValueError(f"all orders of at most {MOST_DRIVERS} drivers are gone through, not {len(names)}")
    if np.unique(place).size < FEWEST_BUCKETS:
        return NoVerdict("few_buckets", f"An interval needs customers in at least {FEWEST_BUCKETS} buckets.", n)
    yes = float((weight * y).sum())
    if min(yes, n - yes) < 5 * len(names):
        message = f"{min(yes, n - yes):.0f} of the rarer answer are too few for {len(names)} drivers."
        return NoVerdict("few_answers", message, n)
    flat = [name for name, column in zip(names, x.T, strict=True) if np.ptp(column) == 0]
    return NoVerdict("no_spread", f"All answers to {flat[0]!r} are the same.", n) if flat else None


def _fits(y: Array, x: Array, weight: Array, place: npt.NDArray[np.intp]) -> Array | NoVerdict:
    """Log-likelihood of the fit with every set of drivers by bucket, shape (2^k, buckets).

    The fits see rows with equal drivers once; which bucket they lie in matters to the sums alone.
    """
    centred = (x - x.mean(axis=0)) / x.std(axis=0)
    patterns, pattern = np.unique(centred, axis=0, return_inverse=True)
    pattern = pattern.reshape(-1)
    n = np.bincount(pattern, weights=weight, minlength=len(patterns)).astype(float)
    yes = np.bincount(pattern, weights=weight * y, minlength=len(patterns)).astype(float)
    found = np.empty((1 << x.shape[1], int(place.max()) + 1))
    for subset in range(len(found)):
        chosen = [column for column in range(x.shape[1]) if subset >> column & 1]
        design = np.column_stack([np.ones(len(patterns)), patterns[:, chosen]])
        fitted = cell_fit(design, n, yes, "logit")
        if isinstance(fitted, NoVerdict):
            return fitted
        risk = np.clip(inverse_link(design @ fitted, "logit"), 1e-300, 1 - 1e-16)
        log_likelihood = weight * np.where(y == 1, np.log(risk)[pattern], np.log1p(-risk)[pattern])
        found[subset] = np.bincount(place, weights=log_likelihood, minlength=found.shape[1])
    return found


def _answer(fits: Array, x: Array, weight: Array, names: list[str], confidence: float) -> Drivers:
    buckets, n = fits.shape[1], round(float(weight.sum()))
    whole = fits.sum(axis=1)
    worth = 1 - whole / whole[0]
    influence = -fits / whole[0] + (whole / whole[0] ** 2)[:, None] * fits[0]
    influence -= influence.mean(axis=1, keepdims=True)
    shares, spread = shapley(worth), shapley(influence)
    quantile = float(two_sided_t(confidence, buckets - 1))
    method = f"general dominance of McFadden's R², linearised over {buckets} customers or buckets"

    def result(value: float, parts: Array) -> Estimate:
        half = quantile * float(np.sqrt(buckets / (buckets - 1) * (parts**2).sum()))
        return Estimate(value, max(value - half, 0.0), value + half, n, method, ASSUMPTIONS, confidence)

    unknown = NoVerdict("not_computed", "Not part of this analysis.", n)
    rows = tuple(
        Driver(name, result(float(share), part), unknown, unknown, n)
        for name, share, part in zip(names, shares, spread, strict=True)
    )
    return Drivers(rows, result(float(worth[-1]), influence[-1]), "the outcome", n, method, ASSUMPTIONS, confidence)
