"""The Forest: for people who are signed in, full or empty, and three clicks from a customer's words."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from headwater.base.company import ensure_company
from headwater.base.models import Company, Department, Person
from headwater.insight import audit
from headwater.insight.corrections import correct_label
from headwater.insight.models import AuditItem, LabelCorrection
from headwater.listening.services import erase_customer
from headwater.metrics.store import company_record
from headwater.record.questions import Verbatims
from tests.insight.conftest import Label, Write, complaint

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey")]


@pytest.fixture
def signed_in(person_with: Callable[..., Person]) -> Callable[..., Client]:
    ensure_company(name="Test company", pack="retail")

    def sign_in(*roles: str, **more: Any) -> Client:
        client = Client()
        client.force_login(person_with(*roles, **more))
        return client

    return sign_in


@pytest.fixture
def complaints(write: Write, label: Label) -> None:
    write([complaint(number, text=f"my parcel number {number} came a week late, again") for number in range(40)])
    label({str(number): {"causes": ["delivery_late"], "stage": "wait"} for number in range(30)})


def test_three_clicks_lead_from_the_whole_to_one_customers_words(
    signed_in: Callable[..., Client], complaints: None
) -> None:
    client = signed_in("executive")
    forest = client.get("/").content.decode()
    assert "75" in forest
    assert "/causes/delivery_late" in forest
    cause = client.get("/causes/delivery_late").content.decode()
    address = re.search(r'href="(/verbatims/-?\d+)"', cause)
    assert address is not None
    assert "came a week late" in client.get(address[1]).content.decode()


def test_an_empty_record_says_what_to_do_next(signed_in: Callable[..., Client], record: object) -> None:
    page = signed_in("cx_team").get("/").content.decode()
    assert "Load a file" in page
    assert "/imports" in page


def test_a_company_that_was_not_started_is_started_from_the_first_page(
    signed_in: Callable[..., Client], record: object
) -> None:
    administrator, analyst = signed_in("administrator"), signed_in("analyst")
    assert "/start" not in administrator.get("/").content.decode()
    Company.objects.update(pack="")
    assert 'href="/start"' in administrator.get("/").content.decode()
    assert "/start" not in analyst.get("/").content.decode()


def test_a_selection_stays_in_the_links_that_walk_down(signed_in: Callable[..., Client], complaints: None) -> None:
    page = signed_in("analyst").get("/?where=kind+%3D+%27contact%27&since=2026-01-01").content.decode()
    assert "/causes/delivery_late?since=2026-01-01&amp;where=kind" in page


@pytest.mark.parametrize(
    "query", ["where=nonsense+!!", "since=yesterday", "since=2026-02-01&until=2026-01-01", "where=" + "a" * 5000]
)
def test_a_selection_that_cannot_be_read_is_refused_in_words(
    signed_in: Callable[..., Client], complaints: None, query: str
) -> None:
    answer = signed_in("analyst").get(f"/?{query}")
    assert answer.status_code == 400
    assert "<h1" in answer.content.decode()


@pytest.mark.parametrize("path", ["/", "/causes", "/causes/delivery_late", "/verbatims", "/audit", "/customers/x"])
def test_a_stranger_is_asked_to_sign_in(path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/")


def test_an_employee_reads_the_words_about_what_their_department_can_change(
    signed_in: Callable[..., Client], complaints: None
) -> None:
    delivery = Department.objects.create(name="Delivery", pack_departments=["delivery"])
    finance = Department.objects.create(name="Finance", pack_departments=["finance"])
    theirs = signed_in("employee", department=delivery)
    assert "came a week late" in theirs.get("/verbatims").content.decode()
    other = signed_in("employee", department=finance)
    assert "came a week late" not in other.get("/verbatims").content.decode()
    key = re.search(r"/verbatims/(-?\d+)", theirs.get("/verbatims").content.decode())
    assert key is not None
    assert other.get(key[0]).status_code == 404
    assert theirs.get("/audit").status_code == 403
    assert theirs.get("/customers/customer-1").status_code == 403


def test_a_person_corrects_a_label_and_sees_it_at_once(signed_in: Callable[..., Client], complaints: None) -> None:
    client = signed_in("cx_team")
    page = client.get("/verbatims").content.decode()
    key = re.search(r"/verbatims/(-?\d+)", page)
    assert key is not None
    client.post(f"{key[0]}/labels", {"field": "causes", "value": ["damaged", "delivery_late"]})
    corrected = client.get(key[0]).content.decode()
    assert 'value="damaged" checked' in corrected
    refused = client.post(f"{key[0]}/labels", {"field": "stage", "value": "the_moon"})
    assert refused.status_code == 400
    assert "the_moon" in refused.content.decode()


@pytest.mark.parametrize("key", ["abc", "99999999999999999999999", "12345"])
def test_a_signal_that_is_not_there_is_not_found(signed_in: Callable[..., Client], complaints: None, key: str) -> None:
    assert signed_in("cx_team").get(f"/verbatims/{key}").status_code == 404


def test_figures_are_no_way_round_to_words_or_to_one_customer(
    signed_in: Callable[..., Client], complaints: None
) -> None:
    employee = signed_in("employee")
    oracle = "customer_id+%3D+%27customer-1%27+and+text+like+%27%25late%25%27"
    for address in ("/?where=", "/causes?where=", "/metrics/volume?where=", "/api/v1/causes?where="):
        assert employee.get(address + oracle).status_code == 403, address
    assert employee.get("/metrics/volume?by=customer_id").status_code == 403
    assert employee.get("/api/v1/metrics/volume?by=customer_id").status_code == 403
    assert employee.get("/metrics/volume?by=channel").status_code == 200
    assert signed_in("analyst").get("/causes?where=" + oracle).status_code == 200


def test_not_sure_is_an_answer(signed_in: Callable[..., Client], complaints: None) -> None:
    client = signed_in("cx_team")
    key = re.search(r"/verbatims/(-?\d+)", client.get("/verbatims").content.decode())
    assert key is not None
    assert client.post(f"{key[0]}/labels", {"field": "stage", "value": ""}).status_code == 302
    unsure = client.put(f"/api/v1{key[0]}/labels", {"field": "stage", "value": None}, content_type="application/json")
    assert unsure.status_code in (204, 403)


def test_the_audit_shows_one_drawn_verbatim_after_the_other(signed_in: Callable[..., Client], complaints: None) -> None:
    client = signed_in("cx_team")
    client.post("/audit/draw")
    page = client.get("/audit").content.decode()
    item = re.search(r'action="/audit/(\d+)"', page)
    assert item is not None
    said = {"causes": ["delivery_late"], "stage": "", "sentiment": ""}
    assert client.post(f"/audit/{item[1]}", said).status_code == 302
    assert f'action="/audit/{item[1]}"' not in client.get("/audit").content.decode()
    assert signed_in("manager").get("/audit").status_code == 403
    assert signed_in("manager").post(f"/audit/{item[1]}", {"stage": "wait"}).status_code == 403


def test_a_page_number_of_any_length_is_no_error(signed_in: Callable[..., Client], complaints: None) -> None:
    client = signed_in("cx_team")
    assert client.get("/verbatims?page=" + "9" * 5000).status_code == 200
    assert client.get("/imports?before=" + "9" * 5000).status_code == 200


def test_nothing_at_an_address_is_said_on_a_page_of_ours(signed_in: Callable[..., Client]) -> None:
    answer = signed_in("employee").get("/nowhere/at/all")
    assert answer.status_code == 404
    assert "<h1" in answer.content.decode()


def test_what_people_said_about_an_erased_customer_goes_too(
    complaints: None, person_with: Callable[..., Person]
) -> None:
    ensure_company(name="Test company", pack="retail")
    lead = person_with("cx_team")
    page = company_record().ask(Verbatims(limit=40))
    erased = page.rows[0]
    correct_label(lead, erased.signal_key, "stage", "order")
    audit.draw_audit(lead, 40)
    erase_customer(None, str(erased.customer_id))
    assert not LabelCorrection.objects.exists()
    assert AuditItem.objects.count() == 39
