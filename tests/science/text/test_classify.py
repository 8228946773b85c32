"""Classifiers, their confidence, thresholds and measures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.science.text import (
    confusion,
    exemplars,
    expected_calibration_error,
    fit_temperature,
    learn,
    left_out_scores,
    macro_f1,
    measure,
    softmax,
    threshold_for,
    unit_rows,
)
from headwater.science.text.calibration import NEVER


def _clouds(rows: int, classes: int, spread: float, seed: int = 3) -> tuple[np.ndarray, list[str]]:
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(1).normal(size=(classes, 24))
    number = random.integers(0, classes, rows)
    points = (centres[number] + spread * random.normal(size=(rows, 24))).astype(np.float32)
    return unit_rows(points), [f"c{one}" for one in number]


def test_classes_that_lie_apart_are_learnt() -> None:
    vectors, labels = _clouds(80, 4, 0.3)
    fresh, truth = _clouds(200, 4, 0.3, seed=9)
    classifier = learn(vectors, labels)
    guess = [classifier.classes[one] for one in classifier.probabilities(fresh).argmax(axis=1)]
    assert np.mean([a == b for a, b in zip(guess, truth, strict=True)]) > 0.95


@pytest.mark.parametrize("classes", [1, 2, 5])
def test_confidences_sum_to_one(classes: int) -> None:
    vectors, labels = _clouds(60, classes, 0.5)
    probabilities = learn(vectors, labels).probabilities(vectors)
    assert probabilities.shape == (60, classes)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_a_class_counts_the_same_however_many_rows_it_has() -> None:
    vectors = unit_rows(np.array([[1, 0.1], [1, 0.1], [1, 0.1], [1, 0.1], [0.1, 1]], dtype=np.float32))
    classifier = learn(vectors, ["many"] * 4 + ["one"])
    between = unit_rows(np.array([[1, 1]], dtype=np.float32))
    np.testing.assert_allclose(classifier.probabilities(between), 0.5, atol=0.02)


def test_a_heavier_row_pulls_more() -> None:
    vectors = unit_rows(np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=np.float32))
    light = learn(vectors, ["a", "a", "b"]).probabilities(vectors)[1, 0]
    heavy = learn(vectors, ["a", "a", "b"], [1, 5, 1]).probabilities(vectors)[1, 0]
    assert heavy > light


def test_learning_needs_a_label_for_each_row() -> None:
    with pytest.raises(ValueError, match="a label for each"):
        learn(np.zeros((2, 3), np.float32), ["a"])
    with pytest.raises(ValueError, match="at least one row"):
        learn(np.zeros((0, 3), np.float32), [])


def test_left_out_scores_do_not_know_the_row_they_judge() -> None:
    random = np.random.default_rng(0)
    vectors = unit_rows(random.normal(size=(120, 60)).astype(np.float32))
    labels = [str(one) for one in random.integers(0, 2, 120)]
    seen = learn(vectors, labels)
    right = np.mean(
        [seen.classes[one] == label for one, label in zip(seen.scores(vectors).argmax(1), labels, strict=True)]
    )
    classes, scores = left_out_scores(vectors, labels, judged=range(120))
    honest = np.mean([classes[one] == label for one, label in zip(scores.argmax(1), labels, strict=True)])
    assert right > 0.75
    assert honest < 0.65


def test_the_temperature_that_made_the_labels_is_found() -> None:
    random = np.random.default_rng(5)
    scores = random.normal(0, 3, size=(4000, 5)).astype(np.float32)
    chances = softmax(scores, 2.0)
    truth = np.array([random.choice(5, p=row / row.sum()) for row in chances.astype(float)])
    assert fit_temperature(scores, truth) == pytest.approx(2.0, abs=0.15)
    confidence = chances.max(axis=1)
    assert expected_calibration_error(confidence, chances.argmax(axis=1) == truth) < 0.03


def test_few_labels_leave_the_temperature_near_the_default() -> None:
    scores = np.array([[4.0, 0.0]], dtype=np.float32)
    assert fit_temperature(scores, np.array([1]), prior=0.5) == pytest.approx(0.5, abs=0.06)
    assert fit_temperature(scores[:0], np.array([], dtype=np.int64), prior=0.5) == 0.5


def test_the_threshold_keeps_as_many_rows_as_the_target_allows() -> None:
    confidence = np.array([0.9, 0.8, 0.7, 0.6])
    right = np.array([1, 1, 0, 0])
    assert threshold_for(confidence, right, 1.0) == 0.8
    assert threshold_for(confidence, right, 0.6) == 0.7
    assert threshold_for(confidence, right, 0.5) == 0.6
    assert threshold_for(confidence, 1 - right, 0.9) == NEVER


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=50), st.floats(0.1, 0.99))
def test_a_higher_target_never_keeps_more(confidences: list[float], target: float) -> None:
    values = np.array(confidences)
    assert threshold_for(values, values, target) <= threshold_for(values, values, min(1.0, target + 0.01))


def test_measures_of_a_small_table_by_hand() -> None:
    truth, guess = ["a", "a", "a", "b"], ["a", "a", "b", "b"]
    table = confusion(truth, guess)
    assert table.counts.tolist() == [[2, 1], [0, 1]]
    assert macro_f1(table) == pytest.approx((0.8 + 2 / 3) / 2)
    quality = measure(truth, guess, np.array([0.9, 0.9, 0.4, 0.9], dtype=np.float32), 0.5)
    assert (quality.accuracy, quality.coverage, quality.accuracy_when_sure) == (0.75, 0.75, 1.0)
    assert table.one_against_rest("a").tolist() == [[2, 1], [0, 1]]
    assert table.one_against_rest("b").tolist() == [[1, 0], [1, 2]]


def test_nothing_cannot_be_measured() -> None:
    with pytest.raises(ValueError, match="nothing to measure"):
        measure([], [], np.zeros(0, np.float32), 0.5)


def test_the_first_exemplar_is_typical_and_the_next_says_something_else() -> None:
    common = np.tile(np.array([1, 0.05, 0], dtype=np.float32), (10, 1))
    common[:, 2] = np.linspace(-0.02, 0.02, 10)
    other = np.array([[0.5, 1, 0]], dtype=np.float32)
    chosen = exemplars(unit_rows(np.vstack([common, other]).astype(np.float32)), 3)
    assert chosen[0] < 10
    assert chosen[1:] == [10]  # the other nine are near-duplicates of the first


@given(st.integers(0, 30), st.integers(0, 8))
def test_exemplars_are_different_rows_with_words(rows: int, k: int) -> None:
    vectors = unit_rows(np.random.default_rng(rows).normal(size=(rows, 5)).astype(np.float32))
    vectors[::3] = 0
    chosen = exemplars(vectors, k)
    assert len(chosen) == len(set(chosen)) <= k
    assert all(one % 3 for one in chosen)
