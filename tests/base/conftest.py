"""People of every role, and browsers that are signed in as them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from headwater.base import company
from headwater.base.models import Department, Person
from headwater.base.permissions import ROLES

PASSWORD = "a river runs to the sea"

PersonMaker = Callable[..., Person]
ClientMaker = Callable[..., Client]


@pytest.fixture(autouse=True)
def _this_room_alone(settings: Any) -> None:
    """Its own addresses, without what upper rooms hang on the company; waiting limits go back with the database."""
    settings.ROOT_URLCONF = "tests.base.urls"


@pytest.fixture(autouse=True)
def hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    for registry in ("_on_clear", "_on_start", "_packs"):
        monkeypatch.setattr(company, registry, [])


@pytest.fixture
def make_person(db: None) -> PersonMaker:
    """Make a person with these roles: ``make_person("manager", department=…)``."""

    def make(*roles: str, **fields: object) -> Person:
        number = Person.objects.count() + 1
        given = {"email": f"person{number}@example.com", "name": f"Person {number}", **fields}
        person = Person(roles=list(roles), **given)
        person.set_unusable_password()
        person.save()
        return person

    return make


@pytest.fixture
def administrator(make_person: PersonMaker) -> Person:
    return make_person("administrator")


@pytest.fixture
def employee(make_person: PersonMaker) -> Person:
    return make_person("employee")


@pytest.fixture(params=list(ROLES))
def role(request: pytest.FixtureRequest) -> str:
    """Each role in turn."""
    return str(request.param)


@pytest.fixture
def browser_of(db: None) -> ClientMaker:
    """Return a browser signed in as a person, or a stranger's."""

    def browser(person: Person | None = None, **options: object) -> Client:
        client = Client(**options)  # type: ignore[arg-type]
        if person is not None:
            client.force_login(person)
        return client

    return browser


@pytest.fixture
def sales(db: None) -> Department:
    return Department.objects.create(name="Sales")
