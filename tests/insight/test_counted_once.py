"""What could be counted twice, or not at all: customers who are one, contacts about two causes, dates at the end."""

from collections.abc import Callable
from datetime import date, timedelta

import pyarrow as pa
import pytest
from django.test import Client

from headwater.base.models import Person
from headwater.insight import finance
from headwater.insight.first_contact import first_contact
from headwater.insight.response import response
from headwater.insight.selection import Selection
from headwater.insight.unsolved import WhyUnsolved, why_unsolved
from headwater.insight.value import Value, value_of
from headwater.record import Record
from headwater.record.filters import parse
from headwater.record.questions import Lags
from headwater.science import Estimate
from tests.insight.conftest import DAY, Label, Write
from tests.insight.test_failure_demand import contact
from tests.insight.test_response import rows as invitations

pytestmark = [pytest.mark.django_db, pytest.mark.reads_record, pytest.mark.usefixtures("record")]

END = {"record_id": "end", "kind": "review", "local_date": DAY + timedelta(days=60)}


@pytest.fixture
def merged(record: Record) -> None:
    """The customer b turned out to be a."""
    record.put_customers(pa.table({"customer_id": ["b", "a"], "merged_into": ["a", None]}))


def unsolved() -> WhyUnsolved:
    found = why_unsolved()
    assert found is not None
    return found


def test_who_comes_again_under_another_id_comes_again(journey: None, merged: None, write: Write, label: Label) -> None:
    write([contact(0, "a"), contact(1, "b", 5), contact(2, "c", 5), END])
    label({str(number): {"causes": ["delivery_late"]} for number in range(3)})
    found = first_contact(Selection())
    assert isinstance(found.repeated, Estimate)
    assert isinstance(found.solved, Estimate)
    assert found.repeated.estimate == pytest.approx(1 / 3)
    assert found.solved.estimate == pytest.approx(2 / 3)
    assert unsolved().n == 1


def test_the_window_of_a_cause_knows_who_turned_out_to_be_one(merged: None, record: Record, write: Write) -> None:
    write([{"record_id": "e", "kind": "event", "event": "late", "customer_id": "a", "local_date": DAY}])
    write([contact(1, "b", 3), END])
    found = record.ask(Lags(parse("kind = 'contact'"), ("late",), DAY, DAY + timedelta(days=60)))
    assert {int(lag): int(n) for lag, n in zip(found.lags, found.outcomes.sum(axis=1), strict=True) if n} == {3: 1}


def test_a_contact_about_two_causes_was_not_solved_once(journey: None, write: Write, label: Label) -> None:
    said = {"attributes": {"unsolved_reason": "skill"}}
    write([{**contact(0, "a"), **said}, contact(1, "b"), END])
    label({"0": {"causes": ["delivery_late", "damaged"], "stage": "wait"}, "1": {"causes": ["delivery_late"]}})
    found = unsolved()
    assert (found.n, sum(one.n for one in found.stages), sum(one.n for one in found.trend)) == (1, 1, 1)
    assert [one.n for one in found.causes] == [1, 1]


def test_without_events_all_failures_are_the_contacts_that_complain(write: Write) -> None:
    finance.enter(None, "active", {"events": ["order_placed"], "days": 60, "source": "Plan"}, seen=0)
    finance.enter(None, "lost", {"events": [], "days": 90, "source": "Plan"}, seen=0)
    asked = [{**contact(number, f"c{number}"), "sentiment": "positive"} for number in range(5)]
    write([*asked, *({**contact(number, f"c{number}"), "sentiment": "negative"} for number in range(5, 8)), END])
    found = value_of()
    assert isinstance(found, Value)
    assert isinstance(found.contacts, Estimate)
    assert found.contacts.estimate == 3


def test_invitations_of_before_the_range_are_not_young_ones(write: Write) -> None:
    write(invitations({"new": (100, 50, 20)})[:-1])
    whole = response(Selection(), "channel")
    assert whole.until is not None
    late = whole.until + timedelta(days=5)
    assert 0 < response(Selection(since=late), "channel").young < whole.young


@pytest.mark.parametrize("address", ["/response", "/response.csv", "/api/v1/response", "/api/v1/moments"])
def test_a_range_to_the_end_of_days_is_answered(
    journey: None, write: Write, person_with: Callable[..., Person], client: Client, address: str
) -> None:
    write(invitations({"new": (40, 20, 10)}))
    client.force_login(person_with("analyst"))
    ends = {"since": date.min.isoformat(), "until": date.max.isoformat()}
    assert client.get(address, ends).status_code == 200
