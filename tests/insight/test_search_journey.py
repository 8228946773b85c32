"""Search by name: the closest first, without case and accents, and never what a person may not see."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.company import ensure_company
from headwater.base.models import Department, Person
from headwater.insight import named
from headwater.insight import search as searching
from headwater.insight.named import Named, offer
from headwater.insight.search import closeness, search

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey"), pytest.mark.reads_record]


def test_everything_with_a_name_is_found() -> None:
    delivery = Department.objects.create(name="Delivery")
    found = {(one.name, one.href) for text in ("deliver", "promised", "effort") for one in search(None, text)}
    assert ("Delivery", f"/departments/{delivery.pk}/line-of-sight") in found
    assert ("Delivery is later than promised", "/causes/delivery_late") in found
    assert ("It comes on the promised day", "/journey/moment/promised_day") in found
    assert ("Customer effort score", "/metrics/ces") in found
    assert search(None, "i WAIT")[0].href == "/journey#stage-wait"


def test_the_closest_name_comes_first() -> None:
    assert [closeness("Delivery is late", [word]) for word in ("deliv", "late", "ate", "lost")] == [0, 1, 2, None]
    assert closeness("Rückgabe für Größe", ["fur", "gro"]) == 1
    assert search(None, "delivery")[0].name.startswith("Delivery")


@pytest.mark.parametrize("text", ["", "   ", "\x00", "%", "zzzz no such thing", "a" * 5000, "́"])
def test_what_names_nothing_finds_nothing_and_breaks_nothing(text: str) -> None:
    assert len(search(None, text)) <= searching.MOST


@given(st.text(max_size=40))
def test_any_text_may_be_searched_for(text: str) -> None:
    assert closeness("It comes on the promised day", text.split()) in (0, 1, 2, None)


def test_a_stranger_finds_nothing() -> None:
    assert search(AnonymousUser(), "delivery") == ()
    assert Client().get("/search?q=delivery").status_code == 302
    assert Client().get("/api/v1/search?q=delivery").status_code == 401


def an_outcome(person: object) -> list[Named]:
    return [Named("outcome", "Parcels arrive as promised", "/strategy")]


def test_rooms_above_add_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named, "offered", [])
    offer("tests.insight.test_search_journey.an_outcome")
    offer("tests.insight.test_search_journey.an_outcome")
    assert [one.kind for one in search(None, "parcels arrive")] == ["outcome"]


@pytest.fixture
def employee(person_with: Callable[..., Person]) -> Client:
    ensure_company(name="Test company", pack="retail")
    client = Client()
    client.force_login(person_with("employee"))
    return client


def test_the_page_the_list_under_the_field_and_the_api_say_the_same(employee: Client, record: Any) -> None:
    page = employee.get("/search?q=promised").content.decode()
    assert "It comes on the promised day" in page
    assert 'role="search"' in page
    fragment = employee.get("/search?q=promised", headers={"HX-Request": "true"}).content.decode()
    assert "It comes on the promised day" in fragment
    assert "<html" not in fragment
    assert any(one["kind"] == "moment" for one in employee.get("/api/v1/search?q=promised").json())
    assert employee.get("/api/v1/search?q=" + "a" * 500).status_code == 422
    assert "<b>x" not in employee.get("/search?q=<b>x</b>").content.decode()
