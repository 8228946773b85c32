"""The Forest page's questions over the record, against pandas, SQLite and PostgreSQL holding the same signals.

    python -m bench.record [--rows 1000000] [--keep FOLDER]

All answers are compared before a ratio is printed. The relational peers, asked up to ``PEER_ROWS`` rows, hold stage and
negativity as columns beside the signals, causes in a table of their own, and covering indexes for these very questions.
*Cold* is a newly opened record that is asked for the first time, the files in the system's page cache. Each time is the
best of ``RUNS``, for everyone.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bench.record_data import make
from bench.record_peers import postgresql, sqlite
from headwater.record import Record
from headwater.record.engine import whole
from headwater.record.keys import complete
from headwater.record.questions import Flows, Known, Sums
from headwater.record.questions.question import tables

CHUNK = 1_000_000
PEER_ROWS = 2_000_000
RUNS = 3
Answer = dict[tuple[str | None, ...], tuple[int, ...]]
Result = TypeVar("Result")
QUESTIONS = ("month × stage", "cause × stage", "cause × week", "stage × bucket", "flows")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--keep", type=Path, help="build the record here, or use the one that is here")
    given = arguments.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp(prefix="headwater-bench-"))
    try:
        run(folder, given.rows)
    finally:
        if given.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def run(folder: Path, rows: int) -> None:
    frames = build(folder / "record", rows)
    cold = best(lambda: newly_opened(folder / "record"))
    record = Record(folder / "record")
    again = best(lambda: asked(record))
    times = {
        "Headwater, cold": {name: seconds for name, (seconds, _) in cold.items()},
        "Headwater, asked again": {name: seconds for name, (seconds, _) in again.items()},
        "Headwater, from rows": from_rows(folder / "record"),
    }
    answers = {name: answer for name, (_, answer) in cold.items()}
    frame, causes = frames()
    peers: dict[str, Callable[[], Iterator[tuple[str, float, Answer]]]] = {"pandas": lambda: in_pandas(frame, causes)}
    if rows <= PEER_ROWS:
        peers["SQLite"] = lambda: sqlite(frame, causes, folder / "peer.sqlite")
        peers["PostgreSQL"] = lambda: postgresql(frame, causes)
    for peer, ask in peers.items():
        times[peer] = {}
        for name, seconds, answer in ask():
            assert answer == answers[name], f"{peer} answers {name} differently"
            times[peer][name] = seconds
    show(times, rows)


def build(folder: Path, rows: int) -> Callable[[], tuple[pd.DataFrame, pd.DataFrame]]:
    """Fill the record, unless it is there; what the peers need is made from the same generator when asked for."""
    chunks = [(first, min(CHUNK, rows - first)) for first in range(0, rows, CHUNK)]
    if not folder.exists():
        record = Record(folder)
        started = time.perf_counter()
        for first, count in chunks:
            fill(record, first, count)
        print(f"{rows:,} signals and labels written in {time.perf_counter() - started:.1f} s")
        for name, step in {"rollups": record.refresh_rollups, "compaction": record.compact}.items():
            print(f"{name}: {timed(step)[0]:.1f} s")
        record.close()

    def frames() -> tuple[pd.DataFrame, pd.DataFrame]:
        parts = [relational(first, count) for first, count in chunks]
        return pd.concat([one for one, _ in parts], ignore_index=True), pd.concat([one for _, one in parts])

    return frames


def fill(record: Record, first: int, count: int) -> None:
    made = make(count, first=first)
    keys = complete(made.signals)["signal_key"]
    with record.writing():
        record.commit_signals(record.plan_signals(made.signals))
        record.put_labels(made.labels.append_column("signal_key", keys))


def relational(first: int, count: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Signals with their labels as columns, and their causes, one a row."""
    made = make(count, first=first)
    signals, labels = complete(made.signals), made.labels
    negative = pc.if_else(
        signals["score_band"].is_valid(), pc.equal(signals["score_band"], -1), pc.equal(labels["sentiment"], "negative")
    )
    columns = {name: signals[name] for name in ("kind", "local_date", "metric", "score", "score_band")}
    columns |= {"bucket": signals["customer_bucket"], "stage": labels["stage"], "negative": negative}
    frame = pa.table({"id": pa.array(np.arange(first, first + count)), **columns}).to_pandas()
    for name in ("kind", "metric", "stage"):
        frame[name] = frame[name].astype("category")
    frame["local_date"] = pd.to_datetime(frame["local_date"])
    lists = labels["causes"].combine_chunks()
    parents = np.asarray(pc.list_parent_indices(lists)) + first
    return frame, pd.DataFrame({"id": parents, "cause": pc.list_flatten(lists).to_pandas().astype("category")})


def newly_opened(folder: Path) -> Mapping[str, Callable[[], Answer]]:
    """The questions to a record that knows nothing of the files yet but where they are."""
    record = Record(folder)
    record.versions()
    return asked(record)


def best(questions: Callable[[], Mapping[str, Callable[[], Answer]]]) -> dict[str, tuple[float, Answer]]:
    """The best of ``RUNS`` of each question."""
    runs = [{name: timed(ask) for name, ask in questions().items()} for _ in range(RUNS)]
    return {name: min((run[name] for run in runs), key=lambda one: one[0]) for name in QUESTIONS}


def asked(record: Record) -> Mapping[str, Callable[[], Answer]]:
    """The page's questions, each giving whole numbers by group."""

    def sums(question: Sums, *names: str) -> Answer:
        rows = record.ask(question).rows
        return {tuple(row.group.values()): tuple(int(getattr(row, name)) for name in names) for row in rows}

    return {
        "month × stage": lambda: sums(
            Sums(("month", "stage")), "n", "negative", "scored", "score_sum", "score_sumsq", "low", "top"
        ),
        "cause × stage": lambda: named(sums(Sums(("cause", "stage")), "n", "negative")),
        "cause × week": lambda: named(sums(Sums(("cause", "week")), "n", "negative")),
        "stage × bucket": lambda: sums(Sums(("stage", "bucket")), "scored", "score_sum"),
        "flows": lambda: named({(one.cause, one.stage, one.outcome): (one.n,) for one in record.ask(Flows())}),
    }


def named(answer: Answer) -> Answer:
    """Without the signals that name no cause, of which the peers' table of causes knows nothing."""
    return {group: sums for group, sums in answer.items() if group[0] is not None}


def from_rows(folder: Path) -> dict[str, float]:
    """The same without rollups: what a question costs that they cannot answer."""
    record = Record(folder)
    times = {}
    for name, question in {
        "month × stage": Sums(("month", "stage")),
        "cause × stage": Sums(("cause", "stage")),
        "cause × week": Sums(("cause", "week")),
        "stage × bucket": Sums(("stage", "bucket")),
        "flows": Sums(("cause", "stage", "kind")),
    }.items():
        query = question.from_rows(Known())
        sources = {table: whole(record._store.tables[table].snapshot()) for table in tables(query)}
        times[name] = min(timed(partial(record._store.run, query, sources))[0] for _ in range(RUNS))
    return times


def in_pandas(frame: pd.DataFrame, causes: pd.DataFrame) -> Iterator[tuple[str, float, Answer]]:
    """The frames lie in memory, with categories; joining causes to signals is part of the question."""

    def month_stage() -> Answer:
        month = frame["local_date"].to_numpy().astype("datetime64[M]").astype("datetime64[D]")
        values = frame.assign(
            month=month,
            square=frame["score"] ** 2,
            low=frame["score_band"] == -1,
            top=frame["score_band"] == 1,
        ).groupby(["month", "stage"], observed=True, dropna=False)
        found = values.agg(
            n=("id", "size"),
            negative=("negative", "sum"),
            scored=("score", "count"),
            score_sum=("score", "sum"),
            square=("square", "sum"),
            low=("low", "sum"),
            top=("top", "sum"),
        )
        return plain(found)

    def by_cause(*by: str) -> Answer:
        joined = causes.join(frame.set_index("id"), on="id")
        if "week" in by:
            day = joined["local_date"]
            joined["week"] = (day - pd.to_timedelta(day.dt.day_of_week, unit="D")).dt.normalize()
        if "outcome" in by:
            low = joined["score_band"] == -1
            outcome = np.select(
                [joined["kind"] == "contact", low, joined["negative"]],
                ["contact", "low_score", "negative_words"],
                "none",
            )
            joined["outcome"] = pd.Categorical(outcome)
        grouped = joined.groupby(["cause", *by], observed=True, dropna=False)
        if "outcome" in by:
            return plain(grouped.size().to_frame())
        return plain(grouped.agg(n=("id", "size"), negative=("negative", "sum")))

    def buckets() -> Answer:
        grouped = frame.groupby(["stage", "bucket"], observed=True, dropna=False)
        return plain(grouped.agg(scored=("score", "count"), score_sum=("score", "sum")))

    questions = (month_stage, lambda: by_cause("stage"), lambda: by_cause("week"), buckets)
    for name, ask in zip(QUESTIONS, (*questions, lambda: by_cause("stage", "outcome")), strict=True):
        yield name, *min((timed(ask) for _ in range(RUNS)), key=lambda one: one[0])


def plain(found: pd.DataFrame) -> Answer:
    def text(value: object) -> str | None:
        if value is None or value is pd.NaT or value != value:
            return None
        return value.date().isoformat() if isinstance(value, pd.Timestamp) else str(value)

    rows = zip(found.index, found.itertuples(index=False), strict=True)
    return {tuple(text(one) for one in group): tuple(int(one) for one in sums) for group, sums in rows}


def timed(ask: Callable[[], Result]) -> tuple[float, Result]:
    started = time.perf_counter()
    answer = ask()
    return time.perf_counter() - started, answer


def show(times: Mapping[str, Mapping[str, float]], rows: int) -> None:
    print(f"\n{rows:,} signals; seconds, and how many times as long as Headwater takes cold")
    print(f"{'':24}" + "".join(f"{name:>16}" for name in (*QUESTIONS, "together")) + f"{'ratio':>9}")
    base = sum(times["Headwater, cold"].values())
    for who, seconds in times.items():
        cells = "".join(f"{seconds[name]:>16.3f}" for name in QUESTIONS)
        total = sum(seconds.values())
        print(f"{who:24}{cells}{total:>16.3f}{total / base:>9.1f}")


if __name__ == "__main__":
    main()
