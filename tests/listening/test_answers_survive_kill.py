"""Answers are given while they become signals, and everything is killed: what was acknowledged counts once."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.postgresql import own_database

KILLS = int(os.environ.get("HEADWATER_FAULTS", "3"))
PROGRAM = """
import json, sys, threading
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from deltalake import DeltaTable
from django.conf import settings
from django.test import Client
from headwater.base.company import ensure_company
from headwater.listening import flusher, inbox
from headwater.listening.models import SurveyLink, SurveyResponse
from headwater.listening.surveys import due
from headwater.metrics.store import company_record
from tests.listening.answered import open_link, send

settings.ALLOWED_HOSTS = ["*"]
ensure_company()
answers = int(sys.argv[1])
link = SurveyLink.objects.first() or open_link(most_an_hour=1_000_000, most_from_an_address=1_000_000)
stop = threading.Event()
flushing = threading.Thread(target=flusher.run, args=(stop,), kwargs={"pause": 0.01})
flushing.start()
for number in range(answers):
    before = set(SurveyResponse.objects.values_list("pk", flat=True))
    assert send(link.token, nps=number % 11).status_code == 303
    print("taken", *(set(SurveyResponse.objects.values_list("pk", flat=True)) - before), flush=True)
stop.set()
flushing.join()
inbox.flush()
signals = DeltaTable(str(company_record().root / "signals")).to_pyarrow_table(columns=["response_id"])
print(json.dumps({"signals": signals["response_id"].to_pylist(), "due": due.waiting(), "inbox": inbox.waiting()}))
"""

pytestmark = pytest.mark.faults


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """Of processes with a data folder and a database of their own."""
    names = {"DJANGO_SETTINGS_MODULE": "headwater.site.settings", "PYTHONPATH": str(Path(__file__).parents[2])}
    found = {**os.environ, "HEADWATER_HOME": str(home), **names}
    found.pop("HEADWATER_DATABASE_URL", None)
    if connection.vendor == "postgresql":
        found["HEADWATER_DATABASE_URL"] = own_database("killed_answers")
    return found


def start(environment: dict[str, str], answers: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", PROGRAM, str(answers)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def test_answers_killed_on_their_way_into_the_record_count_once(environment: dict[str, str]) -> None:
    chance = random.Random(11)
    acknowledged: set[str] = set()
    for _kill in range(KILLS):
        process = start(environment, 10_000)
        assert process.stdout is not None
        for _answer in range(chance.randint(5, 60)):
            said, response = process.stdout.readline().split()
            assert said == "taken"
            acknowledged.add(response)
        process.kill()
        process.wait()
        process.stdout.close()
    process = start(environment, 0)
    output, _errors = process.communicate(timeout=300)
    assert process.returncode == 0
    final: dict[str, Any] = json.loads(output.splitlines()[-1])
    assert (final["due"], final["inbox"]) == (0, 0)
    assert len(final["signals"]) == len(set(final["signals"]))
    assert acknowledged <= set(final["signals"])
    assert len(set(final["signals"]) - acknowledged) <= KILLS  # written, and killed before it was said
