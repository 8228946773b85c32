"""Writing a strategy: a draft on one page, leaders who answer to it, versions that stay readable."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from headwater.base.company import ensure_company
from headwater.base.models import HistoryEntry, OutboxMail, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.strategy import agreement, drafting, strategies
from headwater.strategy.strategy import BusinessGoal, Issue, Outcome, Strategy

pytestmark = pytest.mark.django_db

Made = Callable[..., Person]


@pytest.fixture(autouse=True)
def _company(home: object) -> None:
    ensure_company(name="Test", currency="EUR")


def published(editor: Person, strategy: Strategy) -> Strategy:
    drafting.replace_draft(editor, strategy, source="a test")
    return agreement.publish(editor, override="a test")


def test_a_strategy_is_written_agreed_and_published(editor: Person, person_with: Made) -> None:
    leader = person_with("executive")
    drafting.change_statements(editor, {"mission": "Parcels arrive on the day we said."})
    goal = drafting.add_item(editor, "goal", {"name": "More customers buy again"})
    values = {"text": "Nine of ten parcels arrive on the promised day.", "year": 1, "goal": goal.id}
    outcome = drafting.add_item(editor, "outcome", values)
    drafting.add_item(editor, "issue", {"text": "Parcels come late", "outcome": outcome.id})

    assert agreement.propose(editor, [leader.pk]).state == "proposed"
    draft = strategies.draft()
    assert draft is not None
    assert agreement.answer(leader, draft.edition, "agrees").state == "agreed"
    assert agreement.publish(editor).version == 1

    now = strategies.current()
    assert now.mission == "Parcels arrive on the day we said."
    assert now.goals == (BusinessGoal("more_customers_buy_again", "More customers buy again"),)
    assert isinstance(now.outcomes[0], Outcome)
    assert now.issues == (Issue("parcels_come_late", "Parcels come late", outcome=outcome.id),)
    assert OutboxMail.objects.get().to == leader.email
    assert HistoryEntry.objects.values_list("code", flat=True)[0] == "strategy.published"


def test_an_edit_withdraws_every_answer(editor: Person, person_with: Made, small: Strategy) -> None:
    leader = person_with("executive")
    drafting.replace_draft(editor, small, source="a test")
    state = agreement.propose(editor, [leader.pk])
    agreement.answer(leader, state.edition, "agrees")
    drafting.change_statements(editor, {"mission": "Another mission."})
    after = agreement.proposal()
    assert after is not None
    assert (after.state, len(after.answers), len(after.withdrawn)) == ("draft", 0, 1)
    with pytest.raises(Refused, match="Nobody was asked"):
        agreement.publish(editor)
    with pytest.raises(Conflict, match="changed after you opened it"):
        agreement.answer(leader, state.edition, "agrees")


def test_publishing_waits_for_all_who_were_asked(editor: Person, person_with: Made, small: Strategy) -> None:
    first, second = person_with("executive"), person_with("manager")
    drafting.replace_draft(editor, small, source="a test")
    state = agreement.propose(editor, [first.pk, second.pk])
    agreement.answer(first, state.edition, "agrees")
    with pytest.raises(Refused, match=second.name):
        agreement.publish(editor)
    agreement.answer(second, state.edition, "objects", "The second outcome cannot be reached.")
    with pytest.raises(Refused, match=second.name):
        agreement.publish(editor)
    assert agreement.publish(editor, override="The board decided on Monday.").version == 1
    row = strategies.published_version(1)
    assert row.override_reason == "The board decided on Monday."
    assert [one.answer for one in agreement.answers_of(row)] == ["agrees", "objects"]
    assert HistoryEntry.objects.filter(code="strategy.published_unagreed").exists()


def test_an_edit_made_meanwhile_is_not_published_unseen(
    editor: Person, person_with: Made, small: Strategy, client: Client
) -> None:
    drafting.replace_draft(editor, small, source="a test")
    read = strategies.draft()
    assert read is not None
    client.force_login(editor)
    assert f'name="seen" value="{read.edition}"' in client.get(reverse("strategy_draft")).content.decode()
    drafting.change_statements(person_with("cx_team"), {"mission": "Nobody waits in vain."}, seen=read.edition)
    given = {"override": "The board decided on Monday.", "seen": read.edition}
    answer = client.post(reverse("publish_strategy"), given)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Someone else changed this draft" in page
    assert "The board decided on Monday." in page  # what was written is not lost
    answer = client.post("/api/v1/strategy/draft/publish", given, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (409, "draft_changed")
    assert client.delete(f"/api/v1/strategy/draft?seen={read.edition}").status_code == 409
    assert client.post(reverse("discard_strategy"), {"seen": read.edition}).status_code == 409
    assert strategies.current().version == 0
    now = strategies.draft()
    assert now is not None
    answer = client.post("/api/v1/strategy/draft/publish", {**given, "seen": now.edition}, "application/json")
    assert (answer.status_code, strategies.current().mission) == (200, "Nobody waits in vain.")


def test_who_is_asked_finds_it_among_what_is_due(editor: Person, person_with: Made, small: Strategy) -> None:
    leader = person_with("executive")
    drafting.replace_draft(editor, small, source="a test")
    assert agreement.due_for(leader) == ()
    state = agreement.propose(editor, [leader.pk])
    assert [due.url for due in agreement.due_for(leader)] == [reverse("strategy_draft")]
    agreement.answer(leader, state.edition, "objects", "Too little.")
    assert agreement.due_for(leader) == ()


def test_asking_and_answering_twice_counts_once(editor: Person, person_with: Made, small: Strategy) -> None:
    leader = person_with("executive")
    drafting.replace_draft(editor, small, source="a test")
    agreement.propose(editor, [leader.pk])
    state = agreement.propose(editor, [leader.pk])
    assert len(state.answers) == 1
    agreement.answer(leader, state.edition, "agrees")
    agreement.answer(leader, state.edition, "agrees")
    assert OutboxMail.objects.count() == 1
    assert HistoryEntry.objects.filter(code="strategy.agreed").count() == 1
    assert HistoryEntry.objects.filter(code="strategy.proposed").count() == 1


def test_an_edit_can_be_undone_until_the_next(editor: Person, small: Strategy) -> None:
    drafting.replace_draft(editor, small, source="a test")
    drafting.remove_item(editor, "outcome", "on_time")
    draft = strategies.draft()
    assert draft is not None
    assert [issue.id for issue in draft.strategy.strays] == ["late", "app"]
    drafting.undo_edit(editor, draft.edition)
    restored = strategies.draft()
    assert restored is not None
    assert restored.strategy.outcomes == small.outcomes
    with pytest.raises(Conflict, match="cannot be undone"):
        drafting.undo_edit(editor, draft.edition)


def test_two_editors_meet_only_where_they_touch_the_same(editor: Person, person_with: Made, small: Strategy) -> None:
    other = person_with("executive")
    drafting.replace_draft(editor, small, source="a test")
    draft = strategies.draft()
    assert draft is not None
    seen = draft.edition
    drafting.change_item(other, "outcome", "on_time", {"text": "Ninety-five of a hundred on time."}, seen=seen)
    drafting.change_item(editor, "value", "word", {"name": "We keep promises"}, seen=seen)
    drafting.change_statements(editor, {"vision": "Another vision"}, seen=seen)
    with pytest.raises(Conflict, match="Someone else changed this"):
        drafting.change_item(editor, "outcome", "on_time", {"text": "All on time."}, seen=seen)


def test_any_earlier_version_can_be_read_and_compared(editor: Person, small: Strategy, client: Client) -> None:
    published(editor, small)
    drafting.change_statements(editor, {"mission": "Every order arrives when we said it would."})
    agreement.publish(editor, override="A shorter sentence.")
    assert strategies.strategy_of(1).mission == small.mission
    client.force_login(editor)
    page = client.get(reverse("strategy_versions"), {"from": "1", "to": "2"}).content.decode()
    assert "<del>" in page
    assert "whoever asks" in page
    assert small.mission in client.get(reverse("strategy_version", args=[1])).content.decode().replace("&#x27;", "'")
    assert client.get(reverse("strategy_version", args=[9])).status_code == 404


@pytest.mark.parametrize("role", ["employee", "analyst", "hr", "manager"])
def test_who_may_not_edit_is_refused(role: str, person_with: Made) -> None:
    who = person_with(role)
    with pytest.raises(NotAllowed):
        drafting.change_statements(who, {"mission": "Mine."})
    with pytest.raises(NotAllowed):
        drafting.add_item(who, "goal", {"name": "Mine"})
    with pytest.raises(NotAllowed):
        agreement.propose(who, [who.pk])
    with pytest.raises(NotAllowed):
        agreement.publish(who, override="because")


@pytest.mark.parametrize("role", ["employee", "analyst", "hr", "administrator"])
def test_who_may_not_agree_is_neither_asked_nor_heard(
    role: str, person_with: Made, editor: Person, small: Strategy
) -> None:
    who = person_with(role)
    drafting.replace_draft(editor, small, source="a test")
    with pytest.raises(Refused, match="no role that may agree"):
        agreement.propose(editor, [who.pk])
    with pytest.raises(NotAllowed):
        agreement.answer(who, 1, "agrees")


def test_only_those_asked_answer(person_with: Made, editor: Person, small: Strategy) -> None:
    asked, stranger = person_with("executive"), person_with("executive")
    drafting.replace_draft(editor, small, source="a test")
    state = agreement.propose(editor, [asked.pk])
    with pytest.raises(Refused, match="not asked"):
        agreement.answer(stranger, state.edition, "agrees")


@pytest.mark.parametrize(
    ("given", "reason", "says"),
    [
        ("perhaps", "", "no answer"),
        ("objects", "  ", "Say why"),
        ("objects", "x" * 601, "at most; this one has 601"),
    ],
)
def test_an_answer_that_says_nothing_is_refused(
    given: str, reason: str, says: str, person_with: Made, editor: Person, small: Strategy
) -> None:
    leader = person_with("executive")
    drafting.replace_draft(editor, small, source="a test")
    state = agreement.propose(editor, [leader.pk])
    with pytest.raises(Refused, match=says):
        agreement.answer(leader, state.edition, given, reason)


@pytest.mark.parametrize(
    ("kind", "values", "says"),
    [
        ("goal", {"name": "x" * 81}, "at most 80"),
        ("goal", {"name": ""}, "at least 1"),
        ("outcome", {"text": "x", "year": 7}, "year"),
        ("outcome", {"text": "x", "year": 1, "goal": "gone"}, "the goal gone"),
        ("outcome", {"text": "x", "year": 1, "stages": ["gone"]}, "The journey has no gone"),
        ("outcome", {"text": "x", "year": 1, "segments": ["region = "]}, "character"),
        ("outcome", {"text": "x", "year": 1, "money": {"amount": 5, "currency": "USD", "kind": "cost"}}, "in EUR"),
        ("issue", {"text": "x", "outcome": "gone"}, "the outcome gone"),
        ("issue", {"text": "x", "causes": ["gone"]}, "The journey has no gone"),
        ("issue", {"text": "Parcels come later than promised"}, "already that says"),
        ("issue", {"text": "x", "colour": "red"}, "no field"),
    ],
)
def test_what_cannot_be_is_refused_with_its_value(
    kind: str, values: dict[str, object], says: str, editor: Person, small: Strategy
) -> None:
    drafting.replace_draft(editor, small, source="a test")
    before = strategies.draft()
    with pytest.raises(Refused, match=says):
        drafting.add_item(editor, kind, values)  # type: ignore[arg-type]
    after = strategies.draft()
    assert before is not None
    assert after is not None
    assert after.edition == before.edition


def test_what_is_not_there_is_not_found(editor: Person, small: Strategy) -> None:
    drafting.replace_draft(editor, small, source="a test")
    with pytest.raises(NotFound, match="no outcome gone"):
        drafting.change_item(editor, "outcome", "gone", {"text": "x"})


def test_nothing_is_published_that_says_nothing_new(editor: Person, small: Strategy) -> None:
    with pytest.raises(Refused, match="no draft"):
        agreement.publish(editor, override="because")
    published(editor, small)
    drafting.change_statements(editor, {"mission": small.mission})
    with pytest.raises(Refused, match="no draft"):
        agreement.publish(editor, override="because")


def test_items_move_among_their_siblings(editor: Person, small: Strategy) -> None:
    drafting.replace_draft(editor, small, source="a test")
    drafting.add_item(editor, "outcome", {"text": "Parcels are never left in the rain.", "year": 1})
    drafting.move_item(editor, "outcome", "on_time", 1)
    draft = strategies.draft()
    assert draft is not None
    assert [one.id for one in draft.strategy.outcomes_of(1)] == ["parcels_are_never_left_in_the", "on_time"]
    assert [one.id for one in draft.strategy.outcomes_of(2)] == ["one_answer"]
