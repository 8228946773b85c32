"""Failure demand: each contact once, shared out fairly, with what is unknown beside it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import Person
from headwater.base.refusals import Refused
from headwater.insight.demand import demand
from headwater.insight.demand_kinds import causes_that_count, kind_of
from headwater.insight.demand_wording import demand_sentence
from headwater.insight.selection import Selection
from headwater.journey.packs import load_pack
from headwater.journey.services import merge_cause, publish_draft
from headwater.science import Estimate, NoVerdict
from tests.insight.conftest import DAY, Label, Write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey"), pytest.mark.reads_record]

RETAIL = load_pack("retail").taxonomy()
FAILURES = [cause.id for cause in RETAIL.causes if cause.demand == "failure"]
SERVICE = [cause.id for cause in RETAIL.causes if cause.demand == "service"]
WANTED = [cause.id for cause in RETAIL.causes if cause.demand == "value"]
NOON = datetime(DAY.year, DAY.month, DAY.day, 12)


def contact(number: int, customer: str, days: int = 0) -> dict[str, Any]:
    at = NOON + timedelta(days=days)
    return {
        "record_id": str(number),
        "kind": "contact",
        "text": "words",
        "customer_id": customer,
        "occurred_at": at,
        "local_date": at.date(),
    }


@pytest.fixture
def contacts(write: Write, label: Label) -> None:
    """20 contacts: 8 late, 2 late and damaged, 1 late and unhelpful, 2 unhelpful, 3 wanted, 4 unknown; a review."""
    write([contact(number, f"c{number}") for number in range(20)])
    write([{"record_id": "review", "kind": "review", "text": "words"}])
    named = [["delivery_late"]] * 8 + [["delivery_late", "damaged"]] * 2 + [["delivery_late", SERVICE[0]]]
    named += [[SERVICE[0]]] * 2 + [[WANTED[0]]] * 3
    label({str(number): {"causes": causes, "stage": "wait"} for number, causes in enumerate(named)})
    label({"review": {"causes": ["delivery_late"]}})


def test_a_contact_counts_once_and_an_upstream_failure_decides(contacts: None) -> None:
    found = demand()
    assert found.contacts == 20
    assert {row.kind: row.n for row in found.kinds} == {"failure": 11, "service": 2, "value": 3, "unknown": 4}
    failure = found.kind("failure").share
    assert isinstance(failure, Estimate)
    assert failure.estimate == pytest.approx(0.55)
    assert failure.low < 0.55 < failure.high


def test_causes_share_a_contact_out_and_add_up_to_their_kind(contacts: None) -> None:
    found = demand()
    by_cause = {row.cause.id: row.contacts for row in found.causes}
    assert by_cause == {"delivery_late": 10, "damaged": 1, SERVICE[0]: 2, WANTED[0]: 3}
    assert sum(place.contacts for place in found.places) == found.kind("failure").n


def test_a_merged_cause_counts_for_the_one_it_became(contacts: None) -> None:
    merge_cause(None, "damaged", "delivery_late")
    publish_draft(None)
    assert {row.cause.id: row.contacts for row in demand().causes}["delivery_late"] == 11


def test_the_sentence_names_share_interval_and_places(contacts: None) -> None:
    sentence = demand_sentence(demand())
    assert "55" in sentence
    assert "20 contacts" in sentence
    assert "2 places" in sentence


def test_stages_and_months_have_their_own_share(contacts: None) -> None:
    found = demand()
    assert [(row.stage, row.n) for row in found.stages] == [("wait", 16)]
    assert [row.n for row in found.trend] == [20]


def test_without_contacts_nothing_is_claimed(write: Write) -> None:
    write([{"record_id": "review", "kind": "review", "text": "words"}])
    found = demand()
    assert found.contacts == 0
    assert isinstance(found.answered.solved, NoVerdict)
    assert demand_sentence(found) == "No customer got in touch in this selection."


def test_a_contact_is_solved_when_nobody_comes_again_about_the_same_cause(write: Write, label: Label) -> None:
    write([contact(1, "a"), contact(2, "a", 5), contact(3, "b"), contact(4, "c"), contact(5, "c", 3)])
    write([{**contact(9, "z", 60), "kind": "review"}])
    label({str(number): {"causes": ["delivery_late"]} for number in (1, 2, 3, 4)})
    label({"5": {"causes": ["damaged"]}})
    found = demand()
    assert isinstance(found.answered.solved, Estimate)
    assert found.answered.solved.estimate == pytest.approx(4 / 5)
    assert isinstance(found.answered.repeated, Estimate)
    assert found.answered.repeated.estimate == pytest.approx(2 / 5)


def test_contacts_too_young_to_judge_give_no_verdict(write: Write, label: Label) -> None:
    write([contact(1, "a"), contact(2, "a", 1)])
    label({"1": {"causes": ["delivery_late"]}, "2": {"causes": ["delivery_late"]}})
    assert isinstance(demand().answered.solved, NoVerdict)


CAUSES = st.lists(st.sampled_from([cause.id for cause in RETAIL.causes]), max_size=4)


@given(CAUSES)
def test_the_causes_that_count_are_all_of_the_contact_s_kind(causes: list[str]) -> None:
    kind = kind_of(causes, RETAIL)
    counting = causes_that_count(causes, RETAIL)
    assert counting <= set(causes)
    assert bool(counting) == bool(causes)
    assert all(kind_of([cause], RETAIL) == kind for cause in counting)
    assert (kind == "failure") == bool(set(causes) & set(FAILURES))


def test_the_page_opens_with_the_sentence(contacts: None, person_with: Callable[..., Person], client: Client) -> None:
    client.force_login(person_with("employee"))
    page = client.get("/demand")
    assert page.status_code == 200
    assert demand_sentence(demand()) in page.content.decode()


def test_strangers_are_sent_to_sign_in_and_bad_filters_refused(
    contacts: None, person_with: Callable[..., Person], client: Client
) -> None:
    assert client.get("/demand").status_code == 302
    client.force_login(person_with("employee"))
    assert client.get("/demand", {"where": "text like '%x%'"}).status_code == 403
    with pytest.raises(Refused):
        demand(Selection.read(where="nonsense ="))
