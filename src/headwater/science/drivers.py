"""Key drivers: how much of the differences in an outcome each driver accounts for, from cross-products.

Drivers that go together cannot be told apart by a single regression coefficient. The shares here add up to R²: up to
16 drivers by LMG, the mean of what a driver adds to R² over every order of entry (Lindeman, Merenda and Gold 1980;
Grömping, Journal of Statistical Software 17 (2006) 1), above that by Johnson's relative weights (Multivariate
Behavioral Research 35 (2000) 1-19), which come close to LMG and need one eigenvalue decomposition.

The outcome may be a score; 0 and 1 (R² of the linear probability model; for McFadden's R² see
:mod:`headwater.science.logit_drivers`); or an ordered scale recoded by :func:`ridits`, which makes the answer the same
for every way of numbering the scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from headwater.science.bounds import Array, two_sided_z
from headwater.science.crossproducts import CrossProducts
from headwater.science.multiplicity import benjamini_hochberg
from headwater.science.pictures import Crossing, Picture, Span, crosses
from headwater.science.results import Estimate, NoVerdict, Result, plot
from headwater.science.shapley import shapley

Method = Literal["lmg", "johnson"]

MOST_FOR_LMG = 16
REPLICATES = 200
SEED = 20_260_101
FEWEST_BUCKETS = 10
# Replicates are taken in portions of at most this many numbers.
PORTION = 20_000_000
# A correlation matrix whose smallest eigenvalue is below this has a driver that the others spell out.
SINGULAR = 1e-8
ASSUMPTIONS = (
    "drivers act on the outcome in proportion and add up",
    "customers in different buckets are independent",
    "a share says what goes together with the outcome, not what causes it",
)
AVAILABLE_CASE = (
    "who left a question out would have answered like the rest (each pair of questions uses all who answered both)"
)


@dataclass(frozen=True, slots=True)
class Driver:
    """``importance`` is in units of R², ``weight`` the standardised regression coefficient, ``mean`` its level."""

    name: str
    importance: Result
    weight: Result
    mean: Result
    n: int

    def plot(self) -> Picture:
        """Its importance with the interval."""
        return plot({self.name: self.importance})


@dataclass(frozen=True, slots=True)
class Drivers:
    """Drivers in the order given; the importances add up to ``r_squared``."""

    drivers: tuple[Driver, ...]
    r_squared: Result
    outcome: str
    n: int
    method: str
    assumptions: tuple[str, ...]
    confidence: float = 0.95

    def plot(self) -> Picture:
        """Importances with their intervals, largest first."""
        ordered = sorted(self.drivers, key=lambda one: -_value(one.importance))
        return plot(
            {one.name: one.importance for one in ordered}, description=f"Drivers of {self.outcome}: share of R²"
        )

    def against_performance(self) -> Picture:
        """Importance against how well each driver is rated, both with their intervals."""
        points = [
            Crossing(one.name, _span(one.name, one.mean), _span(one.name, one.importance)) for one in self.drivers
        ]
        said = f"Drivers of {self.outcome}: importance against performance"
        return crosses(points, description=said, x_title="performance", y_title="importance")


def drivers(
    moments: CrossProducts,
    outcome: str,
    names: Sequence[str] | None = None,
    *,
    method: Method | None = None,
    replicates: int = REPLICATES,
    seed: int = SEED,
    confidence: float = 0.95,
) -> Drivers | NoVerdict:
    """Importance of each of ``names`` (default: all other columns) for ``outcome``.

    With a leading axis of buckets in ``moments`` the intervals are percentiles of a bootstrap over customer buckets;
    without one, or with fewer than 10 buckets in use, the importances come as estimates of which nothing is known
    but the figure, so they are ``NoVerdict`` with the code ``few_buckets``. Raises ``ValueError`` for unknown columns.
    """
    two_sided_z(confidence)
    chosen = [name for name in moments.names if name != outcome] if names is None else list(names)
    used = moments.columns([*chosen, outcome])
    total = used.total()
    n = round(float(total.n.min())) if chosen else 0
    refusal = _refusal(total, chosen, outcome, n)
    if refusal is not None:
        return refusal
    way: Method = method or ("lmg" if len(chosen) <= MOST_FOR_LMG else "johnson")
    if way == "lmg" and len(chosen) > MOST_FOR_LMG:
        raise ValueError(f"LMG goes through all orders of at most {MOST_FOR_LMG} drivers, not {len(chosen)}")
    spread = _bootstrap(used, way, replicates, seed, _occupied(used))
    found = _figures(total, way)
    return _answer(found, spread, total, chosen, outcome, n, way, confidence)


def ridits(counts: npt.ArrayLike) -> Array:
    """Scores in 0…1 for the levels of an ordered scale, from how often each is used: the mid-ranks.

    A level's ridit is the share of answers below it plus half of its own (Bross, Biometrics 14 (1958) 18-38). With
    them R² is that of the ranks: it does not depend on how the scale is numbered, and needs the same single pass as
    a linear analysis. An ordinal logit needs 2^k fits over the rows and says the same: on six drivers of the airport
    survey no share of the explained part differed by more than 0.6 points.
    """
    used = np.asarray(counts, dtype=float)
    if used.ndim != 1 or np.any(used < 0) or used.sum() == 0:
        raise ValueError(f"how often each level is used: one list of counts, not {used.tolist()!r}")
    share = used / used.sum()
    return np.asarray(np.cumsum(share) - share / 2)


@dataclass(frozen=True, slots=True)
class DriverDifference:
    """Importance in the first segment less that in the second; ``p_value`` is adjusted for all drivers."""

    name: str
    difference: Result
    p_value: float

    def plot(self) -> Picture:
        """The difference of importances with its interval, against none."""
        return plot({self.name: self.difference}, reference=0.0)


def driver_differences(
    first: CrossProducts,
    second: CrossProducts,
    outcome: str,
    names: Sequence[str] | None = None,
    *,
    method: Method | None = None,
    replicates: int = REPLICATES,
    seed: int = SEED,
    confidence: float = 0.95,
) -> tuple[DriverDifference, ...] | NoVerdict:
    """Whether drivers weigh differently in two segments: differences of importance, with Benjamini-Hochberg.

    Both are drawn with the same weights of buckets, over the buckets in which either has rows, so that a customer who
    is in both segments counts as one. The test takes a difference divided by its bootstrap standard error as normal.
    """
    chosen = [name for name in first.names if name != outcome] if names is None else list(names)
    way: Method = method or ("lmg" if len(chosen) <= MOST_FOR_LMG else "johnson")
    figures, spreads = [], []
    shared = _occupied(first, second)
    for moments in (first, second):
        used = moments.columns([*chosen, outcome])
        total = used.total()
        refusal = _refusal(total, chosen, outcome, round(float(total.n.min())))
        if refusal is not None:
            return refusal
        spread = _bootstrap(used, way, replicates, seed, shared)
        if isinstance(spread, NoVerdict):
            return spread
        figures.append((_figures(total, way), round(float(total.n.min()))))
        spreads.append(spread)
    gap = figures[0][0].importance - figures[1][0].importance
    drawn = spreads[0].importance - spreads[1].importance
    drawn = drawn[:, np.isfinite(drawn).all(axis=0)]
    return _differences(chosen, gap, drawn, min(figures[0][1], figures[1][1]), confidence)


def _differences(names: list[str], gap: Array, drawn: Array, n: int, confidence: float) -> tuple[DriverDifference, ...]:
    error = drawn.std(axis=1, ddof=1)
    z = two_sided_z(confidence)
    p_values = benjamini_hochberg(2 * special.ndtr(-np.abs(gap) / np.where(error > 0, error, np.nan)))
    name = f"difference of importances, bootstrap over customer buckets ({drawn.shape[1]} replicates)"
    return tuple(
        DriverDifference(
            label,
            Estimate(float(d), float(d - z * e), float(d + z * e), n, name, ASSUMPTIONS, confidence),
            float(p),
        )
        for label, d, e, p in zip(names, gap, error, p_values, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Figures:
    """Importance, standardised coefficient and mean, each (drivers, …replicates), and R² (…replicates)."""

    importance: Array
    weight: Array
    mean: Array
    r_squared: Array


def _figures(moments: CrossProducts, way: Method) -> _Figures:
    together = moments.correlations()
    inner, outer = together[..., :-1, :-1], together[..., :-1, -1]
    weight: Array = np.linalg.solve(inner, outer[..., None])[..., 0].astype(float)
    importance = lmg(together) if way == "lmg" else relative_weights(together)
    r_squared = (weight * outer).sum(axis=-1)
    return _Figures(
        importance, np.moveaxis(weight, -1, 0), np.moveaxis(moments.means[..., :-1], -1, 0), np.asarray(r_squared)
    )


def lmg(correlations: Array) -> Array:
    """LMG shares (p, …) from correlation matrices (…, p + 1, p + 1) with the outcome last."""
    return shapley(explained(correlations))


def explained(correlations: Array) -> Array:
    """R² of every set of drivers, shape (2^p, …), from correlation matrices (…, p + 1, p + 1) with the outcome last.

    Breadth first: after the first i drivers there are 2^i Schur complements of what is left, one for each set of
    them, so the work halves with each driver that is dealt with.
    """
    left = correlations[None]
    for _ in range(correlations.shape[-1] - 1):
        pivot = left[..., :1, :1]
        entered = left[..., 1:, 1:] - left[..., 1:, :1] * left[..., :1, 1:] / pivot
        # Sets without this driver first, then the same sets with it: bit i of the place is driver i.
        left = np.concatenate([left[..., 1:, 1:], entered])
    return np.asarray(1 - left[..., 0, 0])


def relative_weights(correlations: Array) -> Array:
    """Johnson's relative weights (p, …) from correlation matrices (…, p + 1, p + 1) with the outcome last.

    The drivers' nearest uncorrelated counterparts share R² among themselves, and each hands it on to the drivers it
    stands for. The same as Genizi's decomposition (1993).
    """
    inner, outer = correlations[..., :-1, :-1], correlations[..., :-1, -1]
    values, vectors = np.linalg.eigh(inner)
    root = np.einsum("...ij,...j,...kj->...ik", vectors, np.sqrt(np.maximum(values, 0)), vectors)
    apart = np.linalg.solve(root, outer[..., None])[..., 0]
    return np.moveaxis(np.einsum("...ij,...j->...i", root**2, apart**2), -1, 0)


def _occupied(*parts: CrossProducts) -> npt.NDArray[np.intp]:
    """The buckets in which any of them has rows; none without buckets."""
    if any(part.n.ndim == 2 for part in parts):
        return np.zeros(0, dtype=np.intp)
    return np.flatnonzero(np.max([part.n.max(axis=(-2, -1)) for part in parts], axis=0) > 0)


def _bootstrap(
    moments: CrossProducts, way: Method, replicates: int, seed: int, places: npt.NDArray[np.intp]
) -> _Figures | NoVerdict:
    """The figures of every replicate, drawn from the buckets in ``places``; ``nan`` where they cannot be told apart."""
    if moments.n.ndim == 2 or moments.buckets < FEWEST_BUCKETS:
        count = 1 if moments.n.ndim == 2 else moments.buckets
        message = f"An interval needs customers in at least {FEWEST_BUCKETS} buckets, not {count}."
        return NoVerdict("few_buckets", message, round(float(moments.total().n.min())))
    count = places.size
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=replicates).astype(float)
    size = len(moments.names) - 1
    importance, weight, mean = (np.full((size, replicates), np.nan) for _ in range(3))
    found = _Figures(importance, weight, mean, np.full(replicates, np.nan))
    portion = max(1, PORTION // ((1 << size) * 4)) if way == "lmg" else replicates
    for start in range(0, replicates, portion):
        some = moments[places].weighted(drawn[start : start + portion])
        sound = np.flatnonzero(_sound(some.correlations()))
        if sound.size:
            part = _figures(some[sound], way)
            for field in ("importance", "weight", "mean", "r_squared"):
                getattr(found, field)[..., start + sound] = getattr(part, field)
    lost = int(np.isnan(found.r_squared).sum())
    if lost > 0.05 * replicates:
        message = f"In {lost} of {replicates} bootstrap samples the drivers could not be told apart."
        return NoVerdict("unstable", message, round(float(moments.total().n.min())))
    return found


def _sound(correlations: Array) -> npt.NDArray[np.bool_]:
    """Which correlation matrices are complete and positive definite."""
    whole = np.asarray(np.isfinite(correlations).all(axis=(-2, -1)))
    checked = np.where(whole[..., None, None], correlations, np.eye(correlations.shape[-1]))
    sound: npt.NDArray[np.bool_] = np.asarray(whole) & (np.linalg.eigvalsh(checked)[..., 0] > SINGULAR)
    return sound


def _refusal(total: CrossProducts, names: list[str], outcome: str, n: int) -> NoVerdict | None:
    """Why there is no analysis: no driver, too few answers, no variation, drivers that repeat or contradict."""
    if not names:
        return NoVerdict("no_drivers", "No driver was chosen.", 0)
    if n <= len(names) + 1:
        message = (
            f"Some pair of questions has {n} answers in common; {len(names)} drivers need more than {len(names) + 1}."
        )
        return NoVerdict("few_answers", message, n)
    together = total.correlations()
    constant = [bool(np.isnan(together[place, place])) for place in range(len(together))]
    still = [name for name, flat in zip([*names, outcome], constant, strict=True) if flat]
    if still:
        return NoVerdict(
            "no_spread", f"All answers to {still[0]!r} are the same, so nothing goes together with them.", n
        )
    if np.isnan(together).any():
        return NoVerdict("no_spread", "Some pair of questions does not vary among those who answered both.", n)
    if bool(_sound(together)):
        return None
    lowest = float(np.linalg.eigvalsh(together)[0])
    if lowest < -SINGULAR:
        message = (
            "Answers are missing so unevenly that the correlations of pairs contradict each other: "
            "take complete answers, or fewer drivers."
        )
        return NoVerdict("not_positive_definite", message, n)
    return _collinear(together, names, n)


def _collinear(together: Array, names: list[str], n: int) -> NoVerdict:
    vector = np.abs(np.linalg.eigh(together)[1][:, 0])[:-1]
    repeated = [name for name, share in zip(names, vector, strict=True) if share > 0.1 * max(vector.max(), 1e-12)]
    message = f"{' and '.join(repeated[:4])} cannot be told apart: each follows from the others. Leave one out."
    return NoVerdict("collinear", message, n)


def _answer(
    found: _Figures,
    spread: _Figures | NoVerdict,
    total: CrossProducts,
    names: list[str],
    outcome: str,
    n: int,
    way: Method,
    confidence: float,
) -> Drivers:
    means = {"lmg": "LMG (Shapley value of R²)", "johnson": "Johnson's relative weights"}[way]
    gaps = bool(np.ptp(total.n) > 0)
    assumptions = (*ASSUMPTIONS, AVAILABLE_CASE) if gaps else ASSUMPTIONS
    counted = 0 if isinstance(spread, NoVerdict) else int(np.isfinite(spread.r_squared).sum())
    name = f"{means}, bootstrap over customer buckets ({counted} replicates)"

    def result(field: str, place: int | None, base: int, at_least: float = -np.inf) -> Result:
        if isinstance(spread, NoVerdict):
            return spread
        value, drawn = getattr(found, field), getattr(spread, field)
        if place is not None:
            value, drawn = value[place], drawn[place]
        return _percentiles(float(value), drawn, base, name, assumptions, confidence, at_least)

    answered = [round(float(count)) for count in total.n[:-1, -1]]
    rows = tuple(
        Driver(
            label,
            result("importance", place, answered[place], 0.0),
            result("weight", place, answered[place]),
            result("mean", place, round(float(total.n[place, place]))),
            answered[place],
        )
        for place, label in enumerate(names)
    )
    return Drivers(rows, result("r_squared", None, n, 0.0), outcome, n, name, assumptions, confidence)


def _percentiles(
    value: float, drawn: Array, n: int, name: str, assumptions: tuple[str, ...], confidence: float, at_least: float
) -> Estimate:
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn[np.isfinite(drawn)], [tail, 1 - tail])
    return Estimate(
        value, max(min(float(low), value), at_least), max(float(high), value), n, name, assumptions, confidence
    )


def _value(result: Result) -> float:
    return result.estimate if isinstance(result, Estimate) else float("-inf")


def _span(name: str, result: Result) -> Span:
    if isinstance(result, NoVerdict):
        return Span(name, n=result.n, words=result.message)
    return Span(name, result.estimate, result.low, result.high, result.n)
