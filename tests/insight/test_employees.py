"""Employees beside customers: published once, behind one gate for page, chart, file and API; never of few."""

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import headwater.science as hs
from headwater.base.departments import add_department, set_head
from headwater.base.models import Department, HistoryEntry, Job, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.insight import employees_releases, employees_scores
from headwater.insight.employees import employees
from headwater.insight.employees_figures import narrowed, published
from headwater.insight.employees_releases import erase_respondent, release_due, tidy
from headwater.insight.employees_scores import ScoreItem, change_definition, definition
from headwater.insight.employees_wording import employees_sentence, employees_table
from headwater.insight.models import EmployeeDefinition, EmployeeRelease
from headwater.listening import employee_privacy, employee_signals
from headwater.listening.employee_signals import SentSignal
from headwater.metrics.store import company_record
from headwater.record.questions import FieldValues, Size, TeamCell
from headwater.science import Estimate
from tests.insight.conftest import Write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey", "record")]

MARCH = date(2026, 3, 1)
MakePerson = Callable[..., Person]


@pytest.fixture
def tree(db: None) -> dict[str, Department]:
    """Supply chain with warehouse and delivery, and finance."""
    supply = add_department(None, "Supply chain")
    return {
        "supply": supply,
        "warehouse": add_department(None, "Warehouse", parent=supply, pack_departments=["warehouse"]),
        "delivery": add_department(None, "Delivery", parent=supply, pack_departments=["delivery"]),
        "finance": add_department(None, "Finance"),
    }


def send(team: str, scores: list[float], *, question: str = "role", month: date = MARCH, start: int = 0) -> None:
    sent = [
        SentSignal(team, month, question, score, None, f"{team} {number}") for number, score in enumerate(scores, start)
    ]
    employee_signals.receive(None, "pulse", sent)


def say(team: str, n: int, month: date = MARCH) -> None:
    said = [SentSignal(team, month, respondent=f"{team} {k}", comment=f"{team} says {k}") for k in range(n)]
    employee_signals.receive(None, "pulse", said)


@pytest.fixture
def march(tree: dict[str, Department]) -> dict[str, Department]:
    """A published month: eNPS and two questions; delivery has four people."""
    for team, people in (("Warehouse", 12), ("Delivery", 4), ("Finance", 8)):
        for question, top in (("enps", 10), ("role", 5), ("demands", 5)):
            low = 0 if question == "enps" else 1
            send(team, [float(low + number % (top - low + 1)) for number in range(people)], question=question)
    say("Warehouse", 9)
    say("Delivery", 3)
    say("Finance", 2)
    assert release_due() == [MARCH]
    return tree


@pytest.fixture
def short_score(db: None) -> None:
    """A health score of the two questions that were asked."""
    items = [ScoreItem("role", 3), ScoreItem("demands", 1, reversed=True)]
    change_definition(None, "health", items, "two questions, by HR", edition=0)


def test_scores_are_what_the_answers_say(march: dict[str, Department], short_score: None) -> None:
    found = employees(None)
    assert found is not None
    finance = found.team(str(march["finance"].pk))
    role = np.array([25.0 * (number % 5) for number in range(8)])
    health = finance.scores["health"]
    assert isinstance(health, Estimate)
    assert health.estimate == pytest.approx(0.75 * role.mean() + 0.25 * (100 - role.mean()))
    assert health.n == 8
    enps = finance.scores["enps"]
    assert isinstance(enps, Estimate)
    answers = [number % 11 for number in range(8)]
    expected = hs.nps(sum(a >= 9 for a in answers), sum(a in (7, 8) for a in answers), sum(a <= 6 for a in answers))
    assert isinstance(expected, Estimate)
    assert (enps.estimate, enps.low, enps.high) == pytest.approx(
        (100 * expected.estimate, 100 * expected.low, 100 * expected.high)
    )
    assert getattr(finance.scores["burnout"], "code", "") == "not_asked"


def test_a_small_team_is_withheld_and_its_total_does_not_give_it_away(
    march: dict[str, Department], short_score: None
) -> None:
    found = employees(None)
    assert found is not None
    shown = {team.unit.name for team in found.teams if team.is_shown}
    # Supply chain less the warehouse would be delivery's four.
    assert "Delivery" not in shown
    assert not {"Supply chain", "Warehouse"} <= shown
    assert {team.unit.name for team in found.withheld} == {"Delivery", "Supply chain", "Warehouse", "Finance"} - shown
    for row in employees_table(found)[1:]:
        if row[1] not in shown:
            assert row[3:7] == ["", "", "", ""]
    assert found.whole.is_shown


def test_the_sentence_is_one_a_manager_reads(march: dict[str, Department], short_score: None) -> None:
    found = employees(None)
    assert found is not None
    sentence = employees_sentence(found)
    assert "March 2026" in sentence
    assert " to " in sentence
    assert "too early to say whether it moves together" in sentence
    assert "cause" not in sentence


def test_the_running_month_is_not_published(tree: dict[str, Department]) -> None:
    today = date.today()
    send("Warehouse", [1.0, 2.0, 3.0, 4.0, 5.0, 5.0], month=today)
    assert release_due() == []
    assert employees(None) is None


def test_a_published_month_stays_until_enough_is_new(march: dict[str, Department]) -> None:
    before = EmployeeRelease.objects.get()
    send("Finance", [5.0], start=50)
    assert release_due() == []
    send("Finance", [5.0, 4.0, 1.0, 2.0], start=51)
    assert release_due() == [MARCH]
    after = EmployeeRelease.objects.get()
    assert after.edition == before.edition + 1
    finance = str(march["finance"].pk)
    assert after.figures["role"]["cells"][finance][0] == before.figures["role"]["cells"][finance][0] + 5
    assert after.figures["demands"] == before.figures["demands"]
    codes = HistoryEntry.objects.filter(code__startswith="employees.").values_list("code", flat=True)
    assert {"employees.published", "employees.restated"} <= set(codes)


def test_a_larger_smallest_group_hides_more_and_nothing_else(march: dict[str, Department]) -> None:
    employee_privacy.change_rules(None, minimum=9, months_kept=36, months_of_words=12, edition=0)
    (month,) = published(None)
    assert all(cell.n >= 9 for cells in month.cells.values() for cell in cells.values())
    assert str(march["finance"].pk) not in month.cells["role"]


TREE: dict[str, str | None] = {"": None, "a": "", "b": "", "a1": "a", "a2": "a", "b1": "b", "b2": "b"}
counts = st.lists(st.integers(0, 14), min_size=6, max_size=6)


@given(counts, st.integers(5, 8), st.integers(0, 6))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_two_smallest_groups_together_give_anybody_away(sizes: list[int], first: int, more: int) -> None:
    own = dict(zip([unit for unit in TREE if unit], sizes, strict=True))
    members = {unit: {(one, k) for one in own if inside(one, unit) for k in range(own[one])} for unit in TREE}
    shown = hs.publishable(TREE, {unit: hs.People(n) for unit, n in own.items()}, first)
    cells = {unit: TeamCell(len(members[unit]), 0.0) for unit in shown}
    later = narrowed(TREE, cells, first + more, first)
    assert set(later) <= set(cells)
    assert hs.nested_differences({unit: members[unit] for unit in later}, first + more) == []
    both = {f"{unit} {when}": members[unit] for when, part in (("then", cells), ("now", later)) for unit in part}
    assert hs.nested_differences(both, first) == []


def inside(one: str, unit: str) -> bool:
    place: str | None = one
    while place is not None and place != unit:
        place = TREE[place]
    return place == unit


def test_comments_come_from_enough_people_in_no_order(march: dict[str, Department], person_with: MakePerson) -> None:
    hr = person_with("hr")
    found = employees(hr)
    assert found is not None
    assert len(found.words) == 14  # everybody's: warehouse, delivery and finance where nobody can tell them apart
    assert list(found.words) != sorted(found.words)
    delivery = employees(hr, unit=str(march["delivery"].pk))
    assert delivery is not None
    assert delivery.words == ()
    for role in ("executive", "manager", "employee", "cx_team"):
        other = employees(person_with(role, department=march["warehouse"]))
        assert other is not None
        assert other.words == ()


def reach(person: Person) -> set[str]:
    found = employees(person)
    assert found is not None
    return {team.unit.name for team in found.teams[1:]}


def test_each_role_sees_its_reach_and_all_the_same_figures(
    march: dict[str, Department], person_with: MakePerson, short_score: None
) -> None:
    everything = {"Supply chain", "Warehouse", "Delivery", "Finance"}
    head = person_with("manager", department=march["supply"])
    set_head(None, march["supply"], head)
    assert reach(person_with("hr")) == everything
    assert reach(person_with("executive")) == everything
    assert reach(head) == {"Supply chain", "Warehouse", "Delivery"}
    worker = person_with("employee", department=march["finance"])
    assert reach(worker) == {"Finance"}
    assert reach(person_with("employee")) == set()
    assert reach(person_with("administrator")) == set()
    own, whole = employees(worker), employees(None)
    assert own is not None
    assert whole is not None
    finance = str(march["finance"].pk)
    assert own.team(finance).scores == whole.team(finance).scores
    with pytest.raises(NotFound):
        employees(worker, unit=str(march["warehouse"].pk))


def test_pages_files_and_programs_give_the_same_and_strangers_nothing(
    march: dict[str, Department], person_with: MakePerson, short_score: None, client: Client
) -> None:
    for address in ("/employees", "/employees.csv", "/employees/rules", "/employees/arrivals"):
        assert client.get(address).status_code == 302
    assert client.get("/api/v1/employees").status_code == 401
    client.force_login(person_with("employee", department=march["finance"]))
    page, found = client.get("/employees"), employees(None)
    assert found is not None
    assert "The employee health score of" in page.content.decode()
    assert "Warehouse" not in page.content.decode()
    lines = list(csv.reader(io.StringIO(client.get("/employees.csv").content.decode("utf-8-sig"))))
    assert {line[1] for line in lines[1:]} == {found.whole.unit.name, "Finance"}
    answer = client.get("/api/v1/employees").json()
    assert [team["name"] for team in answer["teams"]] == [found.whole.unit.name, "Finance"]
    assert answer["comments"] == []
    for address in ("/employees/rules", "/employees/arrivals"):
        assert client.get(address).status_code == 403
    assert client.get("/employees?month=x").status_code == 400
    assert client.get("/employees?month=2020-01").status_code == 404
    assert client.get("/employees?measure=x").status_code == 400
    assert client.post("/api/v1/employees/signals", {}, "application/json").status_code in (403, 422)


def test_whoever_is_in_no_department_is_told_why_none_is_shown(
    march: dict[str, Department], person_with: MakePerson, client: Client
) -> None:
    client.force_login(person_with("administrator", "cx_team"))
    page = client.get("/employees").content.decode()
    assert "each department is shown to its own people and heads, HR and executives" in page
    client.force_login(person_with("hr"))
    assert "You see the whole company" not in client.get("/employees").content.decode()


def test_hr_pages_work(march: dict[str, Department], person_with: MakePerson, client: Client) -> None:
    client.force_login(person_with("hr"))
    for address in ("/employees", "/employees/rules", "/employees/arrivals", "/employees/scores/health"):
        assert client.get(address).status_code == 200, address
    rules = {"form": "rules", "edition": 0, "minimum": 4, "months_kept": 36, "months_of_words": 12}
    refused = client.post("/employees/rules", rules)
    assert "cannot be the smallest shown" in refused.content.decode()
    assert client.post("/employees/rules", rules | {"minimum": 6}).status_code == 302
    assessment = {"form": "assessment", "assessor": "Privacy office", "assessed_on": "2026-01-05", "scope": "Days"}
    assert client.post("/employees/rules", assessment | {"document": "https://example.com/d"}).status_code == 302
    assert "Absence data is on." in client.get("/employees/rules").content.decode()
    pk = employee_privacy.assessments(None)[0].pk
    assert client.post(f"/employees/assessments/{pk}/withdraw").status_code == 302
    assert employee_privacy.assessment() is None
    file = io.BytesIO(
        b"Token,Team,Month,Role\n" + b"".join(b"colleague-%d,Finance,2026-02,%d\n" % (k, 1 + k % 5) for k in range(6))
    )
    file.name = "pulse.csv"
    sent = client.post("/employees/arrivals", {"file": file})
    preview = client.get(sent.url)
    assert "This is what a row" in preview.content.decode()
    assert "colleague-1" not in preview.content.decode()
    choices = {"column_0": "respondent", "column_1": "department", "column_2": "when", "column_3": "answer"}
    wrong = client.post(sent.url, {"column_0": "respondent"})
    assert wrong.status_code == 400
    assert client.post(sent.url, choices | {"question_3": "role", "scale_3": "1-5", "take": "1"}).status_code == 302
    assert "6 new signals" in client.get(sent.url).content.decode()
    assert Job.objects.filter(name=employees_releases.TASK).exists()
    score = {"edition": 0, "source": "Decided by HR", "weight_role": 1}
    assert client.post("/employees/scores/health", score).status_code == 302
    assert definition("health").items == (ScoreItem("role", 1.0),)


def test_a_score_is_defined_in_editions(march: dict[str, Department], person_with: MakePerson) -> None:
    hr = person_with("hr")
    assert [item.question for item in definition("burnout").items] == [f"cbi_{number}" for number in range(1, 8)]
    assert [item.reversed for item in definition("burnout").items] == [False, False, False, True, False, False, False]
    assert change_definition(hr, "health", [ScoreItem("role", 2)], "HR", edition=0).edition == 1
    with pytest.raises(Conflict):
        change_definition(hr, "health", [ScoreItem("role", 1)], "HR", edition=0)
    assert [one.edition for one in employees_scores.editions("health")] == [1, 0]
    for items, source in (
        ([ScoreItem("role", 0)], "HR"),
        ([ScoreItem("no_such", 1)], "HR"),
        ([ScoreItem("role", 1), ScoreItem("role", 2)], "HR"),
        ([ScoreItem("role", 1e9)], "HR"),
        ([ScoreItem("role", 1)], " "),
    ):
        with pytest.raises(Refused):
            change_definition(hr, "health", items, source, edition=1)
    for role in ("executive", "manager", "employee", "administrator"):
        with pytest.raises(NotAllowed):
            change_definition(person_with(role), "health", [ScoreItem("role", 1)], "x", edition=1)


def test_absence_disappears_when_the_assessment_is_withdrawn(tree: dict[str, Department]) -> None:
    made = employee_privacy.record_assessment(
        None, assessor="Privacy office", assessed_on=MARCH, document="https://example.com/d", scope="Days by team"
    )
    for month in range(1, 9):
        signals = [SentSignal("Finance", date(2025, month, 1), "absence_days", 3.0 + month, people=20)]
        employee_signals.receive(None, "personnel", signals)
    release_due()
    found = employees(None)
    assert found is not None
    result = dict(found.whole.amounts)["absence_days"]
    assert isinstance(result, Estimate)
    assert result.estimate == pytest.approx(sum(3 + month for month in range(1, 9)) / 160)
    employee_privacy.withdraw_assessment(None, made.pk)
    hidden = employees(None)
    assert hidden is not None
    assert "absence_days" not in hidden.amounts
    assert "absence" not in str(employees_table(hidden))


def test_what_a_colleague_said_is_erased_and_old_months_are_forgotten(march: dict[str, Department]) -> None:
    assert erase_respondent(None, "pulse", "warehouse 3 ") == 1
    (row,) = EmployeeRelease.objects.all()
    assert not any("Warehouse says 3" in words for words in row.words.values())
    assert sum(len(words) for words in row.words.values()) == 13
    # The sums stay: nobody is found in them, and one person less would show who it was.
    assert release_due() == []
    EmployeeRelease.objects.update(month=date.today() - timedelta(days=400))
    tidy()
    assert EmployeeRelease.objects.get().words == {}
    EmployeeRelease.objects.update(month=date(2019, 1, 1))
    tidy()
    assert not EmployeeRelease.objects.exists()
    with pytest.raises(NotFound):
        erase_respondent(None, "no-such", "x")


def test_clearing_the_sample_forgets_everything(march: dict[str, Department], short_score: None) -> None:
    employees_releases.clear()
    employee_signals.clear()
    assert not EmployeeRelease.objects.exists()
    assert not EmployeeDefinition.objects.exists()
    assert not employee_signals.arrivals(None)


@pytest.fixture
def two_years(tree: dict[str, Department], write: Write) -> None:
    """A warehouse whose role answers foretell customers' satisfaction at its stages two months later."""
    random = np.random.default_rng(4)
    months = [date(2024 + (k // 12), k % 12 + 1, 1) for k in range(20)]
    level = random.normal(0, 1, 20)
    rows: list[dict[str, Any]] = []
    for k, month in enumerate(months):
        mean = 3 + 0.8 * level[k]
        send("Warehouse", [float(np.clip(round(mean + spread), 1, 5)) for spread in (-1, 0, 0, 1, 1, -1)], month=month)
        share = 0.6 + (0.15 * level[k - 2] if k >= 2 else 0)
        for number in range(30):
            score = 5.0 if number < 30 * share else 2.0
            rows.append(
                {
                    "record_id": f"{k}-{number}",
                    "kind": "survey",
                    "metric": "csat",
                    "score": score,
                    "score_band": 1 if score == 5 else -1,
                    "stage": "wait",
                    "customer_id": f"c{number}",
                    "local_date": month,
                }
            )
    write(rows)
    change_definition(None, "health", [ScoreItem("role", 1)], "one question", edition=0)
    release_due()


def test_scores_beside_customers_move_together_with_a_lag(two_years: None, tree: dict[str, Department]) -> None:
    found = employees(None, unit=str(tree["warehouse"].pk))
    assert found is not None
    assert found.beside.metric.name == "csat"
    strongest = found.beside.lags.strongest
    assert strongest is not None
    assert strongest[0] == 2
    assert strongest[1].low > 0
    # One department carries no slope over departments.
    assert {getattr(one, "code", "") for one in found.beside.slopes.results} == {"few_units"}
    assert "customers’ scores rise 2 months later" in employees_sentence(found)
    assert len(found.beside.customers) == 20


def test_nothing_of_employees_is_left_to_the_record_s_other_questions(march: dict[str, Department]) -> None:
    assert company_record().ask(Size()).signals == 0
    assert company_record().ask(FieldValues("metric")) == ()
