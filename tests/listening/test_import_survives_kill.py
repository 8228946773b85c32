"""Imports are killed in the middle, and run side by side: nothing acknowledged is lost, nothing is counted twice."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

KILLS = int(os.environ.get("HEADWATER_FAULTS", "3"))
ROWS, WRONG = 20_000, 20
CHUNK = 400
PROGRAM = f"""
import json, sys
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from pathlib import Path
from headwater.listening import importing, inbox, services
from headwater.listening.mapping import from_yaml
from headwater.listening.models import Import, InboxBatch
from headwater.listening.readers import separated
from headwater.metrics.store import company_record
from headwater.record.questions import Size
separated.rows_at_once = lambda columns: {CHUNK}
inbox.ROWS_A_COMMIT = importing.BACKLOG = {CHUNK * 4}
mapping = from_yaml(
    "{{version: 1, source: " + sys.argv[2] + ", emit: [{{metric: nps, fields: "
    "{{record_id: id, occurred_at: date, score: nps, text: comment}}}}]}}"
)
services.import_file(Path(sys.argv[1]), mapping=mapping, progress=lambda arrival: print("chunk", flush=True))
counts = ("accepted", "repeated", "revised", "set_aside")
print(json.dumps({{
    "imports": [[getattr(one, name) for name in counts] for one in Import.objects.order_by("pk")],
    "signals": company_record().ask(Size()).signals, "inbox": InboxBatch.objects.count(),
}}), flush=True)
"""

pytestmark = pytest.mark.faults


def start(home: Path, file: Path, source: str = "answers") -> "subprocess.Popen[str]":
    environment = {**os.environ, "HEADWATER_HOME": str(home), "DJANGO_SETTINGS_MODULE": "headwater.site.settings"}
    environment.pop("HEADWATER_DATABASE_URL", None)
    arguments = [sys.executable, "-c", PROGRAM, str(file), source]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment)


def finish(process: "subprocess.Popen[str]") -> dict[str, Any]:
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    answer: dict[str, Any] = json.loads(output.splitlines()[-1])
    return answer


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    path = tmp_path / "answers.csv"
    scores = (n % 11 if n % (ROWS // WRONG) else 99 for n in range(ROWS))
    rows = "".join(f"{n},2024-01-{n % 28 + 1:02d},{score},answer number {n}\n" for n, score in enumerate(scores))
    path.write_text(f"id,date,nps,comment\n{rows}")
    return path


def test_an_import_killed_again_and_again_counts_every_row_once(home: Path, answers: Path) -> None:
    chance = random.Random(7)
    chunks_each = max(1, ROWS // CHUNK // KILLS - 1)
    for _kill in range(KILLS):
        process = start(home, answers)
        assert process.stdout is not None
        for _chunk in range(chance.randint(1, chunks_each)):
            assert process.stdout.readline() == "chunk\n"
        process.kill()
        process.wait()
        process.stdout.close()
    final = finish(start(home, answers))
    assert final == {"imports": [[ROWS - WRONG, 0, 0, WRONG]], "signals": ROWS - WRONG, "inbox": 0}


def test_importers_at_once_count_every_row_once(home: Path, answers: Path, tmp_path: Path) -> None:
    """Two of the same file, one of a part of it: whoever comes first is accepted, the others repeat."""
    part = tmp_path / "part.csv"
    lines = answers.read_text().splitlines(keepends=True)
    part.write_text(lines[0] + "".join(lines[1 + ROWS // 2 :]))
    finish(start(home, part, "warm-up"))
    before = finish(start(home, part, "warm-up"))["signals"]
    running = [start(home, answers), start(home, part), start(home, answers)]
    final = [finish(process) for process in running][-1]
    last = finish(start(home, answers))
    ours = last["imports"][2:-1]
    assert sum(accepted for accepted, *_rest in ours) == ROWS - WRONG
    assert [sum(counts) for counts in sorted(ours, key=sum)] == [ROWS // 2, ROWS, ROWS]
    assert last["imports"][-1] == [0, ROWS - WRONG, 0, WRONG]
    assert (last["signals"], last["inbox"]) == (before + ROWS - WRONG, 0)
    assert final["signals"] <= last["signals"]
