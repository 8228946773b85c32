"""People: how they get in, what they may change, and that someone can always let others in."""

import pytest
from django.test import Client

from headwater.base import people as services
from headwater.base import tokens
from headwater.base.models import Department, HistoryEntry, OutboxMail, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Conflict, NotFound, Refused
from tests.base.conftest import PASSWORD, ClientMaker, PersonMaker

pytestmark = pytest.mark.django_db


def add(actor: Person | None, **fields: object) -> Person:
    given = {"email": "New@Example.com ", "name": "New person", "roles": ["employee"], **fields}
    return services.add_person(actor, **given)  # type: ignore[arg-type]


def token_of(link: str) -> str:
    return link.rsplit("/", 1)[1]


def test_someone_is_added_without_a_password_and_chooses_one_with_a_link(
    administrator: Person, browser_of: ClientMaker
) -> None:
    added = add(administrator)
    assert (added.email, added.has_usable_password()) == ("new@example.com", False)
    link = services.invite(administrator, added)
    mail = OutboxMail.objects.get()
    assert mail.to == added.email
    assert link in mail.text
    path = link.removeprefix("http://127.0.0.1:8000")
    browser = browser_of()
    assert browser.get(path).status_code == 200
    response = browser.post(path, {"password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert browser.get("/me").status_code == 200
    assert browser_of().get(path).status_code == 404, "the link works once"


@pytest.mark.parametrize("password", ["short", "1234567890", "password123", ""])
def test_a_weak_first_password_is_refused_and_the_link_still_works(
    password: str, administrator: Person, browser_of: ClientMaker
) -> None:
    path = services.invite(administrator, add(administrator)).removeprefix("http://127.0.0.1:8000")
    response = browser_of().post(path, {"password": password})
    assert response.status_code == 400
    assert b"errorlist" in response.content
    assert browser_of().get(path).status_code == 200


def test_a_link_is_for_one_person_and_dies_when_the_account_is_closed(
    administrator: Person, make_person: PersonMaker
) -> None:
    invited, other = add(administrator), make_person("administrator")
    token = token_of(services.invite(administrator, invited))
    assert services.invited_person(invited.pk, token) == invited
    for person_id, given in ((other.pk, token), (invited.pk, "x-y"), (0, token), (invited.pk, token[:-1] + "é")):
        with pytest.raises(NotFound):
            services.invited_person(person_id, given)
    services.deactivate(administrator, invited)
    with pytest.raises(NotFound):
        services.invited_person(invited.pk, token)
    with pytest.raises(Refused, match="closed"):
        services.invite(administrator, invited)


@pytest.mark.parametrize("email", ["", "a", "a@", "a b@example.com", "x" * 250 + "@example.com", "a@example.com\x00"])
def test_what_is_no_address_is_refused_with_the_value(email: str, administrator: Person) -> None:
    with pytest.raises(Refused) as caught:
        add(administrator, email=email)
    assert (caught.value.code, caught.value.field) == ("mail_address", "email")


def test_one_address_is_one_person(administrator: Person) -> None:
    add(administrator)
    with pytest.raises(Conflict, match=r"new@example\.com"):
        add(administrator, email="NEW@example.com")


def test_an_unknown_role_is_refused_and_named(administrator: Person) -> None:
    with pytest.raises(Refused, match="emperor"):
        add(administrator, roles=["employee", "emperor"])
    assert not HistoryEntry.objects.exists()


def test_roles_are_replaced_with_their_history(administrator: Person, employee: Person) -> None:
    services.change_roles(administrator, employee, ["analyst", "manager"])
    employee.refresh_from_db()
    assert employee.roles == ["manager", "analyst"]
    assert HistoryEntry.objects.get().data["roles"] == "Department manager, Analyst"


def test_the_last_administrator_stays_one(administrator: Person, make_person: PersonMaker) -> None:
    with pytest.raises(Refused, match="last administrator"):
        services.change_roles(administrator, administrator, ["employee"])
    make_person("administrator", is_active=False)
    with pytest.raises(Refused, match="last administrator"):
        services.deactivate(None, administrator)
    second = make_person("administrator")
    services.change_roles(second, administrator, ["employee"])
    assert list(services.administrators()) == [second]


def test_nobody_closes_their_own_account(administrator: Person, make_person: PersonMaker) -> None:
    make_person("administrator")
    with pytest.raises(Refused, match="own account"):
        services.deactivate(administrator, administrator)


def test_closing_an_account_ends_its_sessions_and_tokens_at_once(
    administrator: Person, make_person: PersonMaker, browser_of: ClientMaker
) -> None:
    analyst = make_person("analyst")
    browser = browser_of(analyst)
    _row, text = tokens.create_token(analyst, analyst, "notebook", ["view:figures"])
    assert browser.get("/me").status_code == 200
    services.deactivate(administrator, analyst)
    assert browser.get("/me").status_code == 302
    assert tokens.person_for_token(text) is None
    services.reactivate(administrator, analyst)
    assert tokens.person_for_token(text) is None, "a revoked token stays revoked"
    assert browser_of(analyst).get("/me").status_code == 200


def test_people_change_their_own_name_language_and_time_zone_and_nothing_else(employee: Person) -> None:
    services.change_person(employee, employee, name="Renamed", time_zone="Asia/Kathmandu", language="en")
    assert Person.objects.get(pk=employee.pk).time_zone == "Asia/Kathmandu"
    for change in ({"title": "Chief"}, {"department": None}, {"level": "9"}):
        with pytest.raises(NotAllowed):
            services.change_person(employee, employee, **change)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone_unknown"),
        ({"language": "tlh"}, "language_unknown"),
        ({"name": " "}, "name_missing"),
        ({"title": "x" * 121}, "too_long"),
    ],
)
def test_what_cannot_be_is_refused_by_value(
    change: dict[str, str], code: str, administrator: Person, employee: Person
) -> None:
    with pytest.raises(Refused) as caught:
        services.change_person(administrator, employee, **change)
    assert (caught.value.code, caught.value.field) == (code, next(iter(change)))


def test_nobody_is_their_own_manager(administrator: Person, employee: Person) -> None:
    with pytest.raises(Refused, match="own manager"):
        services.change_person(administrator, employee, manager=employee)


def test_a_field_that_is_not_for_changing_is_an_error(administrator: Person, employee: Person) -> None:
    with pytest.raises(ValueError, match="password"):
        services.change_person(administrator, employee, password="x")


def test_only_those_whom_the_matrix_allows_manage_people(
    role: str, make_person: PersonMaker, employee: Person, sales: Department
) -> None:
    person = make_person(role)
    changes = [
        lambda: add(person),
        lambda: services.invite(person, employee),
        lambda: services.change_roles(person, employee, ["administrator"]),
        lambda: services.change_person(person, employee, department=sales),
        lambda: services.deactivate(person, employee),
        lambda: services.reactivate(person, employee),
    ]
    if role == "administrator":
        for change in changes:
            change()
        return
    for change in changes:
        with pytest.raises(NotAllowed):
            change()
    employee.refresh_from_db()
    assert (employee.roles, employee.is_active, employee.department) == (["employee"], True, None)


def test_nobody_makes_themselves_an_administrator(role: str, make_person: PersonMaker) -> None:
    person = make_person(role)
    if role != "administrator":
        with pytest.raises(NotAllowed):
            services.change_roles(person, person, ["administrator"])


def test_the_first_administrator_has_a_password_of_their_own() -> None:
    first, password = services.create_first_administrator("Admin@Example.com")
    assert first.check_password(password)
    assert first.email == "admin@example.com"
    assert len(password.replace("-", "")) == 20
    with pytest.raises(Conflict, match="already"):
        services.create_first_administrator("second@example.com")
    assert Person.objects.count() == 1


def test_no_two_passwords_are_alike() -> None:
    assert len({services.new_password() for _try in range(200)}) == 200


def test_a_first_administrator_with_a_weak_password_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        services.create_first_administrator("admin@example.com", "password")
    assert caught.value.code == "password_weak"
    assert not Person.objects.exists()


def test_a_lost_password_is_replaced_on_the_command_line(administrator: Person) -> None:
    browser = Client()
    browser.force_login(administrator)
    password = services.reset_password(administrator.email.upper())
    administrator.refresh_from_db()
    assert administrator.check_password(password)
    assert browser.get("/me").status_code == 302, "sessions of the old password are over"
    with pytest.raises(NotFound, match=r"nobody@example\.com"):
        services.reset_password("nobody@example.com")
