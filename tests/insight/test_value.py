"""What an experience is worth: against pandas on a small record, and no claim where none can be made."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.company import ensure_company
from headwater.base.models import Person
from headwater.base.refusals import NotFound, Refused
from headwater.insight import finance
from headwater.insight.drivers import DriversAsked, analyse
from headwater.insight.drivers_wording import drivers_sentence
from headwater.insight.selection import Selection
from headwater.insight.value import Staying, Value, value_of
from headwater.insight.value_rules import Factor, added, annuity, cost_of_contacts, summed
from headwater.insight.value_wording import assumptions, value_note, value_sentence
from headwater.listening.mapping import from_yaml
from headwater.listening.services import import_file
from headwater.metrics.store import company_record
from headwater.record.filters import parse
from headwater.record.questions import Custom, Experience
from headwater.science import Estimate, NoVerdict
from headwater.science.results import Result
from tests.insight.conftest import Label, Write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey"), pytest.mark.reads_record]

FIRST = date(2025, 1, 1)
OLIST = Path(__file__).parents[2] / "examples/olist"
LOST_DAYS = 90
PersonWith = Callable[..., Person]


def customers() -> pd.DataFrame:
    """600 customers: newcomers are struck five times as often, and leave more often anyway."""
    rows = []
    groups = {
        ("new", True): (150, 0.6),
        ("new", False): (150, 0.4),
        ("old", True): (30, 0.4),
        ("old", False): (270, 0.1),
    }
    for (segment, late), (n, left) in groups.items():
        rows += [(f"{segment}{late:d}-{one}", segment, late, one < n * left, one % 5) for one in range(n)]
    return pd.DataFrame(rows, columns=["id", "segment", "late", "left", "day"])


def happening(customer: str, segment: str, event: str, day: int, **more: Any) -> dict[str, Any]:
    on = FIRST + timedelta(days=day)
    return {
        "record_id": f"{customer}-{event}-{day}",
        "kind": "event",
        "event": event,
        "customer_id": customer,
        "occurred_at": datetime.combine(on, time(12)),
        "local_date": on,
        "attributes": {"segment": segment},
        **more,
    }


@pytest.fixture
def lived(write: Write) -> pd.DataFrame:
    """Each buys once, some twice more; to some the parcel came late, and some of those got in touch."""
    known = customers()
    rows: list[dict[str, Any]] = []
    for one in known.itertuples():
        own = (str(one.id), str(one.segment))
        rows.append(happening(*own, "order_placed", one.day, amount=50.0, subject_id=f"o{one.id}"))
        if one.late:
            rows.append(happening(*own, "delivery_late", one.day + 5, subject_id=f"o{one.id}"))
        if not one.left:
            rows.append(happening(*own, "order_placed", one.day + 60, amount=20.0))
        if one.late and one.Index % 3 == 0:
            rows.append(
                happening(*own, "asked", one.day + 6)
                | {"kind": "contact", "event": None, "text": "where is it", "channel": "phone"}
            )
    rows.append(happening("nobody", "old", "other", 130))
    write(rows)
    return known


@pytest.fixture
def defined(db: None) -> None:
    finance.enter(None, "active", {"events": ["order_placed"], "days": 60, "source": "Plan"}, seen=0)
    finance.enter(None, "lost", {"events": [], "days": LOST_DAYS, "source": "Plan"}, seen=0)


@pytest.fixture
def money(defined: None) -> None:
    margin = {"value": 100.0, "low": 80.0, "high": 120.0, "basis": "customer_year", "source": "Plan"}
    finance.enter(None, "margin", margin, seen=0)
    finance.enter(None, "cost_per_contact", {"value": 6.0, "low": 5.0, "high": 7.0, "source": "Plan"}, seen=0)
    finance.enter(None, "discount", {"value": 0.1, "low": 0.1, "high": 0.1, "source": "Plan"}, seen=0)
    finance.enter(None, "horizon", {"value": 2.0, "low": 1.0, "high": 3.0, "source": "Plan"}, seen=0)


def known(answer: Value | NoVerdict) -> Value:
    assert isinstance(answer, Value), answer
    return answer


def number(result: Result) -> Estimate:
    assert isinstance(result, Estimate), result
    return result


def test_the_extra_leaving_is_that_of_like_customers_as_pandas_has_it(lived: pd.DataFrame, money: None) -> None:
    """With one saturated confounder both models are right, and the answer is the standardised difference."""
    by = lived.groupby(["segment", "late"]).left.mean().unstack()
    weights = lived[lived.late].groupby("segment").size()
    expected = float(((by[True] - by[False]) * weights).sum() / weights.sum())
    found = known(value_of(cause="delivery_late"))
    leaving = number(found.leaving)
    assert leaving.estimate == pytest.approx(expected, abs=1e-9)
    assert leaving.low < expected < leaving.high
    assert not isinstance(found.effect, NoVerdict)
    crude = lived.groupby("late").left.mean()
    assert found.effect.crude == pytest.approx(float(crude[True] - crude[False]), abs=1e-9)
    assert found.effect.crude > expected + 0.1
    assert found.affected == found.compared == int(lived.late.sum())
    spent = lived.assign(spent=np.where(lived.left, 0.0, 20.0)).groupby(["segment", "late"]).spent.mean().unstack()
    less = float(((spent[True] - spent[False]) * weights).sum() / weights.sum())
    assert number(found.spending).estimate == pytest.approx(less, abs=1e-9)


def test_the_money_is_the_product_of_its_factors_with_an_interval(lived: pd.DataFrame, money: None) -> None:
    found = known(value_of(cause="delivery_late"))
    years = (1 - 1.1**-2) / np.log(1.1)
    revenue = number(found.money.revenue.result)
    assert revenue.estimate == pytest.approx(180 * number(found.leaving).estimate * 100 * years)
    assert 0 < revenue.low < revenue.estimate < revenue.high
    service, contacts = number(found.money.service.result), number(found.contacts)
    assert service.estimate == pytest.approx(6 * contacts.estimate)
    assert number(found.money.total).estimate == pytest.approx(revenue.estimate + service.estimate)
    assert (found.orders, number(found.stake).estimate) == (180, 9000.0)
    said = assumptions(found)
    assert any("not signed" in one for one in said)
    assert any("nothing unseen" in one for one in said)
    assert "at risk" in value_sentence(found)
    assert "Not signed by finance yet" in value_note(found)


def test_an_assumption_that_is_set_is_known_and_the_rest_keeps_its_interval(lived: pd.DataFrame, money: None) -> None:
    free = known(value_of(cause="delivery_late"))
    factors = [one.factor for one in free.money.sliders]
    assert set(factors) == {"leaving", "margin", "years"}
    swings = [one.swing for one in free.money.sliders]
    assert swings == sorted(swings, reverse=True)
    fixed = known(value_of(cause="delivery_late", chosen={"leaving": 0.1, "margin": 90.0}))
    rest = next(one for one in free.money.rests() if one["part"] == 0)
    names = " ".join(one for one in factors if one in ("leaving", "margin"))
    ends = rest["rests"][names]  # type: ignore[index]
    revenue = number(fixed.money.revenue.result)
    assert [revenue.estimate, revenue.low, revenue.high] == pytest.approx([9.0 * end for end in ends])


def test_customers_of_a_segment_are_compared_among_themselves(lived: pd.DataFrame, money: None) -> None:
    found = known(value_of(Selection("attribute:segment = 'old'"), cause="delivery_late"))
    assert found.affected == 30
    assert number(found.leaving).estimate == pytest.approx(0.3, abs=1e-9)
    assert found.returning.customers == 300


def test_those_to_whom_it_happened_leave_sooner_in_the_curves(lived: pd.DataFrame, money: None) -> None:
    staying = known(value_of(cause="delivery_late")).staying
    assert isinstance(staying, Staying)
    assert staying.customers == {True: 180, False: 420}
    assert isinstance(staying.p, float)
    assert staying.p < 0.001
    assert number(staying.curves[True].at(13)).estimate == pytest.approx(1 - 102 / 180, abs=1e-9)


def test_every_failure_together_is_the_default(lived: pd.DataFrame, money: None) -> None:
    found = known(value_of())
    assert (found.subject.kind, found.affected) == ("failures", 180)


def test_without_money_from_finance_the_effect_stands_without_it(lived: pd.DataFrame, defined: None) -> None:
    found = known(value_of(cause="delivery_late"))
    assert isinstance(found.money.revenue.result, NoVerdict)
    assert isinstance(found.leaving, Estimate)
    sentence = value_sentence(found)
    assert "EUR 9,000" in sentence.replace("\N{NO-BREAK SPACE}", " ")
    assert "left who would otherwise have stayed" in sentence


def test_a_margin_of_an_order_counts_how_often_the_others_order(lived: pd.DataFrame, money: None) -> None:
    finance.enter(None, "margin", {"value": 10.0, "low": 9.0, "high": 11.0, "basis": "order", "source": "Plan"}, seen=1)
    found = known(value_of(cause="delivery_late"))
    spared = lived[~lived.late]
    margin = number(found.money.revenue.factors["margin"])
    assert margin.estimate == pytest.approx(10 * (~spared.left).mean() * 365 / LOST_DAYS)


def test_a_moment_that_went_right_keeps_customers(write: Write, label: Label, lived: pd.DataFrame, money: None) -> None:
    """60 of the old customers who stayed gave the top score at a moment: of the others of that kind 39 of 240 left."""
    glad = lived[(lived.segment == "old") & ~lived.late & ~lived.left].head(60)
    score = {"kind": "survey", "event": None, "metric": "csat", "score": 5.0, "score_band": 1}
    write([{**happening(one.id, "old", "glad", one.day + 6), **score} for one in glad.itertuples()])
    label({f"{one.id}-glad-{one.day + 6}": {"moment": "promised_day"} for one in glad.itertuples()})
    with pytest.raises(Refused, match="went right"):
        value_of(gain=True)
    found = known(value_of(moment="promised_day", gain=True))
    assert found.affected == 60
    assert number(found.leaving).estimate == pytest.approx(-39 / 240, abs=1e-9)
    assert number(found.money.revenue.result).estimate > 0
    assert "keeps about" in value_sentence(found)
    assert isinstance(found.contacts, NoVerdict)


def test_what_the_journey_does_not_know_has_no_value(lived: pd.DataFrame, money: None) -> None:
    for asked in ({"cause": "gremlins"}, {"moment": "gremlins"}):
        with pytest.raises(NotFound, match="gremlins"):
            value_of(**asked)  # type: ignore[arg-type]


def test_nothing_is_valued_before_finance_has_said_who_is_a_customer(lived: pd.DataFrame) -> None:
    answer = value_of(cause="delivery_late")
    assert isinstance(answer, NoVerdict)
    assert answer.code == "not_defined"


def test_where_hardly_anybody_comes_back_nothing_is_claimed_about_leaving(shared: Path, write: Write) -> None:
    """Olist: 93 of 14,904 customers buy again; the values of late orders are known all the same."""
    folder = shared / "data/olist_dev"
    ensure_company(name="Test company", pack="retail", time_zone="America/Sao_Paulo", currency="BRL")
    import_file(folder, mapping=from_yaml((OLIST / "orders.yaml").read_text()))
    finance.enter(None, "active", {"events": ["order_placed"], "days": 180, "source": "Plan"}, seen=0)
    finance.enter(None, "lost", {"events": [], "days": 180, "source": "Plan"}, seen=0)
    margin = {"value": 20.0, "low": 15.0, "high": 25.0, "basis": "customer_year", "source": "Plan"}
    finance.enter(None, "margin", margin, seen=0)
    found = known(value_of(cause="delivery_late"))
    assert (found.returning.customers, found.returning.again) == (14_904, 93)
    assert found.seldom
    for result in (found.leaving, found.money.revenue.result):
        assert isinstance(result, NoVerdict)
        assert result.code == "seldom"
    n, amount = _late_orders(folder)
    assert found.orders == n
    assert number(found.stake).estimate == pytest.approx(amount, abs=0.01)
    sentence = value_sentence(found)
    assert "only 93 of 14,904 customers ever buy again" in sentence
    assert "nothing is claimed about leaving" in sentence
    drivers = analyse(Selection(), DriversAsked("again"))
    assert drivers is not None
    assert drivers.rows == ()
    assert drivers_sentence(drivers) == (
        "Only 93 of 14,904 customers ever bought again, so nothing is claimed about what makes customers stay or leave."
    )


def _late_orders(folder: Path) -> tuple[int, float]:
    """Orders that were late, and what they cost, from the files."""
    days = {"parse_dates": ["order_delivered_customer_date", "order_estimated_delivery_date"]}
    orders = pd.read_csv(folder / "olist_orders_dataset.csv", **days)
    items = pd.read_csv(folder / "olist_order_items_dataset.csv")
    value = (items.price + items.freight_value).groupby(items.order_id).sum().round(2)
    last = max(orders.order_purchase_timestamp.max(), str(orders.order_delivered_customer_date.max()))
    promise, arrived = orders.order_estimated_delivery_date, orders.order_delivered_customer_date
    gone = orders.order_status.isin(["delivered", "canceled", "unavailable"])
    late = orders[(arrived > promise) | (arrived.isna() & ~gone & (promise.astype(str) < last))]
    return len(late), float(late.order_id.map(value).sum())


AMOUNT = st.floats(0.01, 1e4)


@given(AMOUNT, AMOUNT, st.floats(0, 0.9), st.floats(0, 0.9))
def test_a_sum_holds_its_parts_and_is_no_surer_than_either(a: float, b: float, one: float, two: float) -> None:
    first = Estimate(a, a * (1 - one), a * (1 + one), 9, "x")
    second = Estimate(b, b * (1 - two), b * (1 + two), 9, "y")
    both = number(added(first, second))
    assert both.estimate == pytest.approx(a + b)
    reach = both.high - both.estimate
    assert reach >= max(first.high - a, second.high - b) - 1e-6
    assert reach <= first.high - a + second.high - b + 1e-6
    assert added(first, NoVerdict("x", "y")) == first


@given(st.floats(0, 1), st.floats(0.1, 30), st.floats(0.1, 30))
def test_discounted_years_are_fewer_and_grow_with_the_horizon(rate: float, one: float, two: float) -> None:
    short, long = sorted((one, two))
    assert 0 < annuity(rate, short) <= short + 1e-9
    assert annuity(rate, short) <= annuity(rate, long) + 1e-9


def test_costs_are_weighted_by_the_contacts_of_each_channel() -> None:
    costs: dict[str, Result] = {"phone": Estimate(9, 8, 10, 0, "x"), "chat": Estimate(3, 2, 4, 0, "x")}
    one = number(cost_of_contacts(costs, {"phone": 2, "chat": 1}))
    assert (one.estimate, one.low, one.high) == (7.0, 6.0, 8.0)
    assert isinstance(cost_of_contacts(costs, {}), NoVerdict)


def test_a_slider_stays_within_its_ends() -> None:
    factors: dict[Factor, Result] = {
        "affected": Estimate(100, 100, 100, 100, "counted"),
        "leaving": Estimate(0.1, 0.05, 0.15, 100, "x"),
        "margin": Estimate(50, 40, 60, 0, "x"),
        "years": Estimate(2, 1, 3, 0, "x"),
        "contacts": NoVerdict("no", "none"),
        "cost": NoVerdict("no", "none"),
    }
    found = summed(factors, {"leaving": 7.0, "affected": 5.0})
    leaving = next(one for one in found.sliders if one.factor == "leaving")
    assert leaving.value == leaving.end == pytest.approx(0.2)
    assert number(found.total).estimate == pytest.approx(100 * 0.2 * 50 * 2)


@pytest.fixture
def signed_in(client: Client, person_with: PersonWith) -> Client:
    client.force_login(person_with("executive"))
    return client


def test_the_page_shows_money_sliders_curves_and_assumptions(
    lived: pd.DataFrame, money: None, signed_in: Client
) -> None:
    page = signed_in.get("/value?cause=delivery_late").content.decode()
    for word in ("at risk", 'type="range"', "value-rests", "nothing unseen brings both", "log-rank", "Not signed"):
        assert word in page, word
    moved = signed_in.get("/value?cause=delivery_late&margin=90&fix=margin&leaving=10").content.decode()
    assert "As estimated" in moved
    assert moved.count(" checked") == 1
    answer = signed_in.get("/api/v1/value?cause=delivery_late&margin=90").json()
    assert answer["revenue"]["estimate"] > 0
    assert [one["set_to"] for one in answer["sliders"] if one["factor"] == "margin"] == [90.0]
    assert set(answer["unsigned"]) >= {"margin", "lost"}


def test_strangers_employees_and_bad_input(
    lived: pd.DataFrame, money: None, client: Client, person_with: PersonWith
) -> None:
    assert client.get("/value").status_code == 302
    client.force_login(person_with("employee"))
    assert client.get("/value").status_code == 403
    assert client.get("/api/v1/value").status_code == 403
    client.force_login(person_with("executive"))
    for address, status in {
        "/value?cause=gremlins": 404,
        "/value?margin=much&fix=margin": 400,
        "/value?margin=nan&fix=margin": 400,
        "/value?went=right": 400,
        "/value?where=customer_id = 'a'": 403,
        "/api/v1/value?margin=-1": 422,
        "/api/v1/value?cause=gremlins": 404,
        "/api/v1/value?went=up": 422,
    }.items():
        assert client.get(address).status_code == status, address
    finance.remove(None, "lost", seen=1)
    assert b"Enter finance" in client.get("/value").content
    assert client.get("/api/v1/value").status_code == 409


def test_what_came_after_notice_cannot_be_why(write: Write) -> None:
    """Three order on the first; to all the parcel comes late: before the notice, after it, and without any."""
    rows = [happening("end", "old", "other", 200)]
    for customer, late, notice in (("before", 4, 9), ("after", 9, 4), ("stays", 4, None)):
        rows.append(happening(customer, "old", "order_placed", 0))
        rows.append(happening(customer, "old", "delivery_late", late))
        if notice:
            rows.append(happening(customer, "old", "notice_given", notice))
    write(rows)
    custom = Custom(("order_placed",), 60, ("notice_given",))
    question = Experience(custom, parse("event = 'delivery_late'"), FIRST + timedelta(days=200))
    cells = company_record().ask(question)
    assert sum(cell.n for cell in cells if cell.affected) == 2
    assert sum(cell.n for cell in cells if not cell.affected) == 1
    assert sum(cell.left for cell in cells if not cell.affected) == 1
