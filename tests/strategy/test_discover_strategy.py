"""Discovery: from the record through the functions' answers to a drafted strategy; several people, taken up again."""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from headwater.base.models import Department, HistoryEntry, Person
from headwater.base.refusals import Conflict, Refused
from headwater.insight import finance
from headwater.journey.queries import taxonomy
from headwater.science.results import Estimate
from headwater.strategy import discovery
from headwater.strategy.models import Discovery, DiscoveryAnswer
from headwater.strategy.strategies import draft
from tests.insight.conftest import Label, Write, complaint, empty_record, journey, label, record, write

__all__ = ["empty_record", "journey", "label", "record", "write"]

pytestmark = pytest.mark.django_db
PersonWith = Callable[..., Person]


@pytest.fixture
def complaints(journey: None, write: Write, label: Label) -> None:
    """40 customers: 12 complained of a late delivery (one of them three times), 8 of a wrong invoice, 20 of nothing."""
    day = date(2026, 3, 2)
    late = [complaint(number, local_date=day, customer_id=f"c{min(number, 11)}") for number in range(14)]
    invoices = [complaint(number, local_date=day, customer_id=f"c{number}") for number in range(20, 28)]
    happy = [
        {**complaint(number, local_date=day, customer_id=f"c{number}"), "sentiment": "positive"}
        for number in range(30, 50)
    ]
    write([*late, *invoices, *happy])
    label(
        {str(number): {"causes": ["delivery_late"], "stage": "wait"} for number in range(14)}
        | {str(number): {"causes": ["invoice_wrong"], "stage": "order"} for number in range(20, 28)}
    )


def test_causes_are_ranked_by_customers_hurt_with_intervals(complaints: None) -> None:
    first, second = discovery.candidates()
    assert (first.cause.id, first.customers, first.contacts) == ("delivery_late", 12, 14)
    assert (second.cause.id, second.customers, second.contacts) == ("invoice_wrong", 8, 8)
    assert isinstance(first.hurt, Estimate)
    assert (first.hurt.estimate, first.hurt.n) == (pytest.approx(0.3), 40)
    assert first.hurt.low < 0.3 < first.hurt.high
    assert first.spared is not None
    assert first.spared[0] == 6
    assert first.spared[1] < 6 < first.spared[2]
    assert first.contacts_spared == 7


def test_each_function_is_asked_about_its_own_causes_and_figures(complaints: None) -> None:
    functions = {one.department.id: one for one in discovery.functions()}
    late = taxonomy().cause("delivery_late")
    assert late is not None
    for department in late.departments:
        questions = {question.key: question.text for question in functions[department].questions}
        assert "64" in questions["cause:delivery_late"]
        assert {"unseen", "promise"} <= set(questions)
    assert "cause:delivery_late" not in {question.key for question in functions["finance"].questions}
    assert discovery.functions()[0].department.id in late.departments


def test_the_path_ends_with_outcomes_and_issues_to_edit(complaints: None, editor: Person) -> None:
    discovery.start(editor)
    discovery.choose(editor, ["invoice_wrong", "delivery_late"])
    row = discovery.draft_strategy(editor)
    assert (row.drafted_by, discovery.going_on()) == (editor, None)
    now = draft()
    assert now is not None
    first, second = now.strategy.outcomes
    assert (first.causes, first.year, second.causes) == (("invoice_wrong",), 1, ("delivery_late",))
    assert str(timezone.localdate().year + 1) in second.text
    assert "64" in second.text
    assert "32" in second.text
    assert "I wait" in second.text
    issues = {issue.causes: issue for issue in now.strategy.issues}
    assert issues["delivery_late",].outcome == second.id
    assert "12 customers" in issues["delivery_late",].text
    assert (now.strategy.vision, now.strategy.mission) == ("", "")
    codes = HistoryEntry.objects.filter(code__startswith="discovery.").order_by("id").values_list("code", flat=True)
    assert list(codes) == ["discovery.started", "discovery.chosen", "discovery.drafted"]


def test_a_second_path_adds_no_second_outcome_for_a_cause(complaints: None, editor: Person) -> None:
    for _ in range(2):
        discovery.start(editor)
        discovery.choose(editor, ["delivery_late"])
        discovery.draft_strategy(editor)
    now = draft()
    assert now is not None
    assert len(now.strategy.outcomes) == len(now.strategy.issues) == 1
    with pytest.raises(Conflict, match="Start it first"):
        discovery.draft_strategy(editor)


def test_several_people_walk_one_path_and_take_it_up_again(
    complaints: None, editor: Person, person_with: PersonWith
) -> None:
    row = discovery.start(editor)
    colleague = person_with("executive")
    assert discovery.start(colleague).pk == row.pk
    department = discovery.functions()[0].department.id
    first = discovery.give_answer(editor, department, "promise", "A day we cannot keep.", said_by="Head of delivery")
    assert (
        discovery.give_answer(editor, department, "promise", "A day we cannot keep.", said_by="Head of delivery")
        == first
    )
    discovery.give_answer(colleague, department, "promise", "Two days, on Fridays.")
    given = discovery.answers(row)[department, "promise"]
    assert [(one.text, one.said_by, one.answered_by) for one in given] == [
        ("Two days, on Fridays.", "", colleague),
        ("A day we cannot keep.", "Head of delivery", editor),
    ]
    going = discovery.going_on()
    assert going is not None
    assert going.step == "discuss"
    assert given[0].asked == "What do we promise customers that you cannot keep today?"


def test_a_department_answers_for_itself_and_no_other(
    complaints: None, editor: Person, person_with: PersonWith
) -> None:
    discovery.start(editor)
    planner = person_with("employee")
    planner.department = Department.objects.create(name="Routes", pack_departments=["delivery"])
    planner.save()
    assert discovery.give_answer(planner, "delivery", "promise", "Sundays.").answered_by == planner
    for department, question in (("finance", "promise"), ("", "note")):
        with pytest.raises(Refused) as refused:
            discovery.give_answer(planner, department, question, "Mine.")
        assert refused.value.status == 403
    planner.token_scopes = frozenset({"view:strategy"})
    with pytest.raises(Refused):
        discovery.give_answer(planner, "delivery", "promise", "By a program.")


@pytest.mark.parametrize(
    ("department", "question", "text", "says"),
    [
        ("delivery", "promise", "  ", "1 to 3000"),
        ("delivery", "promise", "x" * 3001, "1 to 3000"),
        ("delivery", "promise", "a\x00b", "1 to 3000"),
        ("delivery", "cause:invoice_wrong", "Mine.", "not asked of this department"),
        ("nobody", "promise", "Mine.", "not asked of this department"),
    ],
)
def test_bad_answers_are_refused(
    complaints: None, editor: Person, department: str, question: str, text: str, says: str
) -> None:
    discovery.start(editor)
    with pytest.raises(Refused, match=says):
        discovery.give_answer(editor, department, question, text)
    assert not DiscoveryAnswer.objects.exists()


def test_a_choice_has_bounds(complaints: None, editor: Person) -> None:
    with pytest.raises(Conflict):
        discovery.choose(editor, ["delivery_late"])
    discovery.start(editor)
    with pytest.raises(Refused, match="no cause"):
        discovery.choose(editor, ["nonsense"])
    six = [cause.id for cause in taxonomy().active_causes][:6]
    with pytest.raises(Refused, match="at most"):
        discovery.choose(editor, six)
    with pytest.raises(Refused, match="at least one"):
        discovery.draft_strategy(editor)
    assert draft() is None


@pytest.mark.usefixtures("empty_record", "journey")
def test_an_empty_record_says_what_to_do_first(editor: Person, client: Client) -> None:
    client.force_login(editor)
    for step in ("", "/observe", "/learn"):
        answer = client.get(f"/strategy/discovery{step}")
        assert answer.status_code == 200
        assert "/imports" in answer.content.decode()
    assert client.get("/strategy/discovery/discuss").status_code == 200


def test_the_pages_lead_from_the_record_to_a_draft(complaints: None, editor: Person, client: Client) -> None:
    client.force_login(editor)
    assert "Three steps lead" in client.get("/strategy/discovery").content.decode()
    assert client.post("/strategy/discovery/start")["Location"] == "/strategy/discovery/observe"
    page = client.get("/strategy/discovery/observe").content.decode()
    assert "Delivered late" in page or "late" in page.lower()
    note = {"question": "note", "text": "<b>Nobody</b> told them."}
    assert client.post("/strategy/discovery/answer", note).status_code == 302
    assert "<b>Nobody" not in client.get("/strategy/discovery/observe").content.decode()
    sent = {"department": "delivery", "question": "promise", "text": "Sundays.", "said_by": "Planner"}
    assert client.post("/strategy/discovery/answer", sent)["Location"].endswith("#delivery")
    assert "Sundays." in client.get("/strategy/discovery/discuss").content.decode()
    assert client.post("/strategy/discovery/choose", {"chosen": ["delivery_late"]}).status_code == 302
    words = client.get("/strategy/discovery/learn").content.decode()
    assert "would have spared about 6 customers" in words
    assert client.post("/strategy/discovery/draft")["Location"] == "/strategy/draft"
    assert "Begin again" in client.get("/strategy/discovery").content.decode()


@pytest.mark.parametrize("role", ["manager", "employee", "analyst", "hr"])
def test_others_look_and_do_not_lead(role: str, complaints: None, person_with: PersonWith, client: Client) -> None:
    person = person_with(role)
    client.force_login(person)
    for step in ("", "/observe", "/discuss", "/learn"):
        assert client.get(f"/strategy/discovery{step}").status_code == 200
    for act in (
        lambda: discovery.start(person),
        lambda: discovery.choose(person, []),
        lambda: discovery.draft_strategy(person),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.status == 403


def test_the_price_of_contacts_is_for_those_who_see_finance_s_figures(
    complaints: None, person_with: PersonWith, client: Client
) -> None:
    finance.enter(None, "cost_per_contact", {"value": 6.0, "low": 5.0, "high": 7.0, "source": "Plan"}, seen=0)
    for role, seen in (("executive", True), ("employee", False)):
        client.force_login(person_with(role))
        words = client.get("/strategy/discovery/learn").content.decode()
        assert "7 contacts" in words
        assert ("EUR" in words) is seen


def test_a_stranger_is_sent_to_sign_in(client: Client) -> None:
    for step in ("", "/observe", "/discuss", "/learn"):
        assert "/account/login/" in client.get(f"/strategy/discovery{step}")["Location"]


def test_programs_walk_the_path(complaints: None, editor: Person, client: Client) -> None:
    client.force_login(editor)
    assert client.get("/api/v1/strategy/discovery").json()["state"] == "none"
    assert client.post("/api/v1/strategy/discovery").json()["state"] == "open"
    answer = {"department": "delivery", "question": "promise", "text": "Sundays."}
    made = client.post("/api/v1/strategy/discovery/answers", answer, content_type="application/json")
    assert made.json()["answers"] == 1
    chosen = {"chosen": ["delivery_late"]}
    made = client.put("/api/v1/strategy/discovery/chosen", chosen, content_type="application/json")
    assert made.json()["candidates"][0]["customers"] == 12
    assert client.post("/api/v1/strategy/discovery/draft").json()["state"] == "drafted"
    assert client.post("/api/v1/strategy/discovery/draft").status_code == 409


def test_clearing_the_sample_company_forgets_the_path(editor: Person) -> None:
    discovery.start(editor)
    discovery.clear()
    assert not Discovery.objects.exists()
