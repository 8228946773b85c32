"""What a batch of arriving signals means to the record: what is new, what repeats, what revises."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

NEW, REPEATED, REVISED = 0, 1, 2
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many rows of one origin were new, known already, or new content of a known signal."""

    accepted: int = 0
    repeated: int = 0
    revised: int = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """One entry a row, in the order of arrival. ``kept`` are the rows to write: the last change of each key."""

    verdicts: NDArray[np.int8]
    kept: Integers
    revisions: Integers


@dataclass(frozen=True, slots=True)
class Plan:
    """What ``commit_signals`` will do. Valid while the signals stay at ``version``."""

    version: int
    outcomes: Mapping[int, Outcome]
    rows: pa.Table
    replaced: Mapping[Path, tuple[int, ...]] = field(repr=False)
    """Keys to take out of the files that hold them."""
    moved: pa.Table = field(repr=False)
    """signal_key and new local_date of revised signals whose day changed."""
    days: frozenset[int] = field(repr=False)
    """Days since 1970 whose sums change."""


def judge(keys: Integers, hashes: Integers, known: Mapping[int, tuple[int, int]]) -> Judgement:
    """Compare each row with what came before it: the row before with the same key, else what the record knows.

    Args:
        keys: signal keys, in the order of arrival.
        hashes: content hashes.
        known: key → (content hash, revision) in the record.
    """
    size = len(keys)
    order = np.argsort(keys, kind="stable")
    sorted_keys, sorted_hashes = keys[order], hashes[order]
    first = np.ones(size, dtype=bool)
    first[1:] = sorted_keys[1:] != sorted_keys[:-1]
    before = np.roll(sorted_hashes, 1)
    fresh, base = first.copy(), np.zeros(size, dtype=np.int64)
    for place in np.flatnonzero(first & np.isin(sorted_keys, np.fromiter(known, np.int64, len(known)))):
        before[place], base[place] = known[int(sorted_keys[place])]
        fresh[place] = False
    verdicts = np.where(fresh, NEW, np.where(before == sorted_hashes, REPEATED, REVISED)).astype(np.int8)
    changes = np.cumsum(verdicts != REPEATED)
    group = np.cumsum(first) - 1
    starts = np.flatnonzero(first)
    earlier = np.concatenate(([0], changes))[starts]
    revisions = base[starts][group] + changes - earlier[group]
    changed = np.flatnonzero(verdicts != REPEATED)
    last = np.ones(len(changed), dtype=bool)
    last[:-1] = group[changed][1:] != group[changed][:-1]
    kept = changed[last]
    by_arrival = np.empty(size, dtype=np.int8)
    by_arrival[order] = verdicts
    return Judgement(by_arrival, order[kept], revisions[kept])


def count_outcomes(origins: Integers, verdicts: NDArray[np.int8]) -> dict[int, Outcome]:
    """The counts of each origin."""
    distinct, places = np.unique(origins, return_inverse=True)
    counts = np.zeros((len(distinct), 3), dtype=np.int64)
    np.add.at(counts, (places, verdicts), 1)
    return {int(origin): Outcome(*map(int, row)) for origin, row in zip(distinct, counts, strict=True)}
