"""The one handle of the company's record in this process."""

import shutil
import threading
from pathlib import Path

from headwater.base.paths import home
from headwater.record import Record

_lock = threading.Lock()
_opened: dict[tuple[Path, int], Record] = {}


def company_record() -> Record:
    """The record under ``HEADWATER_HOME/record``, opened on first use; threads share the handle.

    A folder that was cleared or restored meanwhile, by whichever process, is another one and opened anew.
    """
    root = home() / "record"
    with _lock:
        record = _opened.get(_identity(root))
        if record is None:
            _opened.clear()
            record = Record(root)
            _opened[_identity(root)] = record
        return record


def close_company_record() -> None:
    """Forget the handle, so that the next use opens the files again."""
    with _lock:
        _opened.clear()


def clear_company_record() -> None:
    """Remove every signal, label and customer: before the company's own start. Repeatable after a kill.

    The folder is moved away in one step, so that no reader meets half of it.
    """
    root, away = home() / "record", home() / "record.cleared"
    close_company_record()
    shutil.rmtree(away, ignore_errors=True)
    if root.exists():
        with Record(root).writing():
            root.rename(away)
    shutil.rmtree(away, ignore_errors=True)


def _identity(root: Path) -> tuple[Path, int]:
    """The folder and its inode, 0 where it is missing."""
    try:
        return root, root.stat().st_ino
    except FileNotFoundError:
        return root, 0
