"""Money from uncertain factors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import headwater.science as hs


def factor(value: float, half: float, n: int = 100) -> hs.Estimate:
    return hs.Estimate(value, value - half, value + half, n, "given")


def estimate(result: hs.Result) -> hs.Estimate:
    assert isinstance(result, hs.Estimate), result
    return result


def test_revenue_at_risk_is_a_product_with_its_interval() -> None:
    found = hs.value_at_risk(10_000, factor(0.04, 0.01, n=5000), factor(120, 10, n=300))
    one = estimate(found.result)
    assert one.estimate == pytest.approx(48_000)
    # Goodman (1960): the variance of a product of independent factors.
    error = 10_000 / 1.959964 * np.sqrt(0.04**2 * 10**2 + 120**2 * 0.01**2 + 0.01**2 * 10**2 / 1.959964**2)
    assert one.low == pytest.approx(48_000 - 1.96 * error, rel=0.03)
    assert one.high == pytest.approx(48_000 + 1.96 * error, rel=0.03)
    assert one.n == 300
    assert [row.factor for row in found.sensitivity] == ["extra_leaving", "margin", "affected"]
    assert found.sensitivity[0].at_low == pytest.approx(36_000)


def test_what_may_be_nothing_stays_maybe_nothing() -> None:
    found = estimate(hs.value_at_risk(10_000, factor(0.01, 0.02), 100.0).result)
    assert found.low < 0 < found.high


def test_a_slider_makes_a_factor_known() -> None:
    found = hs.value_at_risk(factor(1000, 50), factor(0.04, 0.01), factor(120, 10))
    moved = found.at(margin=150.0)
    assert estimate(moved.result).estimate == pytest.approx(1000 * 0.04 * 150)
    assert {row.factor: row.swing for row in moved.sensitivity}["margin"] == 0
    with pytest.raises(ValueError, match="no factor 'price'"):
        found.at(price=3.0)


@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(0, 10)), min_size=1, max_size=4), st.floats(0.1, 20))
def test_a_known_factor_only_scales(parts: list[tuple[float, float]], scale: float) -> None:
    factors = {str(place): factor(*part) for place, part in enumerate(parts)}
    plain = estimate(hs.product(factors).result)
    scaled = estimate(hs.product({**factors, "scale": scale}).result)
    assert plain.low <= plain.estimate <= plain.high
    tolerance = 1e-9 * max(1.0, abs(plain.low), abs(plain.high)) * scale
    assert (scaled.low, scaled.high) == pytest.approx((plain.low * scale, plain.high * scale), abs=tolerance)


def test_known_factors_have_no_doubt() -> None:
    found = estimate(hs.product({"contacts": 40.0, "cost": 7.5}).result)
    assert (found.low, found.estimate, found.high) == (300, 300, 300)


def test_without_a_verdict_on_a_factor_there_is_none_on_the_product() -> None:
    missing = hs.NoVerdict("few_customers", "Too few left.", 3)
    found = hs.value_at_risk(100, missing, 20.0)
    assert isinstance(found.result, hs.NoVerdict)
    assert "extra_leaving: Too few left." in found.result.message
    assert found.plot()["usermeta"]["figures"]["rows"]
    with pytest.raises(ValueError, match="finite"):
        hs.product({"a": float("nan")})
    with pytest.raises(ValueError, match="confidence"):
        hs.product({"a": factor(1, 0.1), "b": hs.Estimate(1, 0, 2, 9, "x", (), 0.9)})


def test_a_lopsided_factor_stays_lopsided() -> None:
    found = estimate(hs.product({"a": hs.Estimate(10, 9, 20, 50, "given"), "b": 2.0}).result)
    assert (found.low, found.high) == pytest.approx((18, 40), rel=0.03)
