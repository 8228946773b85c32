"""The marks of signals that arrive, for any number of patterns, in one look over their columns and without a query.

It gives what ``PatternMarks(pattern, revised=True)`` gives of the same signals; a property test compares them.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.record.matching import Batch, Mask
from headwater.record.questions.patterns import MarkRow, Pattern

EPOCH, MICROSECOND = datetime(1970, 1, 1), timedelta(microseconds=1)
HOUR = 3_600_000_000


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
        found: Mask = first & np.asarray(pc.fill_null(passed, False))
        return found

    def _rows(self, pattern: Pattern, chosen: NDArray[np.intp], mark: Mask, first: Mask) -> list[MarkRow]:
        keys, revisions, times = (self._batch.values(name) for name in ("signal_key", "revision", "occurred_at"))
        customers, subjects = self._batch.values("customer_id"), self._batch.values("subject_id")
        units = customers if pattern.per == "customer" else subjects
        merged = self._merged if pattern.per == "customer" else {}
        rows = []
        for place in chosen.tolist():
            unit, at, is_first = units[place], times[place], bool(first[place])
            if unit is None or at is None:
                continue
            deadline = self._deadline(pattern, place, at) if is_first else None
            who = customers[place], subjects[place]
            unit, is_mark = merged.get(unit, unit), bool(mark[place])
            rows.append(MarkRow(unit, keys[place], at, is_mark, is_first, deadline, revisions[place], *who))
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
