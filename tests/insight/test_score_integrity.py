"""Score integrity: the incentive first, a colleague's pattern for them and their manager, a number for the rest."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from headwater.base.models import Department, HistoryEntry, OutboxMail, Person
from headwater.base.permissions import ROLES, NotAllowed
from headwater.base.refusals import NotFound, Refused
from headwater.insight.integrity import integrity, own_patterns, pattern_shown, patterns_led
from headwater.insight.integrity_agents import agents_in_data, match_agent
from headwater.insight.integrity_incentives import incentives_of, review_incentive, warnings_for
from headwater.insight.integrity_replies import clear, replies_to, reply
from headwater.insight.integrity_wording import integrity_sentence
from headwater.insight.models import PatternReply
from headwater.strategy import readiness
from tests.insight.conftest import Write

pytestmark = pytest.mark.django_db

END = datetime(2026, 6, 28, 12)
BEGS = "begs@example.com"
HONEST = [f"desk-{number:02d}" for number in range(11)]


def surveys() -> list[dict[str, Any]]:
    """Eleven agents alike, half of whose customers answer; one whose customers nearly all do, in two weeks, on top."""
    chance = random.Random(5)
    made: list[dict[str, Any]] = []
    for agent in (*HONEST, BEGS):
        begs = agent == BEGS
        for number in range(60):
            week = chance.choice((10, 11)) if begs else chance.randrange(3, 26)
            answered = chance.random() < (0.97 if begs else 0.5)
            score = 7.0 if begs or chance.random() < 0.6 else 3.0
            branch = "Large" if agent in HONEST[:6] else "Small" if begs else "Middle"
            made += survey(f"{agent}-{number}", END - timedelta(weeks=week, days=2), score, answered, agent, branch)
    made.append({"record_id": "last", "kind": "review", "text": "words", **_at(END)})
    return made


def survey(who: str, at: datetime, score: float, answered: bool, agent: str, branch: str) -> list[dict[str, Any]]:
    attributes = [("agent", agent), ("branch", branch), ("metric", "ces")]
    same = {"customer_id": who, "response_id": who, "attributes": attributes}
    invited = {**same, **_at(at), "record_id": f"i-{who}", "kind": "event", "event": "invited"}
    answer = {**same, **_at(at + timedelta(days=1)), "record_id": f"a-{who}", "metric": "ces", "score": score}
    return [invited, answer] if answered else [invited]


def _at(at: datetime) -> dict[str, Any]:
    return {"occurred_at": at, "received_at": at, "local_date": at.date()}


@pytest.fixture
def screened(write: Write) -> None:
    write(surveys())


@pytest.fixture
def begging(person_with: Callable[..., Person]) -> Person:
    """The colleague whose figures stand out, with a manager."""
    person = person_with("employee", manager=person_with("manager"))
    Person.objects.filter(pk=person.pk).update(email=BEGS)
    person.refresh_from_db()
    return person


@pytest.fixture
def examined(db: None) -> None:
    review_incentive(None, "ces", "stays", "The bonus counts it until the end of the year.")


def test_one_stands_out_and_nobody_is_named(screened: None, person_with: Callable[..., Person]) -> None:
    found = integrity(person_with("cx_team"), "ces")
    assert (found.agents.tested, len(found.agents.standing_out), found.nobody) == (12, 1, 12)
    assert found.agents.standing_out[0].name == BEGS
    assert "1 of 12 agents stands out" in integrity_sentence(found, ())
    unit = found.agents.units[BEGS]
    assert unit.asked == 60
    assert unit.answered == unit.top > 50
    assert sorted(week for week in unit.by_period if week)[-1] > 20


def test_without_invitations_the_answers_alone_are_screened(write: Write, person_with: Callable[..., Person]) -> None:
    write([row for row in surveys() if row.get("event") != "invited"])
    found = integrity(person_with("cx_team"), "ces")
    assert not found.agents.asked_known
    assert found.agents.units[HONEST[0]].asked is None
    assert found.agents.tested == 12


def test_the_colleague_always_sees_their_own_and_replies(screened: None, begging: Person) -> None:
    (pattern,) = own_patterns(begging, "ces")
    assert pattern.figures.stands_out
    for words in ("I ask whoever thanks me.", "I ask whoever thanks me.", "Ask my customers."):
        reply(begging, "ces", BEGS, words)
    assert [row.words for row in replies_to(pattern)] == ["Ask my customers.", "I ask whoever thanks me."]
    assert replies_to(pattern)[0].figures["top_share"][0] == 1
    told = HistoryEntry.objects.get(code="integrity.replied", pk=HistoryEntry.objects.latest("id").pk)
    assert (told.actor, told.actor_name, begging.name in str(told.data)) == (None, "", False)
    for words in ("", "x" * 2_001):
        with pytest.raises(Refused):
            reply(begging, "ces", BEGS, words)
    with pytest.raises(Refused, match="no figures of yours"):
        reply(begging, "ces", HONEST[0], "mine")
    clear()
    assert not PatternReply.objects.exists()


def test_the_manager_sees_it_only_after_the_incentive_was_examined(screened: None, begging: Person) -> None:
    manager = begging.manager
    assert manager
    assert patterns_led(manager, "ces") == ()
    with pytest.raises(NotFound):
        pattern_shown(manager, begging.pk, "ces")
    review_incentive(None, "ces", "nothing", "Read all bonus rules.")
    assert [one.person for one in patterns_led(manager, "ces")] == [begging]
    reply(begging, "ces", BEGS, "My words.")
    assert replies_to(pattern_shown(manager, begging.pk, "ces")[0])[0].words == "My words."


def test_where_no_manager_is_named_it_is_the_head_of_the_department(
    screened: None, examined: None, begging: Person, person_with: Callable[..., Person]
) -> None:
    head, department = person_with("manager"), Department.objects.create(name="Service")
    department.head = head
    department.save()
    Person.objects.filter(pk=begging.pk).update(manager=None, department=department)
    assert [one.person for one in patterns_led(head, "ces")] == [begging]


@pytest.mark.parametrize("role", list(ROLES))
def test_nobody_else_sees_whose_it_is_whatever_their_role(
    role: str, screened: None, examined: None, begging: Person, person_with: Callable[..., Person], client: Client
) -> None:
    other = person_with(role)
    assert patterns_led(other, "ces") == ()
    client.force_login(other)
    assert client.get(f"/integrity/people/{begging.pk}?metric=ces").status_code == 404
    for path in ("/integrity?metric=ces", "/integrity/own?metric=ces", "/api/v1/integrity/ces"):
        said = client.get(path, follow=True).content.decode()
        assert BEGS not in said
        assert begging.name not in said
    by_agent = client.get("/api/v1/metrics/ces", {"by": "attribute:agent"})
    assert by_agent.status_code == 403
    assert client.get("/metrics/ces", {"where": f"attribute:agent = '{BEGS}'"}).status_code == 403


def test_colleague_and_manager_open_their_pages(
    screened: None, examined: None, begging: Person, client: Client
) -> None:
    assert client.get("/integrity/own").status_code == 302
    client.force_login(begging)
    assert "Your figures differ" in client.get("/integrity/own?metric=ces").content.decode()
    kept = client.post("/integrity/own?metric=ces", {"agent": BEGS, "words": "Look at the bonus."})
    assert kept.status_code == 302
    assert begging.manager
    client.force_login(begging.manager)
    assert f"/integrity/people/{begging.pk}" in client.get("/integrity/own?metric=ces").content.decode()
    page = client.get(f"/integrity/people/{begging.pk}?metric=ces").content.decode()
    assert "Look at the bonus." in page
    assert "proves nothing" in page


def test_small_branches_are_not_named(screened: None, person_with: Callable[..., Person]) -> None:
    found = integrity(person_with("executive"), "ces")
    assert found.branches.verdict  # three branches do not show what is usual
    assert found.named_branches == ()


def test_what_hangs_on_a_score_is_a_standing_warning(person_with: Callable[..., Person]) -> None:
    assert [one.hangs for one in incentives_of("ces")] == [None]
    assert warnings_for("ces") == ()
    readiness.change_item(None, "pay_on_score", {"says_yes": True})
    assert [one.hangs for one in warnings_for("ces")] == [True]
    assert warnings_for("volume") == ()
    with pytest.raises(Refused, match="something hangs"):
        review_incentive(person_with("cx_team"), "ces", "nothing", "Looked.")
    readiness.change_item(None, "pay_on_score", {"says_yes": False})
    first = review_incentive(None, "ces", "hangs", "A prize a month.")
    assert review_incentive(None, "ces", "hangs", "A prize a month.") == first
    assert [one.words for one in warnings_for("ces")] == ["A prize a month."]
    with pytest.raises(NotAllowed):
        review_incentive(person_with("analyst"), "ces", "nothing", "Looked.")


def test_an_agent_is_matched_by_those_who_manage_people_and_everybody_concerned_is_told(
    screened: None, examined: None, begging: Person, person_with: Callable[..., Person], client: Client
) -> None:
    administrator, thief = person_with("administrator"), person_with("employee")
    with pytest.raises(NotAllowed):
        match_agent(person_with("cx_team"), BEGS, thief)
    match_agent(administrator, HONEST[0], thief)
    assert [one.agent for one in own_patterns(thief, "ces")] == [HONEST[0]]
    match_agent(administrator, BEGS, thief)
    told = {mail.to for mail in OutboxMail.objects.filter(subject__contains=BEGS)}
    assert told == {begging.email, thief.email}
    assert own_patterns(begging, "ces") == ()
    match_agent(administrator, BEGS, None)
    assert {row.agent: row.person for row in agents_in_data(administrator)}[BEGS] == begging
    client.force_login(administrator)
    assert client.post("/integrity/agents/match", {"agent": HONEST[1], "email": thief.email}).status_code == 302
    assert client.post("/integrity/agents/match", {"agent": HONEST[1], "email": "no@x.de"}).status_code == 404
    assert "found by address" in client.get("/integrity/agents").content.decode()
