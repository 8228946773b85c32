"""Workers killed with -9 in the middle of their jobs lose none and do none twice."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from tests.postgresql import own_database

ROOT = Path(__file__).parents[2]
JOBS = 60
KILLS = 6
LIMIT_SECONDS = 240  # only so that a failure ends

Ask = Callable[[str], int]

pytestmark = pytest.mark.faults


@pytest.fixture
def database(home: Path) -> Iterator[tuple[dict[str, str], Ask]]:
    """A migrated database of the test's own that other processes can open, and a way to count in it."""
    environment = {**os.environ, "HEADWATER_HOME": str(home), "HEADWATER_LOG": "CRITICAL"}
    if connection.vendor == "postgresql":
        url = environment["HEADWATER_DATABASE_URL"] = own_database("killed_worker")
        opened: psycopg.Connection | sqlite3.Connection = psycopg.connect(url, autocommit=True)
    else:
        environment.pop("HEADWATER_DATABASE_URL", None)
        opened = sqlite3.connect(home / "headwater.sqlite3", timeout=20)
    run(environment, "-m", "django", "migrate", "-v0", "--skip-checks", "base", settings=True)
    run(environment, "-m", "tests.base.killed_worker", "fill")
    yield environment, lambda question: int(opened.execute(question).fetchone()[0])
    opened.close()


def run(environment: dict[str, str], *arguments: str, settings: bool = False) -> None:
    named = {"DJANGO_SETTINGS_MODULE": "headwater.site.settings"} if settings else {}
    subprocess.run([sys.executable, *arguments], env={**environment, **named}, cwd=ROOT, check=True)


def start(environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "tests.base.killed_worker"], env=environment, cwd=ROOT)


def test_killed_workers_lose_no_job_and_do_none_twice(database: tuple[dict[str, str], Ask]) -> None:
    environment, ask = database
    done = "SELECT count(*) FROM base_job WHERE state = 'done'"
    assert ask("SELECT count(*) FROM base_job") == JOBS
    until = time.monotonic() + LIMIT_SECONDS
    kills = 0
    workers = [start(environment), start(environment)]
    try:
        while (finished := ask(done)) < JOBS and time.monotonic() < until:
            at_work = f"SELECT count(*) FROM base_job WHERE state = 'running' AND worker LIKE '%:{workers[0].pid}:%'"
            if kills < KILLS and finished >= (kills + 1) * JOBS // (KILLS + 2) and ask(at_work):
                workers[0].send_signal(signal.SIGKILL)
                workers[0].wait()
                workers = [workers[1], start(environment)]
                kills += 1
            time.sleep(0.01)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    assert kills == KILLS
    assert ask(done) == JOBS
    assert ask("SELECT count(*) FROM base_schedule WHERE name LIKE 'mark %'") == JOBS
    assert ask("SELECT count(*) FROM base_job WHERE failures > 0") > 0, "no kill hit a running job"
