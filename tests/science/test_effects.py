"""Doubly robust effects, against R and the published analysis of who gained weight after giving up smoking."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import headwater.science as hs


def effect(found: hs.Effect | hs.NoVerdict) -> hs.Effect:
    assert isinstance(found, hs.Effect), found
    return found


def estimate(result: hs.Result) -> hs.Estimate:
    assert isinstance(result, hs.Estimate), result
    return result


def standard_error(one: hs.Estimate) -> float:
    return (one.high - one.low) / 2 / 1.959963984540054


def test_effect_as_r_computes_it(shared: Path) -> None:
    golden = json.loads((shared / "golden" / "d_value_causal.json").read_text())
    table = pd.read_csv(shared / "golden" / "nhefs_complete.csv")
    groups = pd.get_dummies(table[["sex", "race", "education", "exercise", "active"]].astype(str), drop_first=True)
    measures = table[["smokeintensity", "age", "smokeyrs", "wt71"]]
    confounders = np.column_stack([groups.astype(float), measures, measures**2])
    found = effect(hs.doubly_robust(table.wt82_71, table.qsmk, confounders, interactions=[groups.shape[1]]))
    expected, tolerance = golden["computed"]["nhefs"], golden["tol"]
    assert estimate(found.result).estimate == pytest.approx(expected["aipw"], abs=tolerance)
    assert standard_error(estimate(found.result)) == pytest.approx(expected["aipw_se"], abs=tolerance)
    assert estimate(found.weighted).estimate == pytest.approx(expected["ipw"], abs=tolerance)
    assert found.standardised == pytest.approx(expected["gformula"], abs=tolerance)
    assert found.crude == pytest.approx(expected["crude"], abs=tolerance)
    assert found.n == expected["n"]
    # The published interval of the weighted estimate, from generalised estimating equations.
    published = golden["published"]["ipw_ci"]
    assert (estimate(found.weighted).low, estimate(found.weighted).high) == pytest.approx(published, abs=0.002)
    assert found.imbalance[1] < 0.05 < found.imbalance[0]


def test_effect_of_a_randomised_programme(shared: Path) -> None:
    golden = json.loads((shared / "golden" / "d_value_causal.json").read_text())["computed"]["nsw_exp"]
    table = pd.read_csv(shared / "golden" / "nsw_mixtape.csv")
    found = effect(hs.doubly_robust(table.re78, table.treat, np.empty((len(table), 0))))
    assert found.crude == pytest.approx(golden["att"], abs=1e-6)
    assert estimate(found.result).estimate == pytest.approx(golden["att"], abs=1e-6)
    assert standard_error(estimate(found.result)) == pytest.approx(golden["se"], rel=2e-3)


def customers(seed: int, n: int = 3000, effect_of: float = 0.1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Left, affected, confounders: newcomers are both affected and leave more often."""
    random = np.random.default_rng(seed)
    new = random.random(n) < 0.4
    spend = random.normal(size=n)
    affected = random.random(n) < np.where(new, 0.4, 0.15)
    left = random.random(n) < 0.1 + 0.15 * new + effect_of * affected
    return left.astype(float), affected.astype(float), np.column_stack([new, spend])


def test_newcomers_are_not_blamed_on_the_cause() -> None:
    found = effect(hs.doubly_robust(*customers(1), family="logistic", among="affected"))
    one = estimate(found.result)
    assert one.low < 0.1 < one.high
    assert found.crude > one.estimate + 0.02
    nothing = estimate(effect(hs.doubly_robust(*customers(2, effect_of=0.0), among="affected")).result)
    assert nothing.low < 0 < nothing.high


def test_either_model_may_be_wrong() -> None:
    random = np.random.default_rng(3)
    x = random.normal(size=8000)
    affected = (random.random(8000) < 1 / (1 + np.exp(-x))).astype(float)
    outcome = 2 * affected + x + 2 * x**2 + random.normal(size=8000)
    # The outcome model lacks the square; the propensity is right. A fit by the outcome model alone misses.
    found = effect(hs.doubly_robust(outcome, affected, x[:, None]))
    one = estimate(found.result)
    assert one.low < 2 < one.high


@given(st.integers(0, 1000), st.floats(0.1, 50), st.floats(-20, 20))
@settings(max_examples=15)
def test_units_of_the_outcome_and_of_confounders_only_scale_it(seed: int, scale: float, shift: float) -> None:
    left, affected, confounders = customers(seed, 800)
    plain = estimate(effect(hs.doubly_robust(left, affected, confounders)).result)
    moved = estimate(effect(hs.doubly_robust(left * scale + shift, affected, confounders * 7 - 3)).result)
    assert (moved.estimate, moved.low) == pytest.approx((plain.estimate * scale, plain.low * scale), abs=1e-6 * scale)


def test_counted_rows_with_buckets_are_as_good_as_rows() -> None:
    random = np.random.default_rng(4)
    new, affected = random.random(4000) < 0.4, random.random(4000) < 0.3
    left = random.random(4000) < 0.1 + 0.1 * new + 0.1 * affected
    bucket = random.integers(0, 50, 4000)
    table = pd.DataFrame({"new": new, "affected": affected, "bucket": bucket, "left": left}).astype(float)
    cells = table.groupby(["new", "affected", "bucket"]).left.agg(["mean", "size"]).reset_index()
    by_row = effect(hs.doubly_robust(left, affected, new[:, None], clusters=bucket))
    by_cell = effect(
        hs.doubly_robust(cells["mean"], cells.affected, cells[["new"]], counts=cells["size"], clusters=cells.bucket)
    )
    one, other = estimate(by_row.result), estimate(by_cell.result)
    assert (other.estimate, other.low, other.high) == pytest.approx((one.estimate, one.low, one.high), abs=1e-9)
    with pytest.raises(ValueError, match="without clusters"):
        hs.doubly_robust(cells["mean"], cells.affected, cells[["new"]], counts=cells["size"])


def test_customers_who_repeat_are_less_sure() -> None:
    left, affected, confounders = customers(5, 600)
    customer = np.tile(np.arange(600), 4)
    repeated = (np.tile(left, 4), np.tile(affected, 4), np.tile(confounders, (4, 1)))
    wide = estimate(effect(hs.doubly_robust(*repeated, clusters=customer)).result)
    narrow = estimate(effect(hs.doubly_robust(*repeated)).result)
    assert wide.high - wide.low == pytest.approx(2 * (narrow.high - narrow.low), rel=0.02)


def test_what_cannot_be_compared_gets_no_verdict() -> None:
    left, affected, confounders = customers(6, 400)
    decided = np.column_stack([affected, confounders])
    alone = hs.doubly_robust(left, affected, decided)
    assert isinstance(alone, hs.NoVerdict)
    assert alone.code in ("no_overlap", "separated")
    few = hs.doubly_robust(left, np.arange(400) < 5, confounders)
    assert isinstance(few, hs.NoVerdict)
    assert few.code == "few_customers"
    buckets = hs.doubly_robust(left, affected, confounders, clusters=np.arange(400) % 3)
    assert isinstance(buckets, hs.NoVerdict)
    assert buckets.code == "few_buckets"
    constant = hs.doubly_robust(np.zeros(400), affected, confounders, family="logistic")
    assert isinstance(constant, hs.NoVerdict)
    assert constant.code == "separated"


def test_gaps_are_an_error_not_a_guess() -> None:
    left, affected, confounders = customers(7, 100)
    with pytest.raises(ValueError, match="leave out rows with gaps"):
        hs.doubly_robust(left, affected, np.where(confounders > 1, np.nan, confounders))
    with pytest.raises(ValueError, match="0 or 1"):
        hs.doubly_robust(left, affected * 2, confounders)


def test_a_rare_experience_is_compared_with_all_whom_it_spared() -> None:
    """One in 300 was affected, so most had hardly a chance to be; among the affected that does no harm."""
    random = np.random.default_rng(8)
    group = np.repeat([0.0, 1.0], 15_000)
    affected = random.random(30_000) < np.where(group, 0.006, 0.001)
    left = random.random(30_000) < 0.1 + 0.2 * group + 0.3 * affected
    everyone = hs.doubly_robust(left, affected, group)
    assert isinstance(everyone, hs.NoVerdict)
    assert everyone.code == "no_overlap"
    found = effect(hs.doubly_robust(left, affected, group, among="affected"))
    assert found.without_counterpart == 0
    assert estimate(found.result).low < 0.3 < estimate(found.result).high
