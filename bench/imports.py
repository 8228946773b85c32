"""Rows a second of importing and labelling comments, from a CSV file into the durable record, against doing it by hand.

    python -m bench.imports                      # 200,000 comments; HEADWATER_BENCH_ROWS=1000000 for a million

By hand is what a data scientist writes first: pandas reads the file and parses dates and scores, and the sentences of
the comments are encoded by the ONNX MiniLM teacher. pandas keeps nothing, redacts nothing and names no cause; the
teacher is measured on a sample and its time extrapolated. Headwater redacts personal data, detects languages, hashes,
has every row on the disk, exactly once, and labels it with stage, moment, causes, sentiment and effort of a published
pack. Counts and sums of both are compared before anything is printed.
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
from typing import Any

import pandas as pd

ROWS = int(os.environ.get("HEADWATER_BENCH_ROWS", "200000"))
SAMPLE = 2_000
WORDS = [
    *("the", "delivery", "was", "late", "and", "nobody", "answered", "my", "call", "great", "service", "friendly"),
    *("staff", "will", "buy", "again", "never", "refund", "took", "weeks", "package", "damaged", "website", "slow"),
    *("checkout", "easy", "price", "fair", "quality", "poor", "support", "helpful"),
]
BY_HEADWATER = """
import json, sys
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from pathlib import Path
from time import perf_counter
from headwater.base.company import ensure_company
from headwater.insight import labelling
from headwater.journey.packs import load_pack
from headwater.journey.services import apply_pack
from headwater.listening import services
from headwater.listening.models import Import
from headwater.metrics.store import company_record
from headwater.record import Record
from headwater.record.questions import Size, Sums
ensure_company()
apply_pack(None, load_pack("retail"))
record = company_record()
spent = {}
def timed(owner, name):
    plain = getattr(owner, name)
    def measured(*given, **named):
        started = perf_counter()
        try:
            return plain(*given, **named)
        finally:
            spent[name] = spent.get(name, 0.0) + perf_counter() - started
    setattr(owner, name, measured)
for owner, name in ((services.inbox, "flush"), (Record, "unlabelled"), (Record, "put_labels"), (labelling, "_built")):
    timed(owner, name)
started = perf_counter()
outcome = services.import_file(Path(sys.argv[1]), source="bench")
imported = perf_counter() - started
started = perf_counter()
labelled = labelling.label_new()
record.refresh_rollups()
understood = perf_counter() - started
rows = record.ask(Sums((), None, None, None, "nps")).rows
print(json.dumps({"import": imported, "label": understood, "accepted": outcome.accepted, "labelled": labelled,
    "scored": rows[0].scored, "sum": rows[0].score_sum, "top": rows[0].top, "low": rows[0].low,
    "with_a_cause": labelled - sum(row.n for row in record.ask(Sums(("cause",))).rows if row.group["cause"] is None),
    "steps": Import.objects.get().timings, "spent": spent}))
"""
BY_TEACHER = """
import json, sys
import django
django.setup()
from time import perf_counter
from headwater.insight import text_models
from headwater.insight.label_rules import sentences
texts = json.load(sys.stdin)
parts, rows = sentences(texts)
parts += [text for row, text in enumerate(texts) if row not in set(rows.tolist())]
teacher = text_models.teacher("english")
teacher.encode(parts[:64])
started = perf_counter()
teacher.encode(parts)
print(json.dumps({"seconds": perf_counter() - started, "sentences": len(parts)}))
"""


def write_file(path: Path, rows: int) -> None:
    """Comments of one to four sentences of six to twelve words, every one different, with scores and times."""
    chance = random.Random(1)

    def sentence() -> str:
        return " ".join(chance.choices(WORDS, k=chance.randint(6, 12))).capitalize() + "."

    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "date", "score", "channel", "customer", "comment"])
        for number in range(rows):
            said = " ".join(sentence() for _ in range(chance.randint(1, 4)))
            moment = f"2024-{number % 12 + 1:02d}-{number % 28 + 1:02d} {number % 24:02d}:{number % 60:02d}:00"
            channel, customer = chance.choice(("web", "app", "phone", "store")), f"c{chance.randrange(1 + rows // 3)}"
            writer.writerow([f"r{number}", moment, number % 11, channel, customer, f"{said} Order {number}."])


def read_with_pandas(path: Path) -> tuple[float, dict[str, int], list[str]]:
    """Seconds, the sums that the record must give as well, and comments for the teacher."""
    started = perf_counter()
    frame = pd.read_csv(path, dtype={"id": str})
    frame["date"] = pd.to_datetime(frame["date"], format="%Y-%m-%d %H:%M:%S").dt.tz_localize("UTC")
    frame["band"] = (frame["score"] >= 9).astype(int) - (frame["score"] <= 6).astype(int)
    seconds = perf_counter() - started
    bands = frame["band"].value_counts()
    sums = {
        "accepted": int(frame["id"].nunique()),
        "labelled": int((frame["comment"].str.len() > 0).sum()),
        "scored": int(frame["score"].notna().sum()),
        "sum": int(frame["score"].sum()),
        "top": int(bands[1]),
        "low": int(bands[-1]),
    }
    return seconds, sums, frame["comment"].sample(min(SAMPLE, len(frame)), random_state=1).tolist()


def main() -> None:
    """Run both on the same file and print their times and ratio."""
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        path = Path(folder) / "comments.csv"
        write_file(path, ROWS)
        seconds, expected, sample = read_with_pandas(path)
        taught = _run(Path(folder) / "teacher", BY_TEACHER, json.dumps(sample))
        found = _run(Path(folder) / "home", BY_HEADWATER, "", str(path))
        for name, value in expected.items():
            if found[name] != value:
                raise SystemExit(f"The answers differ: {name} is {found[name]} in the record and {value} in pandas.")
        megabytes = path.stat().st_size / 1e6
    print(
        f"imports: {ROWS:,} comments, {megabytes:.0f} MB, same counts and sums in both; load {os.getloadavg()[0]:.1f}"
    )
    _show(found, seconds, taught["seconds"] / len(sample) * ROWS, taught["sentences"] / len(sample))


def _show(found: dict[str, Any], read: float, taught: float, sentences: float) -> None:
    ours = found["import"] + found["label"]
    for what, seconds in {
        "pandas: read and parse": read,
        f"teacher: {sentences:.1f} sentences a comment, from {min(SAMPLE, ROWS):,} comments": taught,
        "by hand together": read + taught,
        "headwater: into the record": found["import"],
        "headwater: labelled": found["label"],
        "headwater together": ours,
    }.items():
        print(f"  {what:56} {seconds:10.2f} s {ROWS / seconds:12,.0f} rows/s")
    print(f"  ratio {(read + taught) / ours:.0f}; {found['with_a_cause']:,} comments name a cause")
    steps = {**found["steps"], **found["spent"]}
    print("  µs a row: " + ", ".join(f"{name} {1e6 * taken / ROWS:.1f}" for name, taken in steps.items()))


def _run(home: Path, program: str, given: str, *arguments: str) -> dict[str, Any]:
    """What a program says in its last line, run in a fresh installation."""
    home.mkdir(mode=0o700)
    environment = {**os.environ, "HEADWATER_HOME": str(home), "DJANGO_SETTINGS_MODULE": "headwater.site.settings"}
    environment.pop("HEADWATER_DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], input=given, env=environment, stdout=subprocess.PIPE, text=True
    )
    if done.returncode:
        raise SystemExit(f"A side of the benchmark ended with status {done.returncode}.")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


if __name__ == "__main__":
    main()
