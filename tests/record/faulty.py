"""A writer to be killed: ``python -m tests.record.faulty FOLDER WORK`` works until it dies and says what is durable."""

import sys
from pathlib import Path

from headwater.record import Record
from tests.record.samples import batch, labels

ROWS = 40


def say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def flush(record: Record) -> None:
    """Batch after batch from an inbox that always has a next one, as a flusher does."""
    while True:
        with record.writing():
            number = record.transaction("inbox") + 1
            rows = [{"record_id": f"{number}-{one}", "text": "x", "stage": "pay"} for one in range(ROWS)]
            revised = [{"record_id": "shared", "text": f"revision {number}"}]
            plan = record.plan_signals(batch(*rows, *revised))
            record.commit_signals(plan, transaction=("inbox", number))
        say(number)


def compact(record: Record) -> None:
    while True:
        flush_once(record)
        record.compact(retention=0)
        say(record.transaction("inbox"))


def relabel(record: Record) -> None:
    """Everything gets the same new stage, over and over."""
    turn = 0
    while True:
        turn += 1
        with record.relabelling() as aside:
            for rows in record.each_labellable():
                keys = rows["signal_key"].to_pylist()
                aside.add(labels(*({"signal_key": key, "stage": f"turn {turn}"} for key in keys)))
        say(turn)


def flush_once(record: Record) -> None:
    with record.writing():
        number = record.transaction("inbox") + 1
        rows = [{"record_id": f"{number}-{one}", "text": "x", "stage": "pay"} for one in range(ROWS)]
        record.commit_signals(record.plan_signals(batch(*rows)), transaction=("inbox", number))


if __name__ == "__main__":
    {"flush": flush, "compact": compact, "relabel": relabel}[sys.argv[2]](Record(Path(sys.argv[1])))
