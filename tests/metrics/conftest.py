"""A small real record of one company, whose figures are known by hand."""

import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.test import Client

from headwater.base.models import Person
from headwater.metrics import store
from headwater.metrics.definitions import METRICS
from headwater.record import Record
from headwater.record.rollups import Rollups
from headwater.record.schema import SIGNALS

Write = Callable[[list[dict[str, Any]]], None]
FIRST_DAY = date(2026, 3, 1)


@pytest.fixture(scope="session")
def empty_record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record without signals, made once: creating its tables takes longer than copying them."""
    root = tmp_path_factory.mktemp("empty") / "record"
    Record(root).close()
    return root


@pytest.fixture
def record(home: Path, empty_record: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    """The company's empty record, as the metrics find it.

    It is as after a burst of arrivals: no rollup follows, so that answers come from the rows. They are the same
    (``tests/record/test_rollups.py``), and to keep sums costs a small record more than all that is asked of it.
    """
    monkeypatch.setattr(Rollups, "follow", lambda rollups: None)
    shutil.copytree(empty_record, home / "record")
    store.close_company_record()
    yield store.company_record()
    store.close_company_record()


@pytest.fixture
def write(record: Record) -> Write:
    """Put signals into the record; what a row does not say is filled in."""
    written = 0

    def write(rows: list[dict[str, Any]]) -> None:
        nonlocal written
        filled = [signal(number, row) for number, row in enumerate(rows, start=written)]
        written += len(rows)
        schema = pa.schema([field for field in SIGNALS.schema if field.name not in COMPUTED])
        batch = pa.Table.from_pylist(filled, schema=schema).append_column("origin", pa.array([1] * len(rows)))
        with record.writing():
            record.commit_signals(record.plan_signals(batch))

    return write


COMPUTED = {"signal_key", "revision", "content_hash", "customer_bucket"}


def signal(number: int, row: dict[str, Any]) -> dict[str, Any]:
    """A survey answer of a customer of its own, unless the row says otherwise."""
    day = row.get("local_date", FIRST_DAY + timedelta(days=number % 60))
    at = datetime(day.year, day.month, day.day, 12)
    filled: dict[str, Any] = {
        "source": "test",
        "record_id": str(number),
        "kind": "survey",
        "customer_id": f"customer-{number}",
        "occurred_at": at,
        "received_at": at,
        "local_date": day,
        "attributes": [],
        **row,
    }
    if filled.get("score") is not None:
        filled["score_band"] = METRICS[filled["metric"]].band(filled["score"])
    return filled


def answers(metric: str, counts: dict[float, int], **more: Any) -> list[dict[str, Any]]:
    """So many answers of each score."""
    return [{"metric": metric, "score": score, **more} for score, count in counts.items() for _ in range(count)]


@pytest.fixture
def analyst(db: None) -> Person:
    """Someone who may see figures."""
    person = Person(email="analyst@example.com", name="Analyst", roles=["analyst"])
    person.set_unusable_password()
    person.save()
    return person


@pytest.fixture
def signed_in(analyst: Person) -> Client:
    client = Client()
    client.force_login(analyst)
    return client
