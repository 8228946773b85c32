"""From counts of customers to money: pure functions, which the page's sliders and its program share.

The whole is a sum of products: customers affected · extra probability of leaving · margin a year · years; contacts ·
cost of one. An assumption that is set to a value is taken as known; what is left uncertain keeps its interval.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final, Literal

import numpy as np

from headwater import science
from headwater.metrics.rules import BUCKETS
from headwater.record.questions import ExperienceCell
from headwater.science.bounds import Array
from headwater.science.effects import Effect
from headwater.science.results import Estimate, NoVerdict, Result
from headwater.science.value import Product

Factor = Literal["affected", "leaving", "margin", "years", "contacts", "cost"]
REVENUE: Final[tuple[Factor, ...]] = ("affected", "leaving", "margin", "years")
SERVICE: Final[tuple[Factor, ...]] = ("contacts", "cost")
SLIDERS: Final = 3
MOST_SEGMENTS: Final = 8
FEWEST_IN_LEVEL: Final = 5
SELDOM: Final = 0.02
"""Where fewer than this share of customers ever come back, nobody can be said to leave."""
UNDISCOUNTED: Final = 1e-9
"""A rate below which a year's discount is lost in rounding."""
ADDED: Final = "sum of independent parts, their intervals combined by squares (Zou and Donner 2008)"


@dataclass(frozen=True, slots=True)
class Slider:
    """An assumption that can be set: what it is now, between which ends, and what its ends do to the whole."""

    factor: Factor
    estimate: float
    low: float
    high: float
    value: float | None
    at_low: float
    at_high: float

    @property
    def swing(self) -> float:
        return abs(self.at_high - self.at_low)

    @property
    def start(self) -> float:
        """The left end of the slider: well outside the interval, and never under nothing unless the estimate is."""
        reach = self.low - (self.high - self.low) / 2
        return reach if self.low < 0 else max(reach, 0.0)

    @property
    def end(self) -> float:
        return self.high + (self.high - self.low) / 2

    @property
    def step(self) -> float:
        return (self.end - self.start) / 100


@dataclass(frozen=True, slots=True)
class Sum:
    """Revenue at risk, contact cost, and both; ``sliders`` are the assumptions that matter most, most telling first.

    ``estimated`` are both parts with no assumption set."""

    revenue: Product
    service: Product
    total: Result
    sliders: tuple[Slider, ...]
    estimated: tuple[Product, Product]

    def rests(self) -> list[dict[str, object]]:
        """By part: the product without each set of sliders, as (estimate, low, high), keyed by their names in order.

        Setting sliders multiplies what is left by their values: all that a page needs to follow them by itself.
        """
        names = [one.factor for one in self.sliders]
        return [
            {"part": place, "factors": [one for one in names if one in part.factors], "rests": _rests(part, names)}
            for place, part in enumerate(self.estimated)
            if isinstance(part.result, Estimate)
        ]


def effect_of(
    cells: Sequence[ExperienceCell], outcome: Literal["left", "spent", "returns", "referrals"]
) -> Effect | NoVerdict:
    """What the experience did to those to whom it came, within month, segment, tenure and frequency.

    Months and segments that hold nobody affected (or nobody spared) say nothing about the affected and are left out;
    small segments are taken together.
    """
    kept = _comparable(cells)
    if not kept:
        return NoVerdict("few_customers", "Nobody to whom it happened can be compared yet.")
    n = np.array([cell.n for cell in kept], float)
    return science.doubly_robust(
        np.array([getattr(cell, outcome) for cell in kept], float) / n,
        np.array([cell.affected for cell in kept], float),
        confounders(kept),
        counts=n,
        clusters=np.array([cell.bucket for cell in kept]),
        among="affected",
    )


def confounders(cells: Sequence[ExperienceCell]) -> Array:
    """Indicators of month, segment, tenure and frequency class, without the first level of each."""
    columns = []
    for values in _levels(cells):
        known = sorted(set(values))[1:]
        columns += [[value == level for value in values] for level in known]
    return np.array(columns, float).T.reshape(len(cells), -1)


def _levels(cells: Sequence[ExperienceCell]) -> tuple[list[str], ...]:
    return (
        [cell.month.isoformat() for cell in cells],
        [str(cell.segment) for cell in cells],
        [str(cell.tenure) for cell in cells],
        [str(cell.frequency) for cell in cells],
    )


def _comparable(cells: Sequence[ExperienceCell]) -> list[ExperienceCell]:
    sizes: dict[str | None, int] = {}
    for cell in cells:
        sizes[cell.segment] = sizes.get(cell.segment, 0) + cell.n
    large = set(sorted(sizes, key=lambda one: -sizes[one])[:MOST_SEGMENTS])
    kept = [cell if cell.segment in large else replace(cell, segment="other") for cell in cells if cell.n]
    while True:
        thin = [_thin(kept, levels) for levels in _levels(kept)]
        left = [
            cell
            for place, cell in enumerate(kept)
            if not any(_levels([cell])[one][0] in names for one, names in enumerate(thin))
        ]
        if len(left) == len(kept):
            return kept
        kept = left


def _thin(cells: Sequence[ExperienceCell], levels: Sequence[str]) -> set[str]:
    """Levels with fewer than a few customers on either side."""
    sides: dict[str, list[int]] = {}
    for cell, level in zip(cells, levels, strict=True):
        sides.setdefault(level, [0, 0])[cell.affected] += cell.n
    return {level for level, counts in sides.items() if min(counts) < FEWEST_IN_LEVEL}


def annuity(rate: float, years: float) -> float:
    """What a unit a year is worth today, for so many years at this discount rate a year, paid as it comes."""
    if rate <= UNDISCOUNTED:
        return years
    return float(-np.expm1(-np.log1p(rate) * years) / np.log1p(rate))


def years_of(discount: Result, horizon: Result) -> Result:
    """Years' worth of margin: the horizon discounted. Its ends are those of rate and horizon taken together."""
    if isinstance(horizon, NoVerdict):
        return horizon
    if isinstance(discount, NoVerdict):
        return discount
    low, high = annuity(discount.high, horizon.low), annuity(discount.low, horizon.high)
    value = annuity(discount.estimate, horizon.estimate)
    assumptions = (
        *horizon.assumptions,
        *discount.assumptions,
        "a customer who stays goes on as now for the whole horizon",
    )
    return Estimate(value, low, high, 0, "discounted years, from finance's rate and horizon", assumptions)


def cost_of_contacts(costs: Mapping[str, Result], contacts: Mapping[str, int]) -> Result:
    """The cost of one contact over all channels, each weighted by its contacts; ends are taken as moving together."""
    total = sum(contacts.values())
    missing = next((one for one in costs.values() if isinstance(one, NoVerdict)), None)
    if missing is not None or not total:
        return missing or NoVerdict("no_contacts", "Nobody got in touch about it.")
    known = {name: one for name, one in costs.items() if isinstance(one, Estimate) and contacts.get(name)}
    value, low, high = (
        sum(getattr(one, end) * contacts[name] for name, one in known.items()) / total
        for end in ("estimate", "low", "high")
    )
    assumptions = tuple(dict.fromkeys(said for one in known.values() for said in one.assumptions))
    return Estimate(value, low, high, total, "finance's costs, weighted by the contacts of each channel", assumptions)


def summed(factors: Mapping[Factor, Result], chosen: Mapping[Factor, float] | None = None) -> Sum:
    """The whole from its factors, some set to a value; the three assumptions that matter most become sliders."""
    chosen = chosen or {}
    estimated = (
        science.product({one: factors[one] for one in REVENUE}),
        science.product({one: factors[one] for one in SERVICE}),
    )
    sliders = tuple(_sliders(factors, chosen, estimated))
    at = {one.factor: one.value for one in sliders if one.value is not None}
    revenue, service = (_at(part, at) for part in estimated)
    return Sum(revenue, service, added(revenue.result, service.result), sliders, estimated)


def added(first: Result, second: Result) -> Result:
    """The sum of two independent parts; of one where the other has no verdict."""
    if isinstance(first, NoVerdict) or isinstance(second, NoVerdict):
        return second if isinstance(first, NoVerdict) else first
    negated = replace(second, estimate=-second.estimate, low=-second.high, high=-second.low)
    both = science.difference(first, negated)
    return replace(both, method=ADDED, assumptions=tuple(dict.fromkeys((*first.assumptions, *second.assumptions))))


def _at(part: Product, chosen: Mapping[Factor, float]) -> Product:
    own = {name: value for name, value in chosen.items() if name in part.factors}
    return part.at(**own) if own and isinstance(part.result, Estimate) else part


def _sliders(
    factors: Mapping[Factor, Result], chosen: Mapping[Factor, float], parts: Iterable[Product]
) -> Iterable[Slider]:
    rows = []
    for part in parts:
        for one in part.sensitivity:
            factor: Factor = next(name for name in factors if name == one.factor)
            known = factors[factor]
            if isinstance(known, Estimate) and known.low < known.high:
                ends = (known.estimate, known.low, known.high)
                rows.append(Slider(factor, *ends, None, one.at_low, one.at_high))
    for slider in sorted(rows, key=lambda row: -row.swing)[:SLIDERS]:
        value = chosen.get(slider.factor)
        inside = value is not None and np.isfinite(value)
        yield replace(slider, value=min(max(value or 0.0, slider.start), slider.end) if inside else None)


def _rests(part: Product, sliders: Sequence[Factor]) -> dict[str, list[float]]:
    own = [one for one in sliders if one in part.factors]
    found = {}
    for size in range(len(own) + 1):
        for fixed in combinations(own, size):
            left = part.at(**dict.fromkeys(fixed, 1.0)) if fixed else part
            if isinstance(left.result, Estimate):
                found[" ".join(fixed)] = [left.result.estimate, left.result.low, left.result.high]
    return found


def by_bucket(values: Iterable[tuple[int, float]]) -> Array:
    """Sums by customer bucket."""
    sums = np.zeros(BUCKETS)
    for bucket, value in values:
        sums[bucket] += value
    return sums
