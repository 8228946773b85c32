"""How many to ask, and how a sample is divided: pure functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from statistics import NormalDist
from typing import Final, Literal

from headwater.science.results import Estimate, NoVerdict

EXPECTED_RESPONSE: Final = 0.15
"""Where the record knows of no invitation yet: a cautious guess for surveys by e-mail."""
LEAST_SHARE: Final = 0.01


@dataclass(frozen=True, slots=True)
class Suggested:
    """How many ``answers`` give the interval that is wanted, and how many to ``ask`` for them.

    ``attainable`` is false where even everybody would not be enough; ``half_width`` is then what all of them give.
    ``response`` is the share that is expected to answer, an estimate where the record knows.
    """

    answers: int
    ask: int
    population: int
    half_width: float
    variance: float
    response: Estimate | float
    attainable: bool


def answers_needed(half_width: float, variance: float, population: int, *, confidence: float = 0.95) -> int:
    """How many answers give an interval of ``half_width`` to either side, out of a finite population.

    n₀ = z² S² / d², n = n₀ / (1 + (n₀ − 1) / N). *Source:* Cochran, Sampling Techniques (3rd ed., 1977), 4.4 and 4.6;
    the variance ``S²`` of one answer is in the square of the half width's unit.
    """
    if half_width <= 0 or population < 1:
        raise ValueError(f"a half width above 0 and at least one customer, not {half_width} and {population}")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    n0 = z * z * variance / half_width**2
    return max(1, min(population, ceil(n0 / (1 + max(n0 - 1, 0) / population))))


def half_width_of(answers: float, variance: float, population: int, *, confidence: float = 0.95) -> float:
    """How wide to either side the interval of so many answers is: the other way round, z √(S²/n · (N − n)/(N − 1))."""
    if answers <= 0:
        return float("inf")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rest = max(0.0, (population - answers) / (population - 1)) if population > 1 else 0.0
    return float(z * (variance / answers * rest) ** 0.5)


def nps_variance(promoters: float | None = None, detractors: float | None = None) -> float:
    """The variance of one answer's part of the NPS (−1, 0, 1): p + d − (p − d)²; without shares the largest one, 1."""
    if promoters is None or detractors is None:
        return 1.0
    return promoters + detractors - (promoters - detractors) ** 2


def suggest(half_width: float, variance: float, population: int, response: Estimate | NoVerdict | None) -> Suggested:
    """How many of ``population`` to ask for an interval of ``half_width``, when so many answer as did until now."""
    known = response if isinstance(response, Estimate) and response.n >= 30 else None
    share = max(known.estimate if known else EXPECTED_RESPONSE, LEAST_SHARE)
    answers = answers_needed(half_width, variance, population)
    ask = ceil(answers / share)
    return Suggested(
        answers=answers,
        ask=min(ask, population),
        population=population,
        half_width=half_width if ask <= population else half_width_of(population * share, variance, population),
        variance=variance,
        response=known or share,
        attainable=ask <= population,
    )


def divided(
    size: int, strata: Mapping[str, int], allocation: Literal["proportional", "equal"] = "proportional"
) -> dict[str, int]:
    """How many of each stratum are asked: ``size`` in all, or everybody where there are fewer.

    Proportional to the strata's sizes with the largest remainders rounded up, or the same number of each; what a small
    stratum lacks goes to the others. *Source:* Cochran, Sampling Techniques (3rd ed., 1977), 5.5 (proportional).
    """
    given = dict.fromkeys(strata, 0)
    left = min(size, sum(strata.values()))
    while left > 0:
        room = {name: n - given[name] for name, n in strata.items() if n > given[name]}
        weight = sum(room.values()) if allocation == "proportional" else len(room)
        shares = {name: left * (n if allocation == "proportional" else 1) / weight for name, n in room.items()}
        more = {name: min(room[name], int(shares[name])) for name in room}
        if not any(more.values()):
            ranked = sorted(room, key=lambda name: (-(shares[name] % 1), -strata[name], name))
            more = dict.fromkeys(ranked[:left], 1)
        for name, n in more.items():
            given[name] += n
        left = min(size, sum(strata.values())) - sum(given.values())
    return given
