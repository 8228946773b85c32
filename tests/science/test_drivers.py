"""Key drivers from cross-products, against R's relaimpo and yhat, and by their properties."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import headwater.science as hs
from headwater.science.drivers import explained, lmg, relative_weights

DRIVERS = ["Agriculture", "Examination", "Education", "Catholic", "Infant.Mortality"]


def answered(found: hs.Drivers | hs.NoVerdict) -> hs.Drivers:
    assert isinstance(found, hs.Drivers), found
    return found


def estimate(result: hs.Result) -> hs.Estimate:
    assert isinstance(result, hs.Estimate), result
    return result


@pytest.fixture
def swiss(shared: Path) -> hs.CrossProducts:
    table = pd.read_csv(shared / "golden" / "swiss.csv", index_col=0)
    return hs.from_rows(table, buckets=np.arange(len(table)))


@pytest.fixture
def golden(shared: Path) -> dict:
    return json.loads((shared / "golden" / "c_drivers_swiss.json").read_text())


def test_lmg_as_r_computes_it(swiss: hs.CrossProducts, golden: dict) -> None:
    found = answered(hs.drivers(swiss, "Fertility", replicates=1000))
    assert estimate(found.r_squared).estimate == pytest.approx(golden["relaimpo"]["R2"], abs=golden["tol"])
    for driver in found.drivers:
        expected = golden["relaimpo"]["lmg"][driver.name]
        assert estimate(driver.importance).estimate == pytest.approx(expected, abs=golden["tol"])
    bounds = golden["yhat_and_boot"]["boot"]
    for driver, low, high in zip(found.drivers, bounds["lower"], bounds["upper"], strict=True):
        importance = estimate(driver.importance)
        assert (importance.low, importance.high) == pytest.approx((low, high), abs=golden["boot_tol"])


def test_johnsons_relative_weights_as_r_computes_them(swiss: hs.CrossProducts, golden: dict) -> None:
    found = answered(hs.drivers(swiss, "Fertility", method="johnson"))
    for driver in found.drivers:
        expected = golden["relaimpo"]["genizi"][driver.name]
        assert estimate(driver.importance).estimate == pytest.approx(expected, abs=golden["tol"])
        assert golden["yhat_and_boot"]["rlw_swiss"][driver.name] == pytest.approx(expected, abs=golden["tol"])


def test_what_each_driver_explains_alone_and_on_top_of_the_others(swiss: hs.CrossProducts, golden: dict) -> None:
    worth = explained(swiss.columns([*DRIVERS, "Fertility"]).total().correlations())
    everything = len(worth) - 1
    for place, name in enumerate(DRIVERS):
        assert worth[1 << place] == pytest.approx(golden["relaimpo"]["first"][name], abs=golden["tol"])
        last = worth[everything] - worth[everything ^ (1 << place)]
        assert last == pytest.approx(golden["relaimpo"]["last"][name], abs=golden["tol"])


def rows(seed: int, drivers: int = 4, n: int = 600) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, drivers)) + random.normal(size=(n, 1))
    y = x @ random.normal(size=drivers) + random.normal(size=n)
    return pd.DataFrame({**{f"x{i}": x[:, i] for i in range(drivers)}, "y": y})


@given(st.integers(0, 10_000), st.integers(1, 7), st.sampled_from(["lmg", "johnson"]))
@settings(max_examples=40)
def test_importances_add_up_to_r_squared_and_are_never_negative(seed: int, drivers: int, method: str) -> None:
    together = hs.from_rows(rows(seed, drivers)).correlations()
    shares = lmg(together) if method == "lmg" else relative_weights(together)
    assert shares.sum() == pytest.approx(explained(together)[-1], abs=1e-10)
    assert shares.min() >= -1e-12


@given(st.integers(0, 10_000), st.floats(0.01, 100), st.floats(-50, 50))
@settings(max_examples=25)
def test_importances_do_not_depend_on_units_or_on_the_order_of_drivers(seed: int, scale: float, shift: float) -> None:
    table = rows(seed)
    plain = lmg(hs.from_rows(table).correlations())
    moved = table.assign(x0=table.x0 * -scale + shift, y=table.y * scale - shift)
    assert lmg(hs.from_rows(moved).correlations()) == pytest.approx(plain, abs=1e-9)
    turned = lmg(hs.from_rows(table[["x3", "x1", "x0", "x2", "y"]]).correlations())
    assert turned[[2, 1, 3, 0]] == pytest.approx(plain, abs=1e-10)


@given(st.integers(0, 10_000), st.integers(2, 12))
@settings(max_examples=25)
def test_cross_products_of_parts_add_up_to_those_of_the_whole(seed: int, parts: int) -> None:
    table = rows(seed)
    whole = hs.from_rows(table)
    buckets = np.random.default_rng(seed).integers(0, parts, len(table))
    split = hs.from_rows(table, buckets=buckets, bucket_count=parts)
    assert split.total().correlations() == pytest.approx(whole.correlations(), abs=1e-10)
    added = split[0] + split[1]
    assert added.n == pytest.approx(split[:2].total().n)
    assert added.products == pytest.approx(split[:2].total().products)


def test_sums_from_elsewhere_say_the_same_as_rows() -> None:
    table = rows(3)
    values = table.to_numpy() + 1000
    centre = np.full(values.shape[1], 1000.0)
    moved = values - centre
    from_engine = hs.from_sums(list(table), len(values), moved.sum(axis=0), moved.T @ moved, centre=centre)
    assert from_engine.correlations() == pytest.approx(hs.from_rows(table).correlations(), abs=1e-10)
    assert from_engine.means == pytest.approx(values.mean(axis=0))


def test_each_pair_uses_everyone_who_answered_both_and_says_so() -> None:
    table = rows(5, n=4000)
    gaps = table.mask(np.random.default_rng(1).random(table.shape) < 0.2)
    buckets = np.arange(len(table)) % 200
    found = answered(hs.drivers(hs.from_rows(gaps, buckets=buckets), "y"))
    expected = gaps.corr().to_numpy()
    assert hs.from_rows(gaps).correlations() == pytest.approx(expected, abs=1e-10)
    assert any("each pair of questions" in words for words in found.assumptions)
    whole = answered(hs.drivers(hs.from_rows(table, buckets=buckets), "y"))
    assert not any("each pair of questions" in words for words in whole.assumptions)
    for gap, full in zip(found.drivers, whole.drivers, strict=True):
        assert estimate(gap.importance).estimate == pytest.approx(estimate(full.importance).estimate, abs=0.03)
    complete = hs.from_rows(gaps, complete=True)
    assert complete.n.max() == len(gaps.dropna())


def test_the_same_person_in_many_rows_widens_the_interval() -> None:
    table = rows(11, n=400)
    repeated = pd.concat([table] * 5, ignore_index=True)
    once = answered(hs.drivers(hs.from_rows(table, buckets=np.arange(400) % 100), "y"))
    by_customer = answered(hs.drivers(hs.from_rows(repeated, buckets=np.arange(2000) % 400 % 100), "y"))
    by_row = answered(hs.drivers(hs.from_rows(repeated, buckets=np.random.default_rng(0).integers(0, 100, 2000)), "y"))
    width = {}
    for name, found in (("once", once), ("customer", by_customer), ("row", by_row)):
        one = estimate(found.drivers[0].importance)
        width[name] = one.high - one.low
    assert width["customer"] == pytest.approx(width["once"], rel=1e-6)
    assert width["row"] < 0.7 * width["customer"]


def test_a_ridit_does_not_depend_on_how_the_scale_is_numbered() -> None:
    random = np.random.default_rng(2)
    x = random.normal(size=500)
    level = np.digitize(x + random.normal(size=500), [-1, 0, 1, 2])
    counts = np.bincount(level, minlength=5)
    scores = hs.ridits(counts)
    assert (np.average(scores, weights=counts), scores[0]) == pytest.approx((0.5, counts[0] / 1000))
    mid_ranks = pd.Series(level).rank(method="average") / 500 - 0.5 / 500
    assert scores[level] == pytest.approx(mid_ranks.to_numpy(), abs=1e-12)


def test_a_difference_between_segments_is_found_and_noise_is_not() -> None:
    random = np.random.default_rng(8)
    n = 3000
    x = random.normal(size=(2 * n, 3))
    weights = np.repeat([[1.0, 0.5, 0.0], [0.2, 0.5, 0.0]], n, axis=0)
    y = (x * weights).sum(axis=1) + random.normal(size=2 * n)
    table = pd.DataFrame({"speed": x[:, 0], "staff": x[:, 1], "price": x[:, 2], "y": y})
    buckets = np.arange(2 * n) % 200
    first = hs.from_rows(table[:n], buckets=buckets[:n], bucket_count=200)
    second = hs.from_rows(table[n:], buckets=buckets[n:], bucket_count=200)
    found = hs.driver_differences(first, second, "y")
    assert not isinstance(found, hs.NoVerdict)
    by_name = {one.name: one for one in found}
    assert by_name["speed"].p_value < 0.001
    assert estimate(by_name["speed"].difference).low > 0.2
    assert by_name["price"].p_value > 0.05


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda table: table.assign(x0=3.0), "no_spread"),
        (lambda table: table.assign(x1=table.x0 * 2), "collinear"),
        (lambda table: table[:4], "few_answers"),
        (lambda table: table[["y"]], "no_drivers"),
    ],
)
def test_what_cannot_be_told_apart_gets_no_verdict(change, code: str) -> None:
    found = hs.drivers(hs.from_rows(change(rows(1))), "y")
    assert isinstance(found, hs.NoVerdict)
    assert found.code == code


def test_contradicting_pairs_get_no_verdict() -> None:
    nan = np.nan
    table = {
        "a": [1, 2, 3, 4, 1, 2, 3, 4, nan, nan, nan, nan],
        "b": [1, 2, 3, 4.1, nan, nan, nan, nan, 1, 2, 3, 4.1],
        "y": [nan, nan, nan, nan, 1, 2, 3, 4.2, 4, 3, 2, 1.1],
    }
    found = hs.drivers(hs.from_rows(table), "y")
    assert isinstance(found, hs.NoVerdict)
    assert found.code in ("not_positive_definite", "few_answers")
    many = {name: np.tile(values, 3) for name, values in table.items()}
    found = hs.drivers(hs.from_rows(many), "y")
    assert isinstance(found, hs.NoVerdict)
    assert found.code == "not_positive_definite"


def test_without_buckets_there_is_no_interval_and_so_no_verdict() -> None:
    found = answered(hs.drivers(hs.from_rows(rows(1)), "y"))
    assert all(isinstance(one.importance, hs.NoVerdict) for one in found.drivers)
    few = answered(hs.drivers(hs.from_rows(rows(1), buckets=np.arange(600) % 3), "y"))
    assert isinstance(few.r_squared, hs.NoVerdict)
    assert few.r_squared.code == "few_buckets"


def test_a_wrong_column_or_shape_is_an_error() -> None:
    with pytest.raises(ValueError, match="no column 'z'"):
        hs.drivers(hs.from_rows(rows(1)), "z")
    with pytest.raises(ValueError, match="do not fit"):
        hs.from_sums(["a", "b"], 3, [1.0], np.eye(2))
    with pytest.raises(ValueError, match="do not merge"):
        hs.from_rows(rows(1)) + hs.from_rows(rows(2))


def test_importance_against_performance_is_a_picture() -> None:
    found = answered(hs.drivers(hs.from_rows(rows(1), buckets=np.arange(600) % 60), "y"))
    for picture in (found.plot(), found.against_performance()):
        assert picture["usermeta"]["figures"]["rows"]
        assert "color" not in json.dumps(picture)


def test_segments_in_different_buckets_are_drawn_together() -> None:
    random = np.random.default_rng(8)
    whole = np.repeat(np.arange(60), 20)
    price = random.normal(size=whole.size)
    table = {"price": price, "rating": price + random.normal(size=whole.size)}
    some = whole < 40
    first, second = (
        hs.from_rows({name: values[rows] for name, values in table.items()}, buckets=whole[rows], bucket_count=60)
        for rows in (some, whole >= 25)
    )
    (gap,) = hs.driver_differences(first, second, "rating")  # type: ignore[misc]
    assert isinstance(gap.difference, hs.Estimate)
    assert gap.difference.low < 0 < gap.difference.high
