"""The journey edited through the API: the same services, the same refusals."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from headwater.base.models import Person
from headwater.journey import moments, queries, services
from headwater.journey.packs import load_pack

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.journey.urls")]
JSON = "application/json"


@pytest.fixture
def api(client: Client, editor: Person) -> Client:
    services.apply_pack(editor, load_pack("retail"))
    client.force_login(editor)
    return client


def test_a_draft_is_edited_undone_and_published(api: Client) -> None:
    assert api.get("/api/v1/taxonomy/draft").status_code == 404
    body: dict[str, Any] = {"values": {"name": "I change the day", "stage": "wait"}}
    added = api.post("/api/v1/taxonomy/draft/moment", body, content_type=JSON).json()
    assert added == {"kind": "moment", "id": "i_change_the_day", "name": "I change the day"}
    parts = [{"department": "delivery", "does": "Offers another day."}]
    body = {"values": {"truth": True, "contributions": parts}}
    address = "/api/v1/taxonomy/draft/moment/i_change_the_day"
    assert api.patch(address, body, content_type=JSON).status_code == 200
    assert api.put(f"{address}/place", {"parent": "order", "index": 0}, content_type=JSON).status_code == 204
    draft = api.get("/api/v1/taxonomy/draft").json()
    (difference,) = draft["differences"]
    assert (difference["id"], difference["what"], draft["steps"]) == ("i_change_the_day", "added", 3)
    undone = api.post(f"/api/v1/taxonomy/undo?edition={draft['edition']}").json()
    assert undone[0]["fields"] == ["stage"]
    assert api.post("/api/v1/taxonomy/undo?edition=0").status_code == 409
    assert api.post("/api/v1/taxonomy/publish").json() == {"version": 2}
    assert queries.taxonomy().truths[0].stage == "wait"
    assert api.delete(address).status_code == 204
    assert api.delete("/api/v1/taxonomy/draft").status_code == 204
    assert queries.draft() is None


def test_what_cannot_be_is_a_problem_with_its_field(api: Client) -> None:
    for kind, values, status in (
        ("moment", {"name": ""}, 400),
        ("moment", {"name": "x", "stage": "nowhere"}, 400),
        ("moment", {"name": "x", "stage": "wait", "position": 3}, 400),
        ("river", {"name": "x"}, 422),
    ):
        answer = api.post(f"/api/v1/taxonomy/draft/{kind}", {"values": values}, content_type=JSON)
        assert answer.status_code == status
        assert answer["Content-Type"] == "application/problem+json"
    gone = api.put("/api/v1/taxonomy/draft/moment/gone/place", {"parent": "wait", "index": 0}, content_type=JSON)
    assert gone.status_code == 404


def test_a_leader_is_named_and_let_go(api: Client, person_with: Callable[..., Person]) -> None:
    leader = person_with("manager")
    address = "/api/v1/moments/promised_day/leader"
    assert api.put(address, {"person": leader.pk}, content_type=JSON).json()["name"] == leader.name
    rows = {row["moment"]: row["person"] for row in api.get("/api/v1/moments/leaders").json()}
    assert rows["promised_day"] == leader.pk
    assert rows["pay"] is None
    assert api.put(address, {"person": 999999}, content_type=JSON).status_code == 404
    api.put(address, {"person": None}, content_type=JSON)
    assert moments.leaders() == {}


def test_the_journey_to_come_by_program(api: Client) -> None:
    assert api.get("/api/v1/future").status_code == 404
    assert api.post("/api/v1/future").status_code == 204
    body = {"values": {"name": "I change the day", "stage": "wait"}}
    assert api.post("/api/v1/future/items/moment", body, content_type=JSON).status_code == 200
    assert api.patch("/api/v1/future/items/moment/pay", {"values": {"name": "I pay later"}}, content_type=JSON)
    assert api.delete("/api/v1/future/items/touchpoint/checkout").status_code == 204
    found = api.get("/api/v1/future").json()
    assert found["undecided"] == 3
    key = "moment:i_change_the_day:added"
    address = f"/api/v1/future/differences/{key}"
    carried = api.put(
        address, {"initiative": "Days to choose", "link": "https://example.com"}, content_type=JSON
    ).json()
    assert (carried["decision"], carried["initiative"]) == ("carried", "Days to choose")
    dropped = api.put(address, {"reason": "Too dear."}, content_type=JSON).json()
    assert (dropped["decision"], dropped["initiative"], dropped["reason"]) == ("dropped", "", "Too dear.")
    assert api.delete(address).status_code == 204
    assert api.put(address, {"initiative": "Days", "owner": 999999}, content_type=JSON).status_code == 404
    assert api.post("/api/v1/future/publish").json() == {"version": 1}


@pytest.mark.parametrize("roles", [(), ("employee",), ("manager",), ("executive",)])
def test_those_who_may_not_are_refused(api: Client, person_with: Callable[..., Person], roles: tuple[str, ...]) -> None:
    client = Client()
    client.force_login(person_with(*roles))
    values = {"values": {"name": "x"}}
    for method, address, body in (
        ("get", "taxonomy/draft", None),
        ("post", "taxonomy/draft/stage", values),
        ("patch", "taxonomy/draft/moment/pay", values),
        ("put", "taxonomy/draft/moment/pay/place", {"parent": "wait", "index": 0}),
        ("delete", "taxonomy/draft/moment/pay", None),
        ("post", "taxonomy/undo", None),
        ("post", "taxonomy/publish", None),
        ("delete", "taxonomy/draft", None),
        ("put", "moments/pay/leader", {"person": None}),
        ("post", "future", None),
        ("post", "future/publish", None),
        ("post", "future/items/stage", values),
        ("patch", "future/items/moment/pay", values),
        ("delete", "future/items/moment/pay", None),
        ("put", "future/differences/moment:pay:changed", {"reason": "Because."}),
        ("delete", "future/differences/moment:pay:changed", None),
    ):
        sent = {"data": body, "content_type": JSON} if body is not None else {}
        assert getattr(client, method)(f"/api/v1/{address}", **sent).status_code == 403, address
    assert queries.draft() is None
    stranger = Client()
    assert stranger.get("/api/v1/future").status_code == 401
    assert stranger.get("/api/v1/touchpoints").status_code == 401
