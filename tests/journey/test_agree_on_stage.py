"""Agreement: each head answers for the departments that touch a stage; objections end with a decider."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import Department, HistoryEntry, OutboxMail, Person
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.journey import agreement, services
from headwater.journey.agreement_rules import (
    TIME_TO_SETTLE,
    Answer,
    DepartmentView,
    StageAgreement,
    fingerprint,
    goes_to_decider,
    state_of,
)
from headwater.journey.models import StageAnswer, StageAsking
from headwater.journey.packs import Pack, pack_of
from headwater.journey.taxonomy import Contribution, Moment, Stage, Taxonomy

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.journey.urls")]
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
OBJECTION = Answer(1, "now", False, "Not ours.", "Head", NOW)


def small_pack(small: Taxonomy) -> Pack:
    return pack_of(small, name="small", title="Small")


@pytest.fixture
def delivery(editor: Person, person_with: Callable[..., Person], small: Taxonomy) -> Department:
    """A department that works at "wait", with a head; "order" is finance's, whose head is another."""
    services.apply_pack(editor, small_pack(small))
    Department.objects.create(name="Money", head=person_with("manager"), pack_departments=["finance"])
    return Department.objects.create(name="Lorries", head=person_with("manager"), pack_departments=["delivery"])


def head(department: Department) -> Person:
    assert department.head is not None
    return department.head


def test_a_stage_is_settled_when_all_have_agreed(delivery: Department) -> None:
    before = agreement.agreement_of("wait")
    assert (before.settled, [view.name for view in before.unanswered]) == (False, ["Lorries"])
    after = agreement.answer(head(delivery), "wait", delivery.pk, agrees=True, seen=before.fingerprint)
    assert after.settled
    assert after.agreed[0].answer is not None
    assert after.agreed[0].answer.by == head(delivery).name
    assert not agreement.agreement_of("order").settled
    assert agreement.due_for(head(delivery)) == ()


def test_the_same_answer_twice_counts_once_and_another_takes_its_place(delivery: Department) -> None:
    for _time in range(2):
        agreement.answer(head(delivery), "wait", delivery.pk, agrees=False, reason="The promise is not ours.")
    assert StageAnswer.objects.count() == 1
    assert not agreement.agreement_of("wait").settled
    agreement.answer(head(delivery), "wait", delivery.pk, agrees=True)
    assert agreement.agreement_of("wait").settled
    codes = HistoryEntry.objects.filter(code__startswith="agreement.").order_by("id").values_list("code", flat=True)
    assert list(codes) == ["agreement.objected", "agreement.agreed"]


def test_a_published_change_asks_again_and_only_at_that_stage(delivery: Department, editor: Person) -> None:
    money = Department.objects.get(name="Money")
    agreement.answer(head(delivery), "wait", delivery.pk, agrees=True)
    agreement.answer(head(money), "order", money.pk, agrees=True)
    services.change_item(editor, "moment", "arrival", {"description": "On the promised day."})
    assert agreement.agreement_of("wait").settled
    services.publish_draft(editor)
    again = agreement.agreement_of("wait")
    assert not again.settled
    assert again.answers[0].outdated
    assert agreement.agreement_of("order").settled
    with pytest.raises(Conflict):
        agreement.answer(head(delivery), "wait", delivery.pk, agrees=True, seen="of before")


def test_example_phrases_and_order_do_not_ask_again() -> None:
    stage, moment = Stage("wait", "I wait"), Moment("pay", "I pay", "wait")
    plain = fingerprint(stage, [moment])
    assert fingerprint(Stage("wait", "I wait", examples=("late",), position=3), [moment]) == plain
    spoken = Moment("pay", "I pay", "wait", contributions=(Contribution("finance", "Takes it."),))
    assert fingerprint(stage, [spoken]) != plain
    assert fingerprint(stage, []) != plain


def test_heads_are_asked_once_by_mail(delivery: Department, editor: Person) -> None:
    assert agreement.ask_heads() == 2
    assert agreement.ask_heads() == 0
    mail = OutboxMail.objects.get(to=head(delivery).email)
    assert "I wait for it" in mail.text
    assert "/journey/agreement" in mail.text
    assert StageAsking.objects.count() == 2
    services.change_item(editor, "stage", "wait", {"name": "I wait"})
    services.publish_draft(editor)
    assert agreement.ask_heads() == 1


def test_a_department_without_a_head_is_answered_for_from_above(
    delivery: Department, person_with: Callable[..., Person]
) -> None:
    boss = person_with("executive")
    above = Department.objects.create(name="Operations", head=boss)
    Department.objects.filter(pk=delivery.pk).update(head=None, parent=above)
    assert [one.department_name for one in agreement.due_for(boss)] == ["Lorries"]
    agreement.answer(boss, "wait", delivery.pk, agrees=True)
    assert agreement.agreement_of("wait").settled


def test_two_departments_of_the_pack_that_are_one_of_ours_are_asked_once(
    editor: Person, person_with: Callable[..., Person], small: Taxonomy
) -> None:
    services.apply_pack(editor, small_pack(small))
    Department.objects.create(name="All", head=person_with("manager"), pack_departments=["delivery", "finance"])
    services.change_item(editor, "cause", "late", {"departments": ["delivery", "finance"]})
    services.publish_draft(editor)
    assert [view.name for view in agreement.agreement_of("wait").answers] == ["All"]


def test_an_objection_goes_to_the_decider_after_14_days(
    delivery: Department, editor: Person, person_with: Callable[..., Person]
) -> None:
    boss = person_with("executive")
    agreement.answer(head(delivery), "wait", delivery.pk, agrees=False, reason="We do not set the day.")
    later = datetime.now(UTC) + TIME_TO_SETTLE + timedelta(minutes=1)
    assert agreement.pass_on_objections(later) == 0, "nobody is named"
    agreement.name_decider(editor, boss)
    assert agreement.pass_on_objections(later - timedelta(days=1)) == 0
    assert agreement.pass_on_objections(later) == 1
    assert agreement.pass_on_objections(later) == 0
    (due,) = agreement.due_for(boss)
    assert due.to_decide
    assert due.answer is not None
    assert "We do not set the day." in OutboxMail.objects.get(to=boss.email).text
    with pytest.raises(Refused) as refused:
        agreement.decide(head(delivery), due.answer.id, keep=True, reason="Because.")
    assert refused.value.status == 403
    with pytest.raises(Refused, match="Say why"):
        agreement.decide(boss, due.answer.id, keep=True, reason=" ")
    assert agreement.decide(boss, due.answer.id, keep=True, reason="Lorries keep the day.").settled
    assert OutboxMail.objects.filter(to=head(delivery).email, text__contains="Lorries keep the day.").exists()
    with pytest.raises(Conflict):
        agreement.decide(boss, due.answer.id, keep=False, reason="Or not.")
    assert agreement.due_for(boss) == ()


def test_a_stage_that_is_to_be_changed_stays_open_until_it_is(
    delivery: Department, editor: Person, person_with: Callable[..., Person]
) -> None:
    boss = person_with("executive")
    agreement.name_decider(editor, boss)
    agreement.answer(head(delivery), "wait", delivery.pk, agrees=False, reason="We do not set the day.")
    agreement.pass_on_objections(datetime.now(UTC) + TIME_TO_SETTLE)
    (due,) = agreement.due_for(boss)
    assert due.answer is not None
    decided = agreement.decide(boss, due.answer.id, keep=False, reason="Rewrite it.")
    assert [view.state for view in decided.answers] == ["to_change"]
    services.change_item(editor, "stage", "wait", {"name": "I wait"})
    services.publish_draft(editor)
    assert [view.state for view in agreement.agreement_of("wait").answers] == ["unanswered"]
    with pytest.raises(NotFound):
        agreement.decide(boss, due.answer.id, keep=True, reason="Too late.")


def test_nobody_decides_on_their_own_objection(delivery: Department, editor: Person) -> None:
    agreement.name_decider(editor, head(delivery))
    agreement.answer(head(delivery), "wait", delivery.pk, agrees=False, reason="We do not set the day.")
    assert agreement.pass_on_objections(datetime.now(UTC) + TIME_TO_SETTLE) == 0


def test_another_decider_takes_over_what_waits(
    delivery: Department, editor: Person, person_with: Callable[..., Person]
) -> None:
    first, second = person_with("executive"), person_with("executive")
    agreement.name_decider(editor, first)
    agreement.answer(head(delivery), "wait", delivery.pk, agrees=False, reason="We do not set the day.")
    agreement.pass_on_objections(datetime.now(UTC) + TIME_TO_SETTLE)
    agreement.name_decider(editor, second)
    assert agreement.due_for(first) == ()
    assert len(agreement.due_for(second)) == 1


@pytest.mark.parametrize("roles", [(), ("employee",), ("analyst",), ("hr",)])
def test_those_who_may_not_answer_are_refused(
    delivery: Department, person_with: Callable[..., Person], roles: tuple[str, ...]
) -> None:
    stranger = person_with(*roles)
    Department.objects.filter(pk=delivery.pk).update(head=stranger)
    with pytest.raises(Refused) as refused:
        agreement.answer(stranger, "wait", delivery.pk, agrees=True)
    assert refused.value.status == 403
    assert agreement.due_for(stranger) == ()
    with pytest.raises(Refused) as refused:
        agreement.name_decider(stranger, stranger)
    assert refused.value.status == 403


@pytest.mark.parametrize("roles", [("manager",), ("executive",), ("cx_team",), ("administrator",)])
def test_nobody_answers_for_a_department_that_is_not_theirs(
    delivery: Department, person_with: Callable[..., Person], roles: tuple[str, ...]
) -> None:
    with pytest.raises(Refused, match="not you") as refused:
        agreement.answer(person_with(*roles), "wait", delivery.pk, agrees=True)
    assert refused.value.status == 403
    assert StageAnswer.objects.count() == 0


@pytest.mark.parametrize("reason", ["", "x", "y" * 1001, "a\x00b c"])
def test_an_objection_says_why(delivery: Department, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        agreement.answer(head(delivery), "wait", delivery.pk, agrees=False, reason=reason)
    assert refused.value.field == "reason"


def test_what_is_not_there_is_not_answered(delivery: Department, person_with: Callable[..., Person]) -> None:
    with pytest.raises(NotFound):
        agreement.answer(head(delivery), "no_such_stage", delivery.pk, agrees=True)
    with pytest.raises(NotFound):
        agreement.answer(head(delivery), "order", delivery.pk, agrees=True)
    with pytest.raises(Refused, match="role"):
        agreement.name_decider(None, person_with("employee"))


def test_pages_show_it_and_take_an_answer(client: Client, delivery: Department) -> None:
    client.force_login(head(delivery))
    page = client.get("/journey/agreement").content.decode()
    assert "0 of 2 stages are settled; 2 answers are missing." in page
    assert f'id="asked-wait-{delivery.pk}"' in page
    read = agreement.agreement_of("wait").fingerprint
    given = {"department": delivery.pk, "seen": read, "agrees": "no", "reason": ""}
    refused = client.post("/journey/agreement/wait/answer", given)
    assert refused.status_code == 422
    assert "Say why" in refused.content.decode()
    assert client.post("/journey/agreement/wait/answer", given | {"reason": "Not our day."}).status_code == 302
    page = client.get("/journey/agreement").content.decode()
    assert "1 objection is open" in page
    assert "Not our day." in client.get("/journey/agreement/wait").content.decode()
    assert client.get("/journey/agreement/no_such").status_code == 404


def test_a_head_answers_about_all_stages_in_one_list(client: Client, delivery: Department) -> None:
    money = Department.objects.get(name="Money")
    money.head = head(delivery)
    money.save()
    client.force_login(head(delivery))
    page = client.get("/journey/agreement").content.decode()
    wait, order = f"wait-{delivery.pk}", f"order-{money.pk}"
    assert f'id="asked-{wait}"' in page
    assert f'id="asked-{order}"' in page
    reads = {stage: agreement.agreement_of(stage).fingerprint for stage in ("wait", "order")}
    filled = {
        f"{wait}-department": delivery.pk,
        f"{wait}-seen": reads["wait"],
        f"{wait}-agrees": "yes",
        f"{order}-department": money.pk,
        f"{order}-seen": reads["order"],
        f"{order}-agrees": "no",
    }
    refused = client.post("/journey/agreement/answers", filled)
    assert refused.status_code == 422  # the objection says no reason; the other answer is kept all the same
    assert "Say why" in refused.content.decode()
    assert agreement.agreement_of("wait").settled
    assert not agreement.agreement_of("order").objections
    assert (
        client.post("/journey/agreement/answers", filled | {f"{order}-reason": "We are paid later."}).status_code == 302
    )
    assert [view.name for view in agreement.agreement_of("order").objections] == ["Money"]
    assert "Yours to answer" not in client.get("/journey/agreement").content.decode()


def test_in_the_list_an_open_stage_stays_open_and_an_old_reading_is_refused(
    client: Client, delivery: Department
) -> None:
    client.force_login(head(delivery))
    key = f"wait-{delivery.pk}"
    filled = {f"{key}-department": delivery.pk, f"{key}-seen": "another"}
    assert client.post("/journey/agreement/answers", filled).status_code == 302
    worded = client.post("/journey/agreement/answers", filled | {f"{key}-reason": "We never saw it."})
    assert worded.status_code == 422
    assert "We never saw it." in worded.content.decode()
    stale = client.post("/journey/agreement/answers", filled | {f"{key}-agrees": "yes"})
    assert stale.status_code == 422
    assert "was changed after you opened it" in stale.content.decode()
    assert not StageAnswer.objects.exists()


def test_the_decider_is_named_and_decides_on_the_page(
    client: Client, delivery: Department, editor: Person, person_with: Callable[..., Person]
) -> None:
    boss = person_with("executive")
    client.force_login(editor)
    assert client.post("/journey/agreement/decider", {"decider": boss.pk}).status_code == 302
    agreement.answer(head(delivery), "wait", delivery.pk, agrees=False, reason="We do not set the day.")
    agreement.pass_on_objections(datetime.now(UTC) + TIME_TO_SETTLE)
    client.force_login(boss)
    assert "you decide" in client.get("/journey/agreement").content.decode()
    row = StageAnswer.objects.get()
    address = f"/journey/agreement/wait/{row.pk}/decide"
    assert client.post(address, {"decision": "keep", "reason": ""}).status_code == 422
    assert client.post(address, {"decision": "keep", "reason": "It holds."}).status_code == 302
    assert agreement.agreement_of("wait").settled


def test_programs_read_and_answer(client: Client, delivery: Department) -> None:
    client.force_login(head(delivery))
    stages = client.get("/api/v1/agreement").json()
    assert [(stage["stage"], stage["settled"]) for stage in stages] == [("order", False), ("wait", False)]
    body = {"department": delivery.pk, "agrees": True, "seen": stages[1]["fingerprint"]}
    said = client.post("/api/v1/agreement/wait/answers", body, content_type="application/json")
    assert said.json()["settled"] is True
    again = client.post("/api/v1/agreement/order/answers", body, content_type="application/json")
    assert again.status_code == 404
    decision = {"keep": True, "reason": "It holds."}
    gone = client.post("/api/v1/agreement/objections/7/decision", decision, content_type="application/json")
    assert gone.status_code == 404


@given(st.booleans(), st.sampled_from(["", "keep", "change"]), st.sampled_from(["now", "before"]), st.integers(0, 40))
def test_an_objection_is_passed_on_exactly_when_it_is_open_and_old(
    agrees: bool, decision: str, read: str, days: int
) -> None:
    answer = Answer(1, read, agrees, "Why.", "Head", NOW, decision=decision)  # type: ignore[arg-type]
    open_now = not agrees and not decision and read == "now"
    assert (state_of(answer, "now") == "objected") is open_now
    assert goes_to_decider(answer, "now", NOW + timedelta(days=days)) is (open_now and days >= 14)


@given(st.lists(st.sampled_from(["agreed", "objected", "to_change", "kept", "unanswered"]), max_size=6))
def test_a_stage_is_settled_exactly_when_nothing_is_open(states: list[str]) -> None:
    views = tuple(DepartmentView(1, "One", "Head", state, OBJECTION) for state in states)  # type: ignore[arg-type]
    found = StageAgreement("wait", "I wait", "now", views)
    assert found.settled is (bool(states) and set(states) <= {"agreed", "kept"})
    assert len(found.agreed) + len(found.objections) + len(found.unanswered) == len(states)
