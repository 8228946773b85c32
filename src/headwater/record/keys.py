"""Hashes that name signals and customers. They are stored, so they never change: exact bits in, BLAKE2b out, no
library's way of printing a number in between."""

from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.record.schema import ATTRIBUTES, BUCKETS, SIGNALS

_PAIRS = pa.list_(pa.struct([pa.field("key", pa.string(), nullable=False), pa.field("value", pa.string())]))
_UNIT, _EMPTY = "\x1f", "\x00"
_NOT_CONTENT = {"signal_key", "revision", "content_hash", "received_at", "customer_bucket", "anonymous"}
CONTENT = tuple(column for column in SIGNALS.columns if column.name not in _NOT_CONTENT)
"""The columns whose change makes a revision."""


def hash64(text: str) -> int:
    """A signed 64-bit hash of a text, the same for ever."""
    return int.from_bytes(blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest(), "big", signed=True)


def signal_key(source: str, record_id: str) -> int:
    """The key of a signal: the same source and record id always give the same key."""
    return hash64(f"{source}{_UNIT}{record_id}")


def customer_bucket(customer_id: str) -> int:
    """The bucket, 0…199, of a customer."""
    return hash64(customer_id) % BUCKETS


def complete(rows: pa.Table) -> pa.Table:
    """Signal rows with every column of the record, in its order: keys, hashes and buckets are computed where they are
    missing, other missing columns are empty. Needs ``source`` and ``record_id`` or ``signal_key``. Columns that the
    record does not have are left out.

    Raises:
        ValueError: a key cannot be computed, or a column has a type that does not fit.
    """
    present = set(rows.schema.names)
    if "signal_key" not in present and not {"source", "record_id"} <= present:
        raise ValueError("Signals need the columns source and record_id, or signal_key.")
    columns = {
        column.name: rows[column.name].cast(column.type) if column.name in present else pa.nulls(len(rows), column.type)
        for column in SIGNALS.columns
    }
    table = pa.table(columns, schema=SIGNALS.schema).combine_chunks()
    if "signal_key" not in present:
        table = _set(
            table, "signal_key", _hashes(pc.binary_join_element_wise(table["source"], table["record_id"], _UNIT))
        )
    if table["signal_key"].null_count:
        raise ValueError(f"{table['signal_key'].null_count} signals have no source or record_id, so they have no key.")
    if table["local_date"].null_count:
        raise ValueError(f"{table['local_date'].null_count} signals have no local_date, the day they occurred.")
    if "content_hash" not in present:
        table = _set(table, "content_hash", content_hashes(table))
    if "customer_bucket" not in present:
        table = _set(table, "customer_bucket", _buckets(table))
    return table


def content_hashes(rows: pa.Table) -> pa.Array:
    """One 64-bit hash a row over everything that the source said."""
    given = {column.name: rows[column.name].combine_chunks() for column in CONTENT}
    # A column without any value is the same for each row: most are, where few rows come at a time.
    parts = [
        pa.scalar(_EMPTY)
        if len(rows) and given[column.name].null_count == len(rows)
        else pc.fill_null(_exact_text(given[column.name], column.type), _EMPTY)
        for column in CONTENT
    ]
    return _hashes(pc.binary_join_element_wise(*parts, _UNIT))


def _buckets(rows: pa.Table) -> pa.Array:
    """A signal of nobody we know is a customer of its own."""
    distinct = pc.dictionary_encode(rows["customer_id"].combine_chunks())
    by_code = np.array([customer_bucket(one) for one in distinct.dictionary.to_pylist()] or [0], dtype=np.int16)
    codes = np.asarray(pc.fill_null(distinct.indices, -1))
    own = np.asarray(rows["signal_key"].combine_chunks()) % BUCKETS
    return pa.array(np.where(codes >= 0, by_code[np.maximum(codes, 0)], own).astype(np.int16))


def _hashes(texts: pa.ChunkedArray | pa.Array) -> pa.Array:
    """``hash64`` of each text, null where there is none."""
    given = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    encoded = given.fill_null("").cast(pa.binary()).to_pylist()
    digests = b"".join([blake2b(one, digest_size=8).digest() for one in encoded])
    hashes = np.frombuffer(digests, dtype=">i8").astype(np.int64)
    return pa.array(hashes, mask=np.asarray(given.is_null()))


def _exact_text(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """The bits of each value as text, whatever a library's idea of printing it."""
    if kind == ATTRIBUTES:
        return _attributes_text(values)
    if pa.types.is_floating(kind):
        bits: NDArray[np.int64] = np.asarray(values.fill_null(0.0).to_numpy(zero_copy_only=False) + 0.0).view(np.int64)
        return pc.if_else(values.is_valid(), pa.array(bits).cast(pa.string()), pa.scalar(None, pa.string()))
    if pa.types.is_timestamp(kind):
        return values.cast(pa.int64()).cast(pa.string())
    if pa.types.is_date(kind):
        return values.cast(pa.int32()).cast(pa.string())
    return values.cast(pa.string())


def _attributes_text(values: pa.Array) -> pa.Array:
    """Attributes in the order of their names; an empty map is as good as none."""
    sizes = np.asarray(pc.fill_null(pc.list_value_length(values.cast(_PAIRS)), 0)).astype(np.int64)
    pairs = values.cast(_PAIRS).flatten()
    names = pairs.field(0).dictionary_encode()
    rank = np.argsort(np.argsort(np.asarray(names.dictionary, dtype=object), kind="stable"), kind="stable")
    codes = np.asarray(names.indices)
    row = np.repeat(np.arange(len(values)), sizes)
    order = np.lexsort((rank[codes] if len(codes) else codes, row))
    told = pc.fill_null(pairs.field(1), _EMPTY)
    texts = pc.binary_join_element_wise(pairs.field(0), told, "\x1d").take(pa.array(order))
    offsets = pa.array(np.concatenate(([0], np.cumsum(sizes))).astype(np.int32))
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, texts), "\x1e")
    return pc.if_else(pa.array(sizes > 0), joined, pa.scalar(None, pa.string()))


def _set(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    index = table.schema.get_field_index(name)
    return table.set_column(index, table.schema.field(name), values)
