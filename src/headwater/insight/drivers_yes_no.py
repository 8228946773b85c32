"""Drivers of a yes or no: McFadden's R² shared among them, from counts of equal responses or customers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Final

import numpy as np
import numpy.typing as npt

import headwater.science as hs
from headwater.insight.drivers_columns import CameBack, Candidate
from headwater.insight.selection import Selection
from headwater.insight.value import WINDOW
from headwater.metrics.rules import BUCKETS
from headwater.metrics.store import company_record
from headwater.record.questions import Again, AgainCells, ResponseCells, ResponseProducts, SegmentProducts, Span
from headwater.science.bounds import Array
from headwater.science.logit_drivers import MOST_DRIVERS
from headwater.science.results import NoVerdict

MOST_FITTED: Final = 1_000_000
"""Sets of drivers times patterns of their values; about a second of processor time."""
MOST_CELLS: Final = 200_000
LINEAR: Final = "shares of the linear model's R² stand in for those of McFadden's: {}"
TOO_MANY: Final = "it takes a fit of every set of drivers, which are too many here"


@dataclass(frozen=True, slots=True, eq=False)
class YesNo:
    """Rows that are equal, counted: ``outcome`` (rows) is 0 or 1, ``values`` (rows, drivers) in the order of names."""

    names: tuple[str, ...]
    outcome: Array
    values: Array
    bucket: npt.NDArray[np.intp]
    n: Array


def with_mcfadden(found: hs.Drivers, rows: YesNo | None) -> tuple[hs.Drivers, bool]:
    """The drivers with their shares of McFadden's R² for importance, and whether that could be told. Where it could
    not (None: too many fits), the linear shares stay, and the assumptions say why."""
    if rows is None:
        return replace(found, assumptions=(*found.assumptions, LINEAR.format(TOO_MANY))), False
    columns = dict(zip(rows.names, rows.values.T, strict=True))
    shared = hs.logit_drivers(rows.outcome, columns, buckets=rows.bucket, counts=rows.n)
    if isinstance(shared, NoVerdict):
        return replace(found, assumptions=(*found.assumptions, LINEAR.format(shared.message))), False
    importances = {one.name: one.importance for one in shared.drivers}
    drivers = tuple(replace(one, importance=importances[one.name]) for one in found.drivers)
    return (
        replace(
            found,
            drivers=drivers,
            r_squared=shared.r_squared,
            n=shared.n,
            method=shared.method,
            assumptions=shared.assumptions,
        ),
        True,
    )


def same_responses(asked: ResponseProducts, used: Sequence[Candidate], responses: int) -> YesNo | None:
    """Responses that give every driver, counted by what they give; ``asked`` has the outcome as its last column.

    None where there may be too many different ones.
    """
    patterns = min(prod(_levels(one) for one in used), responses)
    cells = min(patterns * 2 * BUCKETS, responses)
    if not used or len(used) > MOST_DRIVERS or patterns << len(used) > MOST_FITTED or cells > MOST_CELLS:
        return None
    columns = tuple(replace(one, required=True) for one in asked.columns)
    found = company_record().ask(ResponseCells(replace(asked, columns=columns, blocks=())))
    names = tuple(one.id for one in used)
    return YesNo(names, found.values[:, -1], found.values[:, :-1], found.bucket, found.n)


def _levels(candidate: Candidate) -> int:
    """How many different values a driver has at most, as far as is known."""
    if candidate.rating is not None:
        definition = candidate.rating.definition
        return round((definition.scale_high or 0.0) - (definition.scale_low or 0.0)) + 1
    return MOST_CELLS if candidate.kind == "number" else 2


def customers_after(outcome: CameBack, found: Sequence[Candidate], selection: Selection) -> AgainCells | None:
    """Customers by whether they bought again and what came to them before; None where nobody can be followed yet."""
    last = company_record().ask(Span()).last_day
    experiences = tuple(one.column.where for one in found if one.column.where is not None)
    if last is None or not experiences:
        return None
    asked = Again(outcome.custom, experiences, last, selection.since, selection.until, WINDOW, selection.filter())
    cells = company_record().ask(asked)
    return cells if cells.n.size else None


def as_products(cells: AgainCells, found: Sequence[Candidate]) -> SegmentProducts:
    """The same as cross-products, drivers first and the outcome last."""
    values = np.column_stack([cells.experienced, cells.again]).astype(float)
    size = values.shape[1]
    n, products = np.zeros((BUCKETS, 1, 1)), np.zeros((BUCKETS, size, size))
    np.add.at(n[:, 0, 0], cells.bucket, cells.n)
    np.add.at(products, cells.bucket, values[:, :, None] * values[:, None, :] * cells.n[:, None, None])
    of_each = np.repeat(np.einsum("bii->bi", products)[:, :, None], size, axis=2)
    counted = np.broadcast_to(n, products.shape).copy()
    names = (*(one.id for one in found), "outcome")
    block = hs.CrossProducts(names, counted, of_each, products, of_each.copy(), np.zeros(size))
    return SegmentProducts(None, round(float(cells.n.sum())), (block, block))


def same_customers(cells: AgainCells, found: Sequence[Candidate], used: Sequence[Candidate]) -> YesNo | None:
    """The customers of the drivers that are used."""
    if not used or len(used) > MOST_DRIVERS:
        return None
    places = [found.index(one) for one in used]
    names = tuple(one.id for one in used)
    return YesNo(names, cells.again.astype(float), cells.experienced[:, places].astype(float), cells.bucket, cells.n)
