"""Whom a survey could ask: customers by attributes and signals, in the order of a draw."""

import hashlib
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from headwater.record import Record
from headwater.record.filters import parse
from headwater.record.questions import AudienceMembers, AudienceSize, People


def signal(number: int, customer: str, **others: Any) -> dict[str, Any]:
    day = others.pop("day", 5)
    at = datetime(2026, 3, day, 12)
    return {"source": "s", "record_id": str(number), "kind": "event", "event": "delivered", "occurred_at": at,
            "received_at": at, "local_date": at.date(), "customer_id": customer, **others}  # fmt: skip


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """Ten customers, of whom the even ones are on plan plus; c8 left, c9 turned out to be c1; c11 only has a signal."""
    record = Record(Path(tmp_path_factory.mktemp("record")))
    people: list[dict[str, Any]] = [
        {"customer_id": f"c{n}", "attributes": [("plan", "plus" if n % 2 == 0 else "basic")]} for n in range(10)
    ]
    people[8]["until"], people[9]["merged_into"] = date(2026, 2, 1), "c1"
    record.put_customers(pa.Table.from_pylist(people, schema=pa.schema([
        ("customer_id", pa.string()), ("attributes", pa.map_(pa.string(), pa.string())),
        ("until", pa.date32()), ("merged_into", pa.string())])))  # fmt: skip
    rows = [signal(1, "c2"), signal(2, "c9"), signal(3, "c8"), signal(4, "c11"), signal(5, "c4", day=1)]
    rows += [signal(6, "c3", event="refund")]
    batch = pa.Table.from_pylist(rows).append_column("origin", pa.array([1] * len(rows)))
    with record.writing():
        record.commit_signals(record.plan_signals(batch), transaction=("inbox", 1))
    return record


def members(record: Record, people: People, **others: Any) -> list[str]:
    return [one.customer_id for one in record.ask(AudienceMembers(people, 3, **others))]


def test_the_order_of_the_draw_is_the_hash_of_seed_and_customer(record: Record) -> None:
    def place(customer: str) -> str:
        return hashlib.md5(f"3:{customer}".encode()).hexdigest()

    everybody = members(record, People())
    assert everybody == sorted((f"c{n}" for n in range(8)), key=place)
    first = record.ask(AudienceMembers(People(), 3, limit=3, attributes=("plan",)))
    assert [dict(one.attributes) for one in first] == [
        {"plan": "plus" if int(one.customer_id[1:]) % 2 == 0 else "basic"} for one in first
    ]
    assert members(record, People(), after=first[-1].draw) == everybody[3:]
    assert sorted(members(record, People(), among=("c1", "c5", "c8", "x"))) == ["c1", "c5"]


def test_signals_choose_customers_who_are_still_ones(record: Record) -> None:
    delivered = People(signals=parse("event = 'delivered'"))
    assert sorted(members(record, delivered)) == ["c1", "c11", "c2", "c4"]
    late = People(signals=parse("event = 'delivered'"), since=date(2026, 3, 2))
    assert sorted(members(record, late)) == ["c1", "c11", "c2"]
    plus = People(parse("attribute:plan = 'plus'"), parse("event = 'delivered'"))
    assert sorted(members(record, plus)) == ["c2", "c4"]


def test_those_without_a_signal_are_the_rest(record: Record) -> None:
    rest = People(signals=parse("event = 'delivered'"), without=True)
    assert sorted(members(record, rest)) == ["c0", "c3", "c5", "c6", "c7"]
    assert sorted(members(record, People(parse("not attribute:plan = 'plus'"), rest.signals, without=True))) == [
        "c3", "c5", "c7",
    ]  # fmt: skip


def test_sizes_are_counted_by_an_attribute(record: Record) -> None:
    found = record.ask(AudienceSize(People(signals=parse("kind = 'event'")), "plan"))
    assert {row.level: row.n for row in found} == {"plus": 2, "basic": 2, None: 1}
    assert [row.n for row in record.ask(AudienceSize(People()))] == [8]


def test_customers_are_told_by_attributes_alone() -> None:
    with pytest.raises(ValueError, match="stage"):
        People(parse("stage = 'pay'"))
