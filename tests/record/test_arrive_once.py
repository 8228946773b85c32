"""A signal counts once, however often and in whatever order it arrives."""

import threading
from datetime import date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.record import Outcome, Record, ReplayedTransaction, StalePlan
from headwater.record.arrivals import NEW, REPEATED, REVISED, Stored, judge
from tests.record.samples import array, arrive, batch, rows_of


def test_new_signals_are_in_the_record_with_every_column(record: Record) -> None:
    assert arrive(record, {"record_id": "1", "text": "late", "attributes": {"plan": "gold"}}) == Outcome(accepted=1)
    (row,) = rows_of(record)
    assert row["text"] == "late"
    assert dict(row["attributes"]) == {"plan": "gold"}
    assert row["revision"] == 1
    assert 0 <= row["customer_bucket"] < 200


def test_the_same_row_again_is_a_repeat(record: Record) -> None:
    arrive(record, {"record_id": "1", "text": "late"})
    assert arrive(record, {"record_id": "1", "text": "late"}) == Outcome(repeated=1)
    assert len(rows_of(record)) == 1


def test_the_same_row_received_later_is_still_a_repeat(record: Record) -> None:
    arrive(record, {"record_id": "1", "received_at": datetime(2026, 1, 1)})
    assert arrive(record, {"record_id": "1", "received_at": datetime(2026, 2, 2)}) == Outcome(repeated=1)


def test_new_content_under_a_known_id_replaces(record: Record) -> None:
    arrive(record, {"record_id": "1", "text": "late"}, {"record_id": "2", "text": "fine"})
    assert arrive(record, {"record_id": "1", "text": "late, and broken"}) == Outcome(revised=1)
    rows = {row["record_id"]: row for row in rows_of(record)}
    assert rows["1"]["text"] == "late, and broken"
    assert rows["1"]["revision"] == 2
    assert rows["2"]["text"] == "fine"


def test_a_batch_is_judged_in_its_own_order(record: Record) -> None:
    texts = ["a", "a", "b", "b", "a"]
    outcome = arrive(record, *({"record_id": "1", "text": text} for text in texts))
    assert outcome == Outcome(accepted=1, repeated=2, revised=2)
    (row,) = rows_of(record)
    assert (row["text"], row["revision"]) == ("a", 3)


def test_a_file_that_says_an_id_twice_is_all_repeats_the_second_time(record: Record) -> None:
    rows = [{"record_id": "1", "text": text} for text in ("first", "second", "first", "last")]
    assert arrive(record, *rows) == Outcome(accepted=1, revised=3)
    assert arrive(record, *rows) == Outcome(repeated=4)
    (row,) = rows_of(record)
    assert (row["text"], row["revision"]) == ("last", 4)


def test_outcomes_are_counted_by_origin(record: Record) -> None:
    with record.writing():
        plan = record.plan_signals(
            batch({"record_id": "1", "origin": 7}, {"record_id": "1", "origin": 8}, {"record_id": "2", "origin": 8})
        )
    assert plan.outcomes == {7: Outcome(accepted=1), 8: Outcome(accepted=1, repeated=1)}


def test_the_same_id_from_another_source_is_another_signal(record: Record) -> None:
    arrive(record, {"record_id": "1", "source": "app"})
    assert arrive(record, {"record_id": "1", "source": "web"}) == Outcome(accepted=1)


def test_order_of_attributes_is_no_new_content(record: Record) -> None:
    arrive(record, {"record_id": "1", "attributes": {"a": "1", "b": "2"}})
    assert arrive(record, {"record_id": "1", "attributes": {"b": "2", "a": "1"}}) == Outcome(repeated=1)


def test_a_transaction_is_committed_with_its_rows_and_once(record: Record) -> None:
    assert record.transaction("inbox") == -1
    arrive(record, {"record_id": "1"}, transaction=4)
    assert record.transaction("inbox") == 4
    with pytest.raises(ReplayedTransaction, match="not after 4"):
        arrive(record, {"record_id": "2"}, transaction=4)
    assert len(rows_of(record)) == 1


def test_a_transaction_is_committed_when_all_rows_repeat(record: Record) -> None:
    arrive(record, {"record_id": "1"}, transaction=1)
    assert arrive(record, {"record_id": "1"}, transaction=2) == Outcome(repeated=1)
    assert record.transaction("inbox") == 2


def test_rows_and_transaction_are_there_after_opening_again(record: Record) -> None:
    arrive(record, {"record_id": "1"}, transaction=1)
    other = Record(record.root)
    assert other.transaction("inbox") == 1
    assert len(rows_of(other)) == 1
    assert arrive(other, {"record_id": "1"}) == Outcome(repeated=1)
    other.close()


def test_a_plan_older_than_the_record_is_refused(record: Record) -> None:
    plan = record.plan_signals(batch({"record_id": "1"}))
    arrive(record, {"record_id": "1"})
    with pytest.raises(StalePlan):
        record.commit_signals(plan)


def test_a_row_without_a_key_is_refused(record: Record) -> None:
    with pytest.raises(ValueError, match="no key"):
        record.plan_signals(batch({"record_id": None}))


def test_a_revision_is_one_commit(record: Record) -> None:
    arrive(record, {"record_id": "1", "text": "a"})
    before = record.versions().signals
    arrive(record, {"record_id": "1", "text": "b"}, {"record_id": "2", "text": "c"})
    assert record.versions().signals == before + 1


def test_no_personal_data_reaches_the_log(record: Record) -> None:
    arrive(record, {"record_id": "id-7731", "text": "my secret words", "customer_id": "customer-4711"})
    log = "".join(path.read_text() for path in (record.root / "signals" / "_delta_log").glob("*.json"))
    for secret in ("id-7731", "secret words", "customer-4711"):
        assert secret not in log


def test_two_threads_that_send_the_same_rows_count_them_once(record: Record) -> None:
    rows = [{"record_id": str(number)} for number in range(20)]
    found: list[Outcome] = []
    threads = [threading.Thread(target=lambda: found.append(arrive(record, *rows))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(outcome.accepted for outcome in found) == 20
    assert sum(outcome.repeated for outcome in found) == 60
    assert len(rows_of(record)) == 20


def test_the_lock_is_re_entrant(record: Record) -> None:
    with record.writing(), record.writing():
        arrive(record, {"record_id": "1"})
    other = Record(record.root)
    with record.writing(), other.writing():
        arrive(other, {"record_id": "2"})
    other.close()
    assert len(rows_of(record)) == 2


def test_dates_from_year_0_to_9999_survive(record: Record) -> None:
    days = [date(1, 1, 1), date(1970, 1, 1), date(9999, 12, 31)]
    arrive(record, *({"record_id": str(day), "local_date": day} for day in days))
    assert sorted(row["local_date"] for row in rows_of(record)) == days


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=30),
    st.dictionaries(st.integers(0, 4), st.tuples(st.integers(0, 2), st.integers(1, 5))),
)
def test_judging_a_batch_equals_applying_row_after_row(
    rows: list[tuple[int, int]], known: dict[int, tuple[int, int]]
) -> None:
    state, verdicts, written = dict(known), [], {}
    last = dict(rows)
    for place, (key, content) in enumerate(rows):
        if key in known and known[key][0] == last[key]:  # in the end nothing changes
            verdicts.append(REPEATED)
            continue
        if key not in state:
            verdicts.append(NEW)
            state[key] = (content, 1)
        elif state[key][0] == content:
            verdicts.append(REPEATED)
            continue
        else:
            verdicts.append(REVISED)
            state[key] = (content, state[key][1] + 1)
        written[key] = place
    stored = Stored(array(known), array(one[0] for one in known.values()), array(one[1] for one in known.values()))
    judged = judge(array(key for key, _ in rows), array(content for _, content in rows), stored)
    assert judged.verdicts.tolist() == verdicts
    assert {rows[place][0]: place for place in judged.kept.tolist()} == written
    assert {
        rows[place][0]: revision
        for place, revision in zip(judged.kept.tolist(), judged.revisions.tolist(), strict=True)
    } == {key: state[key][1] for key in written}


def test_an_empty_batch_is_fine(record: Record) -> None:
    empty = batch({"record_id": "1"}).slice(0, 0)
    with record.writing():
        plan = record.plan_signals(empty)
        record.commit_signals(plan, transaction=("inbox", 1))
    assert plan.outcomes == {}
    assert isinstance(plan.rows, pa.Table)
    assert record.transaction("inbox") == 1
