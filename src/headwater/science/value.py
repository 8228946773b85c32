"""Money from figures that are each uncertain: revenue at risk, cost to serve, and which assumption matters most.

Revenue at risk = customers affected · extra probability of leaving · margin of a customer. A product of estimates is
skewed and its interval is not the product of their ends, so it is drawn: each factor from a normal distribution split
at its estimate, with the half widths of its own interval (Wallis, Statistical Science 29 (2014) 106-112).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from headwater.science.bounds import Array, two_sided_z
from headwater.science.pictures import Picture
from headwater.science.results import Estimate, NoVerdict, Result, plot

DRAWS = 20_000
SEED = 20_260_101
INDEPENDENT = "the factors were estimated independently of each other"


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """The product with one factor at the low and at the high end of its interval, the others unmoved."""

    factor: str
    at_low: float
    at_high: float

    @property
    def swing(self) -> float:
        return abs(self.at_high - self.at_low)


@dataclass(frozen=True, slots=True)
class Product:
    """A product of factors with its interval; ``sensitivity`` has the factor that matters most first."""

    result: Result
    factors: Mapping[str, Result]
    sensitivity: tuple[Sensitivity, ...]

    def at(self, **factors: float) -> "Product":
        """The product with some factors set to a value, as by a slider; they are then taken as known."""
        unknown = set(factors) - set(self.factors)
        if unknown:
            raise ValueError(f"no factor {sorted(unknown)[0]!r}: there are {', '.join(self.factors)}")
        return product({**self.factors, **factors})

    def plot(self) -> Picture:
        """The reach of the product over the interval of each factor, largest first (a tornado)."""
        if isinstance(self.result, NoVerdict):
            return self.result.plot()
        middle = self.result.estimate
        rows: dict[str, Result] = {
            one.factor: Estimate(
                middle, min(one.at_low, one.at_high), max(one.at_low, one.at_high), self.result.n, self.result.method
            )
            for one in self.sensitivity
        }
        return plot(rows, reference=middle, description="What each assumption does to the result")


def product(factors: Mapping[str, Result | float]) -> Product:
    """The product of named factors in their own units; a plain number is taken as known.

    Without a verdict on a factor there is none on the product. ``n`` is the smallest base among the factors.
    """
    if not factors:
        raise ValueError("a product needs at least one factor")
    exact = {
        name: _known(factor) if not isinstance(factor, Estimate | NoVerdict) else factor
        for name, factor in factors.items()
    }
    missing = [(name, one) for name, one in exact.items() if isinstance(one, NoVerdict)]
    if missing:
        name, reason = missing[0]
        return Product(NoVerdict(reason.code, f"{name}: {reason.message}", reason.n), exact, ())
    known = {name: one for name, one in exact.items() if isinstance(one, Estimate)}
    confidence = {one.confidence for one in known.values() if one.low < one.high} or {0.95}
    if len(confidence) > 1:
        raise ValueError(f"intervals differ in confidence: {sorted(confidence)}")
    return Product(_drawn(known, confidence.pop()), exact, _sensitivity(known))


def value_at_risk(affected: Result | float, extra_leaving: Result, margin: Result | float) -> Product:
    """Revenue at risk, in the unit of ``margin``: customers affected · extra probability of leaving · margin.

    ``extra_leaving`` is the effect among the affected (:func:`headwater.science.doubly_robust` with
    ``among="affected"``), never their plain churn: some would have left anyway. Where it may be nothing, the interval
    reaches below nothing, and says so.
    """
    return product({"affected": affected, "extra_leaving": extra_leaving, "margin": margin})


def _known(value: float) -> Estimate:
    if not np.isfinite(value):
        raise ValueError(f"a factor must be finite, not {value!r}")
    return Estimate(float(value), float(value), float(value), 0, "taken as known")


def _drawn(factors: Mapping[str, Estimate], confidence: float) -> Estimate:
    random = np.random.default_rng(SEED)
    z = two_sided_z(confidence)
    drawn: Array = np.ones(DRAWS)
    for one in factors.values():
        normal = random.normal(size=DRAWS)
        below, above = (one.estimate - one.low) / z, (one.high - one.estimate) / z
        drawn = drawn * (one.estimate + normal * np.where(normal < 0, below, above))
    estimate = float(np.prod([one.estimate for one in factors.values()]))
    tail = (1 - confidence) / 2
    low, high = (float(end) for end in np.quantile(drawn, [tail, 1 - tail]))
    if all(one.low == one.high for one in factors.values()):
        low = high = estimate
    bases = [one.n for one in factors.values() if one.n > 0]
    assumptions = tuple(dict.fromkeys((*(word for one in factors.values() for word in one.assumptions), INDEPENDENT)))
    name = f"product of {len(factors)} factors, {DRAWS:,} draws from their intervals"
    return Estimate(
        estimate, min(low, estimate), max(high, estimate), min(bases, default=0), name, assumptions, confidence
    )


def _sensitivity(factors: Mapping[str, Estimate]) -> tuple[Sensitivity, ...]:
    rows = []
    for name, one in factors.items():
        rest = float(np.prod([other.estimate for label, other in factors.items() if label != name]))
        rows.append(Sensitivity(name, rest * one.low, rest * one.high))
    return tuple(sorted(rows, key=lambda row: -row.swing))
