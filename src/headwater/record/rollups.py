"""Rollups: the sums of whole days, computed again from the rows of the days that changed.

Nothing is ever added to a sum, so a rollup cannot drift and a refresh that is killed is simply done again. Each rollup
carries, as application transactions of its own log, the versions of signals and labels that it stands for; the commits
since then say which days they touched. Where they do not, everything is computed anew. A question that reads later
versions takes the days touched since from the rows and all others from the rollup: the same answer, while signals
arrive.
"""

import time
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from headwater.record.days import decode, of_date, to_date
from headwater.record.engine import DIALECT, Files, between
from headwater.record.lake import DataFile, LakeTable, Snapshot
from headwater.record.questions.question import Known
from headwater.record.questions.sums import grouped
from headwater.record.schema import PROMOTED, ROLLUPS, SUMS, Shape, promoted_attribute
from headwater.record.store import Store
from headwater.record.views import Words

SUMMED = ("signals", "labels")
NO_ROWS_CHANGED = frozenset(("ADD COLUMN", "SET TBLPROPERTIES", "CREATE TABLE"))
SUM_NAMES = frozenset(column.name for column in SUMS)
FEW_DAYS = 30
"""So many touched days may be read from rows beside a rollup; with more, the rows alone cost no more."""
MANY_DAYS = 400
"""From so many touched days on everything is computed anew, which costs less."""
SHARE_OF_TIME = 9
"""After a refresh that took t seconds, ``follow`` waits for this many t before the next: rollups never take more than
a tenth of an import's time."""


def known(tables: Mapping[str, LakeTable], snapshots: Mapping[str, Snapshot], merged: Mapping[str, str]) -> Known:
    """What a question may use of these snapshots."""
    rollups, touched = {}, {}
    for shape in ROLLUPS:
        days = _since(tables, snapshots, shape)
        if days is not None:
            rollups[shape.name] = frozenset(snapshots[shape.name].columns) - SUM_NAMES
            touched[shape.name] = frozenset(map(to_date, days))
    return Known(frozenset(snapshots["signals"].columns), rollups, touched, merged)


def _since(tables: Mapping[str, LakeTable], snapshots: Mapping[str, Snapshot], shape: Shape) -> frozenset[int] | None:
    """The days that a rollup does not know as the snapshots do; None where it cannot be used with them."""
    stands_for = snapshots[shape.name].stands_for
    present = tuple(snapshots[name].version for name in SUMMED)
    if stands_for == present:
        return frozenset()
    # Refreshed since the snapshots were taken, it would know more than the rows beside it.
    if any(version is None or version > now for version, now in zip(stands_for, present, strict=True)):
        return None
    days = touched_since(tables, stands_for)
    return None if days is None or len(days) > FEW_DAYS else _of_shape(shape, days)


def touched_since(tables: Mapping[str, LakeTable], versions: Sequence[int | None]) -> frozenset[int] | None:
    """The days that changed since these versions of signals and labels; None: perhaps all."""
    touched: set[int] = set()
    for name, version in zip(SUMMED, versions, strict=True):
        commits = None if version is None else tables[name].commits_since(version)
        if commits is None:
            return None
        for commit in commits:
            days = commit.get("days", "" if commit.get("operation") in NO_ROWS_CHANGED else "all")
            if days == "all":
                return None
            touched |= decode(days)
    return frozenset(touched)


def _of_shape(shape: Shape, days: frozenset[int]) -> frozenset[int]:
    """The days with all others that a rollup holds together with them."""
    return _whole_months(days) if shape.columns[0].name == "month" else days


class Rollups:
    """Keeps the rollups of a record up to date. Under the lock."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rested = 0.0

    def follow(self) -> None:
        """Refresh, unless that was done so lately that writers would mostly wait for sums."""
        if time.monotonic() >= self._rested:
            self.refresh()

    def are_due(self) -> bool:
        """Whether ``follow`` would compute anything now. Needs no lock."""
        if time.monotonic() < self._rested:
            return False
        present = tuple(self._store.tables[name].version() for name in SUMMED)
        return any(self._store.tables[shape.name].snapshot().stands_for != present for shape in ROLLUPS)

    def refresh(self) -> None:
        """Make every rollup stand for the present signals and labels."""
        started = time.monotonic()
        snapshots = self._store.snapshots(SUMMED)
        for shape in ROLLUPS:
            self._refresh(shape, snapshots)
        ended = time.monotonic()
        self._rested = ended + SHARE_OF_TIME * (ended - started)

    def _refresh(self, shape: Shape, snapshots: Mapping[str, Snapshot]) -> None:
        table = self._store.tables[shape.name]
        before = table.snapshot()
        present = tuple(snapshots[name].version for name in SUMMED)
        if before.stands_for == present:
            return
        days = touched_since(self._store.tables, before.stands_for)
        if days is not None:
            days = _of_shape(shape, days)
        if days is not None and len(days) > MANY_DAYS:
            days = None
        computed = self.compute(shape, snapshots, days)
        overlapping = before.files
        if days is not None:
            overlapping = _overlapping(before, days)
            computed = pa.concat_tables([computed, self._others(table, before, overlapping, days)])
        table.commit(table.write(computed), overlapping, dict(zip(SUMMED, present, strict=True)))

    def compute(self, shape: Shape, snapshots: Mapping[str, Snapshot], days: frozenset[int] | None) -> pa.Table:
        """A rollup's rows for some days, or for all, from signals and labels."""
        columns = self._store.tables[shape.name].snapshot().columns
        query = _sums(tuple(columns), frozenset(snapshots["signals"].columns), days is not None)
        schema = self._store.tables[shape.name].arrow_schema()
        if days is not None and not days:
            return schema.empty_table()
        first, last = (None, None) if days is None else (to_date(min(days)), to_date(max(days)))
        sources: dict[str, Files | pa.Table] = {
            name: between(snapshots[name], "local_date", first, last) for name in SUMMED
        }
        if days is not None:
            sources["touched"] = pa.table({"day": pa.array(sorted(days), pa.int32()).cast(pa.date32())})
        return self._store.run(query, sources).select(schema.names).cast(schema)

    def _others(
        self, table: LakeTable, before: Snapshot, files: tuple[DataFile, ...], days: frozenset[int]
    ) -> pa.Table:
        """The rows of other days in the files that are rewritten."""
        rows = self._store.run(exp.select("*").from_("rollup"), {"rollup": Files(before, files)})
        schema = table.arrow_schema()
        time_column = rows[schema.names[0]].cast(pa.int32())
        touched = pa.array(sorted(_starts(days, schema.names[0])), type=pa.int32())
        return rows.filter(pc.invert(pc.is_in(time_column, value_set=touched))).select(schema.names).cast(schema)


@lru_cache(maxsize=64)
def _sums(columns: tuple[str, ...], of_signals: frozenset[str], of_some_days: bool) -> str:
    """A rollup's rows as SQL. Each flush asks for the same, and composing it takes longer than a few days' answer."""
    dimensions = {name: _dimension(name) for name in columns if name not in SUM_NAMES}
    touched = exp.column("local_date", "s").isin(query=exp.select("day").from_("touched"))
    return grouped(Words(of_signals), dimensions, [touched] if of_some_days else []).sql(dialect=DIALECT)


def _dimension(column: str) -> str:
    if column.startswith(PROMOTED):
        return PROMOTED + promoted_attribute(column)
    return column


def _starts(days: Iterable[int], time_column: str) -> set[int]:
    if time_column == "day":
        return set(days)
    return {of_date(to_date(day).replace(day=1)) for day in days}


def _whole_months(days: frozenset[int]) -> frozenset[int]:
    """All days of the months that the days lie in."""
    months = {to_date(day).replace(day=1) for day in days}
    return frozenset(day for month in months for day in range(of_date(month), of_date(_last_of(month)) + 1))


def _last_of(month: date) -> date:
    if (month.year, month.month) == (date.max.year, date.max.month):
        return date.max
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _overlapping(snapshot: Snapshot, days: frozenset[int]) -> tuple[DataFile, ...]:
    """Files that have rows of the days, or may have. Of a rollup by month the days are whole months."""
    ordered = sorted(days)

    def has_any(file: DataFile) -> bool:
        if file.first is None or file.last is None:
            return True
        place = bisect_left(ordered, of_date(file.first))
        return place < len(ordered) and ordered[place] <= of_date(file.last)

    return tuple(file for file in snapshot.files if has_any(file))
