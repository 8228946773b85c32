"""A metric weighted to the customer base: raw and weighted side by side, what it costs, and which segments pull.

Those who answer are not like those who do not. Raking gives each answer a weight so that, attribute by attribute, the
answers are spread as the customer base is. Within the levels of these attributes the answered still stand for the
silent: that is what a weighted figure assumes, and it is said with it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Final, TypeAlias

import numpy as np

import headwater.science as hs
from headwater.insight.selection import Selection
from headwater.insight.weighting_margins import MOST_MARGINS, Margin, margin_of, margins_in_force
from headwater.metrics.definitions import MetricDefinition
from headwater.metrics.estimates import definition_of, estimate, sums_of
from headwater.metrics.rules import BUCKETS
from headwater.record.questions import Sums, SumsRow
from headwater.science.bounds import Array
from headwater.science.results import Estimate, NoVerdict, Result

OTHERS: Final = "…"
"""Levels that are too small a part of the base to be brought to it each by itself."""
SMALL: Final = 0.02
FEW: Final = 10
HEAVY: Final = 5.0
"""An answer that counts for more than so many average ones says more about the weights than about customers."""
LEAST_EFFECTIVE: Final = 30
MOST_CELLS: Final = 900


@dataclass(frozen=True, slots=True)
class Pull:
    """One level of an attribute: its shares of base and answers, its own figure, and by how much its weight moves the
    whole. The pulls of an attribute's levels add up to what weighting moves."""

    attribute: str
    level: str
    base: float
    answered: float
    n: int
    value: float
    pull: float

    @property
    def weight(self) -> float:
        """How many answers one answer at this level counts for, other attributes aside."""
        return self.base / self.answered if self.answered else float("nan")


@dataclass(frozen=True, slots=True)
class WeightedMetric:
    """A metric as answered and as the customer base would say it, in the metric's own unit.

    ``shift`` is weighted less raw with its own interval. ``without_level`` answers could not be weighted, because one
    of the attributes is not known of them. ``warnings`` are codes: ``few_effective``, ``heavy``, ``small_level``,
    ``base_unknown``; a weighted figure without a verdict says itself why there is none.
    """

    definition: MetricDefinition
    selection: Selection
    margins: tuple[Margin, ...]
    raw: Result
    weighted: Result
    shift: Result
    n: int
    effective_n: float
    design_effect: float
    largest: float
    smallest: float
    without_level: int
    pulls: tuple[Pull, ...]
    warnings: tuple[str, ...]

    @property
    def moves(self) -> bool:
        """Whether weighting moves the figure beyond doubt."""
        return isinstance(self.shift, Estimate) and (self.shift.low > 0 or self.shift.high < 0)

    @property
    def strongest(self) -> Pull | None:
        """The level that pulls most."""
        return max(self.pulls, key=lambda one: abs(one.pull), default=None)


_Keyed: TypeAlias = Sequence[tuple[tuple[str, ...], SumsRow]]
_Sums: TypeAlias = tuple[Array, Array, Array, Array]


@dataclass(frozen=True, slots=True)
class Cells:
    """Answers by crossing of levels: one line a cell, one column a customer bucket."""

    levels: Mapping[str, list[str]]
    value: Array
    top: Array
    low: Array
    n: Array
    without_level: int
    places: Mapping[tuple[str, ...], int]
    """Which line a combination of levels of the base is in, once small levels are put together."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """A metric weighted, with what the weights were fitted to; without cells and weights where there is no verdict."""

    figures: WeightedMetric
    cells: Cells | None = None
    raked: hs.Raked | None = None


def weighted(
    metric: str, selection: Selection | None = None, attributes: Sequence[str] | None = None
) -> WeightedMetric:
    """Weight a scored metric to the customer base, by these attributes or else by the best known, at most three."""
    definition = definition_of(metric)
    selection = selection or Selection()
    return weigh(definition, selection, margins_for(attributes)).figures


def weigh(definition: MetricDefinition, selection: Selection, margins: tuple[Margin, ...]) -> Weighing:
    """The metric weighted by these margins, with the cells of its answers and their weights."""
    raw = estimate(definition.name, where=selection.filter(), since=selection.since, until=selection.until)
    asked = (definition, selection, margins, raw.rows[0].result)
    if not definition.scored:
        return Weighing(_nothing(*asked, NoVerdict("not_answered", "Nobody is asked for it.")))
    if not margins:
        return Weighing(_nothing(*asked, NoVerdict("base_unknown", "The base is not known.")))
    kept, cells = _fold(margins, _cells(definition, selection, margins))
    asked = (definition, selection, kept, raw.rows[0].result)
    if not cells.n.size:
        return Weighing(_nothing(*asked, NoVerdict("no_answers", "Nobody has answered yet.")))
    found = hs.rake(cells.levels, {one.attribute: one.shares for one in kept}, counts=cells.n.sum(axis=1))
    if isinstance(found, NoVerdict):
        pulls = _pulls(definition, kept, cells, cells.n.sum(axis=1))
        return Weighing(replace(_nothing(*asked, found), pulls=pulls))
    return Weighing(_judged(*asked, cells, found), cells, found)


def margins_for(attributes: Sequence[str] | None = None) -> tuple[Margin, ...]:
    """The margins by these attributes, or else by the best known, as many as can be read."""
    if attributes is None:
        return _within_reach(margins_in_force())
    found = (margin_of(name) for name in dict.fromkeys(attributes))
    return _within_reach(margin for margin in found if len(margin.levels) >= 2)


def _within_reach(margins: Iterable[Margin]) -> tuple[Margin, ...]:
    """The first few margins whose crossing has not too many cells to be read."""
    kept: list[Margin] = []
    for margin in margins:
        if prod(len(one.levels) for one in (*kept, margin)) <= MOST_CELLS and len(kept) < MOST_MARGINS:
            kept.append(margin)
    return tuple(kept)


def _judged(
    definition: MetricDefinition,
    selection: Selection,
    margins: tuple[Margin, ...],
    raw: Result,
    cells: Cells,
    found: hs.Raked,
) -> WeightedMetric:
    unit = _unit(definition)
    pulls = _pulls(definition, margins, cells, found.weights)
    checks = {
        "few_effective": found.effective_n < LEAST_EFFECTIVE,
        "heavy": found.largest > HEAVY,
        "small_level": any(one.n < FEW and one.base > SMALL for one in pulls),
        "base_unknown": any(margin.unknown > 0.2 * sum(margin.levels.values()) for margin in margins),
    }
    return WeightedMetric(
        definition,
        selection,
        margins,
        raw,
        figure_of(definition, cells, found),
        _scaled(found.shift_of_sums(cells.value, cells.n), unit),
        found.n,
        found.effective_n,
        found.design_effect,
        found.largest,
        found.smallest,
        cells.without_level,
        pulls,
        tuple(code for code, holds in checks.items() if holds),
    )


def _nothing(
    definition: MetricDefinition, selection: Selection, margins: tuple[Margin, ...], raw: Result, why: NoVerdict
) -> WeightedMetric:
    nan = float("nan")
    return WeightedMetric(definition, selection, margins, raw, why, why, raw.n, nan, nan, nan, nan, 0, (), ())


def _unit(definition: MetricDefinition) -> float:
    """An NPS is written in points of a hundred."""
    return 100.0 if definition.kind == "nps" else 1.0


def _scaled(result: Result, unit: float) -> Result:
    if isinstance(result, NoVerdict) or unit == 1:
        return result
    return replace(result, estimate=result.estimate * unit, low=result.low * unit, high=result.high * unit)


def figure_of(definition: MetricDefinition, cells: Cells, found: hs.Raked, whole: Array | None = None) -> Result:
    """The weighted figure of some cells in the metric's own unit; ``whole``: the answers of all, if they are a part."""
    return _scaled(_figure(definition, cells, found, whole), _unit(definition))


def _figure(definition: MetricDefinition, cells: Cells, found: hs.Raked, whole: Array | None) -> Result:
    if definition.kind == "nps":
        return found.nps_of_sums(cells.top, cells.low, cells.n, whole=whole)
    if definition.kind == "share":
        return found.share_of_sums(cells.top, cells.n, whole=whole)
    highest = definition.highest if definition.highest is not None else np.inf
    return found.mean_of_sums(cells.value, cells.n, whole=whole, limits=(definition.lowest, highest))


def _rows(
    definition: MetricDefinition, selection: Selection, margins: Sequence[Margin], by: str = ""
) -> tuple[list[tuple[tuple[str, ...], SumsRow]], int]:
    """The sums of answers by levels, group and customer bucket, and how many answers lack a level."""
    names = tuple(f"attribute:{margin.attribute}" for margin in margins)
    asked = (*names, *((by,) if by and by not in names else ()), "bucket")
    rows = sums_of(Sums(asked, selection.filter(), selection.since, selection.until, definition.name))
    known = [row for row in rows if row.scored and all(row.group[name] for name in names)]
    found = [(tuple(str(row.group[name]) for name in names), row) for row in known]
    return found, sum(row.scored for row in rows) - sum(row.scored for row in known)


def _summed(definition: MetricDefinition, places: Mapping[tuple[str, ...], int], lines: int, rows: _Keyed) -> _Sums:
    """Value, top, low and answers, each one line a place and one column a bucket."""
    sums = {name: np.zeros((lines, BUCKETS)) for name in ("score_sum", "top", "low", "scored")}
    for key, row in rows:
        if key in places:
            for name, array in sums.items():
                array[places[key], int(row.group["bucket"] or 0)] += getattr(row, name)
    value = {"nps": sums["top"] - sums["low"], "share": sums["top"]}.get(definition.kind, sums["score_sum"])
    return value, sums["top"], sums["low"], sums["scored"]


def _cells(definition: MetricDefinition, selection: Selection, margins: Sequence[Margin]) -> Cells:
    rows, missing = _rows(definition, selection, margins)
    places: dict[tuple[str, ...], int] = {}
    for key, _row in rows:
        places.setdefault(key, len(places))
    levels = {margin.attribute: [key[i] for key in places] for i, margin in enumerate(margins)}
    return Cells(levels, *_summed(definition, places, len(places), rows), missing, places)


def parts_of(
    definition: MetricDefinition, selection: Selection, margins: Sequence[Margin], cells: Cells, by: str
) -> dict[str | None, Cells]:
    """The cells of each group of a dimension, on the lines of the whole."""
    rows, _missing = _rows(definition, selection, margins, by)
    groups: dict[str | None, list[tuple[tuple[str, ...], SumsRow]]] = defaultdict(list)
    for key, row in rows:
        groups[row.group[by]].append((key, row))
    found: dict[str | None, Cells] = {}
    for group, chosen in groups.items():
        value, top, low, n = _summed(definition, cells.places, len(cells.n), chosen)
        found[group] = replace(cells, value=value, top=top, low=low, n=n)
    return found


def _fold(margins: Sequence[Margin], cells: Cells) -> tuple[tuple[Margin, ...], Cells]:
    """Margins and cells with small levels that hardly anybody answered at put together.

    Where even together they are small and silent they are left out of the base; answers at a level that the base has
    not are left out of the answers.
    """
    names = {margin.attribute: _names(margin, cells) for margin in margins}
    kept = tuple(replace(margin, levels=_renamed(margin.shares, names[margin.attribute])) for margin in margins)
    rows = [
        tuple(names[margin.attribute].get(cells.levels[margin.attribute][place], "") for margin in margins)
        for place in range(len(cells.n))
    ]
    keep = [place for place, row in enumerate(rows) if all(row)]
    levels = {margin.attribute: [rows[place][i] for place in keep] for i, margin in enumerate(margins)}
    left_out = cells.without_level + round(float(cells.n.sum() - cells.n[keep].sum()))
    value, top, low, n = (part[keep] for part in (cells.value, cells.top, cells.low, cells.n))
    lines = {place: line for line, place in enumerate(keep)}
    places = {key: lines[place] for key, place in cells.places.items() if place in lines}
    return kept, Cells(levels, value, top, low, n, left_out, places)


def _names(margin: Margin, cells: Cells) -> dict[str, str]:
    """What each level of the base is called: itself, or among the others; empty: left out."""
    counted: dict[str, float] = defaultdict(float)
    for level, n in zip(cells.levels[margin.attribute], cells.n.sum(axis=1).tolist(), strict=True):
        counted[level] += n
    few = [level for level, share in margin.shares.items() if share < SMALL and counted[level] < FEW]
    silent = not sum(counted[level] for level in few) and sum(margin.shares[level] for level in few) < SMALL
    return {level: ("" if silent else OTHERS) if level in few else level for level in margin.shares}


def _renamed(shares: Mapping[str, float], names: Mapping[str, str]) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for level, share in shares.items():
        if names[level]:
            found[names[level]] += share
    whole = sum(found.values())
    return {level: share / whole for level, share in found.items()}


def _pulls(definition: MetricDefinition, margins: Sequence[Margin], cells: Cells, weights: Array) -> tuple[Pull, ...]:
    """Each level's part in what weighting moves: what its cells gain in weight, times how far they lie from the raw."""
    unit = _unit(definition)
    n, value = cells.n.sum(axis=1), cells.value.sum(axis=1)
    raw = value.sum() / n.sum()
    gained = weights / weights.sum() - n / n.sum()
    moved = gained * (value / n - raw)
    found = []
    for margin in margins:
        levels = np.array(cells.levels[margin.attribute])
        for level, base in margin.shares.items():
            here = levels == level
            count = float(n[here].sum())
            mean = float(value[here].sum() / count) if count else float("nan")
            answered = count / float(n.sum())
            pull = float(moved[here].sum()) * unit
            found.append(Pull(margin.attribute, level, base, answered, round(count), mean * unit, pull))
    return tuple(found)
