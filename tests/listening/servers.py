"""Other systems for tests: an HTTP server on this machine that answers as a test says and remembers what was asked."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""


Answerer = Callable[[Asked], "tuple[int, dict[str, str], Any]"]


@dataclass
class Elsewhere:
    """A running server: `asked` is every request, `answer` may be replaced at any time."""

    answer: Answerer
    port: int = 0
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def elsewhere(answer: Answerer) -> Iterator[Elsewhere]:
    """Run a server while the block lasts. A dict or list as the body is sent as JSON, an iterator piece by piece."""
    system = Elsewhere(answer)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, parts.path, query, dict(self.headers.items()), body)
            system.asked.append(asked)
            status, headers, content = system.answer(asked)
            pieces = [content] if isinstance(content, bytes) else content if isinstance(content, Iterator) else None
            if pieces is None:
                pieces = [json.dumps(content).encode()]
                headers = {"Content-Type": "application/json", **headers}
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for piece in pieces:
                    self.wfile.write(piece)
            except OSError:
                pass  # whoever asked has heard enough

        do_GET = do_POST = _serve

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    system.port = server.server_port
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield system
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
