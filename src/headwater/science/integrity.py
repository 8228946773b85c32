"""Score integrity: agents or branches whose scores look begged for, with false discoveries kept in check.

Units differ for honest reasons (their customers do), so limits that expect nothing but chance accuse many who did
nothing. Here the spread that units show anyway is estimated and added to the limits (overdispersion: Spiegelhalter,
Quality and Safety in Health Care 14 (2005) 347-351), the evidence of the response rate, the share of top scores and
bursts is brought together by Fisher's method, and among those that stand out the expected share of false ones is held
at q (Benjamini and Hochberg). What stands out is a reason to look at the incentive first, not a proof.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from headwater.science.bounds import Array, two_sided_z
from headwater.science.intervals import proportion
from headwater.science.multiplicity import benjamini_hochberg
from headwater.science.pictures import Picture
from headwater.science.results import NoVerdict, Result, plot

FALSE_DISCOVERIES = 0.1
FEWEST_UNITS = 10
FEWEST_ANSWERS = 10
FEWEST_PERIODS = 4
# The share of units at either end that is drawn in before the honest spread is estimated.
WINSORISED = 0.1


@dataclass(frozen=True, slots=True)
class Unit:
    """What is known of an agent or branch: customers ``asked`` (None: not known, so that the response rate is not
    examined), ``answered``, ``top`` scores among the answers, and top scores (or answers) ``by_period`` (days or weeks;
    the same periods for every unit; empty: not examined)."""

    asked: int | None
    answered: int
    top: int
    by_period: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Screened:
    """One unit: its figures, how unusual each is (standard scores after overdispersion), and all together."""

    name: str
    response_rate: Result
    top_share: Result
    response_z: float
    top_z: float
    burst_z: float
    p_value: float
    adjusted_p: float
    stands_out: bool


@dataclass(frozen=True, slots=True)
class Screen:
    """All units, and the standard deviation of honest differences that the limits allow for (on the arcsine scale;
    ``nan`` where nothing was examined)."""

    units: tuple[Screened, ...]
    response_spread: float
    top_spread: float
    q: float

    def plot(self) -> Picture:
        """Shares of top scores by unit, the most unusual first."""
        ordered = sorted(self.units, key=lambda one: one.p_value)
        return plot({one.name: one.top_share for one in ordered}, description="Share of top scores, most unusual first")


def screen(units: Mapping[str, Unit], *, q: float = FALSE_DISCOVERIES, confidence: float = 0.95) -> Screen | NoVerdict:
    """Which units stand out by response rate (either way), share of top scores (high) and bursts (more than others).

    Units with fewer than 10 answers are shown and not tested; with fewer than 10 units to test there is no verdict,
    for what is usual among them cannot be said.
    """
    if not 0 < q < 1:
        raise ValueError(f"the share of false discoveries lies between 0 and 1, not {q!r}")
    for name, unit in units.items():
        if not 0 <= unit.top <= unit.answered <= (unit.answered if unit.asked is None else unit.asked):
            raise ValueError(f"{name}: top scores are among the answers, and answers among the asked, not {unit!r}")
    asked, answered, top = (
        np.array([getattr(one, field) or 0 for one in units.values()], dtype=float)
        for field in ("asked", "answered", "top")
    )
    tested = answered >= FEWEST_ANSWERS
    if tested.sum() < FEWEST_UNITS:
        message = f"{int(tested.sum())} units with {FEWEST_ANSWERS} answers or more do not show what is usual."
        return NoVerdict("few_units", message, int(answered.sum()))
    known = tested & np.array([one.asked is not None for one in units.values()])
    response_z, response_spread = np.full(len(units), np.nan), float("nan")
    if known.sum() >= FEWEST_UNITS:
        response_z, response_spread = funnel(answered, asked, known)
    top_z, top_spread = funnel(top, answered, tested)
    burst_z = _bursts([one.by_period for one in units.values()], tested)
    two_sided = 2 * special.ndtr(-np.abs(response_z))
    evidence = np.stack([two_sided, special.ndtr(-top_z), special.ndtr(-burst_z)])
    p_values = fisher(evidence)
    adjusted = benjamini_hochberg(p_values)
    rows = tuple(
        Screened(
            name,
            _rate(unit, confidence),
            proportion(unit.top, unit.answered, confidence=confidence),
            float(response_z[i]),
            float(top_z[i]),
            float(burst_z[i]),
            float(p_values[i]),
            float(adjusted[i]),
            bool(adjusted[i] <= q),
        )
        for i, (name, unit) in enumerate(units.items())
    )
    return Screen(rows, response_spread, top_spread, q)


def _rate(unit: Unit, confidence: float) -> Result:
    if unit.asked is None:
        return NoVerdict("asked_unknown", "Nobody knows how many were asked.", unit.answered)
    return proportion(unit.answered, unit.asked, confidence=confidence)


def funnel(hits: npt.ArrayLike, n: npt.ArrayLike, tested: npt.NDArray[np.bool_] | None = None) -> tuple[Array, float]:
    """Standard scores of shares (units), and the standard deviation between units that is not chance.

    On the scale 2 asin √p chance has the variance 1 / n whatever the share is. The ends are drawn in (winsorised, so
    that the few who stand out do not set the limits), the variance between units estimated by the method of moments
    (DerSimonian and Laird 1986) and added to that of chance. ``nan`` where not tested.
    """
    successes, tries = np.asarray(hits, float), np.asarray(n, float)
    use = tries > 0 if tested is None else np.asarray(tested) & (tries > 0)
    size = np.where(use, tries, 1.0)
    # Anscombe's continuity keeps 0 of n and n of n apart from the ends.
    level = 2 * np.arcsin(np.sqrt((np.where(use, successes, 0.0) + 0.375) / (size + 0.75)))
    variance = 1 / (size + 0.5)
    weight = np.where(use, 1 / variance, 0.0)
    usual = _middle(level[use], weight[use])
    between = _between((level[use] - usual) / np.sqrt(variance[use]), weight[use])
    again = np.where(use, 1 / (variance + between), 0.0)
    usual = _middle(level[use], again[use])
    scores = np.where(use, (level - usual) / np.sqrt(variance + between), np.nan)
    return scores / np.where(scores > 0, _reach(scores[use]), _reach(-scores[use])), float(np.sqrt(between))


def fisher(p_values: Array) -> Array:
    """One p-value for each column from those of independent tests; ``nan`` ones are not tests (Fisher 1932)."""
    given = ~np.isnan(p_values)
    statistic = -2 * np.where(given, np.log(np.clip(np.where(given, p_values, 1.0), 1e-300, 1)), 0.0).sum(axis=0)
    degrees = 2 * given.sum(axis=0)
    return np.where(degrees > 0, special.chdtrc(np.maximum(degrees, 1), statistic), np.nan)


def _middle(values: Array, weights: Array) -> float:
    """Weighted mean of what lies between the winsorised ends."""
    low, high = np.quantile(values, [WINSORISED, 1 - WINSORISED])
    return float(np.average(np.clip(values, low, high), weights=weights))


def _between(scores: Array, weights: Array) -> float:
    """Variance between units that chance does not account for."""
    low, high = np.quantile(scores, [WINSORISED, 1 - WINSORISED])
    drawn_in = np.clip(scores, low, high)
    # Winsorised normal scores have this variance: without it the spread would be taken for less than it is.
    overall = float((drawn_in**2).mean()) / _winsorised_variance()
    count = scores.size
    scale = weights.sum() - (weights**2).sum() / weights.sum()
    return float(max(0.0, (count * overall - (count - 1)) / scale))


def _reach(scores: Array) -> float:
    """How far the upper side of the scores reaches, 1 where it is normal: shares of customers are often lopsided."""
    side = scores[scores > 0]
    if side.size < FEWEST_UNITS // 2:
        return 1.0
    drawn_in = np.minimum(side, np.quantile(side, 1 - 2 * WINSORISED))
    return float(max(1.0, np.sqrt((drawn_in**2).mean() / _winsorised_variance())))


def _winsorised_variance() -> float:
    edge = two_sided_z(1 - 2 * WINSORISED)
    density = float(np.exp(-(edge**2) / 2) / np.sqrt(2 * np.pi))
    return 1 - 2 * WINSORISED - 2 * edge * density + 2 * WINSORISED * edge**2


def _bursts(periods: Sequence[Sequence[int]], tested: npt.NDArray[np.bool_]) -> Array:
    """How much more unevenly than others a unit's counts fall over the periods, as standard scores."""
    lengths = {len(one) for one, use in zip(periods, tested, strict=True) if use}
    if lengths == {0}:
        return np.full(len(periods), np.nan)
    if len(lengths) > 1 or min(lengths) < FEWEST_PERIODS:
        raise ValueError(f"every unit has the same {FEWEST_PERIODS} periods or more, not {sorted(lengths)}")
    nothing = [0] * min(lengths)
    counts = np.array([one if use else nothing for one, use in zip(periods, tested, strict=True)], dtype=float)
    profile = counts.sum(axis=0) / max(counts.sum(), 1.0)
    expected = counts.sum(axis=1, keepdims=True) * profile
    degrees = int((profile > 0).sum()) - 1
    known = tested & (counts.sum(axis=1) > 0)
    excess = np.where(expected > 0, (counts - expected) ** 2 / np.where(expected > 0, expected, 1.0), 0.0).sum(axis=1)
    # The cube root of a chi-square is close to normal (Wilson and Hilferty 1931).
    score = (np.cbrt(excess / degrees) - (1 - 2 / (9 * degrees))) / np.sqrt(2 / (9 * degrees))
    usual = float(np.median(score[known]))
    spread = max(1.0, float(np.median(np.abs(score[known] - usual))) * 1.4826)
    return np.where(known, (score - usual) / spread, np.nan)
