"""How long the API takes to acknowledge one signal, durably, and whether each is then in the record exactly once.

    python -m bench.arrivals [--rows 10000000] [--keep FOLDER]

``--rows`` signals, all labelled, are in the record before; then the program sends one signal at a time, and four at
once. The peer is the least that acknowledges durably: one committed insert into SQLite with ``synchronous=FULL``.
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np

PORT, SENT, AT_ONCE = 8391, 2_000, 4
FITTED_TO = 1_000
SETTLED = """
import sys
import django
django.setup()
import pyarrow as pa
from bench.record_data import make
from headwater.base.models import Job
from headwater.insight import fitting, labelling
from headwater.journey.queries import taxonomy
from headwater.metrics.store import company_record
from headwater.record.keys import complete

rows, fitted_to, chunk = int(sys.argv[1]), int(sys.argv[2]), 1_000_000
record = company_record()
# As in a company that has been running: the student is fitted, and everything has its labels.
for first in (0, *range(fitted_to, rows, chunk)):
    made = make(min(chunk, rows - first) if first else fitted_to, first=first)
    model = fitting.active_model().name
    size = len(made.signals)
    labels = made.labels.append_column("signal_key", complete(made.signals)["signal_key"])
    labels = labels.set_column(labels.schema.get_field_index("model"), "model", pa.array([model] * size))
    version = pa.array([taxonomy().version] * size, pa.int32())
    labels = labels.set_column(labels.schema.get_field_index("taxonomy_version"), "taxonomy_version", version)
    with record.writing():
        record.commit_signals(record.plan_signals(made.signals))
        record.put_labels(labels)
    if not first:
        student = fitting.fit_student()
        student.measures |= {"texts": fitting.SAMPLE, "agreement": 0.0}
        student.save()
        labelling.relabel_everything()
        Job.objects.all().delete()
record.compact()
print(f"{rows:,} signals in the record")
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=0, help="signals in the record before")
    arguments.add_argument("--keep", type=Path, help="make the company here, or use the one that is here")
    given, _others = arguments.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="headwater-arrivals-") as folder:
        home = given.keep or Path(folder) / "home"
        environment = {**os.environ, "HEADWATER_HOME": str(home), "HEADWATER_PORT": str(PORT)}
        if not home.exists():
            settle(environment, given.rows)
        run(environment)
        _print("sqlite insert, 1 at once", _sqlite(Path(folder) / "peer.sqlite3"))


def settle(environment: dict[str, str], rows: int) -> None:
    """Start a company and fill its record."""
    _run(environment, "start", "--pack", "retail")
    if rows:
        settings = {"DJANGO_SETTINGS_MODULE": "headwater.site.settings"}
        command = [sys.executable, "-c", SETTLED, str(rows), str(FITTED_TO)]
        subprocess.run(command, env=environment | settings, check=True)


def run(environment: dict[str, str]) -> None:
    """Serve the company, send, and count what arrived."""
    server = subprocess.Popen([sys.executable, "-m", "headwater", "serve"], env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait()
        token = _run(environment, "token", "create", "admin@headwater.localhost", "--name", "bench").strip()
        mark = f"{time.time_ns()}"
        _measure(token, AT_ONCE, f"{mark}-first", 40)
        _wait_until_idle(Path(environment["HEADWATER_HOME"]))
        before = _counted(environment)
        for workers in (1, AT_ONCE):
            _print(f"headwater, {workers} at once", _measure(token, workers, mark, SENT))
        _wait_until_counted(environment, before + 2 * SENT)
    finally:
        server.terminate()
        server.wait()


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


def _wait_until_idle(home: Path) -> None:
    """A worker that starts looks through all labels once; what is measured is the day after that."""
    idle = 0
    while idle < 10:
        time.sleep(0.5)
        with closing(sqlite3.connect(home / "headwater.sqlite3")) as connection:
            busy = connection.execute(
                "select (select count(*) from listening_inboxbatch) + (select count(*) from base_job where state in "
                "('waiting', 'running'))"
            ).fetchone()[0]
        idle = 0 if busy else idle + 1


def _measure(token: str, workers: int, mark: str, sent: int) -> list[float]:
    def send(number: int) -> float:
        row = {"record_id": f"{mark}-{workers}-{number}", "kind": "contact", "text": f"where is my parcel {number}"}
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
        return list(pool.map(send, range(sent)))


def _wait_until_counted(environment: dict[str, str], expected: int) -> None:
    """The record answers, once the flusher has moved everything: each signal once."""
    for _attempt in range(60):
        counted = _counted(environment)
        if counted >= expected:
            break
        time.sleep(1)
    print(f"expected {expected:,}, in the record {counted:,}: {'each once' if counted == expected else 'WRONG'}")


def _counted(environment: dict[str, str]) -> int:
    answer = json.loads(_run(environment, "metric", "volume", "--json"))
    return int(answer["rows"][0]["n"]) if answer["rows"] else 0


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
    load = os.getloadavg()[0]
    print(f"{name:28} {len(seconds):6} acknowledged   median {median:7.2f} ms   p99 {high:7.2f} ms   load {load:.1f}")


if __name__ == "__main__":
    main()
