"""How long the API takes to acknowledge one signal, durably, and whether each is then in the record exactly once.

The peer is the least that acknowledges durably: one committed insert into SQLite with ``synchronous=FULL``.
"""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

PORT, SENT, AT_ONCE = 8391, 2_000, 4


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="headwater-arrivals-") as folder:
        environment = {**os.environ, "HEADWATER_HOME": f"{folder}/home", "HEADWATER_PORT": str(PORT)}
        _run(environment, "start", "--pack", "retail")
        server = subprocess.Popen(
            [sys.executable, "-m", "headwater", "serve"], env=environment, stdout=subprocess.DEVNULL
        )
        try:
            _wait()
            token = _run(environment, "token", "create", "admin@headwater.localhost", "--name", "bench").strip()
            for workers in (1, AT_ONCE):
                _print(f"headwater, {workers} at once", _measure(token, workers))
            _wait_until_counted(environment, 2 * SENT)
        finally:
            server.terminate()
            server.wait()
        _print("sqlite insert, 1 at once", _sqlite(Path(folder) / "peer.sqlite3"))


def _run(environment: dict[str, str], *words: str) -> str:
    command = [sys.executable, "-m", "headwater", *words]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def _wait() -> None:
    for _attempt in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=5)
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("the server did not answer")


def _measure(token: str, workers: int) -> list[float]:
    def send(number: int) -> float:
        row = {"record_id": f"{workers}-{number}", "kind": "contact", "text": f"where is my parcel {number}"}
        body = json.dumps({"source": "bench", "signals": [{**row, "occurred_at": "2026-01-05T10:00:00Z"}]}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{PORT}/api/v1/signals",
            body,
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        start = time.perf_counter()
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()
        return time.perf_counter() - start

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(send, range(SENT)))


def _wait_until_counted(environment: dict[str, str], expected: int) -> None:
    """The records answer, once the flusher has moved everything: each signal once."""
    for _attempt in range(60):
        answer = json.loads(_run(environment, "metric", "volume", "--json"))
        counted = answer["rows"][0]["n"] if answer["rows"] else 0
        if counted >= expected:
            break
        time.sleep(1)
    print(f"sent {expected}, in the record {counted}: {'each once' if counted == expected else 'WRONG'}")


def _sqlite(file: Path) -> list[float]:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")
    connection.execute("create table inbox (id integer primary key, body text)")
    times = []
    for number in range(SENT):
        start = time.perf_counter()
        connection.execute("insert into inbox (body) values (?)", [f'{{"text": "where is my parcel {number}"}}'])
        times.append(time.perf_counter() - start)
    return times


def _print(name: str, seconds: list[float]) -> None:
    median, high = np.percentile(np.array(seconds) * 1000, [50, 99])
    print(f"{name:28} {len(seconds):6} acknowledged   median {median:7.2f} ms   p99 {high:7.2f} ms")
