"""Answers are written together: whoever comes while one transaction is under way shares the next.

One answer alone would pay for a turn at the database and a sync to the disk. Under load these are paid once for all
that wait. Each is acknowledged when the transaction that holds it is on the disk, never before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from headwater.base.refusals import Refused
from headwater.listening import inbox
from headwater.listening.importing import is_disk_full

MOST_AT_ONCE: Final = 200


@dataclass(slots=True)
class _Change:
    """One visitor's change. It may be made again when a transaction failed because of another."""

    apply: Callable[[], None]
    done: bool = False
    error: BaseException | None = None


class Writer:
    """Takes what waits, in the order of arrival, and writes it in one transaction."""

    def __init__(self) -> None:
        self._waiting: deque[_Change] = deque()
        self._turn = Lock()

    def write(self, apply: Callable[[], None]) -> None:
        """Return when the change is durable; raises what its own part raised."""
        change = _Change(apply)
        self._waiting.append(change)
        with self._turn:
            if not change.done:
                self._write_all(change)
        if change.error is not None:
            raise change.error

    def _write_all(self, mine: _Change) -> None:
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


def _one_by_one(batch: Sequence[_Change]) -> None:
    for change in batch:
        try:
            _commit([change])
        except Exception as error:
            change.error = error


def _commit(batch: Sequence[_Change]) -> None:
    try:
        with inbox.turn(), transaction.atomic():
            for change in batch:
                change.apply()
    except (OSError, DatabaseError) as error:
        if not is_disk_full(error):
            raise
        raise Refused("disk_full", _("The disk is full; the answer was not taken."), status=429) from error


_writer = Writer()


def write(apply: Callable[[], None]) -> None:
    """Make a change in one transaction with whatever else waits in this process; returns when it is durable."""
    _writer.write(apply)
