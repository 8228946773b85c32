"""Trigger rules over the record: previews as the form asks for them against pandas, and what an arrival costs.

    python -m bench.triggers [--rows 1000000] [--keep FOLDER]

The peers: PostgreSQL with the same signals, indexed for such rules, which counts the firings alone; and pandas over
columns in memory, its reading not counted. All count the same firings before a time is printed; ``×`` is how many times
as fast as PostgreSQL. Times are the best of ``RUNS``; nothing is answered from the kept answers. Arrivals are judged in
batches of 1,000, of 10 and one by one, by five active triggers, states and firings in SQLite; the median and the
slowest batch are what the evaluation adds to the transaction that ends a batch of the inbox.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from bench.record_data import DAYS, FIRST_DAY, make
from bench.triggers_peer import Asked, postgresql
from headwater.record import Record
from headwater.record.filters import parse
from headwater.record.keys import complete
from headwater.record.questions import Pattern, PatternFirings

CHUNK, RUNS = 1_000_000, 3
SIZES = ((1_000, 20), (10, 100), (1, 300))
"""Rows of a batch that arrives, and how many of them."""
END = FIRST_DAY + timedelta(days=DAYS)
AS_OF = datetime(END.year, END.month, END.day)
SINCE = END - timedelta(days=91)
CONTACT, OUTAGE, LATE = parse("kind = 'contact'"), parse("event = 'outage'"), parse("event = 'delivery_late'")
RULES = {
    "third contact in 30 days": Pattern("within", CONTACT, n=3, hours=720),
    "first outage of a customer": Pattern("nth", OUTAGE),
    "100th contact": Pattern("nth", CONTACT, n=100),
    "outage, no contact in 3 days": Pattern("not_followed", OUTAGE, CONTACT, hours=72),
    "score of 2 or less": Pattern("threshold", parse("metric = 'csat'"), measured="score", at_least=False, value=2),
}
DOCUMENTS: list[dict[str, Any]] = [
    {"kind": "within", "first": str(CONTACT), "n": 3, "hours": 720},
    {"kind": "first", "first": str(OUTAGE)},
    {"kind": "nth", "first": str(CONTACT), "n": 100},
    {"kind": "not_followed", "first": str(OUTAGE), "second": str(CONTACT), "hours": 72},
    {"kind": "threshold", "first": "metric = 'csat'", "measured": "score", "side": "at_most", "value": 2},
]
HOUR = np.timedelta64(1, "h")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--keep", type=Path, help="build the record here, or use the one that is here")
    arguments.add_argument("--without-peers", action="store_true")
    given = arguments.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp(prefix="headwater-bench-"))
    try:
        build(folder / "record", given.rows)
        if given.without_peers:
            previews(folder / "record", None, None)
        else:
            frame = frame_of(given.rows)
            with postgresql() as peer:
                peer.load(frame[start : start + CHUNK] for start in range(0, len(frame), CHUNK))
                previews(folder / "record", frame, peer)
        arrivals(folder)
    finally:
        if given.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def build(folder: Path, rows: int) -> None:
    if folder.exists():
        return
    record, started = Record(folder), time.perf_counter()
    for first in range(0, rows, CHUNK):
        with record.writing():
            record.commit_signals(record.plan_signals(make(min(CHUNK, rows - first), first=first).signals))
    record.compact()
    record.close()
    print(f"{rows:,} signals written in {time.perf_counter() - started:.1f} s", flush=True)


def previews(folder: Path, frame: pd.DataFrame | None, peer: Asked | None) -> None:
    """Each rule over the last quarter and over everything, beside its peers."""
    record = Record(folder)
    for name, pattern in RULES.items():
        quarter = PatternFirings(pattern, AS_OF, SINCE, END)
        seconds, found = best(partial(record.ask_once, quarter))
        ever = PatternFirings(pattern, AS_OF)
        whole_seconds, whole = best(partial(record.ask_once, ever))
        line = f"{name}: last quarter {found.total:,} in {seconds:.2f} s; ever {whole.total:,} in {whole_seconds:.2f} s"
        if peer is not None:
            quarter_peer, counted = peer.count(pattern, AS_OF, SINCE, END)
            ever_peer, counted_ever = peer.count(pattern, AS_OF, None, None)
            assert (counted, counted_ever) == (found.total, whole.total), (name, counted, counted_ever)
            line += f"; PostgreSQL {quarter_peer:.2f} s (× {quarter_peer / seconds:.1f})"
            line += f", ever {ever_peer:.2f} s (× {ever_peer / whole_seconds:.1f})"
        if frame is not None:
            peer_seconds, at = best(partial(by_hand, pattern, frame))
            counted = int(((at >= np.datetime64(SINCE)) & (at < np.datetime64(END) + np.timedelta64(1, "D"))).sum())
            assert (counted, len(at)) == (found.total, whole.total), (name, counted, len(at), found.total, whole.total)
            line += f"; pandas {peer_seconds:.2f} s"
        print(line, flush=True)
    record.close()


def best(ask: Callable[[], Any]) -> tuple[float, Any]:
    runs = []
    for _run in range(RUNS):
        started = time.perf_counter()
        answer = ask()
        runs.append((time.perf_counter() - started, answer))
    return min(runs, key=lambda run: run[0])


def frame_of(rows: int) -> pd.DataFrame:
    """The signals as columns, read for all rules at once."""
    names = ["customer_id", "occurred_at", "kind", "event", "metric", "score", "signal_key"]
    parts = []
    for first in range(0, rows, CHUNK):
        part = complete(make(min(CHUNK, rows - first), first=first).signals).select(names).to_pandas()
        parts.append(part.astype({"kind": "category", "event": "category", "metric": "category"}))
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True)
    for name in ("kind", "event", "metric", "customer_id"):
        frame[name] = frame[name].astype("category")
    return frame


def by_hand(rule: Pattern, frame: pd.DataFrame) -> Any:
    """When the rule fired, over everything."""
    if rule.kind == "threshold":
        return frame.occurred_at[(frame.metric == "csat") & (frame.score <= rule.value)].to_numpy()
    first = frame.event == "outage" if rule.first is OUTAGE else frame.kind == "contact"
    chosen = frame[first | (frame.kind == "contact")] if rule.kind == "not_followed" else frame[first]
    marks = chosen[["customer_id", "occurred_at", "signal_key"]].assign(
        customer=chosen.customer_id.cat.codes, is_first=first.loc[chosen.index]
    )
    marks = marks.sort_values(["customer", "occurred_at", "signal_key"])
    groups = marks.groupby("customer").occurred_at
    if rule.kind == "nth":
        return marks.occurred_at[groups.cumcount() == rule.n - 1].to_numpy()
    if rule.kind == "within":
        many = (marks.occurred_at - groups.shift(rule.n - 1)) <= rule.hours * HOUR
        before = many.groupby(marks.customer).shift(1, fill_value=False)
        return marks.occurred_at[many & ~before].to_numpy()
    followed = marks.occurred_at.where(~marks.is_first).groupby(marks.customer).bfill()
    deadline = marks.occurred_at + rule.hours * HOUR
    late = marks.is_first & ~(followed <= deadline) & (deadline < np.datetime64(AS_OF))
    return deadline[late].to_numpy()


def arrivals(folder: Path) -> None:
    """What judging adds to a batch, with states built from the record."""
    home = folder / "home"
    home.mkdir(mode=0o700, exist_ok=True)
    os.environ |= {"HEADWATER_HOME": str(home), "DJANGO_SETTINGS_MODULE": "headwater.site.settings"}
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import transaction

    from headwater.journey import building, triggers, watching
    from headwater.journey.models import Trigger

    call_command("migrate", verbosity=0, skip_checks=True)
    if not (home / "record").exists():
        (home / "record").symlink_to(folder / "record")
    Trigger.objects.all().delete()
    for number, document in enumerate(DOCUMENTS):
        made = triggers.create_trigger(None, {"name": f"Trigger {number}", "rule": document})
        Trigger.objects.filter(pk=made.pk).update(state=Trigger.State.BUILDING)
        started = time.perf_counter()
        building.build(None, made.pk)
        print(f"built from history: {document['kind']}, {time.perf_counter() - started:.1f} s", flush=True)
    for size, times in SIZES:
        taken, worked = [], []
        for number in range(times):
            rows = as_new(complete(make(size, seed=11, first=10**9 + number * size + size * 10**6).signals))
            with transaction.atomic():
                started, before = time.perf_counter(), time.process_time()
                watching.arrived(partial(as_it_is, rows))
                taken.append((time.perf_counter() - started) / size * 1_000)
                worked.append((time.process_time() - before) / size * 1_000)
        said = f"median {median(taken):.3f}, slowest batch {max(taken):.3f}, processor median {median(worked):.3f}"
        print(f"batches of {size:,}, ms a signal: {said}", flush=True)


def as_it_is(rows: Any) -> Any:
    return rows


def as_new(rows: Any) -> Any:
    """Signals in their first revision."""
    import pyarrow as pa

    index = rows.schema.get_field_index("revision")
    return rows.set_column(index, rows.schema.field(index), pa.repeat(pa.scalar(1, pa.int32()), len(rows)))


if __name__ == "__main__":
    main()
