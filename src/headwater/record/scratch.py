"""Folders for work in progress. A lock on the folder says that its owner lives; after a kill anyone may sweep it."""

import fcntl
import os
import shutil
import uuid
from pathlib import Path


class Scratch:
    """A folder of this process's own, held until :meth:`remove` or the end of the process."""

    def __init__(self, parent: Path) -> None:
        while True:
            self.path = parent / uuid.uuid4().hex
            self.path.mkdir(mode=0o700, parents=True)
            descriptor = _lock(self.path, wait=True)
            if descriptor is not None and self.path.exists():
                break
            if descriptor is not None:  # somebody swept it away before it was held
                os.close(descriptor)
        self._descriptor = descriptor

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._descriptor)


def abandoned(parent: Path) -> list[Path]:
    """Folders whose owner is gone."""
    return [path for path in sorted(parent.glob("*")) if path.is_dir() and _let_go(path, remove=False)]


def sweep(parent: Path) -> list[Path]:
    """Delete the folders whose owner is gone."""
    return [path for path in sorted(parent.glob("*")) if path.is_dir() and _let_go(path, remove=True)]


def _let_go(path: Path, *, remove: bool) -> bool:
    """Whether nobody holds the folder; it is held here while it is removed."""
    descriptor = _lock(path, wait=False)
    if descriptor is None:
        return False
    try:
        if remove:
            shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(descriptor)
    return True


def _lock(path: Path, *, wait: bool) -> int | None:
    """A descriptor that holds the folder; None where another does, or where it is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
