"""Reliability standards: promises kept, what went right, imported series; breaches and hand-offs."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from headwater.base.company import ensure_company
from headwater.base.models import Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Conflict, Refused
from headwater.journey import services, standard_edits, standards
from headwater.journey.models import SeriesPoint, Standard
from headwater.journey.packs import load_pack
from headwater.journey.standard_edits import Point
from headwater.listening import inbox
from headwater.listening.services import receive_signals
from headwater.metrics.store import close_company_record
from headwater.science import Estimate, NoVerdict, proportion

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.journey.urls")]
JSON = "application/json"
NOW = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=30)
"""Half an hour ago: what is due at a full hour from here is as due at the end of the tests as at their beginning."""
TOLD = {
    "promise": "event = 'promised'", "receipt": "event = 'kept'", "hours": 2, "told": "event = 'told'",
    "called_off": "event = 'cancelled'",
}  # fmt: skip
VALUES = {
    "name": "Told within 2 hours", "moment": "pay", "method": "kept", "definition": TOLD,
    "departments": ["finance"], "target": 0.9,
}  # fmt: skip


@pytest.fixture(autouse=True)
def ours(home: Any, editor: Person) -> Iterator[None]:
    close_company_record()
    ensure_company(name="Ours", time_zone="UTC")
    services.apply_pack(editor, load_pack("retail"))
    yield
    close_company_record()


@pytest.fixture
def site(client: Client, editor: Person) -> Client:
    client.force_login(editor)
    return client


@pytest.fixture
def colleague(person_with: Callable[..., Person]) -> Client:
    client = Client()
    client.force_login(person_with("employee"))
    return client


def send(*events: tuple[str, str, float]) -> None:
    """Events of an order, so many hours before now."""
    rows = [
        {"record_id": f"{event}-{order}", "kind": "event", "event": event, "subject_id": order,
         "customer_id": f"c-{order}", "occurred_at": (NOW - timedelta(hours=ago)).isoformat()}
        for event, order, ago in events
    ]  # fmt: skip
    receive_signals(rows, source="shop", person=None)
    inbox.flush()


def some_orders() -> None:
    """o1 kept, o2 kept too late, o3 open since 10 hours, o4 open since 20 hours and told, o5 cancelled, o6 not due."""
    send(
        ("promised", "o1", 30), ("kept", "o1", 29), ("promised", "o2", 30), ("kept", "o2", 27), ("promised", "o3", 12),
        ("promised", "o4", 22), ("told", "o4", 21), ("promised", "o5", 15), ("cancelled", "o5", 14),
        ("promised", "o6", 1),
    )  # fmt: skip


def test_what_is_due_is_kept_or_broken(editor: Person) -> None:
    some_orders()
    standard_edits.create_standard(editor, VALUES)
    answer = standards.reliability("pay")["pay"]
    assert (answer.kept, answer.due) == (1, 4)
    assert isinstance(answer.result, Estimate)
    assert answer.result.low <= 0.25 <= answer.result.high
    assert answer.by_department == {"finance": answer.result}
    assert sum(month.counts.due for month in answer.months) == 4


def test_breaches_are_listed_open_first_and_longest_overdue_first(editor: Person) -> None:
    some_orders()
    standard_edits.create_standard(editor, VALUES)
    found = standards.breaches()
    assert (found.open, found.closed) == (2, 1)
    assert [one.breach.subject_id for one in found.rows] == ["o4", "o3", "o2"]
    assert [one.breach.told_at is not None for one in found.rows] == [True, False, False]
    assert [round(one.hours) for one in found.rows[2:]] == [1]


def test_the_moments_without_a_standard_have_no_reliability(editor: Person) -> None:
    assert standards.reliability() == {}
    assert standards.breaches().rows == ()


def test_nothing_due_is_no_verdict(editor: Person) -> None:
    send(("promised", "o6", 1))
    standard_edits.create_standard(editor, VALUES)
    answer = standards.reliability("pay")["pay"]
    assert isinstance(answer.result, NoVerdict)
    assert answer.result.code == "nothing_due"


def test_what_went_right_of_what_happened(editor: Person) -> None:
    send(*(("done" if n % 4 else "failed", f"o{n}", n + 1) for n in range(20)))
    definition = {"happened": "event in ('done', 'failed')", "right": "event = 'done'"}
    standard_edits.create_standard(editor, {**VALUES, "method": "right", "definition": definition})
    answer = standards.reliability("pay")["pay"]
    assert (answer.kept, answer.due) == (15, 20)


def test_a_series_counts_by_department_with_wilson(editor: Person) -> None:
    standard = standard_edits.create_standard(editor, {**VALUES, "method": "series"})
    points = [Point(date(2026, 1, day), 10, 8, "finance" if day % 2 else "digital") for day in range(1, 11)]
    assert standard_edits.import_series(editor, standard.pk, points) == 10
    standard_edits.import_series(editor, standard.pk, points)
    answer = standards.reliability("pay")["pay"]
    assert (answer.kept, answer.due) == (80, 100)
    assert answer.result == proportion(80, 100)
    assert answer.by_department == {"digital": proportion(40, 50), "finance": proportion(40, 50)}
    later = standards.reliability("pay", date(2026, 1, 10), date(2026, 1, 10))["pay"]
    assert later.due == 10


def test_a_hand_off_says_who_hands_over_to_whom(editor: Person, site: Client) -> None:
    some_orders()
    values = {**VALUES, "departments": [], "giver": "warehouse", "taker": "delivery"}
    standard_edits.create_standard(editor, values)
    assert set(standards.reliability("pay")["pay"].by_department) == {"warehouse", "delivery"}
    shown = site.get("/journey/standards").content.decode()
    assert "Hand-offs" in shown
    assert "Warehouse and packing" in shown


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"name": " "}, "standard.name"),
        ({"moment": "nowhere"}, "standard.moment"),
        ({"method": "guess"}, "standard.method"),
        ({"departments": ["nobody"]}, "standard.department"),
        ({"taker": "finance"}, "standard.giver"),
        ({"target": 1.5}, "standard.target"),
        ({"definition": {"promise": "event = 'a'"}}, "standard.incomplete"),
        ({"definition": {**TOLD, "hours": 0}}, "standard.no_deadline"),
        ({"definition": {**TOLD, "receipt": "colour = 1"}}, "filter"),
        ({"definition": {**TOLD, "hours": -4}}, "standard.invalid"),
        ({"definition": {**TOLD, "else": 1}}, "standard.invalid"),
        ({"method": "right", "definition": {"happened": "event = 'a'"}}, "standard.incomplete"),
    ],
)
def test_what_cannot_be_measured_is_refused(editor: Person, wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        standard_edits.create_standard(editor, {**VALUES, **wrong})
    assert refused.value.code == code
    assert not Standard.objects.exists()


@pytest.mark.parametrize(
    "text",
    [
        "", "date,happened\n2026-01-01,4\n", "date,happened,right\n2026-01-01,4,5\n",
        "date,happened,right\nyesterday,4,3\n", "date,happened,right\n2026-01-01,-1,-2\n", "date;happened;right\n",
    ],
)  # fmt: skip
def test_a_series_that_makes_no_sense_is_refused(editor: Person, text: str) -> None:
    standard = standard_edits.create_standard(editor, {**VALUES, "method": "series"})
    with pytest.raises(Refused):
        standard_edits.import_series(editor, standard.pk, standard_edits.read_series(text))
    assert not SeriesPoint.objects.exists()


def test_a_standard_of_the_record_takes_no_series(editor: Person) -> None:
    standard = standard_edits.create_standard(editor, VALUES)
    with pytest.raises(Refused):
        standard_edits.import_series(editor, standard.pk, [Point(date(2026, 1, 1), 2, 1)])


def test_who_may_not_edit_sets_nothing(person_with: Callable[..., Person]) -> None:
    with pytest.raises(NotAllowed):
        standard_edits.create_standard(person_with("employee"), VALUES)


def test_a_standard_is_set_changed_and_retired_on_pages(site: Client, colleague: Client) -> None:
    some_orders()
    form = {
        "name": "Told soon", "moment": "pay", "method": "kept", "promise": "event = 'promised'",
        "receipt": "event = 'kept'", "length": "2", "length_unit": "1", "per": "subject", "target": "90",
        "departments": ["finance"],
    }  # fmt: skip
    assert colleague.post("/journey/standards/new", form).status_code == 403
    assert site.post("/journey/standards/new", form).status_code == 302
    standard = Standard.objects.get()
    assert (standard.definition["hours"], standard.target) == (2, 0.9)
    assert "Told soon" in site.get("/journey/standards").content.decode()
    assert site.get(f"/journey/standards/{standard.pk}").status_code == 200
    site.post(f"/journey/standards/{standard.pk}/edit", form | {"length": "4"})
    standard.refresh_from_db()
    assert standard.definition["hours"] == 4
    site.post(f"/journey/standards/{standard.pk}/retire")
    assert standards.reliability() == {}


def test_a_row_for_all_and_rows_by_department_count_once(editor: Person) -> None:
    """The row for all prevails for the total, days without one are the sum of their departments."""
    standard = standard_edits.create_standard(editor, {**VALUES, "method": "series"})
    rows = [
        Point(date(2026, 1, 1), 100, 90),
        Point(date(2026, 1, 1), 60, 55, "finance"),
        Point(date(2026, 1, 1), 30, 28, "delivery"),
        Point(date(2026, 1, 2), 10, 10, "finance"),
        Point(date(2026, 2, 1), 20, 5),
    ]
    standard_edits.import_series(editor, standard.pk, rows)
    answer = standards.reliability("pay")["pay"]
    assert (answer.kept, answer.due) == (90 + 10 + 5, 100 + 10 + 20)
    assert [(one.counts.kept, one.counts.due) for one in answer.months] == [(100, 110), (5, 20)]
    departments = answer.readings[0].departments
    assert {name: (one.kept, one.due) for name, one in departments.items()} == {
        "finance": (65, 70), "delivery": (28, 30),
    }  # fmt: skip


def test_a_change_never_overwrites_what_someone_else_changed(site: Client, editor: Person) -> None:
    standard = standard_edits.create_standard(editor, VALUES)
    read = site.get("/api/v1/standards").json()[0]
    page = site.get(f"/journey/standards/{standard.pk}/edit").content.decode()
    assert f'name="seen" value="{read["seen"]}"' in page
    standard_edits.change_standard(editor, standard.pk, {**VALUES, "target": 0.8})
    with pytest.raises(Conflict, match="target"):
        standard_edits.change_standard(editor, standard.pk, {**VALUES, "name": "Mine"}, seen=read["seen"])
    late = site.put(f"/api/v1/standards/{standard.pk}", {**VALUES, "seen": read["seen"]}, content_type=JSON)
    assert (late.status_code, late.json()["code"]) == (409, "standard.changed_meanwhile")
    form = {
        "name": "Mine", "moment": "pay", "method": "kept", "promise": "event = 'promised'", "seen": read["seen"],
        "receipt": "event = 'kept'", "length": "2", "length_unit": "1", "per": "subject", "departments": ["finance"],
    }  # fmt: skip
    for _again in range(2):
        refused = site.post(f"/journey/standards/{standard.pk}/edit", form)
        assert refused.status_code == 409
        assert "Someone else changed" in refused.content.decode()
    standard.refresh_from_db()
    assert (standard.name, standard.target) == (VALUES["name"], 0.8)
    again = site.get("/api/v1/standards").json()[0]["seen"]
    taken = site.put(f"/api/v1/standards/{standard.pk}", {**VALUES, "name": "Ours", "seen": again}, content_type=JSON)
    assert (taken.status_code, taken.json()["name"]) == (200, "Ours")


def test_a_series_is_uploaded_on_its_page(site: Client, editor: Person) -> None:
    standard = standard_edits.create_standard(editor, {**VALUES, "method": "series"})
    file = SimpleUploadedFile("s.csv", b"date;happened;right;department\n2026-01-01;10;9;finance\n")
    site.post(f"/journey/standards/{standard.pk}/series", {"file": file})
    assert SeriesPoint.objects.get().went_right == 9
    wrong = SimpleUploadedFile("s.csv", b"date,happened,right\nx,1,1\n")
    said = site.post(f"/journey/standards/{standard.pk}/series", {"file": wrong}, follow=True).content.decode()
    assert "Line 2" in said
    old = SimpleUploadedFile("s.csv", b"date\rhappened\r")
    said = site.post(f"/journey/standards/{standard.pk}/series", {"file": old}, follow=True).content.decode()
    assert "The file is no CSV" in said


def test_a_standard_that_everyone_reads_singles_nobody_out(person_with: Callable[..., Person]) -> None:
    alone = {**VALUES, "definition": {**TOLD, "promise": "customer_id = 'c-1'"}}
    with pytest.raises(Refused, match="single out"):
        standard_edits.create_standard(person_with("cx_team"), alone)


@pytest.mark.parametrize("field", ["name", "description"])
def test_a_text_that_cannot_be_kept_is_refused(editor: Person, field: str) -> None:
    with pytest.raises(Refused):
        standard_edits.create_standard(editor, {**VALUES, field: "a\x00b"})


def test_breaches_name_customers_to_those_who_may_see_them(site: Client, colleague: Client, editor: Person) -> None:
    some_orders()
    standard_edits.create_standard(editor, VALUES)
    mine, theirs = (one.get("/journey/breaches").content.decode() for one in (site, colleague))
    assert "2 promises are broken and still open; 1 more was kept too late in the last 30 days." in mine
    assert "c-o4" in mine
    assert "c-o4" not in theirs
    assert "o4" not in theirs
    assert 'hx-trigger="every 15s"' in site.get("/journey/breaches", HTTP_HX_REQUEST="true").content.decode()


def test_programs_read_reliability_and_breaches(site: Client, colleague: Client) -> None:
    some_orders()
    made = site.post("/api/v1/standards", VALUES, content_type=JSON)
    assert made.status_code == 201
    assert colleague.post("/api/v1/standards", VALUES, content_type=JSON).status_code == 403
    read = site.get("/api/v1/reliability").json()
    assert [(one["moment"], one["kept"], one["due"]) for one in read] == [("pay", 1, 4)]
    broken = site.get("/api/v1/breaches").json()
    assert (broken["open"], broken["rows"][0]["customer_id"]) == (2, "c-o4")
    assert colleague.get("/api/v1/breaches").json()["rows"][0]["customer_id"] is None
    points = [{"day": "2026-01-01", "happened": 3, "went_right": 2}]
    series = site.post(
        "/api/v1/standards", {**VALUES, "name": "Series", "method": "series", "definition": {}}, content_type=JSON
    )
    taken = site.post(f"/api/v1/standards/{series.json()['id']}/series", points, content_type=JSON)
    assert taken.json() == {"days": 1}
    assert site.delete(f"/api/v1/standards/{made.json()['id']}").json()["retired"]


def test_strangers_see_nothing(client: Client) -> None:
    for path in ("/journey/standards", "/journey/breaches", "/journey/standards/1"):
        assert client.get(path).status_code == 302
    assert client.get("/api/v1/breaches").status_code == 401
