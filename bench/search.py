"""Search by meaning and by words, end to end, against an exact scan of floats and SQLite's full-text index.

    python -m bench.search [--rows 100000] [--keep FOLDER]

Comments are Banking77 questions and airline tweets, alone and joined two by two until there are enough. Queries by
meaning are up to six words in a row of a comment, by words two of its rarer words. End to end is the service that the
page calls: encode, look through the index, read the comments from the record. The exact scan has all vectors in memory
as float32 and reads nothing; recall@10 is the share of the ten first shown that are as near as its ten nearest, so that
equally near comments are equal. What words find is compared comment by comment.
"""

import argparse
import csv
import os
import re
import resource
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import numpy as np

SHARED = Path(os.environ.get("HEADWATER_SHARED") or Path(__file__).parents[2] / "shared")
SEED = 20_260_101
QUERIES = 100
PART = 100_000
NEAREST = 10
SAME = 1e-5
"""Cosines that differ by less are the same: float32 adds up in another order."""
FEW = 20
"""Queries by words ask for what so many comments say at most: a page shows no more, so that answers can be compared."""
QUERY_WORDS = 6
Result = TypeVar("Result")


def main() -> None:
    """Run the benchmark and print its table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--keep", type=Path, help="build the record here, or use the one that is here")
    given = arguments.parse_args(sys.argv[1:] if sys.argv[0].endswith("search.py") else [])
    if not (SHARED / "data").is_dir():
        sys.exit("The shared data is not here: set HEADWATER_SHARED to its folder.")
    folder = given.keep or Path(tempfile.mkdtemp(prefix="headwater-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    os.environ |= {"HEADWATER_HOME": str(folder), "DJANGO_SETTINGS_MODULE": "headwater.site.settings"}
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    try:
        run(folder, given.rows)
    finally:
        if given.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def run(folder: Path, rows: int) -> None:
    from headwater.base.company import ensure_company
    from headwater.insight.labelling import current_labeller
    from headwater.insight.meaning import bring_index_up_to_date, search_verbatims
    from headwater.insight.selection import Selection

    ensure_company()
    texts = comments(rows)
    vectors_at = folder / "vectors.npy"
    if not vectors_at.exists():
        fill(texts)
    encoder = current_labeller().encoder
    seconds, _ = timed(bring_index_up_to_date)
    print(f"{rows:,} comments, load {os.getloadavg()[0]:.1f}; read into the index in {seconds:.1f} s", flush=True)
    if not vectors_at.exists():
        np.save(vectors_at, np.vstack([encoder.encode(texts[start : start + PART]) for start in range(0, rows, PART)]))
    vectors = np.load(vectors_at)
    peer = full_text(folder / "peer.sqlite", texts)
    random = np.random.default_rng(SEED)
    print("| | p50 ms | p99 ms | processor ms, mean | |\n|---|---|---|---|---|")

    everything, recall = Selection(), []
    asked = [six_words(texts[row], random) for row in random.choice(rows, QUERIES, replace=False)]
    search_verbatims(None, everything, "the first question opens files")
    own, exact, busy = [], [], 0.0
    for text in asked:
        before = processor()
        seconds, page = timed(lambda text=text: search_verbatims(None, everything, text))
        busy += processor() - before
        own.append(seconds)
        seconds, nearest = timed(lambda text=text: scanned(vectors, encoder.encode([text])[0]))
        exact.append(seconds)
        shown = [one.similarity or 0.0 for one in page.rows[:NEAREST]]
        recall.append(sum(one >= nearest[-1] - SAME for one in shown) / NEAREST)
    show("by meaning, end to end", own, f"recall@{NEAREST} {np.mean(recall):.3f}, lowest {min(recall):.1f}", busy)
    show("exact scan of float32, in memory, vectors alone", exact, f"{vectors.nbytes / 2**20:,.0f} MiB")

    own, other, agreed, busy = [], [], 0, 0.0
    for words in rare_pairs(texts, peer, random):
        before = processor()
        seconds, page = timed(lambda words=words: search_verbatims(None, everything, " ".join(words), way="words"))
        busy += processor() - before
        own.append(seconds)
        seconds, found = timed(lambda words=words: matched(peer, words))
        other.append(seconds)
        mine = {one.signal.text for one in page.rows}
        assert mine == found, (words, mine ^ found)
        agreed += 1
    show("by words, end to end", own, f"{agreed} queries, the same comments", busy)
    show("SQLite FTS5, texts alone", other, "")


def comments(rows: int) -> list[str]:
    """So many different comments, none longer than two of the data's own."""
    texts = []
    for part, column in (("banking77/train.csv", "text"), ("banking77/test.csv", "text")):
        texts += column_of(SHARED / "data" / part, column)
    texts += column_of(SHARED / "data" / "airline_tweets" / "Tweets.csv", "text")
    texts = list(dict.fromkeys(" ".join(text.split()) for text in texts))
    made = dict.fromkeys(texts[:rows])
    random = np.random.default_rng(SEED)
    while len(made) < rows:
        pairs = random.integers(0, len(texts), (rows - len(made), 2))
        made.update(dict.fromkeys(f"{texts[a]} {texts[b]}" for a, b in pairs))
    return list(made)


def column_of(path: Path, name: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row[name] for row in csv.DictReader(file)]


def fill(texts: list[str]) -> None:
    """Put the comments into the company's record, a hundred thousand a commit."""
    import pyarrow as pa

    from bench.record_data import make
    from headwater.metrics.store import company_record

    record = company_record()
    for first in range(0, len(texts), PART):
        part = texts[first : first + PART]
        signals = make(len(part), first=first).signals
        kinds = pa.array(["contact"] * len(part))
        signals = signals.set_column(signals.schema.get_field_index("text"), "text", pa.array(part))
        signals = signals.set_column(signals.schema.get_field_index("kind"), "kind", kinds)
        with record.writing():
            record.commit_signals(record.plan_signals(signals))
    record.refresh_rollups()
    record.compact()


def full_text(path: Path, texts: list[str]) -> sqlite3.Connection:
    if path.exists():
        return sqlite3.connect(path)
    connection = sqlite3.connect(path)
    connection.execute('create virtual table said using fts5(text, tokenize = "unicode61 remove_diacritics 0")')
    connection.executemany("insert into said values (?)", ((text,) for text in texts))
    connection.execute("insert into said (said) values ('optimize')")
    connection.commit()
    return connection


def matched(peer: sqlite3.Connection, words: list[str]) -> set[str]:
    query = " ".join(f'"{word}"' for word in words)
    return {row[0] for row in peer.execute("select text from said where said match ?", (query,))}


def scanned(vectors: np.ndarray, query: np.ndarray) -> np.ndarray:
    """The ten highest cosines of all."""
    near = vectors @ query
    return np.sort(near[np.argpartition(-near, NEAREST)[:NEAREST]])[::-1]


def six_words(text: str, random: np.random.Generator) -> str:
    words = text.split()
    first = int(random.integers(0, max(len(words) - QUERY_WORDS, 0) + 1))
    return " ".join(words[first : first + QUERY_WORDS])[:200]


def rare_pairs(texts: list[str], peer: sqlite3.Connection, random: np.random.Generator) -> list[list[str]]:
    """Pairs of words of a comment that at least one and at most twenty comments say."""
    pairs: list[list[str]] = []
    for row in random.permutation(len(texts)):
        words = sorted({word.lower() for word in re.findall(r"\b[A-Za-z]{5,}\b", texts[row])})
        if len(words) < 2:
            continue
        pair = [str(one) for one in random.choice(words, 2, replace=False)]
        if 1 <= len(matched(peer, pair)) <= FEW:
            pairs.append(pair)
        if len(pairs) == QUERIES:
            break
    return pairs


def show(name: str, seconds: list[float], note: str, busy: float | None = None) -> None:
    middle, slow = np.quantile(np.array(seconds) * 1000, (0.5, 0.99))
    said = "" if busy is None else f"{1000 * busy / len(seconds):.1f}"
    print(f"| {name} | {middle:.1f} | {slow:.1f} | {said} | {note} |", flush=True)


def timed(act: Callable[[], Result]) -> tuple[float, Result]:
    started = perf_counter()
    result = act()
    return perf_counter() - started, result


def processor() -> float:
    """Seconds of processor time that this process has taken."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
