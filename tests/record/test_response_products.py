"""Cross-products over responses: the same as from the rows themselves, whatever is missing."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest

import headwater.science as hs
from headwater.record import Record
from headwater.record.filters import parse
from headwater.record.questions import Column, RatingCount, RatingsTogether, ResponseProducts
from tests.record.samples import arrive, rows_of

START = datetime(2026, 3, 2, 12)
NAMES = ("overall", "seat", "staff", "food")
NPS = parse("metric = 'nps'")
RESPONSES = 120


def rated(name: str) -> Column:
    where = NPS if name == "overall" else parse(f"attribute:question = '{name}'")
    return Column(name, where=where, centre=3.0, required=name == "overall")


@pytest.fixture
def survey(record: Record) -> dict[str, np.ndarray]:
    """Responses of four ratings, some left out; each column (responses,), and the bucket of each response."""
    random = np.random.default_rng(5)
    rows: list[dict[str, object]] = []
    columns = {name: np.full(RESPONSES, np.nan) for name in NAMES}
    for response in range(RESPONSES):
        at = START + timedelta(days=response % 20)
        who = {"customer_id": f"c{response % 70}", "occurred_at": at, "local_date": at.date()}
        for name in NAMES:
            if name != "overall" and random.random() < 0.3:
                continue
            score = float(random.integers(1, 6))
            columns[name][response] = score
            about = {"metric": "nps"} if name == "overall" else {"metric": "rating"}
            of = {"plan": ("basic", "plus", "pro")[response % 3], "question": name, "age": str(response)}
            row = {"record_id": f"{name}:{response}", "response_id": f"r{response}", "score": score}
            rows.append({**row, **who, **about, "attributes": of})
    arrive(record, *rows)
    at_bucket = {row["response_id"]: row["customer_bucket"] for row in rows_of(record)}
    columns["bucket"] = np.array([at_bucket[f"r{response}"] for response in range(RESPONSES)])
    return columns


def same(found: hs.CrossProducts, expected: hs.CrossProducts) -> None:
    assert found.names == expected.names
    assert np.array_equal(found.n, expected.n)
    assert np.allclose(
        found.means[found.n.max(axis=(1, 2)) > 0], expected.means[expected.n.max(axis=(1, 2)) > 0], equal_nan=True
    )
    assert np.allclose(found.total().correlations(), expected.total().correlations(), atol=1e-12)
    assert np.allclose(found.total().covariances(), expected.total().covariances(), atol=1e-12)


def test_pairs_use_all_responses_that_give_both(record: Record, survey: dict[str, np.ndarray]) -> None:
    columns = tuple(rated(name) for name in NAMES)
    (found,) = record.ask(ResponseProducts(NPS, columns))
    expected = hs.from_rows({name: survey[name] for name in NAMES}, buckets=survey["bucket"], bucket_count=200)
    assert found.responses == RESPONSES
    same(found.blocks[0], expected)


def test_required_columns_leave_complete_responses(record: Record, survey: dict[str, np.ndarray]) -> None:
    columns = tuple(Column(name, where=rated(name).where, required=True) for name in NAMES)
    (found,) = record.ask(ResponseProducts(NPS, columns))
    table = {name: survey[name] for name in NAMES}
    expected = hs.from_rows(table, buckets=survey["bucket"], complete=True, bucket_count=200)
    assert found.responses == int(expected.total().n[0, 0])
    same(found.blocks[0], expected)


def test_blocks_bounds_levels_and_numbers_are_taken_from_the_same_responses(
    record: Record, survey: dict[str, np.ndarray]
) -> None:
    seat = rated("seat")
    columns = (
        rated("overall"),
        seat,
        Column("seat low", where=seat.where, at_most=2),
        Column("seat high", where=seat.where, at_least=5),
        Column("rank", where=seat.where, levels=((1, 0.1), (2, 0.3), (3, 0.5), (4, 0.7), (5, 0.9))),
        Column("age", "number", NPS, "age"),
    )
    blocks = (("seat", "rank", "age", "overall"), ("seat low", "seat high", "overall"))
    (found,) = record.ask(ResponseProducts(NPS, columns, blocks))
    seats, overall = survey["seat"], survey["overall"]
    rank = 0.2 * seats - 0.1
    numbers = {"seat": seats, "rank": rank, "age": np.arange(RESPONSES, dtype=float), "overall": overall}
    flags = {"seat low": (seats <= 2).astype(float), "seat high": (seats >= 5).astype(float), "overall": overall}
    for block, expected in zip(found.blocks, (numbers, flags), strict=True):
        same(block, hs.from_rows(expected, buckets=survey["bucket"], bucket_count=200))


def test_segments_and_filters_choose_by_the_outcome_s_own_signal(record: Record, survey: dict[str, np.ndarray]) -> None:
    columns = (rated("overall"), rated("seat"))
    question = ResponseProducts(NPS, columns, segment="attribute:plan", segments=("basic", "plus"))
    found = {one.segment: one for one in record.ask(question)}
    assert set(found) == {"basic", "plus", None}
    basic = np.arange(RESPONSES) % 3 == 0
    table = {name: survey[name][basic] for name in ("overall", "seat")}
    same(found["basic"].blocks[0], hs.from_rows(table, buckets=survey["bucket"][basic], bucket_count=200))
    narrowed = ResponseProducts(NPS, columns, where=parse("attribute:question = 'overall'"), until=date(2026, 3, 6))
    (few,) = record.ask(narrowed)
    assert few.responses == sum(1 for response in range(RESPONSES) if response % 20 <= 4)
    assert few.blocks[0].total().n[0, 1] > 0  # a filter on the outcome's signal leaves the other ratings in


def test_what_happened_to_the_subject_or_shortly_before_to_the_customer_is_a_flag(record: Record) -> None:
    def row(record_id: str, customer: str, day: int, **more: object) -> dict[str, object]:
        at = START + timedelta(days=day)
        return {"record_id": record_id, "customer_id": customer, "occurred_at": at, "local_date": at.date(), **more}

    late: dict[str, object] = {"kind": "event", "event": "late"}
    given: dict[str, object] = {"metric": "nps"}
    arrive(
        record,
        row("1", "a", 0, subject_id="o1", **late),
        row("2", "a", 40, subject_id="o1", score=1.0, **given),  # the same order, however long ago
        row("3", "a", 3, subject_id="o2", score=9.0, **given),  # another order of the same customer
        row("4", "b", 0, **late),
        row("5", "b", 30, score=2.0, **given),  # no subject, within the days
        row("6", "b", 31, score=8.0, **given),  # a day too late
        row("7", "c", 5, **late),
        row("8", "c", 4, score=10.0, **given),  # before it happened
    )
    columns = (
        Column("score", where=NPS, required=True),
        Column("late", "happened", parse("event = 'late'")),
        Column("high", "said", parse("score > 8.5")),
    )
    (found,) = record.ask(ResponseProducts(NPS, columns))
    total = found.blocks[0].total()
    scores = {"score": [1, 9, 2, 8, 10], "late": [1, 0, 1, 0, 0], "high": [0, 1, 0, 0, 1]}
    assert found.responses == 5
    assert np.allclose(total.covariances(), hs.from_rows(scores).covariances())


def test_the_ratings_of_the_outcome_s_responses_are_counted(record: Record, survey: dict[str, np.ndarray]) -> None:
    arrive(record, {"record_id": "x", "response_id": "alone", "metric": "ces", "score": 3.0})
    found = record.ask(RatingsTogether(NPS))
    assert found[0] == RatingCount("nps", "overall", RESPONSES)
    counted = {one.question: one.responses for one in found}
    assert counted == {name: int(np.isfinite(survey[name]).sum()) for name in NAMES}


def test_a_question_that_cannot_be_asked_is_refused() -> None:
    with pytest.raises(ValueError, match="different names"):
        ResponseProducts(NPS, (Column("a"), Column("a")))
    with pytest.raises(ValueError, match="no column 'b'"):
        ResponseProducts(NPS, (Column("a"),), (("b",),))
