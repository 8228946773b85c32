"""How right a classifier is on labelled rows: accuracy, macro-F1, calibration, coverage, confusion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from headwater.science.text.calibration import expected_calibration_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Quality:
    """``accuracy`` and ``macro_f1`` of the best guess on all ``n`` rows; ``coverage`` is the share of rows at or above
    the ``threshold`` and ``accuracy_when_sure`` the accuracy on those (``None`` without any). All are 0…1."""

    n: int
    accuracy: float
    macro_f1: float
    calibration_error: float
    threshold: float
    coverage: float
    accuracy_when_sure: float | None
    confusion: Confusion


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts with truth in rows and prediction in columns, both in the order of ``classes``."""

    classes: tuple[str, ...]
    counts: NDArray[np.int64]

    def one_against_rest(self, name: str) -> NDArray[np.int64]:
        """The 2 × 2 table of one class: has it, has it not."""
        place = self.classes.index(name)
        both = self.counts[place, place]
        missed, wrong = self.counts[place].sum() - both, self.counts[:, place].sum() - both
        return np.array([[both, missed], [wrong, self.counts.sum() - both - missed - wrong]])


def measure(
    truth: Sequence[str], predicted: Sequence[str], confidence: NDArray[np.float32], threshold: float
) -> Quality:
    """Measure predictions against the truth, row by row. ``ValueError`` when there are no rows."""
    if not len(truth) or not len(truth) == len(predicted) == len(confidence):
        raise ValueError(f"nothing to measure: {len(truth)} true and {len(predicted)} predicted labels")
    table = confusion(truth, predicted)
    right = np.array([a == b for a, b in zip(truth, predicted, strict=True)])
    sure = confidence >= threshold
    return Quality(
        n=len(truth),
        accuracy=float(right.mean()),
        macro_f1=macro_f1(table),
        calibration_error=expected_calibration_error(confidence, right),
        threshold=threshold,
        coverage=float(sure.mean()),
        accuracy_when_sure=float(right[sure].mean()) if sure.any() else None,
        confusion=table,
    )


def confusion(truth: Sequence[str], predicted: Sequence[str], classes: Sequence[str] | None = None) -> Confusion:
    """Count each pair of true and predicted class; ``classes`` defaults to all that occur, sorted."""
    names = tuple(classes) if classes is not None else tuple(sorted({*truth, *predicted}))
    position = {name: number for number, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    for true, guess in zip(truth, predicted, strict=True):
        counts[position[true], position[guess]] += 1
    return Confusion(names, counts)


def macro_f1(table: Confusion) -> float:
    """Mean F1 over the classes that occur in the truth."""
    hits = np.diag(table.counts).astype(np.float64)
    true, guessed = table.counts.sum(axis=1), table.counts.sum(axis=0)
    scores = 2 * hits / np.maximum(true + guessed, 1)
    return float(scores[true > 0].mean())
