"""Readings from a CSV file: one row a period, with the columns period, value and, where known, low, high, n, reason."""

import csv
import io
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from headwater.base.refusals import Refused
from headwater.strategy.readings import MAX_ROWS, Figure, GivenReading

MAX_FILE_BYTES = 1_000_000
COLUMNS = ("period", "value", "low", "high", "n", "reason")


def read_csv(text: str) -> list[GivenReading]:
    """The readings in a CSV text. Raises ``Refused("reading.file")`` naming the line and what is wrong there.

    ``period`` is any day of it (2026-05-31), or a month (2026-05).
    """
    if len(text.encode()) > MAX_FILE_BYTES:
        raise Refused("reading.file", _("A file of readings has %d bytes at most.") % MAX_FILE_BYTES, "file")
    text = text.removeprefix("\ufeff")
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    try:
        rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise Refused("reading.file", _("This file cannot be read as CSV: %s") % error, "file") from error
    names = {name.strip().lower() for name in (rows[0] if rows else {}) if name}
    if not {"period", "value"} <= names:
        message = _("The file needs a first line with the columns period and value; it has: %s.")
        raise Refused("reading.file", message % (", ".join(sorted(names)) or "–"), "file")
    if len(rows) > MAX_ROWS:
        raise Refused("reading.file", _("At most %d readings are taken at once.") % MAX_ROWS, "file")
    return [_given(number, row) for number, row in enumerate(rows, start=2)]


def period_day(text: str) -> date:
    """A day, or the first of a month. Raises ``ValueError``."""
    return date.fromisoformat(f"{text}-01" if len(text) == 7 else text)


def _given(line: int, row: Mapping[str | None, Any]) -> GivenReading:
    cells = {str(key).strip().lower(): str(value or "").strip() for key, value in row.items() if key}
    try:
        day = period_day(cells["period"])
    except ValueError:
        raise _wrong(
            line, "period", cells["period"], _("write a day like 2026-05-31 or a month like 2026-05")
        ) from None
    numbers: dict[str, float | None] = {}
    for name in ("value", "low", "high", "n"):
        cell = cells.get(name, "")
        try:
            numbers[name] = float(cell) if cell else None
        except ValueError:
            raise _wrong(line, name, cell, _("write a number with a decimal point")) from None
    value, n = numbers["value"], numbers["n"]
    if value is None:
        raise _wrong(line, "value", "", _("every row needs one"))
    if n is not None and not n.is_integer():
        raise _wrong(line, "n", cells["n"], _("write a whole number"))
    figure = Figure(value, numbers["low"], numbers["high"], None if n is None else int(n))
    return GivenReading(day, figure, cells.get("reason", ""))


def _wrong(line: int, column: str, value: str, what: str) -> Refused:
    message = _("Line %(line)d, %(column)s “%(value)s”: %(what)s.")
    given = {"line": line, "column": column, "value": value[:40], "what": what}
    return Refused("reading.file", message % given, "file")
