"""Colleagues' signals: a table of their own, which no question about customers reads and whose rows stay inside."""

from collections.abc import Sequence
from datetime import date

import pyarrow as pa
from sqlglot import exp

from headwater.record.engine import whole
from headwater.record.keys import signal_key
from headwater.record.schema import EMPLOYEE_SIGNALS
from headwater.record.store import Store
from headwater.record.views import literal

TABLE = EMPLOYEE_SIGNALS.name


def put_employee_signals(store: Store, rows: pa.Table) -> int:
    """Write colleagues' signals in one commit, over older ones of the same source and id; of two the later counts.

    What is there already as it is stays as it is, with the number of the arrival it came with: sent twice, it is no
    change. Returns how many are new or changed. Under the lock. Raises ``ValueError`` where ``source``, ``record_id``
    or ``local_date`` is missing.
    """
    for needed in ("source", "record_id", "local_date"):
        if needed not in rows.schema.names or rows[needed].null_count:
            raise ValueError(f"Colleagues' signals need the column {needed}, with a value in every row.")
    pairs = zip(rows["source"].to_pylist(), rows["record_id"].to_pylist(), strict=True)
    keys = [signal_key(source, record_id) for source, record_id in pairs]
    columns = {
        column.name: rows[column.name].cast(column.type)
        if column.name in rows.schema.names
        else pa.nulls(len(rows), column.type)
        for column in EMPLOYEE_SIGNALS.columns
    }
    given = pa.table({**columns, "signal_key": pa.array(keys, pa.int64())}, schema=EMPLOYEE_SIGNALS.schema)
    last = {key: place for place, key in enumerate(keys)}
    given = _changed(store, given.take(pa.array(sorted(last.values()), type=pa.int64())))
    if len(given):
        new = exp.column("signal_key").isin(query=exp.select("signal_key").from_("given"))
        _replace(store, new, given)
    return len(given)


def forget_employee_signals(
    store: Store, *, before: date | None = None, words_before: date | None = None, ids: Sequence[str] = ()
) -> int:
    """Delete signals of months before a day, words alone of months before another, and those with some record ids.

    Returns how many are gone. Under the lock; the files that held them are deleted from the disk at once.
    """
    gone: exp.Condition = exp.false()
    if before is not None:
        gone = exp.or_(gone, exp.LT(this=exp.column("local_date"), expression=literal(before)))
    if words_before is not None:
        old = exp.LT(this=exp.column("local_date"), expression=literal(words_before))
        gone = exp.or_(gone, exp.and_(old, exp.not_(exp.column("text").is_(exp.null()))))
    if ids:
        gone = exp.or_(gone, exp.column("record_id").isin(*(literal(one) for one in ids)))
    counted = exp.select(exp.Count(this=exp.Star()).as_("n")).from_(TABLE).where(gone)
    found: int = store.ask_tables(counted, TABLE)["n"][0].as_py()
    if found:
        _replace(store, gone, EMPLOYEE_SIGNALS.schema.empty_table())
        store.tables[TABLE].vacuum(0)
    return found


def words_of(store: Store, ids: Sequence[str]) -> tuple[str, ...]:
    """What was said under some record ids: to take it out of what was published, before it is deleted."""
    if not ids:
        return ()
    mine = exp.column("record_id").isin(*(literal(one) for one in ids))
    said = exp.not_(exp.column("text").is_(exp.null()))
    return tuple(store.ask_tables(exp.select("text").from_(TABLE).where(mine, said), TABLE)["text"].to_pylist())


def _changed(store: Store, given: pa.Table) -> pa.Table:
    """The rows that are not in the table just so."""
    names = [name for name in EMPLOYEE_SIGNALS.names if name != "arrival"]
    same = [
        exp.NullSafeEQ(this=exp.column(name, "g"), expression=exp.column(name, "e"))
        for name in names
        if name != "signal_key"
    ]
    joined = exp.column("signal_key", "g").eq(exp.column("signal_key", "e"))
    known = (
        exp.select(exp.column("signal_key", "g"))
        .from_(exp.to_table("given").as_("g"))
        .join(exp.to_table(TABLE).as_("e"), on=exp.and_(joined, *same))
    )
    new = exp.not_(exp.column("signal_key").isin(query=known))
    query = exp.select(*EMPLOYEE_SIGNALS.names).from_("given").where(new)
    sources = {TABLE: whole(store.tables[TABLE].snapshot()), "given": given}
    return store.run(query, sources).cast(EMPLOYEE_SIGNALS.schema)


def _replace(store: Store, gone: exp.Condition, rows: pa.Table) -> None:
    """Put rows in the place of those that are gone, in one commit. ``given`` in the condition are the rows."""
    table = store.tables[TABLE]
    snapshot = table.snapshot()
    others = exp.select(*EMPLOYEE_SIGNALS.names).from_(TABLE).where(exp.not_(gone))
    kept = store.run(others, {TABLE: whole(snapshot), "given": rows.select(["signal_key"])})
    both = pa.concat_tables([kept.cast(EMPLOYEE_SIGNALS.schema), rows])
    table.commit(table.write(both), snapshot.files)
