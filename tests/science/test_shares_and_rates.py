"""Shares, rates, differences and many comparisons, against R, published tables and library peers."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

import headwater.science as hs
from headwater.science import bounds


def estimate(result: hs.Result) -> hs.Estimate:
    assert isinstance(result, hs.Estimate), result
    return result


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2552885198783, 0.3662095769828),
        (15, 148, 0.06238639953074, 0.1604872417233),
        (0, 20, 0, 0.1611251580528),
        (1, 29, 0.006113214292763, 0.1717552187932),
    ],
)
def test_wilson_interval_of_a_share(successes: int, n: int, low: float, high: float) -> None:
    found = estimate(hs.proportion(successes, n))
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)


def test_exact_poisson_interval_of_a_rate() -> None:
    found = estimate(hs.rate(11, 800))
    assert found.estimate == 0.01375
    assert (found.low, found.high) == pytest.approx((0.006863950459046, 0.02460254814163), abs=1e-12)
    assert estimate(hs.rate(0, 10)).high == pytest.approx(0.3688879, abs=1e-6)  # -log(.025) / 10


def test_every_share_and_rate_computed_with_r(shared: Path) -> None:
    golden = json.loads((shared / "golden" / "a_proportion_rate_churn.json").read_text())
    for name, case in golden.items():
        if "/" in name:
            found = estimate(hs.proportion(*(int(part) for part in name.split("/"))))
            assert (found.low, found.high) == pytest.approx(case["wilson"], abs=golden["tol"])
    found = estimate(hs.rate(11, 800))
    assert (found.low, found.high) == pytest.approx(golden["poisson_11_800"]["ci"], abs=golden["tol"])
    assert hs.benjamini_hochberg(golden["bh"]["p"]) == pytest.approx(golden["bh"]["adj"], abs=golden["tol"])


@given(st.integers(0, 500), st.integers(0, 500), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_agrees_with_statsmodels(successes: int, failures: int, confidence: float) -> None:
    n = successes + failures
    result = hs.proportion(successes, n, confidence=confidence)
    if n == 0:
        assert isinstance(result, hs.NoVerdict)
        return
    found = estimate(result)
    peer = proportion_confint(successes, n, alpha=1 - confidence, method="wilson")
    assert (found.low, found.high) == pytest.approx(peer, abs=1e-9)
    assert 0 <= found.low <= found.estimate <= found.high <= 1


@given(st.integers(0, 300), st.floats(0.1, 1e6))
def test_poisson_bounds_leave_the_right_tails(events: int, exposure: float) -> None:
    low, high = bounds.rate_bounds(events, exposure)
    assert stats.poisson.cdf(events, high * exposure) == pytest.approx(0.025, rel=1e-6)
    if events:
        assert stats.poisson.sf(events - 1, low * exposure) == pytest.approx(0.025, rel=1e-6)
    else:
        assert low == 0


def test_many_groups_at_once() -> None:
    low, high = bounds.proportion_bounds([81, 0, 0], [263, 20, 0])
    np.testing.assert_allclose(low, [0.2552885198783, 0, np.nan], atol=1e-9)
    np.testing.assert_allclose(high, [0.3662095769828, 0.1611251580528, np.nan], atol=1e-9)
    assert bounds.rate_bounds([0, 11], [0, 800])[0] == pytest.approx([np.nan, 0.00686395], abs=1e-8, nan_ok=True)


def test_no_base_is_no_verdict() -> None:
    assert isinstance(hs.proportion(0, 0), hs.NoVerdict)
    no_rate = hs.rate(3, 0)
    assert isinstance(no_rate, hs.NoVerdict)
    assert (no_rate.code, no_rate.n) == ("no_exposure", 3)


def test_impossible_input_is_an_error() -> None:
    with pytest.raises(ValueError, match="more successes than tries"):
        hs.proportion(4, 3)
    with pytest.raises(ValueError, match="not negative"):
        hs.rate(3, -1)


def test_difference_of_shares_is_newcombes_hybrid_score_interval() -> None:
    # Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10.
    for first, second, low, high in [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ]:
        found = hs.difference(estimate(hs.proportion(*first)), estimate(hs.proportion(*second)))
        assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 80), st.integers(0, 80), st.integers(0, 80), st.integers(1, 80))
def test_a_difference_turned_round_is_its_negative(a: int, b: int, c: int, d: int) -> None:
    one, other = estimate(hs.nps(a, b, c)), estimate(hs.nps(d, c, b))
    there, back = hs.difference(one, other), hs.difference(other, one)
    assert (there.estimate, there.low, there.high) == pytest.approx((-back.estimate, -back.high, -back.low))
    assert there.low <= there.estimate <= there.high


def test_intervals_of_different_confidence_have_no_difference() -> None:
    with pytest.raises(ValueError, match=r"0\.95 and 0\.9"):
        hs.difference(estimate(hs.proportion(1, 2)), estimate(hs.proportion(1, 2, confidence=0.9)))


def test_adjusted_p_values_as_r_computes_them() -> None:
    adjusted = hs.benjamini_hochberg([0.01, 0.02, 0.03, 0.04, 0.05, 0.001, 0.2, 0.5])
    assert adjusted == pytest.approx([0.04, 0.05333333, 0.06, 0.064, 0.06666667, 0.008, 0.22857143, 0.5], abs=1e-8)


@given(st.lists(st.floats(0, 1), max_size=60))
def test_adjusted_p_values_agree_with_scipy(values: list[float]) -> None:
    adjusted = hs.benjamini_hochberg(values)
    assert np.all(adjusted >= np.array(values) - 1e-15)
    if values:
        np.testing.assert_allclose(adjusted, stats.false_discovery_control(values), atol=1e-12)


def test_a_comparison_that_was_not_made_does_not_count() -> None:
    assert hs.benjamini_hochberg([0.01, np.nan, 0.04]) == pytest.approx([0.02, np.nan, 0.04], nan_ok=True)
    with pytest.raises(ValueError, match="0…1"):
        hs.benjamini_hochberg([1.5])
