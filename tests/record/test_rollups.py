"""A rollup gives the same answer as the rows, and never an old one."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from bench.record_data import FIRST_DAY, make
from headwater.record import Record, rollups
from headwater.record.filters import Filter, parse
from headwater.record.keys import signal_key
from headwater.record.questions import Flows, Known, Sums, SumsRow
from headwater.record.schema import ROLLUPS
from tests.record.samples import arrive, labels


def fill(record: Record, rows: int, *, first: int = 0, seed: int = 1) -> None:
    made = make(rows, seed=seed, first=first, customers=max(rows // 5, 3), days=70)
    with record.writing():
        plan = record.plan_signals(made.signals)
        record.commit_signals(plan)
    sources, ids = (made.signals[name].to_pylist() for name in ("source", "record_id"))
    keys = pa.array([signal_key(source, one) for source, one in zip(sources, ids, strict=True)])
    record.put_labels(made.labels.append_column("signal_key", keys).slice(rows // 10))
    record.refresh_rollups()


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Record]:
    record = Record(tmp_path_factory.mktemp("rollups") / "record")
    fill(record, 3000)
    yield record
    record.close()


def from_rows(record: Record, question: Sums) -> list[SumsRow]:
    """Distinct customers are in no rollup, so asking for them reads the rows."""
    return [replace(row, customers=None) for row in record.ask(replace(question, customers=True)).rows]


def table_read(record: Record, question: Sums | Flows) -> str:
    snapshots = record._store.snapshots(record._store.tables)
    query = question.query(rollups.known(record._store.tables, snapshots, {}))
    return ",".join(sorted({table.name for table in query.find_all(exp.Table)}))


def assert_equal(found: tuple[SumsRow, ...], expected: list[SumsRow]) -> None:
    assert [row.group for row in found] == [row.group for row in expected]
    for one, other in zip(found, expected, strict=True):
        assert (one.n, one.negative, one.scored, one.low, one.top) == (
            other.n,
            other.negative,
            other.scored,
            other.low,
            other.top,
        )
        np.testing.assert_allclose([one.score_sum, one.score_sumsq], [other.score_sum, other.score_sumsq], rtol=1e-12)


dimensions = st.lists(
    st.sampled_from(
        [
            "day",
            "week",
            "month",
            "bucket",
            "cause",
            "stage",
            "kind",
            "source",
            "channel",
            "language",
            "metric",
            "negative",
        ]
    ),
    unique=True,
    max_size=3,
).map(tuple)
wheres = st.sampled_from(
    [
        None,
        "stage = 'pay'",
        "not stage in ('pay', 'help')",
        "cause = 'cause_03'",
        "cause = 'cause_03' and kind != 'event'",
        "cause != 'cause_03'",
        "cause is null",
        "metric is null or channel like '%a%'",
        "negative and language = 'en'",
        "local_date > '2023-12-05'",
        "sentiment = 'negative'",
    ]
).map(lambda text: None if text is None else parse(text))
days = st.none() | st.sampled_from([date(2023, 11, 1), date(2023, 11, 30), date(2023, 12, 1), date(2023, 12, 15)])


@given(dimensions, wheres, days, days, st.sampled_from([None, "nps"]))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rollups_and_rows_give_the_same_sums(
    company: Record,
    by: tuple[str, ...],
    where: Filter | None,
    since: date | None,
    until: date | None,
    metric: str | None,
) -> None:
    question = Sums(by, where, since, until, metric)
    assert_equal(company.ask(question).rows, from_rows(company, question))


@pytest.mark.parametrize(
    ("question", "table"),
    [
        (Sums(("month", "stage"), metric="nps"), "rollup_buckets"),
        (Sums(("stage",), buckets=True), "rollup_buckets"),
        (Sums(("week", "channel"), parse("language = 'en'")), "rollup_days"),
        (Sums(("stage",), since=date(2023, 11, 2)), "rollup_days"),
        (Sums(("week", "cause")), "rollup_causes"),
        (Sums(("cause", "bucket"), parse("kind in ('survey', 'contact')")), "rollup_cause_buckets"),
        (Sums(("stage",), parse("cause = 'cause_01'")), "rollup_causes"),
        (Flows(), "rollup_causes"),
        (Sums(("cause",), parse("cause = 'cause_01'")), "labels,signals"),
        (Sums(("stage",), parse("negative")), "labels,signals"),
        (Sums(("stage",), customers=True), "customers,labels,signals"),
        (Sums(("bucket",), since=date(2023, 11, 2)), "labels,signals"),
        (Sums(("attribute:plan",)), "labels,signals"),
    ],
)
def test_questions_are_answered_from_the_smallest_table_that_can(company: Record, question: Sums, table: str) -> None:
    assert table_read(company, question) == table


def test_bucket_sums_fold_to_the_same_totals(company: Record) -> None:
    for plain, folded in zip(
        company.ask(Sums(("stage",))).rows, company.ask(Sums(("stage",), buckets=True)).rows, strict=True
    ):
        assert folded.buckets is not None
        assert (plain.n, plain.low) == (folded.n, folded.low) == (sum(folded.buckets.n), sum(folded.buckets.low))
        assert len(folded.buckets.n) <= 200
        assert plain.score_sum == pytest.approx(sum(folded.buckets.score_sum))


def test_flows_add_up_to_the_signals_of_each_cause(company: Record) -> None:
    flows = company.ask(Flows())
    for row in company.ask(Sums(("cause",))).rows:
        assert sum(flow.n for flow in flows if flow.cause == row.group["cause"]) == row.n
    contacts = company.ask(Sums(("cause",), parse("kind = 'contact'"))).rows
    assert sum(flow.n for flow in flows if flow.outcome == "contact") == sum(row.n for row in contacts)


def test_every_change_is_in_the_next_answer(record: Record) -> None:
    fill(record, 400)
    question = Sums(("month", "stage", "source"))
    fill(record, 50, first=1000)
    arrive(record, {"record_id": "new", "stage": "pay", "local_date": FIRST_DAY})
    arrive(record, {"record_id": "new", "stage": "use", "local_date": date(2024, 5, 1)})
    record.put_labels(labels({"signal_key": signal_key("relationship_survey", "3"), "stage": "renew"}))
    assert_equal(record.ask(question).rows, from_rows(record, question))
    record.refresh_rollups()
    assert table_read(record, question) == "rollup_days"
    again = replace(question, limit=question.limit - 1)
    assert_equal(record.ask(again).rows, from_rows(record, again))
    moved = record.ask(Sums(("month",), parse("source = 'app'"))).rows
    assert [(row.group, row.n) for row in moved] == [({"month": "2024-05-01"}, 1)]


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Record]:
    """A record whose rollups lag behind: signals arrived, were revised, moved to another day and labelled since."""
    record = Record(tmp_path_factory.mktemp("busy") / "record")
    fill(record, 3000)
    record._rollups._rested = float("inf")
    late = [{"record_id": f"l{number}", "local_date": date(2023, 11, 20), "stage": "pay"} for number in range(30)]
    arrive(record, *late)
    arrive(record, {"record_id": "l1", "stage": "use", "local_date": date(2023, 12, 6), "score_band": -1, "score": 1.0})
    keys = [signal_key("app", f"l{number}") for number in range(2, 9)]
    record.put_labels(labels(*({"signal_key": key, "stage": "help", "causes": ["cause_03"]} for key in keys)))
    yield record
    record.close()


@given(dimensions, wheres, days, days, st.sampled_from([None, "nps"]))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rollups_and_the_rows_since_give_the_same_sums_while_signals_arrive(
    busy: Record,
    by: tuple[str, ...],
    where: Filter | None,
    since: date | None,
    until: date | None,
    metric: str | None,
) -> None:
    question = Sums(by, where, since, until, metric)
    assert_equal(busy.ask(question).rows, from_rows(busy, question))


@pytest.mark.parametrize(
    "question", [Sums(("month", "stage")), Sums(("week", "channel")), Sums(("cause", "stage")), Flows()]
)
def test_the_page_reads_rollups_while_signals_arrive(busy: Record, question: Sums | Flows) -> None:
    read = table_read(busy, question)
    assert "rollup" in read
    assert "signals" in read


def test_days_that_changed_are_read_from_rows_and_the_others_from_the_rollup(record: Record) -> None:
    arrive(record, {"record_id": "1", "stage": "pay"})
    record._rollups._rested = float("inf")
    arrive(record, {"record_id": "2", "stage": "pay"})
    assert table_read(record, Sums(("stage",))) == "labels,rollup_buckets,signals"
    assert record.ask(Sums(("stage",))).rows[0].n == 2
    record.refresh_rollups()
    assert table_read(record, Sums(("stage",))) == "rollup_buckets"
    assert record.ask(Sums(("stage",))).rows[0].n == 2


def test_rollups_that_a_burst_left_behind_follow_when_they_may(record: Record) -> None:
    question = Sums(("stage",))
    record._rollups._rested = float("inf")
    arrive(record, {"record_id": "1", "stage": "pay"})
    record.follow_rollups()
    assert table_read(record, question) == "labels,signals"
    record._rollups._rested = 0.0
    record.follow_rollups()
    assert table_read(record, question) == "rollup_buckets"


def test_only_the_files_of_touched_days_are_written_again(record: Record) -> None:
    fill(record, 3000)
    before = {shape.name: record._store.tables[shape.name].snapshot() for shape in ROLLUPS}
    arrive(record, {"record_id": "late", "local_date": date(2024, 6, 1)})
    record.refresh_rollups()
    for name, snapshot in before.items():
        now = record._store.tables[name].snapshot()
        assert now.version == snapshot.version + 1
        assert set(snapshot.files) < set(now.files)


def test_a_rollup_is_left_alone_that_is_far_behind_or_knows_more_than_the_rows(record: Record) -> None:
    arrive(record, {"record_id": "1", "stage": "pay"})
    earlier = record._store.snapshots(record._store.tables)
    record._rollups._rested = float("inf")
    arrive(record, *({"record_id": f"d{day}", "local_date": date(2026, 1, 1 + day)} for day in range(31)))
    arrive(record, *({"record_id": f"e{day}", "local_date": date(2026, 5, 1 + day)} for day in range(31)))
    assert table_read(record, Sums(("stage",))) == "labels,signals"
    record.refresh_rollups()
    later = record._store.snapshots(record._store.tables)
    mixed = {**later, "signals": earlier["signals"], "labels": earlier["labels"]}
    assert not rollups.known(record._store.tables, mixed, {}).rollups
    assert rollups.known(record._store.tables, later, {}).rollups


def test_rollups_whose_versions_are_unknown_are_computed_anew(record: Record) -> None:
    fill(record, 200)
    table = record._store.tables["rollup_days"]
    table.commit(remove=table.snapshot().files, transactions={"signals": -7, "labels": -7})
    fresh = Record(record.root)
    fresh.refresh_rollups()
    question = Sums(("day", "channel"))
    assert table_read(fresh, question) == "rollup_days"
    assert_equal(fresh.ask(question).rows, from_rows(fresh, question))
    fresh.close()


def test_known_without_rollups_reads_rows() -> None:
    assert "rollup" not in Sums(("stage",)).query(Known()).sql()
