"""Boards: pinning a page's chart, seeing it as each reader may, order, taking off and bringing back; who may what."""

import json
from collections.abc import Callable

import pytest
from django.test import Client

from headwater.base.models import HistoryEntry, Person
from headwater.base.pageviews import write as write_views
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.journey import services as journey_services
from headwater.journey.packs import load_pack
from headwater.strategy import boards, sight
from headwater.strategy.models import Board, Pin
from headwater.strategy.pinnable import pinned_page
from tests.metrics.conftest import Write, empty_record, record, write

__all__ = ["empty_record", "record", "write"]

pytestmark = pytest.mark.django_db
Made = Callable[..., Person]
NPS = "/metrics/nps?by=channel"


@pytest.fixture
def lead(person_with: Made) -> Person:
    return person_with("cx_team")


@pytest.fixture
def employee(person_with: Made) -> Person:
    return person_with("employee")


@pytest.fixture
def answers(write: Write) -> None:
    journey_services.apply_pack(None, load_pack("retail"))
    write([{"metric": "nps", "score": float(number % 11), "channel": "web"} for number in range(60)])


@pytest.fixture
def board(lead: Person) -> Board:
    return boards.add_board(lead, "Delivery", shared=True)


def test_a_page_is_pinned_and_drawn_again(client: Client, answers: None, lead: Person, board: Board) -> None:
    client.force_login(lead)
    form = client.get(f"/boards/pin?address={NPS}").content.decode()
    assert "Net Promoter" in form
    given = {"address": NPS, "board": board.pk, "title": "NPS by channel", "question": "Where is it low?"}
    answer = client.post("/boards/pin", given, follow=True)
    shown = answer.content.decode()
    assert "Where is it low?" in shown
    assert "data-chart" in shown
    assert "Nobody wrote down what a leader does when it moves." in shown
    assert HistoryEntry.objects.filter(code="pin.added", data__title="NPS by channel").exists()


@pytest.mark.parametrize("address", ["/metrics/nps", "/causes", "/causes/delivery_late", "/scorecards"])
def test_every_kind_of_page_is_drawn_for_a_board(answers: None, lead: Person, address: str) -> None:
    page = pinned_page(lead, address)
    assert page.address == address
    assert page.title
    assert page.sentence


def test_pages_offer_what_can_be_pinned(client: Client, answers: None, lead: Person) -> None:
    client.force_login(lead)
    assert "/boards/pin?address=%2Fmetrics%2Fnps" in client.get("/metrics/nps").content.decode()
    assert "/boards/pin" not in client.get("/strategy").content.decode()


def test_without_a_board_one_is_begun(client: Client, answers: None, employee: Person) -> None:
    client.force_login(employee)
    client.post("/boards/pin", {"address": "/causes", "board": "new", "title": "Causes"})
    assert Pin.objects.get().board.owner == employee
    assert not Board.objects.get().shared


def test_the_same_page_pinned_twice_is_one_chart(answers: None, lead: Person, board: Board) -> None:
    first = boards.pin(lead, board.pk, NPS)
    assert boards.pin(lead, board.pk, NPS).pk == first.pk
    assert boards.add_board(lead, "Delivery").pk == board.pk


def test_charts_are_put_in_order(answers: None, lead: Person, board: Board) -> None:
    made = [boards.pin(lead, board.pk, address).pk for address in ("/metrics/nps", "/metrics/csat", "/causes")]
    boards.move_pin(lead, made[2], -1)
    assert [pin.pk for pin in boards.pins_of(board)] == [made[0], made[2], made[1]]
    boards.move_pin(lead, made[0], -1)
    boards.move_pin(lead, made[0], 5)
    assert [pin.pk for pin in boards.pins_of(board)] == [made[2], made[1], made[0]]


def test_a_chart_is_taken_off_with_the_reason_and_brought_back(
    client: Client, answers: None, lead: Person, board: Board
) -> None:
    pin = boards.pin(lead, board.pk, NPS)
    client.force_login(lead)
    assert client.post(f"/boards/pins/{pin.pk}/stop", {"reason": ""}).status_code == 400
    answer = client.post(f"/boards/pins/{pin.pk}/stop", {"reason": "Nobody decides by it."}, follow=True)
    assert f"/boards/pins/{pin.pk}/restore" in answer.content.decode()
    assert boards.pins_of(board) == []
    client.post(f"/boards/pins/{pin.pk}/restore")
    assert boards.pins_of(board) == [pin]
    assert HistoryEntry.objects.filter(code="pin.stopped", data__reason="Nobody decides by it.").exists()


def test_what_a_chart_is_for_can_be_changed(client: Client, answers: None, lead: Person, board: Board) -> None:
    pin = boards.pin(lead, board.pk, NPS)
    client.force_login(lead)
    given = {"title": "NPS", "question": "Is it low?", "decision": "We call.", "owner": lead.pk, "outcome": ""}
    client.post(f"/boards/pins/{pin.pk}", given)
    pin.refresh_from_db()
    assert (pin.title, pin.decision, pin.owner) == ("NPS", "We call.", lead)
    assert client.post(f"/boards/pins/{pin.pk}", {**given, "outcome": "nowhere"}).status_code == 422


def test_opening_a_board_counts_as_looking_at_its_charts(
    client: Client, answers: None, employee: Person, lead: Person, board: Board
) -> None:
    pin = boards.pin(lead, board.pk, NPS)
    client.force_login(employee)
    client.get(f"/boards/{board.pk}")
    write_views()
    assert f"pin:{pin.pk}" in sight.last_looks([f"pin:{pin.pk}"])


def test_own_boards_are_seen_by_their_owner_alone(client: Client, employee: Person, lead: Person) -> None:
    own = boards.add_board(employee, "Mine")
    assert list(boards.boards_of(lead)) == []
    with pytest.raises(NotFound):
        boards.board_of(lead, own.pk)
    client.force_login(lead)
    assert client.get(f"/boards/{own.pk}").status_code == 404
    assert client.get(f"/api/v1/boards/{own.pk}").status_code == 404


def test_a_shared_board_is_read_by_everyone_and_changed_by_those_who_may(
    client: Client, answers: None, employee: Person, lead: Person, board: Board, person_with: Made
) -> None:
    pin = boards.pin(lead, board.pk, NPS)
    client.force_login(employee)
    shown = client.get(f"/boards/{board.pk}").content.decode()
    assert "Take it off" not in shown
    for act in (
        lambda: boards.pin(employee, board.pk, "/causes"),
        lambda: boards.stop_pin(employee, pin.pk, "No."),
        lambda: boards.change_board(employee, board.pk, name="Ours", shared=True),
        lambda: boards.add_board(employee, "For all", shared=True),
    ):
        with pytest.raises(NotAllowed):
            act()
    own = boards.add_board(employee, "Mine")
    with pytest.raises(NotAllowed):
        boards.change_board(employee, own.pk, name="Mine", shared=True)
    assert boards.may_edit(person_with("administrator"), board)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("https://elsewhere.example/metrics/nps", "no page of Headwater"),
        ("//elsewhere.example/metrics/nps", "no page of Headwater"),
        ("/nowhere", "no page of Headwater"),
        ("metrics/nps", "no page of Headwater"),
        ("/people", "no chart to pin"),
        ("/metrics/nps?since=yesterday", "date"),
        ("/metrics/nothing", "There is no metric"),
        ("/causes/nothing", "There is no cause"),
        ("/metrics/nps?where=customer_id%20%3D%20%27c1%27", "one customer"),
        ("/causes?where=text%20like%20%27%25x%25%27", "one customer"),
        ("/metrics/nps?by=customer_id", "one customer"),
        ("/" + "x" * 3000, "no page of Headwater"),
    ],
)
def test_what_has_no_chart_or_singles_somebody_out_is_refused(
    answers: None, lead: Person, board: Board, address: str, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        boards.pin(lead, board.pk, address)


def test_a_chart_that_can_be_drawn_no_more_leaves_the_board_readable(
    client: Client, answers: None, lead: Person, board: Board
) -> None:
    boards.pin(lead, board.pk, NPS)
    Pin.objects.update(address="/causes/gone")
    client.force_login(lead)
    assert "There is no cause “gone”" in client.get(f"/boards/{board.pk}").content.decode()


def test_a_board_with_charts_is_not_removed(answers: None, lead: Person, board: Board) -> None:
    pin = boards.pin(lead, board.pk, NPS)
    with pytest.raises(Conflict):
        boards.remove_board(lead, board.pk)
    boards.stop_pin(lead, pin.pk, "Done.")
    boards.remove_board(lead, board.pk)
    assert not Board.objects.exists()


def test_boards_have_their_limits(answers: None, lead: Person, board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boards, "MOST_PINS", 1)
    monkeypatch.setattr(boards, "MOST_BOARDS", 1)
    boards.pin(lead, board.pk, NPS)
    with pytest.raises(Refused, match="nobody reads more"):
        boards.pin(lead, board.pk, "/causes")
    with pytest.raises(Refused, match="remove one first"):
        boards.add_board(lead, "Another")
    with pytest.raises(Refused):
        boards.change_board(lead, board.pk, name="x" * 81, shared=True)


def test_the_api_does_what_the_pages_do(client: Client, answers: None, lead: Person) -> None:
    client.force_login(lead)

    def send(method: str, path: str, body: dict[str, object]) -> object:
        answer = client.generic(method, f"/api/v1{path}", json.dumps(body), "application/json")
        assert answer.status_code < 300, answer.content
        return answer.json() if answer.content else None

    made = send("POST", "/boards", {"name": "From a program", "shared": True})
    assert isinstance(made, dict)
    pinned = send("POST", f"/boards/{made['id']}/pins", {"address": NPS, "owner": lead.email})
    assert isinstance(pinned, dict)
    send("PATCH", f"/pins/{pinned['id']}", {"decision": "We call."})
    send("POST", f"/pins/{pinned['id']}/move", {"by": 1})
    shown = client.get(f"/api/v1/boards/{made['id']}").json()
    assert shown["pins"][0]["decision"] == "We call."
    assert shown["pins"][0]["owner"] == lead.name
    send("POST", f"/pins/{pinned['id']}/stop", {"reason": "Enough."})
    send("POST", f"/pins/{pinned['id']}/restore", {})
    send("PUT", f"/boards/{made['id']}", {"name": "Another name", "shared": False})
    assert client.get("/api/v1/boards").json()[0]["name"] == "Another name"
    refused = client.generic("POST", f"/api/v1/boards/{made['id']}/pins", '{"address": "/people"}', "application/json")
    assert refused.status_code == 400


def test_strangers_see_no_board(client: Client, board: Board) -> None:
    for path in ("/boards", f"/boards/{board.pk}", "/boards/pin?address=/causes"):
        assert client.get(path).status_code == 302
    assert client.get("/api/v1/boards").status_code == 401


def test_boards_go_with_the_sample_company(board: Board) -> None:
    boards.clear()
    assert not Board.objects.exists()
