"""Line of sight: what a department does, its figures, what changed, whose words; and who sees nothing."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from headwater.base.company import ensure_company
from headwater.base.models import Department, Person
from headwater.base.refusals import NotFound
from headwater.insight import outcomes
from headwater.insight.line_of_sight import line_of_sight, month_before, sighted
from headwater.insight.line_of_sight_wording import sight_note, sight_sentence
from headwater.journey.moments import contribute, set_leader
from headwater.journey.services import publish_draft
from headwater.science import Estimate, NoVerdict
from tests.insight.conftest import Label, Write, complaint

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey"), pytest.mark.reads_record]


@pytest.fixture
def delivery() -> Department:
    """A department that delivers, inside another."""
    ensure_company(name="Test company", pack="retail")
    above = Department.objects.create(name="Supply chain")
    return Department.objects.create(name="Delivery", parent=above, pack_departments=["delivery"])


@pytest.fixture
def two_months(write: Write, label: Label) -> None:
    """60 signals a month while waiting: 10 negative in February, 45 in March; April has begun."""
    rows = []
    for n in range(60):
        for month, bad in ((2, 10), (3, 45)):
            day = date(2026, month, 1 + n % 28)
            tone = "negative" if n < bad else "positive"
            rows.append(complaint(n, record_id=f"{month}-{n}", local_date=day, sentiment=tone, text="came late again"))
    rows.append(complaint(0, record_id="april", local_date=date(2026, 4, 2), sentiment="positive"))
    write(rows)
    label(
        {
            str(row["record_id"]): {"stage": "wait", "moment": "promised_day", "causes": ["delivery_late"]}
            for row in rows
        }
    )


def test_a_change_is_named_with_both_months_and_its_interval(delivery: Department, two_months: None) -> None:
    found = line_of_sight(None, delivery.pk)
    assert found.month == date(2026, 3, 1)
    wait = next(change for change in found.changes if change.id == "wait")
    assert (wait.now.n, wait.before.n) == (60, 60)
    gap = wait.comparison.difference
    assert isinstance(gap, Estimate)
    assert gap.estimate == pytest.approx(35 / 60)
    assert gap.low > 0
    assert wait.direction == "worse"
    assert "negative signals at “I wait for it” went from 17" in sight_note(found)


def test_too_few_signals_are_not_compared(delivery: Department, write: Write, label: Label) -> None:
    write([complaint(n, local_date=date(2026, 2 + n % 2, 28), stage="wait") for n in range(40)])
    wait = next(change for change in line_of_sight(None, delivery.pk).changes if change.id == "wait")
    assert isinstance(wait.now, NoVerdict)
    assert (wait.now.code, wait.direction) == ("small_base", "")


def test_every_department_reads_the_same_verdict_on_the_same_change(delivery: Department, two_months: None) -> None:
    other = Department.objects.create(name="Warehouse", pack_departments=["warehouse"])
    ours, theirs = (
        {change.id: change.comparison.adjusted_p for change in line_of_sight(None, one.pk).changes}
        for one in (delivery, other)
    )
    shared = set(ours) & set(theirs)
    assert "wait" in shared
    assert all(ours[key] == pytest.approx(theirs[key], nan_ok=True) for key in shared)


def test_what_it_does_at_a_moment_is_shown_with_who_answers(
    delivery: Department, two_months: None, person_with: Callable[..., Person]
) -> None:
    contribute(None, "promised_day", "delivery", "We bring the parcel on the promised day.")
    publish_draft(None)
    leader = person_with("executive")
    set_leader(None, "promised_day", leader)
    for department in (delivery, delivery.parent):  # what is below counts for the one above
        assert department is not None
        seen = {doing.moment.id: doing for doing in line_of_sight(None, department.pk).doings}
        doing = seen["promised_day"]
        assert doing.does == "We bring the parcel on the promised day."
        assert doing.figures is not None
        assert "find_product" not in seen
        assert doing.leader == leader
    assert "Supply chain reaches customers at" in sight_sentence(line_of_sight(None, delivery.parent_id))  # type: ignore[arg-type]


def test_departments_that_see_nothing_are_named(delivery: Department, record: object) -> None:
    Department.objects.create(name="People and culture")
    rows = {row.department.name: row for row in sighted()}
    assert rows["Delivery"].causes == rows["Supply chain"].causes > 0
    assert (rows["People and culture"].moments, rows["People and culture"].causes) == (0, 0)
    assert not rows["People and culture"].is_mapped
    with pytest.raises(NotFound, match="99999"):
        line_of_sight(None, 99_999)


def serves_one(department: Department) -> list[outcomes.Served]:
    return [outcomes.Served(f"An outcome of {department.name}", "/strategy")]


def test_rooms_above_say_which_outcomes_it_serves(
    delivery: Department, record: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "_offered", [])
    outcomes.offer_outcomes("tests.insight.test_line_of_sight.serves_one")
    outcomes.offer_outcomes("tests.insight.test_line_of_sight.serves_one")
    assert [one.name for one in line_of_sight(None, delivery.pk).outcomes] == ["An outcome of Delivery"]


def test_months_are_counted_back_over_the_year() -> None:
    assert month_before(date(2026, 1, 1)) == date(2025, 12, 1)


@pytest.fixture
def sign_in(person_with: Callable[..., Person]) -> Callable[..., Client]:
    def sign_in(*roles: str, **more: Any) -> Client:
        client = Client()
        client.force_login(person_with(*roles, **more))
        return client

    return sign_in


def test_words_are_for_the_people_of_departments_that_can_change_them(
    delivery: Department, two_months: None, sign_in: Callable[..., Client]
) -> None:
    finance = Department.objects.create(name="Finance", pack_departments=["finance"])
    address = f"/departments/{delivery.pk}/line-of-sight"
    mine = sign_in("employee", department=delivery).get(address).content.decode()
    assert "came late again" in mine
    assert "your department" in mine
    other = sign_in("employee", department=finance).get(address).content.decode()
    assert "came late again" not in other
    assert "What changed in March 2026" in other
    nobody = sign_in("employee").get(address).content.decode()
    assert "came late again" not in nobody
    words = sign_in("employee", department=finance).get(f"/api/v1{address}").json()["words"]
    assert words == []
    assert sign_in("analyst").get(f"/api/v1{address}").json()["words"]


def test_programs_get_the_changes(delivery: Department, two_months: None, sign_in: Callable[..., Client]) -> None:
    client = sign_in("employee")
    answer = client.get(f"/api/v1/departments/{delivery.pk}/line-of-sight?month=2026-03-15").json()
    wait = next(row for row in answer["changes"] if row["id"] == "wait")
    assert (answer["month"], wait["direction"]) == ("2026-03-01", "worse")
    assert wait["difference"]["estimate"] == pytest.approx(35 / 60)
    listed = client.get("/api/v1/line-of-sight").json()
    assert [row["name"] for row in listed] == ["Supply chain", "Delivery"]


def test_strangers_and_what_is_not_there(delivery: Department, record: object, sign_in: Callable[..., Client]) -> None:
    address = f"/departments/{delivery.pk}/line-of-sight"
    assert Client().get(address).status_code == 302
    assert Client().get(f"/api/v1{address}").status_code == 401
    assert Client().get("/line-of-sight").status_code == 302
    client = sign_in("manager")
    assert client.get("/departments/99999/line-of-sight").status_code == 404
    assert client.get("/api/v1/departments/99999/line-of-sight").status_code == 404
    assert client.get(f"/api/v1{address}?month=soon").status_code == 422
    assert client.get(f"/api/v1{address}?month=0001-01-01").status_code == 400
    assert "Nobody has said yet" not in client.get(address).content.decode()
    assert "see how its work reaches" in client.get("/line-of-sight").content.decode()
