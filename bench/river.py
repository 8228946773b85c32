"""The Forest, causes and the river over a large record, as their pages ask, against pandas and PostgreSQL.

    python -m bench.river [--rows 1000000] [--keep FOLDER] [--without-peers]

The Forest is all that its page asks, with one customer's words. The same in each: every cause's share of negative
signals with its negatives by customer bucket; and what customers did (contacts, low scores) by cause, stage and
symptom, each act shared by the causes it names, with its buckets. Answers are compared before a ratio is printed.
*Cold* is a newly opened record that is asked for the first time, the files in the system's page cache; *again* is the
same question asked once more. The peers hold signals and causes as the benchmark of the record has them: pandas in
memory, PostgreSQL tuned and indexed, up to ``PEER_ROWS`` rows. Each time is the best of ``RUNS``, for everyone.
"""

import argparse
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.record import build
from bench.record_data import CAUSES, STAGES
from bench.record_peers import in_postgresql

PEER_ROWS = 2_000_000
RUNS = 3
SAID = ("survey", "review", "contact", "social")
Flows = dict[tuple[str, str, str], float]
Negatives = dict[str, int]
BY_HAND = {
    "causes": """select cause, bucket, sum(negative) from causes join signals using (id)
        where kind in ('survey', 'review', 'contact', 'social') group by 1, 2""",
    "river": """with acts as (
            select id, bucket, stage, case when kind = 'contact' then 'contact' else 'low_score' end as symptom
            from signals where kind = 'contact' or (kind in ('survey', 'review') and score_band = -1)
        ), shared as (
            select a.*, c.cause, 1.0 / count(*) over (partition by a.id) as part
            from acts a left join causes c using (id)
        ) {}""",
}
FLOWS = "select coalesce(cause, 'unknown'), coalesce(stage, ''), symptom, sum(part) from shared group by 1, 2, 3"
BUCKETS = "select coalesce(cause, 'unknown'), bucket, symptom, sum(part) from shared group by 1, 2, 3"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--keep", type=Path, help="build the record here, or use the one that is here")
    arguments.add_argument("--without-peers", action="store_true")
    given = arguments.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp(prefix="headwater-bench-"))
    try:
        frames = build(folder / "record", given.rows)
        set_up(folder)
        times, flows, negatives = ours()
        if not given.without_peers:
            times |= peers(*frames(), given.rows, flows, negatives)
        show(times, given.rows)
    finally:
        if given.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def set_up(folder: Path) -> None:
    """A company over this folder whose journey has the causes and stages of the made-up signals."""
    os.environ |= {"HEADWATER_HOME": str(folder), "DJANGO_SETTINGS_MODULE": "headwater.site.settings"}
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from headwater.journey.models import TaxonomyVersion
    from headwater.journey.packs import read_pack
    from headwater.journey.services import apply_pack

    if not TaxonomyVersion.objects.exists():
        apply_pack(None, read_pack(pack()))


def pack() -> str:
    """A journey pack with the causes and stages of the made-up signals; two departments can change each cause."""
    lines = ["schema: 1", "name: bench", "version: 1", "title: Bench", "description: Made up.", "departments:"]
    lines += [f"  - {{id: d{number}, name: Department {number}, description: Made up.}}" for number in range(6)]
    lines += [
        "stages:",
        *(f"  - {{id: {one}, name: {one}, description: Made up., examples: [words]}}" for one in STAGES),
    ]
    lines += ["moments: []", "causes:"]
    for number, cause in enumerate(CAUSES):
        departments = f"[d{number % 6}, d{(number + 1) % 6}]"
        stage = STAGES[number % len(STAGES)]
        lines.append(
            f"  - {{id: {cause}, name: Cause {number}, description: Made up., departments: {departments}, "
            f"stages: [{stage}], demand: failure, examples: [some words, more words]}}"
        )
    return "\n".join(lines) + "\n"


def ours() -> tuple[dict[str, dict[str, float]], Flows, Negatives]:
    from headwater.insight.causes import causes
    from headwater.insight.forest import forest
    from headwater.insight.queries import typical_verbatims
    from headwater.insight.river import river
    from headwater.insight.selection import Selection
    from headwater.metrics.store import close_company_record, company_record

    asked: Mapping[str, Callable[[], Any]] = {
        "causes": lambda: causes(Selection(), trends=True),
        "river": lambda: river(Selection()),
        "river, customers": lambda: river(Selection(), width="customers"),
        "Forest": lambda: words_of(forest(Selection())),
    }

    def words_of(found: Any) -> Any:
        """The page shows one customer's words beside its figures."""
        return found, typical_verbatims(None, Selection(), found.top.cause.id)

    times: dict[str, dict[str, float]] = {"Headwater, cold": {}, "Headwater, again": {}, "processor, cold": {}}
    answers = {}
    for name, ask in asked.items():
        cold, again, busy = [], [], []
        for _ in range(RUNS):
            close_company_record()
            company_record().versions()
            before = processor()
            cold.append(timed(ask)[0])
            busy.append(processor() - before)
            seconds, answers[name] = timed(ask)
            again.append(seconds)
        times["Headwater, cold"][name], times["Headwater, again"][name] = min(cold), min(again)
        times["processor, cold"][name] = min(busy)
    flows = {
        (stream.key, stage, symptom): value
        for stream in answers["river"].streams
        for (stage, symptom), value in stream.flows.items()
    }
    return times, flows, {row.cause.id: row.negatives for row in answers["causes"].rows}


def peers(
    frame: pd.DataFrame, causes: pd.DataFrame, rows: int, flows: Flows, negatives: Negatives
) -> dict[str, dict[str, float]]:
    """Times of the peers, each of whose answers is ours."""
    times: dict[str, dict[str, float]] = {}
    chosen: list[tuple[str, Iterator[tuple[str, float, Any]]]] = [("pandas", in_pandas(frame, causes))]
    if rows <= PEER_ROWS:
        chosen.append(("PostgreSQL", postgresql(frame, causes)))
    for peer, answers in chosen:
        times[peer] = {}
        for name, seconds, answer in answers:
            expected: Mapping[Any, float] = negatives if name == "causes" else flows
            assert set(answer) == set(expected), f"{peer} answers {name} differently"
            worst = max(abs(answer[key] - expected[key]) for key in expected)
            assert worst < 1e-3, f"{peer} answers {name} differently by {worst}"
            times[peer][name] = seconds
    return times


def in_pandas(frame: pd.DataFrame, causes: pd.DataFrame) -> Iterator[tuple[str, float, Any]]:
    indexed = frame.set_index("id")

    def negatives() -> Negatives:
        joined = causes.join(indexed[indexed.kind.isin(SAID)][["bucket", "negative"]], on="id", how="inner")
        found = joined.groupby(["cause", "bucket"], observed=True)["negative"].sum()
        return {cause: int(n) for cause, n in found.groupby("cause", observed=True).sum().items()}

    def flows() -> Flows:
        contact = indexed.kind == "contact"
        acts = indexed[contact | (indexed.kind.isin(["survey", "review"]) & (indexed.score_band == -1))]
        symptom = np.where(acts.kind == "contact", "contact", "low_score")
        acts = acts[["stage", "bucket"]].assign(symptom=pd.Categorical(symptom))
        acts["stage"] = acts.stage.cat.add_categories("").fillna("")
        named = causes[causes.id.isin(acts.index)]
        parts = named.assign(part=1.0 / named.groupby("id")["cause"].transform("size"))
        joined = acts.join(parts.set_index("id"), how="left")
        joined["cause"] = joined.cause.cat.add_categories("unknown").fillna("unknown")
        joined["part"] = joined.part.fillna(1.0)
        joined.groupby(["cause", "bucket", "symptom"], observed=True)["part"].sum()
        found = joined.groupby(["cause", "stage", "symptom"], observed=True)["part"].sum()
        return {(str(a), str(b), str(c)): float(value) for (a, b, c), value in found.items()}

    for name, ask in (("causes", negatives), ("river", flows)):
        yield name, *min((timed(ask) for _ in range(RUNS)), key=lambda one: one[0])


def postgresql(frame: pd.DataFrame, causes: pd.DataFrame) -> Iterator[tuple[str, float, Any]]:
    with in_postgresql(frame, causes) as connection:

        def negatives() -> Negatives:
            found: Negatives = {}
            for cause, _bucket, n in connection.execute(BY_HAND["causes"]):  # type: ignore[arg-type]
                found[cause] = found.get(cause, 0) + int(n)
            return found

        def flows() -> Flows:
            connection.execute(BY_HAND["river"].format(BUCKETS)).fetchall()  # type: ignore[arg-type]
            rows = connection.execute(BY_HAND["river"].format(FLOWS)).fetchall()  # type: ignore[arg-type]
            return {(a, b, c): float(value) for a, b, c, value in rows}

        for name, ask in (("causes", negatives), ("river", flows)):
            yield name, *min((timed(ask) for _ in range(RUNS)), key=lambda one: one[0])


def timed(ask: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    answer = ask()
    return time.perf_counter() - started, answer


def processor() -> float:
    """Seconds of processor time that this process has taken."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def show(times: Mapping[str, Mapping[str, float]], rows: int) -> None:
    print(f"\n{rows:,} signals, load {os.getloadavg()[0]:.1f}; seconds, and how many times as long as Headwater cold")
    for name, base in times["Headwater, cold"].items():
        print(f"  {name}")
        for who, seconds in times.items():
            if name in seconds:
                print(f"    {who:20}{seconds[name]:9.3f}{seconds[name] / base:9.1f}")


if __name__ == "__main__":
    main()
