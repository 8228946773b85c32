"""kill -9 at any moment: nothing acknowledged is lost, nothing counts twice, and the next start needs no hand."""

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from headwater.record import Record
from tests.record.faulty import ROWS
from tests.record.samples import arrive, rows_of

pytestmark = pytest.mark.faults
TIMES = int(os.environ.get("HEADWATER_FAULTS") or 3)


class Victim:
    """A process that works on a record; its lines are what it acknowledged."""

    def __init__(self, folder: Path, work: str) -> None:
        command = [sys.executable, "-m", "tests.record.faulty", str(folder), work]
        environment = {**os.environ, "PYTHONPATH": "src:."}
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root, env=environment)
        self.acknowledged = -1

    def work(self, lines: int) -> None:
        """Wait until it has acknowledged so many more things."""
        assert self._process.stdout is not None
        for _ in range(lines):
            line = self._process.stdout.readline()
            assert line, "the writer stopped by itself"
            self.acknowledged = int(line)

    def kill(self, after: float) -> None:
        """Kill it some time later, in the middle of whatever it does, and read what it said until then."""
        timer = threading.Timer(after, self._process.send_signal, [signal.SIGKILL])
        timer.start()
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.endswith("\n"):
                self.acknowledged = int(line)
        self._process.wait()
        timer.join()


def moments(seed: int) -> list[float]:
    """Seconds until each kill, spread over what one round of work takes."""
    spread = random.Random(seed)
    return [spread.uniform(0, 0.4) for _ in range(TIMES)]


def sound(folder: Path) -> Record:
    """Open the record as the next start does: nothing is wrong, and nothing is once it is compacted."""
    record = Record(folder)
    assert record.check() == []
    record.compact(retention=0)
    assert record.check() == []
    return record


def expect_batches(record: Record, acknowledged: int, *, shared: int) -> None:
    committed = record.transaction("inbox")
    assert committed >= acknowledged
    ids = [str(row["record_id"]) for row in rows_of(record)]
    assert len(ids) == len(set(ids)) == (committed + 1) * ROWS + shared
    assert {one.partition("-")[0] for one in ids} - {"shared"} == {str(number) for number in range(committed + 1)}


def test_a_flusher_that_is_killed_loses_and_doubles_nothing(tmp_path: Path) -> None:
    for moment in moments(1):
        victim = Victim(tmp_path / "record", "flush")
        victim.work(2)
        victim.kill(moment)
        record = sound(tmp_path / "record")
        expect_batches(record, victim.acknowledged, shared=1)
        (revised,) = (row for row in rows_of(record) if row["record_id"] == "shared")
        number = record.transaction("inbox")
        assert (revised["text"], revised["revision"]) == (f"revision {number}", number + 1)
        record.close()


def test_a_compaction_that_is_killed_loses_and_doubles_nothing(tmp_path: Path) -> None:
    for moment in moments(2):
        victim = Victim(tmp_path / "record", "compact")
        victim.work(1)
        victim.kill(moment)
        record = sound(tmp_path / "record")
        expect_batches(record, victim.acknowledged, shared=0)
        record.close()


def test_a_relabelling_that_is_killed_leaves_all_labels_old_or_all_new(tmp_path: Path) -> None:
    record = Record(tmp_path / "record")
    arrive(record, *({"record_id": str(number), "text": "x"} for number in range(300)))
    record.close()
    for moment in moments(3):
        victim = Victim(tmp_path / "record", "relabel")
        victim.work(1)
        victim.kill(moment)
        record = sound(tmp_path / "record")
        stages = [row["stage"] for row in rows_of(record, "labels")]
        assert len(stages) == 300
        assert len(set(stages)) == 1
        assert not list((tmp_path / "record" / "aside").iterdir())
        record.close()


def test_two_flushers_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    Record(tmp_path / "record").close()
    victims = [Victim(tmp_path / "record", "flush") for _ in range(2)]
    for victim in victims:
        victim.work(3)
    for victim in victims:
        victim.kill(0.05)
    record = sound(tmp_path / "record")
    expect_batches(record, max(victim.acknowledged for victim in victims), shared=1)
    record.close()
