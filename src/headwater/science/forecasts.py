"""How good somebody's hunches are: Brier score with its parts, and the reliability of stated probabilities.

Brier score = reliability - resolution + uncertainty + spread inside bins: reliability is how far what was said lies
from what happened (0 is perfect), resolution how far the hunches tell cases apart (more is better), uncertainty what
the base rate leaves to anybody (Murphy, Journal of Applied Meteorology 12 (1973) 595-600; with bins: Stephenson,
Coelho and Jolliffe, Weather and Forecasting 23 (2008) 752-757).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from headwater.science.bounds import Array, proportion_bounds, ratio_bounds
from headwater.science.pictures import Picture, Point, bands
from headwater.science.results import Estimate, NoVerdict, Result

FEWEST = 8
BINS = 5
WILSON = "Wilson score interval"
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
    probabilities: npt.ArrayLike,
    outcomes: npt.ArrayLike,
    *,
    clusters: npt.ArrayLike | None = None,
    bins: int = BINS,
    confidence: float = 0.95,
) -> Calibration | NoVerdict:
    """From stated ``probabilities`` (n) in 0…1 and what happened (``outcomes``, n; 1 or 0), in ``bins`` of equal width.

    Intervals: score and bias by t over the hunches (a score clipped to 0…1), each bin by Wilson. Fewer than 8 hunches
    that have been answered say nothing of a person. ``clusters`` (n) names what each is about, where several people
    say something of the same: what it turned out to be is then one piece of news, whoever foresaw it.
    """
    said, happened = np.asarray(probabilities, dtype=float), np.asarray(outcomes, dtype=float)
    if said.ndim != 1 or said.shape != happened.shape:
        raise ValueError(f"one outcome a probability: {said.shape} and {happened.shape}")
    if np.any((said < 0) | (said > 1)) or not np.all(np.isin(happened, (0, 1))) or bins < 1:
        raise ValueError("probabilities lie in 0…1, and outcomes are 1 or 0")
    n = said.size
    about = np.arange(n) if clusters is None else np.unique(np.asarray(clusters), return_inverse=True)[1]
    if about.shape != said.shape:
        raise ValueError(f"one cluster a probability: {about.shape} and {said.shape}")
    if n < FEWEST:
        return NoVerdict("few_hunches", f"{n} answered hunches say little; {FEWEST} are needed.", n)
    place = np.minimum((said * bins).astype(int), bins - 1)
    rate = float(happened.mean())
    parts = _parts(said, happened, place, rate)
    squares = (said - happened) ** 2
    score = _mean(squares, about, "Brier score", confidence, (0.0, 1.0))
    uncertainty = rate * (1 - rate)
    skill = 1 - float(squares.mean()) / uncertainty if uncertainty > 0 else float("nan")
    rows = tuple(
        _bin(said, happened, about, place == i, i, bins, confidence) for i in range(bins) if np.any(place == i)
    )
    bias = _mean(said - happened, about, "mean said less share that happened", confidence, (-1.0, 1.0))
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


def _mean(
    values: Array, about: npt.NDArray[np.intp], name: str, confidence: float, limits: tuple[float, float]
) -> Result:
    n, counts = values.size, np.bincount(about).astype(float)
    if counts.size < 2:
        return NoVerdict("one_cluster", f"All {n} hunches are about one thing.", n)
    mean, low, high, error = (
        float(part) for part in ratio_bounds(np.bincount(about, weights=values), counts, confidence=confidence)
    )
    if error <= 1e-12:
        return NoVerdict("no_spread", f"All {n} hunches did equally well, so their spread is unknown.", n)
    what = "hunches" if counts.size == n else f"{counts.size} things they are about"
    ends = max(low, limits[0]), min(high, limits[1])
    return Estimate(mean, *ends, n, f"{name}, t over {what}", ASSUMPTIONS, confidence)


def _bin(
    said: Array,
    happened: Array,
    about: npt.NDArray[np.intp],
    here: npt.NDArray[np.bool_],
    place: int,
    bins: int,
    confidence: float,
) -> ReliabilityBin:
    n, things = int(here.sum()), np.unique(about[here]).size
    share = float(happened[here].mean())
    low, high = proportion_bounds(share * things, float(things), confidence=confidence)
    found = Estimate(share, min(float(low), share), max(float(high), share), n, WILSON, ASSUMPTIONS, confidence)
    return ReliabilityBin(place / bins, (place + 1) / bins, float(said[here].mean()), found, n)
