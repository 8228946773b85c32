"""One command serves everything: the pages in granian, the worker beside it, both ended together."""

import gc
import http.client
import importlib
import logging
import multiprocessing
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from http import HTTPStatus

from django.utils.translation import gettext as _
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from headwater.base.refusals import Refused

STOP_SECONDS = 20
THREADS = 16
"""Of a process. They mostly wait, and answers that wait together are written together: with 16 an answer takes half the
processor time that it takes with five."""


def require_free_port(host: str, port: int) -> None:
    """Refuse early, with what to do, instead of a traceback from the server."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = _("Port %(port)s on %(host)s is taken (%(reason)s). Set HEADWATER_PORT to another one.") % {
                "port": port,
                "host": host,
                "reason": error.strerror,
            }
            raise Refused("port_taken", message) from error


class WorkerProcess:
    """The background worker as a child process that is started again when it dies and ends with the server."""

    def __init__(self) -> None:
        self.ending = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher = threading.Thread(target=self._watch, name="worker-watcher", daemon=True)

    def start(self, when: Callable[[], None]) -> None:
        """Start it once ``when`` has returned: pages answer first, also on a machine that has few processors."""
        self._when = when
        self._watcher.start()

    def _start(self) -> "subprocess.Popen[bytes]":
        # A group of its own, so that Ctrl-C reaches the server first and the worker is asked to finish in order. Not a
        # session of its own: Linux shares the processors between sessions, and the worker's niceness would count for
        # nothing against the server's.
        command = [sys.executable, "-m", "headwater", "worker", "--parent", str(os.getpid())]
        return subprocess.Popen(command, process_group=0)  # noqa: S603 - our own words only

    def _watch(self) -> None:
        self._when()
        while not self.ending.is_set():
            if self._process is None or self._process.poll() is not None:
                self._process = self._start()
            self.ending.wait(1.0)

    def end(self) -> None:
        self.ending.set()
        if self._watcher.ident is not None:  # the server may have ended before it began
            self._watcher.join()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def preload() -> None:
    """Read the code of every page and of the API into this process; the server's processes are forked from it."""
    importlib.import_module("headwater.site.urls")


def _wait_until_it_answers(host: str, port: int, ending: threading.Event) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=5)
    for _attempt in range(600):
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == HTTPStatus.OK:
                return True
        except OSError:
            connection.close()
        if ending.wait(0.1):
            break
    return False


def serve(host: str, port: int, *, processes: int, announce: Callable[[], None]) -> None:
    """Serve until interrupted; ``announce`` is called once the address answers."""
    require_free_port(host, port)
    # Forked, they share what was preloaded, and one that dies is there again at once. This needs a process that has
    # opened neither the record, whose threads do not survive a fork, nor a connection to the database.
    multiprocessing.set_start_method("fork" if sys.platform == "linux" else "spawn", force=True)
    importlib.import_module("headwater.site.wsgi")
    gc.freeze()
    server = Granian(
        "headwater.site.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=THREADS,
        backlog=1024,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    )
    # So many threads are meant.
    logging.getLogger("_granian").addFilter(lambda line: "Python threads" not in line.getMessage())
    worker = WorkerProcess()

    def announce_first() -> None:
        if _wait_until_it_answers(host, port, worker.ending):
            announce()

    socket.getaddrinfo(host, port)  # what this imports is not to be half imported in a thread while processes fork
    server.on_startup(lambda: worker.start(announce_first))
    try:
        server.serve()
    finally:
        worker.end()
        gc.unfreeze()
