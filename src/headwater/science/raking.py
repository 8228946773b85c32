"""Weights that make those who answered look like the customer base: raking, also called iterative proportional fitting.

Each margin in turn (age, region, product) is brought to the base's by a factor for each of its levels, until all fit
at once (Deming and Stephan, Annals of Mathematical Statistics 11 (1940) 427-444). It needs the margins only, not the
cells of their crossing. What it costs is shown: Kish's effective sample size and design effect.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from headwater.science.bounds import Array, two_sided_t
from headwater.science.results import Estimate, NoVerdict
from headwater.science.weighted import effective_sample_size

ROUNDS = 500
CLOSE = 1e-10
# Below this share of the answers an effective sample says more about the weights than about customers.
LEAST_EFFECTIVE = 0.2
ASSUMPTIONS = (
    "within the levels of the margins, those who answered are like those who did not",
    "the margins of the base are known",
)


@dataclass(frozen=True, slots=True, eq=False)
class Raked:
    """Weights (rows) that add up to the base, and what they cost.

    ``effective_n`` answers of a plain sample would know as much as the ``n`` weighted ones; ``design_effect`` is
    n / effective n. ``largest`` and ``smallest`` are weights relative to their mean.
    """

    weights: Array
    n: int
    effective_n: float
    design_effect: float
    largest: float
    smallest: float
    rounds: int
    start: Array
    indicators: Array
    assumptions: tuple[str, ...] = ASSUMPTIONS

    def mean(
        self, values: npt.ArrayLike, *, clusters: npt.ArrayLike | None = None, confidence: float = 0.95
    ) -> "Estimate | NoVerdict":
        """Mean of ``values`` (rows) in the base.

        What the margins explain is known and adds no doubt: the standard error is that of the residuals from a
        regression on the margins, linearised over ``clusters`` (Deville and Särndal, JASA 87 (1992) 376-382; as R
        survey's ``rake``).
        """
        value = np.asarray(values, dtype=float)
        if value.shape != self.weights.shape or not np.all(np.isfinite(value)):
            raise ValueError(f"one finite value a row: {value.shape} values and {self.weights.shape} weights")
        mean = float(np.average(value, weights=self.weights))
        residuals = self.residuals((value - mean) / self.weights.sum())
        totals = residuals if clusters is None else _totals(residuals, clusters)
        if totals.size < 2:
            return NoVerdict("one_cluster", "All answers are in one cluster, so their spread is unknown.", self.n)
        error = float(np.sqrt(totals.size / (totals.size - 1) * ((totals - totals.mean()) ** 2).sum()))
        half = float(two_sided_t(confidence, totals.size - 1)) * error
        name = f"raked mean, calibration residuals ({self.effective_n:.0f} of {self.n} answers effective)"
        return Estimate(mean, mean - half, mean + half, self.n, name, self.assumptions, confidence)

    def residuals(self, linearised: Array) -> Array:
        """Weighted residuals of linearised values (rows) after a regression on the margins."""
        root = np.sqrt(self.start)
        design = self.indicators * root[:, None]
        explained = self.indicators @ np.linalg.lstsq(design, linearised * root, rcond=None)[0]
        return np.asarray(self.weights * (linearised - explained))


def rake(
    columns: Mapping[str, npt.ArrayLike],
    margins: Mapping[str, Mapping[str, float]],
    *,
    weights: npt.ArrayLike | None = None,
) -> Raked | NoVerdict:
    """Weights for rows with the levels of ``columns`` (each (rows), or a data frame), from the base's ``margins``.

    ``margins`` gives for each column how many customers (or what share) of the base are at each level; all must add
    up to the same. ``weights`` (rows) to start from: inverse chances of having been asked, or counts of equal rows.

    No verdict: ``no_answers``; ``empty_level`` where nobody answered at a level the base has; ``not_in_base`` for a
    level that the base has not; ``no_convergence``; ``few_effective`` where fewer than one in five answers is left
    effective, so that the answered group cannot stand for the base.
    """
    start, places, targets = _read(columns, margins, weights)
    n = len(start)
    if n == 0:
        return NoVerdict("no_answers", "Nobody has answered yet.", 0)
    for name, place, target in zip(margins, places, targets, strict=True):
        refusal = _gap(name, margins[name], np.bincount(place, minlength=target.size + 1), target)
        if refusal is not None:
            return NoVerdict(refusal.code, refusal.message, n)
    weight, rounds = _fit(start, places, targets)
    if rounds == 0:
        return NoVerdict("no_convergence", "No weights fit all margins at once: some of their crossings are empty.", n)
    effective = effective_sample_size(weight)
    if effective < LEAST_EFFECTIVE * n:
        message = (
            f"To stand for the base, {n} answers would count for {effective:.0f}: those who answered are too unlike it."
        )
        return NoVerdict("few_effective", message, n)
    relative = weight / weight.mean()
    indicators = np.hstack([np.eye(target.size)[place] for place, target in zip(places, targets, strict=True)])
    return Raked(
        weight, n, effective, n / effective, float(relative.max()), float(relative.min()), rounds, start, indicators
    )


def _read(
    columns: Mapping[str, npt.ArrayLike], margins: Mapping[str, Mapping[str, float]], weights: npt.ArrayLike | None
) -> tuple[Array, list[npt.NDArray[np.intp]], list[Array]]:
    """Starting weights, each row's level of each margin (one past the last: a level that the base has not), targets."""
    if not margins:
        raise ValueError("raking needs at least one margin")
    levels = [np.asarray(columns[name]).astype(str) for name in margins]
    start = np.ones(len(levels[0])) if weights is None else np.asarray(weights, float)
    if any(level.shape != start.shape for level in levels):
        raise ValueError("one level of each margin and one weight a row")
    if not np.all(np.isfinite(start)) or np.any(start <= 0):
        raise ValueError("weights to start from must be finite and positive")
    targets = [np.array(list(margin.values()), dtype=float) for margin in margins.values()]
    sums = [float(target.sum()) for target in targets]
    if any(not np.all(np.isfinite(target)) or np.any(target < 0) for target in targets) or min(sums) <= 0:
        raise ValueError("margins must be finite and not negative, and add up to more than nothing")
    if max(sums) - min(sums) > 1e-6 * max(sums):
        raise ValueError(f"margins of one base add up to the same, not {sums}")
    places = []
    for level, margin in zip(levels, margins.values(), strict=True):
        known = {str(name): place for place, name in enumerate(margin)}
        places.append(np.array([known.get(name, len(known)) for name in level], dtype=np.intp))
    return start, places, targets


def _gap(name: str, margin: Mapping[str, float], seen: npt.NDArray[np.intp], target: Array) -> NoVerdict | None:
    if seen[-1] > 0:
        message = f"{seen[-1]} answers have a level of {name} that the base has not: leave them out, or add it."
        return NoVerdict("not_in_base", message)
    for level, count, share in zip(margin, seen, target, strict=False):
        if count == 0 and share > 0:
            part = share / target.sum()
            message = (
                f"Nobody at {name} = {level} has answered, {part:.1%} of the base: the answers cannot stand for it."
            )
            return NoVerdict("empty_level", message)
        if count > 0 and share == 0:
            return NoVerdict("not_in_base", f"{count} answers at {name} = {level}, where the base has nobody.")
    return None


def _fit(start: Array, places: list[npt.NDArray[np.intp]], targets: list[Array]) -> tuple[Array, int]:
    """Weights, and after how many rounds they fitted; 0 where they never did."""
    weight = start * targets[0].sum() / start.sum()
    for turn in range(1, ROUNDS + 1):
        for place, target in zip(places, targets, strict=True):
            sums = np.bincount(place, weights=weight, minlength=target.size)
            weight = weight * np.divide(target, sums, out=np.zeros_like(target), where=sums > 0)[place]
        # The last margin fits by construction; all are right when those before it still fit.
        gaps = [
            np.abs(np.bincount(place, weights=weight, minlength=target.size) - target).max()
            for place, target in zip(places, targets, strict=True)
        ]
        if max(gaps) <= CLOSE * targets[0].sum():
            return weight, turn
    return weight, 0


def _totals(values: Array, clusters: npt.ArrayLike) -> Array:
    names, places = np.unique(np.asarray(clusters), return_inverse=True)
    return np.bincount(places, weights=values, minlength=names.size).astype(float)
