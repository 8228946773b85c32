"""Keeps the inbox empty: the loop that moves signals into the record within two seconds of their arrival, and has the
record's rollups follow when nothing waits, and the record compacted when it has too many small files."""

import logging
from threading import Event

from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from headwater.base.queue import enqueue
from headwater.listening import inbox
from headwater.metrics.store import company_record

PAUSE = 0.5
PAUSE_AFTER_ERROR = 5.0
COMPACT = "listening.compact_record"

logger = logging.getLogger(__name__)


def run(stop: Event, *, pause: float = PAUSE) -> None:
    """Flush until `stop` is set. A full disk or an absent database is tried again, and nothing is lost meanwhile."""
    try:
        while not stop.is_set():
            close_old_connections()
            stop.wait(pause if one_turn() else PAUSE_AFTER_ERROR)
    finally:
        connection.close()


def one_turn() -> bool:
    """What the loop does each time; False when it should rest for longer."""
    try:
        if not inbox.flush():
            company_record().follow_rollups()
        if company_record().is_scattered():
            enqueue(COMPACT, {}, unique_key=f"schedule:{COMPACT}")
    except (DatabaseError, OSError):
        logger.exception("the inbox could not be moved to the record; trying again")
        connection.close()
        return False
    except Exception:
        # The worker serves other work beside this loop: a batch that cannot be moved must not end it silently.
        logger.exception("a batch of the inbox could not be moved to the record; trying again")
        return False
    return True
