"""Rows a second of an import, from a CSV file into the durable record, against reading the same file with pandas.

pandas does less: it reads the file, parses dates and scores, and keeps nothing. Headwater also redacts personal data,
detects languages, hashes, and has every row on the disk, exactly once, when it is done.
"""

import csv
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import pandas as pd

ROWS = int(os.environ.get("HEADWATER_BENCH_ROWS", "200000"))
WORDS = [
    *("the", "delivery", "was", "late", "and", "nobody", "answered", "my", "call", "great", "service", "friendly"),
    *("staff", "will", "buy", "again", "never", "refund", "took", "weeks", "package", "damaged", "website", "slow"),
    *("checkout", "easy", "price", "fair", "quality", "poor", "support", "helpful"),
]
IMPORT = """
import json, sys
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from pathlib import Path
from time import perf_counter
from headwater.listening import language, services
from headwater.listening.models import Import
from headwater.metrics.store import company_record
from headwater.record.questions import Sums
language.model()
company_record()
started = perf_counter()
outcome = services.import_file(Path(sys.argv[1]), source="bench")
seconds = perf_counter() - started
rows = company_record().ask(Sums((), None, None, None, "nps")).rows
print(json.dumps({"seconds": seconds, "accepted": outcome.accepted, "scored": rows[0].scored, "sum": rows[0].score_sum,
    "top": rows[0].top, "low": rows[0].low, "steps": Import.objects.get().timings}))
"""


def write_file(path: Path, rows: int) -> None:
    """Comments of eight to forty words, every one different, with scores and times."""
    chance = random.Random(1)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "date", "score", "country", "comment"])
        for number in range(rows):
            words = " ".join(chance.choices(WORDS, k=chance.randint(8, 40)))
            moment = f"2024-{number % 12 + 1:02d}-{number % 28 + 1:02d} {number % 24:02d}:{number % 60:02d}:00"
            writer.writerow([f"r{number}", moment, number % 11, chance.choice(("DE", "FR", "US")), f"{words} {number}"])


def read_with_pandas(path: Path) -> tuple[float, dict[str, int]]:
    """Seconds, and the sums that the record must give as well."""
    started = perf_counter()
    frame = pd.read_csv(path, dtype={"id": str})
    frame["date"] = pd.to_datetime(frame["date"], format="%Y-%m-%d %H:%M:%S").dt.tz_localize("UTC")
    frame["band"] = (frame["score"] >= 9).astype(int) - (frame["score"] <= 6).astype(int)
    seconds = perf_counter() - started
    bands = frame["band"].value_counts()
    return seconds, {
        "accepted": int(frame["id"].nunique()),
        "scored": int(frame["score"].notna().sum()),
        "sum": int(frame["score"].sum()),
        "top": int(bands[1]),
        "low": int(bands[-1]),
    }


def main() -> None:
    """Run both on the same file and print rows a second and their ratio."""
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        path = Path(folder) / "comments.csv"
        write_file(path, ROWS)
        seconds, expected = read_with_pandas(path)
        found = _import(path, Path(folder) / "home")
        for name, value in expected.items():
            if found[name] != value:
                raise SystemExit(f"The answers differ: {name} is {found[name]} in the record and {value} in pandas.")
        print(f"imports: {ROWS:,} comments, {path.stat().st_size / 1e6:.0f} MB, same counts and sums in both")
        print(f"  pandas, read and parse only  {ROWS / seconds:>10,.0f} rows/s  {seconds:6.2f} s")
        print(f"  headwater, into the record   {ROWS / found['seconds']:>10,.0f} rows/s  {found['seconds']:6.2f} s")
        print(f"  ratio {seconds / found['seconds']:.3f}; a million comments in {found['seconds'] * 1e6 / ROWS:.0f} s")
        steps = ", ".join(f"{name} {1e6 * taken / ROWS:.1f}" for name, taken in found["steps"].items())
        print(f"  µs a row: {steps}")


def _import(path: Path, home: Path) -> dict[str, object]:
    environment = {**os.environ, "HEADWATER_HOME": str(home), "DJANGO_SETTINGS_MODULE": "headwater.site.settings"}
    environment.pop("HEADWATER_DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-c", IMPORT, str(path)], env=environment, capture_output=True, text=True, check=True
    )
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return answer


if __name__ == "__main__":
    main()
