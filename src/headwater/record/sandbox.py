"""Somebody's own SQL over files they uploaded, in an engine that can reach nothing else."""

import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import duckdb
import pyarrow as pa
from sqlglot import exp

MAX_LENGTH = 50_000
SECONDS = 600.0
MEMORY = "2GB"
SPILL = "20GB"
BATCH_ROWS = 1 << 16

_TEXT = {"all_varchar": exp.true()}
_READERS: Mapping[str, tuple[str, Mapping[str, exp.Expr]]] = {
    ".csv": ("read_csv", _TEXT),
    ".tsv": ("read_csv", _TEXT),
    ".txt": ("read_csv", _TEXT),
    ".json": ("read_json", {}),
    ".jsonl": ("read_json", {}),
    ".ndjson": ("read_json", {}),
    ".parquet": ("read_parquet", {}),
}


class SandboxError(ValueError):
    """The SQL, or one of its files, cannot be used; the message is the engine's, in its first line."""


def run_sql(
    sql: str, files: Mapping[str, Path], *, seconds: float = SECONDS, memory: str = MEMORY
) -> pa.RecordBatchReader:
    """Run one SELECT over files, each a table of the name given; larger than memory where the query allows.

    Columns of CSV files are text, so that ``007`` stays itself: cast what should be a number or a date. JSON, JSON
    Lines and Parquet files keep their types; ``.gz`` and ``.zst`` are unpacked. The SQL can read these files and
    nothing else, write nothing, attach nothing, load nothing and change no setting.

    Args:
        seconds: how long the query and the reading of its answer may take together.
        memory: how much of it may be used before it spills to a temporary folder.

    Raises:
        SandboxError: a file is of no known kind or cannot be read, or the SQL is not one SELECT, is wrong, or took too
            long; the last also while the answer is being read.
    """
    if len(sql) > MAX_LENGTH:
        raise SandboxError(f"The SQL has {len(sql)} characters; {MAX_LENGTH} are allowed.")
    spill = tempfile.TemporaryDirectory(prefix="headwater-sql-")
    connection = _locked(files, Path(spill.name), memory)
    clock = threading.Timer(seconds, connection.interrupt)

    def stop() -> None:
        clock.cancel()
        connection.close()
        spill.cleanup()

    try:
        _refuse_all_but_select(connection, sql)
        clock.daemon = True
        clock.start()
        reader: pa.RecordBatchReader = connection.sql(sql).to_arrow_reader(BATCH_ROWS)
    except duckdb.Error as error:
        stop()
        raise _told(error, seconds) from None
    except BaseException:
        stop()
        raise
    return pa.RecordBatchReader.from_batches(reader.schema, _batches(reader, stop, seconds))


def _locked(files: Mapping[str, Path], spill: Path, memory: str) -> duckdb.DuckDBPyConnection:
    """An engine with the files as tables, its doors closed behind them."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": 2,
            "memory_limit": memory,
            "temp_directory": str(spill),
            "max_temp_directory_size": SPILL,
            "autoload_known_extensions": False,
            "autoinstall_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,
        },
    )
    try:
        for name, path in files.items():
            view = exp.to_identifier(name, quoted=True).sql(dialect="duckdb")
            connection.execute(f"create view {view} as {_reading(path).sql(dialect='duckdb')}")
        allowed = exp.Array(expressions=[exp.Literal.string(str(path.resolve())) for path in files.values()])
        connection.execute(f"set allowed_paths = {allowed.sql(dialect='duckdb')}")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
    except duckdb.Error as error:
        connection.close()
        raise _told(error, 0) from None
    except BaseException:
        connection.close()
        raise
    return connection


def _reading(path: Path) -> exp.Select:
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in (".gz", ".zst")]
    kind = suffixes[-1] if suffixes else ""
    if kind not in _READERS:
        raise SandboxError(f"{path.name} is of no kind that SQL can read: {', '.join(sorted(_READERS))}.")
    reader, options = _READERS[kind]
    arguments = [exp.EQ(this=exp.column(name), expression=value.copy()) for name, value in options.items()]
    source = exp.Anonymous(this=reader, expressions=[exp.Literal.string(str(path.resolve())), *arguments])
    return exp.select("*").from_(source)


def _refuse_all_but_select(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise SandboxError("One SELECT is expected, and nothing else.")


def _batches(reader: pa.RecordBatchReader, stop: Callable[[], None], seconds: float) -> Iterator[pa.RecordBatch]:
    try:
        yield from reader
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        raise _told(error, seconds) from None
    finally:
        stop()


def _told(error: Exception, seconds: float) -> SandboxError:
    if isinstance(error, duckdb.InterruptException) or "INTERRUPT" in str(error).upper():
        return SandboxError(
            f"The SQL took longer than {seconds:g} seconds. Select fewer rows, or join on fewer columns."
        )
    return SandboxError(str(error).partition("\n")[0])
