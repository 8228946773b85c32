"""Customers gained, lost and won back: whole numbers that add up, reasons, and who may see whose names."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import NotFound, Refused
from headwater.insight import finance
from headwater.insight.assets import CustomerAssets, customer_assets, moved_customers, period_ends
from headwater.insight.assets_wording import assets_note, assets_sentence, assets_strip
from headwater.record.questions import MOVEMENTS
from headwater.science import Estimate, NoVerdict
from tests.insight.conftest import Label, Write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey"), pytest.mark.reads_record]

FIRST = date(2025, 1, 1)
Buys = dict[str, list[tuple[str, int]]]


def bought(buys: Buys) -> list[dict[str, Any]]:
    """Signals of customers: what happened on which day since FIRST; a purchase costs 10."""
    rows = []
    for customer, own in buys.items():
        for what, day in own:
            on = FIRST + timedelta(days=day)
            rows.append(
                {
                    "record_id": f"{customer}-{what}-{day}",
                    "kind": "contact" if what == "complaint" else "event",
                    "event": None if what == "complaint" else what,
                    "sentiment": "negative" if what == "complaint" else None,
                    "text": "words" if what == "complaint" else None,
                    "amount": 10.0 if what == "order_placed" else None,
                    "customer_id": customer,
                    "occurred_at": datetime.combine(on, time(12)),
                    "local_date": on,
                    "attributes": {"segment": customer[:3]},
                }
            )
    return rows


@pytest.fixture
def defined() -> None:
    """A customer bought within 90 days and has not closed the account."""
    finance.enter(None, "active", {"events": ["order_placed"], "days": 60, "source": "Plan"}, seen=0)
    finance.enter(None, "lost", {"events": ["account_closed"], "days": 90, "source": "Plan"}, seen=0)


@pytest.fixture
def company(write: Write, label: Label, defined: None) -> None:
    """In the fourth quarter of 2025: 4 gained, 2 won back, 6 lost (2 by notice, 3 after a late delivery, 1 after a
    complaint), 5 growing, 3 shrinking, 7 steady; before it 21 customers."""
    buys: Buys = {}
    buys |= {f"newg{n}": [("order_placed", 300)] for n in range(4)}
    buys |= {f"oldw{n}": [("order_placed", 5), ("order_placed", 320)] for n in range(2)}
    buys |= {f"newn{n}": [("order_placed", 250), ("order_placed", 290), ("account_closed", 300)] for n in range(2)}
    buys |= {f"oldl{n}": [("order_placed", 250), ("delivery_late", 255)] for n in range(3)}
    buys |= {"oldc0": [("order_placed", 250), ("complaint", 260)]}
    buys |= {f"oldg{n}": [("order_placed", 260), ("order_placed", 300), ("order_placed", 340)] for n in range(5)}
    buys |= {f"olds{n}": [("order_placed", day) for day in (255, 260, 330)] for n in range(3)}
    buys |= {f"oldt{n}": [("order_placed", 200 + n), ("order_placed", 330)] for n in range(7)}
    buys |= {"end": [("other", 364)]}
    write(bought(buys))
    label({"oldc0-complaint-260": {"causes": ["damaged"], "stage": "receive"}})


def found(**more: Any) -> CustomerAssets:
    answer = customer_assets(**more)
    assert isinstance(answer, CustomerAssets)
    return answer


def test_whole_numbers_of_a_quarter_are_those_counted_by_hand(company: None) -> None:
    now = found().current
    assert (now.start, now.end) == (date(2025, 10, 1), date(2025, 12, 31))
    counts = {movement: now.n(movement) for movement in MOVEMENTS}
    assert counts == {"gained": 4, "won_back": 2, "lost": 6, "growing": 5, "shrinking": 3, "steady": 7}
    assert (now.opening, now.closing) == (21, 21)
    assert now.movements["lost"].noticed == 2
    lost = now.movements["lost"].before
    assert isinstance(lost, Estimate)
    assert lost.estimate == 60.0
    assert lost.low <= 60.0 <= lost.high


def test_every_period_begins_where_the_one_before_ended(company: None) -> None:
    for every in ("month", "quarter"):
        periods = found(every=every).periods
        assert len(periods) >= 2
        for before, now in pairwise(periods):
            assert before.closing == now.opening
            assert before.closing_worth == pytest.approx(now.opening_worth)
        for one in periods:
            assert one.opening + one.n("gained", "won_back") - one.n("lost") == one.closing


def test_losses_have_reasons_stages_and_segments_that_add_up(company: None) -> None:
    answer = found(by="segment")
    assert {one.id: one.n for one in answer.reasons} == {"delivery_late": 3, "damaged": 1, "": 2}
    assert {one.id: one.n for one in answer.stages} == {"wait": 3, "receive": 1, "": 2}
    assert answer.reasons[-1].id == ""
    assert {one.segment: one.ledger.n("lost") for one in answer.segments} == {"old": 4, "new": 2}
    assert sum(one.ledger.opening for one in answer.segments) == answer.current.opening


def test_the_sentence_says_whole_numbers_first(company: None) -> None:
    answer = found()
    sentence = assets_sentence(answer)
    assert sentence.startswith("6 customers lost in the fourth quarter of 2025, 6 gained or won back")
    assert "as many as before, 21 in all" in sentence
    assert "Not signed by finance yet: an active customer, a lost customer." in assets_note(answer, money=True)
    strip = assets_strip()
    assert strip is not None
    assert strip.unsigned


def test_nobody_is_counted_before_finance_has_said_who_is_a_customer(write: Write) -> None:
    write(bought({"a": [("order_placed", 5)]}))
    answer = customer_assets()
    assert isinstance(answer, NoVerdict)
    assert answer.code == "not_defined"
    assert assets_strip() is None


def test_a_record_shorter_than_it_takes_to_be_lost_gets_no_verdict(write: Write, defined: None) -> None:
    write(bought({"a": [("order_placed", 5), ("order_placed", 150)]}))
    answer = customer_assets()
    assert isinstance(answer, NoVerdict)
    assert answer.code == "too_short"


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(0, 2000), st.integers(1, 400))
def test_periods_are_whole_and_reach_back_as_far_as_a_customer_lasts(first: date, days: int, lost: int) -> None:
    last = first + timedelta(days=days)
    for every, most in (("month", 13), ("quarter", 9)):
        ends = period_ends(first, last, lost, every)  # type: ignore[arg-type]
        assert len(ends) <= most
        for end in ends:
            assert first + timedelta(days=lost - 1) <= end <= last
            assert (end + timedelta(days=1)).day == 1
            assert every == "month" or end.month % 3 == 0
        for before, after in pairwise(ends):
            assert 27 < (after - before).days < 93


def test_names_are_for_those_who_may_see_customers(company: None, person_with: Callable[..., Person]) -> None:
    lead = person_with("cx_team")
    rows, more = moved_customers(lead, "lost")
    assert {row.customer_id for row in rows} == {"newn0", "newn1", "oldl0", "oldl1", "oldl2", "oldc0"}
    assert not more
    of_new, _ = moved_customers(lead, "lost", by="segment", segment="new")
    assert {row.customer_id for row in of_new} == {"newn0", "newn1"}
    for who in (person_with("executive"), person_with("employee"), person_with("manager")):
        with pytest.raises(NotAllowed):
            moved_customers(who, "lost")
    with pytest.raises(Refused, match="no movement"):
        moved_customers(lead, "moved")
    with pytest.raises(Refused, match="begins at"):
        moved_customers(lead, "lost", offset=-1)
    with pytest.raises(NotFound):
        moved_customers(lead, "lost", end=date(2025, 12, 30))


def test_the_pages_lead_from_the_number_to_the_customer(
    company: None, client: Client, person_with: Callable[..., Person]
) -> None:
    client.force_login(person_with("cx_team"))
    page = client.get("/assets?by=segment").content.decode()
    assert "6 customers lost" in page
    assert "2 of them gave notice" in page
    assert "Delivered late" in page or "late" in page
    customers = client.get("/assets/customers?movement=lost&end=2025-12-31").content.decode()
    assert "/customers/oldl0" in customers
    forest = client.get("/").content.decode()
    assert "6 customers lost" in forest
    file = client.get("/assets?format=csv").content.decode().splitlines()
    assert file[0].startswith("start,end,opening,gained")
    assert file[-1].startswith("2025-10-01,2025-12-31,21,4,2,6,5,3,7,21,")
    answer = client.get("/api/v1/assets?by=segment").json()
    assert answer["current"]["opening"] == 21
    assert not answer["signed"]


def test_strangers_employees_and_bad_input(company: None, client: Client, person_with: Callable[..., Person]) -> None:
    assert client.get("/assets").status_code == 302
    client.force_login(person_with("employee"))
    page = client.get("/assets?every=year&by=segment")
    assert page.status_code == 200
    assert b"/assets/customers" not in page.content
    assert b"for those who may see finance" in page.content
    assert b"EUR" not in page.content
    assert b"Worth at the end" not in page.content
    assert b"worth" not in client.get("/assets?format=csv").content.splitlines()[0]
    movements = client.get("/api/v1/assets").json()["current"]["movements"]
    assert [one["before"].get("estimate") for one in movements] == [None] * len(movements)
    assert any(one["customers"] for one in movements)
    assert client.get("/assets/customers").status_code == 403
    assert client.get("/assets?end=soon").status_code == 400
    assert client.get("/assets?end=2025-12-30").status_code == 404
    assert client.get("/api/v1/assets?end=2025-12-30").status_code == 404
    assert client.get("/api/v1/assets?every=year").status_code == 422


def test_without_definitions_the_page_says_what_to_do(client: Client, person_with: Callable[..., Person]) -> None:
    client.force_login(person_with("executive"))
    assert b"Enter the definitions" in client.get("/assets").content
    assert client.get("/api/v1/assets").status_code == 409
