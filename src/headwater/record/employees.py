"""Colleagues' signals: a table of their own, which no question about customers reads and whose rows stay inside."""

import pyarrow as pa
from sqlglot import exp

from headwater.record.engine import whole
from headwater.record.keys import signal_key
from headwater.record.schema import EMPLOYEE_SIGNALS
from headwater.record.store import Store


def put_employee_signals(store: Store, rows: pa.Table) -> int:
    """Write colleagues' signals in one commit, over older ones of the same source and id; of two the later counts.

    Under the lock. Raises ``ValueError`` where ``source``, ``record_id`` or ``local_date`` is missing.
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
    given = given.take(pa.array(sorted(last.values()), type=pa.int64()))
    if len(given):
        _replace(store, given)
    return len(given)


def _replace(store: Store, rows: pa.Table) -> None:
    table = store.tables["employee_signals"]
    snapshot = table.snapshot()
    new = exp.column("signal_key").isin(query=exp.select("signal_key").from_("given"))
    others = exp.select("*").from_("employee_signals").where(exp.not_(new))
    kept = store.run(others, {"employee_signals": whole(snapshot), "given": rows.select(["signal_key"])})
    both = pa.concat_tables([kept.select(EMPLOYEE_SIGNALS.names).cast(EMPLOYEE_SIGNALS.schema), rows])
    table.commit(table.write(both), snapshot.files)
