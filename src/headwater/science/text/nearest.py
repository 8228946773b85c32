"""Which of many vectors are nearest to one: signs of bits first, whole numbers of eight bits for the best of those.

A vector of length 1 keeps its neighbours when each of its numbers is one bit (above the middle of all, or not): the
distance of two is then the count of bits that differ, 64 at a time. The few nearest by bits are compared by
their quantised numbers. Measured recall is in docs/develop/text.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from headwater.science.text.student import quantise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

CANDIDATES = 4_000
SHARE = 0.02
"""Of many vectors so many are compared closely: with a fixed number recall falls as the vectors become more."""
WORD = 64


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """Vectors in two coarser forms: ``bits`` (n, ⌈d / 64⌉), and ``rows`` (n, d) to be multiplied by ``scales`` (n,)."""

    bits: NDArray[np.uint64]
    rows: NDArray[np.int8]
    scales: Vectors

    def __len__(self) -> int:
        return len(self.scales)


def pack(vectors: Vectors, middle: Vectors) -> Packed:
    """Pack ``vectors`` (n, d) around their ``middle`` (d,), the same for all that are searched together."""
    rows, scales = quantise(vectors)
    return Packed(signs(vectors, middle), rows, scales[:, 0])


def signs(vectors: Vectors, middle: Vectors) -> NDArray[np.uint64]:
    """One bit a number, padded to whole words of 64."""
    width = -(-vectors.shape[1] // WORD) * WORD
    above = np.zeros((len(vectors), width), dtype=bool)
    above[:, : vectors.shape[1]] = vectors > middle
    return np.packbits(above, axis=1).view(np.uint64)


def nearest(
    query: Vectors,
    parts: Sequence[Packed],
    middle: Vectors,
    k: int,
    *,
    open_to_choice: Sequence[NDArray[np.bool_] | None] | None = None,
    candidates: int | None = None,
) -> tuple[NDArray[np.int64], Vectors]:
    """Places of the up to ``k`` nearest of all ``parts`` one after another, the most similar first, and their cosines.

    ``query`` (d,) has length 1. ``open_to_choice`` leaves rows of a part out; None leaves out none. ``candidates`` are
    compared closely, by default ``CANDIDATES`` or ``SHARE`` of all.
    """
    wanted = signs(query[None], middle)[0]
    distances = [_distance(part, wanted) for part in parts]
    for distance, chosen in zip(distances, open_to_choice or (), strict=False):
        if chosen is not None:
            distance[~chosen] = np.iinfo(np.uint16).max
    if not distances:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    all_distances = np.concatenate(distances)
    wide = max(CANDIDATES, round(SHARE * len(all_distances))) if candidates is None else candidates
    close = min(max(wide, k), len(all_distances))
    places = np.argpartition(all_distances, close - 1)[:close] if close else np.zeros(0, np.int64)
    places = np.sort(places[all_distances[places] < np.iinfo(np.uint16).max])
    similarity = _similarity(query, parts, places)
    order = np.argsort(-similarity, kind="stable")[:k]
    return places[order], similarity[order]


def _distance(part: Packed, wanted: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Bits that differ, word by word: no array wider than the answer."""
    distance = np.zeros(len(part), dtype=np.uint16)
    for place, word in enumerate(wanted):
        distance += np.bitwise_count(part.bits[:, place] ^ word)
    return distance


def _similarity(query: Vectors, parts: Sequence[Packed], places: NDArray[np.int64]) -> Vectors:
    found = np.zeros(len(places), dtype=np.float32)
    first = 0
    for part in parts:
        mine = (places >= first) & (places < first + len(part))
        rows = places[mine] - first
        found[mine] = (part.rows[rows].astype(np.float32) @ query) * part.scales[rows]
        first += len(part)
    return found
