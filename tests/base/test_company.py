"""The company's start: the sample goes, what was asked for comes, and it happens once."""

import pytest

from headwater.base import company as services
from headwater.base import queue
from headwater.base.company import PackChoice, company, ensure_company, first_departments, start_company
from headwater.base.history import record_history
from headwater.base.models import Company, Department, HistoryEntry, Job, OutboxMail, PageView, Person
from headwater.base.outbox import put_mail
from headwater.base.people import add_person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Conflict, Refused
from tests.base.conftest import ClientMaker, PersonMaker

pytestmark = pytest.mark.django_db

AIRLINE = PackChoice("airline", "Airline", (("ground", "Ground operations"), ("care", "Customer care")))
calls: list[str] = []


def packs() -> list[PackChoice]:
    return [AIRLINE, PackChoice("retail", "Retail")]


def clear_upper() -> None:
    calls.append("upper cleared")


def clear_lower() -> None:
    calls.append("lower cleared")


def started(person: Person | None, ours: Company) -> None:
    calls.append(f"started {ours.name} with {ours.pack}")


def fails(person: Person | None, ours: Company) -> None:
    raise OSError("disk full")


@pytest.fixture(autouse=True)
def rooms_above(hooks: None) -> None:
    calls.clear()
    here = "tests.base.test_company"
    services.offer_packs(f"{here}.packs")
    services.on_clear(f"{here}.clear_lower")
    services.on_clear(f"{here}.clear_upper")
    services.on_clear(f"{here}.clear_upper")
    services.on_start(f"{here}.started")


def start(person: Person | None, **fields: object) -> Company:
    given = {"name": "Fjord Air", "time_zone": "Europe/Oslo", "currency": "nok", "pack": "airline", **fields}
    return start_company(person, **given)  # type: ignore[arg-type]


def test_a_company_is_made_once_and_empty() -> None:
    assert company() is None
    first = ensure_company()
    assert (first.name, first.time_zone, first.is_sample, first.pack) == ("Our company", "UTC", False, "")
    assert ensure_company(name="Other") == first


def test_there_is_room_for_one_company_only() -> None:
    ensure_company()
    with pytest.raises(Exception, match=r"(?i)unique"):
        Company.objects.create(name="Second")


def test_starting_takes_what_was_asked_and_tells_the_rooms_above(administrator: Person) -> None:
    ours = start(administrator, departments=[("Ground", ["ground"]), ("Cabin", [])])
    assert (ours.name, ours.time_zone, ours.currency, ours.pack, ours.is_sample) == (
        "Fjord Air",
        "Europe/Oslo",
        "NOK",
        "airline",
        False,
    )
    assert list(Department.objects.values_list("name", "pack_departments")) == [("Cabin", []), ("Ground", ["ground"])]
    assert calls == ["started Fjord Air with airline"]
    assert HistoryEntry.objects.first().code == "company.started"  # type: ignore[union-attr]


def test_starting_clears_the_sample_and_keeps_the_people_who_can_sign_in(administrator: Person) -> None:
    ensure_company(name="Sample", pack="retail", is_sample=True)
    sample = add_person(None, "sample@example.com", "Sample head", ["manager"], is_sample=True)
    put_mail(sample.email, "Please sign off", "…")
    put_mail("new@example.com", "You are invited", "…")
    department = Department.objects.create(name="Warehouse", head=sample)
    sample.department = department
    sample.save()
    Department.objects.create(name="Packing", parent=department)
    record_history(sample, "department.added", "department:1", {"name": "Warehouse"})
    queue.enqueue("base.tidy", {})
    PageView.objects.create(person=administrator, route="/", at=department.head.created_at)  # type: ignore[union-attr]
    start(administrator)
    assert calls == ["upper cleared", "lower cleared", "started Fjord Air with airline"]
    assert list(Person.objects.all()) == [administrator]
    assert not Department.objects.exists()
    assert not Job.objects.exists()
    assert not PageView.objects.exists()
    assert company() is not None
    assert Company.objects.get().is_sample is False
    told = list(HistoryEntry.objects.order_by("id").values_list("code", flat=True))
    assert told == ["person.added", "company.sample_cleared", "company.started"]
    assert [mail.to for mail in OutboxMail.objects.all()] == ["new@example.com"]


def test_a_start_that_fails_leaves_the_sample_as_it_was(administrator: Person) -> None:
    ensure_company(name="Sample", pack="retail", is_sample=True)
    Department.objects.create(name="Warehouse")
    services.on_start("tests.base.test_company.fails")
    with pytest.raises(OSError, match="disk full"):
        start(administrator)
    assert Company.objects.get().is_sample is True
    assert Department.objects.exists()


def test_a_company_of_one_s_own_is_not_started_twice(administrator: Person) -> None:
    start(administrator)
    with pytest.raises(Conflict, match="Fjord Air was started already"):
        start(administrator, name="Other")


def test_an_empty_company_keeps_what_was_imported_when_it_starts(administrator: Person) -> None:
    ensure_company()
    Department.objects.create(name="Warehouse")
    start(administrator)
    assert Department.objects.filter(name="Warehouse").exists()
    assert calls == ["started Fjord Air with airline"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": " "}, "name_missing"),
        ({"name": "x" * 121}, "name_missing"),
        ({"time_zone": "Oslo"}, "time_zone_unknown"),
        ({"currency": "€"}, "currency_unknown"),
        ({"currency": "EURO"}, "currency_unknown"),
        ({"pack": "circus"}, "pack_unknown"),
        ({"departments": [("Ground", []), ("ground", [])]}, "name_taken"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_starts(change: dict[str, object], code: str) -> None:
    ensure_company(name="Sample", pack="retail", is_sample=True)
    with pytest.raises(Refused) as caught:
        start(None, **change)
    assert caught.value.code == code
    assert Company.objects.get().name == "Sample"


def test_only_an_administrator_starts_or_changes_the_company(role: str, make_person: PersonMaker) -> None:
    person = make_person(role)
    ensure_company()
    if role == "administrator":
        start(person)
        services.change_company(person, name="Fjord Airways", time_zone="Europe/Oslo", currency="NOK")
        assert Company.objects.get().name == "Fjord Airways"
        return
    with pytest.raises(NotAllowed):
        start(person)
    with pytest.raises(NotAllowed):
        services.change_company(person, name="Mine", time_zone="UTC", currency="EUR")
    assert Company.objects.get().pack == ""


def test_a_change_without_a_difference_leaves_no_history(administrator: Person) -> None:
    start(administrator)
    before = HistoryEntry.objects.count()
    services.change_company(administrator, name="Fjord Air", time_zone="Europe/Oslo", currency="NOK")
    assert HistoryEntry.objects.count() == before


def test_first_departments_are_mapped_by_name_and_default_to_the_pack_s() -> None:
    assert first_departments([], AIRLINE) == [("Ground operations", ("ground",)), ("Customer care", ("care",))]
    assert first_departments([" customer  CARE ", "Cabin", "", "cabin"], AIRLINE) == [
        ("customer CARE", ("care",)),
        ("cabin", ()),
    ]
    assert first_departments([], None) == []


def test_the_page_starts_the_company_and_refuses_at_the_field(administrator: Person, browser_of: ClientMaker) -> None:
    ensure_company(name="Sample", pack="retail", is_sample=True)
    browser = browser_of(administrator)
    page = browser.get("/start").content.decode()
    assert "Airline" in page
    given = {"name": "Fjord Air", "time_zone": "Europe/Oslo", "currency": "E1R", "pack": "airline", "departments": ""}
    response = browser.post("/start", given)
    assert response.status_code == 400
    assert "no currency code" in response.content.decode()
    response = browser.post("/start", {**given, "currency": "NOK"})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert Department.objects.count() == 2
    assert "is the sample" not in browser.get("/").content.decode()


def test_every_page_says_that_the_sample_is_the_sample(administrator: Person, browser_of: ClientMaker) -> None:
    ensure_company(name="Sample", pack="retail", is_sample=True)
    browser = browser_of(administrator)
    for address in ("/", "/people", "/history", "/jobs", "/outbox", "/start"):
        assert "sample company" in browser.get(address).content.decode(), address
