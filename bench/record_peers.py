"""SQLite and PostgreSQL with the same signals, tuned and indexed for the questions they will be asked."""

import io
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg

from tests.postgresql import Server

Answer = dict[tuple[str | None, ...], tuple[int, ...]]
TABLES = (
    """create table signals (id bigint primary key, kind text, local_date date, metric text, score double precision,
    score_band smallint, bucket smallint, stage text, negative smallint)""",
    "create table causes (id bigint references signals, cause text)",
)
INDEXES = (
    "create index by_day on signals (local_date, stage, negative, score, score_band)",
    "create index by_bucket on signals (stage, bucket, score)",
    "create index by_signal on causes (id, cause)",
    "create index of_signal on signals (id, stage, local_date, negative, kind, score_band)",
)
SUMS = (
    "count(*), sum(negative), count(score), coalesce(sum(score), 0), coalesce(sum(score * score), 0), "
    "count(case when score_band = -1 then 1 end), count(case when score_band = 1 then 1 end)"
)
OUTCOME = (
    "case when kind = 'contact' then 'contact' when score_band = -1 then 'low_score' "
    "when negative = 1 then 'negative_words' else 'none' end"
)


def questions(month: str, week: str) -> dict[str, tuple[str, int]]:
    """SQL of each question, and how many of its columns are the group."""
    return {
        "month × stage": (f"select {month}, stage, {SUMS} from signals group by 1, 2", 2),
        "cause × stage": (
            "select cause, stage, count(*), sum(negative) from causes join signals using (id) group by 1, 2",
            2,
        ),
        "cause × week": (
            f"select cause, {week}, count(*), sum(negative) from causes join signals using (id) group by 1, 2",
            2,
        ),
        "stage × bucket": (
            "select stage, bucket, count(score), coalesce(sum(score), 0) from signals group by 1, 2",
            2,
        ),
        "flows": (f"select cause, stage, {OUTCOME}, count(*) from causes join signals using (id) group by 1, 2, 3", 3),
    }


def sqlite(frame: pd.DataFrame, causes: pd.DataFrame, path: Path) -> Iterator[tuple[str, float, Answer]]:
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    for pragma in ("journal_mode = off", "synchronous = off", "cache_size = -2000000", "mmap_size = 8000000000"):
        connection.execute(f"pragma {pragma}")
    for table in TABLES:
        connection.execute(table)
    for name, rows in (("signals", frame), ("causes", causes)):
        marks = ", ".join("?" * len(rows.columns))
        connection.executemany(f"insert into {name} values ({marks})", records(rows))
    for statement in (*INDEXES, "analyze"):
        connection.execute(statement)
    connection.commit()
    week = "date(local_date, '-' || ((strftime('%w', local_date) + 6) % 7) || ' days')"
    yield from answers(connection.execute, questions("strftime('%Y-%m-01', local_date)", week))
    connection.close()
    path.unlink()


@contextmanager
def in_postgresql(frame: pd.DataFrame, causes: pd.DataFrame) -> Iterator[psycopg.Connection]:
    """A PostgreSQL that holds the signals, tuned and indexed; gone afterwards."""
    server = Server.start()
    try:
        with psycopg.connect(server.url, autocommit=True) as connection:
            for table in TABLES:
                connection.execute(table)
            for name, rows in (("signals", frame), ("causes", causes)):
                with connection.cursor().copy(f"copy {name} from stdin (format csv)") as copy:  # type: ignore[arg-type]
                    copy.write(csv(rows))
            tuned = ("work_mem = '512MB'", "max_parallel_workers_per_gather = 2", "random_page_cost = 1.1", "jit = off")
            for statement in (*INDEXES, "vacuum analyze", *(f"set {one}" for one in tuned)):
                connection.execute(statement)  # type: ignore[arg-type]
            yield connection
    finally:
        server.stop()


def postgresql(frame: pd.DataFrame, causes: pd.DataFrame) -> Iterator[tuple[str, float, Answer]]:
    with in_postgresql(frame, causes) as connection:
        month, week = (f"date_trunc('{one}', local_date)::date::text" for one in ("month", "week"))
        yield from answers(connection.execute, questions(month, week))


def answers(execute: Callable[[Any], Any], asked: dict[str, tuple[str, int]]) -> Iterator[tuple[str, float, Answer]]:
    """The best of three runs each."""
    for name, (sql, width) in asked.items():
        times = []
        for _ in range(3):
            started = time.perf_counter()
            rows = execute(sql).fetchall()
            times.append(time.perf_counter() - started)
        yield name, min(times), {group(row[:width]): tuple(int(one) for one in row[width:]) for row in rows}


def group(values: tuple[object, ...]) -> tuple[str | None, ...]:
    return tuple(None if one is None else str(one) for one in values)


def records(rows: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    ready = prepared(rows).astype(object)
    return zip(*(ready[name].where(ready[name].notna(), None) for name in ready.columns), strict=True)


def csv(rows: pd.DataFrame) -> str:
    out = io.StringIO()
    prepared(rows).to_csv(out, header=False, index=False)
    return out.getvalue()


def prepared(rows: pd.DataFrame) -> pd.DataFrame:
    if "score_band" not in rows:
        return rows
    bands = {"score_band": rows["score_band"].astype("Int8"), "negative": rows["negative"].astype("int8")}
    return rows.assign(local_date=rows["local_date"].dt.strftime("%Y-%m-%d"), **bands)


if __name__ == "__main__":
    sys.exit("Run python -m bench.record")
