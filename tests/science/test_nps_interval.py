"""The interval of the Net Promoter Score, against R and published tables, and by its properties."""

import csv
import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import headwater.science as hs
from headwater.science import bounds

some = st.integers(0, 400)


def estimate(result: hs.Result) -> hs.Estimate:
    assert isinstance(result, hs.Estimate), result
    return result


@pytest.mark.parametrize(
    ("detractors", "passives", "promoters", "method", "low", "high", "tolerance"),
    [
        (5, 10, 15, "score", 0.042980829875, 0.56655303637, 2e-6),
        (5, 10, 15, "adjusted_wald", 0.047781310746, 0.55827929531, 2e-6),
        (0, 0, 10, "score", 0.44493436813, 1, 2e-6),
        (0, 0, 10, "adjusted_wald", 0.47503551545, 1, 2e-6),
        (10, 0, 0, "score", -1, -0.44493436813, 2e-6),
        (0, 10, 0, "score", -0.27753275633, 0.27753275633, 2e-6),
        (16, 139, 6, "score", -0.124, -0.0054, 6e-5),  # Cavo 2012
        (0, 0, 3, "score", -0.123, 1.0, 6e-5),  # Fagerland, Lydersen and Laake, chapter 8
    ],
)
def test_published_intervals(
    detractors: int, passives: int, promoters: int, method: bounds.NpsMethod, low: float, high: float, tolerance: float
) -> None:
    found = estimate(hs.nps(promoters, passives, detractors, method=method))
    assert (found.low, found.high) == pytest.approx((low, high), abs=tolerance)
    assert found.n == detractors + passives + promoters


def test_every_interval_computed_with_r(shared: Path) -> None:
    golden = json.loads((shared / "golden" / "a_nps_intervals.json").read_text())
    for case in golden["cases"]:
        counts = case["promoters"], case["passives"], case["detractors"]
        score, wald = estimate(hs.nps(*counts)), estimate(hs.nps(*counts, method="adjusted_wald"))
        assert score.estimate == pytest.approx(case["nps"], abs=golden["tol"])
        assert (score.low, score.high) == pytest.approx(case["tango_PropCIs"], abs=golden["tol"])
        assert (wald.low, wald.high) == pytest.approx(np.clip(case["adj_wald_3"], -1, 1), abs=golden["tol"])


def exact_coverage(n: int, method: bounds.NpsMethod) -> list[float]:
    """Coverage, summed over every possible sample of ``n``, at each pair of true shares on a grid of twentieths."""
    samples = np.array([(a, b, n - a - b) for a, b in product(range(n + 1), repeat=2) if a + b <= n])
    low, high = bounds.nps_bounds(*samples.T, method=method)
    coverage = []
    for top, bottom in product(range(21), repeat=2):
        if top + bottom > 20 or (top, bottom) == (0, 0):
            continue
        shares = [top / 20, 1 - (top + bottom) / 20, bottom / 20]
        chance = stats.multinomial.pmf(samples, n, shares)
        true = (top - bottom) / 20
        coverage.append(float(chance[(low - 1e-9 <= true) & (true <= high + 1e-9)].sum()))
    return coverage


def test_score_interval_holds_its_coverage_in_the_worst_case_of_ten_answers() -> None:
    assert min(exact_coverage(10, "score")) > 0.913


def test_coverage_is_no_worse_than_the_table_says(shared: Path) -> None:
    with (shared / "golden" / "a_nps_exact_coverage.csv").open() as file:
        table = {(int(row["n"]), row["method"]): row for row in csv.DictReader(file)}
    for method, name in (("score", "score_tango"), ("adjusted_wald", "aw3_rocks")):
        coverage = exact_coverage(10, method)  # type: ignore[arg-type]
        assert min(coverage) >= float(table[10, name]["min_cov"]) - 1e-3
        assert np.mean(coverage) == pytest.approx(float(table[10, name]["mean_cov"]), abs=0.01)


@given(some, some, some, st.sampled_from(["score", "adjusted_wald"]))
def test_interval_contains_the_estimate_and_stays_on_the_scale(
    promoters: int, passives: int, detractors: int, method: bounds.NpsMethod
) -> None:
    result = hs.nps(promoters, passives, detractors, method=method)
    if promoters + passives + detractors == 0:
        assert isinstance(result, hs.NoVerdict)
        return
    found = estimate(result)
    assert -1 <= found.low <= found.high <= 1
    if method == "score":
        assert found.low <= found.estimate <= found.high


@given(some, some, some)
def test_swapping_promoters_and_detractors_turns_the_interval_round(top: int, middle: int, low: int) -> None:
    one, other = bounds.nps_bounds(top, middle, low), bounds.nps_bounds(low, middle, top)
    np.testing.assert_allclose([one[0], one[1]], [-other[1], -other[0]], atol=1e-9)


@given(some, some, st.integers(1, 400))
def test_ten_times_the_answers_narrow_the_interval(top: int, middle: int, low: int) -> None:
    few, many = bounds.nps_bounds(top, middle, low), bounds.nps_bounds(10 * top, 10 * middle, 10 * low)
    assert many[1] - many[0] < few[1] - few[0]


@given(some, some, st.integers(1, 400))
def test_more_confidence_widens_the_interval(top: int, middle: int, low: int) -> None:
    sure, surer = estimate(hs.nps(top, middle, low)), estimate(hs.nps(top, middle, low, confidence=0.99))
    assert surer.low <= sure.low + 1e-12
    assert sure.high <= surer.high + 1e-12


def test_many_groups_at_once_are_the_same_as_one_at_a_time() -> None:
    groups = np.random.default_rng(3).integers(0, 60, size=(200, 3))
    groups[0] = 0
    low, high = bounds.nps_bounds(*groups.T)
    assert np.isnan(low[0])
    for row, bottom, top in zip(groups[1:], low[1:], high[1:], strict=True):
        one = estimate(hs.nps(*(int(count) for count in row)))
        assert (one.low, one.high) == (bottom, top)


def test_nobody_answered_is_no_verdict() -> None:
    assert hs.nps(0, 0, 0) == hs.NoVerdict("no_answers", "Nobody has answered yet.")


def test_impossible_input_is_an_error() -> None:
    with pytest.raises(ValueError, match="not negative"):
        hs.nps(-1, 2, 3)
    with pytest.raises(ValueError, match="between 0 and 1"):
        hs.nps(1, 2, 3, confidence=95)
    with pytest.raises(ValueError, match="unknown method 'wald'"):
        hs.nps(1, 2, 3, method="wald")  # type: ignore[arg-type]
