"""What every live reader gives: batches of rows as text, each with the position after it.

A file is read twice with the same batches; another system is not. There the position travels with the rows: whoever
keeps a batch keeps its position in the same transaction, and the next run goes on from there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Protocol

import numpy as np

from headwater.listening.readers.rows import MAX_COLUMNS, Rows, column_names, text_table

Position = dict[str, Any]
ROWS_A_BATCH = 5_000
CHARACTERS_A_BATCH = 16 << 20
Pause = Callable[[float], None]
"""Waits so many seconds, and raises what ends the run where it should end instead."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """Rows that were fetched, maybe none, and how far the connection is read with them."""

    rows: Rows
    position: Position


class LiveReader(Protocol):
    """An open connection. `batches` reads on from a position; the last batch says where the next run begins."""

    def batches(self, position: Position) -> Iterator[Fetched]: ...

    def close(self) -> None: ...


class ComesLater(Exception):
    """The other side asks to be left alone until `at`: no failure, the run goes on then."""

    def __init__(self, at: datetime, why: str) -> None:
        super().__init__(why)
        self.at = at
        self.why = why


def rows_of(records: Sequence[dict[str, str | None]], first: int, wanted: frozenset[str] = frozenset()) -> Rows:
    """Records as a batch whose first is number `first`: their names together, and those the mapping reads."""
    names = dict.fromkeys(name for record in records for name in record)
    if len(names) > MAX_COLUMNS:
        names = dict.fromkeys([*sorted(wanted), *names][:MAX_COLUMNS])
    columns = column_names(tuple(names)) if names else ()
    texts = [[_storable(record.get(name)) for name in names] for record in records]
    return Rows(text_table(columns, texts), np.arange(first, first + len(records), dtype=np.int64))


def _storable(text: str | None) -> str | None:
    """Half characters, which JSON can spell, are no text."""
    return None if text is None else text.encode("utf-8", "replace").decode()


def as_text(value: Any) -> str | None:
    """A value of a database as text: times as ISO 8601, numbers with all their digits, nested values as JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return None if value != value else repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else None
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value.total_seconds())
    if isinstance(value, bytes | bytearray | memoryview):
        return _decoded(bytes(value))
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=as_text)
    return str(value)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.hex()


def spelled(value: Any) -> dict[str, str]:
    """A cursor as JSON keeps it, with its type, so that it is bound again as what it was."""
    if isinstance(value, datetime):
        return {"type": "time", "value": value.isoformat()}
    if isinstance(value, date):
        return {"type": "date", "value": value.isoformat()}
    if isinstance(value, bool) or not isinstance(value, int | Decimal | float):
        return {"type": "text", "value": str(as_text(value))}
    return {"type": "integer" if isinstance(value, int) else "number", "value": str(value)}


def bound(cursor: dict[str, str], overlap: float) -> Any:
    """The value to read on from, `overlap` before the cursor: minutes of a time, days' share of a date, or units."""
    text = cursor["value"]
    if cursor["type"] == "time":
        return datetime.fromisoformat(text) - timedelta(minutes=overlap)
    if cursor["type"] == "date":
        return date.fromisoformat(text) - timedelta(days=-(-overlap // 1440))
    if cursor["type"] == "integer":
        return int(text) - int(overlap)
    return Decimal(text) - Decimal(str(overlap)) if cursor["type"] == "number" else text


def start_of(text: str) -> dict[str, str]:
    """Where a first run begins, as a person wrote it: a date, a time, a number, else a text."""
    for read in (date.fromisoformat, datetime.fromisoformat, int, Decimal):
        try:
            return spelled(read(text))
        except (ValueError, ArithmeticError):
            continue
    return spelled(text)
