"""What only hurts when missing and what delights; drivers of a yes or no."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import headwater.science as hs

PAIRS = {name: (f"{name}_lo", f"{name}_hi") for name in ("speed", "staff", "price")}


def estimate(result: hs.Result) -> hs.Estimate:
    assert isinstance(result, hs.Estimate), result
    return result


def standard_error(one: hs.Estimate, t: float) -> float:
    return (one.high - one.low) / 2 / t


def columns_of(table: pd.DataFrame) -> pd.DataFrame:
    return table[[column for pair in PAIRS.values() for column in pair] + ["osat"]]


def test_penalties_and_rewards_with_robust_errors(shared: Path) -> None:
    golden = json.loads((shared / "golden" / "c_prca.json").read_text())
    table = columns_of(pd.read_csv(shared / "golden" / "c_prca.csv"))
    # Each row its own bucket: the jackknife is then HC3 to the digit.
    found = hs.penalty_reward(hs.from_rows(table, buckets=np.arange(len(table))), "osat", PAIRS)
    assert not isinstance(found, hs.NoVerdict)
    t = 1.9605554764545587  # 3,999 degrees of freedom
    for one in found:
        expected = golden["asymmetry"][one.name]
        assert estimate(one.penalty).estimate == pytest.approx(expected["penalty"], abs=golden["tol"])
        assert estimate(one.reward).estimate == pytest.approx(expected["reward"], abs=golden["tol"])
        assert estimate(one.asymmetry).estimate == pytest.approx(expected["asym"], abs=golden["tol"])
        both = estimate(one.asymmetry)
        assert (both.low, both.high) == pytest.approx(expected["ci"], abs=2e-4)
        for side, result in (("lo", one.penalty), ("hi", one.reward)):
            error = golden["se_hc3"][f"{one.name}_{side}"]
            assert standard_error(estimate(result), t) == pytest.approx(error, abs=golden["tol"])
    assert {one.name: one.kind for one in found} == {
        "speed": "must not fail",
        "staff": "may delight",
        "price": "both alike",
    }


def test_buckets_of_customers_come_to_the_same(shared: Path) -> None:
    table = columns_of(pd.read_csv(shared / "golden" / "c_prca.csv"))
    by_row = hs.penalty_reward(hs.from_rows(table, buckets=np.arange(len(table))), "osat", PAIRS)
    by_bucket = hs.penalty_reward(hs.from_rows(table, buckets=np.arange(len(table)) % 200), "osat", PAIRS)
    assert not isinstance(by_row, hs.NoVerdict)
    assert not isinstance(by_bucket, hs.NoVerdict)
    for one, other in zip(by_row, by_bucket, strict=True):
        assert estimate(other.penalty).estimate == pytest.approx(estimate(one.penalty).estimate)
        assert standard_error(estimate(other.penalty), 1.972) == pytest.approx(
            standard_error(estimate(one.penalty), 1.9606), rel=0.2
        )


def test_a_rating_that_nobody_gives_gets_no_verdict() -> None:
    random = np.random.default_rng(1)
    table = {"lo": np.zeros(400), "hi": random.integers(0, 2, 400), "y": random.normal(size=400)}
    buckets = np.arange(400) % 40
    never = hs.penalty_reward(hs.from_rows(table, buckets=buckets), "y", {"x": ("lo", "hi")})
    twin = {**table, "lo": table["hi"]}
    repeated = hs.penalty_reward(hs.from_rows(twin, buckets=buckets), "y", {"x": ("lo", "hi")})
    few = hs.penalty_reward(hs.from_rows(twin, buckets=buckets % 4), "y", {"x": ("lo", "hi")})
    for found, code in ((never, "no_spread"), (repeated, "collinear"), (few, "few_buckets")):
        assert isinstance(found, hs.NoVerdict)
        assert found.code == code


def test_drivers_of_a_yes_or_no_as_r_computes_them(shared: Path) -> None:
    golden = json.loads((shared / "golden" / "c_drivers_logit_lung.json").read_text())
    table = pd.read_csv(shared / "golden" / "lung_logit.csv")
    found = hs.logit_drivers(table.y, table.drop(columns="y"))
    assert isinstance(found, hs.Drivers)
    assert estimate(found.r_squared).estimate == pytest.approx(golden["mcfadden_full"], abs=golden["tol"])
    for driver in found.drivers:
        expected = golden["mcfadden_shapley_lung"][driver.name]
        assert estimate(driver.importance).estimate == pytest.approx(expected, abs=golden["tol"])
        assert golden["domir_general_dominance"][driver.name] == pytest.approx(expected, abs=golden["tol"])


def yes_or_no(seed: int, n: int = 1500) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    random = np.random.default_rng(seed)
    x = random.integers(1, 6, (n, 3)).astype(float)
    chance = 1 / (1 + np.exp(-(x @ [0.8, 0.3, 0.0] - 3)))
    return (random.random(n) < chance).astype(float), {"speed": x[:, 0], "staff": x[:, 1], "price": x[:, 2]}


def test_its_interval_is_that_of_a_bootstrap() -> None:
    y, columns = yes_or_no(2)
    found = hs.logit_drivers(y, columns)
    assert isinstance(found, hs.Drivers)
    random = np.random.default_rng(3)
    drawn = []
    for _ in range(60):
        rows = random.integers(0, len(y), len(y))
        again = hs.logit_drivers(y[rows], {name: column[rows] for name, column in columns.items()})
        assert isinstance(again, hs.Drivers)
        drawn.append([estimate(one.importance).estimate for one in again.drivers])
    errors = np.std(drawn, axis=0, ddof=1)
    for driver, error in list(zip(found.drivers, errors, strict=True))[:2]:
        assert standard_error(estimate(driver.importance), 1.9615) == pytest.approx(error, rel=0.3)


def test_counted_rows_are_as_good_as_repeated_ones() -> None:
    y, columns = yes_or_no(4, 600)
    table = pd.DataFrame({**columns, "y": y, "bucket": np.arange(600) % 30})
    counted = table.groupby(list(table)).size().reset_index(name="n")
    by_row = hs.logit_drivers(y, columns, buckets=table.bucket)
    by_count = hs.logit_drivers(counted.y, counted[list(columns)], buckets=counted.bucket, counts=counted.n)
    assert isinstance(by_row, hs.Drivers)
    assert isinstance(by_count, hs.Drivers)
    for one, other in zip(by_row.drivers, by_count.drivers, strict=True):
        first, second = estimate(one.importance), estimate(other.importance)
        assert (second.estimate, second.high) == pytest.approx((first.estimate, first.high), abs=1e-8)


def test_a_yes_or_no_without_enough_of_both_gets_no_verdict() -> None:
    y, columns = yes_or_no(5)
    cases = [
        (hs.logit_drivers(np.arange(1500) < 6, columns), "few_answers"),
        (hs.logit_drivers(y, {**columns, "flat": np.ones(1500)}), "no_spread"),
        (hs.logit_drivers(y, columns, buckets=np.arange(1500) % 3), "few_buckets"),
        (hs.logit_drivers(columns["speed"] > 2, columns), "separated"),
    ]
    for found, code in cases:
        assert isinstance(found, hs.NoVerdict)
        assert found.code == code
    with pytest.raises(ValueError, match="leave out rows with gaps"):
        hs.logit_drivers(y, {"x": np.where(y == 1, np.nan, 1.0)})
