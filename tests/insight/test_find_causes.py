"""Causes: shares of negative signals, overlaps, merges, trends, and the river that adds up."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from headwater.insight.causes import Point, as_json, causes, direction
from headwater.insight.forest import forest
from headwater.insight.models import AuditItem
from headwater.insight.selection import Selection
from headwater.insight.wording import forest_sentence
from headwater.journey.services import merge_cause, publish_draft
from headwater.science import Estimate, proportion
from tests.insight.conftest import Label, Write, complaint

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey"), pytest.mark.reads_record]


@pytest.fixture
def hundred(write: Write, label: Label) -> None:
    """100 complaints: 40 late, 20 damaged, 10 both, 30 with no known cause; and 50 kind words about delivery."""
    write([complaint(number, text="words" if number < 90 else None) for number in range(100)])
    write([{"record_id": f"kind-{number}", "text": "thanks", "sentiment": "positive"} for number in range(50)])
    named: dict[str, dict[str, Any]] = {}
    for number in range(70):
        late = ["delivery_late"] if number < 50 else []
        damaged = ["damaged"] if number >= 40 else []
        named[str(number)] = {"causes": late + damaged, "stage": "wait" if late else "use"}
    named |= {f"kind-{number}": {"causes": ["delivery_late"]} for number in range(5)}
    label(named)


def test_a_share_is_of_all_negative_signals_and_a_signal_counts_for_each_of_its_causes(hundred: None) -> None:
    answer = causes()
    late, damaged = answer.of("delivery_late"), answer.of("damaged")
    assert late is not None
    assert damaged is not None
    assert (answer.signals, answer.negatives, answer.without_cause) == (150, 100, 30)
    assert (late.volume, late.negatives, damaged.negatives) == (55, 50, 30)
    assert isinstance(late.share, Estimate)
    assert late.share.estimate == pytest.approx(0.5)
    assert late.share.low < 0.5 < late.share.high
    assert [row.cause.id for row in answer.rows] == ["delivery_late", "damaged"]


def test_programs_get_the_stable_shape(hundred: None) -> None:
    rows = as_json(causes())["rows"]
    assert isinstance(rows, list)
    assert set(rows[0]) == {"cause", "name", "volume", "share_negative", "low", "high", "departments", "stages"}
    assert rows[0]["cause"] == "delivery_late"
    assert rows[0]["departments"]


def test_a_selection_narrows_the_answer(hundred: None) -> None:
    only = causes(Selection.read(where="cause = 'damaged'"))
    assert only.negatives == 30
    assert causes(Selection.read(since="2030-01-01")).rows == ()


def test_a_merged_cause_counts_for_the_one_it_was_merged_into(hundred: None) -> None:
    merge_cause(None, "damaged", "delivery_late")
    publish_draft(None)
    answer = causes()
    assert answer.of("damaged") is None
    merged = answer.of("delivery_late")
    assert merged is not None
    assert merged.negatives == 80


def test_the_river_of_the_forest_adds_up_and_spreads_nothing_unknown(hundred: None) -> None:
    streams = {one.key: one.value for one in forest(Selection()).river.streams}
    assert streams == pytest.approx({"delivery_late": 45, "damaged": 25, "unknown": 30})


def test_the_forest_says_where_trouble_starts(hundred: None) -> None:
    sentence = forest_sentence(forest(Selection()))
    assert "50" in sentence
    assert "late" in sentence.lower()


def test_an_empty_record_has_no_verdict_and_no_error(record: object) -> None:
    found = forest(Selection())
    assert found.river.streams == ()
    assert found.top is None
    assert forest_sentence(found)


@given(
    earlier=st.integers(0, 200),
    later=st.integers(0, 200),
)
def test_a_change_is_only_said_where_the_intervals_part(earlier: int, later: int) -> None:
    day = date(2026, 1, 1)
    trend = [Point(day, earlier, 200, proportion(earlier, 200)), Point(day, later, 200, proportion(later, 200))]
    first, second = (point.share for point in trend)
    assert isinstance(first, Estimate)
    assert isinstance(second, Estimate)
    said = direction(trend)
    assert (said == "rises") == (second.low > first.high)
    assert (said == "falls") == (second.high < first.low)


def test_a_bad_selection_is_refused_with_its_value(person_with: Callable[..., Any]) -> None:
    from headwater.base.refusals import Refused

    for given_, value in [
        ({"since": "31.12.2025"}, "31.12.2025"),
        ({"where": "channel ="}, "channel"),
        ({"since": "2026-02-01", "until": "2026-01-01"}, "2026-02-01"),
    ]:
        with pytest.raises(Refused) as refused:
            Selection.read(**given_)
        assert value in refused.value.message or refused.value.field == "where"


def test_what_happened_is_counted_apart_from_what_was_said(hundred: None, write: Write, label: Label) -> None:
    write([{"record_id": f"event-{number}", "kind": "event", "event": "delivery_late"} for number in range(7)])
    label({f"event-{number}": {"causes": ["delivery_late"]} for number in range(7)})
    answer = causes()
    late = answer.of("delivery_late")
    assert late is not None
    assert (late.volume, late.happened) == (55, 7)
    assert answer.signals == 150


def test_from_200_audited_verbatims_on_shares_are_corrected_for_the_classifiers_errors(hundred: None) -> None:
    """The classifier finds three in four of what people call late and nothing else: the true share is larger."""
    for number in range(200):
        truth = {"causes": ["delivery_late"] if number < 80 else []}
        predicted = {"causes": ["delivery_late"] if number < 60 else []}
        AuditItem.objects.create(
            signal_key=number, seed=1, predicted=predicted, truth=truth, labelled_at=timezone.now()
        )
    late, damaged = causes().of("delivery_late"), causes().of("damaged")
    assert late is not None
    assert damaged is not None
    assert late.corrected
    assert isinstance(late.share, Estimate)
    assert late.share.estimate == pytest.approx(0.5 / 0.75, abs=0.01)
    assert "audited" in late.share.method
    assert not damaged.corrected  # no audited verbatim truly names it, so nothing is known of its errors


def test_a_stage_whose_complaints_grow_is_said_to_rise(write: Write, label: Label) -> None:
    rows = []
    for number in range(240):
        negative = number % 60 < (5 if number < 120 else 50)
        day = date(2026, 1 + number // 60, 5)
        rows.append(complaint(number, local_date=day, sentiment="negative" if negative else "positive"))
    write(rows)
    label({str(number): {"stage": "wait"} for number in range(240)})
    cards = {card.stage.id: card for card in forest(Selection()).stages}
    assert cards["wait"].change == "rises"
    assert cards["order"].change == "steady"
