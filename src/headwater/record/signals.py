"""Signals arrive: planned against what is known, committed once."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.record import keys
from headwater.record.arrivals import Integers, Outcome, Plan, Stored, count_outcomes, judge
from headwater.record.days import encode
from headwater.record.schema import promoted_attribute, promoted_column
from headwater.record.store import Store, by_file


class StalePlan(RuntimeError):
    """Signals were committed after the plan was made: plan the batch again."""


class ReplayedTransaction(ValueError):
    """This application transaction, or a later one, is in the record already."""


def plan_signals(store: Store, batch: pa.Table) -> Plan:
    """Compare a batch with the record and with itself, in order. ``batch``: signal rows and int64 ``origin``."""
    rows = keys.complete(batch)
    version = store.tables["signals"].snapshot().version
    located = store.locate("signals", rows, ("content_hash", "revision", "local_date"))
    stored = Stored(*(_integers(located, name) for name in ("signal_key", "content_hash", "revision")))
    judged = judge(_integers(rows, "signal_key"), _integers(rows, "content_hash"), stored)
    written = _with_revisions(rows.take(pa.array(judged.kept)), judged.revisions)
    outdated = located.filter(pc.is_in(located["signal_key"], value_set=written["signal_key"].combine_chunks()))
    return Plan(
        version=version,
        outcomes=count_outcomes(_integers(batch, "origin"), judged.verdicts),
        rows=written,
        replaced=by_file(outdated),
        moved=_moved(outdated, written),
        days=frozenset(_days(written)) | frozenset(_days(outdated)),
    )


def commit_signals(store: Store, plan: Plan, transaction: tuple[str, int] | None) -> int:
    """Write a plan in one atomic commit, on the disk when this returns. Under the lock."""
    table = store.tables["signals"]
    if table.snapshot().version != plan.version:
        raise StalePlan(f"The plan was made at version {plan.version}; the signals are at {table.snapshot().version}.")
    if transaction is not None and transaction[1] <= table.transaction(transaction[0]):
        name, number = transaction
        raise ReplayedTransaction(f"Transaction {number} of {name} is not after {table.transaction(name)}.")
    _move_labels(store, plan.moved)
    kept, removed = store.without("signals", plan.replaced)
    added = table.write(promote_attributes(plan.rows, table.snapshot().columns))
    transactions = {} if transaction is None else {transaction[0]: transaction[1]}
    if not added and not removed and not transactions:
        return plan.version
    return table.commit([*kept, *added], removed, transactions, {"days": encode(plan.days)})


def promote_attributes(rows: pa.Table, columns: tuple[str, ...]) -> pa.Table:
    """Fill the columns of promoted attributes from the map."""
    for column in columns:
        if column.startswith(promoted_column("")):
            values = pc.map_lookup(rows["attributes"], promoted_attribute(column), "first")
            rows = rows.append_column(column, values)
    return rows


def total(outcomes: Mapping[int, Outcome]) -> Outcome:
    """The counts of all origins together."""
    return Outcome(
        sum(one.accepted for one in outcomes.values()),
        sum(one.repeated for one in outcomes.values()),
        sum(one.revised for one in outcomes.values()),
    )


def _integers(rows: pa.Table, name: str) -> Integers:
    return np.asarray(rows[name].cast(pa.int64()).combine_chunks())


def _with_revisions(rows: pa.Table, revisions: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.Table:
    index = rows.schema.get_field_index("revision")
    return rows.set_column(index, rows.schema.field(index), pa.array(revisions.astype(np.int32)))


def _days(rows: pa.Table) -> set[int]:
    return set(pc.unique(rows["local_date"].drop_null().cast(pa.int32())).to_pylist())


def _moved(outdated: pa.Table, written: pa.Table) -> pa.Table:
    """Revised signals that now lie on another day."""
    before = outdated.select(["signal_key", "local_date"]).rename_columns(["signal_key", "day_before"])
    joined = before.join(written.select(["signal_key", "local_date"]), "signal_key", join_type="inner")
    differs = pc.not_equal(joined["day_before"], joined["local_date"])
    return joined.filter(pc.fill_null(differs, True)).select(["signal_key", "local_date"])


def _move_labels(store: Store, moved: pa.Table) -> None:
    """Labels lie on their signal's day. They move first: after a kill in between the batch is planned again."""
    if not len(moved):
        return
    labels = store.tables["labels"]
    columns = [name for name in labels.shape.names if name not in ("signal_key", "local_date")]
    located = store.locate("labels", moved, ("local_date", *columns))
    if not len(located):
        return
    places = pc.index_in(located["signal_key"], value_set=moved["signal_key"].combine_chunks())
    rows = located.drop_columns(["local_date", "filename"])
    rows = rows.append_column("local_date", moved["local_date"].take(places))
    kept, removed = store.without("labels", by_file(located))
    labels.commit([*kept, *labels.write(rows)], removed, note={"days": encode(_days(located) | _days(moved))})
