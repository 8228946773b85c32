"""Answers are written together: whoever comes while one transaction is under way shares the next.

One answer alone would pay for a run of the pipeline, a turn at the database and a sync to the disk. Under load these
are paid once for all that wait. Each is acknowledged when the transaction that holds it is on the disk, never before.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Final, Literal

import pyarrow as pa
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from headwater.base.company import company
from headwater.base.refusals import Refused
from headwater.listening import direct, inbox
from headwater.listening.connections import hooks
from headwater.listening.importing import is_disk_full
from headwater.listening.personal import redacting
from headwater.listening.pipeline import Run
from headwater.listening.pipeline.steps import ORIGINAL

MOST_AT_ONCE: Final = 200
COMPLETED: Final = "survey.completed"
Fate = Literal["inbox", "held", "nothing"]

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Write:
    """One visitor's change. ``apply`` makes it, in the transaction, and says what becomes of its signals: they go to
    the inbox, it has kept them itself, or it changed nothing. It is given the signals, packed by `inbox.pack`, where
    ``keeps`` says that it wants them. It may be called again when a transaction failed because of another.

    ``received_at`` stands for the time of arrival where none finer may be kept.
    """

    apply: Callable[[bytes | None], Fate]
    rows: Sequence[direct.SignalIn] = ()
    source: str = ""
    received_at: datetime | None = None
    keeps: bool = False
    event: dict[str, Any] | None = None
    done: bool = False
    error: BaseException | None = None
    signals: pa.Table | None = field(default=None, repr=False)


class Writer:
    """Takes what waits, in the order of arrival, and writes it in one transaction."""

    def __init__(self) -> None:
        self._waiting: deque[Write] = deque()
        self._turn = Lock()

    def write(self, change: Write) -> None:
        """Return when the change is durable; raises what its own part raised."""
        self._waiting.append(change)
        with self._turn:
            if not change.done:
                self._write_all(change)
        if change.error is not None:
            raise change.error

    def _write_all(self, mine: Write) -> None:
        while not mine.done:
            batch = [self._waiting.popleft() for _place in range(min(len(self._waiting), MOST_AT_ONCE))]
            try:
                _commit(batch)
            except Exception as error:  # whatever it was, each is tried alone: nobody fails because of another
                if len(batch) == 1:
                    batch[0].error = error
                else:
                    _one_by_one(batch)
            for change in batch:
                change.done = True


def _one_by_one(batch: Sequence[Write]) -> None:
    for change in batch:
        try:
            _commit([change])
        except Exception as error:
            change.error = error


def _commit(batch: Sequence[Write]) -> None:
    """The pipeline over all signals first, outside of the transaction, then everything at once."""
    redacted = _through_pipeline(batch)
    try:
        with inbox.turn(), transaction.atomic():
            sent = [change for change in batch if _applied(change) == "inbox" and change.signals is not None]
            if sent:
                inbox.put(pa.concat_tables([change.signals for change in sent], promote_options="permissive"))
                _tell(sent)
            for source, counts in redacted.items():
                redacting.note(counts, source)
    except (OSError, DatabaseError) as error:
        if not is_disk_full(error):
            raise
        raise Refused("disk_full", _("The disk is full; the answer was not taken."), status=429) from error


def _tell(sent: Sequence[Write]) -> None:
    """Other systems hear of complete answers, in the same transaction."""
    events = [change.event for change in sent if change.event]
    if events and hooks.is_wanted(COMPLETED):
        for event in events:
            hooks.emit(COMPLETED, event)


def _applied(change: Write) -> Fate:
    if not change.keeps or change.signals is None:
        return change.apply(None)
    kept = [name for name in change.signals.column_names if name != ORIGINAL]  # no vault for those who are not known
    return change.apply(inbox.pack(change.signals.select(kept)))


def _through_pipeline(batch: Sequence[Write]) -> dict[str, Counter[str]]:
    """Make the signals of all changes; returns what was taken out of their words, by source."""
    redacted: dict[str, Counter[str]] = defaultdict(Counter)
    alike: dict[tuple[str, datetime | None], list[Write]] = defaultdict(list)
    for change in batch:
        if change.rows and change.signals is None:
            alike[change.source, change.received_at].append(change)
    ours = company() if alike else None
    zone = ours.time_zone if ours else "UTC"
    for (source, received_at), changes in alike.items():
        numbered = [(place, row) for place, row in enumerate(row for change in changes for row in change.rows)]
        tally = Run()
        signals, refused = direct.through_pipeline(numbered, source, received_at or datetime.now(UTC), zone, tally)
        redacted[source] += tally.redacted
        if refused or signals is None:
            codes = sorted({one.code for one in refused})
            raise RuntimeError(f"answers that were checked do not pass the pipeline: {codes}")
        _hand_out(signals, changes)
    return redacted


def _hand_out(signals: pa.Table, changes: Sequence[Write]) -> None:
    """Give each change its own rows. The pipeline groups rows alike, so that they come in another order."""
    ordered = signals.sort_by("row") if len(changes) > 1 else signals
    ordered = ordered.drop_columns(["row"])
    start = 0
    for change in changes:
        change.signals = ordered.slice(start, len(change.rows))
        start += len(change.rows)


_writer: Any = Writer()


def write(change: Write) -> None:
    """Write a change together with whatever else waits in this process; returns when it is durable."""
    _writer.write(change)
