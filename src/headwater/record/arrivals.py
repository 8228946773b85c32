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


@dataclass(frozen=True, slots=True)
class Stored:
    """What the record has of some keys: one entry a key, in any order."""

    keys: Integers
    hashes: Integers
    revisions: Integers

    def find(self, keys: Integers) -> tuple[NDArray[np.bool_], Integers, Integers]:
        """Of each key: whether it is stored, its content hash and its revision (0 where it is not)."""
        if not len(self.keys):
            nothing = np.zeros(len(keys), dtype=np.int64)
            return nothing.astype(bool), nothing, nothing
        order = np.argsort(self.keys)
        places = order[np.minimum(np.searchsorted(self.keys, keys, sorter=order), len(order) - 1)]
        found = self.keys[places] == keys
        return found, np.where(found, self.hashes[places], 0), np.where(found, self.revisions[places], 0)


def judge(keys: Integers, hashes: Integers, stored: Stored) -> Judgement:
    """Compare each row with what came before it: the row before with the same key, else what the record has.

    Where the last row of a key says what the record has, all its rows are repeats: a file that says something twice
    about one key, sent again, changes nothing.

    Args:
        keys: signal keys, in the order of arrival.
        hashes: content hashes.
        stored: what the record has of these keys.
    """
    size = len(keys)
    order = np.argsort(keys, kind="stable")
    sorted_keys, sorted_hashes = keys[order], hashes[order]
    first = np.ones(size, dtype=bool)
    first[1:] = sorted_keys[1:] != sorted_keys[:-1]
    starts, group = np.flatnonzero(first), np.cumsum(first) - 1
    is_stored, content, base = stored.find(sorted_keys[starts])
    before = np.roll(sorted_hashes, 1)
    before[starts] = content
    fresh = np.zeros(size, dtype=bool)
    fresh[starts] = ~is_stored
    settled = is_stored & (sorted_hashes[_ends(starts, size)] == content)
    same = (before == sorted_hashes) | settled[group]
    verdicts = np.where(fresh, NEW, np.where(same, REPEATED, REVISED)).astype(np.int8)
    changes = np.cumsum(verdicts != REPEATED)
    earlier = np.concatenate(([0], changes))[starts]
    revisions = base[group] + changes - earlier[group]
    changed = np.flatnonzero(verdicts != REPEATED)
    last = np.ones(len(changed), dtype=bool)
    last[:-1] = group[changed][1:] != group[changed][:-1]
    kept = changed[last]
    by_arrival = np.empty(size, dtype=np.int8)
    by_arrival[order] = verdicts
    return Judgement(by_arrival, order[kept], revisions[kept])


def _ends(starts: Integers, size: int) -> Integers:
    """The last place of each group, from their first places."""
    return np.append(starts[1:], size)[: len(starts)] - 1


def count_outcomes(origins: Integers, verdicts: NDArray[np.int8]) -> dict[int, Outcome]:
    """The counts of each origin."""
    distinct, places = np.unique(origins, return_inverse=True)
    counts = np.zeros((len(distinct), 3), dtype=np.int64)
    np.add.at(counts, (places, verdicts), 1)
    return {int(origin): Outcome(*map(int, row)) for origin, row in zip(distinct, counts, strict=True)}
