"""Two rates, many groups, ranks, a two by two table and lag windows."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import headwater.science as hs


def estimate(result: hs.Result) -> hs.Estimate:
    assert isinstance(result, hs.Estimate), result
    return result


@pytest.fixture
def golden(shared: Path) -> dict:
    return json.loads((shared / "golden" / "a_proportion_rate_churn.json").read_text())


def test_ratio_of_rates_as_r_computes_it(golden: dict) -> None:
    # The example of R's poisson.test: breast cancer after X-ray examinations (Rothman 1986).
    found = hs.rate_ratio(11, 800, 6 + 8 + 7, 1083 + 1050 + 878)
    assert isinstance(found, hs.RateRatio)
    one, expected = estimate(found.result), golden["poisson_ratio"]
    assert one.estimate == pytest.approx(expected["est"], abs=golden["tol"])
    assert (one.low, one.high) == pytest.approx(expected["ci"], abs=golden["tol"])
    assert found.p_value == pytest.approx(expected["p"], abs=golden["tol"])


def test_exact_shares_as_r_computes_them(golden: dict) -> None:
    for name, case in golden.items():
        if "/" in name:
            found = estimate(hs.proportion(*(int(part) for part in name.split("/")), method="exact"))
            assert (found.low, found.high) == pytest.approx(case["cp"], abs=golden["tol"])


def test_p_values_of_dependent_tests_as_r_adjusts_them(golden: dict) -> None:
    assert hs.benjamini_yekutieli(golden["bh"]["p"]) == pytest.approx(golden["bh"]["by"], abs=golden["tol"])


def test_a_ratio_without_events_is_no_verdict() -> None:
    for arguments, code in (((3, 10, 0, 10), "no_events"), ((3, 0, 1, 10), "no_exposure")):
        found = hs.rate_ratio(*arguments)
        assert isinstance(found, hs.NoVerdict)
        assert found.code == code
    none = hs.rate_ratio(0, 10, 4, 10)
    assert isinstance(none, hs.RateRatio)
    assert estimate(none.result).low == 0


@given(st.integers(0, 60), st.integers(60, 80), st.integers(0, 60), st.integers(60, 80))
def test_a_difference_is_found_where_its_interval_leaves_out_nothing(a: int, n: int, b: int, m: int) -> None:
    (found,) = hs.compare([("x", hs.proportion(a, n), hs.proportion(b, m))])
    gap = estimate(found.difference)
    assert found.adjusted_p == found.p_value
    if min(abs(gap.low), abs(gap.high)) > 1e-9:
        assert found.found == (gap.low > 0 or gap.high < 0)


def test_of_many_alike_groups_few_stand_out() -> None:
    random = np.random.default_rng(1)
    false = []
    for _ in range(60):
        hits = random.binomial(300, 0.6, 40)
        rest = [hs.proportion(int(hits.sum() - own), 300 * 39) for own in hits]
        rows = hs.compare((str(i), hs.proportion(int(own), 300), rest[i]) for i, own in enumerate(hits))
        false.append(any(row.found for row in rows))
    assert np.mean(false) < 0.12


def test_a_group_without_answers_does_not_count_as_a_comparison() -> None:
    rows = hs.compare(
        [("a", hs.proportion(90, 100), hs.proportion(50, 100)), ("b", hs.proportion(0, 0), hs.proportion(1, 2))]
    )
    assert rows[0].found
    assert rows[0].adjusted_p == rows[0].p_value
    assert isinstance(rows[1].difference, hs.NoVerdict)
    assert not rows[1].found
    with pytest.raises(ValueError, match="between 0 and 1"):
        hs.compare([], q=1.5)


def test_ranks_say_who_could_be_first() -> None:
    groups = {
        "a": hs.proportion(95, 100),
        "b": hs.proportion(93, 100),
        "c": hs.proportion(50, 100),
        "d": hs.proportion(0, 0),
    }
    found = {one.name: one for one in hs.ranks(groups)}
    assert [one.name for one in hs.ranks(groups)] == ["a", "b", "c"]
    assert found["a"].could_be_first
    assert found["b"].could_be_first
    assert (found["c"].best, found["c"].worst) == (3, 3)
    turned = hs.ranks(groups, ascending=True)
    assert [one.name for one in turned] == ["c", "b", "a"]
    assert not turned[1].could_be_first
    assert hs.ranks({}) == ()


def test_true_ranks_lie_within_their_intervals() -> None:
    random = np.random.default_rng(2)
    truth = np.array([0.5, 0.5, 0.55, 0.6, 0.62, 0.7])
    held = []
    for _ in range(150):
        hits = random.binomial(200, truth)
        rows = {one.name: one for one in hs.ranks({str(i): hs.proportion(int(k), 200) for i, k in enumerate(hits)})}
        # Where groups are equally good, either may stand before the other.
        held.append(
            all(
                rows[str(i)].best <= 1 + int((truth > share).sum()) + int((truth == share).sum()) - 1
                and rows[str(i)].worst >= 1 + int((truth > share).sum())
                for i, share in enumerate(truth)
            )
        )
    assert np.mean(held) >= 0.93


@given(st.integers(2, 100))
@settings(max_examples=15)
def test_equal_groups_share_every_rank(count: int) -> None:
    rows = hs.ranks({str(i): hs.proportion(50, 100) for i in range(count)})
    assert all((one.best, one.worst) == (1, count) for one in rows)


def test_two_by_two_as_epir_computes_it(shared: Path) -> None:
    golden = json.loads((shared / "golden" / "e_attributable_2x2.json").read_text())
    found = hs.attributable_risk(13, 13 + 2163, 5, 5 + 3349)
    assert isinstance(found, hs.AttributableRisk)
    for name, result in {
        "PR": found.risk_ratio,
        "ARisk": found.excess_risk,
        "AFRisk": found.fraction_among_exposed,
        "PAFRisk": found.attributable_fraction,
        "PARisk": found.population_excess,
    }.items():
        expected, one = golden["values"][f"{name}.strata.wald"], estimate(result)
        ours = (one.estimate, one.low, one.high)
        assert ours == pytest.approx((expected["est"], expected["lower"], expected["upper"]), abs=golden["tol"])


@pytest.mark.parametrize(
    ("table", "code"), [((0, 10, 3, 10), "no_cases"), ((3, 10, 0, 10), "no_cases"), ((0, 0, 3, 9), "no_contrast")]
)
def test_a_table_with_an_empty_side_is_no_verdict(table: tuple[int, int, int, int], code: str) -> None:
    found = hs.attributable_risk(*table)
    assert isinstance(found, hs.NoVerdict)
    assert found.code == code
    with pytest.raises(ValueError, match="more cases than people"):
        hs.attributable_risk(11, 10, 1, 10)


def contacts_after(excess: list[float], seed: int = 1) -> tuple[np.ndarray, ...]:
    random = np.random.default_rng(seed)
    rate = 0.02 + np.array(excess)[:, None]
    days = np.full((len(excess), 100), 200.0)
    base_days = np.full(100, 20_000.0)
    return random.poisson(days * rate), days, random.poisson(base_days * 0.02), base_days


def test_the_window_reaches_as_far_as_the_excess() -> None:
    found = hs.lag_profile(*contacts_after([0.05, 0.04, 0.02, 0.01] + [0.0] * 26))
    assert isinstance(found, hs.LagProfile)
    assert found.window == 3
    inside = estimate(found.inside)
    assert inside.low < 1 < inside.high
    assert estimate(found.excess[0]).low < 0.05 < estimate(found.excess[0]).high
    assert estimate(found.baseline).estimate == pytest.approx(0.02, rel=0.05)
    assert found.plot()["usermeta"]["figures"]["rows"]


def test_a_weekend_does_not_end_the_window_and_chance_does_not_stretch_it() -> None:
    found = hs.lag_profile(*contacts_after([0.05, 0.0, 0.0, 0.03] + [0.0] * 10))
    assert isinstance(found, hs.LagProfile)
    assert found.window == 3
    for seed in range(10):
        nothing = hs.lag_profile(*contacts_after([0.0] * 20, seed))
        assert isinstance(nothing, hs.LagProfile)
        assert isinstance(nothing.window, hs.NoVerdict) or seed in (0,)


def test_a_profile_needs_buckets_and_a_baseline() -> None:
    seen, days, base, base_days = contacts_after([0.1, 0.1])
    few = hs.lag_profile(seen[:, :4], days[:, :4], base[:4], base_days[:4])
    none = hs.lag_profile(seen, days, base * 0, base_days * 0)
    assert isinstance(few, hs.NoVerdict)
    assert isinstance(none, hs.NoVerdict)
    assert (few.code, none.code) == ("few_buckets", "no_contrast")
    with pytest.raises(ValueError, match="buckets"):
        hs.lag_profile(seen, days[:1], base, base_days)
