"""A person's own page: what waits for them and how their work reaches customers; and where signing in leads."""

from collections.abc import Callable

import pytest
from django.test import Client

from headwater.base.company import ensure_company
from headwater.base.models import Department, Person
from headwater.strategy.agreement import propose
from headwater.strategy.drafting import change_statements
from tests.insight.conftest import Label, Write, complaint

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey", "record")]


@pytest.fixture
def delivery() -> Department:
    ensure_company(name="Test company", pack="retail")
    return Department.objects.create(name="Delivery", pack_departments=["delivery"])


def page_of(person: Person, address: str = "/yours") -> str:
    client = Client()
    client.force_login(person)
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_it_says_what_the_department_does_for_customers(
    person_with: Callable[..., Person], delivery: Department, write: Write, label: Label
) -> None:
    write([complaint(number, text="it came a week late") for number in range(40)])
    label({str(number): {"causes": ["delivery_late"], "stage": "wait"} for number in range(40)})
    page = page_of(person_with("employee", department=delivery))
    assert "What your department does for customers" in page
    assert "Delivery" in page
    assert "Nothing waits for you." in page
    assert "came a week late" in page


def test_it_shows_what_waits_for_this_person_and_for_nobody_else(
    person_with: Callable[..., Person], delivery: Department
) -> None:
    leader, other = person_with("executive"), person_with("executive")
    change_statements(None, {"mission": "Whoever orders by noon hears the same evening when it arrives."})
    propose(None, [leader.pk])
    assert "1 thing waits for you." in page_of(leader)
    assert "Say whether you agree to the proposed strategy" in page_of(leader)
    assert "Nothing waits for you." in page_of(other)


def test_someone_in_no_department_is_told_so(person_with: Callable[..., Person], delivery: Department) -> None:
    assert "You are in no department yet" in page_of(person_with("employee"))


@pytest.mark.parametrize(
    ("roles", "address"),
    [(("executive",), "/"), (("cx_team",), "/"), (("employee", "analyst"), "/"), (("employee",), "/yours")],
)
def test_signing_in_leads_to_the_whole_or_to_ones_own_part(
    person_with: Callable[..., Person], roles: tuple[str, ...], address: str
) -> None:
    client = Client()
    client.force_login(person_with(*roles))
    assert client.get("/welcome").headers["Location"] == address


def test_strangers_are_asked_to_sign_in() -> None:
    assert Client().get("/yours").status_code == 302
    assert Client().get("/welcome").headers["Location"].startswith("/account/login/")
