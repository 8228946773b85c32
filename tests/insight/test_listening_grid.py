"""The listening grid: who is heard where, blind spots, and the data that would narrow most."""

from collections.abc import Callable
from math import sqrt
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.company import ensure_company
from headwater.base.models import Person
from headwater.insight.listening_grid import GridRow, half_width, listening_grid, suggestions
from headwater.insight.listening_grid_wording import grid_sentence
from headwater.journey.queries import taxonomy
from headwater.journey.taxonomy import Stage
from headwater.science import Estimate, proportion
from tests.insight.conftest import Write, complaint

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey"), pytest.mark.reads_record]


@pytest.fixture
def heard(write: Write) -> None:
    """40 customers complain while waiting, 100 answer about it, 10 of them twice; ordering has 4 answers."""
    write([complaint(n, stage="wait", customer_id=f"c{n}") for n in range(40)])
    asked = {"metric": "csat", "stage": "wait"}
    write([{**asked, "record_id": f"a{n}", "score": 1 + n % 5, "customer_id": f"c{n % 90}"} for n in range(100)])
    few = {"metric": "csat", "stage": "order", "score": 4}
    write([{**few, "record_id": f"o{n}", "customer_id": f"d{n}"} for n in range(4)])
    write([{"record_id": "e", "kind": "event", "event": "delivered", "customer_id": "e"}])
    write([complaint(900, stage="use", customer_id="c1", author="agent")])


def test_each_place_counts_signals_and_customers_once(heard: None) -> None:
    found = listening_grid()
    assert found.customers == 95  # c0…c89, d0…d3, e
    rows = {row.stage.id: {cell.ear: cell for cell in row.cells} for row in found.rows if row.stage}
    asked, volunteered = rows["wait"]["asked"], rows["wait"]["volunteered"]
    assert (asked.n, asked.customers) == (100, 90)
    assert asked.share == pytest.approx(90 / 95)
    assert (volunteered.n, volunteered.customers, volunteered.hearing) == (40, 40, "heard")
    assert rows["use"]["front_line"].n == 1
    assert rows["order"]["asked"].hearing == "thin"
    assert {cell.ear: cell.n for cell in found.unplaced.cells}["happened"] == 1


def test_where_nobody_listens_is_counted(heard: None) -> None:
    found = listening_grid()
    stages = len(taxonomy().stages)
    assert len(found.blind) == 4 * stages - 4
    assert str(4 * stages - 4) in grid_sentence(found)


def test_more_answers_narrow_by_the_root_of_their_number(heard: None) -> None:
    found = listening_grid(more=300)
    wait = next(one for one in found.suggestions if one.stage.id == "wait")
    score = next(row.score for row in found.rows if row.stage and row.stage.id == "wait")
    assert wait.answers == 100
    assert wait.before == pytest.approx(half_width(score))
    assert wait.after == pytest.approx(wait.before / 2)
    first = found.suggestions[0]
    assert first.before is None  # a stage that nobody scored comes before any that has a score
    average = half_width(found.average)
    assert average is not None
    assert first.after == pytest.approx(average * sqrt(104 / 300))


@given(st.lists(st.tuples(st.integers(1, 500), st.floats(0, 1)), min_size=1, max_size=8), st.integers(1, 5_000))
def test_the_next_data_always_narrow_and_the_best_comes_first(given_: list[tuple[int, float]], more: int) -> None:
    rows = tuple(
        GridRow(Stage(f"s{place}", "S"), (), proportion(round(n * share), n)) for place, (n, share) in enumerate(given_)
    )
    found = suggestions(rows, proportion(1, 2), more)
    assert all(one.before is not None and one.after < one.before for one in found)
    gains = [one.narrows for one in found]
    assert gains == sorted(gains, reverse=True)
    for one in found:
        result = next(row.score for row in rows if row.stage == one.stage)
        assert isinstance(result, Estimate)
        assert one.answers == result.n


@pytest.fixture
def signed_in(person_with: Callable[..., Person]) -> Callable[..., Client]:
    ensure_company(name="Test company", pack="retail")

    def sign_in(*roles: str, **more: Any) -> Client:
        client = Client()
        client.force_login(person_with(*roles, **more))
        return client

    return sign_in


def test_a_place_leads_to_its_words_and_a_blind_one_is_hatched(signed_in: Callable[..., Client], heard: None) -> None:
    page = signed_in("analyst").get("/listening-grid?more=300").content.decode()
    assert 'class="hatch"' in page
    assert "stage=wait" in page
    assert 'value="300"' in page
    words = signed_in("analyst").get("/verbatims", {"where": "author in ('agent', 'employee')", "stage": "use"})
    assert words.status_code == 200


def test_programs_get_the_grid(signed_in: Callable[..., Client], heard: None) -> None:
    answer = signed_in("employee").get("/api/v1/listening-grid", {"more": 300}).json()
    wait = next(row for row in answer["rows"] if row["stage"] == "wait")
    assert {cell["ear"]: cell["signals"] for cell in wait["cells"]} == {
        "asked": 100,
        "volunteered": 40,
        "happened": 0,
        "front_line": 0,
    }
    assert answer["rows"][-1]["stage"] is None
    assert {one["more"] for one in answer["suggestions"]} == {300}


@pytest.mark.parametrize("more", ["0", "-5", "many", "9" * 40, "²"])
def test_a_strange_number_of_answers_is_no_error(signed_in: Callable[..., Client], heard: None, more: str) -> None:
    assert signed_in("employee").get("/listening-grid", {"more": more}).status_code == 200
    assert signed_in("employee").get("/api/v1/listening-grid", {"more": more}).status_code == 422


def test_strangers_and_askers_of_words_are_refused(signed_in: Callable[..., Client], heard: None) -> None:
    for address in ("/listening-grid", "/api/v1/listening-grid"):
        assert Client().get(address).status_code in (302, 401)
        assert signed_in("employee").get(address, {"where": "record_id = 'e'"}).status_code == 403


def test_an_empty_record_says_what_to_do(record: object, signed_in: Callable[..., Client]) -> None:
    page = signed_in("cx_team").get("/listening-grid").content.decode()
    assert "Nothing has arrived yet" in page
    assert "/imports" in page
