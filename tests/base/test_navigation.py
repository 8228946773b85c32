"""The navigation: rooms by permission, and the pages of the room one is in."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from headwater.base import navigation
from headwater.base.models import Person


@pytest.fixture(autouse=True)
def places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four pages in three rooms, all at addresses that this room's own urls have."""
    monkeypatch.setattr(navigation, "_pages", {})
    navigation.add("people", "People", "people", room="journey", position=20, needs=("view", "people"))
    navigation.add("departments", "Departments", "departments", room="journey", position=10, needs=("view", "people"))
    navigation.add("outbox", "Outbox", "outbox", room="insight", position=30, needs=("view", "outbox"))
    navigation.add("jobs", "Jobs", "jobs", room="administration", position=40, needs=("view", "jobs"))


def at(path: str, *roles: str) -> navigation.Navigation:
    request = RequestFactory().get(path)
    request.user = Person(pk=1, name="A", email="a@example.com", roles=list(roles)) if roles else AnonymousUser()
    return navigation.navigation(request)


def test_a_room_leads_to_its_first_page_and_shows_its_pages_when_one_is_there() -> None:
    found = at("/people/3", "administrator")
    assert [(room.name, room.current) for room in found.rooms] == [("journey", True), ("insight", False)]
    assert found.rooms[0].url == "/departments"
    assert [(page.name, page.current) for page in found.pages] == [("departments", False), ("people", True)]


def test_a_room_with_one_page_needs_no_second_row() -> None:
    assert at("/outbox", "administrator").pages == ()


def test_what_a_person_may_not_see_is_not_named() -> None:
    found = at("/people", "employee")
    assert [room.name for room in found.rooms] == ["journey"]
    assert [page.name for page in found.administration] == ["jobs"]


def test_a_page_may_stand_for_others_that_the_navigation_does_not_name() -> None:
    navigation.add("jobs", "Jobs", "jobs", room="insight", position=40, needs=("view", "jobs"), also=("history",))
    assert [(page.name, page.current) for page in at("/history", "administrator").pages] == [
        ("outbox", False),
        ("jobs", True),
    ]


def test_strangers_are_led_nowhere() -> None:
    assert at("/people") == navigation.Navigation()


def test_administration_stands_in_the_menu_and_not_among_the_rooms() -> None:
    found = at("/jobs", "administrator")
    assert "administration" not in [room.name for room in found.rooms]
    assert found.pages == ()


def test_a_page_in_no_known_room_is_a_mistake_of_the_programmer() -> None:
    with pytest.raises(ValueError, match="no room 'attic'"):
        navigation.add("x", "X", "people", room="attic", position=1, needs=("view", "people"))
