"""From signals in the record to estimates: figures known by hand, refusals, and what repetition does."""

from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import headwater.science as hs
from headwater.base.refusals import NotFound, Refused
from headwater.metrics.definitions import METRICS
from headwater.metrics.estimates import MetricRow, estimate
from headwater.record import Record
from tests.metrics.conftest import Write, answers


def figures(row: MetricRow) -> tuple[float, float, float]:
    assert isinstance(row.result, hs.Estimate), row
    return row.result.estimate, row.result.low, row.result.high


def only(rows: tuple[MetricRow, ...]) -> MetricRow:
    assert len(rows) == 1
    return rows[0]


def test_nps_has_the_published_score_interval(write: Write) -> None:
    write(answers("nps", {9: 15, 8: 10, 3: 5}))
    row = only(estimate("nps").rows)
    assert figures(row) == pytest.approx((33.3333333, 4.2980829875, 56.655303637), abs=2e-4)
    assert row.n == 30
    assert row.ranked


def test_csat_is_the_share_of_the_top_two_boxes(write: Write) -> None:
    write(answers("csat", {5: 50, 4: 31, 3: 100, 1: 82}))
    write(answers("nps", {0: 40}))
    assert figures(only(estimate("csat").rows)) == pytest.approx((81 / 263, 0.2552885, 0.3662096), abs=1e-6)


def test_rating_is_a_mean_with_the_interval_over_customers(write: Write) -> None:
    write(answers("rating", {5: 20, 4: 10, 1: 10}))
    estimated, low, high = figures(only(estimate("rating").rows))
    assert estimated == 3.75
    # Plain t interval of 40 customers: ±.5201; buckets shared by chance change it a little.
    assert (high - low) / 2 == pytest.approx(0.5201, rel=0.35)
    assert 1 <= low < estimated < high <= 5


def test_ces_on_its_own_scale(write: Write) -> None:
    write(answers("ces", {7: 30, 1: 5}))
    assert figures(only(estimate("ces").rows))[0] == pytest.approx(215 / 35)


def test_negative_is_a_low_score_or_without_a_score_negative_sentiment(write: Write) -> None:
    write(answers("csat", {5: 3, 1: 2}, sentiment="negative"))  # the score decides: 2 negative
    write([{"kind": "contact", "sentiment": "negative"}] * 3 + [{"kind": "review"}] * 2)
    write([{"kind": "event", "event": "late", "sentiment": None}] * 50)
    row = only(estimate("share_negative").rows)
    assert row.n == 10
    assert figures(row)[0] == 0.5


def test_volume_counts_signals_but_events(write: Write) -> None:
    write([{"kind": "contact"}] * 11 + [{"kind": "event", "event": "late"}] * 5)
    row = only(estimate("volume").rows)
    assert figures(row) == pytest.approx((11, 5.4911604, 19.682038), abs=1e-6)
    assert row.ranked


def test_contact_rate_is_contacts_by_customers_seen(write: Write) -> None:
    write(answers("csat", {5: 60}))
    write([{"kind": "contact", "customer_id": f"customer-{number}", "channel": "chat"} for number in range(20)] * 2)
    write([{"kind": "contact", "customer_id": f"caller-{number}", "channel": "phone"} for number in range(20)])
    row = only(estimate("contact_rate").rows)
    assert row.n == 80
    estimated, low, high = figures(row)
    assert estimated == pytest.approx(60 / 80)
    assert 0 <= low < estimated < high
    by_channel = {row.group["channel"]: row for row in estimate("contact_rate", by=["channel"]).rows}
    assert by_channel["chat"].n == 80
    assert figures(by_channel["chat"])[0] == pytest.approx(40 / 80)


def test_contact_rate_by_segment_divides_by_the_customers_of_the_segment(write: Write) -> None:
    for segment, customers, contacts in (("gold", 40, 10), ("silver", 50, 50), ("bronze", 30, 0)):
        attributes = [("segment", segment)]
        people = [f"{segment}-{number}" for number in range(customers)]
        write([{"metric": "csat", "score": 4, "customer_id": person, "attributes": attributes} for person in people])
        write([{"kind": "contact", "customer_id": person, "attributes": attributes} for person in people[:contacts]])
    rows = {row.group["attribute:segment"]: row for row in estimate("contact_rate", by=["attribute:segment"]).rows}
    assert {name: row.n for name, row in rows.items()} == {"gold": 40, "silver": 50, "bronze": 30}
    assert figures(rows["gold"])[0] == pytest.approx(0.25)
    assert figures(rows["bronze"]) == pytest.approx((0, 0, 3.6888795 / 30), abs=1e-6)


def test_by_event_compares_those_it_happened_to(write: Write) -> None:
    write([{"kind": "event", "event": "delivery_late", "subject_id": f"order-{number}"} for number in range(40)])
    write([{"metric": "rating", "score": 2, "subject_id": f"order-{number}"} for number in range(40)])
    write([{"metric": "rating", "score": 4 + number % 2, "subject_id": f"order-{40 + number}"} for number in range(60)])
    rows = {row.group["event:delivery_late"]: row for row in estimate("rating", by=["event:delivery_late"]).rows}
    assert {name: row.n for name, row in rows.items()} == {"yes": 40, "no": 60}
    assert figures(rows["yes"])[0] == 2
    assert figures(rows["yes"])[1] < 2 < figures(rows["yes"])[2], "forty equal answers are not certain"
    assert figures(rows["no"])[0] == pytest.approx(4.5)


def test_by_month_comes_in_the_order_of_time(write: Write) -> None:
    for month, score in ((3, 9), (1, 3), (2, 8)):
        write(answers("nps", {score: 31}, local_date=date(2026, month, 5)))
    rows = estimate("nps", by=["month"]).rows
    assert [row.group["month"] for row in rows] == ["2026-01-01", "2026-02-01", "2026-03-01"]
    assert [figures(row)[0] for row in rows] == [-100, 0, 100]


def test_groups_come_worst_first_and_small_ones_last_unranked(write: Write) -> None:
    write(answers("nps", {10: 30, 1: 10}, channel="store"))
    write(answers("nps", {10: 10, 1: 30}, channel="phone"))
    write(answers("nps", {1: 29}, channel="fax"))
    rows = estimate("nps", by=["channel"]).rows
    assert [(row.group["channel"], row.ranked) for row in rows] == [("phone", True), ("store", True), ("fax", False)]


def test_two_dimensions(write: Write) -> None:
    write(
        answers("csat", {5: 5}, channel="chat", language="en") + answers("csat", {1: 4}, channel="chat", language="de")
    )
    groups = [tuple(row.group.items()) for row in estimate("csat", by=["channel", "language"]).rows]
    assert sorted(groups) == [
        (("channel", "chat"), ("language", "de")),
        (("channel", "chat"), ("language", "en")),
    ]


def test_filter_and_period(write: Write) -> None:
    write(answers("nps", {9: 10}, channel="chat", local_date=date(2026, 1, 31)))
    write(answers("nps", {9: 20}, channel="chat", local_date=date(2026, 2, 28)))
    write(answers("nps", {9: 40}, channel="store", local_date=date(2026, 2, 28)))

    def base(**asked: object) -> int:
        return only(estimate("nps", **asked).rows).n  # type: ignore[arg-type]

    assert base(where="channel = 'chat'") == 30
    assert base(since=date(2026, 1, 31), until=date(2026, 1, 31)) == 10
    assert base(where="channel != 'chat'", since=date(2026, 2, 28)) == 40


def test_one_customer_answering_forty_times_is_not_forty_customers(write: Write) -> None:
    write(answers("nps", {9: 20, 3: 20}, customer_id="one"))
    row = only(estimate("nps").rows)
    _, low, high = figures(row)
    assert row.n == 40
    assert high - low > 150
    assert "design effect" in row.result.method  # type: ignore[union-attr]


def test_no_answers_is_no_verdict_and_no_signals_are_none(record: Record) -> None:
    nothing = only(estimate("nps").rows)
    assert isinstance(nothing.result, hs.NoVerdict)
    assert not nothing.ranked
    assert figures(only(estimate("volume").rows)) == pytest.approx((0, 0, 3.6888795), abs=1e-6)
    assert estimate("rating", by=["channel"]).rows == ()


def test_json_has_the_stable_shape(write: Write) -> None:
    write(answers("nps", {9: 15, 8: 10, 3: 5}, channel="chat"))
    answer = estimate("nps", by=["channel"]).as_json()
    assert set(answer) == {"metric", "definition", "rows"}
    assert answer["definition"]["title"] == "Net Promoter Score"
    [row] = answer["rows"]
    assert row == {
        "group": {"channel": "chat"},
        "estimate": pytest.approx(33.3333, abs=1e-3),
        "low": pytest.approx(4.29808, abs=1e-3),
        "high": pytest.approx(56.6553, abs=1e-3),
        "n": 30,
    }


def test_json_of_no_verdict_says_why(record: Record) -> None:
    [row] = estimate("nps").as_json()["rows"]
    assert row == {
        "group": {},
        "estimate": None,
        "low": None,
        "high": None,
        "n": 0,
        "no_verdict": "Nobody has answered yet.",
    }


def test_an_unknown_metric_is_refused_with_those_there_are(home: Path) -> None:
    with pytest.raises(NotFound, match=r"There is no metric “npx”.* nps, csat, ces, rating"):
        estimate("npx")


@pytest.mark.parametrize(
    ("asked", "code", "reason"),
    [
        ({"by": ["colour"]}, "dimension_unknown", "“colour”.*Dimensions are .*attribute:NAME"),
        ({"by": ["stage", "stage"]}, "dimensions", "stage, stage"),
        ({"by": ["day", "week", "month", "kind", "stage"]}, "dimensions", "up to 4"),
        ({"by": ["bucket"]}, "dimension_unknown", "choose another dimension"),
        ({"by": ["attribute:\udcff"]}, "bad_text", "not text in UTF-8"),
        ({"where": "channel = '\udcff'"}, "bad_text", "not text in UTF-8"),
        ({"where": "channel = "}, "bad_filter", "at character 11"),
        ({"where": "colour = 'red'"}, "bad_filter", "no column “colour”"),
        ({"since": date(2026, 2, 2), "until": date(2026, 2, 1)}, "period_backwards", "2026-02-01, before it begins"),
    ],
)
def test_what_cannot_be_asked_is_refused(record: Record, asked: dict[str, object], code: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason) as refused:
        estimate("nps", **asked)  # type: ignore[arg-type]
    assert refused.value.code == code


def test_too_many_groups_are_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headwater.metrics.estimates.MAX_GROUPS", 3)
    write([{"metric": "nps", "score": 9, "channel": f"channel {number}"} for number in range(5)])
    with pytest.raises(Refused, match="channel makes more than 3 groups"):
        estimate("nps", by=["channel"])


scraps = st.sampled_from(
    [
        "attribute:",
        "event:",
        "stage",
        "channel",
        "bucket",
        "'",
        '"',
        "\x00",
        "=",
        "(",
        ")",
        "in",
        "like",
        "%",
        "\\",
        "é",
        "1e999",
        "and",
        "not",
        "cause",
        "--",
        ";",
    ]
)
anything = st.one_of(st.lists(scraps, max_size=8).map(" ".join), st.text(max_size=30))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(by=st.lists(anything, max_size=2), where=anything, name=st.sampled_from(list(METRICS)))
def test_whatever_is_asked_is_answered_or_refused(record: Record, by: list[str], where: str, name: str) -> None:
    with suppress(Refused):
        estimate(name, by=by, where=where).as_json()
