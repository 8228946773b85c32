"""A run of a connection is killed in the middle, again and again: the next goes on, and every row counts once."""

import json
import os
import random
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

KILLS = int(os.environ.get("HEADWATER_FAULTS", "3"))
ROWS, BATCH = 4_000, 100
PROGRAM = f"""
import json, sys
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from headwater.base.company import ensure_company
from headwater.listening.connections import database, running, services
from headwater.listening.models import Connection, Import, InboxBatch
from headwater.metrics.store import company_record
from headwater.record.questions import Size
read = database.DatabaseReader.__init__
database.DatabaseReader.__init__ = lambda self, *args: read(self, *args, rows_a_batch={BATCH})
ensure_company(name="Test company", pack="retail")
connection = Connection.objects.filter(name="answers").first()
if connection is None:
    connection = services.create(None, name="answers", kind="database", options={{
        "engine": "sqlite", "database": sys.argv[1], "query": "SELECT * FROM answers", "cursor": "id"}})
    services.keep_mapping(None, connection, "{{version: 1, source: answers, emit: [{{metric: nps, kind: survey, "
        "fields: {{record_id: id, occurred_at: changed, score: score, text: words}}}}]}}")
    services.start(None, connection)
    connection.refresh_from_db()
run = running.run_connection(connection, report=lambda run: print("batch", flush=True))
print(json.dumps({{
    "state": run.state, "note": run.note, "accepted": sum(one.accepted for one in Import.objects.all()),
    "open": Import.objects.exclude(state="done").count(),
    "signals": company_record().ask(Size()).signals, "inbox": InboxBatch.objects.count(),
}}), flush=True)
"""

pytestmark = pytest.mark.faults


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    path = tmp_path / "answers.sqlite"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE answers (id INTEGER, changed TEXT, score INTEGER, words TEXT)")
        rows = ((n, f"2024-03-{n % 28 + 1:02d}T10:00:00", n % 11, f"answer number {n}") for n in range(ROWS))
        made.executemany("INSERT INTO answers VALUES (?, ?, ?, ?)", rows)
    return path


def start(home: Path, database: Path) -> "subprocess.Popen[str]":
    settings = {"HEADWATER_HOME": str(home), "HEADWATER_CONNECT_FOLDERS": str(database.parent)}
    environment = {**os.environ, **settings, "DJANGO_SETTINGS_MODULE": "headwater.site.settings"}
    environment.pop("HEADWATER_DATABASE_URL", None)
    arguments = [sys.executable, "-c", PROGRAM, str(database)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment)


def test_a_run_killed_again_and_again_brings_every_row_once(home: Path, answers: Path) -> None:
    chance = random.Random(11)
    for _kill in range(KILLS):
        process = start(home, answers)
        assert process.stdout is not None
        for _batch in range(chance.randint(1, max(1, ROWS // BATCH // KILLS - 1))):
            assert process.stdout.readline() == "batch\n"
        process.kill()
        process.wait()
        process.stdout.close()
    output, _ = start(home, answers).communicate(timeout=300)
    final: dict[str, Any] = json.loads(output.splitlines()[-1])
    expected = {"state": "done", "note": "", "accepted": ROWS, "open": 0, "signals": ROWS, "inbox": 0}
    assert final == expected
