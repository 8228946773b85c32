"""PostgreSQL as the peer of trigger rules: the same signals in one table, indexed for what rules begin with, asked by
window functions and joins as one would write them."""

import io
import time
from collections.abc import Iterable
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import psycopg

from headwater.record.questions import Pattern
from tests.postgresql import Server

TABLE = """create table signals (signal_key bigint, customer_id text, occurred_at timestamp, kind text, event text,
    metric text, score double precision)"""
INDEXES = (
    "create index by_kind on signals (kind, occurred_at) include (customer_id, signal_key)",
    "create index by_event on signals (event, occurred_at) include (customer_id, signal_key)",
    "create index by_metric on signals (metric, occurred_at) include (score)",
    "create index by_customer on signals (customer_id, occurred_at) include (kind)",
)
"""What a rule that someone writes may begin with: a kind, an event or a metric; and what a customer did next."""
SETTINGS = ("work_mem = '512MB'", "max_parallel_workers_per_gather = 2", "random_page_cost = 1.1", "jit = off")


class Asked:
    """A server with the signals of a frame, ready for the questions."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection

    def load(self, frames: Iterable[pd.DataFrame]) -> None:
        """Fill the table, index it, and learn what is in it."""
        columns = ["signal_key", "customer_id", "occurred_at", "kind", "event", "metric", "score"]
        self._run(TABLE)
        for frame in frames:
            out = io.StringIO()
            frame[columns].to_csv(out, header=False, index=False)
            with self._connection.cursor().copy("copy signals from stdin (format csv)") as copy:
                copy.write(out.getvalue())
        for statement in (*INDEXES, "vacuum analyze signals", *(f"set {one}" for one in SETTINGS)):
            self._run(statement)

    def count(self, rule: Pattern, as_of: datetime, since: date | None, until: date | None) -> tuple[float, int]:
        """The best of two runs, in seconds, and how many firings there are."""
        query, runs = sql(rule, as_of, since, until), []
        for _run in range(2):
            started = time.perf_counter()
            found = self._run(query).fetchone()
            runs.append(time.perf_counter() - started)
        assert found is not None
        return min(runs), int(found[0])

    def _run(self, statement: str) -> "psycopg.Cursor[Any]":
        return self._connection.execute(statement)


@contextmanager
def postgresql() -> Any:
    """A server of one's own, gone afterwards."""
    server = Server.start()
    try:
        with psycopg.connect(server.url, autocommit=True) as connection:
            yield Asked(connection)
    finally:
        server.stop()


def sql(rule: Pattern, as_of: datetime, since: date | None, until: date | None) -> str:
    """How often a rule fired, in the days given. Rules that reach back a known time read only those days."""
    days = "true" if since is None or until is None else f"at >= '{since}' and at < '{until + timedelta(days=1)}'"
    marks = "event = 'outage'" if "outage" in str(rule.first) else "kind = 'contact'"
    if rule.kind == "threshold":
        side = ">=" if rule.at_least else "<="
        chosen = f"metric = 'csat' and score {side} {rule.value}"
        return f"select count(*) from (select occurred_at as at from signals where {chosen}) found where {days}"
    back = rule.reaches_back()
    if since is not None and back is not None:
        marks += f" and occurred_at >= '{since - back - timedelta(days=2)}'"
    order = "partition by customer_id order by occurred_at, signal_key"
    if rule.kind == "nth":
        return f"""select count(*) from (select occurred_at as at, row_number() over ({order}) as place
            from signals where {marks}) ranked where place = {rule.n} and {days}"""
    if rule.kind == "within":
        return f"""select count(*) from (select at, many, lag(many) over (partition by customer_id
            order by at, signal_key) as before from (select customer_id, signal_key, occurred_at as at,
            lag(occurred_at, {rule.n - 1}) over ({order}) >= occurred_at - interval '{rule.hours} hours' as many
            from signals where {marks}) gathered) runs where many and before is not true and {days}"""
    return f"""select count(*) from (select customer_id, occurred_at, occurred_at + interval '{rule.hours} hours' as at
        from signals where {marks}) promised where at < '{as_of}' and {days} and not exists (
        select 1 from signals kept where kept.kind = 'contact' and kept.customer_id = promised.customer_id
        and kept.occurred_at between promised.occurred_at and promised.at)"""
