"""Who the customers are: identity, other names, what they are worth; and how they are forgotten."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from headwater.record.days import encode
from headwater.record.engine import whole
from headwater.record.questions.signals import customer_ids
from headwater.record.schema import CUSTOMERS
from headwater.record.store import Store, by_file


class UnknownCustomer(LookupError):
    """The record has no customer of this id."""


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """What was taken out for good. ``files`` were rewritten without the customer and their old versions deleted from
    the disk; nothing of the customer remains in the record's folder. Backups made before still have it."""

    customer_ids: tuple[str, ...]
    signals: int
    labels: int
    customers: int
    files: int


def put_customers(store: Store, rows: pa.Table) -> int:
    """Write customers over older rows of the same id, in one commit; of two rows with one id the later counts."""
    if "customer_id" not in rows.schema.names or rows["customer_id"].null_count:
        raise ValueError("Customers need the column customer_id, with a value in every row.")
    columns = {
        column.name: rows[column.name].cast(column.type)
        if column.name in rows.schema.names
        else pa.nulls(len(rows), column.type)
        for column in CUSTOMERS.columns
    }
    table = pa.table(columns, schema=CUSTOMERS.schema)
    last = {one: place for place, one in enumerate(table["customer_id"].to_pylist())}
    table = table.take(pa.array(sorted(last.values()), type=pa.int64()))
    if len(table):
        _replace(store, table)
    return len(table)


def _replace(store: Store, rows: pa.Table) -> None:
    table = store.tables["customers"]
    snapshot = table.snapshot()
    others = (
        exp.select("*")
        .from_("customers")
        .where(exp.not_(exp.column("customer_id").isin(query=exp.select("customer_id").from_("given"))))
    )
    kept = store.run(others, {"customers": whole(snapshot), "given": rows.select(["customer_id"])})
    both = pa.concat_tables([kept.select(CUSTOMERS.names).cast(CUSTOMERS.schema), rows])
    table.commit(table.write(both), snapshot.files)


def merged(store: Store) -> Mapping[str, str]:
    """Customers that turned out to be others: id → the id they were merged into."""
    given = exp.column("merged_into")
    query = exp.select("customer_id", "merged_into").from_("customers").where(exp.not_(given.is_(exp.null())))
    rows = store.ask_tables(query, "customers")
    return dict(zip(rows["customer_id"].to_pylist(), rows["merged_into"].to_pylist(), strict=True))


def merge_customers(store: Store, customer_id: str, into: str) -> None:
    """Let one customer be another from now on, with all that was merged into it. Under the lock."""
    known = merged(store)
    main = known.get(into, into)
    if main == known.get(customer_id, customer_id):
        raise ValueError(f"{customer_id} and {into} are one customer already.")
    _set_merged(store, customer_ids(customer_id, known), main)


def unmerge_customer(store: Store, customer_id: str) -> None:
    """Let a merged customer be itself again. Under the lock."""
    if customer_id not in merged(store):
        raise UnknownCustomer(f"The customer {customer_id} is not merged into another.")
    _set_merged(store, (customer_id,), None)


def _set_merged(store: Store, ids: tuple[str, ...], into: str | None) -> None:
    """Write who they are now, with a row of their own for those that have none."""
    wanted = exp.column("customer_id").isin(*(exp.Literal.string(one) for one in ids))
    rows = store.ask_tables(exp.select("*").from_("customers").where(wanted), "customers")
    rows = rows.select(CUSTOMERS.names).cast(CUSTOMERS.schema)
    new = sorted(set(ids) - set(rows["customer_id"].to_pylist()))
    columns = [pa.array(new) if name == "customer_id" else pa.nulls(len(new)) for name in CUSTOMERS.names]
    fresh = pa.table(columns, names=list(CUSTOMERS.names)).cast(CUSTOMERS.schema)
    both = pa.concat_tables([rows, fresh])
    place = both.schema.get_field_index("merged_into")
    _replace(store, both.set_column(place, both.schema.field(place), pa.array([into] * len(both), pa.string())))


def everything_of(store: Store, customer_id: str) -> dict[str, pa.Table]:
    """All rows of one customer, under all merged ids: signals by time, their labels, and who they are."""
    ids = customer_ids(customer_id, merged(store))
    wanted = exp.column("customer_id").isin(*(exp.Literal.string(one) for one in ids))
    signals = store.ask_tables(exp.select("*").from_("signals").where(wanted).order_by("occurred_at"), "signals")
    who = store.ask_tables(exp.select("*").from_("customers").where(wanted.copy()), "customers")
    keys = exp.select("signal_key").from_("wanted")
    labels = store.run(
        exp.select("*").from_("labels").where(exp.column("signal_key").isin(query=keys)),
        {"labels": whole(store.tables["labels"].snapshot()), "wanted": signals.select(["signal_key"])},
    )
    return {"signals": signals, "labels": labels, "customers": who}


def named(store: Store) -> Iterator[pa.Table]:
    """Every customer's id, some at a time: for comparing with a list that cannot be asked about."""
    for name in ("signals", "customers"):
        query = exp.select("customer_id").distinct().from_("stored")
        query = query.where(exp.not_(exp.column("customer_id").is_(exp.null())))
        snapshot = store.tables[name].snapshot()
        if snapshot.files:
            for batch in store.engine.stream(query, {"stored": whole(snapshot)}):
                yield pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch


def erase_customer(store: Store, customer_id: str) -> ErasureReport:
    """Delete a customer's signals, labels and identity, and every old file that had them. Under the lock.

    Labels go first, then signals, then the identity: killed in between, the same call finishes the work.
    """
    ids = customer_ids(customer_id, merged(store))
    wanted = exp.column("customer_id").isin(*(exp.Literal.string(one) for one in ids))
    signals = store.run(
        exp.select("signal_key", "local_date", "filename").from_("stored").where(wanted),
        {"stored": whole(store.tables["signals"].snapshot(), named=True)},
    )
    days = encode(pc.unique(signals["local_date"].drop_null().cast(pa.int32())).to_pylist())
    labels = store.locate("labels", signals)
    rewritten = _take_out(store, "labels", labels, days) + _take_out(store, "signals", signals, days)
    customers = store.ask_tables(exp.select("customer_id").from_("customers").where(wanted.copy()), "customers")
    if len(customers):
        rewritten += _take_out_customers(store, wanted)
    for name in ("signals", "labels", "customers"):
        store.tables[name].vacuum(0)
    return ErasureReport(ids, len(signals), len(labels), len(customers), rewritten)


def _take_out(store: Store, name: str, located: pa.Table, days: str) -> int:
    if not len(located):
        return 0
    kept, removed = store.without(name, by_file(located))
    store.tables[name].commit(kept, removed, note={"days": days})
    return len(removed)


def _take_out_customers(store: Store, wanted: exp.Condition) -> int:
    table = store.tables["customers"]
    snapshot = table.snapshot()
    kept = store.run(exp.select("*").from_("customers").where(exp.not_(wanted)), {"customers": whole(snapshot)})
    table.commit(table.write(kept), snapshot.files)
    return len(snapshot.files)
