"""How far down a list of groups "could be first": intervals of ranks.

The order of estimates is not the order of the truth. A group's rank lies between 1 + the number of groups that are
surely better and the number of groups that are not surely worse, all pairs together being right with the confidence
asked for (Mogstad, Romano, Shaikh and Wilhelm, Review of Economic Studies 91 (2024) 476-518).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from headwater.science.bounds import Array, two_sided_z
from headwater.science.pictures import Picture
from headwater.science.results import Estimate, Result, plot

DRAWS = 4000
SEED = 20_260_101
# Above this many groups the largest of all pairs is bounded instead of drawn.
DRAWN = 80
# Draws are compared in portions of about this many numbers.
PORTION = 1_000_000


@dataclass(frozen=True, slots=True)
class Rank:
    """``place`` in the order of the estimates, and the ``best`` and ``worst`` rank it could have; 1 is first."""

    name: str
    result: Estimate
    place: int
    best: int
    worst: int

    @property
    def could_be_first(self) -> bool:
        return self.best == 1

    def plot(self) -> Picture:
        """The figure with its interval, named with the places it could have."""
        return plot({f"{self.place} ({self.best} to {self.worst}): {self.name}": self.result})


def ranks(groups: Mapping[str, Result], *, ascending: bool = False, confidence: float = 0.95) -> tuple[Rank, ...]:
    """Groups in order, the largest estimate first (or the smallest), with the ranks each could have.

    Groups without a verdict are left out. Each pair is compared by the halves of their intervals that face each
    other (MOVER), at a level that the largest of all pairs keeps, from seeded draws; above 80 groups by Šidák's
    bound. *Assumes* independent groups.
    """
    known = {name: one for name, one in groups.items() if isinstance(one, Estimate)}
    if not known:
        return ()
    sign = -1.0 if ascending else 1.0
    names = sorted(known, key=lambda name: -sign * known[name].estimate)
    value = np.array([sign * known[name].estimate for name in names])
    below, above = _errors([known[name] for name in names], ascending)
    # How far i lies above j, in standard errors of their difference: i's lower half and j's upper half.
    error = np.hypot(below[:, None], above[None, :])
    gap = value[:, None] - value[None, :]
    distance = np.where(error > 0, gap / np.where(error > 0, error, 1.0), np.where(gap > 0, np.inf, 0.0))
    surely = distance > _critical((below + above) / 2, confidence)
    better, worse = surely.sum(axis=0), surely.sum(axis=1)
    return tuple(
        Rank(name, known[name], place + 1, 1 + int(better[place]), len(names) - int(worse[place]))
        for place, name in enumerate(names)
    )


def _errors(estimates: list[Estimate], ascending: bool) -> tuple[Array, Array]:
    z = np.array([two_sided_z(one.confidence) for one in estimates])
    down = np.array([one.estimate - one.low for one in estimates]) / z
    up = np.array([one.high - one.estimate for one in estimates]) / z
    return (up, down) if ascending else (down, up)


def _critical(error: Array, confidence: float) -> float:
    """What the largest standardised difference of all pairs exceeds with chance 1 - confidence, all being equal."""
    count = error.size
    if count < 2:
        return 0.0
    if count > DRAWN:
        pairs = count * (count - 1)
        return two_sided_z(2 * (confidence ** (1 / pairs)) - 1)
    random = np.random.default_rng(SEED)
    drawn = random.normal(size=(DRAWS, count)) * error
    spread = np.hypot(error[:, None], error[None, :])
    spread = np.where(spread > 0, spread, np.inf)
    portion = max(1, PORTION // count**2)
    largest = [
        ((some[:, :, None] - some[:, None, :]) / spread).max(axis=(1, 2))
        for some in (drawn[start : start + portion] for start in range(0, DRAWS, portion))
    ]
    return float(np.quantile(np.concatenate(largest), confidence))
