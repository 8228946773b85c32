"""A company in May 2026 with three months of satisfaction, and people who start measures in it."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from headwater.base import worker
from headwater.base.company import ensure_company
from headwater.base.models import Job, Person
from headwater.record import Record
from headwater.strategy import measuring, readings
from headwater.strategy.models import Measure
from tests.metrics.conftest import Write, answers, empty_record, record, write

__all__ = ["empty_record", "record", "write"]
Made = Callable[..., Person]
TODAY = date(2026, 5, 10)


@pytest.fixture
def company_of_may(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    ensure_company(name="Test", currency="EUR")
    monkeypatch.setattr(readings, "today", lambda: TODAY)


@pytest.fixture
def owner(person_with: Made) -> Person:
    return person_with("manager")


@pytest.fixture
def filled(write: Write) -> None:
    """Three months of satisfaction: worse in February, better in April; orders and contacts beside."""
    rows: list[dict[str, Any]] = []
    for month, (good, bad) in {2: (60, 40), 3: (70, 30), 4: (90, 10)}.items():
        day = {"local_date": date(2026, month, 10)}
        rows += answers("csat", {5: good, 1: bad}, stage="wait", **day)
        rows += [{"kind": "event", "event": "order_placed", "metric": None, **day} for _ in range(200)]
        rows += [{"kind": "contact", "metric": None, **day} for _ in range(20 * month)]
    rows += [{"kind": "contact", "metric": None, "local_date": date(2026, 1, 31)}]
    rows += [{"kind": "contact", "metric": None, "local_date": date(2026, 5, 9)}]
    write(rows)


def started(person: Person, head: Person, **values: Any) -> Measure:
    needed = {"question": "How was the wait?", "decision": "We add a carrier.", "owner": head.pk}
    return measuring.start_measure(person, {**needed, **values})


def csat(**more: Any) -> dict[str, Any]:
    return {"source": "record", "definition": {"metric": "csat", "where": "stage = 'wait'"}, **more}


def path(**more: Any) -> dict[str, Any]:
    return {
        "baseline": 0.6,
        "target": 0.9,
        "start_date": date(2026, 2, 1),
        "target_date": date(2026, 12, 31),
        **more,
    }


def run_worker() -> None:
    Job.objects.update(run_at=datetime(2020, 1, 1).astimezone())
    worker.run_due()
