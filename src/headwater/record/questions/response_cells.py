"""Responses that give the same answers, counted: what a fit needs that cross-products do not hold."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlglot import exp

from headwater.record.questions.drivers import ResponseProducts
from headwater.record.questions.question import Known, Question
from headwater.science.bounds import Array


@dataclass(frozen=True, slots=True, eq=False)
class ResponseCounts:
    """``n`` responses of a customer bucket with equal values; ``values`` is (cells, columns), about their centres."""

    bucket: npt.NDArray[np.intp]
    values: Array
    n: Array


@dataclass(frozen=True, slots=True)
class ResponseCells(Question[ResponseCounts]):
    """How many responses give the same in every column, by customer bucket. Responses that lack one are left out.

    As many cells as responses, where columns have many values: whoever asks says first that there are few.
    """

    responses: ResponseProducts

    def __post_init__(self) -> None:
        if gaps := [column.name for column in self.responses.columns if not column.is_always_there]:
            raise ValueError(f"every column must be required or always there, not {gaps}")

    def days(self) -> tuple[date | None, date | None]:
        return self.responses.days()

    def query(self, known: Known) -> exp.Select:
        keys = ("bucket", *(f"z{place}" for place in range(len(self.responses.columns))))
        cells = exp.select(*keys, exp.Count(this=exp.Star()).as_("n")).from_(self.responses.rows().subquery("m"))
        return self.responses.with_responses(cells.group_by(*keys), known)

    def answer(self, rows: pa.Table) -> ResponseCounts:
        names = [f"z{place}" for place in range(len(self.responses.columns))]
        values = np.column_stack([rows.column(name).to_numpy().astype(float) for name in names])
        bucket = np.nan_to_num(rows.column("bucket").to_numpy(zero_copy_only=False).astype(float)).astype(np.intp)
        order = np.lexsort([*values.T, bucket])
        return ResponseCounts(bucket[order], values[order], rows.column("n").to_numpy().astype(float)[order])
