"""DuckDB over the files of the record: one small database in memory, a cursor for each thread, SQL from expressions."""

import logging
import threading
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeAlias

import duckdb
import pyarrow as pa
from sqlglot import exp

from headwater.record.lake import DataFile, Snapshot
from headwater.record.scratch import Scratch

logger = logging.getLogger(__name__)
DIALECT = "duckdb"
STREAM_ROWS = 1 << 16


class FilesGone(RuntimeError):
    """A file of the snapshot was vacuumed or erased meanwhile: take a fresh snapshot and ask again."""


@dataclass(frozen=True, slots=True)
class Files:
    """A relation made of Parquet files. ``named`` adds the column ``filename``; ``days`` are the first and last day,
    by the table's first column of statistics, of the rows it shows."""

    snapshot: Snapshot
    files: tuple[DataFile, ...]
    named: bool = False
    days: tuple[str, date, date] | None = None

    def query(self) -> exp.Select:
        """All its rows."""
        everything = exp.select("*").from_(self._reader())
        if self.days is None:
            return everything
        name, first, last = self.days
        bounds = {
            side: exp.cast(exp.Literal.string(day.isoformat()), exp.DataType.Type.DATE)
            for side, day in (("low", first), ("high", last))
        }
        return everything.where(exp.Between(this=exp.column(name), **bounds))

    def _reader(self) -> exp.Expr:
        paths = [str(self.snapshot.shape_file), *(str(file.path) for file in self.files)]
        options = [exp.EQ(this=exp.column("union_by_name"), expression=exp.true())]
        if self.named:
            options.append(exp.EQ(this=exp.column("filename"), expression=exp.true()))
        listed = exp.Array(expressions=[exp.Literal.string(path) for path in paths])
        return exp.Anonymous(this="read_parquet", expressions=[listed, *options])


Source: TypeAlias = Files | pa.Table
"""What a table name in a question stands for."""


def whole(snapshot: Snapshot, *, named: bool = False) -> Files:
    return Files(snapshot, snapshot.files, named)


def between(snapshot: Snapshot, column: str, first: date | None, last: date | None) -> Files:
    """The rows of some days, read from the files that may have them."""
    if first is None and last is None:
        return whole(snapshot)
    days = (column, first or date.min, last or date.max)
    return Files(snapshot, tuple(file for file in snapshot.files if file.touches(first, last)), days=days)


def _end(database: duckdb.DuckDBPyConnection, spill: Scratch) -> None:
    database.close()
    spill.remove()


class Engine:
    """Runs expressions over sources. Safe to use from several threads; not across a fork. Its memory is freed when it
    is closed, when nobody holds it any more, or in the end with its process."""

    def __init__(self, folder: Path, *, threads: int = 2, memory: str = "4GB") -> None:
        spill = Scratch(folder)
        self._local = threading.local()
        settings: dict[str, str | bool | int | float | list[str]] = {
            "threads": threads,
            "memory_limit": memory,
            "temp_directory": str(spill.path),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": False,
        }
        self._database = duckdb.connect(":memory:", config=settings)
        self._database.execute("set global parquet_metadata_cache = true")
        self._end = weakref.finalize(self, _end, self._database, spill)

    def run(self, query: exp.Expr | str, sources: Mapping[str, Source]) -> pa.Table:
        """The answer as an Arrow table. Names of tables in the query are keys of ``sources``; a text is SQL that was
        made from an expression before.

        Raises:
            FilesGone: a file was deleted since its snapshot was taken.
        """
        cursor = self._cursor()
        sql = query if isinstance(query, str) else query.sql(dialect=DIALECT, copy=False)
        logger.debug("%s", sql)
        try:
            self._bind(cursor, sources, self._local.bound)
            return cursor.sql(sql).to_arrow_table()
        except duckdb.IOException as error:
            self._local.bound = {}
            raise FilesGone(str(error)) from error

    def stream(self, query: exp.Expr, sources: Mapping[str, Source]) -> Iterator[pa.RecordBatch]:
        """The answer in batches, for what is larger than memory. On a cursor of its own."""
        cursor = self._database.cursor()
        try:
            self._bind(cursor, sources, {})
            yield from cursor.sql(query.sql(dialect=DIALECT)).to_arrow_reader(STREAM_ROWS)
        except duckdb.IOException as error:
            raise FilesGone(str(error)) from error
        finally:
            cursor.close()

    def close(self) -> None:
        self._end()

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._local, "cursor", None)
        if cursor is None:
            cursor = self._local.cursor = self._database.cursor()
            self._local.bound = {}
        return cursor

    @staticmethod
    def _bind(cursor: duckdb.DuckDBPyConnection, sources: Mapping[str, Source], bound: dict[str, Source]) -> None:
        """Temporary views, which belong to one cursor alone, made anew when the files changed."""
        for name, source in sources.items():
            known = bound.get(name)
            if known is source or (isinstance(source, Files) and isinstance(known, Files) and known == source):
                continue
            view = exp.to_identifier(name, quoted=True).sql(dialect=DIALECT)
            if isinstance(source, Files):
                if known is not None and not isinstance(known, Files):
                    cursor.unregister(name)
                reading = source.query().sql(dialect=DIALECT)
                cursor.execute(f"create or replace temporary view {view} as {reading}")
            else:
                if isinstance(known, Files):
                    cursor.execute(f"drop view if exists {view}")
                cursor.register(name, source)
            bound[name] = source
