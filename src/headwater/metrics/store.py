"""The one handle of the company's record in this process."""

import threading

from headwater.base.paths import home
from headwater.record import Record

_lock = threading.Lock()
_opened: dict[str, Record] = {}


def company_record() -> Record:
    """The record under ``HEADWATER_HOME/record``, opened on first use; threads share the handle."""
    root = home() / "record"
    with _lock:
        record = _opened.get(str(root))
        if record is None:
            record = _opened[str(root)] = Record(root)
        return record


def close_company_record() -> None:
    """Forget the handle, so that the next use opens the files again: after a company was started anew or restored."""
    with _lock:
        _opened.clear()
