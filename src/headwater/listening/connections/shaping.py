"""Records as the mapping wants them: lists within a record taken apart, messages gathered into conversations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from headwater.listening.importing import zone_and_region
from headwater.listening.mapping import FileOptions, Mapping
from headwater.listening.readers.rows import Question, Rows
from headwater.listening.threads import ThreadReader


@dataclass(frozen=True, slots=True)
class _OneBatch:
    """Rows that are here already. See `Reader`."""

    rows: Rows
    columns: tuple[str, ...]

    @property
    def options(self) -> FileOptions:
        return FileOptions()

    @property
    def questions(self) -> dict[str, Question]:
        return {}

    def batches(self) -> Iterator[Rows]:
        yield self.rows

    def position(self) -> int:
        return 0

    def close(self) -> None:
        """Nothing is open."""


def as_mapped(rows: Rows, used: Mapping) -> list[Rows]:
    """Rows as the mapping reads them: those of one conversation as one row where it says so.

    A record holds its whole conversation, so its messages are in one batch.
    """
    if used.thread is None or not len(rows.numbers):
        return [rows]
    names = tuple(rows.table.column_names)
    missing = [name for name in used.thread.columns if name not in names]
    return list(
        ThreadReader(
            _OneBatch(_with_empty(rows, missing), (*names, *missing)), used.thread, zone_and_region()[0]
        ).batches()
    )


def _with_empty(rows: Rows, names: Sequence[str]) -> Rows:
    """The rows with columns that none of them fills: records name only what they have."""
    table: Any = rows.table
    for name in names:
        table = table.append_column(name, pa.nulls(len(table), pa.string()))
    return Rows(table, rows.numbers, rows.unreadable)
