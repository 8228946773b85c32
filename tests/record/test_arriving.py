"""Marks read from the columns of arriving signals are those that the engine finds."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.record import Record
from headwater.record.filters import parse
from headwater.record.keys import complete
from headwater.record.matching import Batch, Undecided
from headwater.record.questions.arriving import Arriving
from headwater.record.questions.patterns import Pattern, PatternMarks
from headwater.record.schema import SIGNALS

START = datetime(2024, 1, 30, 22)
FILTERS = (
    "event = 'a'",
    "event != 'a'",
    "event in ('a', 'b')",
    "event not in ('a', 'b')",
    "not (event = 'a' and score > 2)",
    "event is null or channel is not null",
    "score >= 2.5",
    "score between 1 and 3",
    "not score between 1 and 3",
    "score_band = -1",
    "text like '%50\\%%'",
    "text like 'ä_c%'",
    "text not like '%late%'",
    "channel > 'email'",
    "local_date >= '2024-01-31'",
    "occurred_at < '2024-01-31 02:30:00'",
    "attribute:plan = 'plus'",
    "attribute:plan != 'plus'",
    "attribute:items >= 3",
    "attribute:items in (1, 2)",
    "attribute:items is null",
    "attribute:\"no such\" = 'x'",
    "kind = 'event' and (event = 'a' or not (channel = 'web'))",
)
words = st.sampled_from([None, "", "ä1c later", "50% off", "äbc", "very\nlate", "where is it"])
signal = st.fixed_dictionaries(
    {
        "hour": st.integers(0, 9),
        "event": st.sampled_from([None, "a", "b", "c"]),
        "channel": st.sampled_from([None, "email", "web", "app"]),
        "score": st.sampled_from([None, 0.0, 1.0, 2.5, 3.0, 5.0]),
        "score_band": st.sampled_from([None, -1, 0, 1]),
        "text": words,
        "customer_id": st.sampled_from([None, "c1", "c2", "c3"]),
        "subject_id": st.sampled_from([None, "o1", "o2"]),
        "amount": st.sampled_from([None, 10.0, 20.0]),
        "revision": st.sampled_from([1, 1, 2]),
    }
)
values = st.sampled_from(
    [None, "plus", "basic", "3", "-2.50", " 4", "4e0", "1_0", "north", "inf", "", "0x1", ".5", "+1"]
)
times = st.sampled_from(
    [None, "", "soon", "2024-01-31", "2024-01-31 02:00:00", "2024-01-31T02:00:00.5", "2024-02-30 00:00:00", "24:00",
     "2024-01-31 24:00:00", "2024-01-31 02:00", "2024-01-31T09:00:00Z", "2024-01-31 09:00:00+01:00", "0001-01-01",
     "infinity", "epoch", "2024-1-31", " 2024-01-31"]
)  # fmt: skip


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Record]:
    opened = Record(Path(tmp_path_factory.mktemp("arriving")) / "record")
    opened.merge_customers("c3", into="c1")
    yield opened
    opened.close()


def rows_of(signals: list[dict[str, Any]], attributes: list[dict[str, str | None]]) -> pa.Table:
    rows = []
    for number, (one, named) in enumerate(zip(signals, attributes, strict=True)):
        at = START + timedelta(hours=one["hour"])
        more = {name: value for name, value in one.items() if name != "hour"}
        pairs = [(name, value) for name, value in named.items() if value is not None]
        rows.append(
            {"source": "s", "record_id": str(number), "kind": "event", "occurred_at": at, "received_at": at,
             "local_date": at.date(), "attributes": pairs, **more}
        )  # fmt: skip
    fields = [field for field in SIGNALS.schema if field.name not in ("signal_key", "content_hash", "customer_bucket")]
    return complete(pa.Table.from_pylist(rows, schema=pa.schema(fields)))


patterns = st.one_of(
    st.builds(
        lambda first, n, per: Pattern("within", parse(first), n=n, hours=5, per=per),
        st.sampled_from(FILTERS), st.integers(2, 3), st.sampled_from(["customer", "subject"]),
    ),
    st.builds(
        lambda first, second, promised: Pattern(
            "not_followed", parse(first), parse(second), hours=0 if promised else 3, promised=promised
        ),
        st.sampled_from(FILTERS), st.sampled_from(FILTERS), st.sampled_from(["", "promised"]),
    ),
    st.builds(
        lambda first, measured, at_least: Pattern(
            "threshold", parse(first), measured=measured, at_least=at_least, value=2.5
        ),
        st.sampled_from(FILTERS), st.sampled_from(["score", "amount"]), st.booleans(),
    ),
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=120, deadline=None)
@given(
    signals=st.lists(signal, min_size=1, max_size=8), asked=st.lists(patterns, min_size=1, max_size=4), data=st.data()
)
def test_marks_read_from_the_columns_are_those_of_the_engine(
    record: Record, signals: list[dict[str, Any]], asked: list[Pattern], data: st.DataObject
) -> None:
    named = st.fixed_dictionaries({"plan": values, "items": values, "promised": times})
    rows = rows_of(signals, [data.draw(named) for _one in signals])
    marks = record.marks(rows)
    for pattern in asked:
        assert marks(pattern) == record.ask_about(rows, PatternMarks(pattern, revised=True)), pattern


def test_what_a_rule_usually_says_is_read_without_the_engine() -> None:
    signals = [{"hour": 1, "event": "a", "customer_id": "c1", "revision": 1, "score": 1.0}]
    rows = rows_of(signals, [{"plan": "plus", "items": "3", "promised": "2024-01-31 02:00:00"}])
    read = Arriving(rows, {"c1": "main"})
    where = parse("kind = 'event' and attribute:plan = 'plus' and attribute:items >= 3 and text is null")
    found = read.marks(Pattern("not_followed", where, parse("event = 'b'"), promised="promised"))
    assert [(one.unit, one.is_first, one.deadline is not None) for one in found] == [("main", True, True)]
    assert read.marks(Pattern("threshold", where, measured="score", at_least=False, value=1.0))
    assert not read.marks(Pattern("threshold", where, measured="score", at_least=False, value=0.5))


@pytest.mark.parametrize("where", ["negative", "event:outage", "stage = 'pay'", "cause = 'x'", "moment is null"])
def test_what_labels_or_other_signals_decide_is_left_to_the_engine(where: str) -> None:
    rows = rows_of([{"hour": 1, "event": "a", "revision": 1}], [{}])
    with pytest.raises(Undecided):
        Batch(rows).matches(parse(where))
