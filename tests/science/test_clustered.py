"""Means and ratios over customers who answer more than once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import headwater.science as hs
from headwater.science import bounds


def estimate(result: hs.Result) -> hs.Estimate:
    assert isinstance(result, hs.Estimate), result
    return result


def test_clusters_of_one_give_the_t_interval_of_a_mean() -> None:
    # Student's sleep data, the second drug: R t.test(extra[11:20]) gives 0.8976775 3.7623225.
    extra = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    found = estimate(hs.clustered_mean(extra, np.ones(10)))
    assert (found.estimate, found.low, found.high) == pytest.approx((2.33, 0.8976775, 3.7623225), abs=1e-6)
    assert found.n == 10


def test_linearised_standard_error_is_that_of_r_survey() -> None:
    # NPS coded -1, 0, 1 in R survey's apiclus1: clusters dnum, SE .1461327754309 (golden b_survey_weights.json).
    sums = np.array([0, -4, -2, -2, -2, -1, -4, 4, 1, -1, -3, -29, 2, -1, 5], dtype=float)
    sizes = np.array([11, 4, 2, 13, 2, 4, 4, 16, 9, 34, 21, 37, 13, 1, 12], dtype=float)
    assert sums.sum() / sizes.sum() == pytest.approx(-0.2021857923497)
    *_, error = bounds.ratio_bounds(sums, sizes)
    assert error == pytest.approx(0.1461327754309, abs=1e-10)


def test_interval_covers_the_truth_though_customers_repeat() -> None:
    random = np.random.default_rng(11)
    runs, customers, buckets = 1500, 300, 200
    covered = naive = 0
    for _ in range(runs):
        answers = random.poisson(2, customers) + 1
        level = random.normal(7, 1.5, customers)
        bucket = random.integers(0, buckets, customers)
        sums_by_customer = level * answers + random.normal(0, np.sqrt(answers))
        sums = np.bincount(bucket, sums_by_customer, buckets)
        counts = np.bincount(bucket, answers, buckets)
        found = estimate(hs.clustered_mean(sums, counts))
        covered += found.low <= 7 <= found.high
        half = 1.96 * np.sqrt((1.5**2 + 1) / found.n)
        naive += abs(found.estimate - 7) <= half
    # 1,500 runs of a 95 % interval: 4 standard errors are 2.3 points.
    assert 0.927 < covered / runs < 0.973
    assert naive / runs < 0.85


cells = npst.arrays(float, st.integers(2, 40), elements=st.floats(-50, 50).map(lambda value: round(value, 3)))


@given(cells)
def test_interval_contains_the_mean_and_scales_with_the_unit(sums: np.ndarray) -> None:
    result = hs.clustered_mean(sums, np.ones_like(sums))
    if isinstance(result, hs.NoVerdict):
        assert np.ptp(sums) < 1e-6
        return
    assert result.low <= result.estimate <= result.high
    scaled = estimate(hs.clustered_mean(sums * 100, np.ones_like(sums)))
    assert (scaled.low, scaled.high) == pytest.approx((result.low * 100, result.high * 100))


def test_clusters_without_observations_do_not_count() -> None:
    full = hs.clustered_mean([4.0, 9.0, 5.0], [1, 2, 1])
    assert hs.clustered_mean([4.0, 0.0, 9.0, 5.0, 0.0], [1, 0, 2, 1, 0]) == full


def test_interval_stays_inside_the_scale() -> None:
    found = estimate(hs.clustered_mean([5, 5, 1], [1, 1, 1], limits=(1, 5)))
    assert (found.low, found.high) == (1, 5)


def test_unanimous_answers_are_not_certain() -> None:
    found = estimate(hs.clustered_mean(np.full(30, 5.0), np.ones(30), limits=(1, 5)))
    assert found.estimate == found.high == 5
    # Wilson: of 30 clusters without exception up to 11.35 % might differ, by up to 4 points.
    assert found.low == pytest.approx(5 - 4 * 0.1135134, abs=1e-6)


def test_too_little_is_no_verdict() -> None:
    for sums, counts, code in [([], [], "no_answers"), ([7.0], [3], "one_cluster"), ([5.0, 5.0], [1, 1], "no_spread")]:
        result = hs.clustered_mean(sums, counts)
        assert isinstance(result, hs.NoVerdict)
        assert result.code == code
    assert isinstance(hs.ratio([3.0], [2.0]), hs.NoVerdict)
    assert isinstance(hs.ratio([], []), hs.NoVerdict)
    assert isinstance(hs.ratio([2.0, 4.0], [1, 2]), hs.NoVerdict)


def test_ratio_of_contacts_to_customers() -> None:
    contacts, customers = np.array([3.0, 8, 2, 6]), np.array([4.0, 5, 3, 4])
    found = estimate(hs.ratio(contacts, customers))
    assert found.estimate == pytest.approx(19 / 16)
    assert found.n == 16
    residuals = contacts - 19 / 16 * customers
    half = 3.182446305 * np.sqrt(4 / 3 * (residuals**2).sum()) / 16
    assert (found.low, found.high) == pytest.approx((19 / 16 - half, 19 / 16 + half))


def test_many_groups_at_once_with_different_numbers_of_clusters() -> None:
    ratio, low, high, error = bounds.ratio_bounds([[1.0, 5, 0], [2.0, 0, 0]], [[1, 2, 0], [1, 0, 0]])
    assert ratio == pytest.approx([2, 2])
    assert np.isnan([low[1], high[1], error[1]]).all()
    assert (low[0], high[0]) == pytest.approx(
        (estimate(hs.clustered_mean([1.0, 5], [1, 2])).low, estimate(hs.clustered_mean([1.0, 5], [1, 2])).high)
    )


def test_impossible_input_is_an_error() -> None:
    with pytest.raises(ValueError, match="finite"):
        hs.ratio([1.0, np.nan], [1, 1])
    with pytest.raises(ValueError, match="not negative"):
        hs.clustered_mean([1.0, 2.0, 3.0], [1, 1, -1])
