"""Extra cases by cause where each cause brings them about by itself: parts that add up without sharing anything out.

A multiplicative model (logistic, log) lets causes raise each other's effect. Where every cause strikes on its own (a
late parcel brings a call, a wrong invoice another) that is wrong for those whom two causes met, and the misfit moves
into the base. Here the rate of a cell is the base of its stratum plus what each of its causes adds:

    cases = at_risk × (base[stratum] + Σ extra[cause])

fitted by iterated weighted least squares with Poisson weights (additive, identity-link Poisson regression: Boshuizen
and Feskens, Stata Journal 10 (2010); quasi-likelihood, so only the mean has to be right). What goes back to a cause is
``extra × those exposed``: parts add up to all cases exactly, and order does not matter.
"""

from dataclasses import dataclass

import numpy as np

from headwater.science.attribution import FEWEST_BUCKETS, FEWEST_CASES, ExposureCells
from headwater.science.bounds import Array, two_sided_t
from headwater.science.pictures import Picture
from headwater.science.results import Estimate, NoVerdict, Result, plot

STEPS = 30
CLOSE = 1e-10
SOUND = 1e-9
ASSUMPTIONS = (
    "nothing else, left out of the strata, both comes with a cause and brings about cases by itself",
    "each cause adds its cases by itself, as many whatever else happened",
    "customers in different buckets are independent",
)


@dataclass(frozen=True, slots=True)
class ExtraCases:
    """Parts of the cases by cause, as shares of all cases; with ``unattributed`` they add up to 1.

    A part below 0 belongs to a cause under which less happened. ``cases`` are the same in numbers, ``rates`` the
    extra cases for each one exposed. One entry a cause each, in the order of ``causes``.
    """

    causes: tuple[str, ...]
    parts: tuple[Result, ...]
    cases: tuple[Result, ...]
    rates: tuple[Result, ...]
    total: Result
    unattributed: Result
    n: int
    at_risk: int

    def plot(self) -> Picture:
        """The parts of all cases, the largest first, and what is not attributed."""
        known = dict(zip(self.causes, self.parts, strict=True))
        ordered = dict(sorted(known.items(), key=lambda one: -getattr(one[1], "estimate", float("-inf"))))
        return plot(ordered | {"not attributed": self.unattributed}, description="Parts of the cases", reference=0.0)


def extra_cases(
    cells: ExposureCells, *, outside: Array | None = None, confidence: float = 0.95
) -> ExtraCases | NoVerdict:
    """Say how many cases each cause adds, with intervals from a jackknife over customer buckets.

    ``cells.cases`` may be counts (several cases to one at risk) or how many had any. ``outside`` are cases by bucket
    of people who were not at risk: they belong to the whole, and to no cause. Strata and causes that no case
    or nobody at risk belongs to are left out. ``NoVerdict`` under 20 cases or 10 buckets, and where causes always come
    together (``collinear``).
    """
    apart = np.zeros(cells.at_risk.shape[1]) if outside is None else outside
    total = float(cells.cases.sum() + apart.sum())
    used = np.flatnonzero(cells.at_risk.sum(axis=0) > 0)
    if cells.cases.sum() < FEWEST_CASES:
        return NoVerdict("few_cases", f"{round(total)} cases are too few to say where they come from.", round(total))
    if used.size < FEWEST_BUCKETS:
        message = f"An interval needs customers in at least {FEWEST_BUCKETS} buckets, not {used.size}."
        return NoVerdict("few_buckets", message, round(total))
    design = _design(cells)
    at_risk, cases = cells.at_risk[:, used], cells.cases[:, used]
    fitted = _fit(design, at_risk.sum(axis=1), cases.sum(axis=1))
    if fitted is None:
        message = "Some causes always come together, or one happened to everybody, so they cannot be told apart."
        return NoVerdict("collinear", message, round(total))
    coefficients, weights = fitted
    left_out = _without_each(design, at_risk, cases, weights, design.shape[1] - len(cells.causes))
    if left_out is None:
        message = "A cause rests on a single bucket of customers, so its cases have no interval."
        return NoVerdict("unstable", message, round(total))
    return _answer(cells, coefficients, left_out, at_risk, cases.sum(axis=0) + apart[used], confidence)


def _design(cells: ExposureCells) -> Array:
    """A base for each stratum, then one column a cause."""
    strata = np.unique(cells.stratum)
    return np.hstack([(cells.stratum[:, None] == strata).astype(float), cells.exposed.astype(float)])


def _fit(design: Array, n: Array, cases: Array) -> tuple[Array, Array] | None:
    """Coefficients (p) and the weight of each cell's squared residual; None where columns cannot be told apart.

    A cell's residual is ``cases - n × rate``; its variance is taken as ``n × rate``, never less than a tenth of what
    the overall rate would give, so that an almost empty base cannot outweigh everything.
    """
    least = 0.1 * cases.sum() / n.sum()
    weights: Array = np.ones(len(n))
    coefficients: Array = np.zeros(design.shape[1])
    for _ in range(STEPS):
        crossed = design.T @ (design * (weights * n)[:, None])
        if not _is_sound(crossed[None])[0]:
            return None
        moved = np.asarray(np.linalg.solve(crossed, design.T @ (weights * cases)), dtype=np.float64)
        change = np.abs(moved - coefficients).max()
        coefficients = moved
        weights = 1.0 / np.maximum(design @ coefficients, least)
        if change < CLOSE:
            break
    return coefficients, weights


def _without_each(design: Array, n: Array, cases: Array, weights: Array, strata: int) -> Array | None:
    """Coefficients (buckets, p) without each bucket, exact for the weights of the whole."""
    weighted = design * weights[:, None]
    outer = (design[:, :, None] * weighted[:, None, :]).reshape(len(design), -1)
    rest = n.sum(axis=1)[:, None] - n
    crossed = (rest.T @ outer).reshape(n.shape[1], design.shape[1], design.shape[1])
    slope = (cases.sum(axis=1)[:, None] - cases).T @ weighted
    # A stratum that this bucket alone made up is gone without it: it has no base, and says nothing of any cause.
    place = np.arange(strata)
    crossed[:, place, place] = np.where(crossed[:, place, place] > 0, crossed[:, place, place], 1.0)
    if not _is_sound(crossed).all():
        return None
    return np.asarray(np.linalg.solve(crossed, slope[..., None])[..., 0])


def _is_sound(crossed: Array) -> np.ndarray:
    scale = np.sqrt(np.maximum(np.diagonal(crossed, axis1=1, axis2=2), 1e-300))
    even = crossed / (scale[:, :, None] * scale[:, None, :])
    return np.asarray(np.linalg.eigvalsh(even)[:, 0] > SOUND)


def _answer(
    cells: ExposureCells, coefficients: Array, left_out: Array, at_risk: Array, cases: Array, confidence: float
) -> ExtraCases:
    strata = np.unique(cells.stratum).size
    exposed = cells.exposed.T.astype(float) @ at_risk
    total, rest = cases.sum(), cases.sum() - cases
    rates, rates_without = coefficients[strata:], left_out[:, strata:]
    found = rates * exposed.sum(axis=1)
    without = rates_without * (exposed.sum(axis=1)[:, None] - exposed).T
    buckets, n = len(left_out), round(float(total))
    quantile = float(two_sided_t(confidence, buckets - 1))
    method = f"additive Poisson regression on exposure cells, jackknife over {buckets} customer buckets"

    def result(value: float, replicates: Array) -> Estimate:
        error = float(np.sqrt((buckets - 1) / buckets * ((replicates - replicates.mean()) ** 2).sum()))
        return Estimate(value, value - quantile * error, value + quantile * error, n, method, ASSUMPTIONS, confidence)

    def each(values: Array, replicates: Array) -> tuple[Result, ...]:
        return tuple(result(float(value), column) for value, column in zip(values, replicates.T, strict=True))

    parts, drawn = found / total, without / rest[:, None]
    # In numbers the whole is what was seen: its own chance is part of the interval of a part, not of the count.
    return ExtraCases(
        causes=cells.causes,
        parts=each(parts, drawn),
        cases=each(found, drawn * total),
        rates=each(rates, rates_without),
        total=result(float(parts.sum()), drawn.sum(axis=1)),
        unattributed=result(1 - float(parts.sum()), 1 - drawn.sum(axis=1)),
        n=n,
        at_risk=round(float(at_risk.sum())),
    )
