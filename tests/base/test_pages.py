"""Every page of this room, for every role and for strangers: who gets in, and what they find."""

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from headwater.base import queue
from headwater.base.company import ensure_company
from headwater.base.models import Department, HistoryEntry, Job, Person
from headwater.base.urls import urlpatterns
from tests.base.conftest import ClientMaker, PersonMaker

pytestmark = pytest.mark.django_db

EVERYONE = {"executive", "cx_team", "manager", "employee", "analyst", "hr", "administrator"}
ADMINISTRATOR = {"administrator"}
MAY_OPEN = {
    "/me": EVERYONE,
    "/departments": EVERYONE,
    "/people": EVERYONE,
    "/history": EVERYONE,
    "/jobs": EVERYONE,
    "/tokens": {"cx_team", "analyst", "administrator"},
    "/company": ADMINISTRATOR,
    "/start": ADMINISTRATOR,
    "/people/add": ADMINISTRATOR,
    "/people/{person}": ADMINISTRATOR,
    "/departments/{department}": ADMINISTRATOR,
    "/outbox": ADMINISTRATOR,
}


@pytest.fixture
def addresses(employee: Person, sales: Department) -> dict[str, set[str]]:
    ensure_company()
    ids = {"person": employee.pk, "department": sales.pk}
    return {address.format(**ids): roles for address, roles in MAY_OPEN.items()}


def test_each_role_opens_its_pages_and_no_others(
    role: str, addresses: dict[str, set[str]], make_person: PersonMaker, browser_of: ClientMaker
) -> None:
    browser = browser_of(make_person(role))
    found = {address: browser.get(address).status_code for address in addresses}
    assert found == {address: 200 if role in roles else 403 for address, roles in addresses.items()}


def test_people_without_a_role_are_refused_in_words(
    addresses: dict[str, set[str]], make_person: PersonMaker, browser_of: ClientMaker
) -> None:
    browser = browser_of(make_person())
    for address in addresses:
        response = browser.get(address)
        assert response.status_code == (200 if address == "/me" else 403), address
    assert "Ask an administrator" in response.content.decode()


def every_route(patterns: list[URLPattern | URLResolver], before: str = "/") -> list[str]:
    found = []
    for pattern in patterns:
        route = before + str(pattern.pattern).replace("^", "").replace("$", "")
        found += every_route(pattern.url_patterns, route) if isinstance(pattern, URLResolver) else [route]
    return found


def test_a_stranger_meets_nothing_but_the_doors() -> None:
    open_doors = {"login", "signup", "inactive", "password/reset", "logout"}
    for pattern in urlpatterns:
        route = "/" + str(pattern.pattern)
        if "(?P" in route or "invitation" in route or any(door in route for door in open_doors):
            continue
        address = route.replace("<int:person_id>", "1").replace("<int:department_id>", "1")
        address = address.replace("<int:token_id>", "1").replace("<int:job_id>", "1").replace("<int:mail_id>", "1")
        for method in (Client().get, Client().post):
            response = method(address)
            assert response.status_code == 302, address
            assert response["Location"].startswith("/account/login/"), address
    assert get_resolver().resolve("/start")


def test_what_changes_something_is_never_a_get(administrator: Person, browser_of: ClientMaker) -> None:
    browser = browser_of(administrator)
    for address in ("people/1/close", "people/1/invite", "tokens/1/revoke", "jobs/1/cancel", "outbox/1/retry"):
        assert browser.get(f"/{address}").status_code == 405


def test_a_form_from_elsewhere_changes_nothing(administrator: Person, browser_of: ClientMaker) -> None:
    response = browser_of(administrator, enforce_csrf_checks=True).post("/departments", {"name": "Sales"})
    assert response.status_code == 403
    assert not Department.objects.exists()


def test_a_department_is_added_changed_and_merged_on_its_pages(
    administrator: Person, sales: Department, browser_of: ClientMaker
) -> None:
    browser = browser_of(administrator)
    assert browser.post("/departments", {"name": "Shops", "parent": sales.pk}).status_code == 302
    shops = Department.objects.get(name="Shops")
    taken = browser.post("/departments", {"name": "shops"})
    assert taken.status_code == 400
    assert "There is a department shops already" in taken.content.decode()
    given = {"name": "Stores", "parent": "", "head": administrator.pk}
    assert browser.post(f"/departments/{shops.pk}", given).status_code == 302
    shops.refresh_from_db()
    assert (shops.name, shops.parent, shops.head) == ("Stores", None, administrator)
    assert browser.post(f"/departments/{shops.pk}/merge", {"into": sales.pk}).status_code == 302
    assert Department.objects.count() == 1
    assert HistoryEntry.objects.count() == 5


def test_a_change_refused_half_way_changes_nothing(
    administrator: Person, sales: Department, browser_of: ClientMaker
) -> None:
    below = Department.objects.create(name="Shops", parent=sales)
    response = browser_of(administrator).post(f"/departments/{sales.pk}", {"name": "Selling", "parent": below.pk})
    assert response.status_code == 400
    assert "cannot move under it" in response.content.decode()
    sales.refresh_from_db()
    assert sales.name == "Sales"
    assert not HistoryEntry.objects.exists()


def test_someone_is_added_and_changed_on_their_pages(
    administrator: Person, sales: Department, browser_of: ClientMaker
) -> None:
    browser = browser_of(administrator)
    given = {"name": "New person", "email": "new@example.com", "roles": ["employee"], "department": sales.pk}
    page = browser.post("/people/add", given).content.decode()
    assert "/invitation/" in page
    added = Person.objects.get(email="new@example.com")
    changed = {"name": "New person", "title": "Seller", "roles": ["manager", "analyst"], "time_zone": "UTC"}
    assert browser.post(f"/people/{added.pk}", changed).status_code == 302
    added.refresh_from_db()
    assert (added.title, added.roles, added.department) == ("Seller", ["manager", "analyst"], None)
    assert browser.post("/people/add", given).status_code == 400
    assert browser.post(f"/people/{added.pk}/close").status_code == 302
    assert "New person" not in browser.get("/people").content.decode().split("toasts")[0]
    assert "New person" in browser.get("/people?closed=on").content.decode()


@pytest.mark.parametrize("query", ["seller", "SELLER berlin", "example.com"])
def test_people_are_found_by_what_is_known_of_them(
    query: str, make_person: PersonMaker, employee: Person, browser_of: ClientMaker
) -> None:
    make_person("employee", name="Looked for", title="Seller", site="Berlin", email="x@example.com")
    make_person("employee", name="Left out", email="y@other.example")
    page = browser_of(employee).get("/people", {"q": query}).content.decode()
    assert "Looked for" in page
    assert "Left out" not in page


@pytest.mark.parametrize("query", ["page=0", "page=x", "page=99999", "q=%00", "q=" + "x" * 5000, "state=%27"])
def test_an_address_made_by_hand_breaks_no_page(query: str, administrator: Person, browser_of: ClientMaker) -> None:
    browser = browser_of(administrator)
    for address in ("/people", "/history", "/jobs", "/outbox"):
        assert browser.get(f"{address}?{query}").status_code == 200, address


def test_people_change_their_own_settings(employee: Person, browser_of: ClientMaker) -> None:
    browser = browser_of(employee)
    assert browser.post("/me", {"name": "Renamed", "time_zone": "Asia/Tokyo", "language": ""}).status_code == 302
    employee.refresh_from_db()
    assert (employee.name, employee.time_zone) == ("Renamed", "Asia/Tokyo")
    assert browser.post("/me", {"name": "x", "time_zone": "Nowhere"}).status_code == 400


def test_times_are_those_of_the_reader_s_time_zone_else_the_company_s(
    employee: Person, browser_of: ClientMaker, django_assert_num_queries: object
) -> None:
    from datetime import UTC, datetime

    ensure_company(time_zone="Asia/Tokyo")
    HistoryEntry.objects.create(actor=employee, code="x.y", subject="s", at=datetime(2026, 1, 5, 20, 30, tzinfo=UTC))
    assert "6 January 2026, 05:30" in browser_of(employee).get("/history").content.decode()
    Person.objects.update(time_zone="America/New_York")
    assert "5 January 2026, 15:30" in browser_of(employee).get("/history").content.decode()


def job(**fields: object) -> Job:
    made = queue.enqueue("base.tidy", {})
    Job.objects.filter(pk=made.pk).update(**fields)
    made.refresh_from_db()
    return made


def test_a_running_job_shows_its_progress_and_asks_again_until_it_is_over(
    administrator: Person, browser_of: ClientMaker
) -> None:
    running = job(state="running", progress_done=30, progress_total=120, progress_note="January")
    address = f"/jobs/{running.pk}/progress"
    browser = browser_of(administrator)
    assert address in browser.get("/jobs").content.decode()
    fragment = browser.get(address).content.decode()
    assert 'value="30"' in fragment
    assert "January" in fragment
    assert f'hx-get="{address}"' in fragment
    Job.objects.update(state="done")
    over = browser.get(address)
    assert "hx-get" not in over.content.decode()
    assert over["HX-Trigger"] == "job-over"


def test_a_failed_job_says_why_and_is_tried_again(administrator: Person, browser_of: ClientMaker) -> None:
    failed = job(state="failed", failures=5, error="Traceback …\nOSError: disk full")
    browser = browser_of(administrator)
    page = browser.get("/jobs").content.decode()
    assert "1 job failed and waits for you." in page
    assert "OSError: disk full" in page
    assert browser.post(f"/jobs/{failed.pk}/retry").status_code == 302
    failed.refresh_from_db()
    assert (failed.state, failed.failures, failed.error) == ("waiting", 0, "")
    assert browser.post(f"/jobs/{failed.pk}/retry").status_code == 409
    assert browser.post(f"/jobs/{failed.pk}/cancel").status_code == 302
    assert browser.post(f"/jobs/{failed.pk}/cancel").status_code == 409
    assert list(HistoryEntry.objects.values_list("code", flat=True)) == ["job.cancelled", "job.retried"]


def test_retrying_work_that_waits_already_is_refused(administrator: Person, browser_of: ClientMaker) -> None:
    failed = job(state="failed", unique_key="k")
    job(unique_key="k")
    assert browser_of(administrator).post(f"/jobs/{failed.pk}/retry").status_code == 409


def test_jobs_of_others_are_seen_and_ended_only_as_the_matrix_says(
    role: str, make_person: PersonMaker, browser_of: ClientMaker
) -> None:
    person = make_person(role)
    own, other = job(requested_by=person), job()
    browser = browser_of(person)
    sees_all, manages_own = role in ("cx_team", "analyst", "administrator"), role in ("cx_team", "analyst")
    assert browser.get(f"/jobs/{own.pk}/progress").status_code == 200
    assert browser.get(f"/jobs/{other.pk}/progress").status_code == (200 if sees_all else 404)
    expected = 302 if role == "administrator" else 403 if sees_all else 404
    assert browser.post(f"/jobs/{other.pk}/cancel").status_code == expected
    expected = 302 if role == "administrator" or manages_own else 403
    assert browser.post(f"/jobs/{own.pk}/cancel").status_code == expected
