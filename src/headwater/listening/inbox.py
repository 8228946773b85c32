"""The inbox: signals are acknowledged when they are here, and move on to the record exactly once.

A batch is claimed for the record's next transaction and the outcome of its plan is saved with it, then the record
commits, then the batch is deleted and its outcome counted. After a kill anywhere in between, the record's own
transaction number tells whether a claimed batch is in it: then only the counting is left; else it is planned anew.
"""

import fcntl
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pyarrow as pa
from django.db import connection, transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.module_loading import import_string

from headwater.base.paths import home
from headwater.journey import watching
from headwater.listening.connections import hooks
from headwater.listening.models import Import, ImportState, InboxBatch
from headwater.listening.personal import vault
from headwater.metrics.store import company_record
from headwater.record import Record
from headwater.record.arrivals import Outcome

APPLICATION = "inbox"
ROWS_A_COMMIT = 250_000
COMPRESSED_FROM = 1 << 15
"""Bytes; below, compressing costs more time than it saves."""
FEEDS = ("headwater.listening.surveys.due.make_signals",)
"""What puts into the inbox, at the beginning of each flush, what was acknowledged elsewhere."""
COUNTS = ("accepted", "repeated", "revised")

logger = logging.getLogger(__name__)


@contextmanager
def turn() -> Iterator[None]:
    """Write to the inbox in turn, where the database has one writer at a time.

    SQLite lets those who wait sleep, longer each time, and whoever comes by first is next; a lock of the system wakes
    them in order. In front of the transaction, never within one.
    """
    if connection.vendor != "sqlite":
        yield
        return
    with (home() / "inbox.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def put(signals: pa.Table, arrival: Import | None = None) -> InboxBatch:
    """Keep signals durably, in the current transaction; words before redaction go to the vault, where it is on."""
    signals = vault.keep(signals)
    return InboxBatch.objects.create(arrival=arrival, rows=len(signals), signals=pack(signals))


def pack(signals: pa.Table) -> bytes:
    """Signals as a stream of Arrow's, without the columns that none of them fills; large ones compressed."""
    filled = signals.select([name for name in signals.column_names if signals[name].null_count < len(signals)])
    filled = filled.combine_chunks()  # each chunk would be a message of its own, with every column in it
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd" if filled.nbytes > COMPRESSED_FROM else None)
    with pa.ipc.new_stream(sink, filled.schema, options=options) as stream:
        stream.write_table(filled)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


def unpack(packed: bytes | memoryview) -> pa.Table:
    return pa.ipc.open_stream(pa.py_buffer(packed)).read_all()


def waiting() -> int:
    """How many rows are acknowledged and not yet in the record."""
    rows: int | None = InboxBatch.objects.aggregate(rows=Sum("rows"))["rows"]
    return rows or 0


def flush() -> int:
    """Move everything that waits into the record; returns how many rows were moved. Any number may run at once.

    Before, whoever keeps what is acknowledged elsewhere puts it into the inbox (`FEEDS`).
    """
    for feed in FEEDS:
        import_string(feed)()
    moved = 0
    if not InboxBatch.objects.exists():
        return moved
    record = company_record()
    while True:
        with record.writing():
            _settle(record)
            rows = _move_some(record)
        if not rows:
            return moved
        moved += rows


def _settle(record: Record) -> None:
    """Count and delete what the record has, and let go of what it has not: a flush was cut off. Under the lock."""
    claimed = InboxBatch.objects.filter(transaction__isnull=False)
    if not claimed.exists():
        return
    done = record.transaction(APPLICATION)
    settled = claimed.filter(transaction__lte=done)
    _count_and_delete(settled.defer("signals"), lambda: watching.unplanned(_together(list(settled.order_by("pk")))))
    claimed.update(transaction=None, outcome=None)


def _move_some(record: Record) -> int:
    batches = _next_batches()
    if not batches:
        return 0
    number = record.transaction(APPLICATION) + 1
    plan = record.plan_signals(_together(batches))
    with turn(), transaction.atomic():
        InboxBatch.objects.filter(pk__in=[batch.pk for batch in batches]).update(transaction=number)
        for batch in batches:
            if batch.arrival_id is not None:  # what programs send is counted nowhere but in the record
                outcome = plan.outcomes.get(batch.pk, Outcome())
                batch.outcome = {name: getattr(outcome, name) for name in COUNTS}
                InboxBatch.objects.filter(pk=batch.pk).update(outcome=batch.outcome)
    record.commit_signals(plan, transaction=(APPLICATION, number))
    _count_and_delete(batches, lambda: plan.rows)
    return sum(batch.rows for batch in batches)


def _next_batches() -> list[InboxBatch]:
    """The oldest batches, together at most ROWS_A_COMMIT rows, at least one."""
    sizes = InboxBatch.objects.order_by("pk").values_list("pk", "rows")[:1000]
    chosen: list[int] = []
    rows = 0
    for pk, size in sizes:
        if chosen and rows + size > ROWS_A_COMMIT:
            break
        chosen.append(pk)
        rows += size
    return list(InboxBatch.objects.filter(pk__in=chosen).order_by("pk"))


def _together(batches: list[InboxBatch]) -> pa.Table:
    """All rows, in the order of arrival, each with the number of its batch."""
    tables = []
    for batch in batches:
        rows = unpack(batch.signals)
        tables.append(rows.append_column("origin", pa.repeat(pa.scalar(batch.pk, pa.int64()), len(rows))))
    return pa.concat_tables(tables, promote_options="permissive")


def _count_and_delete(batches: Iterable[InboxBatch], rows: Callable[[], pa.Table]) -> None:
    """Add the saved outcomes to their imports, end the imports that have nothing left, delete the batches: at once,
    and in few statements, for whoever sends signals waits meanwhile."""
    of_imports = [(batch.arrival_id, batch) for batch in batches if batch.arrival_id is not None]
    others = [batch.pk for batch in batches if batch.arrival_id is None]
    with turn(), transaction.atomic():
        watching.arrived(rows)
        if hooks.is_wanted("signals.received"):
            hooks.signals_received(rows())
        InboxBatch.objects.filter(pk__in=others).delete()
        for arrival_id, batch in of_imports:
            deleted, _ = InboxBatch.objects.filter(pk=batch.pk).delete()
            if deleted:
                outcome = batch.outcome or {}
                Import.objects.filter(pk=arrival_id).update(**{name: F(name) + outcome.get(name, 0) for name in COUNTS})
        for pk in {arrival_id for arrival_id, _batch in of_imports}:
            finish_if_empty(pk)


def finish_if_empty(pk: int) -> None:
    """An import whose file is read is done when nothing of it waits in the inbox. In the current transaction."""
    if not InboxBatch.objects.filter(arrival_id=pk).exists():
        Import.objects.filter(pk=pk, state=ImportState.RECEIVED).update(
            state=ImportState.DONE, finished_at=timezone.now()
        )
