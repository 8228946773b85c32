"""What people and programs send by mistake or on purpose is answered with what is wrong, never with a failure."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from headwater.base.company import ensure_company
from headwater.base.models import Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import NotFound, Refused
from headwater.strategy import agreement, boards, drafting, measuring, readings, requests, trial_answers
from headwater.strategy.models import Measure, Reading
from headwater.strategy.readings import Figure, GivenReading
from tests.insight.conftest import empty_record, record, write

__all__ = ["empty_record", "record", "write"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("record")]
Made = Callable[..., Person]
JSON = "application/json"


@pytest.fixture
def owner(person_with: Made) -> Person:
    return person_with("manager")


@pytest.fixture
def typed(editor: Person, owner: Person) -> Measure:
    ensure_company(name="Ours")
    needed = {"question": "What does a contact cost?", "decision": "We mend its cause.", "owner": owner.pk}
    return measuring.start_measure(editor, {**needed, "source": "typed"})


@pytest.fixture
def site(client: Client, editor: Person) -> Client:
    client.force_login(editor)
    return client


@pytest.mark.parametrize("day", [date(9999, 12, 31), date(1, 1, 1)])
@pytest.mark.parametrize("every", ["month", "week"])
def test_a_reading_of_a_day_out_of_reach_is_refused(editor: Person, typed: Measure, day: date, every: str) -> None:
    measuring.change_measure(editor, typed.slug, {"every": every})
    with pytest.raises(Refused, match=r"begun|long ago"):
        readings.give_reading(editor, typed.slug, GivenReading(day, Figure(1)))


def test_an_owner_gives_figures_but_a_reading_token_of_theirs_does_not(owner: Person, typed: Measure) -> None:
    readings.give_reading(owner, typed.slug, GivenReading(date(2026, 1, 1), Figure(1)))
    owner.token_scopes = frozenset({"view:measures"})
    with pytest.raises(NotAllowed):
        readings.give_reading(owner, typed.slug, GivenReading(date(2026, 2, 1), Figure(1)))
    assert Reading.objects.count() == 1


def test_a_program_that_sends_nothing_as_a_definition_takes_it_away(site: Client, typed: Measure) -> None:
    answer = site.patch(f"/api/v1/measures/{typed.slug}", json.dumps({"definition": None}), JSON)
    assert (answer.status_code, answer.json()["definition"]["metric"]) == (200, "")


@pytest.mark.parametrize("number", [2**80, -1, 0])
def test_leaders_that_nobody_can_be_are_refused(site: Client, typed: Measure, number: int) -> None:
    answer = site.post(f"/api/v1/measures/{typed.slug}/ask", json.dumps({"leaders": [number]}), JSON)
    assert answer.status_code == 400
    drafting.change_statements(None, {"mission": "Every order arrives when we said it would."})
    with pytest.raises(Refused, match="no person"):
        agreement.propose(None, [number])


@pytest.mark.parametrize("address", ["//[", "http://[", "/measures/{}?a=\x00"])
def test_an_address_that_is_none_is_not_pinned(editor: Person, typed: Measure, address: str) -> None:
    board = boards.add_board(editor, "Mine")
    with pytest.raises(Refused, match="no page of Headwater"):
        boards.pin(editor, board.pk, address.format(typed.slug))


def test_a_link_with_a_character_no_address_has_leads_nowhere() -> None:
    with pytest.raises(NotFound):
        trial_answers.link_of("\x00")


def test_evidence_lies_at_an_address_that_can_be_kept(site: Client) -> None:
    body: dict[str, Any] = {"evidence_link": "https://example.com/\x00"}
    key = site.get("/api/v1/strategy/readiness").json()["items"][0]["key"]
    assert site.patch(f"/api/v1/strategy/readiness/{key}", json.dumps(body), JSON).status_code == 400


def test_an_outcome_that_everyone_reads_singles_nobody_out(person_with: Made) -> None:
    values = {"year": 1, "text": "This customer gets an answer.", "segments": ["customer_id = 'c1'"]}
    with pytest.raises(Refused, match="single out"):
        drafting.add_item(person_with("cx_team"), "outcome", values)


def test_the_same_measure_sent_twice_is_one(editor: Person, owner: Person, typed: Measure) -> None:
    values = {"question": typed.question, "decision": typed.decision, "owner": owner.pk, "source": "typed"}
    assert measuring.start_measure(editor, values).pk == typed.pk
    assert measuring.start_measure(editor, {**values, "decision": "Something else."}).pk != typed.pk


def test_strangers_file_nothing(person_with: Made) -> None:
    with pytest.raises(Refused, match="characters"):
        requests.file_request(person_with("employee"), "fix \x00 it please")


def test_a_statement_with_a_character_that_no_database_keeps_is_refused_by_name(editor: Person) -> None:
    with pytest.raises(Refused, match="mission: holds a character"):
        drafting.change_statements(editor, {"mission": "Parcels arrive\0 on the day we said."})
    with pytest.raises(Refused, match="holds a character"):
        drafting.add_item(editor, "outcome", {"text": "By June\0 late orders fall to 4 in 100.", "year": 1})
