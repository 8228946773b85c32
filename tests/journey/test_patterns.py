"""A rule decided mark by mark, computed from a whole timeline and asked of the record: three ways to one answer."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.journey import patterns
from headwater.journey.patterns import HOUR, Mark, State, decide, next_deadline, occurrences, of_marks, taken
from headwater.record import Record
from headwater.record.filters import parse
from headwater.record.keys import complete
from headwater.record.questions.patterns import Pattern, PatternFirings, PatternMarks
from headwater.record.schema import SIGNALS

START = datetime(2024, 1, 1)
A, B = parse("event = 'a'"), parse("event = 'b'")
PATTERNS = {
    "first": Pattern("nth", A),
    "third": Pattern("nth", A, n=3),
    "third of an order": Pattern("nth", A, n=3, per="subject"),
    "two within 5 hours": Pattern("within", A, n=2, hours=5),
    "three within 10 hours": Pattern("within", A, n=3, hours=10),
    "not followed": Pattern("not_followed", A, B, hours=6),
    "not by the promise": Pattern("not_followed", A, B, promised="promised", per="subject"),
    "overlapping filters": Pattern("not_followed", A, parse("event in ('a', 'b')"), hours=3),
    "large": Pattern("threshold", A, value=50.0),
    "small": Pattern("threshold", A, at_least=False, value=20.0),
}
NOW_HOURS = 16


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Record]:
    opened = Record(Path(tmp_path_factory.mktemp("patterns")) / "record")
    yield opened
    opened.close()


signal = st.fixed_dictionaries(
    {
        "hour": st.integers(0, 20),
        "event": st.sampled_from(["a", "a", "b", "c"]),
        "customer_id": st.sampled_from(["c1", "c2", None]),
        "subject_id": st.sampled_from(["o1", "o2", None]),
        "amount": st.sampled_from([None, 10.0, 20.0, 50.0, 70.0]),
        "promised": st.one_of(st.none(), st.sampled_from(["soon", ""]), st.integers(0, 20)),
    }
)


def rows_of(timeline: list[dict[str, Any]]) -> pa.Table:
    rows = []
    for number, one in enumerate(timeline):
        at, promised = START + timedelta(hours=one["hour"]), one["promised"]
        said = (START + timedelta(hours=promised)).isoformat() if isinstance(promised, int) else promised
        rows.append(
            {"source": "s", "record_id": str(number), "kind": "event", "occurred_at": at, "received_at": at,
             "local_date": at.date(), "attributes": [("promised", said)] if said is not None else [],
             **{name: one[name] for name in ("event", "customer_id", "subject_id", "amount")}}
        )  # fmt: skip
    fields = [field for field in SIGNALS.schema if field.name not in ("signal_key", "content_hash", "customer_bucket")]
    return complete(pa.Table.from_pylist(rows, schema=pa.schema(fields)))


def micros(at: datetime) -> int:
    return int(at.replace(tzinfo=UTC).timestamp() * 1_000_000)


def marks_of(record: Record, rows: pa.Table, pattern: Pattern) -> dict[str, list[Mark]]:
    units: dict[str, list[Mark]] = {}
    for row in record.ask_about(rows, PatternMarks(pattern)):
        units.setdefault(row.unit, []).append(Mark(row.at, row.signal_key, row.is_first, row.deadline))
    return units


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(timeline=st.lists(signal, max_size=25), name=st.sampled_from(sorted(PATTERNS)), data=st.data())
def test_rules_decided_one_by_one_agree_with_the_record(
    record: Record, timeline: list[dict[str, Any]], name: str, data: st.DataObject
) -> None:
    pattern, rows = PATTERNS[name], rows_of(timeline)
    now = START + timedelta(hours=NOW_HOURS)
    asked = record.ask_about(rows, PatternFirings(pattern, now, limit=1000))
    expected = {(one.unit, one.signal_key, micros(one.at), micros(one.mark_at)) for one in asked.rows}
    assert asked.total == len(expected) == sum(week.n for week in asked.weeks)
    assert asked.units == len({unit for unit, *_ in expected})
    whole, stepwise = set(), set()
    for unit, marks in marks_of(record, rows, pattern).items():
        whole |= {(unit, one.signal_key, one.at, one.mark_at) for one in occurrences(pattern, marks, micros(now))}
        arrived = data.draw(st.permutations(marks + data.draw(st.lists(st.sampled_from(marks), max_size=3))))
        stepwise |= {(unit, one.signal_key, one.at, one.mark_at) for one in decided(pattern, arrived, micros(now))}
    assert whole == expected
    assert stepwise == expected


def decided(pattern: Pattern, arrived: list[Mark], now: int) -> set[patterns.Occurrence]:
    """What stands after all decisions; a withdrawal must be of something that stood, a firing of something new."""
    state, standing = State(), set[patterns.Occurrence]()
    for mark in arrived:
        decision = decide(pattern, state, mark.key, mark, now)
        assert set(decision.withdrawn) <= standing
        assert not standing & set(decision.fired)
        standing = (standing - set(decision.withdrawn)) | set(decision.fired)
        state = decision.state
    return standing


@pytest.mark.parametrize("name", ["third", "three within 10 hours", "large"])
def test_the_same_signal_again_changes_nothing_though_others_were_let_go(name: str) -> None:
    pattern = PATTERNS[name]
    marks = [Mark(hour * HOUR, key=hour) for hour in range(patterns.KEPT + 2)]
    state = of_marks(pattern, marks)
    for mark in state.marks:
        assert decide(pattern, state, mark.key, mark, 200 * HOUR) == patterns.Decision(state)


hours = st.integers(0, 200)
mark = st.tuples(hours, st.integers(0, 300), st.booleans())


@given(arrived=st.lists(mark, max_size=250), name=st.sampled_from(sorted(PATTERNS)))
def test_a_state_that_let_marks_go_never_tells_what_is_not_so(arrived: list[Any], name: str) -> None:
    """Revisions too: the same key again is the signal's new content."""
    pattern = PATTERNS[name]
    state, latest, now = State(), dict[int, Mark](), 150 * HOUR
    for hour, key, is_first in arrived:
        if pattern.second is None:
            is_first = True
        deadline = (hour + 6) * HOUR if is_first and pattern.kind == "not_followed" else None
        latest[key] = Mark(hour * HOUR, key, is_first, deadline)
        state = taken(pattern, state, key, latest[key])
    truth = occurrences(pattern, latest.values(), now)
    found = patterns.standing(pattern, state, now)
    assert set(found) <= set(truth)
    told = {one for one in truth if patterns.tells_of(pattern, state, one.mark_at)}
    assert set(found) == told
    assert patterns.standing(pattern, of_marks(pattern, latest.values()), now) == tuple(
        one for one in truth if patterns.tells_of(pattern, of_marks(pattern, latest.values()), one.mark_at)
    )


def test_a_late_contrary_event_withdraws() -> None:
    pattern = PATTERNS["not followed"]
    fired = decide(pattern, State(), 1, Mark(0, 1, True, 6 * HOUR), 7 * HOUR)
    assert [one.at for one in fired.fired] == [6 * HOUR]
    after = decide(pattern, fired.state, 2, Mark(5 * HOUR, 2, False), 8 * HOUR)
    assert after.withdrawn == fired.fired
    assert not after.fired


def test_what_follows_at_the_very_deadline_keeps_it() -> None:
    pattern = PATTERNS["not followed"]
    marks = [Mark(0, 1, True, 6 * HOUR), Mark(6 * HOUR, 2, False)]
    assert not occurrences(pattern, marks, 100 * HOUR)
    assert next_deadline(pattern, State((marks[0],)), 0) == 6 * HOUR
    assert next_deadline(pattern, State(tuple(marks)), 0) is None


def test_a_run_of_many_contacts_is_one_occurrence() -> None:
    pattern = Pattern("within", A, n=3, hours=10)
    marks = [Mark(hour * HOUR, hour) for hour in (0, 2, 4, 5, 6, 40, 41, 42)]
    assert [one.at // HOUR for one in occurrences(pattern, marks, 0)] == [4, 42]


def test_a_repeated_signal_counts_once() -> None:
    pattern, state = PATTERNS["third"], State()
    for key in (1, 1, 1, 2, 2):
        state = decide(pattern, state, key, Mark(key * HOUR, key), 0).state
    assert not patterns.standing(pattern, state, 0)


def test_a_revision_that_takes_a_counted_mark_back_asks_the_record() -> None:
    pattern, state = PATTERNS["third"], State()
    for key in range(1, 6):
        state = decide(pattern, state, key, Mark(key * HOUR, key), 0).state
    assert decide(pattern, state, 2, None, 0).state.stale
