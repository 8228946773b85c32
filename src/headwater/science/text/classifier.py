"""Labels from vectors: multinomial logistic regression on frozen vectors, which learns from new rows in a second.

Rows are what is known of each class: the phrases that describe it, the words people gave it. Each class weighs the
same however many rows it has, since what people happened to correct says nothing about how frequent a class is. A
softmax over a temperature gives the confidence; see ``calibration``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

PENALTY = 3.0  # C of scikit-learn; docs/develop/text.md shows what was tried
FOLDS = 5
SEED = 20_260_101


@dataclass(frozen=True, slots=True)
class Classifier:
    """``classes`` in order; ``weights`` of shape ``(d, k)``, ``intercept`` of shape ``(k,)``."""

    classes: tuple[str, ...]
    weights: Vectors
    intercept: Vectors
    temperature: float = 1.0

    def scores(self, vectors: Vectors) -> Vectors:
        """Log-odds up to a constant a row, shape ``(n, k)``."""
        return np.asarray(vectors @ self.weights + self.intercept, dtype=np.float32)

    def probabilities(self, vectors: Vectors) -> Vectors:
        """Confidence of each class, rows summing to 1, shape ``(n, k)``."""
        return softmax(self.scores(vectors), self.temperature)

    def at(self, temperature: float) -> Classifier:
        """The same classifier with another temperature (above 1: less sure)."""
        return replace(self, temperature=temperature)


def learn(vectors: Vectors, labels: Sequence[str], weights: Sequence[float] | None = None) -> Classifier:
    """Learn from rows ``vectors`` (shape ``(n, d)``) with one label each; classes in order of first appearance.

    ``weights`` say how much a row counts within its class. ``ValueError`` without rows.
    """
    if not len(labels) or len(labels) != len(vectors):
        raise ValueError(f"learning needs a label for each of at least one row, got {len(labels)} and {len(vectors)}")
    classes = tuple(dict.fromkeys(labels))
    dimensions = vectors.shape[1]
    if len(classes) == 1:
        return Classifier(classes, np.zeros((dimensions, 1), np.float32), np.zeros(1, np.float32))
    position = {name: number for number, name in enumerate(classes)}
    target = np.array([position[label] for label in labels])
    from sklearn.linear_model import LogisticRegression  # slow to import, and needed for learning alone

    model = LogisticRegression(C=PENALTY, max_iter=300, tol=1e-3)
    # The matrices are small: threads that wait for one another cost ten times what they save.
    with threadpool_limits(1):
        model.fit(vectors, target, sample_weight=_balanced(target, weights))
    coefficients, intercept = model.coef_, model.intercept_
    if len(classes) == 2:
        coefficients, intercept = np.vstack([-coefficients, coefficients]) / 2, np.append(-intercept, intercept) / 2
    return Classifier(classes, coefficients.T.astype(np.float32), intercept.astype(np.float32))


def left_out_scores(
    vectors: Vectors, labels: Sequence[str], weights: Sequence[float] | None = None, *, judged: Sequence[int]
) -> tuple[tuple[str, ...], Vectors]:
    """The scores that the ``judged`` rows get from classifiers that did not learn from them (5 folds, seeded).

    Returns the classes and scores of shape ``(len(judged), k)``. A class that a fold has no other row of gets −50.
    """
    classes = tuple(dict.fromkeys(labels))
    out = np.full((len(judged), len(classes)), -50, dtype=np.float32)
    folds = np.random.default_rng(SEED).permutation(len(judged)) % FOLDS
    for fold in range(FOLDS):
        held = np.flatnonzero(folds == fold).tolist()
        left_out = {judged[place] for place in held}
        rows = [row for row in range(len(labels)) if row not in left_out]
        if not held or not rows:
            continue
        given = None if weights is None else [weights[row] for row in rows]
        learned = learn(vectors[rows], [labels[row] for row in rows], given)
        columns = np.array([classes.index(name) for name in learned.classes])
        out[np.array(held)[:, None], columns] = learned.scores(vectors[[judged[place] for place in held]])
    return classes, out


def softmax(scores: Vectors, temperature: float = 1.0) -> Vectors:
    """Rows of positive numbers summing to 1."""
    shifted = (scores - scores.max(axis=1, keepdims=True)) / np.float32(temperature)
    np.exp(shifted, out=shifted)
    shifted /= shifted.sum(axis=1, keepdims=True)
    return np.asarray(shifted, dtype=np.float32)


def _balanced(target: NDArray[np.int64], weights: Sequence[float] | None) -> NDArray[np.float64]:
    given = np.ones(len(target)) if weights is None else np.asarray(weights, dtype=np.float64)
    totals = np.bincount(target, given)
    return np.asarray(given / totals[target] * len(target) / len(totals))
