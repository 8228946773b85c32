"""The one lock around every writer of a record.

Delta's own conflict check rejects only a stale handle: two flushers without this lock lost rows.
"""

import fcntl
import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self


class WritersLock(Protocol):
    """What ``Record`` needs of a lock: re-entrant, and exclusive across threads and processes. On PostgreSQL an
    advisory lock may stand in for the file's."""

    def __enter__(self) -> object: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> bool | None: ...


class FileLock:
    """``flock`` on a file: released by the kernel when its process dies, however it dies.

    Take it through :meth:`of`: all users of one path in a process share one object, so that it stays re-entrant
    when two ``Record`` objects of the same folder meet in one thread.
    """

    _known: dict[tuple[int, Path], "FileLock"] = {}
    _guard = threading.Lock()

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.RLock()
        self._depth = 0
        self._descriptor = -1

    @classmethod
    def of(cls, path: Path) -> "FileLock":
        with cls._guard:
            return cls._known.setdefault((os.getpid(), path.resolve()), cls(path.resolve()))

    def __enter__(self) -> Self:
        self._threads.acquire()
        try:
            if self._depth == 0:
                descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX)
                except BaseException:
                    os.close(descriptor)
                    raise
                self._descriptor = descriptor
            self._depth += 1
        except BaseException:
            self._threads.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._depth -= 1
        if self._depth == 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self._threads.release()
