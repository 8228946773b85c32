"""Rows for the tests of the record."""

from collections.abc import Iterable
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from numpy.typing import NDArray

from headwater.record import Outcome, Record
from headwater.record.schema import LABELS, SIGNALS

DAY = date(2026, 3, 4)
GIVEN = {
    "source": "app",
    "kind": "survey",
    "occurred_at": datetime(2026, 3, 4, 12),
    "received_at": datetime(2026, 3, 5),
    "local_date": DAY,
}
COMPUTED = ("signal_key", "revision", "content_hash", "customer_bucket")


def array(values: Iterable[int]) -> NDArray[np.int64]:
    return np.fromiter(values, dtype=np.int64)


def batch(*rows: dict[str, object]) -> pa.Table:
    """Signal rows as ``plan_signals`` takes them, with origin 0 where none is given."""
    full = [{"origin": 0, **GIVEN, **row} for row in rows]
    for row in full:
        if isinstance(row.get("attributes"), dict):
            row["attributes"] = list(row["attributes"].items())  # type: ignore[attr-defined]
    fields = [field for field in SIGNALS.schema if field.name not in COMPUTED]
    return pa.Table.from_pylist(full, schema=pa.schema([*fields, pa.field("origin", pa.int64())]))


def labels(*rows: dict[str, object]) -> pa.Table:
    given = {"author": "model", "model": "m1", "taxonomy_version": 1, "labelled_at": datetime(2026, 3, 6)}
    schema = pa.schema([field for field in LABELS.schema if field.name not in ("local_date", "revision")])
    return pa.Table.from_pylist([{**given, **row} for row in rows], schema=schema)


def table_of(record: Record, name: str = "signals") -> pa.Table:
    """A whole table, read from the files without the record's own reader."""
    uris = DeltaTable(str(record.root / name)).file_uris()
    tables = [pq.read_table(uri) for uri in uris]
    return pa.concat_tables(tables, promote_options="default") if tables else pa.table({})


def rows_of(record: Record, name: str = "signals") -> list[dict[str, object]]:
    return table_of(record, name).to_pylist()


def arrive(record: Record, *rows: dict[str, object], transaction: int | None = None) -> Outcome:
    """Put rows into the record as a flusher does; the outcome of origin 0."""
    with record.writing():
        plan = record.plan_signals(batch(*rows))
        record.commit_signals(plan, transaction=None if transaction is None else ("inbox", transaction))
    return plan.outcomes[0]
