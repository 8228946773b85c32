"""A small company with a published journey and a record whose figures are known by hand."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest

from headwater.base.models import Person
from headwater.journey.packs import load_pack
from headwater.journey.services import apply_pack
from headwater.record import Record
from headwater.record.keys import signal_key
from headwater.record.schema import LABELS
from tests.metrics.conftest import empty_record, record, write

__all__ = ["empty_record", "record", "write"]

Write = Callable[[list[dict[str, Any]]], None]
Label = Callable[[dict[str, dict[str, Any]]], None]


@pytest.fixture
def person_with(db: None) -> Callable[..., Person]:
    """Make a person with these roles."""

    def make(*roles: str, **more: Any) -> Person:
        number = Person.objects.count() + 1
        return Person.objects.create(email=f"p{number}@example.com", name=f"Person {number}", roles=list(roles), **more)

    return make


@pytest.fixture
def journey(db: None) -> None:
    """The retail pack, published."""
    apply_pack(None, load_pack("retail"))


@pytest.fixture
def label(record: Record) -> Label:
    """Label signals of the source ``test`` by their record id."""

    def put(labels: dict[str, dict[str, Any]]) -> None:
        at = datetime(2026, 1, 1)
        rows = [
            {
                "signal_key": signal_key("test", record_id),
                "causes": [],
                "cause_confidences": [0.9] * len(given.get("causes", [])),
                "author": "model",
                "model": "test",
                "taxonomy_version": 1,
                "labelled_at": at,
                **given,
            }
            for record_id, given in labels.items()
        ]
        names = {name for row in rows for name in row}
        schema = pa.schema([field for field in LABELS.schema if field.name in names])
        record.put_labels(pa.Table.from_pylist(rows, schema=schema))

    return put


def complaint(number: int, **more: Any) -> dict[str, Any]:
    """A contact that is negative in tone."""
    return {"record_id": str(number), "kind": "contact", "text": "words", "sentiment": "negative", **more}


DAY = date(2026, 3, 2)
