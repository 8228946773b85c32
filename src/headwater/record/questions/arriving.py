"""The marks of signals that arrive, for any number of patterns, in one look over their columns and without a query.

It gives what ``PatternMarks(pattern, revised=True)`` gives of the same signals; a property test compares them.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.record.matching import Batch, Mask, Undecided
from headwater.record.questions.patterns import MarkRow, Pattern

EPOCH, MICROSECOND = datetime(1970, 1, 1), timedelta(microseconds=1)
HOUR = 3_600_000_000
_READ = ("signal_key", "revision", "customer_id", "subject_id")


class Arriving:
    """Signals on their way into the record, whole; ``merged`` tells who a customer turned out to be."""

    def __init__(self, signals: pa.Table, merged: Mapping[str, str]) -> None:
        self._batch = Batch(signals)
        self._merged = merged
        self._revised: Mask = np.asarray(self._batch.column("revision")) > 1

    def marks(self, pattern: Pattern) -> tuple[MarkRow, ...]:
        """The marks of a pattern, and signals in a later revision than their first, by unit and time.

        Raises:
            Undecided: only the engine can read them.
        """
        if pattern.reads_labels:
            raise Undecided("the pattern reads labels")
        first = self._first(pattern)
        mark = first if pattern.second is None else first | self._batch.matches(pattern.second)
        chosen = np.flatnonzero(mark | self._revised)
        if not len(chosen):
            return ()
        rows = self._rows(pattern, chosen, mark, first)
        return tuple(sorted(rows, key=lambda row: (row.unit, row.at, row.signal_key)))

    def _first(self, pattern: Pattern) -> Mask:
        first = self._batch.matches(pattern.first)
        if pattern.kind != "threshold":
            return first
        compared = pc.greater_equal if pattern.at_least else pc.less_equal
        passed = compared(self._batch.numbers(pattern.measured), pattern.value)
        return first & np.asarray(pc.fill_null(passed, False))

    def _rows(
        self, pattern: Pattern, chosen: "np.ndarray[tuple[int], np.dtype[np.intp]]", mark: Mask, first: Mask
    ) -> list[MarkRow]:
        places = pa.array(chosen)
        columns = {name: self._batch.column(name).take(places).to_pylist() for name in _READ}
        times = self._batch.column("occurred_at").cast(pa.int64()).take(places).to_pylist()
        units = columns[f"{pattern.per}_id"]
        if pattern.per == "customer" and self._merged:
            units = [self._merged.get(unit, unit) for unit in units]
        rows = []
        for place, (index, unit, at) in enumerate(zip(chosen.tolist(), units, times, strict=True)):
            if unit is None or at is None:
                continue
            rows.append(
                MarkRow(
                    unit,
                    columns["signal_key"][place],
                    at,
                    bool(mark[index]),
                    bool(first[index]),
                    self._deadline(pattern, index, at) if first[index] else None,
                    columns["revision"][place],
                    columns["customer_id"][place],
                    columns["subject_id"][place],
                )
            )
        return rows

    def _deadline(self, pattern: Pattern, index: int, at: int) -> int | None:
        if pattern.kind != "not_followed":
            return None
        if not pattern.promised:
            return at + pattern.hours * HOUR
        named = self._batch.time(pattern.promised, index)
        if named is None:
            return None
        deadline = (named - EPOCH) // MICROSECOND
        return deadline if deadline >= at else None
