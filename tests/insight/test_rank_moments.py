"""Moments ranked by what goes with them: against counts by hand, with honest doubt, chosen by people."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from django.test import Client

from headwater.base.company import ensure_company
from headwater.base.models import Person
from headwater.insight.moments import failures, moment_ranking, traces
from headwater.insight.moments_wording import labels_note, ranking_sentence
from headwater.insight.selection import Selection
from headwater.journey import queries
from headwater.journey.models import Standard
from headwater.journey.services import add_item, publish_draft, remove_item
from headwater.listening.mapping import from_yaml
from headwater.listening.services import import_file
from headwater.science import Estimate, NoVerdict
from headwater.science.results import Result
from tests.insight.conftest import Label, Write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey"), pytest.mark.reads_record]

DAY = date(2026, 3, 2)
OLIST = Path(__file__).parents[2] / "examples/olist"


def known(result: Result) -> Estimate:
    assert isinstance(result, Estimate), result
    return result


@pytest.fixture(autouse=True)
def traced(journey: None) -> None:
    """Three touchpoints whose events show who passed which moment, instead of the pack's."""
    for touchpoint in queries.taxonomy().touchpoints:
        remove_item(None, "touchpoint", touchpoint.id)
    for name, stage, moment, where in [
        ("At the door", "wait", "promised_day", "event in ('delivered', 'order_delivered', 'delivery_late')"),
        ("The box", "receive", "unpack", "event in ('delivered', 'damage_reported')"),
        ("The account", "send_back", "money_back", "event = 'refund_overdue'"),
    ]:
        add_item(None, "touchpoint", {"name": name, "stage": stage, "moment": moment, "where": where})
    publish_draft(None)


def event(customer: int, name: str) -> dict[str, Any]:
    row = {"record_id": f"{name}-{customer}", "kind": "event", "event": name}
    return {**row, "customer_id": f"c{customer}", "local_date": DAY}


def nps(customer: int, score: float) -> dict[str, Any]:
    row = {"record_id": f"nps-{customer}", "metric": "nps", "score": score, "customer_id": f"c{customer}"}
    return {**row, "local_date": DAY + timedelta(days=3)}


@pytest.fixture
def deliveries(write: Write) -> None:
    """400 customers: 100 delivered late and giving 2 (every fourth of them 10), 40 damaged; the others give 10."""
    rows = []
    for customer in range(400):
        late, damaged = customer < 100, customer >= 360
        rows.append(event(customer, "delivery_late" if late else "delivered"))
        rows += [event(customer, "damage_reported")] if damaged else []
        rows.append(nps(customer, 2 if (late and customer % 4) or (damaged and customer % 2) else 10))
    write(rows)


def test_the_figures_are_those_counted_by_hand(deliveries: None) -> None:
    found = moment_ranking()
    row = found.of("promised_day")
    assert row is not None
    assert (found.outcome.name, found.customers) == ("nps", 400)
    assert (row.customers, row.traced, row.hurt) == (400, 400, 100)
    assert known(row.goes_wrong).estimate == pytest.approx(0.25)
    # Right: 280 of 300 give 10, 20 of the damaged give 2. Wrong: 25 of 100 give 10.
    right, wrong = 100 * (280 - 20) / 300, 100 * (25 - 75) / 100
    assert known(row.effect).estimate == pytest.approx(right - wrong)
    assert known(row.weight).estimate == pytest.approx(100 / 400 * (right - wrong))
    assert known(row.weight).low < known(row.weight).estimate < known(row.weight).high


def test_the_heavier_moment_comes_first_and_the_order_is_sure(deliveries: None) -> None:
    found = moment_ranking()
    assert [row.moment.id for row in found.ranked] == ["promised_day", "unpack"]
    assert [row.places for row in found.ranked] == [(1, 1), (2, 2)]
    assert found.contenders == 1
    assert "promised day" in ranking_sentence(found)


def test_what_nobody_passed_is_shown_and_not_ranked(deliveries: None) -> None:
    unranked = moment_ranking().unranked
    assert len(unranked) == len(queries.taxonomy().moments) - 2
    assert all(isinstance(row.weight, NoVerdict) for row in unranked)


def test_too_few_answers_give_no_verdict(write: Write) -> None:
    write([event(n, "delivery_late" if n < 20 else "delivered") for n in range(200)] + [nps(n, 3) for n in range(200)])
    row = moment_ranking().of("promised_day")
    assert row is not None
    assert isinstance(row.effect, NoVerdict)
    assert row.effect.code == "small_base"
    assert row.effect.n == 20
    assert row.places is None
    assert known(row.goes_wrong).estimate == pytest.approx(0.1)


def test_two_equal_moments_may_both_be_first(write: Write) -> None:
    rows = []
    for n in range(600):
        rows.append(event(n, ("delivery_late", "damage_reported", "delivered")[n % 3]))
        rows.append(nps(n, 2 if n % 3 < 2 and n % 5 else 10))
    write(rows)
    found = moment_ranking()
    assert found.contenders == 2
    assert all(row.places == (1, 2) for row in found.ranked)


def test_words_alone_count_where_nothing_else_shows_a_moment(write: Write, label: Label) -> None:
    words = {"kind": "contact", "text": "words", "local_date": DAY}
    write([{**words, "record_id": str(n), "sentiment": "negative" if n < 6 else "positive"} for n in range(10)])
    label({str(n): {"moment": "pay"} for n in range(8)})
    found = moment_ranking()
    row = found.of("pay")
    assert row is not None
    assert (row.customers, row.traced, row.hurt) == (8, 0, 6)
    assert (found.with_words, found.labelled) == (10, 8)
    assert labels_note(found) == ""
    label({str(n): {"moment": None} for n in range(1, 8)})
    assert "1 of 10" in labels_note(moment_ranking())


def test_a_standard_says_how_often_where_words_show_few(write: Write, label: Label) -> None:
    paid = {"kind": "event", "local_date": DAY}
    rows = [{**paid, "record_id": f"p{n}", "event": "payment", "customer_id": f"c{n}"} for n in range(100)]
    rows += [{**paid, "record_id": f"o{n}", "event": "payment_ok", "customer_id": f"c{n}"} for n in range(80)]
    rows += [{"record_id": f"w{n}", "kind": "contact", "text": "words", "customer_id": f"c{n}"} for n in range(3)]
    write(rows)
    label({f"w{n}": {"moment": "pay"} for n in range(3)})
    definition = {"happened": "event in ('payment', 'payment_ok')", "right": "event = 'payment_ok'"}
    Standard.objects.create(name="Paid at once", moment="pay", method="right", definition=definition)
    row = moment_ranking().of("pay")
    assert row is not None
    assert row.measured
    assert known(row.goes_wrong).estimate == pytest.approx(1 - 80 / 180)
    narrowed = moment_ranking(Selection.read(where="kind != 'social'")).of("pay")
    assert narrowed is not None
    assert not narrowed.measured


def test_only_failure_causes_make_an_event_a_failure() -> None:
    named = failures(queries.taxonomy())
    assert "delivery_late" in named
    assert "delivered" not in named
    assert {trace.moment for trace in traces(queries.taxonomy())} == {
        "promised_day",
        "unpack",
        "money_back",
    }


def test_failures_alone_do_not_say_how_often_it_goes_wrong(write: Write) -> None:
    write([event(n, "refund_overdue") for n in range(60)] + [nps(n, 2) for n in range(60)])
    row = moment_ranking().of("money_back")
    assert row is not None
    assert (row.customers, row.hurt, row.places) == (60, 60, None)
    assert isinstance(row.goes_wrong, NoVerdict)
    assert row.goes_wrong.code == "only_failures"


def test_a_touchpoint_shows_who_passed_whatever_kind_of_signal_it_names(write: Write) -> None:
    where = "kind = 'contact' or event = 'call_abandoned'"
    add_item(None, "touchpoint", {"name": "The line", "stage": "get_help", "moment": "reach_service", "where": where})
    publish_draft(None)
    write([{"record_id": f"t{n}", "kind": "contact", "text": "hello", "customer_id": f"c{n}"} for n in range(50)])
    write([event(n, "call_abandoned") for n in range(10)])
    row = moment_ranking().of("reach_service")
    assert row is not None
    assert (row.customers, row.traced, row.hurt) == (50, 50, 10)
    assert known(row.goes_wrong).estimate == pytest.approx(0.2)


def test_late_orders_cost_stars_as_computed_from_the_files(shared: Path, record: object) -> None:
    """Olist: by customer, stars given from the promised day on, against pandas on the raw files."""
    folder = shared / "data/olist_dev"
    ensure_company(name="Test company", pack="retail", time_zone="America/Sao_Paulo")
    for name in ("orders", "reviews"):
        import_file(folder, mapping=from_yaml((OLIST / f"{name}.yaml").read_text()))
    row = moment_ranking().of("promised_day")
    assert row is not None
    passed, late, right, wrong = _stars(folder)
    assert (row.customers, row.hurt) == (passed, late)
    assert known(row.effect).estimate == pytest.approx(right - wrong, abs=1e-9)
    assert known(row.weight).estimate > 0.05


def _stars(folder: Path) -> tuple[int, int, float, float]:
    """Customers with an outcome of a delivery, those ever late, mean stars of the others and of the late."""
    days = {"parse_dates": ["order_delivered_customer_date", "order_estimated_delivery_date"]}
    orders = pd.read_csv(folder / "olist_orders_dataset.csv", **days)
    customers = pd.read_csv(folder / "olist_customers_dataset.csv")
    orders = orders.merge(customers[["customer_id", "customer_unique_id"]], on="customer_id")
    reviews = pd.read_csv(folder / "olist_order_reviews_dataset.csv", parse_dates=["review_answer_timestamp"])
    last = max(orders.order_purchase_timestamp.max(), str(orders.order_delivered_customer_date.max()))
    withdrawn = orders.order_status.isin(["delivered", "canceled", "unavailable"])
    arrived = orders.order_delivered_customer_date.notna()
    promise = orders.order_estimated_delivery_date
    late = (orders.order_delivered_customer_date > promise) | (~arrived & ~withdrawn & (promise.astype(str) < last))
    shown = pd.concat(
        [
            pd.DataFrame({"who": orders.customer_unique_id, "day": promise, "late": True})[late],
            pd.DataFrame(
                {"who": orders.customer_unique_id, "day": orders.order_delivered_customer_date, "late": False}
            )[arrived],
        ]
    )
    shown["day"] = shown.day.dt.normalize()
    customer = shown.groupby("who").agg(late=("late", "max"), first=("day", "min"))
    customer["failed"] = shown[shown.late].groupby("who").day.min()
    customer["since"] = customer.failed.fillna(customer["first"])
    given = reviews.merge(orders[["order_id", "customer_unique_id"]], on="order_id")
    given = given.merge(customer, left_on="customer_unique_id", right_index=True)
    given = given[given.review_answer_timestamp.dt.normalize() >= given.since]
    stars = given.groupby("late").review_score.mean()
    return len(customer), int(customer.late.sum()), float(stars[False]), float(stars[True])


@pytest.fixture
def signed_in(person_with: Callable[..., Person]) -> Callable[..., Client]:
    ensure_company(name="Test company", pack="retail")

    def sign_in(*roles: str, **more: Any) -> Client:
        client = Client()
        client.force_login(person_with(*roles, **more))
        return client

    return sign_in


def test_everyone_reads_the_ranking_and_the_cx_team_chooses(signed_in: Callable[..., Client], deliveries: None) -> None:
    page = signed_in("employee").get("/journey/moments").content.decode()
    assert "It comes on the promised day" in page
    assert "/choose" not in page
    team = signed_in("cx_team")
    assert "/choose" in team.get("/journey/moments").content.decode()
    assert team.post("/journey/moments/promised_day/choose", {"chosen": "yes"}).status_code == 302
    draft = queries.draft()
    assert draft is not None
    assert [moment.id for moment in draft.taxonomy.truths] == ["promised_day"]
    swapped = team.post("/journey/moments/promised_day/choose", {"chosen": "no"}, headers={"HX-Request": "true"})
    assert 'aria-pressed="false"' in swapped.content.decode()
    assert queries.edited().truths == ()


def test_who_may_not_choose_is_refused(signed_in: Callable[..., Client], deliveries: None) -> None:
    for role in ("employee", "manager", "executive", "hr"):
        assert signed_in(role).post("/journey/moments/pay/choose", {"chosen": "yes"}).status_code == 403
    assert queries.edited().truths == ()
    assert signed_in("cx_team").post("/journey/moments/nowhere/choose", {"chosen": "yes"}).status_code == 404
    assert Client().post("/journey/moments/pay/choose").status_code == 302
    assert Client().get("/journey/moments").status_code == 302


def test_a_selection_reads_no_words_for_those_who_may_not(signed_in: Callable[..., Client], deliveries: None) -> None:
    employee = signed_in("employee")
    for address in ("/journey/moments", "/api/v1/moments"):
        assert employee.get(address, {"where": "customer_id = 'c1'"}).status_code == 403
        assert employee.get(address, {"where": "nonsense !"}).status_code == 400
        assert employee.get(address, {"since": "2026-03-01"}).status_code == 200


def test_programs_get_the_same(signed_in: Callable[..., Client], deliveries: None) -> None:
    answer = signed_in("analyst").get("/api/v1/moments").json()
    first = answer["rows"][0]
    assert (first["moment"], first["customers"], first["hurt"], first["places"]) == ("promised_day", 400, 100, [1, 1])
    assert first["goes_wrong"]["estimate"] == pytest.approx(0.25)
    assert answer["rows"][-1]["weight"]["why_not"]
    assert Client().get("/api/v1/moments").status_code == 401


def test_an_empty_record_says_so(record: object, signed_in: Callable[..., Client]) -> None:
    page = signed_in("cx_team").get("/journey/moments")
    assert page.status_code == 200
    assert "does not show yet" in page.content.decode()
