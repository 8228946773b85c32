"""Seeded signals and labels of a made-up company, for benchmarks and tests of the record."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

FIRST_DAY = date(2023, 11, 1)
DAYS = 1096
SOURCES = ("relationship_survey", "delivery_survey", "app_store", "helpdesk", "call_centre", "social", "events")
KINDS = ("survey", "survey", "review", "contact", "contact", "social", "event")
CHANNELS = ("email", "email", "app", "chat", "phone", "web", "system")
METRICS = ("nps", "csat", "rating", None, None, None, None)
SHARES = (0.22, 0.18, 0.15, 0.18, 0.12, 0.05, 0.10)
STAGES = ("discover", "choose", "order", "pay", "receive", "use", "help", "return", "renew")
LANGUAGES = ("en", "de", "fr", "pt")
CAUSES = tuple(f"cause_{number:02}" for number in range(24))
PHRASES = (
    "the parcel came three days after the promised date",
    "nobody told me that my order was split",
    "I had to explain the same thing to four people",
    "the invoice was wrong again and nobody could say why",
    "everything arrived quickly and as described",
    "the app signed me out in the middle of paying",
    "great service, thank you very much",
    "refund still missing after two weeks",
)
EVENTS = ("delivery_late", "refund_late", "outage")
SCALES = {"nps": (0, 10, 6, 9), "csat": (1, 5, 2, 4), "rating": (1, 5, 2, 4)}
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Made:
    """Signals as ``plan_signals`` takes them, and their labels without keys, row by row (None: no label)."""

    signals: pa.Table
    labels: pa.Table


def make(rows: int, *, seed: int = 7, first: int = 0, customers: int = 400_000, days: int = DAYS) -> Made:
    """So many rows, with record ids from ``first`` on."""
    random = np.random.default_rng((seed, first))
    source = random.choice(len(SOURCES), size=rows, p=SHARES)
    stage = random.integers(0, len(STAGES), rows)
    day = np.sort(random.integers(0, days, rows))
    signals = _signals(random, rows, first, customers, source, day)
    return Made(signals, _labels(random, rows, source, stage))


def _signals(
    random: np.random.Generator, rows: int, first: int, customers: int, source: Indices, day: Indices
) -> pa.Table:
    score, band = _scores(random, source)
    start = np.datetime64(FIRST_DAY, "us")
    moment = start + day.astype("timedelta64[D]") + random.integers(0, 86_400, rows).astype("timedelta64[s]")
    customer = (customers * random.random(rows) ** 2).astype(np.int64)
    is_event = source == SOURCES.index("events")
    spoken = ~is_event & (random.random(rows) < 0.7)
    text = _pick(PHRASES, random.integers(0, len(PHRASES), rows), spoken)
    unbound = random.random(rows) < 0.3
    number = pa.array(np.arange(first, first + rows)).cast(pa.string())
    plan = _pick(("basic", "plus"), random.integers(0, 2, rows))
    region = _pick(("north", "south", "west"), random.integers(0, 3, rows))
    pairs = np.stack([np.asarray(plan, dtype=object), np.asarray(region, dtype=object)], axis=1).ravel()
    attributes = pa.MapArray.from_arrays(
        pa.array(np.arange(0, 2 * rows + 1, 2, dtype=np.int32)),
        pa.array(["plan", "region"] * rows),
        pa.array(pairs, type=pa.string()),
    )
    return pa.table(
        {
            "source": _pick(SOURCES, source),
            "record_id": number,
            "kind": _pick(KINDS, source),
            "occurred_at": pa.array(moment.astype("datetime64[us]")),
            "received_at": pa.array(moment.astype("datetime64[us]")),
            "local_date": pa.array(moment.astype("datetime64[D]")),
            "customer_id": pa.array(np.char.add("c", customer.astype(str))),
            "subject_id": pa.array(np.char.add("o", (customer * 3 + day % 3).astype(str)), mask=unbound),
            "channel": _pick(CHANNELS, source),
            "language": _pick(LANGUAGES, random.choice(4, size=rows, p=(0.7, 0.15, 0.1, 0.05))),
            "metric": _pick(METRICS, source),
            "score": score,
            "score_band": band,
            "text": text,
            "event": _pick(EVENTS, random.integers(0, len(EVENTS), rows), is_event),
            "attributes": attributes,
            "origin": pa.array(np.zeros(rows, dtype=np.int64)),
        }
    )


def _scores(random: np.random.Generator, source: Indices) -> tuple[pa.Array, pa.Array]:
    score = np.full(len(source), np.nan)
    band = np.zeros(len(source), dtype=np.int8)
    for place, metric in enumerate(METRICS):
        if metric is None:
            continue
        low, high, low_max, top_min = SCALES[metric]
        mine = source == place
        given = np.minimum(high, low + np.floor((high - low + 1) * random.random(mine.sum()) ** 0.6))
        score[mine] = given
        band[mine] = np.where(given <= low_max, -1, np.where(given >= top_min, 1, 0))
    missing = np.isnan(score)
    return pa.array(score, mask=missing), pa.array(band, mask=missing)


def _labels(random: np.random.Generator, rows: int, source: Indices, stage: Indices) -> pa.Table:
    count = random.choice(3, size=rows, p=(0.4, 0.45, 0.15))
    first = (stage * 2 + random.integers(0, 4, rows)) % len(CAUSES)
    second = (first + 1 + random.integers(0, 3, rows)) % len(CAUSES)
    offsets = np.concatenate(([0], np.cumsum(count)))
    both = np.stack([first, second], axis=1)
    kept = both[np.arange(2)[None, :] < count[:, None]]
    return pa.table(
        {
            "stage": _pick(STAGES, stage, random.random(rows) < 0.95),
            "causes": pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), _pick(CAUSES, kept)),
            "sentiment": _pick(("negative", "neutral", "positive"), random.choice(3, size=rows, p=(0.3, 0.3, 0.4))),
            "author": _pick(("model",), np.zeros(rows, dtype=np.int64)),
            "model": _pick(("m1",), np.zeros(rows, dtype=np.int64)),
            "taxonomy_version": pa.array(np.ones(rows, dtype=np.int32)),
        }
    )


def _pick(values: tuple[str | None, ...], places: Indices, present: NDArray[np.bool_] | None = None) -> pa.Array:
    indices = pa.array(places.astype(np.int32), mask=None if present is None else ~present)
    return pa.DictionaryArray.from_arrays(indices, pa.array(values, type=pa.string())).cast(pa.string())
