"""What only hurts when it is missing, and what delights: penalty-reward analysis.

A driver's answers are split into low, middle and high, and the outcome is regressed on "low" and "high" of every driver
together. The coefficient of "low" is the penalty, that of "high" the reward, each against the middle; a driver whose
penalty is larger must not fail, one whose reward is larger may delight (Brandt, Journal of Services Marketing 1988;
Mikulić and Prebežac, Managing Service Quality 21 (2011) 46-66).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from headwater.science.bounds import Array, two_sided_t
from headwater.science.crossproducts import CrossProducts
from headwater.science.pictures import Picture
from headwater.science.results import Estimate, NoVerdict, Result, plot

Kind = Literal["must not fail", "may delight", "both alike"]
FEWEST_BUCKETS = 10
ASSUMPTIONS = (
    "the effects of the drivers add up",
    "customers in different buckets are independent",
    "effects go together with the outcome; they are not shown to cause it",
)


@dataclass(frozen=True, slots=True)
class Asymmetry:
    """One driver, in units of the outcome: ``penalty`` and ``reward`` against a middling rating, and their sum.

    ``asymmetry`` below 0 means that missing it hurts more than having it pleases. ``kind`` is decided by its interval.
    """

    name: str
    penalty: Result
    reward: Result
    asymmetry: Result
    kind: Kind | None

    def plot(self) -> Picture:
        """Penalty and reward with their intervals."""
        return plot({f"{self.name} low": self.penalty, f"{self.name} high": self.reward}, reference=0.0)


def penalty_reward(
    moments: CrossProducts, outcome: str, pairs: Mapping[str, tuple[str, str]], *, confidence: float = 0.95
) -> tuple[Asymmetry, ...] | NoVerdict:
    """Asymmetry of each driver from cross-products by customer bucket.

    ``pairs`` names for each driver its 0/1 columns of a low and of a high rating. Standard errors are those of the
    delete-one-bucket jackknife about the estimate (CR3; where each row is its own bucket exactly HC3), t with
    buckets - 1 degrees of freedom. An answer that is missing belongs to neither column: leave such rows out, or
    take the middle for them and say so.
    """
    columns = [column for pair in pairs.values() for column in pair]
    used = moments.columns([*columns, outcome])
    n = round(float(used.total().n.min())) if columns else 0
    if used.n.ndim == 2 or used.buckets < FEWEST_BUCKETS:
        message = f"An interval needs customers in at least {FEWEST_BUCKETS} buckets."
        return NoVerdict("few_buckets", message, n)
    whole = used.total()
    share = whole.means[:-1]
    for name, (low, high) in pairs.items():
        rare = [column for column in (low, high) if not 0 < share[columns.index(column)] < 1]
        if rare:
            return NoVerdict("no_spread", f"{name} is never, or always, rated {rare[0]!r}.", n)
    fitted = _coefficients(whole)
    left_out = _coefficients(_without_each(used))
    if not np.all(np.isfinite(left_out)) or not np.all(np.isfinite(fitted)):
        return NoVerdict("collinear", "Some ratings always come together, so they cannot be told apart.", n)
    return tuple(
        _answer(name, fitted, left_out, columns.index(low), columns.index(high), n, confidence)
        for name, (low, high) in pairs.items()
    )


def _without_each(moments: CrossProducts) -> CrossProducts:
    """The moments without each bucket that has rows."""
    occupied = np.flatnonzero(moments.n.max(axis=(-2, -1)) > 0)
    keep = np.zeros((occupied.size, moments.n.shape[0]))
    keep[:, occupied] = 1.0
    keep[np.arange(occupied.size), occupied] = 0.0
    return moments.weighted(keep)


def _coefficients(moments: CrossProducts) -> Array:
    """Regression coefficients (…, p) of the last column on the others; ``nan`` where they repeat each other."""
    spread = moments.covariances()
    inner, outer = spread[..., :-1, :-1], spread[..., :-1, -1]
    scale = np.sqrt(np.maximum(np.diagonal(inner, axis1=-2, axis2=-1), 1e-300))
    even = inner / (scale[..., :, None] * scale[..., None, :])
    sound = np.linalg.eigvalsh(even)[..., 0] > 1e-9
    even = np.where(sound[..., None, None], even, np.eye(even.shape[-1]))
    found = np.linalg.solve(even, (outer / scale)[..., None])[..., 0] / scale
    return np.where(sound[..., None], found, np.nan)


def _answer(name: str, fitted: Array, left_out: Array, low: int, high: int, n: int, confidence: float) -> Asymmetry:
    buckets = len(left_out)
    quantile = float(two_sided_t(confidence, buckets - 1))
    method = f"penalty-reward regression, jackknife over {buckets} customer buckets"

    def result(value: float, replicates: Array) -> Estimate:
        half = quantile * float(np.sqrt(((replicates - value) ** 2).sum()))
        return Estimate(value, value - half, value + half, n, method, ASSUMPTIONS, confidence)

    penalty = result(float(fitted[low]), left_out[:, low])
    reward = result(float(fitted[high]), left_out[:, high])
    both = result(float(fitted[low] + fitted[high]), left_out[:, low] + left_out[:, high])
    kind: Kind = "must not fail" if both.high < 0 else "may delight" if both.low > 0 else "both alike"
    return Asymmetry(name, penalty, reward, both, kind)
