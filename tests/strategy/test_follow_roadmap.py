"""The roadmap: phases by evidence, what fades, and what people plan."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import HistoryEntry, Person
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.journey import services as journeys
from headwater.journey.moments import FEWEST, MOST
from headwater.journey.queries import taxonomy
from headwater.strategy import phase_facts, readiness, roadmap
from headwater.strategy.models import PhaseEvidence, PhasePlan
from headwater.strategy.phases import BY_KEY, CRITERIA, PHASES, RoadmapFacts, maturity, standings
from tests.insight.conftest import Label, Write, complaint, empty_record, journey, label, record, write

__all__ = ["empty_record", "journey", "label", "record", "write"]

pytestmark = pytest.mark.django_db
PersonWith = Callable[..., Person]
TODAY = date(2026, 6, 15)
ALL_MET = RoadmapFacts(
    today=TODAY,
    signals=100,
    with_customer=90,
    history_days=400,
    mission=True,
    outcomes=3,
    outcomes_with_money=1,
    stages=6,
    stages_settled=6,
    truths=12,
    truths_with_leader=12,
    truths_with_contributions=12,
    fresh_kinds=("Survey", "Contact", "Event"),
    cells=24,
    cells_heard=16,
    negatives=50,
    negatives_with_cause=25,
    truths_with_standard=6,
    truths_with_guidepost=6,
    reliability_falls=(),
    measures=4,
    measures_signed=4,
    measures_on_path=2,
    readiness=11,
    readiness_settled=11,
    requests=2,
    requests_late=0,
    pay_on_score=False,
)
FAILING: dict[str, dict[str, Any]] = {
    "customers_known": {"with_customer": 49},
    "history": {"history_days": 364},
    "mission": {"mission": False},
    "money": {"outcomes_with_money": 0},
    "journey_agreed": {"stages_settled": 5},
    "truths": {"truths": 21, "truths_with_leader": 21, "truths_with_contributions": 21, "truths_with_standard": 11}
    | {"truths_with_guidepost": 11},
    "leaders": {"truths_with_leader": 11},
    "contributions": {"truths_with_contributions": 11},
    "sources": {"fresh_kinds": ("Survey", "Contact")},
    "grid": {"cells_heard": 15},
    "causes": {"negatives_with_cause": 24},
    "standards": {"truths_with_standard": 5},
    "reliability": {"reliability_falls": ("It arrives",)},
    "guideposts": {"truths_with_guidepost": 5},
    "signed": {"measures_signed": 3},
    "on_path": {"measures_on_path": 1},
    "readiness": {"readiness_settled": 10},
    "requests": {"requests_late": 1},
    "pay": {"pay_on_score": True},
}


def unmet(facts: RoadmapFacts) -> list[str]:
    return [one.criterion.key for standing in standings(facts, {}) for one in standing.evidence if not one.judged.met]


def test_when_all_evidence_is_met_all_five_phases_are() -> None:
    assert unmet(ALL_MET) == []
    assert maturity(standings(ALL_MET, {})) == len(PHASES) == 5


def test_of_nothing_nothing_is_met() -> None:
    assert set(unmet(RoadmapFacts(TODAY))) == set(CRITERIA)
    assert maturity(standings(RoadmapFacts(TODAY), {})) == 0


@pytest.mark.parametrize("criterion", CRITERIA)
def test_each_criterion_fails_by_its_own_fact_alone(criterion: str) -> None:
    assert unmet(replace(ALL_MET, **FAILING[criterion])) == [criterion]


@pytest.mark.parametrize(("truths", "met"), [(FEWEST - 1, False), (FEWEST, True), (MOST, True), (MOST + 1, False)])
def test_ten_to_twenty_moments_are_meant(truths: int, met: bool) -> None:
    facts = replace(ALL_MET, truths=truths)
    assert CRITERIA["truths"].judge(facts).met is met


def test_what_cannot_be_told_is_neither_met_nor_failed() -> None:
    facts = replace(ALL_MET, reliability_falls=None, requests=0, pay_on_score=None)
    for key in ("reliability", "requests", "pay"):
        assert CRITERIA[key].judge(facts).met is None
    assert maturity(standings(facts, {})) == 3


def test_a_later_phase_does_not_count_before_the_earlier_ones() -> None:
    found = standings(replace(ALL_MET, stages_settled=0), {})
    assert [one.state for one in found] == ["met", "here", "ahead", "ahead", "ahead"]
    assert maturity(found) == 1


def test_what_was_met_and_no_longer_is_fades() -> None:
    found = standings(replace(ALL_MET, mission=False), {"mission": True, "history": True})
    assert [one.criterion.key for standing in found for one in standing.faded] == ["mission"]


numbers = st.integers(0, 40)
facts_of_any_kind = st.builds(
    RoadmapFacts,
    today=st.just(TODAY),
    signals=numbers,
    with_customer=numbers,
    history_days=st.integers(0, 800),
    mission=st.booleans(),
    outcomes_with_money=numbers,
    stages=numbers,
    stages_settled=numbers,
    truths=numbers,
    truths_with_leader=numbers,
    fresh_kinds=st.lists(st.sampled_from("abcd"), unique=True).map(tuple),
    pay_on_score=st.none() | st.booleans(),
)


@given(facts_of_any_kind)
def test_there_is_at_most_one_phase_here_after_the_met_and_before_those_ahead(facts: RoadmapFacts) -> None:
    states = [one.state for one in standings(facts, {})]
    done = maturity(standings(facts, {}))
    assert states == (["met"] * done + ["here"] + ["ahead"] * (4 - done))[:5]


@pytest.mark.usefixtures("journey")
def test_the_facts_are_read_from_the_record_and_the_rooms(write: Write, label: Label, editor: Person) -> None:
    today = timezone.localdate()
    rows = [complaint(number, local_date=today, customer_id="c1") for number in range(3)]
    write([*rows, complaint(3, local_date=today, customer_id=None, kind="review")])
    label({"0": {"causes": ["delivery_late"], "stage": "wait"}})
    readiness.change_item(editor, "pay_on_score", {"says_yes": True})
    moment = taxonomy().moments[0]
    contribution = {"department": "delivery", "does": "Brings it."}
    journeys.change_item(editor, "moment", moment.id, {"truth": True, "contributions": [contribution]})
    journeys.publish_draft(editor)
    facts = phase_facts.facts()
    assert (facts.signals, facts.with_customer) == (4, 3)
    assert facts.fresh_kinds == ("Contact", "Review")
    assert (facts.negatives, facts.negatives_with_cause) == (4, 1)
    assert facts.cells_heard == 1
    assert (facts.truths, facts.truths_with_contributions, facts.truths_with_leader) == (1, 1, 0)
    assert facts.stages == len(taxonomy().stages)
    assert (facts.pay_on_score, facts.reliability_falls) == (True, None)


@pytest.mark.usefixtures("empty_record")
def test_months_are_kept_once_and_fading_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    this = timezone.localdate().replace(day=1)
    last = (this - timedelta(days=1)).replace(day=1)
    PhaseEvidence.objects.create(month=last, criterion="mission", met=True)
    for _ in range(2):
        roadmap.keep_month()
    assert PhaseEvidence.objects.filter(month=this).count() == len(CRITERIA)
    assert roadmap.months("mission") == ((last, True), (this, False))
    assert HistoryEntry.objects.filter(code="roadmap.faded").count() == 1
    assert [title for _phase, title in roadmap.roadmap().faded] == [
        "A mission for the customer experience is published"
    ]
    with pytest.raises(NotFound):
        roadmap.months("nothing")


def test_people_plan_the_phases(editor: Person, empty_record: Any) -> None:
    for _ in range(2):
        plan = roadmap.plan_phase(editor, "align", {"starts": date(2026, 1, 1), "ends": date(2026, 3, 31)}, seen=0)
    assert (plan.starts, plan.ends, plan.edition) == (date(2026, 1, 1), date(2026, 3, 31), 1)
    assert HistoryEntry.objects.filter(code="roadmap.planned").count() == 1
    assert [one.is_late for one in roadmap.roadmap().phases] == [False, True, False, False, False]
    with pytest.raises(Refused, match="before it starts"):
        roadmap.plan_phase(editor, "align", {"ends": date(2025, 3, 31)})
    with pytest.raises(Conflict):
        roadmap.plan_phase(editor, "align", {"ends": None}, seen=0)
    with pytest.raises(NotFound, match="no phase"):
        roadmap.plan_phase(editor, "dream", {"ends": None})


@pytest.mark.parametrize("role", ["manager", "employee", "analyst", "hr"])
def test_others_look_and_do_not_plan(role: str, person_with: PersonWith, client: Client, empty_record: Any) -> None:
    person = person_with(role)
    client.force_login(person)
    assert client.get("/strategy/roadmap").status_code == 200
    words = client.get("/strategy/roadmap/align").content.decode()
    assert 'name="starts"' not in words
    assert client.post("/strategy/roadmap/align", {"starts": "2026-01-01"}).status_code == 400
    assert not PhasePlan.objects.filter(starts__isnull=False).exists()


@pytest.mark.usefixtures("empty_record")
def test_the_page_says_where_the_programme_is(editor: Person, client: Client) -> None:
    client.force_login(editor)
    words = client.get("/strategy/roadmap").content.decode()
    assert "The programme is in “Honour customers as assets”" in words
    for key in BY_KEY:
        assert client.get(f"/strategy/roadmap/{key}").status_code == 200
    assert client.get("/strategy/roadmap/dream").status_code == 404
    sent = {"seen": "0", "starts": "2026-01-01", "ends": "2026-03-31", "owner": str(editor.pk)}
    assert client.post("/strategy/roadmap/align", sent)["Location"] == "/strategy/roadmap"
    assert editor.name in client.get("/strategy/roadmap").content.decode()


def test_a_stranger_is_sent_to_sign_in(client: Client) -> None:
    for page in ("/strategy/roadmap", "/strategy/roadmap/align"):
        assert "/account/login/" in client.get(page)["Location"]


@pytest.mark.usefixtures("empty_record")
def test_programs_read_and_plan(editor: Person, client: Client) -> None:
    client.force_login(editor)
    answer = client.get("/api/v1/strategy/roadmap").json()
    assert (answer["maturity"], [one["state"] for one in answer["phases"]][:2]) == (0, ["here", "ahead"])
    plan = {"starts": "2026-01-01"}
    answer = client.patch("/api/v1/strategy/roadmap/listen", plan, content_type="application/json")
    assert answer.json()["phases"][2]["starts"] == "2026-01-01"
    assert client.patch("/api/v1/strategy/roadmap/dream", plan, content_type="application/json").status_code == 404


def test_clearing_the_sample_company_forgets_plans_and_months(editor: Person, empty_record: Any) -> None:
    roadmap.plan_phase(editor, "align", {"starts": date(2026, 1, 1)})
    roadmap.keep_month()
    roadmap.clear()
    assert not PhasePlan.objects.exists()
    assert not PhaseEvidence.objects.exists()
