"""Reads Parquet; run as a child process by `confined`."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headwater.base.refusals import Refused
from headwater.listening.mapping import FileOptions
from headwater.listening.readers import confined
from headwater.listening.readers.rows import column_names, rows_at_once

MAX_ROWS = 2_000_000_000


def read(path: Path, options: FileOptions) -> confined.Batches:
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise Refused("damaged", f"{path.name} is not Parquet that can be read: {error}.") from error
    claimed = file.metadata.num_rows
    if not 0 <= claimed <= MAX_ROWS:
        raise Refused("damaged", f"The footer of {path.name} claims {claimed} rows.")
    flat = pa.Table.from_batches([], file.schema_arrow)
    columns = column_names(_flattened(flat).column_names)
    return confined.Batches(options.model_copy(update={"format": "parquet"}), columns, _batches(file, columns, path))


def _batches(file: pq.ParquetFile, columns: tuple[str, ...], path: Path) -> Iterator[tuple[pa.Table, np.ndarray]]:
    seen = 0
    try:
        for batch in file.iter_batches(batch_size=rows_at_once(len(columns)), use_threads=False):
            table = _flattened(pa.Table.from_batches([batch])).rename_columns(list(columns))
            texts = pa.table([as_text(column) for column in table.columns], names=list(columns))
            # Row 1 is the header that a spreadsheet would show.
            yield texts, np.arange(seen, seen + len(texts)) + 2
            seen += len(texts)
    except (pa.ArrowException, OSError) as error:
        raise Refused("damaged", f"{path.name} is damaged after row {seen}: {error}.") from error
    if seen != file.metadata.num_rows:
        raise Refused("damaged", f"The footer of {path.name} claims {file.metadata.num_rows} rows; it holds {seen}.")


def _flattened(table: pa.Table) -> pa.Table:
    """Structs as columns of their own, named with a dot."""
    for _ in range(5):
        if not any(pa.types.is_struct(field.type) for field in table.schema):
            break
        table = table.flatten()
    return table


def as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Any column as text: whole numbers without ".0", times as ISO 8601, nested values as JSON."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return as_text(column.cast(kind.value_type))
    if pa.types.is_floating(kind):
        whole = pc.all(pc.equal(pc.floor(column), column)).as_py()
        if whole and (pc.max(pc.abs(column)).as_py() or 0) < 1e15:
            column = column.cast(pa.int64())
        return column.cast(pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.chunked_array([pa.array([_decoded(value) for value in column.to_pylist()], pa.string())])
    if pa.types.is_timestamp(kind) and kind.tz:
        column = column.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
        return pc.binary_join_element_wise(column.cast(pa.string()), pa.scalar("Z"), "")
    try:
        return column.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        values = [None if value is None else json.dumps(value, default=str) for value in column.to_pylist()]
        return pa.chunked_array([pa.array(values, pa.string())])


def _decoded(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace")


if __name__ == "__main__":
    confined.main(read)
