"""Rows as a CSV file that a spreadsheet opens without running anything in it."""

import csv
import io
from collections.abc import Iterable, Iterator

from headwater.listening.models import SetAsideRow
from headwater.listening.personal.looks import Look

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def set_aside_csv(rows: Iterable[SetAsideRow], columns: list[str]) -> Iterator[str]:
    """Lines of the file: where the row stood, why it was set aside, and its values as they were read."""
    yield "\ufeff" + _line(["headwater_row", "headwater_reason", *columns])
    for row in rows:
        yield _line([str(row.row), row.message, *(str(row.values.get(name) or "") for name in columns)])


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([escaped(cell) for cell in cells])
    return out.getvalue()


def escaped(cell: str) -> str:
    """A cell that begins like a formula gets an apostrophe, which spreadsheets take for text (OWASP, CSV injection).

    Plain numbers stay as they are.
    """
    if not cell.startswith(FORMULA):
        return cell
    try:
        float(cell)
    except ValueError:
        return "'" + cell
    return cell


def looks_csv(looks: Iterable[Look]) -> str:
    """Who looked at customers' words: a line a person, way and hour."""
    lines = [_line(["hour", "person", "way", "looks", "words", "customers", "reason"])]
    lines += [
        _line([one.hour.isoformat(), one.person, one.way, *map(str, (one.looks, one.words, one.customers)), one.reason])
        for one in looks
    ]
    return "\ufeff" + "".join(lines)
