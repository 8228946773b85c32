"""Who was asked and who answered, by response id and by customer."""

from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from headwater.record import Record
from headwater.record.filters import parse
from headwater.record.questions import CustomerAttributes, CustomerBase, Invited, InvitedRow
from tests.record.samples import arrive

START = datetime(2026, 3, 2, 12)


def at(day: float) -> dict[str, Any]:
    moment = START + timedelta(days=day)
    return {"occurred_at": moment, "local_date": moment.date()}


def invite(
    record: Record, number: int, customer: str | None, day: float, response: str | None = None, **more: Any
) -> None:
    row = {"record_id": f"i{number}", "kind": "event", "event": "invited", "customer_id": customer}
    arrive(record, {**row, "response_id": response, "attributes": list(more.items()), **at(day)})


def answer(
    record: Record, number: int, customer: str | None, day: float, band: int, response: str | None = None
) -> None:
    row = {"record_id": f"a{number}", "kind": "survey", "customer_id": customer, "response_id": response}
    arrive(record, {**row, "metric": "nps", "score": 5.0 + 4 * band, "score_band": band, **at(day)})


def counts(rows: tuple[InvitedRow, ...], name: str = "") -> dict[str | None, tuple[int, int, int, int]]:
    return {row.group.get(name): (row.asked, row.answered, row.top, row.low) for row in rows}


def test_an_answer_bears_the_response_id_of_its_invitation(record: Record) -> None:
    invite(record, 1, "a", 0, "r1", region="North")
    invite(record, 2, "b", 0, "r2", region="North")
    invite(record, 3, "c", 0, "r3", region="South")
    answer(record, 1, None, 3, 1, "r1")
    answer(record, 3, "c", 20, -1, "r3")  # too late to count
    answer(record, 4, "b", 1, 1, "r9")  # of another response
    found = counts(record.ask(Invited(("attribute:region",))), "attribute:region")
    assert found == {"North": (2, 1, 1, 0), "South": (1, 0, 0, 0)}
    assert counts(record.ask(Invited(("attribute:region",), wait=30)), "attribute:region")["South"] == (1, 1, 0, 1)


def test_an_invitation_sent_again_counts_once(record: Record) -> None:
    invite(record, 1, "a", 0, "r1")
    invite(record, 2, "a", 5, "r1")
    answer(record, 1, "a", 6, 1, "r1")
    assert counts(record.ask(Invited())) == {None: (1, 1, 1, 0)}


def test_without_a_response_id_the_customers_next_answer_counts(record: Record) -> None:
    invite(record, 1, "a", 0)
    answer(record, 1, "a", 2, 0)
    answer(record, 2, "a", 3, 1)  # a second answer to the same invitation
    invite(record, 2, "a", 30)
    invite(record, 3, "b", 0)
    invite(record, 4, "b", 2)  # asked again before any answer: that answer is to the later invitation
    answer(record, 3, "b", 4, -1)
    invite(record, 5, "c", 0)
    answer(record, 4, "c", 40, 1)
    invite(record, 6, None, 0)  # nobody can say whose answer would be its own
    assert counts(record.ask(Invited())) == {None: (5, 2, 0, 1)}


def test_an_answer_to_one_invitation_does_not_answer_another(record: Record) -> None:
    invite(record, 1, "a", 0, "r1")
    invite(record, 2, "a", 0.1)
    answer(record, 1, "a", 1, 1, "r1")
    assert counts(record.ask(Invited())) == {None: (2, 1, 1, 0)}


def test_customers_that_were_merged_answer_as_one(record: Record) -> None:
    invite(record, 1, "a", 0)
    answer(record, 1, "b", 1, 1)
    assert counts(record.ask(Invited())) == {None: (1, 0, 0, 0)}
    record.merge_customers("b", into="a")
    assert counts(record.ask(Invited())) == {None: (1, 1, 1, 0)}


def test_only_invitations_about_the_metric_and_in_the_days_are_counted(record: Record) -> None:
    invite(record, 1, "a", 0, "r1", metric="nps", agent="7")
    invite(record, 2, "b", 0, "r2", metric="csat", agent="7")
    invite(record, 3, "c", 10, "r3", agent="8")
    answer(record, 1, "a", 9, 1, "r1")
    answer(record, 2, "b", 1, 1, "r2")
    assert counts(record.ask(Invited(metric="nps"))) == {None: (2, 1, 1, 0)}
    assert counts(record.ask(Invited(metric="csat"))) == {None: (2, 0, 0, 0)}
    first_days = Invited(until=date(2026, 3, 5), metric="nps")
    assert counts(record.ask(first_days)) == {None: (1, 1, 1, 0)}
    assert counts(record.ask(Invited(where=parse("attribute:agent = '8'")))) == {None: (1, 0, 0, 0)}


def test_groups_of_time_and_buckets_add_up(record: Record) -> None:
    for number in range(12):
        invite(record, number, f"c{number}", number)
    rows = record.ask(Invited(("week", "bucket")))
    assert sum(row.asked for row in rows) == 12
    assert {row.group["week"] for row in rows} == {"2026-03-02", "2026-03-09"}
    assert record.ask(Invited(where=parse("channel = 'x'"), by=("week",))) == ()


@pytest.fixture
def customers(record: Record) -> Record:
    attributes = pa.map_(pa.string(), pa.string())
    levels = ["North", "North", "South", None, "North"]
    record.put_customers(
        pa.table(
            {
                "customer_id": ["a", "b", "c", "d", "e"],
                "until": pa.array([None, None, None, None, date(2025, 1, 1)], pa.date32()),
                "attributes": pa.array([[("region", one)] if one else [] for one in levels], attributes),
            }
        )
    )
    return record


def test_the_base_is_who_is_a_customer_now(customers: Record) -> None:
    assert [(row.level, row.n) for row in customers.ask(CustomerBase("region"))] == [
        ("North", 2),
        ("South", 1),
        (None, 1),
    ]
    customers.merge_customers("b", into="a")
    assert {row.level: row.n for row in customers.ask(CustomerBase("region"))}["North"] == 1
    assert [(row.level, row.n) for row in customers.ask(CustomerAttributes())] == [("region", 2)]
