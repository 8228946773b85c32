"""The page-view log: whole pages of signed-in people, written late and never in a reader's way."""

from collections import deque

import pytest
from django.db import DatabaseError

from headwater.base import pageviews
from headwater.base.models import PageView, Person
from tests.base.conftest import ClientMaker, PersonMaker

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pageviews, "_waiting", deque(maxlen=5))
    monkeypatch.setattr(pageviews, "WRITE_EVERY_SECONDS", float("inf"))


def test_a_page_is_logged_by_its_pattern_not_by_its_address(
    administrator: Person, employee: Person, browser_of: ClientMaker
) -> None:
    browser_of(administrator).get(f"/people/{employee.pk}?q=secret")
    assert pageviews.write() == 1
    view = PageView.objects.get()
    assert (view.person, view.route) == (administrator, "/people/<int:person_id>")


def test_fragments_refusals_forms_programs_and_strangers_are_not_page_views(
    employee: Person, browser_of: ClientMaker
) -> None:
    browser = browser_of(employee)
    browser.get("/me", headers={"HX-Request": "true"})
    browser.get("/outbox")
    browser.post("/me", {"name": ""})
    browser.get("/api/v1/whoami")
    browser.get("/nowhere")
    browser_of().get("/account/login/")
    assert pageviews.write() == 0


def test_reading_a_page_writes_nothing_by_itself(employee: Person, browser_of: ClientMaker) -> None:
    browser_of(employee).get("/me")
    assert not PageView.objects.exists()


def test_a_page_now_and_then_writes_what_waits(
    employee: Person, browser_of: ClientMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pageviews, "WRITE_EVERY_SECONDS", -1)
    browser_of(employee).get("/me")
    assert PageView.objects.count() == 1


def test_a_busy_database_keeps_views_waiting_in_their_order(employee: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(batch: list[PageView]) -> None:
        raise DatabaseError("database is locked")

    for route in ("/a", "/b"):
        pageviews.note(employee.pk, route)
    with monkeypatch.context() as patched:
        patched.setattr(pageviews, "_insert", busy)
        assert pageviews.write() == 0
    assert pageviews.write() == 2
    assert list(PageView.objects.order_by("id").values_list("route", flat=True)) == ["/a", "/b"]


def test_the_oldest_views_give_way_when_too_many_wait(make_person: PersonMaker) -> None:
    person = make_person("employee")
    for number in range(9):
        pageviews.note(person.pk, f"/{number}")
    assert pageviews.write() == 5
    assert PageView.objects.order_by("id").first().route == "/4"  # type: ignore[union-attr]


def test_views_of_someone_who_is_gone_are_written_without_complaint(make_person: PersonMaker) -> None:
    pageviews.note(987654, "/")
    assert pageviews.write() == 1
