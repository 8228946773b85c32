"""Why contacts were not solved: what the source says, and what nobody says, never spread."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from headwater.base.models import Person
from headwater.insight.unsolved import WhyUnsolved, reason_of, why_unsolved
from headwater.science import Estimate
from tests.insight.conftest import DAY, Label, Write
from tests.insight.test_failure_demand import contact

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey"), pytest.mark.reads_record]


@pytest.fixture
def unsolved(write: Write, label: Label) -> None:
    """Ten contacts: three with a reason (one of no known word), two that came again about the same cause, five solved;
    one with a reason that is too young to judge."""
    said = {0: "authority", 1: " Upstream ", 2: "the moon"}
    rows: list[dict[str, Any]] = [
        {**contact(number, f"c{number}"), "attributes": {"unsolved_reason": said[number]} if number in said else {}}
        for number in range(8)
    ]
    rows += [contact(8, "c3", 5), contact(9, "c4", 20)]
    rows += [{**contact(10, "c10", 55), "attributes": {"unsolved_reason": "skill"}}]
    rows += [{"record_id": "last", "kind": "review", "local_date": DAY + timedelta(days=60)}]
    write(rows)
    label({str(number): {"causes": ["delivery_late"], "stage": "wait"} for number in range(11)})


def counts(found: WhyUnsolved | None) -> dict[str, int]:
    assert found is not None
    return {one.reason: one.n for one in found.reasons if one.n}


def test_the_source_says_why_and_the_rest_is_not_said(unsolved: None) -> None:
    found = why_unsolved()
    assert counts(found) == {"authority": 1, "upstream": 1, "not_said": 2}
    assert found is not None
    assert isinstance(found.reasons[0].share, Estimate)
    assert found.reasons[0].share.estimate == pytest.approx(1 / 4)
    assert [(one.n, sum(one.counts)) for one in (*found.causes, *found.stages, *found.places)] == [(4, 4)] * 3
    assert sum(one.n for one in found.trend) == 4
    assert found.said


def test_with_more_days_more_contacts_were_not_solved(unsolved: None) -> None:
    assert counts(why_unsolved(days=30))["not_said"] == 3
    assert counts(why_unsolved(days=7)) == {"authority": 1, "upstream": 1, "not_said": 2}


def test_without_a_record_there_is_no_answer(record: object) -> None:
    assert why_unsolved() is None


@pytest.mark.parametrize(("said", "reason"), [("skill", "skill"), ("bored", "not_said"), (None, "not_said")])
def test_a_reason_is_one_of_four_or_not_said(said: str | None, reason: str) -> None:
    assert reason_of(said) == reason


def test_the_page_shows_reasons_by_cause_and_keeps_the_days(
    unsolved: None, person_with: Callable[..., Person], client: Client
) -> None:
    client.force_login(person_with("employee"))
    page = client.get("/demand?days=7").content.decode()
    assert "Why contacts were not solved" in page
    assert "within 7 days" in page
    assert "No authority to solve it" in page
    answer = client.get("/api/v1/demand?days=7").json()
    assert answer["days"] == 7
    assert {one["reason"]: one["contacts"] for one in answer["unsolved"]} == {
        "authority": 1, "skill": 0, "staffing": 0, "upstream": 1, "not_said": 2,
    }  # fmt: skip
    assert client.get("/api/v1/demand?days=1000").status_code == 422
