"""Confidence that means what it says, and the threshold under which the answer is "not sure"."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headwater.science.text.classifier import softmax

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float32] | NDArray[np.float64]

BINS = 10
NEVER = 1.01  # a threshold no confidence reaches


def fit_temperature(
    scores: NDArray[np.float32], truth: NDArray[np.int64], *, prior: float = 1.0, prior_rows: float = 50
) -> float:
    """The temperature that makes the true classes most likely (Guo et al., On Calibration, ICML 2017).

    ``scores``: shape ``(n, k)`` from rows that the classifier did not learn from; ``truth``: their classes as numbers.
    With few rows the answer stays near ``prior``, which counts as much as ``prior_rows`` rows.
    """
    if not len(truth):
        return prior
    rows = np.arange(len(truth))

    def unlikelihood(log_temperature: float) -> float:
        likely = softmax(scores, float(np.exp(log_temperature)))[rows, truth]
        pull = prior_rows * (log_temperature - np.log(prior)) ** 2
        return float(-np.log(np.maximum(likely, 1e-12)).sum() + pull)

    from scipy.optimize import minimize_scalar  # slow to import, and needed for learning alone

    return float(np.exp(minimize_scalar(unlikelihood, bounds=(np.log(0.1), np.log(10)), method="bounded").x))


def expected_calibration_error(confidence: Numbers, right: NDArray[np.bool_]) -> float:
    """Mean distance between confidence and accuracy over 10 bins of equal size, 0…1 (Naeini et al., AAAI 2015)."""
    if not len(confidence):
        return 0.0
    order = np.argsort(confidence, kind="stable")
    bins = [part for part in np.array_split(order, min(BINS, len(order))) if len(part)]
    gaps = [abs(float(np.mean(confidence[part])) - float(np.mean(right[part]))) * len(part) for part in bins]
    return float(sum(gaps) / len(confidence))


def threshold_for(confidence: Numbers, right: Numbers | NDArray[np.bool_], target: float) -> float:
    """The lowest threshold at which what is kept is right in at least ``target`` of cases: the most coverage there is.

    ``right``: 1 or 0 for labelled rows; without labels pass the calibrated confidence itself, whose mean is the
    accuracy to expect. ``NEVER`` when no threshold reaches the target.
    """
    if not len(confidence):
        return target
    order = np.argsort(-np.asarray(confidence, dtype=np.float64), kind="stable")
    kept_right = np.cumsum(np.asarray(right, dtype=np.float64)[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(kept_right >= target)
    return float(confidence[order[enough[-1]]]) if len(enough) else NEVER
