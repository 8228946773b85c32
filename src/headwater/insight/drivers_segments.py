"""Whether drivers weigh differently for some customers: by segment, each against all others, with a test."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Final

import headwater.science as hs
from headwater.insight.drivers import Analysis
from headwater.insight.drivers_columns import FEWEST, Rating, outcome_column
from headwater.insight.selection import Selection
from headwater.metrics.estimates import sums_of
from headwater.metrics.store import company_record
from headwater.record.filters import every
from headwater.record.questions import ResponseProducts, SegmentProducts, Sums
from headwater.science.drivers import Method
from headwater.science.results import Estimate, NoVerdict, Result

MOST_SEGMENTS: Final = 6
ORDERS_BY_SEGMENT: Final = 10
"""Above so many drivers Johnson's weights stand in for all orders of entry, which would be gone through per segment."""
FOUND: Final = 0.05


@dataclass(frozen=True, slots=True)
class SegmentWeight:
    """One driver in one segment: its importance there, less that among all others, and the test's adjusted p-value."""

    driver: str
    importance: Result
    difference: Result
    adjusted_p: float | None

    @property
    def differs(self) -> bool:
        return self.adjusted_p is not None and self.adjusted_p <= FOUND


@dataclass(frozen=True, slots=True)
class SegmentDrivers:
    """The drivers in one segment, in the order of the analysis; ``refused`` where they cannot be told there."""

    value: str
    responses: int
    weights: tuple[SegmentWeight, ...]
    refused: NoVerdict | None = None

    @property
    def differing(self) -> tuple[SegmentWeight, ...]:
        return tuple(one for one in self.weights if one.differs)


def by_segment(selection: Selection, analysis: Analysis, dimension: str) -> tuple[SegmentDrivers, ...]:
    """The largest segments of a dimension. All tests of all segments are adjusted together (Benjamini-Hochberg)."""
    outcome = analysis.outcome
    if not analysis.rows or not isinstance(outcome, Rating) or analysis.form == "again":
        return ()
    values = _values(selection, outcome, dimension)
    column = outcome_column(outcome, analysis.form, selection)
    asked = ResponseProducts(
        outcome.where,
        (*analysis.columns, column),
        (),
        selection.filter(),
        selection.since,
        selection.until,
        dimension,
        values,
    )
    parts = {one.segment: one for one in company_record().ask(asked)}
    names = [row.candidate.id for row in analysis.rows]
    method: Method = "lmg" if len(names) <= ORDERS_BY_SEGMENT else "johnson"
    found = [_segment(value, parts, names, method) for value in values if value in parts]
    return _adjusted(found)


def _values(selection: Selection, outcome: Rating, dimension: str) -> tuple[str, ...]:
    """The values that most responses have, refusing a dimension that does not exist."""
    where = every(selection.filter(), outcome.where)
    rows = sums_of(Sums((dimension,), where, selection.since, selection.until, limit=1_000))
    known = [(row.n, value) for row in rows if (value := row.group[dimension]) is not None and row.n >= FEWEST]
    return tuple(value for _, value in sorted(known, key=lambda one: (-one[0], one[1]))[:MOST_SEGMENTS])


def _segment(
    value: str, parts: dict[str | None, SegmentProducts], names: Sequence[str], method: Method
) -> SegmentDrivers:
    own = parts[value].blocks[0]
    others = [part.blocks[0] for segment, part in parts.items() if segment != value]
    within = hs.drivers(own, "outcome", names, method=method)
    if isinstance(within, NoVerdict):
        return SegmentDrivers(value, parts[value].responses, (), within)
    compared = hs.driver_differences(own, reduce(add, others), "outcome", names, method=method) if others else ()
    gaps: dict[str, Result] = {}
    if not isinstance(compared, NoVerdict):
        gaps = {one.name: one.difference for one in compared}
    unknown = NoVerdict("no_others", "There is nobody else to compare with.")
    weights = (SegmentWeight(one.name, one.importance, gaps.get(one.name, unknown), None) for one in within.drivers)
    return SegmentDrivers(value, parts[value].responses, tuple(weights))


def _adjusted(found: Sequence[SegmentDrivers]) -> tuple[SegmentDrivers, ...]:
    gaps = [one.difference for segment in found for one in segment.weights]
    p_values = [hs.p_value_of(gap) if isinstance(gap, Estimate) else float("nan") for gap in gaps]
    adjusted = iter(hs.benjamini_hochberg(p_values).tolist() if p_values else [])
    return tuple(
        SegmentDrivers(
            segment.value,
            segment.responses,
            tuple(
                SegmentWeight(one.driver, one.importance, one.difference, p if (p := next(adjusted)) == p else None)
                for one in segment.weights
            ),
            segment.refused,
        )
        for segment in found
    )
