"""Drawing a specification without a browser, for mail and PDF.

vl-convert must never be used in a process that later forks: the child would hang. So a small process of its own draws,
started when the first chart is asked for; it ends when it has been idle or when its parent is gone.
"""

import atexit
import base64
import json
import os
import select
import subprocess
import sys
import threading
from typing import IO, Any

from headwater.base.charts.theme import theme
from headwater.base.charts.tokens import colours

WIDTH = 720
SECONDS = 30.0
IDLE_SECONDS = 120.0
SCALE = 2.0


class ChartError(Exception):
    """A specification that cannot be drawn, with the reason that Vega gives."""


def svg(spec: dict[str, Any], dark: bool = False) -> str:
    """The chart as SVG text, in the light or dark theme.

    Raises:
        ChartError: the specification cannot be drawn.
    """
    return _drawer.draw("svg", spec, dark).decode()


def png(spec: dict[str, Any], dark: bool = False) -> bytes:
    """The chart as a PNG picture at twice its size, on the theme's surface colour (mail has no background of ours).

    Raises:
        ChartError: the specification cannot be drawn.
    """
    return _drawer.draw("png", spec, dark)


class Drawer:
    """The process that draws; one at a time asks it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def draw(self, kind: str, spec: dict[str, Any], dark: bool) -> bytes:
        """Ask for a picture. A process that went idle in the very moment of asking is started again, once."""
        request = json.dumps({"kind": kind, "spec": _sized(spec), "config": _config(kind, dark)}) + "\n"
        with self._lock:
            for last in (False, True):
                try:
                    answer = self._ask(request.encode())
                    break
                except (BrokenPipeError, EOFError):
                    self._end()
                    if last:
                        raise ChartError("the process that draws charts ends before it answers") from None
        if "error" in answer:
            raise ChartError(answer["error"])
        return base64.b64decode(answer["picture"])

    def _ask(self, request: bytes) -> dict[str, str]:
        process = self._running()
        write, read = _pipes(process)
        write.write(request)
        write.flush()
        if not select.select([read], [], [], SECONDS)[0]:
            self._end()
            raise ChartError(f"drawing the chart took longer than {SECONDS:.0f} seconds")
        line = read.readline()
        if not line:
            raise EOFError
        answer: dict[str, str] = json.loads(line)
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        """The process of this very process: a forked child leaves its parent's alone and starts its own."""
        if self._owner != os.getpid():
            self._process, self._owner = None, os.getpid()
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(  # noqa: S603 the interpreter itself, with a constant module
                [sys.executable, "-m", "headwater.base.charts.drawing", str(IDLE_SECONDS)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        return self._process

    def _end(self) -> None:
        if self._process is not None and self._owner == os.getpid():
            self._process.kill()
            self._process.wait()
        self._process = None

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._end()


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise EOFError
    return process.stdin, process.stdout


def _sized(spec: dict[str, Any]) -> dict[str, Any]:
    """A picture has no container: a chart as wide as its container gets its own natural width."""
    if spec.get("width") != "container":
        return spec
    return {**spec, "width": spec.get("usermeta", {}).get("width", WIDTH)}


def _config(kind: str, dark: bool) -> dict[str, Any]:
    return theme(dark) if kind == "svg" else {**theme(dark), "background": colours(dark)["surface"], "padding": 16}


_drawer = Drawer()
atexit.register(_drawer.close)
