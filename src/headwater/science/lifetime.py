"""Who is still a customer where nobody gives notice: the BG/NBD model of repeat purchases.

Each customer buys at a rate of their own (gamma over customers) and may drop out after any purchase (beta over
customers): Fader, Hardie and Lee, Marketing Science 24 (2005) 275-284. Needs three figures a customer: how many repeat
purchases, when the last was, how long they have been known.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from headwater.science.bounds import Array
from headwater.science.results import NoVerdict

FEWEST_REPEATS = 50
ASSUMPTIONS = (
    "each customer buys at a constant rate while active and drops out for good",
    "rates and chances of dropping out are independent of each other across customers",
)


@dataclass(frozen=True, slots=True)
class BgNbd:
    """Fitted parameters: rates are Gamma(``r``, ``alpha``), chances of dropping out Beta(``a``, ``b``)."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    n: int
    assumptions: tuple[str, ...] = ASSUMPTIONS

    def still_active(self, repeats: npt.ArrayLike, last: npt.ArrayLike, known: npt.ArrayLike) -> Array:
        """Probability that each customer is still one, arrays of one shape (as :func:`bg_nbd`)."""
        x, recency, age = (np.asarray(part, dtype=float) for part in (repeats, last, known))
        log_odds = (self.r + x) * (np.log(self.alpha + age) - np.log(self.alpha + recency))
        odds_gone = np.exp(log_odds + np.log(self.a) - np.log(self.b + np.maximum(x, 1) - 1))
        return np.where(x > 0, 1 / (1 + odds_gone), 1.0)


def bg_nbd(repeats: npt.ArrayLike, last: npt.ArrayLike, known: npt.ArrayLike) -> BgNbd | NoVerdict:
    """Maximum likelihood from ``repeats`` (purchases after the first), time of the ``last`` since the first, and how
    long they are ``known``: one entry a customer, times in one unit."""
    from scipy.optimize import minimize  # slow to import, and seldom needed

    x, recency, age = (np.asarray(part, dtype=float) for part in (repeats, last, known))
    if x.ndim != 1 or not x.shape == recency.shape == age.shape or np.any(x < 0):
        raise ValueError(f"three figures a customer: {x.shape}, {recency.shape}, {age.shape}")
    if np.any(recency > age) or np.any((x == 0) != (recency == 0)):
        raise ValueError("the last repeat lies within the time known, and is 0 where there is none")
    if x.sum() < FEWEST_REPEATS:
        return NoVerdict("few_repeats", f"{int(x.sum())} repeat purchases do not show a pattern.", x.size)
    rows, repeated = np.unique(np.column_stack([x, recency, age]), axis=0, return_counts=True)
    counts = repeated.astype(float)
    found = minimize(
        lambda logs: -_log_likelihood(np.exp(logs), rows, counts) / x.size,
        np.log([1.0, float(age.mean()) / 4, 1.0, 2.0]),
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 8000, "maxfev": 8000},
    )
    r, alpha, a, b = (float(value) for value in np.exp(found.x))
    if not found.success or max(r, alpha, a, b) > 1e6:
        return NoVerdict("no_fit", "The model does not fit: a parameter has no finite best value.", x.size)
    return BgNbd(r, alpha, a, b, -float(found.fun) * x.size, x.size)


def _log_likelihood(parameters: Array, rows: Array, counts: Array) -> float:
    r, alpha, a, b = parameters
    x, recency, age = rows.T
    shared = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha)
    shared += special.gammaln(a + b) + special.gammaln(b + x) - special.gammaln(b) - special.gammaln(a + b + x)
    active = -(r + x) * np.log(alpha + age)
    some = np.maximum(x, 1)
    gone = np.log(a) - np.log(b + some - 1) - (r + x) * np.log(alpha + recency)
    both = np.where(x > 0, np.logaddexp(active, np.where(x > 0, gone, -np.inf)), active)
    return float((counts * (shared + both)).sum())
