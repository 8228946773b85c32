"""A connection to a database: read on from a cursor, in batches, without ever writing."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from headwater.base.models import Person
from headwater.base.refusals import Refused
from headwater.listening.connections import running, services
from headwater.listening.connections.database import DatabaseReader
from headwater.listening.connections.options import DatabaseOptions
from headwater.listening.models import Connection, ConnectionRun, Import
from headwater.metrics.store import company_record
from headwater.record.questions import Size
from tests.postgresql import Server

MAPPING = """
version: 1
source: answers
emit:
  - kind: survey
    metric: nps
    fields: {record_id: id, occurred_at: changed, score: score, text: words}
"""
QUERY = "SELECT id, changed, score, words FROM answers"


@pytest.fixture
def lead(db: None) -> Person:
    return Person.objects.create(email="lead@example.com", name="Lead", roles=["cx_team"])


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    """A SQLite file of 25 answers, in a folder that the operator has opened."""
    folder = tmp_path / "open"
    folder.mkdir()
    monkeypatch.setenv("HEADWATER_CONNECT_FOLDERS", str(folder))
    made = sqlite3.connect(folder / "answers.sqlite")
    made.execute("CREATE TABLE answers (id INTEGER, changed TEXT, score INTEGER, words TEXT)")
    put(made, range(25))
    yield made
    made.close()


def put(made: sqlite3.Connection, numbers: range) -> None:
    rows = [(n, f"2024-03-{n % 28 + 1:02d}T10:00:00", n % 11, f"Answer number {n} about the delivery") for n in numbers]
    made.executemany("INSERT INTO answers VALUES (?, ?, ?, ?)", rows)
    made.commit()


def path_of(made: sqlite3.Connection) -> str:
    return str(made.execute("PRAGMA database_list").fetchone()[2])


def options_of(made: sqlite3.Connection, **more: object) -> dict[str, object]:
    return {"engine": "sqlite", "database": path_of(made), "query": QUERY, "cursor": "id", **more}


@pytest.fixture
def connection(lead: Person, answers: sqlite3.Connection) -> Connection:
    made = services.create(lead, name="answers", kind="database", options=options_of(answers))
    services.keep_mapping(lead, made, MAPPING)
    services.start(lead, made)
    made.refresh_from_db()
    return made


def in_record() -> int:
    return company_record().ask(Size()).signals


@pytest.mark.usefixtures("ours")
def test_a_run_brings_every_row_once_and_the_next_only_what_is_new(
    connection: Connection, answers: sqlite3.Connection
) -> None:
    first = running.run_connection(connection)
    assert (first.state, first.rows) == (ConnectionRun.State.DONE, 25)
    assert in_record() == 25
    put(answers, range(25, 30))
    connection.refresh_from_db()
    second = running.run_connection(connection)
    assert second.rows == 6  # the last one seen is read again: others may share its cursor
    assert in_record() == 30
    assert [one.accepted for one in Import.objects.order_by("pk")] == [25, 5]


@pytest.mark.usefixtures("ours")
def test_a_run_that_dies_goes_on_after_the_last_batch(
    connection: Connection, answers: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(answers, range(25, 100))
    whole = DatabaseReader.__init__
    monkeypatch.setattr(DatabaseReader, "__init__", lambda self, *args: whole(self, *args, rows_a_batch=10))

    class Killed(BaseException):
        pass

    def die(run: ConnectionRun) -> None:
        if run.rows >= 50:
            raise Killed

    with pytest.raises(Killed):
        running.run_connection(connection, report=die)
    connection.refresh_from_db()
    assert connection.position == {"cursor": {"type": "integer", "value": "49"}}
    assert running.run_connection(connection).rows == 51
    assert in_record() == 100
    assert sum(one.accepted for one in Import.objects.all()) == 100


@pytest.mark.usefixtures("ours")
def test_rows_committed_late_are_found_by_the_overlap(
    lead: Person, connection: Connection, answers: sqlite3.Connection
) -> None:
    services.change(lead, connection, edition=None, options=options_of(answers, overlap=5))
    connection.refresh_from_db()
    running.run_connection(connection)
    answers.execute("INSERT INTO answers VALUES (21.5, '2024-03-02T10:00:00', 3, 'A late word')")
    answers.commit()
    connection.refresh_from_db()
    assert running.run_connection(connection).rows == 7  # 19 to 24, and the late one
    assert in_record() == 26


@pytest.mark.usefixtures("ours")
def test_without_a_cursor_everything_is_read_again_and_counts_once(
    lead: Person, connection: Connection, answers: sqlite3.Connection
) -> None:
    services.change(lead, connection, edition=None, options=options_of(answers, cursor=""))
    for _again in range(2):
        connection.refresh_from_db()
        assert running.run_connection(connection).rows == 25
    assert in_record() == 25


# --- what is refused


def reader(made: sqlite3.Connection, query: str, **more: Any) -> DatabaseReader:
    return DatabaseReader(DatabaseOptions.model_validate(options_of(made, query=query, cursor="", **more)), {})


def rows_of(one: DatabaseReader, position: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    try:
        return [row for fetched in one.batches(position or {}) for row in fetched.rows.table.to_pylist()]
    finally:
        one.close()


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM answers",
        "SELECT 1; DELETE FROM answers",
        "ATTACH DATABASE '/tmp/x' AS x",
        "PRAGMA writable_schema = 1",
        "SELECT * FROM answers) x; DROP TABLE answers; --",
    ],
)
def test_only_a_select_is_run(answers: sqlite3.Connection, query: str) -> None:
    with pytest.raises(Refused):
        rows_of(reader(answers, query))
    assert answers.execute("SELECT count(*) FROM answers").fetchone() == (25,)


@pytest.mark.parametrize(
    ("engine", "query"),
    [
        ("mysql", "SELECT 1 /*!) t UNION SELECT 1 INTO OUTFILE '/tmp/x' FROM (SELECT 1 */"),
        ("mysql", "SELECT 1 /*m!50100 INTO DUMPFILE '/tmp/x' */"),
        ("mysql", "SELECT 1 INTO OUTFILE '/tmp/x'"),
        ("postgresql", "COPY (SELECT 1) TO PROGRAM 'cat'"),
    ],
)
def test_what_writes_in_other_ways_is_refused_before_it_is_sent(engine: str, query: str) -> None:
    options = DatabaseOptions.model_validate(
        {"engine": engine, "host": "db.example.org", "database": "x", "query": query}
    )
    with pytest.raises(Refused) as refused:
        DatabaseReader(options, {})
    assert refused.value.code in ("not_a_select", "bad_query")


def test_one_value_cannot_fill_the_memory(answers: sqlite3.Connection) -> None:
    with pytest.raises(Refused, match="too big"):
        rows_of(reader(answers, "SELECT hex(zeroblob(900000000)) AS words"))


def test_other_functions_and_files_are_closed(answers: sqlite3.Connection) -> None:
    with pytest.raises(Refused, match="not authorized"):
        rows_of(reader(answers, "SELECT load_extension('x')"))


def test_a_query_that_takes_too_long_is_ended(answers: sqlite3.Connection) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n"
    with pytest.raises(Refused, match="interrupted"):
        rows_of(reader(answers, endless, timeout_s=1))


def test_files_outside_the_open_folders_are_closed(
    answers: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = Path(path_of(answers)).with_name("link.sqlite")
    other = tmp_path / "other.sqlite"
    sqlite3.connect(other).close()
    link.symlink_to(other)
    for path in (str(other), str(link), f"{Path(path_of(answers)).parent}/../other.sqlite"):
        with pytest.raises(Refused) as refused:
            DatabaseReader(DatabaseOptions(engine="sqlite", database=path, query="SELECT 1"), {})
        assert refused.value.code == "folder_closed"
    monkeypatch.delenv("HEADWATER_CONNECT_FOLDERS")
    with pytest.raises(Refused, match="HEADWATER_CONNECT_FOLDERS"):
        reader(answers, "SELECT 1")


@pytest.mark.parametrize("engine", ["postgresql", "mysql"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "10.0.0.7", "::1"])
def test_inner_machines_are_closed(engine: str, host: str) -> None:
    options = DatabaseOptions.model_validate({"engine": engine, "host": host, "database": "x", "query": "SELECT 1"})
    with pytest.raises(Refused) as refused:
        DatabaseReader(options, {})
    assert (refused.value.code, refused.value.status) == ("private_address", 403)


@pytest.mark.parametrize(
    ("engine", "package"), [("snowflake", "snowflake-sqlalchemy"), ("bigquery", "sqlalchemy-bigquery")]
)
def test_a_database_that_needs_a_package_says_which(engine: str, package: str) -> None:
    options = DatabaseOptions.model_validate({"engine": engine, "host": "a", "database": "x", "query": "SELECT 1"})
    with pytest.raises(Refused, match=package):
        DatabaseReader(options, {})


def test_colons_in_the_query_are_no_parameters(answers: sqlite3.Connection) -> None:
    assert rows_of(reader(answers, "SELECT '12:30' AS at, ':x' AS y, '100 %' AS z")) == [
        {"at": "12:30", "y": ":x", "z": "100 %"}
    ]


# --- PostgreSQL


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server.start()
    with psycopg.connect(started.url, autocommit=True) as made:
        made.execute(
            "CREATE TABLE tickets AS SELECT n AS id, timestamptz '2024-01-01 00:00Z' + n * interval '1 minute' "
            "AS changed, "
            "(n % 5) + 0.50 AS score, 'words ' || n AS words, jsonb_build_object('a', n) AS more, NULL::int AS nothing "
            "FROM generate_series(1, 12000) AS n"
        )
    yield started
    started.stop()


@pytest.fixture
def postgresql(server: Server, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("HEADWATER_CONNECT_PRIVATE", str(server.folder))
    query = "SELECT * FROM tickets"
    return {
        "engine": "postgresql",
        "host": str(server.folder),
        "user": "postgres",
        "database": "postgres",
        "query": query,
    }


def test_postgresql_is_read_in_batches_from_a_cursor_on_the_server(postgresql: dict[str, Any]) -> None:
    one = DatabaseReader(DatabaseOptions.model_validate({**postgresql, "cursor": "changed"}), {}, rows_a_batch=1000)
    fetched = list(one.batches({}))
    one.close()
    assert [len(part.rows.numbers) for part in fetched] == [1000] * 12 + [0]
    first = fetched[0].rows.table.to_pylist()[0]
    assert first["id"] == "1"
    assert first["changed"].startswith("2024-01-01T")
    assert (first["score"], first["more"], first["nothing"]) == ("1.50", '{"a": 1}', None)
    assert fetched[-1].position["cursor"]["type"] == "time"
    again = rows_of(
        DatabaseReader(DatabaseOptions.model_validate({**postgresql, "cursor": "changed", "overlap": 3}), {}),
        fetched[-1].position,
    )
    assert [row["id"] for row in again] == ["11997", "11998", "11999", "12000"]


def test_since_is_bound_and_never_written_into_the_query(postgresql: dict[str, Any]) -> None:
    query = "SELECT id, changed FROM tickets WHERE changed >= :since"
    options = {**postgresql, "query": query, "cursor": "changed", "start": "2024-01-09T07:58:00+00:00"}
    with pytest.raises(Refused, match="does not exist"):
        rows_of(DatabaseReader(DatabaseOptions.model_validate({**postgresql, "cursor": "id; DROP TABLE tickets"}), {}))
    found = rows_of(DatabaseReader(DatabaseOptions.model_validate(options), {}))
    assert [row["id"] for row in found] == [str(n) for n in range(11998, 12001)]


@pytest.mark.parametrize(
    "query",
    [
        "WITH gone AS (DELETE FROM tickets RETURNING id) SELECT * FROM gone",
        "SELECT nextval('made')",
        "SELECT set_config('default_transaction_read_only', 'off', false), lo_create(0)",
        "SELECT 1 INTO other",
    ],
)
def test_postgresql_itself_refuses_to_write(postgresql: dict[str, Any], server: Server, query: str) -> None:
    with psycopg.connect(server.url, autocommit=True) as made:
        made.execute("CREATE SEQUENCE IF NOT EXISTS made")
    with pytest.raises(Refused) as refused:
        rows_of(DatabaseReader(DatabaseOptions.model_validate({**postgresql, "query": query}), {}))
    assert refused.value.code == "database_refused"


def test_postgresql_ends_a_query_that_takes_too_long(postgresql: dict[str, Any]) -> None:
    options = DatabaseOptions.model_validate({**postgresql, "query": "SELECT pg_sleep(30)", "timeout_s": 1})
    with pytest.raises(Refused, match="statement timeout"):
        rows_of(DatabaseReader(options, {}))


def test_what_the_database_says_does_not_quote_the_password(postgresql: dict[str, Any]) -> None:
    options = DatabaseOptions.model_validate({**postgresql, "query": "SELECT 'hunter2hunter2'::int"})
    with pytest.raises(Refused) as refused:
        rows_of(DatabaseReader(options, {"password": "hunter2hunter2"}))
    assert "hunter2hunter2" not in refused.value.message
    assert "•••" in refused.value.message
