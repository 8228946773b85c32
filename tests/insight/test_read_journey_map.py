"""The map of the journey: its figures, its words for those who may read them, who agrees and who listens."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from headwater.base.company import ensure_company
from headwater.base.models import Department, Person
from headwater.insight.forest import forest
from headwater.insight.journey_map import journey_map, months
from headwater.insight.journey_map_wording import map_sentence
from headwater.insight.selection import Selection
from headwater.insight.views.journey_map import spark
from headwater.journey.models import MomentLeader, Standard
from headwater.journey.moments import choose_moment
from headwater.journey.queries import taxonomy
from headwater.journey.services import add_item, publish_draft
from headwater.science import Estimate
from tests.insight.conftest import Label, Write, complaint

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey"), pytest.mark.reads_record]


@pytest.fixture
def told(write: Write, label: Label) -> None:
    """Four months of words about waiting, and scores for waiting and ordering."""
    rows = [
        complaint(n, local_date=date(2026, 1 + n // 20, 5), text=f"my parcel {n} is a week late") for n in range(80)
    ]
    write(rows)
    label({str(n): {"stage": "wait", "causes": ["delivery_late"]} for n in range(80)})
    for stage, score in (("wait", 2), ("order", 5)):
        given = {"metric": "csat", "score": score, "stage": stage, "local_date": date(2026, 4, 9)}
        write([{**given, "record_id": f"{stage}{n}"} for n in range(40)])


def test_stages_say_what_the_forest_says(told: None) -> None:
    found = journey_map(None, Selection())
    for one, card in zip(found.stages, forest(Selection()).stages, strict=True):
        assert (one.stage, one.result, one.trend) == (card.stage, card.result, card.trend)
        assert [hurt.share for hurt in one.card.causes] == [hurt.share for hurt in card.causes]
    assert found.lowest is not None
    assert found.lowest.stage.id == "wait"
    assert "I wait for it" in map_sentence(found)


def test_words_are_typical_and_only_for_those_who_may_read_them(told: None, person_with: Callable[..., Person]) -> None:
    delivery, finance = (
        Department.objects.create(name=name, pack_departments=[name]) for name in ("delivery", "finance")
    )

    def words(person: Person | None) -> list[str]:
        found = journey_map(person, Selection())
        return [row.text or "" for one in found.stages for row in one.words]

    assert words(None)
    assert "a week late" in words(person_with("employee", department=delivery))[0]
    assert words(person_with("employee", department=finance)) == []
    assert words(person_with("employee")) == []


def test_moments_of_truth_stand_with_leader_and_reliability(
    told: None, write: Write, person_with: Callable[..., Person]
) -> None:
    leader = person_with("executive")
    choose_moment(None, "promised_day", True)
    publish_draft(None)
    MomentLeader.objects.create(moment="promised_day", person=leader)
    write([{"record_id": f"e{n}", "kind": "event", "event": "ok" if n % 4 else "late"} for n in range(80)])
    definition = {"happened": "event in ('ok', 'late')", "right": "event = 'ok'"}
    Standard.objects.create(name="On the day", moment="promised_day", method="right", definition=definition)
    wait = next(one for one in journey_map(None, Selection()).stages if one.stage.id == "wait")
    (moment,) = wait.moments
    assert (moment.moment.id, moment.leader) == ("promised_day", leader)
    assert isinstance(moment.reliability, Estimate)
    assert moment.reliability.estimate == pytest.approx(0.75)
    assert "promised_day" not in {other.id for other in wait.others}


def test_blind_spots_and_touchpoints_without_data_are_shown(told: None) -> None:
    add_item(None, "touchpoint", {"name": "A letter", "stage": "wait"})
    publish_draft(None)
    stages = {one.stage.id: one for one in journey_map(None, Selection()).stages}
    assert stages["wait"].blind == ("happened",)
    assert set(stages["use"].blind) == {"asked", "volunteered", "happened"}
    assert "A letter" in [touchpoint.name for touchpoint in stages["wait"].silent]
    assert "Front door" not in [touchpoint.name for touchpoint in stages["wait"].silent]


def test_several_journeys_are_read_one_at_a_time(told: None) -> None:
    buying = add_item(None, "journey", {"name": "Buying"})
    moving = add_item(None, "journey", {"name": "Moving house"})
    add_item(None, "stage", {"name": "I pack my things", "journey": moving.id})
    publish_draft(None)
    first, second = (journey_map(None, Selection(), one) for one in ("", moving.id))
    assert first.journey is not None
    assert first.journey.id == buying.id
    assert [one.stage.name for one in second.stages] == ["I pack my things"]
    assert len(first.stages) == len(taxonomy().stages) - 1
    assert journey_map(None, Selection(), "no such journey").journey == first.journey


def test_the_course_is_drawn_within_its_frame(told: None) -> None:
    found = journey_map(None, Selection())
    wait = next(one for one in found.stages if one.stage.id == "wait")
    drawn = spark(wait, months(found.stages), 1.0)
    assert drawn is not None
    points = [tuple(map(float, point.split(","))) for point in (drawn.line + " " + drawn.band).split()]
    assert all(0 <= x <= 100 and 0 <= y <= 28 for x, y in points)
    order = next(one for one in found.stages if one.stage.id == "order")
    assert spark(order, months(found.stages), 1.0) is None


@pytest.fixture
def signed_in(person_with: Callable[..., Person]) -> Callable[..., Client]:
    ensure_company(name="Test company", pack="retail")

    def sign_in(*roles: str, **more: Any) -> Client:
        client = Client()
        client.force_login(person_with(*roles, **more))
        return client

    return sign_in


def test_everyone_reads_it_and_editors_find_the_way_to_edit(signed_in: Callable[..., Client], told: None) -> None:
    page = signed_in("employee").get("/journey").content.decode()
    assert "The journey hurts most at “I wait for it”" in page
    assert "/journey/edit" not in page
    assert "/journey/edit" in signed_in("cx_team").get("/journey").content.decode()


def test_strangers_and_askers_of_words_are_refused(signed_in: Callable[..., Client], told: None) -> None:
    assert Client().get("/journey").status_code == 302
    employee = signed_in("employee")
    assert employee.get("/journey", {"where": "text like '%x%' and customer_id = 'c'"}).status_code == 403
    assert employee.get("/journey", {"where": "stage ="}).status_code == 400
    assert employee.get("/journey", {"journey": "x" * 3000, "since": "2026-02-01"}).status_code == 200


def test_an_empty_record_still_shows_the_stages(record: object, signed_in: Callable[..., Client]) -> None:
    page = signed_in("cx_team").get("/journey").content.decode()
    assert "nobody has scored one yet" in page
    assert "I wait for it" in page


@pytest.mark.parametrize("address", ["/journey", "/demand", "/api/v1/demand"])
@pytest.mark.parametrize("query", ["until=0001-01-01", "since=9999-12-31", "since=0001-01-01&until=9999-12-31"])
def test_a_range_at_the_end_of_the_calendar_is_an_empty_page_and_no_failure(
    told: None, client: Client, person_with: Callable[..., Person], address: str, query: str
) -> None:
    ensure_company(name="Ours")
    client.force_login(person_with("cx_team"))
    assert client.get(f"{address}?{query}").status_code == 200
