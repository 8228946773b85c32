"""Reads the rows that a mapping's own SQL makes of several files, run in the record's sandbox."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from headwater.base.refusals import Refused
from headwater.listening.mapping import FileOptions, Mapping
from headwater.listening.readers.columnar import as_text
from headwater.listening.readers.rows import Question, Rows, column_names, rows_at_once
from headwater.record.sandbox import SandboxError, run_sql


class QueryReader:
    """The answer of a mapping's SQL. See `Reader`."""

    def __init__(self, folder: Path, mapping: Mapping) -> None:
        files = {name: folder / file for name, file in mapping.files.items()}
        for path in files.values():
            if not path.is_file():
                raise Refused("no_such_file", f"The mapping reads {path.name}; it is not in {folder}.", field="files")
        self._size = sum(path.stat().st_size for path in files.values())
        self._done = False
        # In one fixed order, so that an import that was cut off finds the same batches again.
        # The sandbox is what makes somebody's own SQL safe, not the text around it.
        ordered = f"select * from (\n{(mapping.sql or '').strip().rstrip(';')}\n) order by all"  # noqa: S608
        try:
            self._answer = run_sql(ordered, files)
        except SandboxError as error:
            raise Refused("bad_sql", f"The mapping's SQL cannot be run: {error}", field="sql") from error
        self._columns = column_names(self._answer.schema.names)

    @property
    def options(self) -> FileOptions:
        return FileOptions()

    @property
    def columns(self) -> tuple[str, ...]:
        return self._columns

    @property
    def questions(self) -> dict[str, Question]:
        return {}

    def position(self) -> int:
        return self._size if self._done else 0

    def close(self) -> None:
        self._answer.close()

    def batches(self) -> Iterator[Rows]:
        number = 2
        try:
            for batch in self._batches_of(rows_at_once(len(self._columns))):
                texts = [as_text(column) for column in batch.columns]
                numbers = np.arange(number, number + len(batch))
                number += len(batch)
                yield Rows(pa.table(texts, names=list(self._columns)), numbers)
        except (SandboxError, pa.ArrowException) as error:
            raise Refused(
                "bad_sql", f"The mapping's SQL failed after row {number - 2}: {error}", field="sql"
            ) from error
        self._done = True

    def _batches_of(self, size: int) -> Iterator[pa.Table]:
        """The answer in batches of exactly `size` rows, whatever the engine hands out."""
        waiting: list[pa.RecordBatch] = []
        for batch in self._answer:
            waiting.append(batch)
            if sum(len(one) for one in waiting) >= size:
                table = pa.Table.from_batches(waiting)
                for start in range(0, len(table) - size + 1, size):
                    yield table.slice(start, size)
                waiting = table.slice(len(table) - len(table) % size).to_batches()
        if sum(len(one) for one in waiting):
            yield pa.Table.from_batches(waiting)
