"""Requests: "fix X" traced upstream, corrected, linked or declined; who may, and what strangers and bad input get."""

import json
import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client
from django.utils import timezone

from headwater.base import worker
from headwater.base.models import Department, HistoryEntry, OutboxMail, Person
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.insight import finance
from headwater.journey.packs import load_pack
from headwater.journey.queries import taxonomy
from headwater.strategy import request_words, requests, tracing
from headwater.strategy.commands import request_command
from headwater.strategy.models import Request, StrategyVersion
from headwater.strategy.outcome_fit import fits
from headwater.strategy.strategy import Issue, Outcome, Strategy
from tests.insight.conftest import Label, Write, complaint, empty_record, journey, label, record, write

__all__ = ["empty_record", "journey", "label", "record", "write"]

pytestmark = pytest.mark.django_db
PersonWith = Callable[..., Person]
SERVICE = "Please fix the customer service department, we get too many calls."
KNOWN = load_pack("retail").taxonomy(version=1)


@pytest.fixture
def contacts(journey: None, write: Write, label: Label) -> None:
    """60 contacts: 30 about a late delivery, 12 about unreachable service, 12 wanted, 6 without a known cause."""
    write([complaint(number, local_date=date(2026, 3, 2), customer_id=f"c{number}") for number in range(60)])
    causes = ["delivery_late"] * 30 + ["service_unreachable"] * 12 + [wanted()] * 12
    stages = {"delivery_late": "wait", "service_unreachable": "get_help"}
    labels = {
        str(number): {"causes": [cause], "stage": stages.get(cause, "choose")} for number, cause in enumerate(causes)
    }
    label(labels)


def wanted() -> str:
    """A cause that customers come for."""
    return next(cause.id for cause in KNOWN.active_causes if cause.demand == "value")


@pytest.fixture
def agent(person_with: PersonWith) -> Person:
    return person_with("employee")


def test_customer_service_stands_for_all_contacts_and_not_for_itself(contacts: None, agent: Person) -> None:
    row = requests.file_request(agent, SERVICE)
    assert row.state == "filed"
    worker.run_due()
    row.refresh_from_db()
    assert row.state == "answered"
    about, found = requests.understanding_of(row), requests.trace_of(row)
    assert about.all_contacts
    assert found is not None
    assert (found.basis, found.total, found.where) == ("contacts", 60, "")
    kinds = {one.kind: one.n for one in found.kinds}
    assert kinds == {"failure": 30, "service": 12, "value": 12, "unknown": 6}
    assert found.upstream.value == pytest.approx(0.5)
    assert found.upstream.low is not None
    assert found.upstream.low < 0.5 < (found.upstream.high or 0)
    assert found.top is not None
    assert (found.top.id, found.top.share.value) == ("delivery_late", pytest.approx(0.5))
    assert found.top.departments


def test_who_filed_it_is_told_with_a_link(contacts: None, agent: Person) -> None:
    row = requests.file_request(agent, SERVICE)
    requests.answer_filed()
    sent = OutboxMail.objects.get()
    assert sent.to == agent.email
    assert f"/requests/{row.pk}" in sent.text
    assert "50" in sent.text
    assert not requests.answer_request(row.pk)
    assert OutboxMail.objects.count() == 1
    assert HistoryEntry.objects.filter(code="request.answered").count() == 1


def test_people_of_the_sample_company_get_no_mail(contacts: None, agent: Person) -> None:
    agent.is_sample = True
    agent.save()
    requests.file_request(agent, SERVICE)
    requests.answer_filed()
    assert not OutboxMail.objects.exists()


def test_a_cause_in_the_words_widens_to_its_stage() -> None:
    about = request_words.corrected(KNOWN, ["delivery_late"], [], [], all_contacts=False)
    assert request_words.scope(about, KNOWN) == "stage in ('wait') or cause in ('delivery_late')"


def test_a_department_stands_for_what_it_can_change() -> None:
    about = request_words.corrected(KNOWN, [], [], ["warehouse"], all_contacts=False)
    expected = {cause.id for cause in KNOWN.active_causes if "warehouse" in cause.departments}
    scope = request_words.scope(about, KNOWN)
    assert {cause.id for cause in KNOWN.active_causes if f"'{cause.id}'" in scope} == expected


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("fix the customer service department", "customer_service"),
        ("The WAREHOUSE sends the wrong things", "warehouse"),
        ("carriers lose parcels", "delivery"),
        ("invoicing is a mess", "finance"),
    ],
)
def test_departments_are_found_by_name(words: str, named: str) -> None:
    assert named in [guess.id for guess in request_words.named_departments(words, KNOWN)]


@pytest.mark.parametrize("words", ["deliver us", "unreturnable", "refinance", ""])
def test_a_part_of_another_word_names_no_department(words: str) -> None:
    assert request_words.named_departments(words, KNOWN) == ()


@pytest.mark.parametrize(
    ("words", "about"),
    [
        ("too many calls in our contact center", True),
        ("we need fewer support tickets", True),
        ("contacts keep rising", True),
        ("the call centre is overwhelmed", True),
        ("please contact the carrier", False),
        ("the boxes are too big", False),
    ],
)
def test_words_about_contacts_as_such_are_recognised(words: str, about: bool) -> None:
    assert bool(request_words.ABOUT_CONTACTS.search(words)) is about


def test_a_person_corrects_what_it_is_about(contacts: None, editor: Person, agent: Person) -> None:
    row = requests.file_request(agent, "Something is wrong with everything, somehow.")
    requests.answer_filed()
    row = requests.correct_request(editor, row.pk, causes=["delivery_late"])
    about, found = requests.understanding_of(row), requests.trace_of(row)
    assert about.by_person
    assert found is not None
    assert (found.total, found.where) == (30, "stage in ('wait') or cause in ('delivery_late')")
    again = requests.correct_request(editor, row.pk, causes=["delivery_late"])
    assert again.edition == row.edition
    assert OutboxMail.objects.count() == 2
    with pytest.raises(Refused, match="at least one"):
        requests.correct_request(editor, row.pk, causes=["no_such_cause"])


def test_with_too_few_contacts_complaints_of_every_kind_are_traced(journey: None, write: Write, label: Label) -> None:
    rows = [complaint(number, local_date=date(2026, 3, 2), customer_id=f"c{number}") for number in range(40)]
    write([{**row, "kind": "review"} for row in rows])
    label({str(number): {"causes": ["delivery_late"], "stage": "wait"} for number in range(30)})
    found = tracing.trace("")
    assert (found.basis, found.total) == ("complaints", 40)
    assert found.top is not None
    assert found.top.share.value == pytest.approx(0.75)
    assert [stage.id for stage in found.stages] == ["wait"]


@pytest.mark.usefixtures("journey", "empty_record")
def test_an_empty_record_says_that_it_knows_nothing(agent: Person, client: Client) -> None:
    row = requests.file_request(agent, SERVICE)
    requests.answer_filed()
    client.force_login(agent)
    words = client.get(f"/requests/{row.pk}").content.decode()
    assert "knows of no contact and no complaint" in words
    assert "Nothing to trace yet" in words


def test_a_trace_survives_being_kept(contacts: None) -> None:
    found = tracing.trace("")
    assert tracing.read(json.loads(json.dumps(tracing.kept(found)))) == found


def test_an_answer_is_frozen_while_the_record_goes_on(contacts: None, agent: Person, write: Write) -> None:
    row = requests.file_request(agent, SERVICE)
    requests.answer_filed()
    write([complaint(number, local_date=date(2026, 3, 3), customer_id=f"d{number}") for number in range(100, 150)])
    row.refresh_from_db()
    found = requests.trace_of(row)
    assert found is not None
    assert found.total == 60
    assert found.record != tracing.trace("").record


def test_the_cost_so_far_known_is_shown_with_its_interval(contacts: None) -> None:
    assert tracing.trace("").cost is None
    given = {"value": 6.0, "low": 5.0, "high": 7.0, "source": "Service ledger"}
    finance.enter(None, "cost_per_contact", given, seen=0)
    cost = tracing.trace("").cost
    assert cost is not None
    assert (cost.per_contact, cost.total, cost.low, cost.high) == (6.0, 180.0, 150.0, 210.0)


def test_what_a_contact_costs_is_for_those_who_may_see_it(
    contacts: None, editor: Person, person_with: Callable[..., Person], client: Client
) -> None:
    given = {"value": 6.0, "low": 5.0, "high": 7.0, "source": "Service ledger"}
    finance.enter(None, "cost_per_contact", given, seen=0)
    filer = person_with("employee")
    row = requests.file_request(filer, SERVICE)
    requests.answer_filed()
    for person, sees in ((editor, True), (filer, False)):
        client.force_login(person)
        assert ("What it costs" in client.get(f"/requests/{row.pk}").content.decode()) is sees
        assert (client.get(f"/api/v1/requests/{row.pk}").json()["trace"]["cost"] is not None) is sees


@pytest.fixture
def published() -> Strategy:
    content = {
        "outcomes": [
            {"id": "on_time", "year": 1, "text": "Parcels come when promised.", "causes": ["delivery_late"]},
            {"id": "billing", "year": 2, "text": "Bills are right the first time.", "causes": ["invoice_wrong"]},
        ]
    }
    StrategyVersion.objects.create(state="published", version=1, content=content, published_at=timezone.now())
    from headwater.strategy.strategies import current

    return current()


def test_the_outcome_that_shares_its_causes_is_suggested(contacts: None, published: Strategy) -> None:
    found = fits(published, tracing.trace(""), request_words.Understanding(all_contacts=True))
    assert [(fit.outcome.id, fit.share) for fit in found] == [("on_time", pytest.approx(0.5))]


def test_issues_bring_their_causes_to_their_outcome_and_strays_to_none(contacts: None) -> None:
    strategy = Strategy(
        1,
        outcomes=(Outcome("a", 1, "One"), Outcome("b", 1, "Two")),
        issues=(Issue("i", "Late", ("delivery_late",), "b"), Issue("s", "Late too", ("delivery_late",))),
    )
    assert [fit.outcome.id for fit in fits(strategy, tracing.trace(""), request_words.Understanding())] == ["b"]


def test_a_request_becomes_part_of_an_outcome_or_is_declined(
    contacts: None, published: Strategy, editor: Person, agent: Person
) -> None:
    row = requests.file_request(agent, SERVICE)
    with pytest.raises(Conflict, match="still being traced"):
        requests.link_request(editor, row.pk, "on_time")
    requests.answer_filed()
    for _ in range(2):
        row = requests.link_request(editor, row.pk, "on_time")
    assert (row.state, row.outcome, row.decided_by) == ("linked", "on_time", editor)
    assert OutboxMail.objects.count() == 2
    row = requests.decline_request(editor, row.pk, "It is done already.")
    assert (row.state, row.outcome, row.reason) == ("declined", "", "It is done already.")
    entries = HistoryEntry.objects.filter(code__startswith="request.").order_by("id")
    codes = list(entries.values_list("code", flat=True))
    assert codes == ["request.filed", "request.answered", "request.linked", "request.declined"]
    for act, says in (
        (lambda: requests.link_request(editor, row.pk, "nowhere"), "no outcome"),
        (lambda: requests.decline_request(editor, row.pk, "  "), "Say why"),
        (lambda: requests.decline_request(editor, row.pk, "x" * 1001), "Say why"),
        (lambda: requests.link_request(editor, 999, "on_time"), "no request 999"),
    ):
        with pytest.raises(Refused, match=says):
            act()


def test_the_same_form_twice_is_one_request_and_nobody_elses(agent: Person, person_with: PersonWith) -> None:
    sent = uuid.uuid4()
    first = requests.file_request(agent, SERVICE, sent=sent)
    assert requests.file_request(agent, SERVICE, sent=sent).pk == first.pk
    assert Request.objects.count() == HistoryEntry.objects.filter(code="request.filed").count() == 1
    with pytest.raises(Conflict):
        requests.file_request(person_with("employee"), SERVICE, sent=sent)


@pytest.mark.parametrize("words", ["", "fix", "x" * 2001, "fix the\x00thing"])
def test_too_little_or_too_much_is_refused(agent: Person, words: str) -> None:
    with pytest.raises(Refused, match="8 to 2000 characters"):
        requests.file_request(agent, words)


def test_nobody_floods_the_list(agent: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "A_DAY", 2)
    requests.file_request(agent, SERVICE)
    requests.file_request(agent, SERVICE)
    with pytest.raises(Refused) as refused:
        requests.file_request(agent, SERVICE)
    assert refused.value.status == 429


def test_people_see_their_own_managers_their_departments_and_the_team_all(
    contacts: None, agent: Person, editor: Person, person_with: PersonWith
) -> None:
    warehouse = Department.objects.create(name="Depot", pack_departments=["warehouse"])
    sales = Department.objects.create(name="Sales")
    manager, other = person_with("manager"), person_with("employee")
    manager.department, agent.department = warehouse, sales
    manager.save()
    agent.save()
    row = requests.file_request(agent, "The depot sends the wrong things.")
    assert row.department == sales
    assert not requests.requests_of(manager).exists()
    requests.answer_filed()
    assert "warehouse" in request_words.ids(requests.understanding_of(Request.objects.get()).departments)
    for person in (agent, editor, manager):
        assert requests.request_of(person, row.pk).pk == row.pk
    with pytest.raises(NotFound):
        requests.request_of(other, row.pk)


@pytest.mark.parametrize("role", ["executive", "manager", "employee", "analyst", "hr"])
def test_only_the_team_answers(role: str, contacts: None, agent: Person, person_with: PersonWith) -> None:
    row = requests.file_request(agent, SERVICE)
    requests.answer_filed()
    person = person_with(role)
    for act in (
        lambda: requests.correct_request(person, row.pk, all_contacts=True),
        lambda: requests.link_request(person, row.pk, "on_time"),
        lambda: requests.decline_request(person, row.pk, "no"),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.status == 403


def test_the_page_answers_in_one_sentence_with_owners_and_words(contacts: None, editor: Person, client: Client) -> None:
    client.force_login(editor)
    answer = client.post("/requests/new", {"text": SERVICE, "sent": str(uuid.uuid4())})
    address = answer["Location"]
    waiting = client.get(address).content.decode()
    assert "Tracing it upstream" in waiting
    assert client.get(address + "/progress").status_code == 200
    requests.answer_filed()
    assert client.get(address + "/progress")["HX-Refresh"] == "true"
    words = client.get(address).content.decode()
    names = [one.name for one in taxonomy().departments if one.id == "delivery"]
    assert "began upstream of customer service" in words
    assert names[0] in words
    assert "nobody has said what one contact costs" in words
    assert "no strategy has been published yet" in words
    assert client.get("/requests").status_code == 200


def test_words_are_shown_as_words(contacts: None, editor: Person, client: Client) -> None:
    client.force_login(editor)
    row = requests.file_request(editor, "<script>alert('fix it')</script>")
    requests.answer_filed()
    requests.decline_request(editor, row.pk, "<b>no</b>")
    for page in ("/requests", f"/requests/{row.pk}"):
        words = client.get(page).content.decode()
        assert "<script>alert" not in words
        assert "<b>no" not in words


def test_a_stranger_is_sent_to_sign_in(client: Client) -> None:
    for page in ("/requests", "/requests/new", "/requests/1", "/requests/1/progress"):
        assert "/account/login/" in client.get(page)["Location"]


def test_the_command_answers_at_once(contacts: None, agent: Person) -> None:
    result = CliRunner().invoke(request_command, [SERVICE, "--as", agent.email])
    assert result.exit_code == 0, result.output
    assert "began upstream of customer service" in result.output
    assert Request.objects.get().filed_by == agent
    result = CliRunner().invoke(request_command, [SERVICE, "--json"])
    assert json.loads(result.output)["trace"]["total"] == 60
    result = CliRunner().invoke(request_command, [SERVICE, "--as", "nobody@example.com"])
    assert isinstance(result.exception, NotFound)


def test_programs_file_read_correct_and_decline(contacts: None, editor: Person, client: Client) -> None:
    client.force_login(editor)
    sent = {"text": SERVICE, "sent": str(uuid.uuid4())}
    first, second = (client.post("/api/v1/requests", sent, content_type="application/json") for _ in range(2))
    assert first.status_code == second.status_code == 201
    number = first.json()["id"]
    assert second.json()["id"] == number
    requests.answer_filed()
    answer = client.get(f"/api/v1/requests/{number}").json()
    assert answer["state"] == "answered"
    assert answer["trace"]["upstream"]["value"] == pytest.approx(0.5)
    assert client.get("/api/v1/requests").json()["rows"][0]["id"] == number
    about = {"causes": ["delivery_late"]}
    answer = client.put(f"/api/v1/requests/{number}/about", about, content_type="application/json")
    assert answer.json()["trace"]["total"] == 30
    why = {"reason": "Done."}
    answer = client.put(f"/api/v1/requests/{number}/decline", why, content_type="application/json")
    assert answer.json()["state"] == "declined"
    assert client.get("/api/v1/requests/999999").status_code == 404


def test_the_classifier_hears_what_the_words_name(journey: None, empty_record: Any) -> None:
    from headwater.insight.labelling import current_labeller

    about = request_words.understood("my parcel arrived two weeks late", current_labeller(), taxonomy())
    assert "delivery_late" in request_words.ids(about.causes)
    assert all(0 < guess.confidence <= 1 for guess in (*about.causes, *about.stages))
    assert request_words.understood("zzzz qqqq", current_labeller(), taxonomy()).departments == ()


def test_clearing_the_sample_company_forgets_requests(agent: Person) -> None:
    requests.file_request(agent, SERVICE)
    requests.clear()
    assert not Request.objects.exists()
