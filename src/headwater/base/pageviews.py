"""The page-view log: kept in memory for a few seconds and written in batches, so that reading costs no writing.

A view is a hint for the decision test of measures, not a promise: those of the last seconds before a kill are lost,
and past :data:`KEPT` unwritten ones the oldest give way.
"""

from __future__ import annotations

import atexit
import logging
from collections import deque
from contextlib import suppress
from threading import Lock
from time import monotonic
from typing import Final

from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.utils import timezone

from headwater.base.models import PageView

KEPT: Final = 10_000
WRITE_EVERY_SECONDS: Final = 10.0
BUSY_MILLISECONDS: Final = 50

_waiting: deque[PageView] = deque(maxlen=KEPT)
_lock = Lock()
_last_write = monotonic()

logger = logging.getLogger(__name__)


def note(person_id: int, route: str) -> None:
    """Note that a person opened the page with this path pattern, now; sometimes writes what is waiting."""
    _waiting.append(PageView(person_id=person_id, route=route[:200], at=timezone.now()))
    if monotonic() - _last_write > WRITE_EVERY_SECONDS:
        write()


def write() -> int:
    """Write what is waiting and return how many views that was; 0 when the database is busy, to be tried again."""
    global _last_write
    if not _lock.acquire(blocking=False):
        return 0
    try:
        _last_write = monotonic()
        batch = [_waiting.popleft() for _ in range(len(_waiting))]
        if not batch:
            return 0
        try:
            _insert(batch)
        except DatabaseError:
            logger.debug("page views wait: the database is busy")
            _waiting.extendleft(reversed(batch))
            return 0
        return len(batch)
    finally:
        _lock.release()


def _insert(batch: list[PageView]) -> None:
    """Insert without waiting long for another writer: a reader's page must not hang on its own log."""
    impatient = connection.vendor == "sqlite" and not connection.in_atomic_block
    try:
        if impatient:
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
        with transaction.atomic():
            PageView.objects.bulk_create(batch)
    finally:
        if impatient:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA busy_timeout=20000")


@atexit.register
def _write_at_exit() -> None:
    with suppress(Exception):
        write()
