"""Which few of many comments to show: typical of them all, and each saying something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

SAME = 0.95  # cosine from which two comments count as the same words
TYPICAL = 0.6  # weight of being typical against being different from those already chosen


def exemplars(vectors: Vectors, k: int) -> list[int]:
    """Rows of up to ``k`` exemplars among ``vectors`` (shape ``(n, d)``, length 1), the most typical first.

    The first is the medoid; the others follow maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): near
    the middle, far from those already chosen. Near-duplicates and rows of zeros are left out.
    """
    if k < 1 or not len(vectors):
        return []
    known = np.einsum("ij,ij->i", vectors, vectors) > 0
    typical = vectors @ vectors[known].mean(axis=0) if known.any() else np.zeros(len(vectors))
    open_to_choice = known.copy()
    nearest = np.full(len(vectors), -1.0, dtype=np.float32)
    chosen: list[int] = []
    while len(chosen) < k and open_to_choice.any():
        worth = TYPICAL * typical - ((1 - TYPICAL) * nearest if chosen else 0)
        best = int(np.argmax(np.where(open_to_choice, worth, -np.inf)))
        chosen.append(best)
        nearest = np.maximum(nearest, vectors @ vectors[best])
        open_to_choice &= nearest < SAME
        open_to_choice[best] = False
    return chosen
