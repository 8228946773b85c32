"""Two scorecards: against counts by hand, what the silo hides, and what is said where nothing can be told."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.company import ensure_company
from headwater.base.models import Department, Person
from headwater.insight.scorecards import judged, scorecards
from headwater.insight.scorecards_wording import scorecards_sentence
from headwater.journey.models import MomentLeader, Standard
from headwater.science import Estimate, NoVerdict, proportion
from tests.insight.conftest import Label, Write, complaint

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey"), pytest.mark.reads_record]


def csat(number: int, score: float, stage: str) -> dict[str, Any]:
    return {"record_id": f"{stage}-{number}", "metric": "csat", "score": score, "stage": stage}


@pytest.fixture
def hiding(write: Write, label: Label) -> None:
    """Satisfied when ordering, not when waiting; yet no cause that a function can change is named at either."""
    write([csat(n, 5 if n % 10 else 1, "order") for n in range(300)])
    write([csat(n, 5 if n % 2 else 1, "wait") for n in range(300)])
    write([complaint(n, stage="use") for n in range(200)])
    label({str(n): {"causes": ["damaged"]} for n in range(200)})


def test_a_stage_where_every_function_is_green_and_customers_are_not_is_named(hiding: None) -> None:
    found = scorecards()
    assert [row.stage.id for row in found.hidden] == ["wait"]
    wait = found.hidden[0]
    assert wait.state == "red"
    assert {own.state for own in wait.functions} == {"green"}
    assert "“I wait for it” every function is green" in scorecards_sentence(found)


def test_a_function_that_sees_it_in_its_own_numbers_hides_nothing(hiding: None, write: Write, label: Label) -> None:
    write([complaint(n, record_id=f"late-{n}", stage="wait") for n in range(200)])
    label({f"late-{n}": {"causes": ["delivery_late"]} for n in range(200)})
    found = scorecards()
    wait = next(row for row in found.stages if row.stage.id == "wait")
    assert (wait.state, wait.hides) == ("red", "")
    assert "red" in {own.state for own in wait.functions}
    assert found.hidden == ()


def test_a_functions_own_number_is_counted_once_a_signal(write: Write, label: Label) -> None:
    """Two causes of one department in a signal count once for it; a joint cause counts for each of its departments."""
    write([complaint(n, stage="wait", sentiment="negative" if n < 40 else "positive") for n in range(100)])
    label({str(n): {"causes": ["delivery_late", "no_updates"][: 1 + n % 2]} for n in range(60)})
    wait = next(row for row in scorecards().stages if row.stage.id == "wait")
    own = {one.function: one for one in wait.functions}
    delivery = own["Delivery and carriers"]
    assert delivery.negatives == 40
    assert isinstance(delivery.complaints, Estimate)
    assert delivery.complaints.estimate == pytest.approx(0.4)
    assert own["Warehouse and packing"].negatives == 40


def test_a_measured_function_is_held_against_its_standards_target(write: Write) -> None:
    names = {"event": "parcel", "kind": "event"}
    write([{**names, "record_id": f"p{n}", "attributes": [("ok", "yes" if n % 10 else "no")]} for n in range(500)])
    definition = {"happened": "event = 'parcel'", "right": "attribute:ok = 'yes'"}
    kept = {"method": "right", "moment": "promised_day", "definition": definition, "giver": "delivery"}
    Standard.objects.create(name="On the day", target=0.8, **kept)
    wait = next(row for row in scorecards().stages if row.stage.id == "wait")
    own = next(one for one in wait.functions if one.function == "Delivery and carriers")
    assert isinstance(own.measured, Estimate)
    assert own.measured.estimate == pytest.approx(0.9)
    assert (own.reference, own.state) == (0.8, "green")
    assert isinstance(wait.reliability, Estimate)
    Standard.objects.update(target=0.97)
    wait = next(row for row in scorecards().stages if row.stage.id == "wait")
    assert next(one for one in wait.functions if one.measured).state == "red"


def test_leaders_of_a_stages_moments_answer_for_it(hiding: None, person_with: Callable[..., Person]) -> None:
    leader = person_with("executive")
    MomentLeader.objects.create(moment="promised_day", person=leader)
    wait = next(row for row in scorecards().stages if row.stage.id == "wait")
    assert [person for _moment, person in wait.leaders] == [leader]


@given(st.integers(0, 300), st.floats(0, 1), st.booleans())
def test_a_state_is_said_only_where_the_whole_interval_lies_on_one_side(hits: int, line: float, higher: bool) -> None:
    result = proportion(hits, 300)
    assert isinstance(result, Estimate)
    state = judged(result, line, higher=higher)
    if result.low < line < result.high:
        assert state == "unclear"
    better = result.low >= line if higher else result.high <= line
    assert (state == "green") == better
    assert judged(NoVerdict("x", "x"), line, higher=higher) == judged(result, None, higher=higher) == "unknown"


@pytest.fixture
def signed_in(person_with: Callable[..., Person]) -> Callable[..., Client]:
    ensure_company(name="Test company", pack="retail")

    def sign_in(*roles: str, **more: Any) -> Client:
        client = Client()
        client.force_login(person_with(*roles, **more))
        return client

    return sign_in


def test_everyone_reads_them_and_takes_them_along(signed_in: Callable[..., Client], hiding: None) -> None:
    Department.objects.create(name="=Delivery", pack_departments=["delivery"])
    employee = signed_in("employee")
    page = employee.get("/scorecards").content.decode()
    assert "every function is green" in page
    rows = list(csv.reader(io.StringIO(employee.get("/scorecards.csv").content.decode("utf-8-sig"))))
    assert rows[0][:4] == ["view", "stage", "function", "figure"]
    assert len({len(row) for row in rows}) == 1
    assert any(row[2] == "'=Delivery" for row in rows)
    answer = employee.get("/api/v1/scorecards").json()
    wait = next(row for row in answer["stages"] if row["stage"] == "wait")
    assert (wait["hides"], wait["state"]) == ("hidden", "red")
    assert wait["score"]["estimate"] == pytest.approx(0.5)


@pytest.mark.parametrize("address", ["/scorecards", "/scorecards.csv", "/api/v1/scorecards"])
def test_strangers_and_bad_questions_are_refused(signed_in: Callable[..., Client], hiding: None, address: str) -> None:
    assert Client().get(address).status_code in (302, 401)
    employee = signed_in("employee")
    assert employee.get(address, {"where": "text like '%x%' and customer_id = 'c'"}).status_code == 403
    assert employee.get(address, {"where": "stage ="}).status_code == 400
    assert employee.get(address, {"where": "stage = 'order'"}).status_code == 200


def test_an_empty_record_tells_nothing_and_says_so(record: object, signed_in: Callable[..., Client]) -> None:
    page = signed_in("cx_team").get("/scorecards")
    assert page.status_code == 200
    assert "cannot be compared" in page.content.decode()
    assert all(own.state == "unknown" for row in scorecards().stages for own in row.functions)
