"""The journey to come: beside today's, each difference carried by an initiative or openly dropped."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from headwater.base.models import HistoryEntry, Person
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.journey import future, queries, services
from headwater.journey.models import FutureDecision
from headwater.journey.packs import load_pack

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.journey.urls")]


@pytest.fixture(autouse=True)
def _today(editor: Person) -> None:
    services.apply_pack(editor, load_pack("retail"))


@pytest.fixture
def begun(editor: Person) -> Person:
    future.start_future(editor)
    return editor


def steps() -> dict[str, future.Step]:
    found = future.future(edited=True)
    assert found is not None
    return {step.key: step for step in found.steps}


def test_it_begins_as_a_copy_of_today(editor: Person) -> None:
    assert future.future(edited=True) is None
    future.start_future(editor)
    found = future.future(edited=True)
    assert found is not None
    assert found.steps == ()
    assert found.taxonomy.stages == queries.published().stages
    with pytest.raises(Conflict):
        future.start_future(editor)


def test_without_todays_there_is_none_to_come(editor: Person) -> None:
    services.clear()
    with pytest.raises(Refused, match="Publish today"):
        future.start_future(editor)
    with pytest.raises(Refused, match="no journey to come"):
        future.add_item(editor, "stage", {"name": "I am asked"})


def test_edits_differ_from_today_and_todays_stays(begun: Person) -> None:
    added = future.add_item(begun, "moment", {"name": "I choose the hour", "stage": "wait"})
    future.change_item(begun, "moment", "promised_day", {"name": "It comes in the promised hour"})
    future.remove_item(begun, "touchpoint", "front_door")
    assert set(steps()) == {
        f"moment:{added.id}:added",
        "moment:promised_day:changed",
        "touchpoint:front_door:removed",
    }
    assert queries.published() == load_pack("retail").taxonomy(1)
    pairs = {pair.today.id: pair for pair in future.side_by_side(queries.published(), _to_come()) if pair.today}
    inside = [
        (inner.today and inner.today.id, inner.to_come and inner.to_come.id, inner.what)
        for inner in pairs["wait"].inside
    ]
    assert (None, added.id, "added") in inside
    assert ("promised_day", "promised_day", "changed") in inside


def _to_come() -> Any:
    found = future.future(edited=True)
    assert found is not None
    return found.taxonomy


def test_each_difference_is_carried_or_dropped_and_the_rest_is_counted(
    begun: Person, person_with: Callable[..., Person]
) -> None:
    future.change_item(begun, "moment", "promised_day", {"name": "It comes in the promised hour"})
    future.change_item(begun, "moment", "pay", {"name": "I pay later"})
    owner = person_with("manager")
    for _time in range(2):
        future.carry(begun, "moment:promised_day:changed", "Hours, not days", owner=owner, link="https://example.com/1")
    future.drop(begun, "moment:pay:changed", "Customers did not want it.")
    found = future.future(edited=True)
    assert found is not None
    assert (found.carried, found.dropped, found.undecided) == (1, 1, ())
    assert HistoryEntry.objects.filter(code="future.carried").count() == 1
    future.reopen(begun, "moment:pay:changed")
    future.reopen(begun, "moment:pay:changed")
    assert [step.key for step in future.future(edited=True).undecided] == ["moment:pay:changed"]  # type: ignore[union-attr]
    assert HistoryEntry.objects.filter(code="future.reopened").count() == 1


def test_a_decision_holds_while_details_change_and_ends_with_its_difference(begun: Person, editor: Person) -> None:
    future.change_item(begun, "moment", "pay", {"name": "I pay later"})
    future.drop(begun, "moment:pay:changed", "Customers did not want it.")
    future.change_item(begun, "moment", "pay", {"name": "I pay in parts"})
    assert steps()["moment:pay:changed"].decision is not None
    services.change_item(editor, "moment", "pay", {"name": "I pay in parts"})
    services.publish_draft(editor)
    assert steps() == {}


def test_others_see_it_when_it_is_published(begun: Person) -> None:
    future.change_item(begun, "moment", "pay", {"name": "I pay later"})
    assert future.future(edited=False) is None
    assert future.publish_future(begun) == 1
    future.change_item(begun, "moment", "pay", {"name": "I pay in parts"})
    seen = future.future(edited=False)
    assert seen is not None
    assert seen.taxonomy.moment("pay").name == "I pay later"  # type: ignore[union-attr]
    future.discard_future(begun)
    assert _to_come().moment("pay").name == "I pay later"
    with pytest.raises(Refused, match="no edits"):
        future.publish_future(begun)


@pytest.mark.parametrize(
    ("initiative", "link", "field"),
    [
        ("", "", "initiative"),
        ("x" * 121, "", "initiative"),
        ("Hours", "javascript:alert(1)", "link"),
        ("Hours", "ftp://a.b/", "link"),
    ],
)
def test_an_initiative_has_a_name_and_a_web_address(begun: Person, initiative: str, link: str, field: str) -> None:
    future.change_item(begun, "moment", "pay", {"name": "I pay later"})
    with pytest.raises(Refused) as refused:
        future.carry(begun, "moment:pay:changed", initiative, link=link)
    assert refused.value.field == field
    with pytest.raises(Refused, match="why"):
        future.drop(begun, "moment:pay:changed", " ")
    with pytest.raises(NotFound):
        future.drop(begun, "moment:pay:removed", "It is not removed.")


@pytest.mark.parametrize("roles", [(), ("employee",), ("manager",), ("executive",), ("hr",)])
def test_those_who_may_not_edit_are_refused(
    begun: Person, person_with: Callable[..., Person], roles: tuple[str, ...]
) -> None:
    future.change_item(begun, "moment", "pay", {"name": "I pay later"})
    stranger = person_with(*roles)
    attempts: list[Callable[[], object]] = [
        lambda: future.start_future(stranger),
        lambda: future.add_item(stranger, "stage", {"name": "New"}),
        lambda: future.change_item(stranger, "moment", "pay", {"name": "New"}),
        lambda: future.move_item(stranger, "moment", "pay", 1),
        lambda: future.remove_item(stranger, "moment", "pay"),
        lambda: future.publish_future(stranger),
        lambda: future.discard_future(stranger),
        lambda: future.carry(stranger, "moment:pay:changed", "Hours"),
        lambda: future.drop(stranger, "moment:pay:changed", "Because."),
        lambda: future.reopen(stranger, "moment:pay:changed"),
    ]
    for attempt in attempts:
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.status == 403


def test_the_pages_show_both_and_take_decisions(client: Client, editor: Person) -> None:
    client.force_login(editor)
    assert "no journey to come yet" in client.get("/journey/future").content.decode()
    client.post("/journey/future/start")
    form = client.get("/journey/future/moment/add?stage=wait").content.decode()
    assert "Save in the journey to come" in form
    given = {"name": "I choose the hour", "stage": "wait", "kind": "may_delight"}
    assert client.post("/journey/future/moment/add", given).status_code == 302
    assert client.post("/journey/future/moment/add", given).status_code == 422
    page = client.get("/journey/future").content.decode()
    assert "differs from today&#x27;s in 1 thing; 1 is undecided." in page
    address = "/journey/future/decide/moment:i_choose_the_hour:added"
    assert client.get(address).status_code == 200
    assert client.post(address, {"what": "carry", "initiative": "x"}).status_code == 422
    assert client.post(address, {"what": "carry", "initiative": "Hours, not days"}).status_code == 302
    assert "Hours, not days" in client.get("/journey/future").content.decode()
    client.post(address, {"what": "drop", "reason": "Nobody wanted it."})
    assert FutureDecision.objects.get().what == "dropped"
    client.post(address, {"what": "reopen"})
    client.post("/journey/future/moment/i_choose_the_hour/move", {"by": "1"})
    client.post("/journey/future/moment/i_choose_the_hour/remove")
    assert steps() == {}
    client.post("/journey/future/publish")
    assert client.get("/journey/future/moment/nothing").status_code == 404
    assert client.get("/journey/future/decide/moment:pay:changed").status_code == 404


def test_a_change_never_overwrites_what_someone_else_changed(client: Client, begun: Person) -> None:
    client.force_login(begun)
    address = "/api/v1/future/items/moment/pay"
    read = client.get(address).json()
    assert read["seen"] in client.get("/journey/future/moment/pay").content.decode()
    future.change_item(begun, "moment", "pay", {"description": "In one step."})
    with pytest.raises(Conflict, match="description"):
        future.change_item(begun, "moment", "pay", {"name": "I pay later"}, seen=read["seen"])
    form = {"name": "I pay later", "stage": "order", "kind": "must_not_fail", "seen": read["seen"]}
    late = client.post("/journey/future/moment/pay", form)
    assert late.status_code == 409
    assert "Someone else changed" in late.content.decode()
    body = {"values": {"name": "I pay later"}, "seen": read["seen"]}
    refused = client.patch(address, body, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "future.changed_meanwhile")
    body["seen"] = client.get(address).json()["seen"]
    assert client.patch(address, body, content_type="application/json").status_code == 200
    assert client.get(address).json()["values"]["description"] == "In one step."


def test_clearing_the_sample_forgets_it(begun: Person) -> None:
    future.change_item(begun, "moment", "pay", {"name": "I pay later"})
    future.drop(begun, "moment:pay:changed", "Customers did not want it.")
    services.clear()
    assert future.future(edited=True) is None
    assert FutureDecision.objects.count() == 0
