"""The newest words are found among the last days, and are the same as among all."""

from datetime import date, datetime, timedelta

import pytest

from headwater.record import Record
from headwater.record.questions import Span, Verbatims
from headwater.record.questions.signals import FEWER_DAYS
from tests.record import samples

LAST = datetime(2026, 3, 31, 12)


def arrive(record: Record, ages: list[float]) -> None:
    times = [LAST - timedelta(days=age) for age in ages]
    samples.arrive(
        record,
        *(
            {"record_id": f"r{place}", "text": "words", "occurred_at": at, "local_date": at.date()}
            for place, at in enumerate(times)
        ),
    )


def newest(record: Record, limit: int, offset: int = 0, until: date | None = None) -> list[str | None]:
    page = record.ask(Verbatims(limit=limit, offset=offset, until=until))
    return [row.record_id for row in page.rows]


@pytest.mark.parametrize("limit", [1, 3, 7, 20])
@pytest.mark.parametrize("offset", [0, 2, 5])
def test_the_newest_of_a_few_days_are_the_newest_of_all(record: Record, limit: int, offset: int) -> None:
    ages = [0, 1, 1.4, 2, FEWER_DAYS[0] - 1, FEWER_DAYS[0], FEWER_DAYS[0] + 1, FEWER_DAYS[1], 400, 900, 901]
    arrive(record, ages)
    assert newest(record, limit, offset) == [f"r{place}" for place in range(len(ages))][offset : offset + limit]


def test_the_newest_before_a_day_are_found_where_the_record_ends_much_later(record: Record) -> None:
    arrive(record, [0, 1, 2, 600, 601, 602, 603])
    assert newest(record, 2, until=(LAST - timedelta(days=500)).date()) == ["r3", "r4"]


def test_a_page_at_the_edge_of_the_days_asks_for_more(record: Record) -> None:
    """Two signals of the first day of the window might be older than one of the day before, in another time zone."""
    arrive(record, [0, FEWER_DAYS[0] - 0.2, FEWER_DAYS[0] + 0.4, FEWER_DAYS[0] + 0.5])
    assert newest(record, 3) == ["r0", "r1", "r2"]


def test_the_span_is_the_same_from_rollups_and_from_rows(record: Record) -> None:
    assert record.ask(Span()).signals == 0
    arrive(record, [0, 5, 5, 100])
    from_rows = record.ask(Span())
    record.refresh_rollups()
    record.compact()
    assert record.ask(Span()) == from_rows
    assert (from_rows.signals, from_rows.last_day, from_rows.first_day) == (
        4,
        LAST.date(),
        (LAST - timedelta(days=100)).date(),
    )
