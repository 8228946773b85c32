"""The strategy check and a board in a real browser: readable for everyone, in every width and theme."""

import pytest

from headwater.base.models import Department, Person
from headwater.journey import services as journey_services
from headwater.journey.packs import load_pack
from headwater.strategy import boards, drafting
from headwater.strategy.models import Board
from headwater.strategy.strategy import Outcome, Strategy
from tests.browser import Reader
from tests.metrics.conftest import Write, empty_record, record, write

__all__ = ["empty_record", "record", "write"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def checking(reader: Reader, editor: Person, write: Write) -> Reader:
    journey_services.apply_pack(None, load_pack("retail"))
    write([{"metric": "nps", "score": float(number % 11), "channel": "web"} for number in range(60)])
    Department.objects.create(name="Billing")
    outcome = Outcome("late", 1, "Late parcels fall from 31 % to 20 %.", stages=("wait",))
    drafting.replace_draft(
        editor, Strategy(0, mission="We put the customer first.", outcomes=(outcome,)), source="a test"
    )
    board = boards.add_board(editor, "Delivery", shared=True)
    boards.pin(editor, board.pk, "/metrics/nps", question="Would they recommend us?")
    reader.sign_in(editor)
    return reader


def test_everyone_can_read_the_check_and_the_boards(checking: Reader) -> None:
    board = f"/boards/{Board.objects.get().pk}"
    check = ("/strategy/check", "/strategy/check/departments", "/strategy/check/phrases")
    assert checking.sweep(*check, "/strategy/decision-test", "/boards", board) == {}


def test_a_chart_is_pinned_from_its_page_by_keyboard(checking: Reader) -> None:
    page = checking.open("/metrics/nps")
    page.get_by_role("link", name="Pin to a board").press("Enter")
    page.get_by_label("Question it answers").fill("Is it falling?")
    page.get_by_label("Board", exact=True).select_option(label="a new board of my own")
    page.get_by_role("button", name="Pin it").press("Enter")
    page.get_by_text("Is it falling?").wait_for()
    assert Board.objects.count() == 2
