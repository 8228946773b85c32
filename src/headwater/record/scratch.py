"""Folders for work in progress. A lock on the folder says that its owner lives; after a kill anyone may sweep it."""

import fcntl
import os
import shutil
import uuid
from pathlib import Path


class Scratch:
    """A folder of this process's own, held until :meth:`remove` or the end of the process."""

    def __init__(self, parent: Path) -> None:
        self.path = parent / uuid.uuid4().hex
        self.path.mkdir(mode=0o700, parents=True)
        self._descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._descriptor)


def abandoned(parent: Path) -> list[Path]:
    """Folders whose owner is gone."""
    return [path for path in sorted(parent.glob("*")) if path.is_dir() and not _held(path)]


def sweep(parent: Path) -> list[Path]:
    """Delete the folders whose owner is gone."""
    found = abandoned(parent)
    for path in found:
        shutil.rmtree(path, ignore_errors=True)
    return found


def _held(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
