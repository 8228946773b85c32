"""Weights that make those who answered look like the customer base: raking, also called iterative proportional fitting.

Each margin in turn (age, region, product) is brought to the base's by a factor for each of its levels, until all fit
at once (Deming and Stephan, Annals of Mathematical Statistics 11 (1940) 427-444). It needs the margins only, not the
cells of their crossing. What it costs is shown: Kish's effective sample size and design effect.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from headwater.science import bounds
from headwater.science.bounds import Array, two_sided_t, two_sided_z
from headwater.science.results import Estimate, NoVerdict, Result

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
    n / effective n. ``largest`` and ``smallest`` are weights of an answer relative to their mean. A row stands for
    ``counts`` answers, one unless it is a cell of them.
    """

    weights: Array
    counts: Array
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
        error = _error(totals)
        if error is None:
            return self._one_cluster()
        half = float(two_sided_t(confidence, totals.size - 1)) * error
        name = f"raked mean, calibration residuals ({self.effective_n:.0f} of {self.n} answers effective)"
        return Estimate(mean, mean - half, mean + half, self.n, name, self.assumptions, confidence)

    def mean_of_sums(
        self,
        sums: npt.ArrayLike,
        answers: npt.ArrayLike,
        *,
        whole: npt.ArrayLike | None = None,
        limits: tuple[float, float] | None = None,
        confidence: float = 0.95,
    ) -> Result:
        """As :meth:`mean`, from sums of the values and counts of the ``answers``, both (rows, clusters).

        ``limits`` are the ends of the scale, inside which the interval stays. ``whole`` (rows, clusters): the answers
        of everybody, where sums and ``answers`` are those of a part of them, such as a channel. The part keeps the
        weights of the whole (a domain: Särndal, Swensson and Wretman 1992, chapter 10).
        """
        mean, totals = self._linearised(sums, answers, whole)
        error = _error(totals)
        if error is None:
            return self._one_cluster()
        half = float(two_sided_t(confidence, totals.size - 1)) * error
        low, high = limits or (-np.inf, np.inf)
        ends = max(mean - half, low), min(mean + half, high)
        return self._estimate("raked mean", mean, ends, answers, confidence)

    def nps_of_sums(
        self,
        top: npt.ArrayLike,
        low: npt.ArrayLike,
        answers: npt.ArrayLike,
        *,
        whole: npt.ArrayLike | None = None,
        confidence: float = 0.95,
    ) -> Result:
        """NPS in -1…1 of the base from counts of promoters, detractors and ``answers``, each (rows, clusters).

        The score interval at the sample size that a plain sample of the same standard error would have (Kott and Liu
        2009), cut down by (z / t)² for the few clusters. ``whole`` as for :meth:`mean_of_sums`.
        """
        promoters, detractors = np.asarray(top, float), np.asarray(low, float)
        mean, totals = self._linearised(promoters - detractors, answers, whole)
        up, down = (self._share(part, answers) for part in (promoters, detractors))
        known = self._known(up + down - mean**2, totals, answers, confidence)
        if known is None:
            return self._one_cluster()
        below, above = bounds.nps_bounds(
            up * known, max(1 - up - down, 0.0) * known, down * known, confidence=confidence
        )
        ends = min(float(below), mean), max(float(above), mean)
        return self._estimate("raked, Tango score interval", mean, ends, answers, confidence)

    def share_of_sums(
        self,
        hits: npt.ArrayLike,
        answers: npt.ArrayLike,
        *,
        whole: npt.ArrayLike | None = None,
        confidence: float = 0.95,
    ) -> Result:
        """Share in 0…1 of the base from counts of hits and ``answers``, both (rows, clusters); as for the NPS."""
        mean, totals = self._linearised(hits, answers, whole)
        known = self._known(mean * (1 - mean), totals, answers, confidence)
        if known is None:
            return self._one_cluster()
        share = min(max(mean, 0.0), 1.0)
        below, above = bounds.proportion_bounds(share * known, known, confidence=confidence)
        ends = min(float(below), mean), max(float(above), mean)
        return self._estimate("raked, Wilson score interval", mean, ends, answers, confidence)

    def effective_of(self, answers: npt.ArrayLike) -> float:
        """Kish's effective size of these answers (rows, clusters): all of them, or a part that keeps its weights."""
        base, each = np.asarray(answers, float).sum(axis=1), self.weights / self.counts
        squares = float((each**2 * base).sum())
        return float((each * base).sum()) ** 2 / squares if squares > 0 else 0.0

    def shift_of_sums(self, sums: npt.ArrayLike, answers: npt.ArrayLike, *, confidence: float = 0.95) -> Result:
        """How far weighting moves the mean: weighted less raw, both from the same answers."""
        mean, totals = self._linearised(sums, answers)
        value, base = np.asarray(sums, float), np.asarray(answers, float)
        raw = float(value.sum() / base.sum())
        plain = ((value - raw * base) / base.sum()).sum(axis=0)[base.sum(axis=0) > 0]
        error = _error(totals - plain)
        if error is None:
            return self._one_cluster()
        half = float(two_sided_t(confidence, totals.size - 1)) * error
        gap = mean - raw
        name = f"weighted less raw, linearised over {totals.size} clusters"
        return Estimate(gap, gap - half, gap + half, self.n, name, self.assumptions, confidence)

    def _linearised(
        self, sums: npt.ArrayLike, answers: npt.ArrayLike, whole: npt.ArrayLike | None = None
    ) -> tuple[float, Array]:
        """The mean, and the residuals of its linearised values by cluster; clusters without answers are left out."""
        value, base = np.asarray(sums, float), np.asarray(answers, float)
        everybody = base if whole is None else np.asarray(whole, float)
        if not value.shape == base.shape == everybody.shape or value.shape[0] != self.weights.size:
            raise ValueError(f"sums and answers have one shape, with a line for each of {self.weights.size} rows")
        if not np.allclose(everybody.sum(axis=1), self.counts) or np.any(base > everybody):
            raise ValueError("the answers of a row add up to its count, and a part has none that the whole has not")
        each = self.weights / self.counts
        total = float((each * base.sum(axis=1)).sum())
        if total <= 0:
            raise ValueError("a part without an answer has no mean")
        mean = float((each * value.sum(axis=1)).sum() / total)
        parts = (value - base * mean) / total
        explained = self._explained(parts.sum(axis=1) / self.counts)
        parts = parts - everybody * explained[:, None]
        return mean, (each[:, None] * parts).sum(axis=0)[everybody.sum(axis=0) > 0]

    def _share(self, hits: Array, answers: npt.ArrayLike) -> float:
        each = self.weights / self.counts
        return float((each * hits.sum(axis=1)).sum() / (each * np.asarray(answers, float).sum(axis=1)).sum())

    def _known(self, variance: float, totals: Array, answers: npt.ArrayLike, confidence: float) -> float | None:
        """How many plain answers would know as much; None where the clusters do not show it."""
        error = _error(totals)
        if error is None:
            return None
        small = two_sided_z(confidence) / float(two_sided_t(confidence, totals.size - 1))
        plain = variance / error**2 if error > 1e-12 and variance > 1e-12 else self.effective_of(answers)
        return plain * small**2

    def _estimate(
        self, what: str, value: float, ends: tuple[float, float], answers: npt.ArrayLike, confidence: float
    ) -> Estimate:
        n = round(float(np.asarray(answers, float).sum()))
        name = f"{what}, calibration residuals ({self.effective_of(answers):.0f} of {n} answers effective)"
        return Estimate(value, *ends, n, name, self.assumptions, confidence)

    def _one_cluster(self) -> NoVerdict:
        return NoVerdict("one_cluster", "All answers are in one cluster, so their spread is unknown.", self.n)

    def residuals(self, linearised: Array) -> Array:
        """Weighted residuals of linearised values (rows) after a regression on the margins."""
        return np.asarray(self.weights * (linearised - self._explained(linearised)))

    def _explained(self, linearised: Array) -> Array:
        root = np.sqrt(self.start)
        design = self.indicators * root[:, None]
        return np.asarray(self.indicators @ np.linalg.lstsq(design, linearised * root, rcond=None)[0])


def rake(
    columns: Mapping[str, npt.ArrayLike],
    margins: Mapping[str, Mapping[str, float]],
    *,
    weights: npt.ArrayLike | None = None,
    counts: npt.ArrayLike | None = None,
) -> Raked | NoVerdict:
    """Weights for rows with the levels of ``columns`` (each (rows), or a data frame), from the base's ``margins``.

    ``margins`` gives for each column how many customers (or what share) of the base are at each level; all must add
    up to the same. ``weights`` (rows) to start from: inverse chances of having been asked. ``counts`` (rows): how many
    answers a row stands for, where the rows are cells of them; the same weights and errors then come from few rows.

    No verdict: ``no_answers``; ``empty_level`` where nobody answered at a level the base has; ``not_in_base`` for a
    level that the base has not; ``no_convergence``; ``few_effective`` where fewer than one in five answers is left
    effective, so that the answered group cannot stand for the base.
    """
    start, places, targets = _read(columns, margins, weights)
    number = np.ones(len(start)) if counts is None else np.asarray(counts, float)
    if number.shape != start.shape or not np.all(np.isfinite(number)) or np.any(number <= 0):
        raise ValueError("one count a row, finite and positive")
    n = round(float(number.sum()))
    if n == 0:
        return NoVerdict("no_answers", "Nobody has answered yet.", 0)
    start = start * number
    for name, place, target in zip(margins, places, targets, strict=True):
        seen = np.bincount(place, weights=number, minlength=target.size + 1).astype(np.intp)
        refusal = _gap(name, margins[name], seen, target)
        if refusal is not None:
            return NoVerdict(refusal.code, refusal.message, n)
    weight, rounds = _fit(start, places, targets)
    if rounds == 0:
        return NoVerdict("no_convergence", "No weights fit all margins at once: some of their crossings are empty.", n)
    effective = float(weight.sum() ** 2 / (weight**2 / number).sum())
    if effective < LEAST_EFFECTIVE * n:
        message = (
            f"To stand for the base, {n} answers would count for {effective:.0f}: those who answered are too unlike it."
        )
        return NoVerdict("few_effective", message, n)
    relative = weight / number * n / weight.sum()
    indicators = np.hstack([np.eye(target.size)[place] for place, target in zip(places, targets, strict=True)])
    return Raked(
        weight,
        number,
        n,
        effective,
        n / effective,
        float(relative.max()),
        float(relative.min()),
        rounds,
        start,
        indicators,
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


def _error(totals: Array) -> float | None:
    """Standard error of a total from its parts by cluster; None where there are fewer than two."""
    if totals.size < 2:
        return None
    return float(np.sqrt(totals.size / (totals.size - 1) * ((totals - totals.mean()) ** 2).sum()))


def _totals(values: Array, clusters: npt.ArrayLike) -> Array:
    names, places = np.unique(np.asarray(clusters), return_inverse=True)
    return np.bincount(places, weights=values, minlength=names.size).astype(float)
