"""Who answered of those asked, and metrics weighted to the customer base."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import HistoryEntry, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Refused
from headwater.insight.models import CustomerMargin
from headwater.insight.response import WAIT, response
from headwater.insight.response_wording import response_sentence, silence, weighted_sentence
from headwater.insight.selection import Selection
from headwater.insight.weighting import weighted
from headwater.insight.weighting_groups import weighted_groups
from headwater.insight.weighting_margins import clear, margin_of, read_levels, state_margin, take_back_margin
from headwater.metrics.access import require_askable
from headwater.metrics.commands import metric_command
from headwater.metrics.estimates import estimate
from headwater.record import Record
from headwater.record.filters import parse
from headwater.science import Estimate, NoVerdict
from tests.insight.conftest import Write

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 2, 12)
SEGMENTS = {"loyal": (300, 180, 120), "new": (500, 50, 10), "business": (100, 2, 0)}
"""Segment: asked, answered, of these promoters; the rest of the answers are detractors."""


def rows(segments: dict[str, tuple[int, int, int]]) -> list[dict[str, Any]]:
    """Invitations and their answers; each customer is asked once, on one of fifty days."""
    made: list[dict[str, Any]] = []
    for segment, (asked, answered, top) in segments.items():
        for number in range(asked):
            who = f"{segment}-{number}"
            at = START + timedelta(days=number % 50)
            same = {"customer_id": who, "response_id": who, "attributes": [("segment", segment)]}
            made.append({**same, **_at(at), "record_id": f"i-{who}", "kind": "event", "event": "invited"})
            if number < answered:
                score = {"metric": "nps", "score": 10.0 if number < top else 2.0}
                made.append({**same, **_at(at + timedelta(days=2)), "record_id": f"a-{who}", **score})
    late = START + timedelta(days=50 + WAIT)
    made.append({**_at(late), "record_id": "last", "kind": "review", "text": "words"})
    return made


def _at(at: datetime) -> dict[str, Any]:
    return {"occurred_at": at, "received_at": at, "local_date": at.date()}


@pytest.fixture
def asked(write: Write) -> None:
    write(rows(SEGMENTS))


@pytest.fixture
def base(asked: None, record: Record) -> None:
    """1,000 customers: 200 loyal, 700 new, 100 business, and 5 of whom nothing is known."""
    levels = [*["loyal"] * 200, *["new"] * 700, *["business"] * 100, *[""] * 5]
    record.put_customers(
        pa.table(
            {
                "customer_id": [f"c{number}" for number in range(len(levels))],
                "attributes": pa.array(
                    [[("segment", one)] if one else [] for one in levels], pa.map_(pa.string(), pa.string())
                ),
            }
        )
    )


def test_rates_are_those_who_answered_of_those_asked(asked: None) -> None:
    found = response(Selection(), "attribute:segment")
    rates = {row.segment: (row.asked, row.answered) for row in found.rows}
    assert rates == {name: (asked, answered) for name, (asked, answered, _top) in SEGMENTS.items()}
    assert (found.asked, found.answered, found.young) == (900, 232, 0)
    business = next(row for row in found.rows if row.segment == "business")
    assert isinstance(business.rate, Estimate)
    assert business.rate.low < 0.02 < business.rate.high
    assert business.found
    assert business.silent
    assert found.lowest == business
    assert "“business”" in response_sentence(found)
    assert "2 answers" in silence(found)[0]


def test_invitations_whose_answer_may_still_come_are_left_out(write: Write) -> None:
    write(rows({"new": (100, 50, 20)})[:-1])
    found = response(Selection(), "attribute:segment")
    assert found.young > 0
    assert found.asked + found.young == 100


def test_without_invitations_nothing_is_claimed(write: Write) -> None:
    write([{"record_id": "1", "kind": "review", "text": "words"}])
    found = response()
    assert isinstance(found.overall, NoVerdict)
    assert response_sentence(found).startswith("Nobody is known to have been asked")


def test_weighting_brings_the_answers_to_the_base(base: None) -> None:
    found = weighted("nps", attributes=["segment"])
    # By hand: loyal 120 - 60 of 180, new 10 - 40 of 50, business 0 - 2 of 2; 20, 70 and 10 % of the base.
    raw = 100 * (60 - 30 - 2) / 232
    expected = 100 * (0.2 * 60 / 180 + 0.7 * -30 / 50 + 0.1 * -1)
    assert isinstance(found.raw, Estimate)
    assert isinstance(found.weighted, Estimate)
    assert found.raw.estimate == pytest.approx(raw)
    assert found.weighted.estimate == pytest.approx(expected)
    assert found.weighted.low < expected < found.weighted.high < raw
    weights = np.repeat([0.2 / 180, 0.7 / 50, 0.1 / 2], [180, 50, 2])
    assert found.effective_n == pytest.approx(weights.sum() ** 2 / (weights**2).sum())
    assert found.design_effect == pytest.approx(232 / found.effective_n)
    assert isinstance(found.shift, Estimate)
    assert found.shift.estimate == pytest.approx(expected - raw)
    assert sum(pull.pull for pull in found.pulls) == pytest.approx(expected - raw)
    assert found.moves
    assert found.strongest
    assert found.strongest.level == "new"
    assert "“new” is 70" in weighted_sentence(found)
    assert {"heavy", "small_level"} <= set(found.warnings)


def test_a_segment_without_an_answer_cannot_be_stood_for(base: None) -> None:
    found = weighted("nps", Selection(where="not attribute:segment = 'new'"), ["segment"])
    assert isinstance(found.weighted, NoVerdict)
    assert found.weighted.code == "empty_level"
    assert "cannot stand for" in weighted_sentence(found)


def test_a_metric_s_own_page_stands_weighted_beside_as_answered(
    base: None, person_with: Callable[..., Person], client: Client
) -> None:
    client.force_login(person_with("analyst"))
    expected = weighted("nps", attributes=["segment"])
    assert isinstance(expected.weighted, Estimate)
    page = client.get("/metrics/nps", {"weights": "base", "by": "attribute:segment"}).content.decode()
    assert "As answered, and weighted to the customer base" in page
    assert f">{expected.effective_n:.0f}<" in page
    answer = client.get("/api/v1/metrics/nps", {"weights": "base", "by": "attribute:segment"}).json()
    assert answer["weights"]["attributes"] == ["segment"]
    assert answer["weights"]["shift"]["estimate"] == pytest.approx(expected.weighted.estimate - 100 * 28 / 232)
    groups = {row["group"]["attribute:segment"]: row for row in answer["rows"]}
    # Weights are alike within a segment, so that its own figure stays what it is.
    for segment in ("loyal", "new"):
        assert groups[segment]["weighted"]["estimate"] == pytest.approx(groups[segment]["estimate"])
        assert groups[segment]["weighted"]["design_effect"] == pytest.approx(1)
    [whole] = client.get("/api/v1/metrics/nps", {"weights": "base"}).json()["rows"]
    assert whole["weighted"]["estimate"] == pytest.approx(expected.weighted.estimate)
    assert whole["weighted"]["effective_n"] == pytest.approx(expected.effective_n)
    assert "weighted" not in client.get("/api/v1/metrics/nps").json()["rows"][0]
    assert client.get("/api/v1/metrics/nps", {"weights": "base", "by": ["month", "channel"]}).status_code == 400
    assert client.get("/metrics/nps", {"weights": "gold"}).status_code == 400


def test_a_month_is_weighted_by_who_answered_in_it(base: None) -> None:
    found = weighted_groups("nps", "month")
    by_month = {row.group["month"]: row.result for row in estimate("nps", by=("month",)).rows}
    shares = [one.raw == by_month[one.value] and one.n for one in found.groups]
    assert sum(shares) == found.whole.n == 232
    # The groups add up to the whole by what their answers weigh.
    margin = margin_of("segment").shares
    each = {name: margin[name] / SEGMENTS[name][1] for name in SEGMENTS}
    weight = {one.value: 0.0 for one in found.groups}
    for segment, (_asked, answered, _top) in SEGMENTS.items():
        for number in range(answered):
            day = (START + timedelta(days=number % 50 + 2)).date()
            weight[str(day.replace(day=1))] += each[segment]
    assert isinstance(found.whole.weighted, Estimate)
    total = sum(weight[one.value] * one.weighted.estimate for one in found.groups if isinstance(one.weighted, Estimate))
    assert total == pytest.approx(found.whole.weighted.estimate)


def test_the_command_prints_weighted_beside(base: None) -> None:
    printed = CliRunner().invoke(metric_command, ["nps", "--weights", "base", "--json"])
    assert json.loads(printed.output)["rows"][0]["weighted"]["design_effect"] > 1
    table = CliRunner().invoke(metric_command, ["nps", "--weights", "base"])
    assert "Weighted to the customer base, Net Promoter Score is" in " ".join(table.output.split())
    refused = weighted_groups("volume")
    assert isinstance(refused.whole.weighted, NoVerdict)


def test_where_the_base_is_not_known_the_page_says_so(asked: None) -> None:
    found = weighted("nps")
    assert isinstance(found.weighted, NoVerdict)
    assert found.weighted.code == "base_unknown"
    assert isinstance(found.raw, Estimate)


def test_a_stated_base_goes_before_the_records_and_is_kept_with_its_history(
    base: None, person_with: Callable[..., Person]
) -> None:
    analyst = person_with("analyst")
    levels = {"loyal": 50.0, "new": 25.0, "business": 25.0}
    for _twice in range(2):
        state_margin(analyst, "segment", levels, source="Year report", stated_on=date(2026, 1, 1))
    assert CustomerMargin.objects.count() == 1
    assert margin_of("segment").shares == {"loyal": 0.5, "new": 0.25, "business": 0.25}
    take_back_margin(analyst, "segment")
    take_back_margin(analyst, "segment")
    assert margin_of("segment").shares["new"] == pytest.approx(0.7)
    assert margin_of("segment").unknown == 5
    assert [row.code for row in HistoryEntry.objects.order_by("id")] == ["margin.stated", "margin.taken_back"]
    assert CustomerMargin.objects.count() == 2
    clear()
    assert not CustomerMargin.objects.exists()


def test_not_everybody_states_the_base(base: None, person_with: Callable[..., Person]) -> None:
    with pytest.raises(NotAllowed):
        state_margin(person_with("employee"), "segment", {"a": 1, "b": 2}, source="x", stated_on=date(2026, 1, 1))


@pytest.mark.parametrize(
    ("attribute", "levels", "code"),
    [
        ("segment", {"a": 1.0}, "levels"),
        ("segment", {"a": 1.0, "b": -2.0}, "level_value"),
        ("segment", {"a": 0.0, "b": 0.0}, "level_value"),
        ("segment", {"a": 1.0, "b": float("nan")}, "level_value"),
        ("", {"a": 1.0, "b": 2.0}, "attribute_unknown"),
        ("agent", {"a": 1.0, "b": 2.0}, "attribute_of_colleagues"),
    ],
)
def test_a_base_that_cannot_be_is_refused(attribute: str, levels: dict[str, float], code: str) -> None:
    with pytest.raises(Refused) as caught:
        state_margin(None, attribute, levels, source="Report", stated_on=date(2026, 1, 1))
    assert caught.value.code == code


def test_levels_are_read_as_people_write_them() -> None:
    assert read_levels("region;customers\nNorth; 1,204\nSouth; 800") == {"North": 1204, "South": 800}
    assert read_levels("North,30%\nSouth,70%") == {"North": 30, "South": 70}
    assert read_levels("North\t0,25\nSouth\t0,75") == {"North": 0.25, "South": 0.75}
    for text in ("North; 1\nNorth; 2", "North; 1\nSouth; many", "x" * 100_001):
        with pytest.raises(Refused):
            read_levels(text)


@given(st.text(max_size=200))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    with suppress(Refused):
        assert all(isinstance(value, float) for value in read_levels(text).values())


def test_pages_and_answers_say_the_same(base: None, person_with: Callable[..., Person], client: Client) -> None:
    assert client.get("/response").status_code == 302
    client.force_login(person_with("employee"))
    page = client.get("/response").content.decode()
    assert response_sentence(response()) in page
    answer = client.get("/api/v1/response/weighted/nps", {"attribute": "segment"}).json()
    assert answer["weighted"]["estimate"] == pytest.approx(-45.333, abs=0.01)
    answer = client.get("/api/v1/response", {"by": "attribute:segment"}).json()
    assert {row["segment"]: row["answered"] for row in answer["segments"]} == {"loyal": 180, "new": 50, "business": 2}
    assert "business,100,2" in client.get("/response.csv", {"by": "attribute:segment"}).content.decode()
    assert client.get("/response", {"by": "nonsense"}).status_code == 400
    assert client.post("/response/base", {"attribute": "segment"}).status_code == 403


def test_an_analyst_states_the_base_from_a_file(base: None, person_with: Callable[..., Person], client: Client) -> None:
    client.force_login(person_with("analyst"))
    file = SimpleUploadedFile("base.csv", b"segment,n\nloyal,1\nnew,1\nbusiness,2\n")
    given = {"attribute": "segment", "source": "CRM", "stated_on": "2026-02-01", "file": file}
    assert client.post("/response/base", given).status_code == 302
    assert margin_of("segment").shares["business"] == 0.5
    assert "CRM" in client.get("/response/base").content.decode()
    bad = client.post(
        "/response/base", {"attribute": "segment", "levels": "a", "source": "x", "stated_on": "2026-02-01"}
    )
    assert bad.status_code == 400


def test_nobody_groups_or_filters_by_a_colleague(asked: None, person_with: Callable[..., Person]) -> None:
    for role in ("administrator", "executive", "analyst"):
        with pytest.raises(NotAllowed, match="their manager"):
            require_askable(person_with(role), ("attribute:agent",), None)
        with pytest.raises(NotAllowed, match="their manager"):
            require_askable(person_with(role), (), parse("kind = 'survey' and not attribute:Agent = 'x'"))
    with pytest.raises(Refused, match="score integrity"):
        response(Selection(), "attribute:agent")


def test_an_attribute_without_a_name_singles_nobody_out(person_with: Callable[..., Person]) -> None:
    require_askable(person_with("employee"), ["attribute:"], None)
