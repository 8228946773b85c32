"""Reads the rows of a query from a database, in batches from a cursor on the server, and never writes.

The query runs as it is inside one SELECT around it, which orders by the cursor column and reads on from the bound
`:since`: what came so far is never put into the text. Reading only is left to the database itself: a read-only
transaction (PostgreSQL, MySQL), a file opened for reading (SQLite).
"""

from __future__ import annotations

import importlib.util
import re
import sqlite3
import ssl
import time
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy
import sqlglot
from django.utils.translation import gettext as _
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from headwater.base.refusals import Refused
from headwater.listening.connections import guard
from headwater.listening.connections.credentials import without_secrets
from headwater.listening.connections.options import DatabaseOptions
from headwater.listening.connections.reading import (
    CHARACTERS_A_BATCH,
    ROWS_A_BATCH,
    Fetched,
    Position,
    as_text,
    bound,
    rows_of,
    spelled,
    start_of,
)

ROWS_A_FETCH = 500
CONNECT_SECONDS = 15
PORTS = {"postgresql": 5432, "mysql": 3306}
EXTRA_PACKAGES = {
    "snowflake": ("snowflake.sqlalchemy", "snowflake-sqlalchemy"),
    "bigquery": ("sqlalchemy_bigquery", "sqlalchemy-bigquery"),
}
OTHER_COLON = re.compile(r"(?<![:\w\x5c]):(?!since\b)(?=\w+(?!:))")
RUN_COMMENT = re.compile(r"/\*M?!", re.IGNORECASE)
SQLITE_LONGEST = 64 << 20
"""Bytes of a text or a row: a query cannot fill the memory of this machine with one value."""
SQLITE_READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}


class DatabaseReader:
    """An open database. See `LiveReader`; the position is the last cursor seen, nothing without a cursor column."""

    def __init__(
        self, options: DatabaseOptions, secrets: Mapping[str, str], *, rows_a_batch: int = ROWS_A_BATCH
    ) -> None:
        self._options = options
        self._secrets = secrets
        self._size = rows_a_batch
        _require_select(options)
        self._engine = engine_of(options, secrets)

    def close(self) -> None:
        self._engine.dispose()

    def batches(self, position: Position, *, ordered: bool = True) -> Generator[Fetched]:
        """Batches in the order of the cursor. `ordered=False` takes any rows first, which spares a large sort."""
        statement, values = self._statement(position, ordered)
        try:
            with self._engine.connect() as connection:
                _confine(connection, self._options)
                result = connection.execution_options(stream_results=True, max_row_buffer=ROWS_A_FETCH).execute(
                    statement, values
                )
                yield from self._batches_of(result, position)
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise self._in_words(error) from error

    def _statement(self, position: Position, ordered: bool) -> tuple[Any, dict[str, Any]]:
        """The query inside a SELECT of our own; all that varies is bound."""
        query = OTHER_COLON.sub(r"\\:", self._options.query.strip().rstrip(";"))
        cursor = position.get("cursor") or (start_of(self._options.start) if self._options.start else None)
        since = bound(cursor, self._options.overlap if "cursor" in position else 0) if cursor else None
        text = f"SELECT * FROM (\n{query}\n) headwater_rows"  # noqa: S608 the query is the setting itself
        if self._options.cursor:
            column = self._engine.dialect.identifier_preparer.quote(self._options.cursor)
            text += f" WHERE {column} >= :since" if since is not None else ""
            text += f" ORDER BY {column}" if ordered else ""
        values = {"since": since} if since is not None else {}
        return sqlalchemy.text(text), values

    def _batches_of(self, result: Any, position: Position) -> Iterator[Fetched]:
        names = list(result.keys())
        if self._options.cursor and self._options.cursor not in names:
            raise Refused("no_cursor_column", _("The query has no column %(cursor)s; it has %(names)s.") % {
                "cursor": self._options.cursor, "names": ", ".join(names[:30])}, "cursor")  # fmt: skip
        number, waiting, characters = 1, [], 0
        for block in result.partitions(min(ROWS_A_FETCH, self._size)):
            for row in block:
                record = {name: as_text(value) for name, value in zip(names, row, strict=True)}
                characters += sum(len(text) for text in record.values() if text)
                waiting.append(record)
            position = self._moved(position, block[-1]._mapping)
            if len(waiting) >= self._size or characters >= CHARACTERS_A_BATCH:
                yield Fetched(rows_of(waiting, number), position)
                number, waiting, characters = number + len(waiting), [], 0
        yield Fetched(rows_of(waiting, number), position)

    def _moved(self, position: Position, last: Mapping[str, Any]) -> Position:
        if not self._options.cursor or last[self._options.cursor] is None:
            return position
        return {"cursor": spelled(last[self._options.cursor])}

    def _in_words(self, error: Exception) -> Refused:
        said = str(getattr(error, "orig", None) or error).strip().splitlines()[0:2]
        text = without_secrets(" ".join(said), self._secrets)[:500]
        if isinstance(error.__cause__, Refused):
            return error.__cause__
        return Refused("database_refused", _("The database said: %s") % text, "query")


def _require_select(options: DatabaseOptions) -> None:
    """Refuse what is not one SELECT. The database would not write anyway; this says so before it is asked."""
    dialect = {"postgresql": "postgres"}.get(options.engine, options.engine)
    try:
        parsed = sqlglot.parse(options.query, read=dialect)
    except sqlglot.errors.SqlglotError as error:
        said = str(error).splitlines()[0][:300]
        raise Refused("bad_query", _("The query cannot be read as SQL: %s") % said, "query") from error
    if len(parsed) != 1 or not isinstance(parsed[0], sqlglot.exp.Query):
        raise Refused("not_a_select", _("A connection reads: write one SELECT, and nothing after it."), "query")
    # MySQL runs what stands in such a comment, and may write a file in a transaction that only reads.
    if options.engine == "mysql" and RUN_COMMENT.search(options.query):
        raise Refused("not_a_select", _("Write the query without comments that are run (/*! */)."), "query")


def engine_of(options: DatabaseOptions, secrets: Mapping[str, str]) -> Engine:
    """An engine without a pool, which reaches only what it may and only reads. Raises Refused."""
    make = {"postgresql": _postgresql, "mysql": _mysql, "sqlite": _sqlite}.get(options.engine, _by_dialect)
    return make(options, secrets.get("password", ""))


def _postgresql(options: DatabaseOptions, password: str) -> Engine:
    settings = (
        f"-c default_transaction_read_only=on -c statement_timeout={options.timeout_s * 1000} -c lock_timeout=10000"
    )
    arguments: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "options": settings,
        "application_name": "headwater",
        "sslmode": {"verified": "verify-full", "encrypted": "require", "none": "prefer"}[options.tls],
    }
    port = options.port or PORTS["postgresql"]
    if options.host.startswith("/"):
        guard.require_socket(options.host)
        arguments["sslmode"] = "disable"
    else:
        # Connected to where it was judged; the name is still what the certificate is held against.
        arguments["hostaddr"] = guard.addresses(options.host, port)[0]
        if options.tls == "verified":
            arguments["sslrootcert"] = "system"
    url = URL.create("postgresql+psycopg", options.user or None, password or None, database=options.database)
    arguments |= {"host": options.host, "port": port}
    return sqlalchemy.create_engine(url, poolclass=NullPool, connect_args=arguments)


def _mysql(options: DatabaseOptions, password: str) -> Engine:
    port = options.port or PORTS["mysql"]

    def connect() -> Any:
        import pymysql

        context = None
        if options.tls != "none":
            context = ssl.create_default_context()
            if options.tls == "encrypted":
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        opened: Any = pymysql.connect(
            host=options.host,
            port=port,
            user=options.user,
            password=password,
            database=options.database,
            charset="utf8mb4",
            read_timeout=options.timeout_s + 5,
            ssl=context,
            defer_connect=True,
            local_infile=False,
        )
        opened.connect(guard.open_socket(options.host, port, CONNECT_SECONDS))
        with opened.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            server = str(opened.server_version)
            limit = f"max_statement_time={options.timeout_s}"
            cursor.execute(
                f"SET SESSION {limit if 'MariaDB' in server else f'max_execution_time={options.timeout_s}000'}"
            )
        return opened

    guard.addresses(options.host, port)
    return sqlalchemy.create_engine("mysql+pymysql://", poolclass=NullPool, creator=connect)


def _sqlite(options: DatabaseOptions, password: str) -> Engine:
    path = guard.require_folder(Path(options.database))
    if not path.is_file():
        raise Refused("no_such_file", _("There is no file %s.") % options.database[:200], "database")

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, check_same_thread=False)

    return sqlalchemy.create_engine("sqlite://", poolclass=NullPool, creator=connect)


def _by_dialect(options: DatabaseOptions, password: str) -> Engine:
    """Databases whose dialect is a package of its own, where it is installed."""
    module, package = EXTRA_PACKAGES[options.engine]
    try:
        there = importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        there = False
    if not there:
        message = _("To read %(engine)s, install the package %(package)s beside Headwater and start it again.")
        raise Refused("package_missing", message % {"engine": options.engine.title(), "package": package}, "engine")
    if options.engine == "snowflake":
        url = URL.create("snowflake", options.user, password, host=options.host, database=options.database)
        return sqlalchemy.create_engine(url, poolclass=NullPool)
    url = URL.create("bigquery", host=options.database.partition("/")[0], database=options.database.partition("/")[2])
    given = {"credentials_base64": password} if password else {}
    return sqlalchemy.create_engine(url, poolclass=NullPool, **given)


def _confine(connection: sqlalchemy.Connection, options: DatabaseOptions) -> None:
    """SQLite has neither a time limit nor a way to forbid other files of its own: both are hung in here."""
    if options.engine != "sqlite":
        return
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError("a SQLite engine opens sqlite3 connections")
    end = time.monotonic() + options.timeout_s
    driver.set_progress_handler(lambda: int(time.monotonic() > end), 10_000)
    driver.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, SQLITE_LONGEST)
    driver.set_authorizer(_only_reads)


def _only_reads(action: int, first: str | None, second: str | None, *_names: str | None) -> int:
    harmless = action in SQLITE_READS and (second or "").lower() != "load_extension"
    return sqlite3.SQLITE_OK if harmless else sqlite3.SQLITE_DENY
