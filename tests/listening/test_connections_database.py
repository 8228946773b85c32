"""A connection to a database: read on from a cursor, in batches, without ever writing."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy
from django.db import connection as django_connection

from headwater.base.models import Company, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Refused
from headwater.listening.connections import running, services
from headwater.listening.connections.database import DatabaseReader
from headwater.listening.connections.options import DatabaseOptions
from headwater.listening.models import Connection, ConnectionRun, Import, SetAsideRow
from headwater.metrics.store import company_record
from headwater.record.questions import Size

pytestmark = pytest.mark.usefixtures("ours")

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
