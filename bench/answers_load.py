"""A cheap generator of load: arrivals at their own times (open loop), whatever the server does; keep-alive sockets.

Each request is sent again until it is answered, as a visitor would press the button again: a connection that breaks is
no answer. Run as a process of its own: ``python -m bench.answers_load PORT RATE FILE`` reads requests, one a
line as JSON ``[path, body]``, and prints one line of JSON for each: scheduled second, seconds until it was answered,
status, tries.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

PAUSE, PATIENCE = 0.5, 90.0
Result = tuple[float, float, int, int]


class Connections:
    """Open connections that are free; one more is opened when there is none."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def send(self, request: bytes) -> int:
        """Send one request and return the status; OSError where the connection broke."""
        reader, writer = self.free.pop() if self.free else await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
            )
            if length:
                await reader.readexactly(length)
        except BaseException:
            writer.close()
            raise
        self.free.append((reader, writer))
        return int(head[9:12])


def request_of(path: str, body: str) -> bytes:
    """A form posted as a browser does."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body.encode())}\r\n\r\n{body}"
    ).encode()


async def _one(connections: Connections, request: bytes, start: float, at: float) -> Result:
    await asyncio.sleep(max(0.0, start + at - time.perf_counter()))
    tries = 0
    while time.perf_counter() < start + at + PATIENCE:
        tries += 1
        try:
            status = await connections.send(request)
        except (OSError, asyncio.IncompleteReadError):
            await asyncio.sleep(PAUSE * (0.5 + random.random()))
            continue
        return at, time.perf_counter() - start - at, status, tries
    return at, PATIENCE, 0, tries


async def run(port: int, rate: float, requests: Sequence[tuple[str, str]]) -> list[Result]:
    """Send all requests at random times, ``rate`` a second on average; 0 sends them all at once."""
    connections, start, at = Connections(port), time.perf_counter() + 0.2, 0.0
    waiting = []
    for path, body in requests:
        at += random.expovariate(rate) if rate else 0.0
        waiting.append(asyncio.create_task(_one(connections, request_of(path, body), start, at)))
    return await asyncio.gather(*waiting)


def main() -> None:
    port, rate, file = int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3])
    requests = [tuple(json.loads(line)) for line in file.read_text().splitlines()]
    for result in asyncio.run(run(port, rate, requests)):
        print(json.dumps(result))


if __name__ == "__main__":
    main()
