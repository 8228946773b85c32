"""How much of what happened goes back to which cause: average attributable fractions over exposure cells.

The people (or orders, or customer-months) at risk fall into cells: which causes happened to them, and their stratum
(segment, season). A regression gives each cell its risk, and says what the risk would be without a cause. Taking one
cause away at a time counts what two causes share twice, so single fractions overlap and do not add up. The average
attributable fraction is the mean of what a cause's removal prevents over every order of removal (Eide and Gefeller,
Journal of Clinical Epidemiology 48 (1995) 633-645; Cox 1985), so the parts add up to what all causes together bring
about, and the rest is attributed to none of them.

Only causes that happened in a cell share its excess, so the order matters among a cell's own causes only: the exact
answer takes 2^m risks for a cell with m causes at once, however many causes there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from headwater.science.bounds import Array, two_sided_t
from headwater.science.pictures import Picture
from headwater.science.regression import Link, cell_fit, inverse_link, one_step, separated
from headwater.science.results import Estimate, NoVerdict, Result, plot
from headwater.science.shapley import shapley

FEWEST_BUCKETS = 10
FEWEST_CASES = 20
MOST_AT_ONCE = 12
# Cells are dealt with in portions of about this many numbers.
PORTION = 4_000_000
ASSUMPTIONS = (
    "nothing else, left out of the strata, both comes with a cause and raises the risk by itself",
    "inside a stratum the causes multiply the odds, each by the same factor whatever else happened",
    "customers in different buckets are independent",
)
Outcome = Literal["happened", "count"]


@dataclass(frozen=True, slots=True)
class Attribution:
    """Parts of the cases by cause, in 0…1; they add up to ``total``, and ``unattributed`` is what is left.

    A part below 0 is a cause under which less happened. ``cases`` are the cases attributed to each, in numbers.
    """

    causes: tuple[str, ...]
    parts: tuple[Result, ...]
    total: Result
    unattributed: Result
    cases: tuple[Result, ...]
    odds_ratios: tuple[Result, ...]
    n: int
    at_risk: int
    method: str
    assumptions: tuple[str, ...]
    confidence: float = 0.95

    def plot(self) -> Picture:
        """The parts with their intervals, and what is not attributed."""
        rows: dict[str, Result] = dict(zip(self.causes, self.parts, strict=True))
        return plot(rows | {"not attributed": self.unattributed}, description="Attributable fractions by cause")


@dataclass(frozen=True, slots=True, eq=False)
class ExposureCells:
    """Cells of exposure and stratum, one row each.

    ``exposed`` (cells, causes) says which causes happened; ``stratum`` (cells) numbers the segment and season from 0;
    ``at_risk`` and ``cases`` (cells, buckets) count those at risk and those of them to whom it happened (or, for
    ``outcome="count"``, how often) by customer bucket.
    """

    causes: tuple[str, ...]
    exposed: npt.NDArray[np.bool_]
    stratum: npt.NDArray[np.intp]
    at_risk: Array
    cases: Array

    def __post_init__(self) -> None:
        cells = self.exposed.shape[0]
        shapes = self.exposed.shape == (cells, len(self.causes)) and self.stratum.shape == (cells,)
        if not shapes or self.at_risk.ndim != 2 or self.at_risk.shape != self.cases.shape or len(self.at_risk) != cells:
            raise ValueError("cells need (cells, causes) exposures, (cells) strata and (cells, buckets) counts")
        for counts in (self.at_risk, self.cases):
            if not np.all(np.isfinite(counts)) or np.any(counts < 0):
                raise ValueError("counts must be finite and not negative")


def cells_of(
    causes: Sequence[str],
    exposed: npt.ArrayLike,
    happened: npt.ArrayLike,
    *,
    strata: npt.ArrayLike | None = None,
    buckets: npt.ArrayLike | None = None,
) -> ExposureCells:
    """Cells from rows: ``exposed`` (rows, causes), ``happened`` (rows), a stratum and a bucket from 0 for each row.

    Without ``buckets`` rows are dealt out to 200 in turn: one row a customer.
    """
    pattern, cases = np.asarray(exposed).astype(bool), np.asarray(happened, dtype=float)
    rows = len(pattern)
    stratum = np.zeros(rows, np.intp) if strata is None else np.unique(np.asarray(strata), return_inverse=True)[1]
    bucket = np.arange(rows) % 200 if buckets is None else np.asarray(buckets, dtype=np.intp)
    if pattern.shape != (rows, len(causes)) or not cases.shape == stratum.shape == bucket.shape == (rows,):
        raise ValueError(f"one outcome, stratum and bucket a row of (rows, {len(causes)}) exposures")
    key = np.column_stack([pattern, stratum])
    cells, place = np.unique(key, axis=0, return_inverse=True)
    count = int(bucket.max(initial=-1)) + 1
    at = place * count + bucket
    size = len(cells) * count
    at_risk = np.bincount(at, minlength=size).astype(float).reshape(len(cells), count)
    events = np.bincount(at, weights=cases, minlength=size).astype(float).reshape(len(cells), count)
    return ExposureCells(tuple(causes), cells[:, :-1].astype(bool), cells[:, -1].astype(np.intp), at_risk, events)


def average_attributable_fractions(
    cells: ExposureCells, *, outcome: Outcome = "happened", confidence: float = 0.95
) -> Attribution | NoVerdict:
    """Parts of the cases that go back to each cause, with intervals over customer buckets.

    ``outcome`` is "happened" (at most once to each at risk: logistic regression) or "count" (Poisson regression; the
    odds ratios are rate ratios). Standard errors are those of the delete-one-bucket jackknife, each refit one Newton
    step from the whole, t with buckets - 1 degrees of freedom.
    """
    link: Link = "logit" if outcome == "happened" else "log"
    refusal = _refusal(cells, link)
    if refusal is not None:
        return refusal
    design = _design(cells)
    n, y = cells.at_risk.sum(axis=1), cells.cases.sum(axis=1)
    fitted = cell_fit(design, n, y, link)
    if isinstance(fitted, NoVerdict):
        return fitted
    used = np.flatnonzero(cells.at_risk.sum(axis=0) > 0)
    rest_n, rest_y = n[:, None] - cells.at_risk[:, used], y[:, None] - cells.cases[:, used]
    left_out = one_step(design, rest_n.T, rest_y.T, fitted, link)
    if not np.all(np.isfinite(left_out)):
        message = "A cause rests on a single customer bucket, so its effect has no interval."
        return NoVerdict("unstable", message, round(float(y.sum())))
    found = _prevented(cells, fitted[None], n[None], link)[0]
    without = _prevented(cells, left_out, rest_n.T, link)
    return _answer(cells, found, without, fitted, left_out, y.sum(), rest_y.sum(axis=0), confidence, link)


def _refusal(cells: ExposureCells, link: Link) -> NoVerdict | None:
    cases, at_risk = float(cells.cases.sum()), float(cells.at_risk.sum())
    seen = round(cases)
    if link == "logit" and np.any(cells.cases > cells.at_risk):
        raise ValueError('more cases than people at risk: for what happens repeatedly say outcome="count"')
    if not cells.causes:
        return NoVerdict("no_causes", "No cause was chosen.", seen)
    if cases < FEWEST_CASES:
        return NoVerdict("few_cases", f"{seen} cases are too few to say where they come from.", seen)
    buckets = int((cells.at_risk.sum(axis=0) > 0).sum())
    if buckets < FEWEST_BUCKETS:
        message = f"An interval needs customers in at least {FEWEST_BUCKETS} buckets, not {buckets}."
        return NoVerdict("few_buckets", message, seen)
    crowded = int(cells.exposed.sum(axis=1).max())
    if crowded > MOST_AT_ONCE:
        message = f"{crowded} causes at once in one cell are too many to share out; at most {MOST_AT_ONCE}."
        return NoVerdict("too_many_at_once", message, seen)
    everybody = [
        name for name, column in zip(cells.causes, cells.exposed.T, strict=True) if column.all() or not column.any()
    ]
    if everybody and at_risk > 0:
        message = f"{everybody[0]!r} happened to everybody or to nobody, so nothing is there to compare with."
        return NoVerdict("no_contrast", message, seen)
    alone = separated(cells.exposed, cells.cases.sum(axis=1), cells.at_risk.sum(axis=1), link)
    if alone is not None:
        message = (
            f"With {cells.causes[alone]!r} it happened always or never, so its effect cannot be put into a number."
        )
        return NoVerdict("separated", message, seen)
    return None


def _design(cells: ExposureCells) -> Array:
    """An intercept for each stratum, then one column a cause."""
    strata = np.unique(cells.stratum)
    return np.hstack([(cells.stratum[:, None] == strata).astype(float), cells.exposed.astype(float)])


def _prevented(cells: ExposureCells, coefficients: Array, n: Array, link: Link) -> Array:
    """Expected cases by cause (replicates, causes); ``coefficients`` (replicates, p), ``n`` (replicates, cells)."""
    strata = np.unique(cells.stratum)
    base = coefficients[:, np.searchsorted(strata, cells.stratum)]
    effect = coefficients[:, strata.size :]
    prevented = np.zeros((len(coefficients), len(cells.causes)))
    sizes = cells.exposed.sum(axis=1)
    for size in np.unique(sizes[sizes > 0]):
        rows = np.flatnonzero(sizes == size)
        causes = np.nonzero(cells.exposed[rows])[1].reshape(rows.size, size)
        portion = max(1, PORTION // (len(coefficients) << size))
        for start in range(0, rows.size, portion):
            some, whose = rows[start : start + portion], causes[start : start + portion]
            shares = _shared_out(base[:, some], effect[:, whose], n[:, some], link)
            for place in range(size):
                np.add.at(prevented.T, whose[:, place], shares[place].T)
    return prevented


def _shared_out(base: Array, effect: Array, n: Array, link: Link) -> Array:
    """Shares (causes at once, replicates, cells); ``effect`` (replicates, cells, causes at once)."""
    size = effect.shape[-1]
    member = ((np.arange(1 << size)[:, None] >> np.arange(size)) & 1).astype(float)
    # The worth of a coalition: the cases there would be if only these of the cell's causes had happened.
    return shapley(inverse_link(base + np.tensordot(member, effect, axes=([1], [2])), link) * n)


def _answer(
    cells: ExposureCells,
    found: Array,
    without: Array,
    fitted: Array,
    left_out: Array,
    cases: float,
    cases_without: Array,
    confidence: float,
    link: Link,
) -> Attribution:
    buckets = len(without)
    quantile = float(two_sided_t(confidence, buckets - 1))
    model = "logistic" if link == "logit" else "Poisson"
    name = f"average attributable fraction ({model} regression, jackknife over {buckets} customer buckets)"
    n = round(cases)

    def result(value: Array | float, replicates: Array, turn: bool = False) -> Estimate:
        error = float(np.sqrt((buckets - 1) / buckets * ((replicates - replicates.mean()) ** 2).sum()))
        ends = np.array([value - quantile * error, value, value + quantile * error])
        low, middle, high = np.exp(ends) if turn else ends
        return Estimate(float(middle), float(low), float(high), n, name, ASSUMPTIONS, confidence)

    parts, drawn = found / cases, without / cases_without[:, None]
    strata = fitted.size - len(cells.causes)
    return Attribution(
        cells.causes,
        tuple(result(part, column) for part, column in zip(parts, drawn.T, strict=True)),
        result(parts.sum(), drawn.sum(axis=1)),
        result(1 - parts.sum(), 1 - drawn.sum(axis=1)),
        tuple(result(part, column) for part, column in zip(found, (drawn * cases).T, strict=True)),
        tuple(
            result(fitted[strata + place], left_out[:, strata + place], turn=True) for place in range(len(cells.causes))
        ),
        n,
        round(float(cells.at_risk.sum())),
        name,
        ASSUMPTIONS,
        confidence,
    )
