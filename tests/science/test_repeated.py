"""Shares and NPS where customers answer again: widened when it shows, exact when it does not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.science import bounds
from headwater.science.repeated import clustered_nps_bounds, clustered_proportion_bounds, clustering

BUCKETS = 200


Sample = tuple[np.ndarray, np.ndarray]  # bucket and band of each answer


def spread(*samples: Sample) -> list[np.ndarray]:
    """Promoters, passives and detractors by bucket, one group a sample."""
    return [
        np.array([np.bincount(bucket[band == side], minlength=BUCKETS) for bucket, band in samples], dtype=float)
        for side in (1, 0, -1)
    ]


def test_thirty_customers_get_the_published_score_interval() -> None:
    random = np.random.default_rng(1)
    counts = spread((random.integers(0, BUCKETS, 30), np.repeat([-1, 0, 1], [5, 10, 15])))
    low, high, found = clustered_nps_bounds(*counts)
    assert (low[0], high[0]) == pytest.approx((0.042980829875, 0.56655303637), abs=2e-6)
    assert not found.repeated[0]


@pytest.mark.parametrize("n", [12, 60, 400, 5000])
def test_different_customers_hardly_ever_widen_the_interval(n: int) -> None:
    random = np.random.default_rng(2)
    samples = [(random.integers(0, BUCKETS, n), random.choice([-1, 0, 1], n)) for _ in range(400)]
    assert clustered_nps_bounds(*spread(*samples))[2].repeated.mean() < 0.03


def repeating(random: np.random.Generator, customers: int, each: int) -> Sample:
    """Buckets and bands of customers who say the same nearly every time; promoters are half, detractors a quarter."""
    bucket = np.repeat(random.integers(0, BUCKETS, customers), each)
    usual = np.repeat(random.choice([-1, 0, 1], customers, p=[0.25, 0.25, 0.5]), each)
    fresh = random.choice([-1, 0, 1], usual.size, p=[0.25, 0.25, 0.5])
    return bucket, np.where(random.random(usual.size) < 0.8, usual, fresh)


@pytest.mark.parametrize(("customers", "each"), [(12, 6), (60, 5), (800, 4)])
def test_intervals_cover_the_truth_though_customers_repeat(customers: int, each: int) -> None:
    random = np.random.default_rng(4)
    counts = spread(*(repeating(random, customers, each) for _ in range(400)))
    low, high, _ = clustered_nps_bounds(*counts)
    bottom, top = bounds.nps_bounds(*(part.sum(axis=1) for part in counts))
    # 400 runs of a 95 % interval: 3.5 standard errors are 3.8 points.
    assert ((low <= 0.25) & (high >= 0.25)).mean() > 0.91
    assert ((bottom <= 0.25) & (top >= 0.25)).mean() < 0.8


def test_a_share_is_widened_by_its_design_effect() -> None:
    satisfied, answers = np.zeros((1, BUCKETS)), np.zeros((1, BUCKETS))
    answers[0, :40] = 5
    satisfied[0, :20] = 5
    low, high, found = clustered_proportion_bounds(satisfied, answers)
    assert found.repeated[0]
    # Each customer says one thing five times: 200 answers know what 40 do, up to 200 / 199 · 39 / 40 of bookkeeping.
    assert found.effective_n[0] == pytest.approx(40, rel=0.05)
    narrow = bounds.proportion_bounds(100, 200)
    assert high[0] - low[0] > 2 * (narrow[1] - narrow[0])


def test_unanimous_repeaters_count_once_a_bucket() -> None:
    answers = np.zeros((1, BUCKETS))
    answers[0, :3] = 20
    low, high, found = clustered_proportion_bounds(answers, answers)
    assert found.effective_n[0] == 3
    assert high[0] == 1
    assert low[0] < bounds.proportion_bounds(3, 3)[0]


def test_groups_without_answers_have_no_bounds() -> None:
    low, high, found = clustered_proportion_bounds(np.zeros((1, BUCKETS)), np.zeros((1, BUCKETS)))
    assert np.isnan([low[0], high[0]]).all()
    assert found.design_effect.tolist() == [1]
    nothing = clustered_nps_bounds(*(np.zeros((1, BUCKETS)) for _ in range(3)))
    assert np.isnan([nothing[0][0], nothing[1][0]]).all()


@given(st.lists(st.tuples(st.integers(0, BUCKETS - 1), st.sampled_from([-1, 0, 1])), min_size=1, max_size=80))
def test_clustering_never_narrows_an_interval(answers: list[tuple[int, int]]) -> None:
    bucket, band = (np.array(part) for part in zip(*answers, strict=True))
    counts = spread((bucket, band))
    low, high, found = clustered_nps_bounds(*counts)
    bottom, top = bounds.nps_bounds(*(part.sum() for part in counts))
    assert low[0] <= bottom + 1e-9
    assert high[0] >= top - 1e-9
    assert found.design_effect[0] >= 1
    assert clustering(counts[0], sum(counts), counts[0]).effective_n[0] <= len(answers)
