"""One cause against none: risks, their ratio and difference, and the attributable fraction, from a two by two table."""

from dataclasses import dataclass

import numpy as np

from headwater.science.bounds import counts, two_sided_z
from headwater.science.pictures import Picture
from headwater.science.results import Estimate, NoVerdict, Result, plot

ASSUMPTIONS = ("those with and without the cause differ in nothing else that matters", "everyone is independent")


@dataclass(frozen=True, slots=True)
class AttributableRisk:
    """What a cause does to a risk; each figure with its interval.

    ``risk_ratio`` and ``excess_risk`` compare those it happened to with the others. ``fraction_among_exposed`` of
    their cases, and ``attributable_fraction`` of all cases, would not be there without it; ``population_excess`` is
    the latter as a risk.
    """

    risk_ratio: Result
    excess_risk: Result
    fraction_among_exposed: Result
    attributable_fraction: Result
    population_excess: Result

    def plot(self) -> Picture:
        """The two fractions of cases that would not be there without it, with their intervals."""
        named = {"of those it happened to": self.fraction_among_exposed, "of all": self.attributable_fraction}
        return plot(named, description="Cases that would not be there without the cause", reference=0.0)


def attributable_risk(
    exposed_cases: int, exposed: int, other_cases: int, others: int, *, confidence: float = 0.95
) -> AttributableRisk | NoVerdict:
    """Of ``exposed`` people with the cause and ``others`` without, how many had the outcome.

    Intervals: log risk ratio and risk differences by Wald; attributable fraction by Jewell's variance of
    log(1 - AF) = (b + AF (a + d)) / (n c) (Statistics for Epidemiology 2004, 7.3; as epiR's ``epi.2by2``). For
    several causes, which overlap, see :func:`headwater.science.average_attributable_fractions`.
    """
    a, n1, c, n0 = (float(part) for part in counts(exposed_cases, exposed, other_cases, others))
    if a > n1 or c > n0:
        raise ValueError(f"more cases than people: {exposed_cases} of {exposed}, {other_cases} of {others}")
    n = round(n1 + n0)
    if n1 == 0 or n0 == 0:
        return NoVerdict(
            "no_contrast", "It happened to everybody or to nobody, so nothing is there to compare with.", n
        )
    if a == 0 or c == 0:
        side = "with" if a == 0 else "without"
        return NoVerdict("no_cases", f"None of those {side} the cause had the outcome: there is no ratio.", n)
    z = two_sided_z(confidence)
    b, d, total = n1 - a, n0 - c, n1 + n0
    risk, base, overall = a / n1, c / n0, (a + c) / total

    def around(value: float, error: float) -> tuple[float, float, float]:
        return value, value - z * error, value + z * error

    def answer(ends: tuple[float, float, float], method: str) -> Estimate:
        return Estimate(*ends, n, method, ASSUMPTIONS, confidence)

    error = float(np.sqrt(1 / a - 1 / n1 + 1 / c - 1 / n0))
    ratio = (risk / base, risk / base * float(np.exp(-z * error)), risk / base * float(np.exp(z * error)))
    fraction = 1 - base / overall
    doubt = float(np.sqrt((b + fraction * (a + d)) / (total * c)))
    ends = (fraction, 1 - (1 - fraction) * float(np.exp(z * doubt)), 1 - (1 - fraction) * float(np.exp(-z * doubt)))
    spread = (risk * (1 - risk) / n1 + base * (1 - base) / n0) ** 0.5
    excess = (overall * (1 - overall) / total + base * (1 - base) / n0) ** 0.5
    return AttributableRisk(
        answer(ratio, "log risk ratio, Wald"),
        answer(around(risk - base, spread), "risk difference, Wald"),
        answer((1 - 1 / ratio[0], 1 - 1 / ratio[1], 1 - 1 / ratio[2]), "from the risk ratio"),
        answer(ends, "Jewell's interval of log(1 - AF)"),
        answer(around(overall - base, excess), "risk difference, Wald"),
    )
