"""Finance's figures: entered once, signed, and never in force under a signature that was for something else."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.departments import add_department
from headwater.base.models import HistoryEntry, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.insight import finance
from headwater.insight.finance_rules import Amount, Definition, content_of, stored
from headwater.insight.finance_wording import finance_sentence, money, money_range
from headwater.science import Estimate, NoVerdict

pytestmark = pytest.mark.django_db

COST = {"value": 6.5, "low": 5.0, "high": 8.0, "source": "Service ledger, June"}
ACTIVE = {"events": ["order_placed"], "days": 180, "source": "Board paper 12"}
LOST = {"events": ["account_closed"], "days": 270, "source": "Board paper 12"}
PersonWith = Callable[..., Person]


def test_what_is_entered_stands_with_its_ends_source_owner_and_date(person_with: PersonWith) -> None:
    analyst = person_with("analyst")
    finance.enter(analyst, "cost_per_contact", COST, seen=0)
    finance.enter(analyst, "cost_per_contact", {**COST, "value": 7.0}, seen=0, channel="phone")
    found = finance.figures()
    cost = found.cost_per_contact
    assert isinstance(cost, Estimate)
    assert (cost.estimate, cost.low, cost.high) == (6.5, 5.0, 8.0)
    assert "Service ledger, June" in cost.assumptions[0]
    assert "not signed" in cost.assumptions[1]
    assert found.channels == ("phone",)
    by_channel = [found.amount("cost_per_contact", channel) for channel in ("phone", "chat")]
    assert [one.estimate for one in by_channel if isinstance(one, Estimate)] == [7.0, 6.5]
    entry = found.entry("cost_per_contact")
    assert entry is not None
    assert entry.owner == analyst.name


def test_what_nobody_entered_is_no_verdict() -> None:
    found = finance.figures()
    assert isinstance(found.margin, NoVerdict)
    assert found.definition("active") is None
    assert len(found.missing) == 6
    assert "has not entered" in finance_sentence(found)


def test_a_signature_is_for_one_edition_and_a_change_takes_it_away(person_with: PersonWith) -> None:
    executive = person_with("executive")
    finance.enter(executive, "cost_per_contact", COST, seen=0)
    signed = finance.sign(executive, "cost_per_contact", seen=1)
    assert signed.signed_by == executive.name
    assert finance.sign(executive, "cost_per_contact", seen=1).signed_at == signed.signed_at
    finance.enter(executive, "cost_per_contact", {**COST, "high": 9.0}, seen=1)
    found = finance.figures()
    assert [one.key for one in found.unsigned] == ["cost_per_contact"]
    assert found.unsigned_of("cost_per_contact", "margin") == ("Cost per contact",)
    with pytest.raises(Conflict):
        finance.sign(executive, "cost_per_contact", seen=1)
    editions = finance.past("cost_per_contact")
    assert [(one.edition, one.signed) for one, _who in editions] == [(2, False), (1, True)]
    codes = HistoryEntry.objects.filter(subject="finance:cost_per_contact").values_list("code", flat=True)
    assert sorted(codes) == ["finance.entered", "finance.entered", "finance.signed"]


def test_the_same_thing_sent_twice_counts_once_and_an_old_page_is_refused(person_with: PersonWith) -> None:
    analyst = person_with("analyst")
    for _ in range(2):
        assert finance.enter(analyst, "active", ACTIVE, seen=0).edition == 1
    with pytest.raises(Conflict):
        finance.enter(analyst, "active", {**ACTIVE, "days": 90}, seen=0)


def test_a_figure_taken_out_of_force_is_missing_again_and_its_editions_stay(person_with: PersonWith) -> None:
    analyst = person_with("analyst")
    finance.enter(analyst, "cost_per_contact", COST, seen=0, channel="phone")
    finance.remove(analyst, "cost_per_contact", seen=1, channel="phone")
    assert finance.figures().channels == ()
    assert len(finance.past("cost_per_contact", "phone")) == 1
    assert finance.enter(analyst, "cost_per_contact", COST, seen=2, channel="phone").edition == 3
    with pytest.raises(NotFound):
        finance.sign(person_with("executive"), "margin", seen=1)


def test_nobody_is_active_and_lost_at_once(person_with: PersonWith) -> None:
    analyst = person_with("analyst")
    finance.enter(analyst, "active", ACTIVE, seen=0)
    with pytest.raises(Refused, match="still active"):
        finance.enter(analyst, "lost", {**LOST, "days": 179}, seen=0)
    finance.enter(analyst, "lost", LOST, seen=0)
    with pytest.raises(Refused, match="still active"):
        finance.enter(analyst, "active", {**ACTIVE, "days": 271}, seen=1)


def test_managers_of_finance_enter_and_sign_and_other_managers_do_not(person_with: PersonWith) -> None:
    ledger = add_department(None, "Finance", pack_departments=("finance",))
    shop = add_department(None, "Webshop", pack_departments=("digital",))
    finance.enter(person_with("manager", department=ledger), "active", ACTIVE, seen=0)
    finance.sign(person_with("manager", department=ledger), "active", seen=1)
    for who in (person_with("manager", department=shop), person_with("employee"), person_with("hr")):
        with pytest.raises(NotAllowed):
            finance.enter(who, "active", {**ACTIVE, "days": 9}, seen=1)
    with pytest.raises(NotAllowed):
        finance.sign(person_with("analyst"), "active", seen=1)


@pytest.mark.parametrize(
    ("key", "given", "field"),
    [
        ("cost_per_contact", {**COST, "value": "much"}, "value"),
        ("cost_per_contact", {**COST, "low": -1}, "low"),
        ("cost_per_contact", {**COST, "high": float("nan")}, "high"),
        ("cost_per_contact", {**COST, "value": 9.0}, "value"),
        ("cost_per_contact", {**COST, "source": "  "}, "source"),
        ("cost_per_contact", {**COST, "source": "x" * 301}, "source"),
        ("margin", {**COST, "basis": "week"}, "basis"),
        ("discount", {**COST}, "value"),
        ("active", {**ACTIVE, "events": []}, "events"),
        ("active", {**ACTIVE, "events": ["a'; drop"]}, "events"),
        ("active", {**ACTIVE, "events": [str(one) for one in range(21)]}, "events"),
        ("lost", {**LOST, "days": 0}, "days"),
        ("lost", {**LOST, "days": 4000}, "days"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(key: str, given: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        finance.enter(None, key, given, seen=0)
    assert refused.value.field == field
    assert not finance.figures().entries


def test_channels_are_bounded_and_only_for_the_cost_of_contacts() -> None:
    with pytest.raises(Refused, match="by channel"):
        finance.enter(None, "active", ACTIVE, seen=0, channel="phone")
    with pytest.raises(NotFound):
        finance.enter(None, "profit", COST, seen=0)
    for number in range(finance.MAX_CHANNELS):
        finance.enter(None, "cost_per_contact", COST, seen=0, channel=f"c{number}")
    with pytest.raises(Refused, match="At most 30"):
        finance.enter(None, "cost_per_contact", COST, seen=0, channel="one more")


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6))
def test_an_amount_is_read_back_as_it_was_kept(a: float, b: float, c: float) -> None:
    low, value, high = sorted((a, b, c))
    content = content_of("cost_per_contact", {"value": value, "low": low, "high": high})
    assert content == Amount(value, low, high)
    assert content_of("cost_per_contact", stored(content)) == content
    definition = Definition(("order_placed", "renewed"), 30)
    assert content_of("active", stored(definition)) == definition


@pytest.mark.parametrize(
    ("value", "words"), [(1_234_567, "1,230,000"), (999.6, "1,000"), (45.5, "45.50"), (-120.4, "−120"), (0, "0")]
)
def test_money_is_written_as_exact_as_it_is_worth(value: float, words: str) -> None:
    assert money(value, "EUR") == f"EUR\N{NO-BREAK SPACE}{words}"
    assert money_range(value, value, "EUR").endswith(words)


def test_the_pages_enter_sign_and_show_the_figure(client: Client, person_with: PersonWith) -> None:
    executive = person_with("executive")
    client.force_login(executive)
    assert b"has not entered" in client.get("/finance").content
    form = {"seen": "0", "basis": "customer_year", "value": "80", "low": "60", "high": "95", "source": "Ledger"}
    assert client.post("/finance/margin", form).status_code == 302
    assert client.post("/finance/discount", {**form, "value": "8", "low": "6", "high": "10"}).status_code == 302
    page = client.get("/finance").content.decode()
    assert "between 60 and 95" in page
    assert "8\N{NARROW NO-BREAK SPACE}% a year, between 6 and 10" in page
    assert client.post("/finance/margin/sign", {"seen": "1"}).status_code == 302
    assert finance.figures().unsigned_of("margin") == ()
    discount = finance.figures().discount
    assert isinstance(discount, Estimate)
    assert discount.estimate == pytest.approx(0.08)
    again = client.post("/finance/margin", {**form, "value": "2000"})
    assert again.status_code == 200
    assert b"does not lie between" in again.content
    assert client.post("/finance/margin/remove", {"seen": "1"}).status_code == 302
    assert client.get("/finance/profit").status_code == 404


def test_strangers_and_employees_do_not_see_the_margin(client: Client, person_with: PersonWith) -> None:
    assert client.get("/finance").status_code == 302
    client.force_login(person_with("employee"))
    assert client.get("/finance").status_code == 403
    assert client.get("/finance/margin").status_code == 403
    assert client.post("/finance/margin/sign", {"seen": "1"}).status_code == 403
    assert client.get("/api/v1/finance").status_code == 403


def test_programs_enter_and_sign_too(client: Client, person_with: PersonWith) -> None:
    client.force_login(person_with("executive"))

    def send(method: str, path: str, body: dict[str, Any]) -> Any:
        return client.generic(method, f"/api/v1/finance/{path}", json.dumps(body), "application/json")

    entered = send("PUT", "lost", LOST)
    assert (entered.status_code, entered.json()["days"]) == (200, 270)
    assert send("POST", "lost/signature", {"seen": 1}).json()["signed_at"]
    assert send("PUT", "lost", {**LOST, "days": 300}).status_code == 409
    answer = client.get("/api/v1/finance").json()
    assert [one["key"] for one in answer["entries"]] == ["lost"]
    assert "margin" in answer["missing"]
    assert client.delete("/api/v1/finance/lost?seen=1").status_code == 204
