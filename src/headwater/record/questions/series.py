"""Questions about days in a row: how many signals there were on each, by group."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlglot import exp

from headwater.record.filters import Filter
from headwater.record.questions.question import Known, Question
from headwater.record.questions.sums import Sums

Group = tuple[str | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class DailyCounts:
    """Counts of one group, one entry a day: its signals, the negative ones, those with a score, the low scores."""

    n: NDArray[np.float64]
    negative: NDArray[np.float64]
    scored: NDArray[np.float64]
    low: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class DailyAnswer:
    """Every group that has signals, by the values of its dimensions; all over the same days from ``first`` on."""

    first: date
    days: int
    groups: Mapping[Group, DailyCounts]


@dataclass(frozen=True, slots=True)
class Daily(Question[DailyAnswer]):
    """Signals by day and by other dimensions of ``Sums``, as arrays: what watches for changes.

    Args:
        since, until: first and last local day, both included.
        by: dimensions, as in ``Sums``; ``cause`` counts a signal once for each of its causes.
        where: only signals that match.
    """

    since: date
    until: date
    by: tuple[str, ...] = ()
    where: Filter | None = None

    def query(self, known: Known) -> exp.Select:
        return self._sums.query(known)

    @property
    def _sums(self) -> Sums:
        return Sums(("day", *self.by), self.where, self.since, self.until, limit=LIMIT)

    def answer(self, rows: pa.Table) -> DailyAnswer:
        days = (self.until - self.since).days + 1
        place = np.array([(day - self.since).days for day in rows["d0"].to_pylist()], dtype=np.int64)
        names = [rows[f"d{number}"].to_pylist() for number in range(1, len(self.by) + 1)]
        groups: dict[Group, list[int]] = {}
        for row, group in enumerate(zip(*names, strict=True) if names else [()] * len(rows)):
            groups.setdefault(group, []).append(row)
        columns = {name: rows[name].to_numpy() for name in ("n", "negative", "scored", "low")}

        def daily(name: str, mine: list[int]) -> NDArray[np.float64]:
            return np.bincount(place[mine], columns[name][mine], days).astype(np.float64)

        made = {group: DailyCounts(*(daily(name, mine) for name in columns)) for group, mine in groups.items()}
        return DailyAnswer(self.since, days, made)


LIMIT = 2_000_000
"""Rows of the answer: some 500 days of 4,000 groups."""
