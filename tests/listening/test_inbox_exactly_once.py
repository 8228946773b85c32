"""What is acknowledged reaches the record once, wherever a flush is cut off."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest
from django.db import transaction

from headwater.base.models import Company, Job
from headwater.listening import flusher, inbox, tasks
from headwater.listening.models import Import, ImportState, InboxBatch, Source
from headwater.metrics.store import company_record
from headwater.record import Record, maintenance
from headwater.record.keys import signal_key
from headwater.record.questions import SignalRows, Size


def some_signals(first: int, count: int) -> pa.Table:
    moment = datetime(2024, 1, 2, 3)
    rows = [
        {"source": "s", "record_id": str(n), "kind": "survey", "occurred_at": moment, "received_at": moment,
         "local_date": date(2024, 1, 2), "text": f"text {n}"}
        for n in range(first, first + count)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows)


def an_import() -> Import:
    source, _made = Source.objects.get_or_create(name="s")
    return Import.objects.create(source=source, file_name="f.csv", state=ImportState.RECEIVED)


def signals() -> int:
    return int(company_record().ask(Size()).signals)


def test_batches_reach_the_record_and_are_counted(ours: Company) -> None:
    first, second = an_import(), an_import()
    inbox.put(some_signals(0, 10), first)
    inbox.put(some_signals(5, 10), second)
    inbox.put(some_signals(100, 3))
    assert inbox.waiting() == 23
    assert inbox.flush() == 23
    for one in (first, second):
        one.refresh_from_db()
    assert (first.accepted, first.repeated, first.state) == (10, 0, ImportState.DONE)
    assert (second.accepted, second.repeated) == (5, 5)
    assert (signals(), InboxBatch.objects.count(), inbox.flush()) == (18, 0, 0)


class Killed(BaseException):
    """Stands for the process's end: nothing after it runs."""


def kill(*args: Any, **kwargs: Any) -> Any:
    raise Killed


@pytest.mark.parametrize(
    "where",
    ["before the plan", "before the commit", "after the commit", "before counting", "in the middle of claiming"],
)
def test_a_flush_cut_off_anywhere_loses_and_doubles_nothing(
    ours: Company, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    arrival = an_import()
    inbox.put(some_signals(0, 10), arrival)
    inbox.put(some_signals(0, 12), arrival)
    with monkeypatch.context() as broken:
        if where == "before the plan":
            broken.setattr(Record, "plan_signals", kill)
        elif where == "before the commit":
            broken.setattr(Record, "commit_signals", kill)
        elif where == "after the commit":
            commit = Record.commit_signals

            def then_die(self: Record, *args: Any, **kwargs: Any) -> Any:
                commit(self, *args, **kwargs)
                raise Killed

            broken.setattr(Record, "commit_signals", then_die)
        elif where == "before counting":
            broken.setattr(inbox, "_count_and_delete", kill)
        else:
            broken.setattr(InboxBatch.objects, "filter", kill)
        with pytest.raises(Killed):
            inbox.flush()
    inbox.flush()
    arrival.refresh_from_db()
    assert (signals(), arrival.accepted, arrival.repeated, InboxBatch.objects.count()) == (12, 12, 10, 0)
    assert arrival.state == ImportState.DONE


def test_a_batch_that_was_never_committed_to_the_database_is_not_acknowledged(ours: Company) -> None:
    def put_and_die() -> None:
        with transaction.atomic():
            inbox.put(some_signals(0, 10))
            raise Killed

    with pytest.raises(Killed):
        put_and_die()
    assert inbox.flush() == 0


def test_what_programs_send_is_moved_in_few_statements(
    ours: Company, django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    """Whoever sends the next signal waits while a flush writes, so it must not write once for each that came before."""
    for number in range(40):
        inbox.put(some_signals(number, 1))
    with django_assert_max_num_queries(20):
        assert inbox.flush() == 40
    assert signals() == 40


def test_columns_that_nobody_fills_are_not_kept(ours: Company) -> None:
    some = some_signals(0, 2).append_column("event", pa.nulls(2, pa.string()))
    other = some_signals(2, 1).append_column("event", pa.array(["delivery_late"]))
    assert "event" not in inbox.unpack(inbox.pack(some)).column_names
    for batch in (some, other):
        inbox.put(batch)
    inbox.flush()
    rows = company_record().ask(SignalRows(tuple(signal_key("s", str(n)) for n in range(3))))
    assert sorted((row.record_id, row.event) for row in rows) == [("0", None), ("1", None), ("2", "delivery_late")]


def test_many_batches_are_moved_in_several_commits(ours: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "ROWS_A_COMMIT", 15)
    for start in range(0, 50, 10):
        inbox.put(some_signals(start, 10))
    assert inbox.flush() == 50
    assert company_record().transaction("inbox") == 4


def test_the_flusher_asks_for_compacting_once_when_small_files_gather(
    ours: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "SCATTERED", 2)
    for number in range(3):
        inbox.put(some_signals(number, 1))
        assert flusher.one_turn()
    assert flusher.one_turn()
    assert Job.objects.filter(name=flusher.COMPACT).count() == 1
    tasks.compact_record(None, {})
    assert not company_record().is_scattered()


def test_rollups_follow_when_nothing_waits(ours: Company) -> None:
    record = company_record()
    record._rollups._rested = float("inf")
    inbox.put(some_signals(0, 3))
    assert flusher.one_turn()
    record._rollups._rested = 0.0
    assert record._rollups.are_due()
    assert flusher.one_turn()
    assert not record._rollups.are_due()
