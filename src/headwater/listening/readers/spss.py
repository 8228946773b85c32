"""Reads SPSS data (.sav, .zsav) with pyreadstat; run as a child process by `confined`.

A variable is a column. One with value labels has its codes in the column of its name, and what they stand for in a
second column, ``NAME (label)``. User-missing and system-missing values are empty cells, dates are ISO 8601.
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyreadstat

from headwater.base.refusals import Refused
from headwater.listening.mapping import FileOptions
from headwater.listening.readers import confined
from headwater.listening.readers.rows import LABEL, Question, column_names, rows_at_once, text_table

MAX_ROWS = 500_000_000


def read(path: Path, options: FileOptions) -> confined.Batches:
    try:
        _nothing, meta = pyreadstat.read_sav(str(path), metadataonly=True)
    except (pyreadstat.ReadstatError, ValueError, OSError) as error:
        raise Refused("damaged", f"{path.name} is not SPSS data that can be read: {error}.") from error
    if not meta.column_names:
        raise Refused("empty_file", f"{path.name} has no variables.")
    if int(meta.number_rows or 0) > MAX_ROWS:
        raise Refused("damaged", f"{path.name} claims {meta.number_rows} cases.")
    labels = {name: dict(values) for name, values in meta.variable_value_labels.items() if values}
    names = [one for name in meta.column_names for one in ((name, name + LABEL) if name in labels else (name,))]
    texts = zip(meta.column_names, meta.column_labels, strict=True)
    asked = {name: Question(str(text)) for name, text in texts if text}
    asked |= {name + LABEL: question for name, question in asked.items() if name in labels}
    columns = column_names(names)
    told = options.model_copy(update={"format": "spss"})
    claimed = int(meta.number_rows) if meta.number_rows is not None and int(meta.number_rows) >= 0 else None
    return confined.Batches(told, columns, _batches(path, columns, labels, claimed), asked)


def _batches(
    path: Path, columns: tuple[str, ...], labels: dict[str, dict[Any, str]], claimed: int | None
) -> Iterator[tuple[pa.Table, np.ndarray]]:
    size = rows_at_once(len(columns))
    start = 0
    while True:
        try:
            values, meta = pyreadstat.read_sav(str(path), row_offset=start, row_limit=size, output_format="dict")
        except (pyreadstat.ReadstatError, ValueError, OSError) as error:
            raise Refused("damaged", f"{path.name} is damaged after case {start}: {error}.") from error
        count = len(values[meta.column_names[0]]) if values else 0
        if not count and claimed is not None and start < claimed:
            raise Refused("damaged", f"{path.name} claims {claimed} cases and holds {start}: it was cut off.")
        if not count:
            return
        texts: list[list[str | None]] = []
        for name in meta.column_names:
            cells = list(values[name])
            texts.append([_text(cell) for cell in cells])
            if name in labels:
                texts.append([_label(cell, labels[name]) for cell in cells])
        yield text_table(columns, list(zip(*texts, strict=True))), np.arange(start, start + count) + 1
        start += count


def _text(cell: Any) -> str | None:
    """A value as text: whole numbers without ".0", times as ISO 8601."""
    if cell is None or (isinstance(cell, float) and np.isnan(cell)):
        return None
    if isinstance(cell, float | np.floating):
        number = float(cell)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    text = str(cell).strip().replace("\x00", "").encode("utf-8", "replace").decode()
    return text if text and text not in ("NaT", "nan") else None


def _label(cell: Any, labels: dict[Any, str]) -> str | None:
    if _text(cell) is None:
        return None
    return labels.get(cell) or labels.get(_text(cell))


if __name__ == "__main__":
    confined.main(read)
