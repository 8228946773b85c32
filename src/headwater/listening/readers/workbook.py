"""Reads workbooks (xlsx, xls, xlsb, ods) with calamine; run as a child process by `confined`."""

import datetime as dt
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from headwater.base.refusals import Refused
from headwater.listening.mapping import FileOptions
from headwater.listening.readers import confined
from headwater.listening.readers.rows import column_names, rows_at_once, text_table

MAX_UNPACKED = 4 << 30
MAX_RATIO = 300
FREE_BYTES = 64 << 20


def read(path: Path, options: FileOptions) -> confined.Batches:
    _refuse_bomb(path)
    try:
        book = CalamineWorkbook.from_path(path)
        sheet = _sheet(book, options.sheet, path)
        rows = sheet.iter_rows()
    except (CalamineError, OSError, ValueError) as error:
        raise Refused("damaged", f"{path.name} is not a workbook that can be read: {error}.") from error
    first = [list(row) for row in islice(rows, 30)]
    skip = options.skip_rows or _rows_before_header(first)
    if len(first) <= skip or not any(_text(cell) for cell in first[skip]):
        raise Refused("empty_file", f"The sheet {sheet.name} of {path.name} has no header row.")
    columns = column_names([_text(cell) for cell in first[skip]])
    told = options.model_copy(update={"format": "excel", "sheet": sheet.name, "skip_rows": skip})
    # Rows above the sheet's first used row are not given, yet count for the person who looks at the sheet.
    above = sheet.start[0] if sheet.start else 0
    start = skip + 1 + options.extra_header_rows
    return confined.Batches(told, columns, _batches(_chain(first[start:], rows), columns, above + start + 1))


def _sheet(book: Any, name: str | None, path: Path) -> Any:
    if name is not None:
        if name not in book.sheet_names:
            raise Refused("no_such_sheet", f"{path.name} has no sheet {name}; it has {', '.join(book.sheet_names)}.")
        return book.get_sheet_by_name(name)
    for meta in book.sheets_metadata:
        if meta.visible == SheetVisibleEnum.Visible:
            try:
                sheet = book.get_sheet_by_name(meta.name)
            except CalamineError:
                continue
            if sheet.height > 1:
                return sheet
    raise Refused("empty_file", f"{path.name} has no sheet with rows.")


def _refuse_bomb(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(item.file_size for item in archive.infolist())
    if unpacked > MAX_UNPACKED or unpacked > max(FREE_BYTES, MAX_RATIO * path.stat().st_size):
        raise Refused(
            "expands_too_much",
            f"{path.name} has {path.stat().st_size} bytes and unpacks to {unpacked}: too much for a workbook. "
            "Save it as CSV.",
        )


def _rows_before_header(rows: list[list[Any]]) -> int:
    """Titles and blank rows above the table: the header is the first row that is at least half full."""
    if not rows:
        return 0
    full = max(sum(_text(cell) != "" for cell in row) for row in rows)
    return next(
        (index for index, row in enumerate(rows) if sum(_text(cell) != "" for cell in row) * 2 >= full and any(row)), 0
    )


def _chain(first: list[list[Any]], rest: Iterator[list[Any]]) -> Iterator[list[Any]]:
    yield from first
    yield from rest


def _batches(rows: Iterator[list[Any]], columns: tuple[str, ...], number: int) -> Iterator[tuple[pa.Table, np.ndarray]]:
    width = len(columns)
    while block := list(islice(rows, rows_at_once(width))):
        texts = [[_text(cell) for cell in row[:width]] for row in block]
        kept = [index for index, row in enumerate(texts) if any(row)]
        padded = [texts[index] + [""] * (width - len(texts[index])) for index in kept]
        yield text_table(columns, padded), np.asarray(kept, np.int64) + number
        number += len(block)


def _text(cell: Any) -> str:
    """A cell as text: whole numbers without ".0", times as ISO 8601."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    return "" if cell is None else str(cell)


if __name__ == "__main__":
    confined.main(read)
