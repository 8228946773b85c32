"""From an empty folder to where trouble starts, as a new user types it: real commands, real files, a real process."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.long


def headwater(home: Path, *words: str, status: int = 0) -> str:
    """Run the command line in a process of its own; return what it printed."""
    environment = {**os.environ, "HEADWATER_HOME": str(home)}
    environment.pop("HEADWATER_DATABASE_URL", None)
    run = subprocess.run(
        [sys.executable, "-m", "headwater", *words], env=environment, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == status, run.stderr[-2000:]
    return run.stdout if status == 0 else run.stderr


def answer(home: Path, *words: str) -> Any:
    return json.loads(headwater(home, *words, "--json"))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that is not there yet: whichever command comes first begins in it."""
    return tmp_path_factory.mktemp("empty") / "home"


def test_real_tweets_become_causes_with_words(shared: Path, tmp_path: Path) -> None:
    home, file = tmp_path / "home", shared / "data" / "airline_tweets" / "Tweets.csv"
    headwater(home, "start", "--pack", "airline")
    counts = answer(home, "import", str(file))
    assert counts["accepted"] + counts["repeated"] + counts["revised"] == 14_640
    assert counts["set_aside"] == 0

    rows = answer(home, "causes")["rows"]
    assert {"flight_cancelled", "luggage_lost"} <= {row["cause"] for row in rows[:8]}
    assert all(row["low"] <= row["share_negative"] <= row["high"] for row in rows)

    share = answer(home, "metric", "share_negative")["rows"][0]
    assert share["estimate"] == pytest.approx(9_178 / 14_640, abs=0.005)

    brief = headwater(home, "brief")
    assert all(len(line) <= 80 for line in brief.splitlines())
    assert "“" in brief
    findings = answer(home, "check")
    assert not [finding for finding in findings if finding["is_wrong"]]

    again = answer(home, "import", str(file))
    assert again["accepted"] == 0
    assert answer(home, "causes")["rows"] == rows


def test_an_empty_folder_becomes_an_empty_company_without_the_sample(empty: Path) -> None:
    assert answer(empty, "causes") == {"rows": []}
    assert "empty" in headwater(empty, "brief")


def test_a_refusal_is_one_line_and_status_2(empty: Path) -> None:
    said = headwater(empty, "metric", "happiness", status=2)
    assert "happiness" in said
    assert len(said.strip().splitlines()) == 1
