"""What a mapping makes of a file: its first rows as they are, and as signals."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from headwater.listening.importing import contexts_for, open_reader, through_pipeline
from headwater.listening.mapping import Mapping
from headwater.listening.pipeline import Run, SetAside
from headwater.listening.readers.rows import shown_rows


def first_rows(path: Path, mapping: Mapping) -> tuple[tuple[str, ...], tuple[dict[str, str | None], ...]]:
    """The columns of a file and its first rows as they are, read the way the mapping says."""
    reader = open_reader(path, mapping)
    try:
        rows = next(iter(reader.batches()), None)
        return reader.columns, shown_rows(rows.table) if rows is not None else ()
    finally:
        reader.close()


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a file as signals, and those that would be set aside."""

    signals: tuple[dict[str, Any], ...]
    set_aside: tuple[SetAside, ...]


def preview(path: Path, mapping: Mapping, n: int = 20) -> Preview:
    """Take the first `n` rows through the pipeline and keep nothing."""
    reader = open_reader(path, mapping)
    try:
        rows = next(iter(reader.batches()), None)
    finally:
        reader.close()
    if rows is None:
        return Preview((), ())
    first = replace(rows, table=rows.table.slice(0, n), numbers=rows.numbers[:n], unreadable=rows.unreadable[:n])
    signals, aside = through_pipeline(first, contexts_for(mapping, mapping.source, datetime.now(UTC)), Run())
    return Preview(tuple(signals.to_pylist()) if signals is not None else (), tuple(aside))
