"""How good somebody's hunches are: Brier score with its parts, and the reliability of stated probabilities.

Brier score = reliability - resolution + uncertainty + spread inside bins: reliability is how far what was said lies
from what happened (0 is perfect), resolution how far the hunches tell cases apart (more is better), uncertainty what
the base rate leaves to anybody (Murphy, Journal of Applied Meteorology 12 (1973) 595-600; with bins: Stephenson,
Coelho and Jolliffe, Weather and Forecasting 23 (2008) 752-757).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from headwater.science.bounds import Array, two_sided_t
from headwater.science.intervals import proportion
from headwater.science.pictures import Picture, Point, bands
from headwater.science.results import Estimate, NoVerdict, Result

FEWEST = 8
BINS = 5
ASSUMPTIONS = ("each hunch stands for itself: what one turned out to be says nothing of the others",)


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Hunches between ``low`` and ``high``: the mean probability ``said``, and the share that ``happened``."""

    low: float
    high: float
    said: float
    happened: Result
    n: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """``score`` is the mean squared distance of probability and outcome, 0 at best; 0.25 is what "50 %" always gets.

    ``skill`` is 1 - score / uncertainty: above 0 better than always saying the base rate. ``bias`` is the mean said
    less the share that happened: above 0 too sure that things happen.
    """

    score: Result
    reliability: float
    resolution: float
    uncertainty: float
    within_bins: float
    skill: float
    bias: Result
    bins: tuple[ReliabilityBin, ...]
    n: int

    def plot(self) -> Picture:
        """What happened against what was said; on the diagonal both agree."""
        points = [
            Point(one.said, one.happened.estimate, one.happened.low, one.happened.high, "what happened")
            for one in self.bins
            if isinstance(one.happened, Estimate)
        ]
        points += [Point(end, end, end, end, "perfect") for end in (0.0, 1.0)]
        said = "How often hunches came true, by the probability stated"
        return bands(points, description=said, x_title="said", y_title="came true")


def calibration(
    probabilities: npt.ArrayLike, outcomes: npt.ArrayLike, *, bins: int = BINS, confidence: float = 0.95
) -> Calibration | NoVerdict:
    """From stated ``probabilities`` (n) in 0…1 and what happened (``outcomes``, n; 1 or 0), in ``bins`` of equal width.

    Intervals: score and bias by t over the hunches (a score clipped to 0…1), each bin by Wilson. Fewer than 8 hunches
    that have been answered say nothing of a person.
    """
    said, happened = np.asarray(probabilities, dtype=float), np.asarray(outcomes, dtype=float)
    if said.ndim != 1 or said.shape != happened.shape:
        raise ValueError(f"one outcome a probability: {said.shape} and {happened.shape}")
    if np.any((said < 0) | (said > 1)) or not np.all(np.isin(happened, (0, 1))) or bins < 1:
        raise ValueError("probabilities lie in 0…1, and outcomes are 1 or 0")
    n = said.size
    if n < FEWEST:
        return NoVerdict("few_hunches", f"{n} answered hunches say little; {FEWEST} are needed.", n)
    place = np.minimum((said * bins).astype(int), bins - 1)
    rate = float(happened.mean())
    parts = _parts(said, happened, place, rate)
    squares = (said - happened) ** 2
    score = _mean(squares, "Brier score, t over hunches", confidence, (0.0, 1.0))
    uncertainty = rate * (1 - rate)
    skill = 1 - float(squares.mean()) / uncertainty if uncertainty > 0 else float("nan")
    rows = tuple(_bin(said, happened, place == i, i, bins, confidence) for i in range(bins) if np.any(place == i))
    bias = _mean(said - happened, "mean said less share that happened, t over hunches", confidence, (-1.0, 1.0))
    return Calibration(score, parts[0], parts[1], uncertainty, parts[2], skill, bias, rows, n)


def _parts(said: Array, happened: Array, place: npt.NDArray[np.int_], rate: float) -> tuple[float, float, float]:
    """Reliability, resolution, and what lies inside bins: their spread less twice their covariance with outcomes."""
    reliability = resolution = within = 0.0
    for one in np.unique(place):
        here = place == one
        p, o = said[here], happened[here]
        reliability += here.sum() * (p.mean() - o.mean()) ** 2
        resolution += here.sum() * (o.mean() - rate) ** 2
        within += ((p - p.mean()) ** 2).sum() - 2 * ((p - p.mean()) * (o - o.mean())).sum()
    n = said.size
    return float(reliability / n), float(resolution / n), float(within / n)


def _mean(values: Array, name: str, confidence: float, limits: tuple[float, float]) -> Result:
    n = values.size
    error = float(values.std(ddof=1) / np.sqrt(n))
    if error == 0:
        return NoVerdict("no_spread", f"All {n} hunches did equally well, so their spread is unknown.", n)
    mean, half = float(values.mean()), float(two_sided_t(confidence, n - 1)) * error
    low, high = max(mean - half, limits[0]), min(mean + half, limits[1])
    return Estimate(mean, low, high, n, name, ASSUMPTIONS, confidence)


def _bin(
    said: Array, happened: Array, here: npt.NDArray[np.bool_], place: int, bins: int, confidence: float
) -> ReliabilityBin:
    n = int(here.sum())
    share = proportion(int(happened[here].sum()), n, confidence=confidence)
    return ReliabilityBin(place / bins, (place + 1) / bins, float(said[here].mean()), share, n)
