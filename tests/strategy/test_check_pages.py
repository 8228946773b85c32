"""The strategy check on its page, through the API and on the command line; the decision test beside it."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import CliRunner
from django.test import Client
from django.utils import timezone

from headwater.base.models import Department, HistoryEntry, PageView, Person
from headwater.journey import moments
from headwater.journey import services as journey_services
from headwater.journey.packs import load_pack
from headwater.strategy import agreement, checking, drafting, measuring, readiness, strategies
from headwater.strategy.assembly import strategy_facts
from headwater.strategy.check.catalogue import RULES
from headwater.strategy.commands import strategy_group
from headwater.strategy.models import Measure
from headwater.strategy.strategy import Strategy
from tests.metrics.conftest import Write, empty_record, record, write
from tests.strategy.strategies import STRATEGY

__all__ = ["empty_record", "record", "write"]

pytestmark = pytest.mark.django_db
Made = Callable[..., Person]


@pytest.fixture
def journey(record: object) -> None:
    journey_services.apply_pack(None, load_pack("retail"))


@pytest.fixture
def drafted(journey: None, editor: Person) -> Strategy:
    """A draft whose first outcome says neither who nor by when, and whose mission is an empty phrase."""
    first, second = STRATEGY.outcomes
    content = Strategy(
        0,
        vision=STRATEGY.vision,
        mission="We put the customer first.",
        values=STRATEGY.values,
        goals=STRATEGY.goals,
        outcomes=(
            type(first)("on_time", 1, "Late parcels fall from 31 % to 20 %.", "stay", ("word",), stages=("wait",)),
            type(second)("told", 2, second.text, "cost", ("open",), stages=("wait",)),
        ),
    )
    drafting.replace_draft(editor, content, source="a test")
    return content


@pytest.fixture
def measured(drafted: Strategy, editor: Person) -> Measure:
    """A measure with a path, so that the check has figures for a proposal."""
    values = {
        "name": "Late parcels",
        "question": "Do parcels arrive late?",
        "decision": "Change the carrier.",
        "owner": editor.pk,
        "kind": "what",
        "outcomes": ["on_time"],
        "source": "typed",
        "unit": "%",
        "baseline": 31,
        "target": 20,
        "start_date": "2026-01-01",
        "target_date": "2027-12-31",
    }
    agreement.publish(editor, override="a test")
    drafting.change_statements(editor, {"success": "Nine of ten parcels arrive on the promised day by 2029."})
    return measuring.start_measure(editor, values)


def states(page: checking.CheckPage) -> dict[str, str]:
    return {verdict.rule.name: verdict.state for verdict in page.checked.verdicts}


def test_before_anything_is_written_the_page_says_what_to_do(client: Client, editor: Person, record: object) -> None:
    client.force_login(editor)
    shown = client.get("/strategy/check").content.decode()
    assert "There is no strategy to check yet" in shown
    assert "Write the strategy" in shown


def test_the_page_names_the_sentence_the_part_and_the_place(client: Client, editor: Person, drafted: Strategy) -> None:
    client.force_login(editor)
    shown = client.get("/strategy/check").content.decode()
    assert "This is the draft as it stands" in shown
    assert "“We put the customer first.” names no behaviour" in shown
    assert "does not say who and by when" in shown
    assert "/strategy/edit/outcome/on_time" in shown
    assert "/strategy/edit#id_mission" in shown


def test_a_proposal_goes_into_the_draft_with_one_click_and_back(
    client: Client, editor: Person, measured: Measure
) -> None:
    client.force_login(editor)
    assert "It could read" in client.get("/strategy/check").content.decode()
    answer = client.post("/strategy/check/outcomes/on_time/take", follow=True).content.decode()
    draft = strategies.draft()
    assert draft is not None
    text = draft.strategy.outcomes[0].text
    assert text.startswith("For customers who wait for it: late parcels fall from 31 % to 20 %, by December ")
    assert f"/strategy/draft/undo/{draft.edition}" in answer
    assert states(checking.check_page(editor))["clear"] == "met"
    client.post(f"/strategy/draft/undo/{draft.edition}")
    draft = strategies.draft()
    assert draft is not None
    assert draft.strategy.outcomes[0].text == "Late parcels fall from 31 % to 20 %."


def test_what_is_published_is_checked_on_its_own(editor: Person, measured: Measure) -> None:
    drafting.change_statements(editor, {"mission": STRATEGY.mission})
    assert states(checking.check_page(editor, "draft"))["phrases"] == "met"
    assert states(checking.check_page(editor, "published"))["phrases"] == "not_met"


def test_an_employee_checks_what_is_published_and_changes_nothing(person_with: Made, measured: Measure) -> None:
    client = Client()
    client.force_login(person_with("employee"))
    shown = client.get("/strategy/check").content.decode()
    assert "Take it into the draft" not in shown
    assert "Go there" not in shown
    assert client.get("/strategy/check?of=draft").status_code == 403
    assert client.post("/strategy/check/outcomes/on_time/take").status_code == 403


def test_strangers_and_bad_input_are_refused(client: Client, editor: Person, drafted: Strategy) -> None:
    for path in ("/strategy/check", "/strategy/check/clear", "/strategy/check/departments", "/strategy/decision-test"):
        assert client.get(path).status_code == 302
        assert client.get(f"/api/v1{path}").status_code in (401, 404)
    client.force_login(editor)
    assert client.get("/strategy/check/nonsense").status_code == 404
    assert client.get("/strategy/check?of=last-year").status_code == 400
    assert client.post("/strategy/check/outcomes/nowhere/take").status_code == 404
    assert client.post("/strategy/check/outcomes/told/take").status_code == 400


def test_each_rule_has_a_page_that_explains_it(client: Client, editor: Person, drafted: Strategy) -> None:
    client.force_login(editor)
    for rule in RULES:
        shown = client.get(f"/strategy/check/{rule.name}").content.decode()
        assert "Why it matters" in shown
        assert "How to mend it" in shown


def test_the_matrix_is_filled_from_what_departments_do(client: Client, editor: Person, drafted: Strategy) -> None:
    client.force_login(editor)
    late = next(moment for moment in load_pack("retail").moments if moment.stage == "wait")
    warehouse = load_pack("retail").departments[0]
    Department.objects.create(name="Our warehouse", pack_departments=[warehouse.id])
    Department.objects.create(name="Billing")
    moments.contribute(editor, late.id, warehouse.id, "Hands the parcel over on the day of the order.")
    journey_services.publish_draft(editor)
    shown = client.get("/strategy/check/departments").content.decode()
    assert "Hands the parcel over on the day of the order." in shown
    assert "1 department cannot see what it does for any outcome: Billing." in shown
    answer = client.get("/api/v1/strategy/check/departments").json()
    assert answer["blank"] == ["Billing"]
    assert {cell["outcome"] for cell in answer["cells"]} == {"on_time", "told"}


def test_customers_of_whom_hardly_anyone_spoke_are_found_in_the_record(
    write: Write, editor: Person, drafted: Strategy
) -> None:
    spoken = [{"attributes": [("state", "SP")]} for _ in range(80)]
    silent = [{"kind": "event", "event": "order", "metric": None, "score": None, "attributes": [("state", "BA")]}] * 60
    write([*spoken, *silent])
    facts = strategy_facts(drafted)
    groups = {group.value: group for group in facts.groups or () if group.dimension == "region"}
    assert (groups["SP"].customers, groups["SP"].signals) == (80, 80)
    assert (groups["BA"].customers, groups["BA"].signals) == (60, 0)
    page = checking.check_page(editor)
    inclusive = next(verdict for verdict in page.checked.verdicts if verdict.rule.name == "inclusive")
    assert any("“BA” is 43 % of the customers" in finding.evidence for finding in inclusive.findings)


def test_readiness_and_measures_are_read(editor: Person, measured: Measure) -> None:
    before = states(checking.check_page(editor))
    assert before["culture"] == "cannot_say"
    readiness.change_item(editor, "training", {"answer": "Two days for everyone."})
    page = checking.check_page(editor)
    assert states(page)["culture"] == "not_met"
    (measure,) = page.facts.measures
    assert (measure.id, measure.kind, measure.baseline, measure.owner) == ("late-parcels", "what", 31, editor.name)


def test_the_api_and_the_command_say_the_same(client: Client, editor: Person, drafted: Strategy) -> None:
    client.force_login(editor)
    answer = client.get("/api/v1/strategy/check").json()
    assert answer["checked"] == "draft"
    assert answer["rules"] == 10
    said = CliRunner().invoke(strategy_group, ["check"])
    assert said.exit_code == 0, said.output
    assert answer["sentence"] in said.output
    assert "✗ No empty phrases" in said.output
    as_json = json.loads(CliRunner().invoke(strategy_group, ["check", "--json"]).output)
    assert as_json == answer


def test_the_decision_test_names_reasons_and_stops_a_measure_with_a_way_back(
    client: Client, editor: Person, measured: Measure
) -> None:
    Measure.objects.update(created_at=timezone.now() - timedelta(days=100), outcomes=[])
    client.force_login(editor)
    shown = client.get("/strategy/decision-test").content.decode()
    assert "1 of 1 figures informs no decision" in shown
    assert "Nobody has looked at it in 60 days." in shown
    assert "hangs under no outcome" in shown
    assert client.post("/strategy/decision-test/measures/late-parcels/stop", {"reason": " "}).status_code == 400
    answer = client.post("/strategy/decision-test/measures/late-parcels/stop", {"reason": "Nobody asks."}, follow=True)
    assert "/strategy/decision-test/measures/late-parcels/resume" in answer.content.decode()
    assert HistoryEntry.objects.filter(code="measure.stopped", data__reason="Nobody asks.").exists()
    assert "Nothing is measured or pinned yet" in client.get("/strategy/decision-test").content.decode()
    client.post("/strategy/decision-test/measures/late-parcels/resume")
    assert client.get("/api/v1/decision-test").json()["tested"] == 1


def test_a_measure_that_somebody_opened_has_been_looked_at(client: Client, editor: Person, measured: Measure) -> None:
    Measure.objects.update(created_at=timezone.now() - timedelta(days=100))
    PageView.objects.create(person=editor, route="measure:late-parcels", at=timezone.now())
    client.force_login(editor)
    codes = [
        reason["code"] for row in client.get("/api/v1/decision-test").json()["failing"] for reason in row["reasons"]
    ]
    assert "not_looked_at" not in codes


def test_an_employee_cannot_stop_a_measure(person_with: Made, measured: Measure) -> None:
    client = Client()
    client.force_login(person_with("employee"))
    assert client.post("/strategy/decision-test/measures/late-parcels/stop", {"reason": "No."}).status_code == 403
    assert "Stop it" not in client.get("/strategy/decision-test").content.decode()
