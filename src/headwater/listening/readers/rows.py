"""What every reader gives: batches of rows as text, with the row numbers a spreadsheet would show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headwater.base.refusals import Refused
from headwater.listening.mapping import FileOptions

ROWS_AT_ONCE = 50_000
CELLS_AT_ONCE = 1_000_000
BYTES_AT_ONCE = 64 << 20
MAX_COLUMNS = 5_000
MAX_NAME = 255
SHOWN_ROWS = 20
LABEL = " (label)"
"""Ends the name of a column that says what the codes of another stand for."""


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row that could not even be taken apart: its number, why, and what was there."""

    row: int
    code: str
    message: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rows:
    """One batch: columns of text (null = not there), the row number of each, and the rows that could not be read."""

    table: pa.Table
    numbers: NDArray[np.int64]
    unreadable: tuple[UnreadableRow, ...] = ()


class Question(NamedTuple):
    """What was asked in a column, and whether it was answered in the customer's own words."""

    wording: str
    is_open: bool = False


def joined(blocks: Sequence[Rows]) -> Rows:
    """Blocks of the same columns as one batch."""
    return Rows(
        pa.concat_tables([block.table for block in blocks]).combine_chunks(),
        np.concatenate([block.numbers for block in blocks]),
        tuple(one for block in blocks for one in block.unreadable),
    )


class Reader(Protocol):
    """An open file. Reading it twice gives the same batches, which is what lets an import go on after a kill."""

    @property
    def options(self) -> FileOptions:
        """How the file is written, as sniffed or told."""

    @property
    def columns(self) -> tuple[str, ...]: ...

    @property
    def questions(self) -> dict[str, Question]:
        """What was asked in a column, where the file says it beside the column's name."""

    def batches(self) -> Iterator[Rows]: ...

    def position(self) -> int:
        """Bytes of the file on disk read so far."""

    def close(self) -> None: ...


def rows_at_once(columns: int) -> int:
    """Rows in a batch, fewer where a row is wide, so that memory stays bounded."""
    return max(100, min(ROWS_AT_ONCE, CELLS_AT_ONCE // max(1, columns)))


def column_names(header: Sequence[Any]) -> tuple[str, ...]:
    """Names that are unique and not empty. Raises Refused for an absurd number of columns."""
    if len(header) > MAX_COLUMNS:
        raise Refused("too_many_columns", f"The file has {len(header)} columns; at most {MAX_COLUMNS} are read.")
    names: list[str] = []
    taken: set[str] = set()
    for position, cell in enumerate(header, start=1):
        name = str(cell or "").replace("\x00", "").strip()[:MAX_NAME] or f"column_{position}"
        unique, copy = name, 2
        while unique in taken:
            unique, copy = f"{name}_{copy}", copy + 1
        taken.add(unique)
        names.append(unique)
    return tuple(names)


def text_table(columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> pa.Table:
    """Rows of text as a table. Raises UnicodeEncodeError where a text is not valid Unicode."""
    if not rows:
        return pa.table({name: pa.array([], pa.string()) for name in columns})
    arrays = [pa.array(values, pa.string()) for values in zip(*rows, strict=True)]
    return pa.table(arrays, names=list(columns))


def shown_rows(table: pa.Table) -> tuple[dict[str, str | None], ...]:
    """The first rows as they were read, to be shown."""
    return tuple(table.slice(0, SHOWN_ROWS).to_pylist())


FIRST_ROWS = 20_000
"""How many rows a mapping is proposed from."""


def first_rows(reader: Reader) -> pa.Table:
    """The first rows of a file, to propose a mapping from; without any, its columns alone."""
    tables: list[pa.Table] = []
    for rows in reader.batches():
        tables.append(rows.table)
        if sum(len(table) for table in tables) >= FIRST_ROWS:
            break
    if not tables:
        return pa.table({name: pa.array([], pa.string()) for name in reader.columns})
    return pa.concat_tables(tables, promote_options="default").slice(0, FIRST_ROWS)
